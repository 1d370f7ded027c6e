/**
 * How a contract is put on matrix units (kernel/matrix.ts). The weights are the rows of A, the rows of the batch the
 * columns of B and D. An item is what one subgroup computes at once: `blocks` × `tilesOfRows` × `tilesOfColumns`
 * tiles of sums, chosen so that a member ends with neighbours of an output row in its registers and writes them
 * whole:
 *
 *   where other axes than that of the rows of A lead from neighbour to neighbour, `blocks` points of them are tiles
 *   of their own, and the same row of each is a member's;
 *   where it is the axis of the rows of A, rows are dealt to the tiles so that a member's own are neighbours.
 *
 * The order of a sum is the machine's, so that a member may read `reads` neighbours along it at once: they are its
 * part of several operations, and the weights are packed to match (matrixWeights.ts).
 */
import { at } from '../core/invariant.ts';
import { usedAxes } from '../ir/tensor.ts';
import { elementsOfA, elementsOfB, tileColumns, tileReduce, tileRows } from '../kernel/matrix.ts';
import type { ContractStatement } from '../tile/tile.ts';
import type { MatrixUnits } from './schedule.ts';

export interface MatrixPlan {
  readonly units: MatrixUnits;
  /** The axis whose points are the rows of A, and the one along which the units sum. */
  readonly rowAxis: number;
  readonly reduceAxis: number;
  /** Axes along which the outputs of an item are neighbours, the finest first, and how much of each it covers. */
  readonly neighbours: readonly Neighbours[];
  /** Points that an item covers of all of them. */
  readonly blocks: number;
  readonly tilesOfRows: number;
  readonly tilesOfColumns: number;
  /** Whether the axis of the rows of A is the one along which outputs are neighbours. */
  readonly writesRows: boolean;
  /** Elements along the sum that a member has at once. */
  readonly reads: number;
  /** How a member reads them: neighbours in memory, neighbours across blocks, or one by one. */
  readonly reading: 'along' | 'across' | 'apart';
  /** Axes of the loops over items, and of the sequential loops around the units' own sum. */
  readonly outer: readonly number[];
  readonly reduceOuter: readonly number[];
}

export interface Neighbours {
  readonly axis: number;
  readonly count: number;
}

/** Less of the tiles in use than this, and the units would be slower than single products. */
const leastUse = 1 / 8;

/** The rows of A that a tile wastes at the end of an axis, and the length of the sum that it wastes. */
const useOf = (extent: number, step: number): number => extent / (Math.ceil(extent / step) * step);

export function planMatrix(
  contract: ContractStatement,
  units: MatrixUnits,
  rowsOfTile: number,
): MatrixPlan | undefined {
  const { axes, weights, input, output } = contract;
  const used = usedAxes(weights);
  const free = [...axes.keys()].filter(k => at(axes, k).kind === 'free' && at(axes, k).extent > 1);
  const extentOf = (k: number): number => at(axes, k).extent;
  const reduceAxis = reduceAxisOf(contract);
  const rows = free.filter(k => used.has(k) && at(input.strides, k) === 0);
  const nearest = free.find(k => at(output.strides, k) === 1);
  const widest = rows.reduce<number | undefined>(
    (best, k) => (best === undefined || extentOf(k) > extentOf(best) ? k : best),
    undefined,
  );
  const fillsTile = nearest !== undefined && (extentOf(nearest) >= tileRows || nearest === widest);
  const ofRows = fillsTile && rows.includes(nearest) && extentOf(nearest) % 2 === 0;
  const rowAxis = ofRows ? nearest : widest;
  if (reduceAxis === undefined || rowAxis === undefined) return undefined;
  const most = Math.min(mostNeighbours, units.accumulators);
  const neighbours = ofRows
    ? []
    : neighboursOf(
        contract,
        free.filter(k => k !== rowAxis),
        most,
      );
  const readAs = readingOf(contract, reduceAxis, neighbours, units);
  const use = useOf(extentOf(rowAxis), tileRows) * useOf(extentOf(reduceAxis), tileReduce(units.scalar));
  if (use < leastUse) return undefined;
  const blocks = neighbours.reduce((product, { count }) => product * count, 1);
  const columns = Math.ceil(rowsOfTile / tileColumns);
  const room = (tiles: number): number => Math.max(1, Math.floor(units.accumulators / (blocks * tiles)));
  const apart = Math.min(room(Math.min(columns, mostColumns)), Math.ceil(extentOf(rowAxis) / tileRows));
  const tilesOfRows = ofRows ? tilesFor(extentOf(rowAxis)) : powerWithin(2 ** 10, apart);
  return {
    units,
    rowAxis,
    reduceAxis,
    neighbours,
    blocks,
    tilesOfRows,
    tilesOfColumns: divisorWithin(columns, Math.min(mostColumns, room(tilesOfRows))),
    writesRows: ofRows,
    ...readAs,
    outer: free.filter(k => k !== rowAxis && neighbours.every(({ axis }) => axis !== k)),
    reduceOuter: [...axes.keys()].filter(k => at(axes, k).kind === 'reduce' && k !== reduceAxis),
  };
}

