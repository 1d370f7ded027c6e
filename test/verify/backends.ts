/** Runs the kernels of a lowered source: in the kernel interpreter, or assembled in WebAssembly. */
import { assemble } from '../../codegen/assemble.ts';
import { printWat } from '../../codegen/wat.ts';
import { type CompileOptions, type LoweredSource, lowerSource } from '../../src/compile.ts';
import { at, invariant } from '../../src/core/invariant.ts';
import type { ParameterDeclaration } from '../../src/ir/operator.ts';
import { type Environment, evaluateTensor } from '../../src/ir/tensorEvaluate.ts';
import { extentOf, type Memory, memoryArrays, prepare, type Run } from '../../src/kernel/interpret.ts';
import type { Buffer, Kernel } from '../../src/kernel/kernel.ts';
import type { PackedBuffer } from '../../src/lower/context.ts';
import { lowerPack, packTarget } from '../../src/lower/pack.ts';
import { randomNumbers } from '../../src/verify/probes.ts';
import type { Backend, RunRequest, Subject } from '../../src/verify/verify.ts';

export function lowered(text: string, options: CompileOptions = {}): LoweredSource {
  const source = lowerSource({ name: 'test.sop', text }, options);
  invariant(source.operators.length > 0, source.diagnostics.map(each => each.message).join('; '));
  return source;
}

/** The first operator of a source, with seeded parameters. */
export function subjectOf(
  source: LoweredSource,
  seed = 1,
  scaled: (name: string) => number = () => 1,
): Subject {
  const instance = at(source.operators, 0);
  const environment = environmentOf(instance.source.parameters, seed, scaled);
  return { instance, packed: source.packed, environment, seed };
}

/** Numbers in [-1, 1) times a scale; a permutation for what is read as one. */
export function environmentOf(
  parameters: readonly ParameterDeclaration[],
  seed: number,
  scaled: (name: string) => number = () => 1,
): Environment {
  return new Map(
    parameters.map(({ name, tensor }, k) => {
      const next = randomNumbers(seed + 31 * k);
      const size = tensor.shape.reduce((a, b) => a * b, 1);
      const values = Float64Array.from({ length: size }, () => Math.fround(next() * scaled(name)));
      if (tensor.dtype !== 'index') return [tensor.name, values] as const;
      const order = Array.from({ length: size }, (_, i) => i).sort((a, b) => at(values, a) - at(values, b));
      return [tensor.name, Float64Array.from(order)] as const;
    }),
  );
}

/** A product of reflections with unit keys and beta in (0, 2): every factor is a contraction. */
export function contractingReflections(n: number, count: number): Subject {
  const text = 'op chain[n, k](V: [k, n], beta: [k]) : n -> n = prod(i < k) reflect(V[i], beta[i])';
  const subject = subjectOf(lowered(`${text}\nexport chain[${n}, ${count}] as f`));
  const environment = new Map(
    [...subject.environment].map(([name, values]) => {
      if (name.endsWith('beta')) return [name, Array.from(values, each => Math.fround(1 + each))] as const;
      const keys = Array.from({ length: count }, (_, k) => Array.from(values).slice(k * n, (k + 1) * n));
      const unit = keys.flatMap(key => key.map(each => Math.fround(each / Math.hypot(...key))));
      return [name, unit] as const;
    }),
  );
  return { ...subject, environment };
}

/** What a pack kernel makes, interpreted. */
export function packWith(buffer: PackedBuffer, kernel: Kernel, environment: Environment): Memory {
  const target = new memoryArrays[buffer.scalar](buffer.elements);
  const memories: Record<string, Memory> = { [packTarget]: target };
  for (const { name } of kernel.buffers)
    if (name !== packTarget) {
      const values = environment.get(name);
      if (values !== undefined) memories[name] = Float64Array.from(values);
    }
  prepare(kernel)(memories, {});
  return target;
}

export const packAll = (
  packed: readonly PackedBuffer[],
  environment: Environment,
): ReadonlyMap<string, Memory> =>
  new Map(packed.map(buffer => [buffer.name, packWith(buffer, lowerPack(buffer).kernel, environment)]));

