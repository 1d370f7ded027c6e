/** Inverses that need no solving, or only a triangle: diagonal, permutation, triangular, orthogonal, rank one, and products and sums of these. */
import { inverseMap, isBijection } from '../ir/indexMap.ts';
import {
  adjoint, type Block, block, compose, dense, directSum, gather, inverse, type Operator, scale, triangularSolve, type Triangle, update,
} from '../ir/operator.ts';
import { hasProperty } from '../ir/properties.ts';
import { apply, computed, element, indexLiteral, literal, sumOver, type Tensor } from '../ir/tensor.ts';
import { elementwise, scalarTensor, tabulate, transposeTensor, triangle } from '../ir/tensorAlgebra.ts';
import type { Rule } from './rule.ts';

const inverseRule = (name: string, law: string, invert: (inner: Operator) => Operator | undefined): Rule => ({
  name: `inverse of ${name}`,
  law,
  apply: node => (node.kind === 'inverse' ? invert(node.operator) : undefined),
});

const square = (operator: Operator): boolean => operator.rows === operator.columns;

export const inverseRules: readonly Rule[] = [
  inverseRule('inverse', '(A^-1)^-1 = A', inner => (inner.kind === 'inverse' ? inner.operator : undefined)),
  inverseRule('identity', 'I^-1 = I', inner => (inner.kind === 'identity' ? inner : undefined)),
  inverseRule('permutation', 'Gath(f)^-1 = Gath(f^-1)', inner =>
    inner.kind === 'gather' && isBijection(inner.map) ? gather(inverseMap(inner.map)) : undefined,
  ),
  inverseRule('orthogonal', "Q^-1 = Q'", inner => (hasProperty(inner, 'orthogonal') ? adjoint(inner) : undefined)),
  inverseRule('diagonal', 'diag(d)^-1 = diag(1/d)', inner =>
    inner.kind === 'block' && inner.b === 1 && inner.c === 1
      ? block(inner.a, 1, 1, inner.d, elementwise('divide', scalarTensor(1), inner.weights))
      : undefined,
  ),
  inverseRule('triangle', 'T^-1 by substitution', inner => (inner.kind === 'block' ? triangleInverse(inner) : undefined)),
  inverseRule('triangular solve', '(T^-1)^-1 = T', inner => (inner.kind === 'triangularSolve' ? triangleOf(inner) : undefined)),
  inverseRule('product', '(A B)^-1 = B^-1 A^-1 for square factors', inner =>
    inner.kind === 'compose' && inner.factors.every(square) ? compose(...inner.factors.toReversed().map(inverse)) : undefined,
  ),
  inverseRule('direct sum', '(A ⊕ B)^-1 = A^-1 ⊕ B^-1', inner =>
    inner.kind === 'directSum' && inner.parts.every(square) ? directSum(...inner.parts.map(inverse)) : undefined,
  ),
  inverseRule('multiple', '(s A)^-1 = (1/s) A^-1', inner =>
    inner.kind === 'scale' ? scale(elementwise('divide', scalarTensor(1), inner.factor), inverse(inner.operator)) : undefined,
  ),
  inverseRule('promise', 'a promise other than orthogonality does not help to invert', inner =>
    inner.kind === 'assume' && inner.property !== 'orthogonal' ? inverse(inner.operator) : undefined,
  ),
  inverseRule('rank-one update', "(D + u t v')^-1 = D^-1 - D^-1 u t v' D^-1 / (1 + t v' D^-1 u)", inner =>
    inner.kind === 'update' && inner.u.shape[1] === 1 ? rankOneInverse(inner) : undefined,
  ),
];

/** A block of one triangle, or the same triangle repeated along the diagonal. */
function triangleInverse(inner: Block): Operator | undefined {
  const lower = inner.properties.includes('lowerTriangular');
  if (!lower && !inner.properties.includes('upperTriangular')) return undefined;
  if (inner.b !== inner.c || inner.d !== 1) return undefined;
  const solves = Array.from({ length: inner.a }, (_, g) => {
    const weights = tabulate([inner.b, inner.c], (i, j) => element(inner.weights, [indexLiteral(g), indexLiteral(0), i, j]));
    const unitDiagonal = inner.properties.includes('unitDiagonal');
    return triangularSolve({ triangle: lower ? 'lower' : 'upper', unitDiagonal, transposed: false, weights });
  });
  return solves.length === 0 ? undefined : directSum(...solves);
}

function triangleOf({ triangle: side, unitDiagonal, transposed, weights }: Triangle): Operator {
  const matrix = triangle(weights, side, unitDiagonal);
  const lower = (side === 'lower') !== transposed;
  const properties = [lower ? ('lowerTriangular' as const) : ('upperTriangular' as const), ...(unitDiagonal ? (['unitDiagonal'] as const) : [])];
  return dense(transposed ? transposeTensor(matrix) : matrix, properties);
}

/** Sherman–Morrison. */
function rankOneInverse({ diagonal, u, t, v }: Operator & { kind: 'update' }): Operator {
  const n = u.shape[0] ?? 0;
  const inverseDiagonal = diagonal && elementwise('divide', scalarTensor(1), diagonal);
  const scaled = (w: Tensor) =>
    inverseDiagonal === undefined ? w : tabulate([n, 1], i => apply('multiply', element(inverseDiagonal, [i]), element(w, [i, indexLiteral(0)])));
  const du = scaled(u);
  const first = [indexLiteral(0), indexLiteral(0)];
  const weight = t === undefined ? literal(1) : element(t, first);
  const product = computed([], sumOver(n, i => apply('multiply', element(v, [i, indexLiteral(0)]), element(du, [i, indexLiteral(0)]))));
  const denominator = apply('add', literal(1), apply('multiply', weight, element(product, [])));
  const middle = tabulate([1, 1], () => apply('negate', apply('divide', weight, denominator)));
  return update({ diagonal: inverseDiagonal, u: du, t: middle, v: scaled(v) });
}
