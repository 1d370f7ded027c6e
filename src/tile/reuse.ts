/**
 * Scratch rows by lifetime: values that are never alive together share one buffer. A pass over a placed
 * program, in which every value has a buffer of its own.
 */
import type { TileBuffer, TileProgram } from './tile.ts';
import { buffersOf, renameBuffers } from './traverse.ts';

/** Indices of the first and the last statement that touch a buffer. */
interface Lifetime {
  readonly buffer: TileBuffer;
  readonly first: number;
  last: number;
}

interface Slot {
  readonly name: string;
  readonly isWide: boolean;
  width: number;
  /** The last statement that needs what lies in it. */
  busyUntil: number;
}

export function reuseScratch(program: TileProgram): TileProgram {
  const slots: Slot[] = [];
  const renamed = new Map<string, string>();
  for (const { buffer, first, last } of lifetimesOf(program)) {
    const slot = slotFor(slots, buffer, first);
    slot.width = Math.max(slot.width, buffer.width);
    slot.busyUntil = last;
    renamed.set(buffer.name, slot.name);
  }
  const kept = program.buffers.filter(({ role }) => role !== 'scratch');
  const scratch = slots.map(
    ({ name, width, isWide }): TileBuffer => ({ name, role: 'scratch', width, ...(isWide && { isWide }) }),
  );
  const statements = program.statements.map(statement =>
    renameBuffers(statement, name => renamed.get(name) ?? name),
  );
  return { ...program, buffers: [...kept, ...scratch], statements };
}

/** Of scratch rows, in the order in which they begin. */
function lifetimesOf({ buffers, statements }: TileProgram): Lifetime[] {
  const scratch = new Map(buffers.filter(({ role }) => role === 'scratch').map(each => [each.name, each]));
  const lifetimes = new Map<string, Lifetime>();
  statements.forEach((statement, index) => {
    for (const name of buffersOf(statement)) {
      const buffer = scratch.get(name);
      const known = lifetimes.get(name);
      if (known !== undefined) known.last = index;
      else if (buffer !== undefined) lifetimes.set(name, { buffer, first: index, last: index });
    }
  });
  return [...lifetimes.values()];
}

/**
 * A free slot of the same format that is wide enough and no wider than needed, else the widest free one, which grows,
 * else a new one.
 */
function slotFor(slots: Slot[], { width, isWide = false }: TileBuffer, from: number): Slot {
  const free = slots
    .filter(slot => slot.busyUntil < from && slot.isWide === isWide)
    .sort((a, b) => a.width - b.width);
  const found = free.find(slot => slot.width >= width) ?? free.at(-1);
  if (found !== undefined) return found;
  const made: Slot = { name: `t${slots.length}`, isWide, width: 0, busyUntil: -1 };
  slots.push(made);
  return made;
}

/** Elements of one row of scratch. */
export const scratchWidth = ({ buffers }: TileProgram): number =>
  buffers.reduce((total, { role, width }) => total + (role === 'scratch' ? width : 0), 0);