/** Kernels in order over buffers that live for one call; everything but the input starts as `poison`. */
function launch(
  kernels: readonly { readonly kernel: Kernel; readonly run: Run }[],
  packed: ReadonlyMap<string, Memory>,
  { x, batch, poison }: RunRequest,
): Memory {
  const buffers = new Map<string, Memory>([['x', x]]);
  for (const { kernel, run } of kernels) {
    const memories = kernel.buffers.map(buffer => {
      const own = packed.get(buffer.name) ?? buffers.get(buffer.name) ?? poisoned(buffer, batch, poison);
      if (buffer.extent.parameter !== undefined) buffers.set(buffer.name, own);
      return [buffer.name, own] as const;
    });
    run(Object.fromEntries(memories), { batch });
  }
  const y = buffers.get('y');
  invariant(y !== undefined, 'the last kernel writes y');
  return y;
}

const poisoned = (buffer: Buffer, batch: number, poison: number): Memory =>
  new memoryArrays[buffer.scalar](extentOf(buffer, { batch })).fill(poison);

/** `kernels` may stand for those of the subject: mutants do. */
export function interpreterBackend(
  { instance, packed, environment }: Subject,
  packedValues: ReadonlyMap<string, Memory> = packAll(packed, environment),
  replace: (kernel: Kernel) => Kernel = kernel => kernel,
): Backend {
  const modes = new Map(
    instance.modes.map(({ mode, kernels }) => {
      const prepared = kernels.map(replace).map(kernel => ({ kernel, run: prepare(kernel) }));
      return [mode, prepared] as const;
    }),
  );
  return {
    name: 'kernel interpreter',
    packed: ({ name }) => packedValues.get(name) ?? [],
    run: request => launch(modes.get(request.mode) ?? [], packedValues, request),
  };
}

/** The kernels in one instance; buffers lie one after the other from `base` on, at multiples of 16 bytes. */
export async function wasmBackend({ instance, packed, environment }: Subject): Promise<Backend> {
  const kernels = instance.modes.flatMap(mode => mode.kernels);
  const relaxed = instance.modes.some(({ plan }) => plan.profile.fusedMultiplyAdd);
  const bytes = await assemble('test', printWat(kernels, { comment: [] }), relaxed);
  const memory = new WebAssembly.Memory({ initial: 1 });
  const module = await WebAssembly.instantiate(await WebAssembly.compile(Uint8Array.from(bytes)), {
    env: { memory },
  });
  const packedValues = packAll(packed, environment);
  const run = ({ mode, x, batch, poison }: RunRequest): Float64Array => {
    const places = new Map<string, Place>();
    let end = 16;
    const allocate = (
      name: string,
      kind: Memory['constructor'],
      length: number,
      values: ArrayLike<number> | number,
    ) => {
      const size = kind === Float64Array ? 8 : 4;
      const place: Place = {
        address: end,
        length,
        size,
        kind: kind === Int32Array ? 'i32' : size === 8 ? 'f64' : 'f32',
      };
      end += Math.ceil((length * size) / 16) * 16;
      const missing = end - memory.buffer.byteLength;
      if (missing > 0) memory.grow(Math.ceil(missing / 65536));
      const view = new memoryArrays[place.kind](memory.buffer, place.address, length);
      if (typeof values === 'number') view.fill(values);
      else view.set(values);
      places.set(name, place);
    };
    const used = instance.modes.filter(each => each.mode === mode).flatMap(each => each.kernels);
    allocate('x', x.constructor as Memory['constructor'], x.length, x);
    for (const buffer of used.flatMap(kernel => kernel.buffers)) {
      const values = packedValues.get(buffer.name);
      const isRow = buffer.extent.parameter !== undefined;
      if (places.has(buffer.name) && (isRow || values !== undefined)) continue;
      const length = extentOf(buffer, { batch });
      allocate(buffer.name, memoryArrays[buffer.scalar], length, values ?? poison);
    }
    for (const kernel of used) {
      const call = module.exports[kernel.name];
      invariant(typeof call === 'function', `no export ${kernel.name}`);
      call(...kernel.buffers.map(({ name }) => places.get(name)?.address ?? 0), batch);
    }
    const y = places.get('y');
    invariant(y !== undefined, 'the last kernel writes y');
    return Float64Array.from(new memoryArrays[y.kind](memory.buffer, y.address, y.length));
  };
  return { name: 'wasm', run, packed: ({ name }) => packedValues.get(name) ?? [] };
}

interface Place {
  readonly address: number;
  readonly length: number;
  readonly size: number;
  readonly kind: keyof typeof memoryArrays;
}

/** The values a packed buffer should hold, for tests that break them. */
export const packedExactly = (buffer: PackedBuffer, environment: Environment): Float64Array => {
  const values = new Float64Array(buffer.elements);
  for (const { offset, tensor } of buffer.regions)
    values.set(evaluateTensor(tensor, environment).data, offset);
  return values;
};
