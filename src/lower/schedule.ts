/**
 * How a contract becomes loops over registers: which axis fills the lanes of a vector, which axis gives each
 * loaded input several accumulators, and how the weights must then be packed so that the inner loop reads
 * them in order.
 *
 * The inner loop keeps `rows` × `width` accumulators. One step of the reduction loads `rows` inputs (times
 * `width` where the input depends on the tiled axis) and `width` weight vectors, for rows·width
 * multiply–adds. Lanes run along outputs (the input is one number, splat) or along independent blocks (the
 * input is a vector), never along the reduction.
 *
 * Where steps do not divide an axis the last one is moved back so that it ends with the axis: it computes
 * some outputs a second time, from the same inputs in the same order, and stores the same values. A contract
 * that adds to its output may not do so; it gets regions of narrower steps.
 */
import { at } from '../core/invariant.ts';
import type { Axis, ContractStatement } from '../tile/tile.ts';

/** A part of one axis that a region of the contract covers. */
export interface Span {
  readonly start: number;
  readonly count: number;
}

/** One rectangular part of the contract with its own inner loop and its own piece of the packed weights. */
export interface Region {
  readonly lanes: number;
  /** The axis that fills the lanes; absent when lanes = 1. */
  readonly vectorAxis: number | undefined;
  /**
   * The axis along which one region step covers `width` accumulators; its unit is a vector when it is the
   * vector axis.
   */
  readonly tileAxis: number | undefined;
  readonly width: number;
  /** The part of each axis covered, in elements. */
  readonly spans: readonly Span[];
}

export const isGrouped = ({ invocations }: Machine): boolean => invocations > 1;

/** Matrix units, and how many tiles of sums a subgroup keeps in registers. */
export interface MatrixUnits {
  readonly scalar: 'f16' | 'bf16';
  readonly accumulators: number;
}

export interface Machine {
  /** Where the machine has them for what memory holds. */
  readonly matrix: MatrixUnits | undefined;
  readonly lanes: number;
  readonly accumulators: number;
  /**
   * Rows of the batch that share one pass over the weights; the remaining rows go one by one with a wider tile.
   */
  readonly rowsTogether: number;
  /** Groups of rows in a tile, which invocations may take side by side. */
  readonly rowGroups: number;
  /** Elements of a line of the tile's memory; 0 where rows need no distance (context.ts). */
  readonly lineElements: number;
  /** Numbers of 32 bits that an invocation keeps beside addresses; nothing is read ahead where it is not told. */
  readonly registers: number | undefined;
  /** How many share out the iterations of a tile's loops, with the tile's scratch in common; 1 is one thread. */
  readonly invocations: number;
}

interface Choice {
  readonly vectorAxis: number;
  readonly tileAxis: number | undefined;
  readonly cost: number;
}

export function regionsOf(contract: ContractStatement, machine: Machine): Region[] {
  const { axes } = contract;
  const spans = axes.map(({ extent }): Span => ({ start: 0, count: extent }));
  if (axes.some(({ kind, extent }) => kind === 'free' && extent === 0)) return [];
  const choice = chooseAxes(contract, machine);
  const vectorAxis = choice?.vectorAxis;
  const tileAxis = choice === undefined ? scalarTileAxis(contract) : choice.tileAxis;
  const lanes = choice === undefined ? 1 : machine.lanes;
  const whole: Region = { lanes, vectorAxis, tileAxis, width: 1, spans };
  const unit = tileAxis === vectorAxis ? lanes : 1;
  const tiles = tileAxis === undefined ? 1 : Math.floor(at(spans, tileAxis).count / unit);
  const widest = Math.min(tiles, busyWidth(contract, machine, lanes));
  if (contract.initial === 'zero') return [{ ...whole, width: widest }];
  return exactParts(whole, widest);
}

/** Accumulators for each row of a group. */
const widthOf = ({ accumulators, rowsTogether }: Machine): number =>
  Math.max(1, Math.floor(accumulators / rowsTogether));

/** As many, but no more than leave a tile of the contract for every invocation. */
function busyWidth({ axes }: ContractStatement, machine: Machine, lanes: number): number {
  const outputs = axes.reduce((product, { kind, extent }) => product * (kind === 'free' ? extent : 1), 1);
  let width = widthOf(machine);
  const vectors = (outputs / lanes) * machine.rowGroups;
  while (isGrouped(machine) && width > 1 && vectors < width * machine.invocations) width /= 2;
  return width;
}

/**
 * The region cut so that no two steps overlap: whole vectors and single lanes, wide tiles and narrow ones.
 */
function exactParts(whole: Region, widest: number): Region[] {
  const { lanes, vectorAxis, tileAxis, spans } = whole;
  const vectorParts =
    vectorAxis === undefined || vectorAxis === tileAxis
      ? [whole]
      : cut(at(spans, vectorAxis), [lanes, 1]).map(
          ({ span, unit }): Region => ({
            ...whole,
            lanes: unit,
            vectorAxis: unit === 1 ? undefined : vectorAxis,
            spans: spans.with(vectorAxis, span),
          }),
        );
  if (tileAxis === undefined) return vectorParts;
  return vectorParts.flatMap(part => {
    const unit = vectorAxis === tileAxis ? lanes : 1;
    const units = vectorAxis === tileAxis ? [widest * lanes, lanes, 1] : [widest, 1];
    return cut(at(spans, tileAxis), units).map(({ span, unit: step }): Region => {
      const isScalar = unit > 1 && step === 1;
      return {
        ...part,
        lanes: isScalar ? 1 : part.lanes,
        vectorAxis: isScalar ? undefined : part.vectorAxis,
        width: isScalar ? 1 : step / unit,
        spans: part.spans.with(tileAxis, span),
      };
    });
  });
}

