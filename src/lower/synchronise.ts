/**
 * Where the invocations of a group must wait for each other: a statement may not read what another invocation has yet
 * to write, nor overwrite what another may still read. Barriers follow from these dependences and are written nowhere
 * else; targets without groups ignore them.
 */
import type { TileProgram } from '../tile/tile.ts';
import { readsOf, writtenBy } from '../tile/traverse.ts';

export interface Barriers {
  /** For each statement, whether all must have finished what stands before it. */
  readonly before: readonly boolean[];
  /** Whether the next tile may start only when all have finished this one. */
  readonly atEnd: boolean;
}

export function barriersOf({ statements, buffers }: TileProgram): Barriers {
  // Since the last barrier.
  let [read, written] = [new Set<string>(), new Set<string>()];
  const conflicts = (reads: readonly string[], target: string): boolean =>
    reads.some(name => written.has(name)) || written.has(target) || read.has(target);
  const before = statements.map(statement => {
    const [reads, target] = [readsOf(statement), writtenBy(statement)];
    const waits = conflicts(reads, target);
    if (waits) [read, written] = [new Set(), new Set()];
    for (const name of reads) read.add(name);
    written.add(target);
    return waits;
  });
  // The statements up to the first barrier of the next tile meet what is still open at the end of this one, in the
  // buffers that both tiles use: the rows of the others are their own.
  const isScratch = (name: string): boolean =>
    buffers.some(buffer => buffer.name === name && buffer.role === 'scratch');
  const first = before.indexOf(true);
  const opening = first === -1 ? statements : statements.slice(0, first);
  [read, written] = [new Set([...read].filter(isScratch)), new Set([...written].filter(isScratch))];
  const atEnd = opening.some(statement => conflicts(readsOf(statement), writtenBy(statement)));
  return { before, atEnd };
}
