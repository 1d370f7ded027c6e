/**
 * Scratch in a memory of fixed size, where what does not fit fails. Fewer rows in a tile where that is enough; where
 * one row alone is too much, the widest values are rows of a workspace: the group that has the rows of a tile reads
 * and writes them there, and no other does. A pass over a program whose scratch is shared out already.
 */
import type { Precision } from '../core/precision.ts';
import { bytesOf } from './precision.ts';
import type { TileBuffer, TileProgram } from './tile.ts';
import { renameBuffers } from './traverse.ts';

export interface ScratchMemory {
  readonly bytes: number;
  /** Rows begin at multiples of so many elements. */
  readonly lanes: number;
  /** What decides how much an element takes. */
  readonly precision: Precision;
  /** Rows that share a pass over the weights. */
  readonly rowsTogether: number;
}

/** Of so many rows, those in whole groups that share their weights; fewer than a group stay as they are. */
export const wholeGroups = (rows: number, together: number): number =>
  rows < together ? rows : rows - (rows % together);

export function fitScratch(
  program: TileProgram,
  { bytes, lanes, precision, rowsTogether }: ScratchMemory,
): TileProgram {
  const bytesIn = (buffer: TileBuffer): number =>
    Math.ceil(buffer.width / lanes) * lanes * bytesOf(buffer, precision);
  const widestFirst = program.buffers
    .filter(({ role }) => role === 'scratch')
    .toSorted((a, b) => bytesIn(b) - bytesIn(a));
  const rowOf = (buffers: readonly TileBuffer[]): number =>
    buffers.reduce((total, buffer) => total + bytesIn(buffer), 0);
  let spilled = 0;
  while (rowOf(widestFirst.slice(spilled)) > bytes) spilled++;
  const row = rowOf(widestFirst.slice(spilled));
  const fitting = row === 0 ? program.tileRows : Math.min(program.tileRows, Math.floor(bytes / row));
  const tileRows = wholeGroups(fitting, rowsTogether);
  // A workspace is known by its name to all kernels of a program.
  const moved = new Map(
    widestFirst.slice(0, spilled).map(({ name }) => [name, `${program.name}_${name}`] as const),
  );
  if (moved.size === 0) return tileRows === program.tileRows ? program : { ...program, tileRows };
  const buffers = program.buffers.map((buffer): TileBuffer => {
    const name = moved.get(buffer.name);
    return name === undefined ? buffer : { ...buffer, name, role: 'workspace' };
  });
  const statements = program.statements.map(statement =>
    renameBuffers(statement, name => moved.get(name) ?? name),
  );
  return { ...program, tileRows, buffers, statements };
}
