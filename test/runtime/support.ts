/** Compiles text to a module, imports it, and says what its operators mean. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CreateOptions, ModuleInstance, Operator, Vector } from '../../runtime/index.ts';
import { type Compiled, type CompileOptions, compile } from '../../src/compile.ts';
import { at } from '../../src/core/invariant.ts';
import { applySteps } from '../../src/ir/dense.ts';

export const runtime = new URL('../../runtime/index.ts', import.meta.url).href;

export const gpuRuntime = new URL('../../runtime/gpu.ts', import.meta.url).href;

export type Create = (options?: CreateOptions) => Promise<Operator>;
export type CreateSync = (options?: CreateOptions) => Operator;
export type CreateAll = (options?: CreateOptions) => Promise<ModuleInstance & Record<string, Operator>>;

export interface Imported {
  readonly compiled: Compiled;
  /** What the module exports. */
  readonly exported: Readonly<Record<string, unknown>>;
}

/** The module as `build` writes it, imported from files that lie beside each other. */
export async function imported(text: string, options: CompileOptions = {}): Promise<Imported> {
  const compiled = await compile({ name: 'layers.sop', text }, { runtime, gpuRuntime, ...options });
  if (compiled.artifacts.length === 0)
    throw new Error(compiled.diagnostics.map(({ message }) => message).join('\n'));
  const folder = await mkdtemp(join(tmpdir(), 'sop-'));
  for (const { name, contents } of compiled.artifacts) await writeFile(join(folder, name), contents);
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  const exported = await import(pathToFileURL(join(folder, 'layers.js')).href);
  if (options.inline !== false) await rm(folder, { recursive: true });
  return { compiled, exported };
}

/** Numbers that look random and are the same in every run. */
export const numbers = (count: number, seed: number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * seed));

export const single = (count: number, seed: number): Float32Array => Float32Array.from(numbers(count, seed));

/** Rows of an operator's meaning, in f64; values of parameters by key. */
export function meaning(
  { compiled }: Imported,
  name: string,
  values: Readonly<Record<string, ArrayLike<number>>>,
  x: Vector,
): Float64Array {
  const operator = compiled.operators.find(({ source }) => source.name === name);
  if (operator === undefined) throw new Error(name);
  const { steps, rows, columns } = operator.source;
  const batch = columns === 0 ? 1 : x.length / columns;
  const environment = new Map(Object.entries(values));
  const y = new Float64Array(batch * rows);
  for (let row = 0; row < batch; row++) {
    const input = Float64Array.from(x.subarray(row * columns, (row + 1) * columns));
    y.set(applySteps(steps, input, environment), row * rows);
  }
  return y;
}

/** The greatest difference; lengths must agree. */
export function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const gap = Math.abs(at(a, i) - at(b, i));
    most = Number.isNaN(gap) ? Number.POSITIVE_INFINITY : Math.max(most, gap);
  }
  return most;
}
