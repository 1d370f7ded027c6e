/**
 * The packed layout of a contract's weights: one piece for each region, in exactly the order its loops read.
 * Piece: [outer axes it depends on..., tiles, reduce axes..., width, lanes]; where invocations side by side take
 * neighbouring tiles, [reduce axes..., width, outer axes..., tiles, lanes], so that they read neighbouring weights. The
 * last step
 * along an axis that the steps do not divide is moved back to end with the axis, so some weights are stored
 * twice.
 */
import { at } from '../core/invariant.ts';
import {
  axis,
  computed,
  element,
  type IndexScalar,
  indexAdd,
  indexApply,
  indexLiteral,
  indexMultiply,
  type Tensor,
  usedAxes,
} from '../ir/tensor.ts';
import type { ContractStatement } from '../tile/tile.ts';
import { isGrouped, type Machine, type Region } from './schedule.ts';

/**
 * Steps along one axis of a region, and what one step moves in the packed weights; 0 where they are shared
 * along it.
 */
export interface RegionLoop {
  readonly axis: number;
  readonly count: number;
  /** Elements of the axis that one step covers. */
  readonly unit: number;
  readonly start: number;
  /**
   * Where the last step begins, from `start`; (count − 1)·unit unless the last step overlaps the one before.
   */
  readonly last: number;
  readonly weightStride: number;
}

export interface RegionLayout {
  readonly region: Region;
  /**
   * Free loops, outermost first, the one over the tiles among them. Invocations side by side take neighbouring outputs:
   * for them the loop with the shortest step in the output is the innermost.
   */
  readonly free: readonly RegionLoop[];
  /** Steps along the tiled axis; absent where nothing is tiled. */
  readonly tiles: RegionLoop | undefined;
  /** Reduction loops, outermost first. */
  readonly reduce: readonly RegionLoop[];
  /** Over the slices of the program; absent where it has one. */
  readonly slices: RegionLoop | undefined;
  /** Offset of the piece in the packed buffer. */
  readonly offset: number;
  /** Elements from one vector of a tile to the next. */
  readonly widthStride: number;
  readonly elements: number;
  /** Shape [..., lanes]: what the pack step stores at the offset. */
  readonly packed: Tensor;
}

export const overlaps = ({ count, unit, last }: RegionLoop): boolean => last !== (count - 1) * unit;

export function layoutRegions(
  contract: ContractStatement,
  regions: readonly Region[],
  machine: Machine,
): RegionLayout[] {
  let offset = 0;
  return regions.map(region => {
    const layout = layoutRegion(contract, region, offset, machine);
    offset += layout.elements;
    return layout;
  });
}

function layoutRegion(
  contract: ContractStatement,
  region: Region,
  offset: number,
  machine: Machine,
): RegionLayout {
  const { axes, weights } = contract;
  const { lanes, vectorAxis, tileAxis, width } = region;
  const used = usedAxes(weights);
  const loopOf = (k: number): RegionLoop => {
    const unit = (k === vectorAxis ? lanes : 1) * (k === tileAxis ? width : 1);
    const { start, count } = at(region.spans, k);
    return { axis: k, count: Math.ceil(count / unit), unit, start, last: count - unit, weightStride: 0 };
  };
  const indices = [...axes.keys()];
  const untiled = indices.filter(k => at(axes, k).kind === 'free' && k !== tileAxis).map(loopOf);
  const outer = untiled.filter(loop => loop.count > 1);
  const tiles = tileAxis === undefined ? [] : [loopOf(tileAxis)];
  const reduce = indices.filter(k => at(axes, k).kind === 'reduce').map(loopOf);
  const byOutput = (a: RegionLoop, b: RegionLoop) => outputStep(contract, b) - outputStep(contract, a);
  const free = isGrouped(machine) ? [...outer, ...tiles].sort(byOutput) : [...outer, ...tiles];
  const slices = indices.filter(k => at(axes, k).kind === 'slice').map(loopOf);
  const inner = isGrouped(machine)
    ? [...reduce, 'width' as const, ...free]
    : [...free, ...reduce, 'width' as const];
  const stored = [...slices, ...inner].filter(each => each === 'width' || used.has(each.axis));
  const strides = new Map<number | 'width', number>();
  let elements = lanes;
  for (const each of stored.toReversed()) {
    strides.set(each === 'width' ? each : each.axis, elements);
    elements *= each === 'width' ? width : each.count;
  }
  const withStride = (loop: RegionLoop): RegionLoop => ({
    ...loop,
    weightStride: strides.get(loop.axis) ?? 0,
  });
  return {
    region,
    free: free.map(withStride),
    tiles: tiles.map(withStride)[0],
    reduce: reduce.map(withStride),
    slices: slices.map(withStride)[0],
    offset,
    widthStride: strides.get('width') ?? 0,
    elements,
    packed: packedTensor(contract, region, stored),
  };
}

const outputStep = ({ output }: ContractStatement, { axis: k, unit }: RegionLoop): number =>
  Math.abs(at(output.strides, k)) * unit;

/** Entry [steps of the stored loops, tile among them..., lane] is the weight that this step multiplies by. */
function packedTensor(
  { axes, weights }: ContractStatement,
  { lanes, vectorAxis, tileAxis, width, spans }: Region,
  stored: readonly (RegionLoop | 'width')[],
): Tensor {
  const shape: number[] = [];
  const position: IndexScalar[] = axes.map((_, k) => indexLiteral(at(spans, k).start));
  const advance = (k: number, by: IndexScalar) => {
    position[k] = indexAdd(at(position, k), by);
  };
  for (const each of stored) {
    if (each !== 'width') {
      const from = indexMultiply(axis(shape.push(each.count) - 1), indexLiteral(each.unit));
      advance(each.axis, overlaps(each) ? indexApply('minimum', from, indexLiteral(each.last)) : from);
    } else if (tileAxis !== undefined) {
      const unit = indexLiteral(tileAxis === vectorAxis ? lanes : 1);
      advance(tileAxis, indexMultiply(axis(shape.push(width) - 1), unit));
    }
  }
  if (vectorAxis !== undefined) advance(vectorAxis, axis(shape.push(lanes) - 1));
  return computed(shape, element(weights, position));
}