/** Neighbours that a member writes at once: 16 bytes of the narrowest format. */
const mostNeighbours = 8;
/** Tiles of columns that share the weights in registers. */
const mostColumns = 4;

/** Axes that lead from an output to its neighbour, and from the end of one to the next. */
function neighboursOf(
  { axes, output }: ContractStatement,
  free: readonly number[],
  most: number,
): Neighbours[] {
  const found: Neighbours[] = [];
  let [reach, left] = [1, most];
  while (left > 1) {
    const axis = free.find(k => at(output.strides, k) === reach);
    if (axis === undefined) break;
    const { extent } = at(axes, axis);
    const count = powerWithin(extent, left);
    if (count > 1) found.push({ axis, count });
    if (count < extent) break;
    reach *= extent;
    left /= count;
  }
  return found;
}

/** Elements of a view from the first block of an item to another. */
export function blockOffset(
  { neighbours }: Pick<MatrixPlan, 'neighbours'>,
  block: number,
  strideOf: (axis: number) => number,
): number {
  let rest = block;
  return neighbours.reduce((offset, { axis, count }) => {
    const digit = rest % count;
    rest = (rest - digit) / count;
    return offset + digit * strideOf(axis);
  }, 0);
}

/** The greatest power of two that divides the extent and is at most so much. */
function powerWithin(extent: number, most: number): number {
  let power = 1;
  while (2 * power <= most && extent % (2 * power) === 0) power *= 2;
  return power;
}

/** The greatest divisor of a number that is at most so much. */
function divisorWithin(number: number, most: number): number {
  let divisor = Math.min(number, most);
  while (number % divisor !== 0) divisor--;
  return divisor;
}

/** Tiles of an item whose rows of a member are neighbours, two from each; as many as the axis fills. */
function tilesFor(extent: number): number {
  const most = powerWithin(extent, mostNeighbours) / 2;
  return powerWithin(2 ** 10, Math.min(most, Math.ceil(extent / tileRows)));
}

/** The axis along which the units sum: neighbours in memory, else the longest. */
function reduceAxisOf({ axes, input }: ContractStatement): number | undefined {
  const reduce = [...axes.keys()].filter(k => at(axes, k).kind === 'reduce');
  const along = reduce.find(k => at(input.strides, k) === 1 && at(axes, k).extent > 1);
  const longest = reduce.toSorted((a, b) => at(axes, b).extent - at(axes, a).extent);
  return along ?? longest[0];
}

/** What a member reads at once, so that little of a sum is read in vain. */
function readingOf(
  { axes, input }: ContractStatement,
  reduceAxis: number,
  neighbours: readonly Neighbours[],
  { scalar }: MatrixUnits,
): Pick<MatrixPlan, 'reads' | 'reading'> {
  const { extent } = at(axes, reduceAxis);
  const [most, least] = [elementsOfA(scalar), elementsOfB(scalar)];
  const isWasteful = useOf(extent, 4 * most) < 0.7 * useOf(extent, 4 * least);
  const isAlong = at(input.strides, reduceAxis) === 1;
  const fits = (reads: number) => !isAlong || extent % reads === 0;
  const reads = isWasteful || !fits(most) ? least : most;
  if (isAlong && fits(reads)) return { reads, reading: 'along' };
  const blocks = neighbours.reduce((product, { count }) => product * count, 1);
  // Languages need not have vectors of two.
  const isAcross =
    blocks > 2 &&
    Array.from({ length: blocks }, (_, k) => k).every(
      block => blockOffset({ neighbours }, block, axis => at(input.strides, axis)) === block,
    );
  return { reads, reading: isAcross ? 'across' : 'apart' };
}
