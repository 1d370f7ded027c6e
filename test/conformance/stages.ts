/**
 * One program through every stage, in numbers: the dense reference, the tile interpreter, the kernel interpreter and
 * WebAssembly. Each takes the same batch of inputs and gives a batch of outputs, so that any two can be compared.
 */
import { assemble } from '../../codegen/assemble.ts';
import { printWat } from '../../codegen/wat.ts';
import { at } from '../../src/core/invariant.ts';
import { type HalfFormat, realFormats } from '../../src/core/precision.ts';
import { applyOperator, applySteps } from '../../src/ir/dense.ts';
import type { Operator, Program, Step } from '../../src/ir/operator.ts';
import { type Environment, evaluateTensor } from '../../src/ir/tensorEvaluate.ts';
import { extentOf, interpret, type Memory, memoryArrays } from '../../src/kernel/interpret.ts';
import type { Kernel } from '../../src/kernel/kernel.ts';
import type { PackedBuffer } from '../../src/lower/context.ts';
import { lowerPack, packTarget } from '../../src/lower/pack.ts';
import { type LoweredOperator, lowerOperator, type Mode } from '../../src/pipeline.ts';
import { type Profile, profiles } from '../../src/plan/profile.ts';
import { interpretTile } from '../../src/tile/interpret.ts';

export interface Built {
  readonly source: Program;
  readonly scalar: 'f32' | 'f64';
  readonly storage: HalfFormat | undefined;
  readonly lowered: LoweredOperator;
  readonly packed: readonly PackedBuffer[];
}

/** A batch of rows, row-major. */
export interface Rows {
  readonly batch: number;
  readonly data: Float64Array;
}

/** A program around steps; the parameters are found by their values' names (test/ir/values.ts), not declared. */
export function programOf(columns: number, steps: readonly Step[], name = 'f'): Program {
  const rows = steps.reduce((width, step) => (step.kind === 'linear' ? step.operator.rows : width), columns);
  return { name, title: name, documentation: '', rows, columns, steps, parameters: [] };
}

export const linearProgram = (operator: Operator, name = 'f'): Program =>
  programOf(operator.columns, [{ kind: 'linear', operator }], name);

/** The usual machine with other numbers: small tiles and little room bring out cuts and tails. */
export const profileWith = (changes: Partial<Profile>): Profile => ({
  ...profiles['wasm-simd128'],
  ...changes,
});

export function build(
  source: Program,
  mode: Mode = 'apply',
  scalar: 'f32' | 'f64' = 'f32',
  profile: Profile = profiles['wasm-simd128'],
  storage?: HalfFormat,
): Built {
  const packed: PackedBuffer[] = [];
  const lowered = lowerOperator(source, mode, { profile, scalar, storage }, packed);
  return { source, scalar, storage, lowered, packed };
}

// ------------------------------------------------------------------------------------------------------- reference

/** In f64, from the program as it was before any rewriting. */
export function runDense({ source, lowered }: Built, environment: Environment, { batch, data }: Rows): Rows {
  const { columns } = lowered.program;
  const apply = (x: Float64Array): Float64Array =>
    lowered.mode === 'apply'
      ? applySteps(source.steps, x, environment)
      : source.steps.reduceRight((value, step) => adjointStep(step, value, environment), x);
  const rows = Array.from({ length: batch }, (_, row) =>
    apply(data.slice(row * columns, (row + 1) * columns)),
  );
  return { batch, data: Float64Array.from(rows.flatMap(row => [...row])) };
}

function adjointStep(step: Step, value: Float64Array, environment: Environment): Float64Array {
  if (step.kind !== 'linear') throw new Error('only operators have adjoints');
  return applyOperator(step.operator, value, environment, true);
}

// ------------------------------------------------------------------------------------------------------------ tile

export function runTiles(
  { lowered, storage }: Built,
  environment: Environment,
  { batch, data }: Rows,
  round: (value: number) => number,
): Rows {
  const buffers = new Map([['x', data]]);
  const store = storage === undefined ? round : realFormats[storage].round;
  for (const tile of lowered.tiles) {
    const made = interpretTile(tile, buffers, { environment, batch, round, store });
    for (const { name, role } of tile.buffers) {
      const rows = made.get(name);
      if (role !== 'scratch' && rows !== undefined) buffers.set(name, rows.data);
    }
  }
  return { batch, data: buffers.get('y') ?? new Float64Array(0) };
}

// --------------------------------------------------------------------------------------------------------- packing

export type Pack = (buffer: PackedBuffer, environment: Environment) => Memory;

/** By the meaning of the tensors. */
export const packByMeaning: Pack = ({ scalar, elements, regions }, environment) => {
  const made = new memoryArrays[scalar](elements);
  const round = scalar === 'i32' ? (value: number) => value : realFormats[scalar].round;
  for (const { offset, tensor } of regions)
    made.set(evaluateTensor(tensor, environment).data.map(round), offset);
  return made;
};

/** By the generated pack step. */
export const packByKernel: Pack = (buffer, environment) => {
  const { kernel, reads } = lowerPack(buffer);
  const target = new memoryArrays[buffer.scalar](buffer.elements);
  const memories: Record<string, Memory> = { [packTarget]: target };
  for (const name of reads) memories[name] = Float64Array.from(environment.get(name) ?? []);
  interpret(kernel, memories, {});
  return target;
};

