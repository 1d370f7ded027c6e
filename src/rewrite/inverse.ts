/** The inverse moves inwards until a leaf absorbs it. Where none can, the node stays and `irreducible` finds it. */
import { at } from '../core/invariant.ts';
import { axesPermutation, inverseMap, isBijection } from '../ir/indexMap.ts';
import {
  adjoint,
  assume,
  type Block,
  block,
  compose,
  dense,
  directSum,
  gather,
  inverse,
  type Operator,
  scale,
  triangularSolve,
  update,
} from '../ir/operator.ts';
import { has } from '../ir/properties.ts';
import { apply, computed, element, indexLiteral, literal, sumOver, type Tensor } from '../ir/tensor.ts';
import {
  elementwise,
  filled,
  scalarTensor,
  slice,
  tabulate,
  transposeTensor,
  triangle,
} from '../ir/tensorAlgebra.ts';
import { children } from '../ir/traverse.ts';
import { isPacked, type Rule } from './rule.ts';

const onInverse = (name: string, law: string, apply: (inner: Operator) => Operator | undefined): Rule => ({
  kind: 'node',
  name,
  law,
  apply: operator => (operator.kind === 'inverse' ? apply(operator.operator) : undefined),
});

const isSquare = (operator: Operator): boolean => operator.rows === operator.columns;
const each = (operators: readonly Operator[]): Operator[] => operators.map(inverse);

export const inverseRules: readonly Rule[] = [
  onInverse('inverse of nothing', 'the inverse of a 0 by 0 operator is itself', inner =>
    inner.rows === 0 ? inner : undefined,
  ),
  onInverse('inverse of the identity', 'I⁻¹ = I', inner => (inner.kind === 'identity' ? inner : undefined)),
  onInverse('inverse of a permutation', 'Gath(f)⁻¹ = Gath(f⁻¹)', inner =>
    inner.kind === 'gather' && isBijection(inner.map) ? gather(inverseMap(inner.map)) : undefined,
  ),
  onInverse('inverse of an inverse', '(A⁻¹)⁻¹ = A', inner =>
    inner.kind === 'inverse' ? inner.operator : undefined,
  ),
  onInverse('inverse of a diagonal', 'Diag(d)⁻¹ = Diag(1/d)', inner => {
    if (inner.kind !== 'block' || inner.b !== 1 || inner.c !== 1 || !isPacked(inner.weights))
      return undefined;
    return block(inner.a, 1, 1, inner.d, elementwise('divide', scalarTensor(1), inner.weights));
  }),
  onInverse('inverse of an orthogonal operator', 'Q⁻¹ = Qᵀ', inner =>
    has(inner, 'orthogonal') ? adjoint(inner) : undefined,
  ),
  onInverse('inverse of a triangle', 'T⁻¹ by substitution', inner =>
    inner.kind === 'block' && isSquare(inner) ? solveBlock(inner) : undefined,
  ),
  onInverse('inverse of a triangular solve', '(T⁻¹)⁻¹ = T', inner => {
    if (inner.kind !== 'triangularSolve') return undefined;
    const own = triangle(inner.weights, inner.triangle, inner.unitDiagonal);
    const lower = (inner.triangle === 'lower') !== inner.transposed;
    return dense(inner.transposed ? transposeTensor(own) : own, [
      lower ? 'lowerTriangular' : 'upperTriangular',
    ]);
  }),
  onInverse('inverse of a product', '(A B)⁻¹ = B⁻¹ A⁻¹ for square factors', inner =>
    inner.kind === 'compose' && inner.factors.every(isSquare)
      ? compose(...each(inner.factors.toReversed()))
      : undefined,
  ),
  onInverse('inverse of a multiple', '(c A)⁻¹ = c⁻¹ A⁻¹', inner =>
    inner.kind === 'scale'
      ? scale(elementwise('divide', scalarTensor(1), inner.factor), inverse(inner.operator))
      : undefined,
  ),
  onInverse('inverse of a direct sum', '(A ⊕ B)⁻¹ = A⁻¹ ⊕ B⁻¹ for square parts', inner =>
    inner.kind === 'directSum' && inner.parts.every(isSquare) ? directSum(...each(inner.parts)) : undefined,
  ),
  onInverse('inverse of an adjoint', '(Aᵀ)⁻¹ = (A⁻¹)ᵀ', inner =>
    inner.kind === 'adjoint' ? adjoint(inverse(inner.operator)) : undefined,
  ),
  onInverse(
    'inverse of an assumption',
    'what is assumed of A holds of A⁻¹, but for ones on the diagonal',
    inner => {
      if (inner.kind !== 'assume') return undefined;
      const { property, operator } = inner;
      return property === 'unitDiagonal' ? inverse(operator) : assume(property, inverse(operator));
    },
  ),
  onInverse(
    'inverse of a rank-one update',
    'Sherman and Morrison: (D + u t vᵀ)⁻¹ = D⁻¹ − D⁻¹u · t/(1 + t vᵀD⁻¹u) · vᵀD⁻¹',
    inner => (inner.kind === 'update' && at(inner.u.shape, 1) === 1 ? inverseOfRankOne(inner) : undefined),
  ),
];

