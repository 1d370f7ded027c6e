/** What placing a segment accumulates, and where values lie while it does. */
import { identityMap } from '../ir/indexMap.ts';
import type { EpilogueStep, TileBuffer, TileStatement } from '../tile/tile.ts';
import { type Layout, restrict } from './layout.ts';

/** Statements in order, and buffers by name. Scratch rows are shared afterwards (tile/reuse.ts). */
export interface Placement {
  readonly statements: TileStatement[];
  readonly buffers: Map<string, TileBuffer>;
}

/** How a value is written: over what is there, or added to it, and what is applied to it last. */
export interface Target extends Layout {
  readonly accumulate: boolean;
  readonly epilogue: readonly EpilogueStep[];
}

export const whole = ({ name, width }: TileBuffer): Layout => ({ buffer: name, map: identityMap(width) });

export const plain = (layout: Layout): Target => ({ ...layout, accumulate: false, epilogue: [] });

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