const packAll = ({ packed }: Built, environment: Environment, pack: Pack): [string, Memory][] =>
  packed.map(buffer => [buffer.name, pack(buffer, environment)]);

// --------------------------------------------------------------------------------------------------------- kernels

export function runKernels(
  built: Built,
  environment: Environment,
  { batch, data }: Rows,
  pack: Pack = packByMeaning,
): Rows {
  const { lowered, scalar } = built;
  const memories = new Map<string, Memory>(packAll(built, environment, pack));
  memories.set('x', memoryArrays[scalar].from(data));
  for (const kernel of lowered.kernels) {
    for (const buffer of kernel.buffers) {
      const isScratch =
        buffer.extent.parameter === undefined && !built.packed.some(each => each.name === buffer.name);
      if (isScratch || !memories.has(buffer.name))
        memories.set(
          buffer.name,
          new memoryArrays[buffer.scalar](extentOf(buffer, { batch })).fill(Number.NaN),
        );
    }
    interpret(kernel, Object.fromEntries(memories), { batch });
  }
  return { batch, data: Float64Array.from(memories.get('y') ?? []) };
}

// ----------------------------------------------------------------------------------------------------- WebAssembly

type WasmFunction = (...args: readonly number[]) => void;

/** Bytes between buffers that no kernel may touch. */
const guardBytes = 32;
const guardValue = 0xa5;

export async function runWasm(
  built: Built,
  environment: Environment,
  batches: readonly Rows[],
  pack: Pack = packByMeaning,
): Promise<Rows[]> {
  const { lowered } = built;
  const bytes = await assemble(lowered.program.name, watOf(built), lowered.plan.profile.fusedMultiplyAdd);
  const module = new WebAssembly.Module(Uint8Array.from(bytes));
  const packed = packAll(built, environment, pack);
  return batches.map(rows => runModule(built, module, packed, rows));
}

export const watOf = ({ lowered }: Built): string => printWat(lowered.kernels, { comment: [] });

function runModule(
  { lowered, scalar }: Built,
  module: WebAssembly.Module,
  packed: readonly (readonly [string, Memory])[],
  { batch, data }: Rows,
): Rows {
  const size = scalar === 'f64' ? 8 : 4;
  const contents = new Map<string, Memory>(packed);
  contents.set('x', memoryArrays[scalar].from(data));
  const places = new Map<string, number>();
  let end = guardBytes;
  const place = (name: string, lengthBytes: number): void => {
    places.set(name, end);
    end = Math.ceil((end + lengthBytes + guardBytes) / 16) * 16;
  };
  for (const [name, each] of contents) place(name, each.byteLength);
  for (const kernel of lowered.kernels) {
    for (const buffer of kernel.buffers) {
      const name = nameIn(kernel, buffer.name, contents);
      if (!places.has(name)) place(name, extentOf(buffer, { batch }) * size);
    }
  }
  const memory = new WebAssembly.Memory({ initial: Math.ceil(end / 65536) });
  const all = new Uint8Array(memory.buffer).fill(guardValue);
  for (const [name, each] of contents)
    all.set(new Uint8Array(each.buffer, each.byteOffset, each.byteLength), at([places.get(name) ?? 0], 0));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  for (const kernel of lowered.kernels) {
    const addresses = kernel.buffers.map(
      ({ name }) => places.get(nameIn(kernel, name, contents)) ?? Number.NaN,
    );
    (exports[kernel.name] as WasmFunction)(...addresses, batch);
  }
  for (const [name, start] of places) {
    const guard = all.slice(start - guardBytes / 2, start);
    if (guard.some(byte => byte !== guardValue)) throw new Error(`something was written before ${name}`);
  }
  const y = new memoryArrays[scalar](memory.buffer, places.get('y') ?? 0, batch * lowered.program.rows);
  return { batch, data: Float64Array.from(y) };
}

/** Scratch belongs to one kernel; every other buffer is shared by name. */
function nameIn(kernel: Kernel, name: string, contents: ReadonlyMap<string, Memory>): string {
  const shared =
    contents.has(name) || kernel.buffers.some(each => each.name === name && each.extent.parameter);
  return shared ? name : `${kernel.name}.${name}`;
}

// ------------------------------------------------------------------------------------------------------- comparison

/** The first place where two batches differ in their bits (any NaN equals any NaN), or nothing. */
export function firstDifference(one: Rows, other: Rows): string | undefined {
  if (one.data.length !== other.data.length) return `${one.data.length} values against ${other.data.length}`;
  const place = one.data.findIndex((value, i) => !Object.is(value, other.data[i]));
  return place === -1 ? undefined : `[${place}]: ${one.data[place]} against ${other.data[place]}`;
}

/** The largest difference relative to the largest value; NaN counts as infinite. */
export function relativeError(one: Rows, other: Rows): number {
  if (one.data.length !== other.data.length) return Number.POSITIVE_INFINITY;
  const largest = one.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const worst = one.data.reduce((most, value, i) => {
    const difference = Math.abs(value - (other.data[i] ?? Number.NaN));
    return Math.max(most, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
  }, 0);
  return worst / largest;
}
