/**
 * The packed layout of a contract's weights: one piece for each region, in exactly the order its loops read.
 * Piece: [outer axes it depends on..., tiles, reduce axes..., width, lanes].
 */
import { at } from '../core/invariant.ts';
import {
  axis,
  computed,
  element,
  freeAxes,
  type IndexScalar,
  indexAdd,
  indexLiteral,
  indexMultiply,
  type Tensor,
} from '../ir/tensor.ts';
import type { ContractStatement } from '../tile/tile.ts';
import type { Region } from './schedule.ts';

/** A loop of a region and what one step of it moves in the packed weights; 0 where the weights are shared along it. */
export interface RegionLoop {
  readonly axis: number;
  /** Steps; each covers `unit` elements of the axis. */
  readonly count: number;
  readonly unit: number;
  readonly start: number;
  readonly weightStride: number;
}

export interface RegionLayout {
  readonly region: Region;
  /** Free loops, outermost first; the tiled axis last. */
  readonly outer: readonly RegionLoop[];
  /** Reduction loops, outermost first. */
  readonly reduce: readonly RegionLoop[];
  /** Offset of the piece in the packed buffer. */
  readonly offset: number;
  readonly elements: number;
  /** Shape [..., width, lanes]: what the pack step stores at the offset. */
  readonly packed: Tensor;
}

export function layoutRegions(contract: ContractStatement, regions: readonly Region[]): RegionLayout[] {
  let offset = 0;
  return regions.map(region => {
    const layout = layoutRegion(contract, region, offset);
    offset += layout.elements;
    return layout;
  });
}

function layoutRegion(contract: ContractStatement, region: Region, offset: number): RegionLayout {
  const { axes, weights } = contract;
  const { lanes, vectorAxis, tileAxis, width } = region;
  const used = weights.kind === 'computed' ? freeAxes(weights.body) : new Set(axes.keys());
  const loopsOf = (kind: 'free' | 'reduce') =>
    axes.flatMap((each, k) => {
      if (each.kind !== kind) return [];
      const unit = (k === vectorAxis ? lanes : 1) * (k === tileAxis ? width : 1);
      const { start, count } = at(region.spans, k);
      return count / unit === 1 && kind === 'free' ? [] : [{ axis: k, count: count / unit, unit, start }];
    });
  const free = loopsOf('free');
  const ordered = [
    ...free.filter(loop => loop.axis !== tileAxis),
    ...free.filter(loop => loop.axis === tileAxis),
  ];
  const loops = [...ordered, ...loopsOf('reduce')];
  const shape: number[] = [];
  const position: IndexScalar[] = axes.map((_, k) => indexLiteral(at(region.spans, k).start));
  const advance = (k: number, by: IndexScalar) => {
    position[k] = indexAdd(at(position, k), by);
  };
  const stored = loops.filter(loop => used.has(loop.axis));
  for (const loop of stored)
    advance(loop.axis, indexMultiply(axis(shape.push(loop.count) - 1), indexLiteral(loop.unit)));
  if (tileAxis !== undefined) {
    advance(
      tileAxis,
      indexMultiply(axis(shape.push(width) - 1), indexLiteral(tileAxis === vectorAxis ? lanes : 1)),
    );
  }
  if (vectorAxis !== undefined) advance(vectorAxis, axis(shape.push(lanes) - 1));
  const strides = new Map<number, number>();
  let elements = width * lanes;
  for (const loop of stored.toReversed()) {
    strides.set(loop.axis, elements);
    elements *= loop.count;
  }
  const withStride = loops.map(
    (loop): RegionLoop => ({ ...loop, weightStride: strides.get(loop.axis) ?? 0 }),
  );
  return {
    region,
    outer: withStride.slice(0, ordered.length),
    reduce: withStride.slice(ordered.length),
    offset,
    elements,
    packed: computed(shape, element(weights, position)),
  };
}
