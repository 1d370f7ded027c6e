/** An operator without its diagonal. */
import { at } from '../core/invariant.ts';
import { sliceMap } from '../ir/indexMap.ts';
import { hasMatrix, matrixOf } from '../ir/matrix.ts';
import {
  block,
  compose,
  diagonal,
  directSum,
  gather,
  type Operator,
  offDiagonal,
  scale,
  scatter,
  sum,
  update,
  zero,
} from '../ir/operator.ts';
import {
  apply,
  element,
  indexAdd,
  indexApply,
  indexLiteral,
  indexMultiply,
  literal,
  select,
  sumOver,
  type Tensor,
} from '../ir/tensor.ts';
import { elementwise, matrixProduct, scalarTensor, tabulate } from '../ir/tensorAlgebra.ts';
import { isPacked, type Rule } from './rule.ts';

const onOffDiagonal = (
  name: string,
  law: string,
  apply: (inner: Operator) => Operator | undefined,
): Rule => ({
  kind: 'node',
  name,
  law,
  apply: operator => (operator.kind === 'offDiagonal' ? apply(operator.operator) : undefined),
});

export const offDiagonalRules: readonly Rule[] = [
  onOffDiagonal('diagonal alone', 'offdiag(I) = 0, offdiag(Diag(d)) = 0, offdiag(0) = 0', inner => {
    const plain =
      inner.kind === 'identity' ||
      inner.kind === 'zero' ||
      (inner.kind === 'block' && inner.b * inner.c === 1);
    return plain ? zero(inner.rows, inner.columns) : undefined;
  }),
  onOffDiagonal('block off the diagonal', 'offdiag(KS(W)) = KS(W, 0 where row = column)', inner => {
    if (inner.kind !== 'block' || !isPacked(inner.weights)) return undefined;
    const { a, b, c, d, weights } = inner;
    const place = (g: Parameters<typeof indexAdd>[0], extent: number, q: Parameters<typeof indexAdd>[0]) =>
      indexAdd(indexMultiply(g, indexLiteral(extent)), q);
    const masked = tabulate([a, d, b, c], (g, e, q, p) => {
      const onDiagonal =
        b === c ? indexApply('equal', q, p) : indexApply('equal', place(g, b, q), place(g, c, p));
      return select(onDiagonal, literal(0), element(weights, [g, e, q, p]));
    });
    return block(
      a,
      b,
      c,
      d,
      masked,
      inner.properties.filter(property => kept.has(property)),
    );
  }),
  onOffDiagonal('update off the diagonal', 'offdiag(D + U T Vᵀ) = U T Vᵀ − diag(U T Vᵀ)', inner => {
    if (inner.kind !== 'update' || !isPacked(inner.u, inner.v, inner.t)) return undefined;
    const left = inner.t === undefined ? inner.u : matrixProduct(inner.u, inner.t);
    const own = tabulate([inner.rows], i =>
      apply(
        'negate',
        sumOver(at(inner.u.shape, 1), k =>
          apply('multiply', element(left, [i, k]), element(inner.v, [i, k])),
        ),
      ),
    );
    return update(
      { ...inner, diagonal: own },
      inner.properties.filter(property => property === 'symmetric'),
    );
  }),
  onOffDiagonal('sum off the diagonal', 'offdiag(A + B) = offdiag(A) + offdiag(B)', inner =>
    inner.kind === 'sum' ? sum(...inner.terms.map(offDiagonal)) : undefined,
  ),
  onOffDiagonal('multiple off the diagonal', 'offdiag(c A) = c offdiag(A)', inner =>
    inner.kind === 'scale' ? scale(inner.factor, offDiagonal(inner.operator)) : undefined,
  ),
  onOffDiagonal(
    'direct sum off the diagonal',
    'offdiag(A ⊕ B) = offdiag(A) ⊕ offdiag(B) for square parts',
    inner =>
      inner.kind === 'directSum' && inner.parts.every(part => part.rows === part.columns)
        ? directSum(...inner.parts.map(offDiagonal))
        : undefined,
  ),
  onOffDiagonal('twice off the diagonal', 'offdiag(offdiag(A)) = offdiag(A)', inner =>
    inner.kind === 'offDiagonal' ? inner : undefined,
  ),
];

/** Writes the diagonal down as numbers, so it comes after all that keeps it symbolic. */
export const lastOffDiagonalRules: readonly Rule[] = [
  onOffDiagonal('operator off the diagonal', 'offdiag(A) = A − diag(A)', inner => {
    if (!hasMatrix(inner)) return undefined;
    const n = Math.min(inner.rows, inner.columns);
    const entries = diagonal(elementwise('multiply', scalarTensor(-1), diagonalOf(inner, n)));
    const factors = [
      ...(inner.rows > n ? [scatter(sliceMap(inner.rows, 0, n))] : []),
      entries,
      ...(inner.columns > n ? [gather(sliceMap(inner.columns, 0, n))] : []),
    ];
    return sum(inner, compose(...factors));
  }),
];

/** The first n entries of the diagonal; of a product without forming it whole. */
function diagonalOf(operator: Operator, n: number): Tensor {
  if (operator.kind !== 'compose') {
    const matrix = matrixOf(operator);
    return tabulate([n], i => element(matrix, [i, i]));
  }
  const [first, ...rest] = operator.factors;
  const [left, right] = [matrixOf(first ?? operator), matrixOf(compose(...rest))];
  return tabulate([n], i =>
    sumOver(at(left.shape, 1), k => apply('multiply', element(left, [i, k]), element(right, [k, i]))),
  );
}

const kept: ReadonlySet<string> = new Set(['symmetric', 'lowerTriangular', 'upperTriangular']);
