/**
 * The memory that a group of invocations shares: every kernel writes it before it reads it, on whatever device.
 * Where a kernel reads and writes follows from its index tables and the count of rows, not from the numbers, so one
 * run of the group interpreter for each kind of tile shows it for all inputs: that memory, workspaces and outputs
 * begin as NaN, all else is zero, and no NaN may reach an output. The kernels are those that ship; with a fill
 * inside they would be others.
 */
import { at } from '../core/invariant.ts';
import { evaluateTensor } from '../ir/tensorEvaluate.ts';
import { interpretGroups } from '../kernel/group.ts';
import { extentOf, type Memory, memoryArrays } from '../kernel/interpret.ts';
import { pitchesOf } from '../kernel/pitch.ts';
import { type LoweredOperator, shareOut } from '../pipeline.ts';
import type { GroupLimits } from '../plan/profile.ts';
import type { SharedReport } from './report.ts';
import type { Subject } from './subject.ts';

/** Nothing where one thread runs a kernel. */
export function checkShared(subject: Subject): SharedReport | undefined {
  const { modes } = subject.instance;
  const group = modes[0]?.plan.profile.group;
  if (group === undefined) return undefined;
  const tables = tablesOf(subject);
  const runs = modes.flatMap(lowered => rowsOfTiles(lowered).map(batch => ({ lowered, batch })));
  const problems = runs.flatMap(({ lowered, batch }) => {
    const unwritten = unwrittenOutput(lowered, group, tables, batch);
    const what = `${lowered.mode}: y[${unwritten}] comes of memory that nothing wrote (batch ${batch})`;
    return unwritten === -1 ? [] : [what];
  });
  return { kernels: modes.flatMap(({ kernels }) => kernels).length, problems };
}

/** A whole tile, one with a row less, and one of a single row. */
const rowsOfTiles = ({ tiles }: LoweredOperator): number[] => [
  ...new Set(tiles.flatMap(({ tileRows }) => [1, Math.max(1, tileRows - 1), tileRows])),
];

/** The place of the first output that is NaN, or -1. */
function unwrittenOutput(
  { kernels }: LoweredOperator,
  group: GroupLimits,
  tables: ReadonlyMap<string, Memory>,
  batch: number,
): number {
  const memories = new Map<string, Memory>(tables);
  for (const kernel of kernels) {
    const shared = shareOut(kernel, { places: new Map(), bindings: [] }, group);
    // Rows follow each other; how far apart they lie changes no order of reads and writes.
    const given = Object.fromEntries(pitchesOf(shared).map(({ name, minimum = 0 }) => [name, minimum]));
    for (const buffer of shared.buffers) {
      if (buffer.space === 'shared' || memories.has(buffer.name)) continue;
      const isRows = buffer.extent.parameter !== undefined && buffer.name !== 'x';
      const values = new memoryArrays[buffer.scalar](extentOf(buffer, { batch, ...given }));
      memories.set(buffer.name, isRows ? values.fill(Number.NaN) : values);
    }
    // A group for each tile, so that each begins with nothing written.
    const groups = Math.max(1, Math.ceil(batch / shared.tileRows));
    interpretGroups(shared, Object.fromEntries(memories), { batch, ...given }, { groups, order: 'forward' });
  }
  return (memories.get('y') ?? new Float32Array(0)).findIndex(Number.isNaN);
}

/** Index tables; the numbers of weights do not matter. */
function tablesOf({ packed, environment }: Subject): ReadonlyMap<string, Memory> {
  return new Map(
    packed
      .filter(({ scalar }) => scalar === 'i32')
      .map(({ name, elements, regions }) => {
        const table = new Int32Array(elements);
        for (const { offset, tensor } of regions) {
          const { data } = evaluateTensor(tensor, environment);
          for (let k = 0; k < data.length; k++) table[offset + k] = at(data, k);
        }
        return [name, table] as const;
      }),
  );
}
