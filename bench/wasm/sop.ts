/**
 * Our side of the comparison: compiles an operator, instantiates its kernels over one memory, packs its
 * weights.
 */
import { readFileSync } from 'node:fs';
import { assemble } from '../../codegen/assemble.ts';
import { printWat } from '../../codegen/wat.ts';
import { lowerSource } from '../../src/compile.ts';
import { invariant } from '../../src/core/invariant.ts';
import { type Environment, evaluateTensor } from '../../src/ir/tensorEvaluate.ts';
import { extentOf } from '../../src/kernel/interpret.ts';
import type { Buffer } from '../../src/kernel/kernel.ts';
import type { PackedBuffer } from '../../src/lower/context.ts';
import { type ProfileName, profiles } from '../../src/plan/profile.ts';

export interface OperatorRequest {
  /** The path of the source, relative to this folder. */
  readonly file: string;
  readonly operator: string;
  readonly sizes: Readonly<Record<string, number>>;
  /** Values by qualified name (`monarch.L`), row-major. */
  readonly parameters: Readonly<Record<string, Float32Array>>;
  readonly batch: number;
  readonly profile: ProfileName;
}

export interface CompiledOperator {
  /** Views of the memory the kernels work in, row-major [batch, width]. */
  readonly input: Float32Array;
  readonly output: Float32Array;
  /** Computes the output of the whole batch in place. */
  readonly run: () => void;
  readonly wasmBytes: number;
  readonly watLines: number;
  readonly lowerMs: number;
}

export async function compileOperator(request: OperatorRequest): Promise<CompiledOperator> {
  const { file, operator, sizes, batch, profile } = request;
  const text = readFileSync(new URL(file, import.meta.url), 'utf8');
  const before = performance.now();
  const options = { instances: [{ operator, sizes }], profile, modes: ['apply'] as const };
  const { operators, packed, diagnostics } = lowerSource({ name: file, text }, options);
  const lowerMs = performance.now() - before;
  const kernels = operators[0]?.modes[0]?.kernels;
  invariant(kernels !== undefined, `${operator} does not compile: ${diagnostics[0]?.code}`);
  const wat = printWat(kernels, { comment: [operator] });
  const bytes = await assemble(operator, wat, profiles[profile].fusedMultiplyAdd);
  const buffers = new Map(kernels.flatMap(each => each.buffers).map(each => [each.name, each]));
  const { memory, view, start } = allocate([...buffers.values()], batch);
  const module = new WebAssembly.Module(new Uint8Array(bytes));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  fillPacked(packed, view, request.parameters);
  const calls = kernels.map(kernel => {
    const call = exports[kernel.name];
    invariant(typeof call === 'function', `no export ${kernel.name}`);
    const values = [...kernel.buffers.map(({ name }) => start(name)), batch];
    return () => call(...values);
  });
  return {
    input: view('x'),
    output: view('y'),
    run: () => {
      for (const call of calls) call();
    },
    wasmBytes: bytes.length,
    watLines: wat.split('\n').length,
    lowerMs,
  };
}

/** One memory with every buffer in turn, each on a cache line of its own. */
function allocate(buffers: readonly Buffer[], batch: number) {
  const places = new Map<string, { start: number; elements: number }>();
  let end = 64;
  for (const buffer of buffers) {
    const elements = extentOf(buffer, { batch });
    places.set(buffer.name, { start: end, elements });
    end += Math.ceil(elements / 16) * 64;
  }
  const memory = new WebAssembly.Memory({ initial: Math.ceil(end / 65536) });
  const place = (name: string) => {
    const found = places.get(name);
    invariant(found !== undefined, `no buffer ${name}`);
    return found;
  };
  const view = (name: string): Float32Array => {
    const { start, elements } = place(name);
    return new Float32Array(memory.buffer, start, elements).fill(Number.NaN);
  };
  return { memory, view, start: (name: string) => place(name).start };
}

function fillPacked(
  packed: readonly PackedBuffer[],
  view: (name: string) => Float32Array,
  parameters: Readonly<Record<string, Float32Array>>,
): void {
  const environment: Environment = new Map(Object.entries(parameters));
  for (const { name, scalar, regions } of packed) {
    invariant(scalar === 'f32', 'the benchmarks have f32 weights only');
    const target = view(name);
    for (const { offset, tensor } of regions) target.set(evaluateTensor(tensor, environment).data, offset);
  }
}