/** KS of triangles: one solve for each of the a·d copies, brought together by a permutation when d > 1. */
function solveBlock(inner: Block): Operator | undefined {
  const { a, b, c, d, weights } = inner;
  const lower = has(inner, 'lowerTriangular');
  if (b !== c || a * d === 0 || !(lower || has(inner, 'upperTriangular')) || !isPacked(weights))
    return undefined;
  const solve = (g: number, e: number): Operator =>
    triangularSolve({
      triangle: lower ? 'lower' : 'upper',
      unitDiagonal: has(inner, 'unitDiagonal'),
      transposed: false,
      weights: slice(weights, [
        { at: indexLiteral(g) },
        { at: indexLiteral(e) },
        { start: 0, length: b },
        { start: 0, length: b },
      ]),
    });
  const copies = Array.from({ length: a * d }, (_, k) => solve(Math.floor(k / d), k % d));
  const gathered = gather(axesPermutation([a, b, d], [0, 2, 1]));
  return compose(gather(axesPermutation([a, d, b], [0, 2, 1])), directSum(...copies), gathered);
}

function inverseOfRankOne(inner: Operator & { readonly kind: 'update' }): Operator | undefined {
  const { u, v, t, rows } = inner;
  if (!isPacked(u, v, t, inner.diagonal)) return undefined;
  const zero = indexLiteral(0);
  const reciprocal = elementwise('divide', scalarTensor(1), inner.diagonal ?? filled([rows], 1));
  const times = (column: Tensor): Tensor =>
    tabulate([rows, 1], i => apply('multiply', element(reciprocal, [i]), element(column, [i, zero])));
  const left = inner.diagonal === undefined ? u : times(u);
  const right = inner.diagonal === undefined ? v : times(v);
  const core = t === undefined ? literal(1) : element(t, [zero, zero]);
  const inside = computed(
    [],
    sumOver(rows, i => apply('multiply', element(v, [i, zero]), element(left, [i, zero]))),
  );
  const denominator = apply('add', literal(1), apply('multiply', core, element(inside, [])));
  const factor = computed([1, 1], apply('negate', apply('divide', core, denominator)));
  const kept = inner.properties.filter(property => property === 'symmetric');
  const diagonal = inner.diagonal === undefined ? undefined : reciprocal;
  return update({ diagonal, u: left, t: factor, v: right }, kept);
}

/** An inverse that no rule could take apart, for a message to the user. */
export function irreducible(operator: Operator): (Operator & { readonly kind: 'inverse' }) | undefined {
  if (operator.kind === 'inverse') return operator;
  for (const child of children(operator)) {
    const found = irreducible(child);
    if (found !== undefined) return found;
  }
  return undefined;
}
