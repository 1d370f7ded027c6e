/** Places what moves or clears values without a contract, and the triangular solve. */
import { composeMaps, type IndexMap } from '../ir/indexMap.ts';
import type { Operator } from '../ir/operator.ts';
import { transposeTensor } from '../ir/tensorAlgebra.ts';
import { commonPieces, isInjective, type Layout, piecesOf } from './layout.ts';
import { layoutOf, type Placement, scratch, slice, type Target } from './placement.ts';
import { isProgression } from './through.ts';

/** One copy for each stretch on which both maps are simple: the halves of a rotation, the parts of a direct sum. */
export function placeCopy(placement: Placement, source: Layout, target: Target): void {
  copyPieces(placement, source, target);
  placeEpilogue(placement, target);
}

function copyPieces(placement: Placement, source: Layout, target: Target): void {
  const pieces = commonPieces(piecesOf(source.map), piecesOf(target.map));
  if (pieces.length > 1) {
    let start = 0;
    for (const length of pieces) {
      copyPieces(placement, slice(source, start, length), { ...target, ...slice(target, start, length) });
      start += length;
    }
  } else if (target.map.domain > 0) {
    const { accumulate } = target;
    placement.statements.push({
      kind: 'copy',
      input: layoutOf(source),
      output: layoutOf(target),
      accumulate,
    });
  }
}

export function placeZero(placement: Placement, target: Target): void {
  if (!target.accumulate && target.map.domain > 0)
    placement.statements.push({ kind: 'fill', output: layoutOf(target) });
  placeEpilogue(placement, target);
}

export function placeEpilogue({ statements }: Placement, { buffer, map, epilogue }: Target): void {
  if (epilogue.length > 0 && map.domain > 0)
    statements.push({ kind: 'pointwise', output: { buffer, map }, epilogue });
}

/** Clears what a scatter through the map does not reach; all of it where that has no simple form. */
export function placeZeroBeside(placement: Placement, map: IndexMap, target: Target): void {
  if (target.accumulate) return;
  const bare = { ...target, epilogue: [] };
  const [digit, ...more] = map.kind === 'strided' ? map.digits : [];
  if (map.kind !== 'strided' || more.length > 0 || (digit !== undefined && digit.stride !== 1))
    return placeZero(placement, bare);
  const end = map.offset + map.domain;
  placeZero(placement, { ...bare, ...slice(target, 0, map.offset) });
  placeZero(placement, { ...bare, ...slice(target, end, map.range - end) });
}

/** y[map(i)] += x[i]: zeros first, since a scatter need not reach every row. */
export function placeScatter(placement: Placement, map: IndexMap, source: Layout, target: Target): void {
  const spread = { ...target, map: composeMaps(target.map, map), epilogue: [] };
  if (isInjective(map)) {
    placeZeroBeside(placement, map, target);
    placeCopy(placement, source, spread);
  } else {
    placeZero(placement, { ...target, epilogue: [] });
    placeCopy(placement, source, { ...spread, accumulate: true });
  }
  placeEpilogue(placement, target);
}

export function placeSolve(
  placement: Placement,
  solve: Operator & { kind: 'triangularSolve' },
  source: Layout,
  target: Target,
): void {
  const { rows: order, unitDiagonal, transposed, weights } = solve;
  const lower = (solve.triangle === 'lower') !== transposed;
  // The unknowns are read back again and again: that should be cheap, and nothing else may be there.
  const needsScratch = target.accumulate || !isProgression(target.map);
  const solution = needsScratch ? scratch(placement, order) : layoutOf(target);
  placement.statements.push({
    kind: 'substitute',
    order,
    direction: lower ? 'forward' : 'backward',
    unitDiagonal,
    weights: transposed ? transposeTensor(weights) : weights,
    input: layoutOf(source),
    output: solution,
  });
  if (needsScratch) placeCopy(placement, solution, target);
  else placeEpilogue(placement, target);
}
