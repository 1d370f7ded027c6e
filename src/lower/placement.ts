/** What placing a segment accumulates, and where values lie while it does. */
import { composeMaps, type IndexMap, identityMap, sliceMap } from '../ir/indexMap.ts';
import { mapIndexScalar } from '../ir/indexMapScalar.ts';
import { axis, computed, element, type Tensor } from '../ir/tensor.ts';
import type { EpilogueStep, TileBuffer, TileStatement } from '../tile/tile.ts';
import { type Layout, restrict } from './layout.ts';

/** Statements in order, and buffers by name. Scratch rows are shared afterwards (tile/reuse.ts). */
export interface Placement {
  readonly statements: TileStatement[];
  readonly buffers: Map<string, TileBuffer>;
}

/** A value that is added to another, entry by entry, each entry times its weight, where it has weights. */
export interface Addend {
  readonly layout: Layout;
  readonly weights: Tensor | undefined;
}

/** How a value is written: over what is there, or added to it, what is still to be added, and what is applied last. */
export interface Target extends Layout {
  readonly accumulate: boolean;
  readonly residuals: readonly Addend[];
  readonly epilogue: readonly EpilogueStep[];
}

export const whole = ({ name, width }: TileBuffer): Layout => ({ buffer: name, map: identityMap(width) });

export const completed = (layout: Layout, epilogue: readonly EpilogueStep[]): Target => ({
  ...layout,
  accumulate: false,
  residuals: [],
  epilogue,
});

export const plain = (layout: Layout): Target => completed(layout, []);

export const layoutOf = ({ buffer, map }: Layout): Layout => ({ buffer, map });

/** A new scratch row. */
export function scratch({ buffers }: Placement, width: number): Layout {
  const buffer: TileBuffer = { name: `t${buffers.size}`, role: 'scratch', width };
  buffers.set(buffer.name, buffer);
  return whole(buffer);
}

/** Entries start, start + 1, ... of a value. */
export const slice = ({ buffer, map }: Layout, start: number, length: number): Layout => ({
  buffer,
  map: restrict(map, start, length),
});

export const sliceTarget = (target: Target, start: number, length: number): Target =>
  chosen(target, sliceMap(target.map.domain, start, length), layout => slice(layout, start, length));

/** The entries of a target that a map chooses. */
export const targetThrough = (target: Target, map: IndexMap): Target =>
  chosen(target, map, layout => ({ ...layoutOf(layout), map: composeMaps(layout.map, map) }));

const chosen = (target: Target, map: IndexMap, of: (layout: Layout) => Layout): Target => ({
  ...target,
  ...of(target),
  residuals: target.residuals.map(({ layout, weights }) => ({
    layout: of(layout),
    weights: weights && computed([map.domain], element(weights, [mapIndexScalar(map, axis(0))])),
  })),
});
