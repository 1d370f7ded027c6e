/**
 * How a contract becomes loops over registers: which axis fills the lanes of a vector, which axis gives each loaded input
 * several accumulators, and how the weights must then be packed so that the inner loop reads them in order.
 *
 * The inner loop keeps `rows` × `width` accumulators. One step of the reduction loads `rows` inputs (times `width` where
 * the input depends on the tiled axis) and `width` weight vectors, for rows·width multiply–adds. Lanes run along outputs
 * (the input is one number, splat) or along independent blocks (the input is a vector), never along the reduction.
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
  /** The axis along which one region step covers `width` accumulators; its unit is a vector when it is the vector axis. */
  readonly tileAxis: number | undefined;
  readonly width: number;
  /** The part of each axis covered, in elements. */
  readonly spans: readonly Span[];
}

export interface Machine {
  readonly lanes: number;
  readonly accumulators: number;
}

/** Rows of the batch that share one pass over the weights; the remaining rows go one by one with a wider tile. */
export const rowsTogether = 4;

interface Choice {
  readonly vectorAxis: number;
  readonly tileAxis: number | undefined;
  readonly cost: number;
}

export function regionsOf(contract: ContractStatement, machine: Machine): Region[] {
  const { axes } = contract;
  const all = axes.map(({ extent }): Span => ({ start: 0, count: extent }));
  const choice = chooseAxes(contract, machine);
  const widest = machine.accumulators / 2;
  if (choice === undefined) return tiled(all, 1, undefined, scalarTileAxis(contract), widest);
  const { vectorAxis, tileAxis } = choice;
  const extent = at(axes, vectorAxis).extent;
  const vectors = extent - (extent % machine.lanes);
  const narrowed = (start: number, count: number) =>
    all.map((span, k) => (k === vectorAxis ? { start, count } : span));
  const main = tiled(narrowed(0, vectors), machine.lanes, vectorAxis, tileAxis, widest);
  if (vectors === extent) return main;
  const tail = tiled(narrowed(vectors, extent - vectors), 1, undefined, tileAxis, widest);
  return [...main, ...tail];
}

/** Splits the tiled axis into stretches of the widest tile, then of halves of it, down to one. */
function tiled(
  spans: readonly Span[],
  lanes: number,
  vectorAxis: number | undefined,
  tileAxis: number | undefined,
  widest: number,
): Region[] {
  if (spans.some(span => span.count === 0)) return [];
  if (tileAxis === undefined) return [{ lanes, vectorAxis, tileAxis, width: 1, spans }];
  const unit = tileAxis === vectorAxis ? lanes : 1;
  const regions: Region[] = [];
  let { start, count } = at(spans, tileAxis);
  for (let width = widest; width >= 1 && count > 0; width /= 2) {
    const covered = count - (count % (width * unit));
    if (covered === 0) continue;
    const covering: Span = { start, count: covered };
    regions.push({
      lanes,
      vectorAxis,
      tileAxis,
      width,
      spans: spans.map((span, k) => (k === tileAxis ? covering : span)),
    });
    start += covered;
    count -= covered;
  }
  return regions;
}

/** The cheapest pair by instructions per accumulator and reduction step; nothing when no free axis fills a vector. */
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
  const extent = at(axes, vectorAxis).extent;
  const unit = tileAxis === vectorAxis ? lanes : 1;
  const tiles = tileAxis === undefined ? 1 : Math.floor(at(axes, tileAxis).extent / unit);
  const width = tileAxis === undefined ? 1 : Math.min(2, tiles);
  const inputsPerRow = tileAxis !== undefined && at(input.strides, tileAxis) !== 0 ? width : 1;
  const loads =
    (rowsTogether * inputsPerRow * accessCost(at(input.strides, vectorAxis), lanes) + width) /
    (rowsTogether * width);
  const reduction = axes.reduce(
    (product, axis) => (axis.kind === 'reduce' ? product * axis.extent : product),
    1,
  );
  const stores = accessCost(at(output.strides, vectorAxis) || lanes, lanes) / reduction;
  const perVector = loads + 2 + stores;
  // The elements that fill no vector run one lane at a time.
  const tail = extent % lanes;
  const cost = (perVector * ((extent - tail) / lanes) + perVector * tail) / extent;
  return { vectorAxis, tileAxis, cost };
}

/** Instructions to read or write one vector whose lanes are `stride` apart: splat, contiguous, or lane by lane. */
const accessCost = (stride: number, lanes: number): number =>
  stride === 0 || stride === 1 ? 1 : 2 * lanes - 1;

/** Without vectors: tile the widest axis the input does not depend on, else the widest. */
function scalarTileAxis({ axes, input }: ContractStatement): number | undefined {
  const free = freeAxes(axes);
  const rank = (index: number) => at(axes, index).extent * (at(input.strides, index) === 0 ? 1024 : 1);
  return free.reduce<number | undefined>(
    (best, each) => (best !== undefined && rank(best) >= rank(each) ? best : each),
    undefined,
  );
}