/** Stretches of a span in whole multiples of each unit in turn, largest first. */
function cut({ start, count }: Span, units: readonly number[]): { span: Span; unit: number }[] {
  let from = start;
  return units.flatMap(unit => {
    const left = start + count - from;
    const covered = left - (left % unit);
    if (covered === 0) return [];
    from += covered;
    return [{ span: { start: from - covered, count: covered }, unit }];
  });
}

/** Tiles of a region taken `together` at a time. */
export interface TileGroups extends Span {
  readonly together: number;
}

/**
 * How a single row goes over the tiles: enough accumulators at once to hide the latency of an addition, as
 * many as the registers hold, and few tiles computed twice. Where none may be, the rest is a group of its own.
 */
export function groupsOfTiles(
  count: number,
  { width }: Region,
  { initial }: ContractStatement,
  machine: Machine,
): TileGroups[] {
  const { accumulators } = machine;
  // Other invocations hide the latency as well, and steps read ahead take the registers.
  const most = Math.max(1, Math.floor(((isGrouped(machine) ? 0.75 : 1.5) * accumulators) / width));
  const cost = (group: number) =>
    Math.ceil(count / group) * (Math.max(group * width, 0.75 * accumulators) + 1);
  let together = 1;
  for (let group = 2; group <= Math.min(most, count); group++)
    if (cost(group) < cost(together)) together = group;
  const rest = count % together;
  if (initial === 'zero' || rest === 0) return [{ start: 0, count, together }];
  return [
    { start: 0, count: count - rest, together },
    { start: count - rest, count: rest, together: rest },
  ];
}

/**
 * The cheapest pair by instructions per accumulator and reduction step; nothing when no free axis fills a
 * vector.
 */
function chooseAxes(contract: ContractStatement, machine: Machine): Choice | undefined {
  const free = freeAxes(contract.axes);
  const choices = free
    .filter(vectorAxis => at(contract.axes, vectorAxis).extent >= machine.lanes)
    .flatMap(vectorAxis =>
      [undefined, ...free].map(tileAxis => choiceOf(contract, machine, vectorAxis, tileAxis)),
    );
  return choices.reduce<Choice | undefined>(
    (best, each) => (best && best.cost <= each.cost ? best : each),
    undefined,
  );
}

const freeAxes = (axes: readonly Axis[]): number[] =>
  axes.flatMap((axis, index) => (axis.kind === 'free' && axis.extent > 1 ? [index] : []));

function choiceOf(
  contract: ContractStatement,
  machine: Machine,
  vectorAxis: number,
  tileAxis: number | undefined,
): Choice {
  const { axes, input, output } = contract;
  const { lanes } = machine;
  const unit = tileAxis === vectorAxis ? lanes : 1;
  const tiles = tileAxis === undefined ? 1 : Math.floor(at(axes, tileAxis).extent / unit);
  const width = tileAxis === undefined ? 1 : Math.min(busyWidth(contract, machine, lanes), tiles);
  const inputsPerRow = tileAxis !== undefined && at(input.strides, tileAxis) !== 0 ? width : 1;
  const costOf = isGrouped(machine) ? bandwidthCost : accessCost;
  const inputs = machine.rowsTogether * inputsPerRow * costOf(at(input.strides, vectorAxis), lanes);
  const loads = (inputs + width * costOf(1, lanes)) / (machine.rowsTogether * width);
  const reduction = axes.reduce(
    (product, axis) => (axis.kind === 'reduce' ? product * axis.extent : product),
    1,
  );
  const stores = costOf(at(output.strides, vectorAxis) || lanes, lanes) / reduction;
  const perVector = loads + 2 + stores;
  const covered = (k: number, step: number) =>
    (Math.ceil(at(axes, k).extent / step) * step) / at(axes, k).extent;
  const waste =
    tileAxis === undefined || tileAxis === vectorAxis
      ? covered(vectorAxis, lanes * width)
      : covered(vectorAxis, lanes) * covered(tileAxis, width);
  // Few accumulators wait for their own sums.
  const latency = Math.max(1, (0.75 * machine.accumulators) / (machine.rowsTogether * width));
  const cost = perVector * waste * latency;
  return { vectorAxis, tileAxis, cost };
}

/**
 * Instructions to read or write one vector whose lanes are `stride` apart: splat, contiguous, or lane by
 * lane.
 */
const accessCost = (stride: number, lanes: number): number =>
  stride === 0 || stride === 1 ? 1 : 2 * lanes - 1;

/**
 * Where many invocations share the path to memory, what counts is the numbers that one of them moves: a number for all
 * lanes, or one for each, wherever it lies (invocations side by side make lines whole).
 */
const bandwidthCost = (stride: number, lanes: number): number => (stride === 0 ? 1 : lanes);

/** Without vectors: tile the widest axis the input does not depend on, else the widest. */
function scalarTileAxis({ axes, input }: ContractStatement): number | undefined {
  const free = freeAxes(axes);
  const rank = (index: number) => at(axes, index).extent * (at(input.strides, index) === 0 ? 1024 : 1);
  return free.reduce<number | undefined>(
    (best, each) => (best !== undefined && rank(best) >= rank(each) ? best : each),
    undefined,
  );
}
