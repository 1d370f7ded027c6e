/** One program as kernels of CUDA, run by the interpreter of group kernels on rows that lie apart. */
import { distribute, spread } from '../../codegen/distribute.ts';
import type { Environment } from '../../src/ir/tensorEvaluate.ts';
import { type GroupKernel, type GroupRun, interpretGroups } from '../../src/kernel/group.ts';
import { extentOf, type Memory } from '../../src/kernel/interpret.ts';
import type { Kernel, Statement } from '../../src/kernel/kernel.ts';
import { pitchesOf } from '../../src/kernel/pitch.ts';
import { visitStatements } from '../../src/kernel/traverse.ts';
import type { PackedBuffer } from '../../src/lower/context.ts';
import { lowerPack, packTarget } from '../../src/lower/pack.ts';
import { type Built, type Pack, packByMeaning, type Rows } from '../conformance/stages.ts';

/** Numbers of sixteen bits stand in arrays of wider ones, rounded. */
const arrays = {
  i32: Int32Array,
  f32: Float32Array,
  f64: Float64Array,
  f16: Float32Array,
  bf16: Float32Array,
};

export const sharedOut = ({ lowered }: Built, invocations: number): GroupKernel[] =>
  lowered.kernels.map(kernel => distribute(kernel, { invocations, maximumGroups: 2 ** 30 }));

/** Rows of x and y are `padding` elements longer than they need be; what lies between them is NaN and stays it. */
export function runPadded(
  built: Built,
  kernels: readonly GroupKernel[],
  environment: Environment,
  { batch, data }: Rows,
  run: GroupRun & { readonly padding: number; readonly pack?: Pack },
): Rows {
  const { program } = built.lowered;
  const pack = run.pack ?? packByMeaning;
  const array = arrays[built.scalar];
  const pitches = { ldx: program.columns + run.padding, ldy: program.rows + run.padding };
  const memories: Record<string, Memory> = {};
  for (const buffer of built.packed) memories[buffer.name] = pack(buffer, environment);
  memories['x'] = spreadRows(array.from(data), batch, program.columns, pitches.ldx);
  memories['y'] = new array(batch * pitches.ldy).fill(Number.NaN);
  for (const kernel of kernels) {
    const given = Object.fromEntries(
      pitchesOf(kernel).map(({ name }) => [name, name === 'ldx' ? pitches.ldx : pitches.ldy]),
    );
    for (const buffer of kernel.buffers) {
      if (buffer.space === 'global')
        memories[buffer.name] ??= new array(extentOf(buffer, { batch })).fill(Number.NaN);
    }
    interpretGroups(kernel, memories, { batch, ...given }, run);
  }
  return { batch, data: gathered(memories['y'], batch, program.rows, pitches.ldy) };
}

function spreadRows(rows: Memory, batch: number, width: number, pitch: number): Memory {
  const made = new (rows.constructor as Float64ArrayConstructor)(batch * pitch).fill(Number.NaN);
  for (let row = 0; row < batch; row++) made.set(rows.subarray(row * width, (row + 1) * width), row * pitch);
  return made;
}

function gathered(y: Memory, batch: number, width: number, pitch: number): Float64Array {
  const made = new Float64Array(batch * width);
  for (let row = 0; row < batch; row++) {
    made.set(y.subarray(row * pitch, row * pitch + width), row * width);
    if (y.subarray(row * pitch + width, (row + 1) * pitch).some(value => !Number.isNaN(value)))
      throw new Error(`something was written behind row ${row}`);
  }
  return made;
}

/** By its stages, each shared out over all invocations of a launch. */
export const packInStages =
  (run: GroupRun): Pack =>
  (buffer: PackedBuffer, environment) => {
    const { kernel, stages, reads } = lowerPack(buffer);
    const target = new arrays[buffer.scalar](buffer.elements);
    const memories: Record<string, Memory> = { [packTarget]: target };
    for (const name of reads) memories[name] = Float64Array.from(environment.get(name) ?? []);
    for (const each of kernel.buffers.filter(({ space }) => space === 'shared'))
      memories[each.name] = new Float64Array(each.extent.fixed).fill(Number.NaN);
    for (const body of stages)
      interpretGroups(
        spread(stageOf(kernel, body), { invocations: 3, maximumGroups: 2 ** 30 }),
        memories,
        {},
        run,
      );
    return target;
  };

function stageOf(kernel: Kernel, body: readonly Statement[]): Kernel {
  const used = new Set<string>();
  visitStatements(body, statement => {
    if (statement.kind === 'load' || statement.kind === 'store') used.add(statement.buffer);
  });
  const buffers = kernel.buffers.filter(({ name }) => used.has(name));
  return { ...kernel, buffers: buffers.map(each => ({ ...each, space: 'global' })), body };
}
