/** Index maps meet: permutations combine into one map, and diagonals pass them towards the block that absorbs them. */
import { composeMaps, inverseMap, isBijection } from '../ir/indexMap.ts';
import { mapIndexScalar } from '../ir/indexMapScalar.ts';
import { compose, diagonal, gather, identity, scatter } from '../ir/operator.ts';
import { element } from '../ir/tensor.ts';
import { tabulate } from '../ir/tensorAlgebra.ts';
import { diagonalEntries } from './diagonals.ts';
import { onFactors, type Rule } from './rule.ts';

export const permutationRules: readonly Rule[] = [
  {
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
];
