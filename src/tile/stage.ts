/**
 * Input rows in scratch: a copy at the front brings a tile of them there, and the contracts read them from there.
 * A tile then waits for memory once and not at every step, and what many invocations share lies where sharing is
 * cheap. Comes last, with the room that is left.
 */
import { identityMap } from '../ir/indexMap.ts';
import type { ScratchMemory } from './fit.ts';
import { bytesOf } from './precision.ts';
import type { TileBuffer, TileProgram, TileStatement } from './tile.ts';

export type Room = Pick<ScratchMemory, 'bytes' | 'lanes' | 'precision'>;

/** With the rows of `name` in scratch; as it is where they do not fit, or every slice would copy them. */
export function stageRows(
  program: TileProgram,
  name: string,
  { bytes, lanes, precision }: Room,
): TileProgram {
  const buffer = program.buffers.find(each => each.name === name);
  const isRead = program.statements.some(each => each.kind === 'contract' && each.input.buffer === name);
  if (buffer === undefined || !isRead || program.slices > 1) return program;
  const staged: TileBuffer = { name: `${name}Rows`, role: 'scratch', width: buffer.width };
  const row = [...program.buffers, staged]
    .filter(({ role }) => role === 'scratch')
    .reduce((total, each) => total + Math.ceil(each.width / lanes) * lanes * bytesOf(each, precision), 0);
  if (row * program.tileRows > bytes) return program;
  const map = identityMap(buffer.width);
  const copy: TileStatement = {
    kind: 'copy',
    input: { buffer: name, map },
    output: { buffer: staged.name, map },
    accumulate: false,
  };
  const statements = program.statements.map(each =>
    each.kind === 'contract' && each.input.buffer === name
      ? { ...each, input: { ...each.input, buffer: staged.name } }
      : each,
  );
  return { ...program, buffers: [...program.buffers, staged], statements: [copy, ...statements] };
}
