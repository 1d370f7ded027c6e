/**
 * Index maps meet: permutations combine into one map, diagonals pass them towards the block that absorbs them,
 * matrices absorb them.
 */
import { composeMaps, inverseMap, isBijection } from '../ir/indexMap.ts';
import { mapIndexScalar } from '../ir/indexMapScalar.ts';
import {
  type Block,
  compose,
  dense,
  diagonal,
  gather,
  identity,
  type Operator,
  scatter,
} from '../ir/operator.ts';
import { element, type IndexScalar, indexLiteral } from '../ir/tensor.ts';
import { tabulate } from '../ir/tensorAlgebra.ts';
import { tablesOf } from '../ir/traverse.ts';
import { diagonalEntries } from './diagonals.ts';
import { isPacked, onFactors, type Rule } from './rule.ts';

export const permutationRules: readonly Rule[] = [
  {
    kind: 'node',
    name: 'bijective scatter',
    law: 'Scat(f) = Gath(f⁻¹) for a bijection f',
    apply: operator =>
      operator.kind === 'scatter' && isBijection(operator.map) ? gather(inverseMap(operator.map)) : undefined,
  },
  onFactors('gather after gather', 'Gath(f) Gath(g) = Gath(g ∘ f)', (left, right) =>
    left.kind === 'gather' && right.kind === 'gather' ? gather(composeMaps(right.map, left.map)) : undefined,
  ),
  onFactors('scatter after scatter', 'Scat(f) Scat(g) = Scat(f ∘ g)', (left, right) =>
    left.kind === 'scatter' && right.kind === 'scatter'
      ? scatter(composeMaps(left.map, right.map))
      : undefined,
  ),
  onFactors('gather after its scatter', 'Gath(f) Scat(f) = I for f one to one', (left, right) => {
    if (left.kind !== 'gather' || right.kind !== 'scatter' || left.map !== right.map) return undefined;
    // One digit with a step: no two indices share an image.
    const digits = left.map.kind === 'strided' ? left.map.digits : undefined;
    return digits?.length === 1 && digits[0]?.stride !== 0 ? identity(left.rows) : undefined;
  }),
  onFactors('gather after diagonal', 'Gath(f) Diag(d) = Diag(d ∘ f) Gath(f)', (left, right) => {
    const entries = diagonalEntries(right);
    if (left.kind !== 'gather' || entries === undefined) return undefined;
    const moved = tabulate([left.rows], i => element(entries, [mapIndexScalar(left.map, i)]));
    return compose(diagonal(moved), left);
  }),
  onFactors('diagonal after scatter', 'Diag(d) Scat(f) = Scat(f) Diag(d ∘ f)', (left, right) => {
    const entries = diagonalEntries(left);
    if (right.kind !== 'scatter' || entries === undefined) return undefined;
    const moved = tabulate([right.columns], i => element(entries, [mapIndexScalar(right.map, i)]));
    return compose(right, diagonal(moved));
  }),
  onFactors('gather after a matrix', 'Gath(f) dense(W) = dense(W(f(i), j)), no larger', (left, right) => {
    if (left.kind !== 'gather' || left.rows > left.columns || !isPackedMatrix(right)) return undefined;
    if (!isPacked(...tablesOf(left.map))) return undefined;
    return matrixOver(right, left.rows, right.columns, (i, j) => [mapIndexScalar(left.map, i), j]);
  }),
  onFactors(
    'matrix after a permutation',
    'dense(W) Gath(f) = dense(W(i, f⁻¹(j))) for a bijection f',
    (left, right) => {
      if (right.kind !== 'gather' || !isBijection(right.map) || !isPackedMatrix(left)) return undefined;
      if (!isPacked(...tablesOf(right.map))) return undefined;
      const inverse = inverseMap(right.map);
      return matrixOver(left, left.rows, right.columns, (i, j) => [i, mapIndexScalar(inverse, j)]);
    },
  ),
  onFactors('matrix after scatter', 'dense(W) Scat(f) = dense(W(i, f(j))), no larger', (left, right) => {
    if (right.kind !== 'scatter' || right.columns > right.rows || !isPackedMatrix(left)) return undefined;
    if (!isPacked(...tablesOf(right.map))) return undefined;
    return matrixOver(left, left.rows, right.columns, (i, j) => [i, mapIndexScalar(right.map, j)]);
  }),
];

/** KS(1,b,c,1) whose numbers are packed, so that their order is free. */
const isPackedMatrix = (operator: Operator): operator is Block =>
  operator.kind === 'block' && operator.a === 1 && operator.d === 1 && isPacked(operator.weights);

function matrixOver(
  { weights }: Block,
  rows: number,
  columns: number,
  place: (i: IndexScalar, j: IndexScalar) => readonly [IndexScalar, IndexScalar],
): Operator {
  const zero = indexLiteral(0);
  return dense(tabulate([rows, columns], (i, j) => element(weights, [zero, zero, ...place(i, j)])));
}
