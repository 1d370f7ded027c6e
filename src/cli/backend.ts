/**
 * An operator that can be run: by the very module that `sop build` would write, imported from a temporary folder, or by
 * the definition of the operator IR in f64.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { capitalised } from '../../codegen/ts/creators.ts';
import type { GpuCreateOptions, GpuOperator } from '../../runtime/gpu.ts';
import type { CallOptions, CreateOptions, Operator, Vector } from '../../runtime/index.ts';
import { type ElaboratedSource, type ElaborateOptions, elaborateSource } from '../check/source.ts';
import { type Compiled, type CompileOptions, compile, type LoweredSource, lowerSource } from '../compile.ts';
import { data } from '../core/diagnostics/data.ts';
import { type Diagnostic, hasErrors } from '../core/diagnostics/diagnostic.ts';
import { at, invariant } from '../core/invariant.ts';
import { applyOperator, applySteps } from '../ir/dense.ts';
import type { Program } from '../ir/operator.ts';
import type { Environment } from '../ir/tensorEvaluate.ts';
import { isLinear } from '../pipeline.ts';
import { openEngine } from './dawn.ts';
import type { ModuleBackend } from './options.ts';
import type { Project } from './project.ts';
import { exitCodes, Rejection, reject } from './rejection.ts';
import { rejectWithout } from './select.ts';

/** Rows of x, one after the other, to rows of y. */
export type Apply = (x: Float64Array, batch: number) => Promise<Float64Array>;

export interface Runner {
  readonly apply: Apply;
  /** Absent for maps. */
  readonly adjoint: Apply | undefined;
  /** Of the kernels that run; absent for the reference. */
  readonly profile: string | undefined;
  readonly dispose: () => void;
}

/** The meaning of the operators chosen. */
export function elaborateProject(project: Project, options: ElaborateOptions): ElaboratedSource {
  const { readFile } = project;
  const elaborated = elaborateSource(project.source, { readFile, ...options });
  return acceptable(project, elaborated, elaborated.programs.length);
}

/** Down to kernels, for commands that only look at them. */
export function lowerProject(project: Project, options: CompileOptions): LoweredSource {
  const lowered = lowerSource(project.source, { readFile: project.readFile, ...options });
  return acceptable(project, lowered, lowered.operators.length);
}

export async function compileProject(project: Project, options: CompileOptions): Promise<Compiled> {
  const compiled = await compile(project.source, { readFile: project.readFile, ...options });
  return acceptable(project, compiled, compiled.operators.length);
}

/** The same with diagnostics located; errors, and nothing to work on, end the command. */
function acceptable<Made extends { readonly diagnostics: readonly Diagnostic[] }>(
  project: Project,
  made: Made,
  operators: number,
): Made {
  const diagnostics = project.located(made.diagnostics);
  if (hasErrors(diagnostics)) throw new Rejection(diagnostics, exitCodes.wrongInput);
  if (operators === 0) rejectWithout(project);
  return { ...made, diagnostics };
}

export function referenceRunner(program: Program, environment: Environment): Runner {
  const rows = (length: number, one: (x: Float64Array) => Float64Array, width: number): Apply =>
    async function apply(x, batch) {
      const y = new Float64Array(batch * width);
      for (let row = 0; row < batch; row++)
        y.set(one(x.subarray(row * length, (row + 1) * length)), row * width);
      return y;
    };
  const { steps, rows: height, columns } = program;
  const backwards = (x: Float64Array): Float64Array =>
    steps.reduceRight((value, step) => {
      invariant(step.kind === 'linear', 'an operator');
      return applyOperator(step.operator, value, environment, true);
    }, x);
  return {
    apply: rows(columns, x => applySteps(steps, x, environment), height),
    adjoint: isLinear(program) ? rows(height, backwards, columns) : undefined,
    profile: undefined,
    dispose: () => undefined,
  };
}

const runtimeFile = (name: string): string =>
  new URL(`../../runtime/${name}${extname(import.meta.url)}`, import.meta.url).href;

/** The runtime as this compiler has it, beside it. */
export const runtimes = { runtime: runtimeFile('index'), gpuRuntime: runtimeFile('gpu') } as const;

export type GeneratedModule = Readonly<
  Record<string, (options: CreateOptions & GpuCreateOptions) => Promise<RunningOperator>>
>;

/** An operator of a generated module, whatever runs it. */
export type RunningOperator = Operator | GpuOperator;

/** Imports the module of a compilation whose options had the `runtimes`. */
export async function importModule({ artifacts }: Compiled): Promise<GeneratedModule> {
  const artifact = artifacts.find(each => each.name.endsWith('.js'));
  invariant(typeof artifact?.contents === 'string', 'a module is generated');
  const folder = await mkdtemp(join(tmpdir(), 'sop-'));
  try {
    // The ending tells Node that it is a module, whatever surrounds the folder.
    const path = join(folder, artifact.name.replace(/\.js$/, '.mjs'));
    await writeFile(path, artifact.contents);
    return (await import(pathToFileURL(path).href)) as GeneratedModule;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The kernels that run: of the variant that the device meets, or of the module for WebAssembly. */
export function kernelsOf({ operators, packed, onGpu }: Compiled, operator: RunningOperator) {
  const chosen = 'profile' in operator ? onGpu.find(each => each.profile === operator.profile) : undefined;
  return chosen ?? { operators, packed };
}

export interface ModuleRun {
  readonly program: Program;
  readonly backend: ModuleBackend;
  readonly scalar: 'f32' | 'f64';
  readonly environment: Environment;
}

export interface CreatedOperator {
  readonly operator: RunningOperator;
  /** Parameters that go with each call. */
  readonly call: NonNullable<CallOptions['call']>;
}

/** The operator of an imported module, with the given values for all its parameters. */
export async function createOperator(
  module: GeneratedModule,
  { program, backend, environment }: ModuleRun,
  device?: GPUDevice,
): Promise<CreatedOperator> {
  const isOnGpu = backend === 'webgpu';
  const creator = `create${capitalised(program.name)}${isOnGpu ? 'OnGpu' : ''}`;
  const create = module[creator];
  invariant(create !== undefined, `the module exports ${creator}`);
  const values = (isCall: boolean) =>
    Object.fromEntries(
      program.parameters
        .filter(({ tensor }) => (tensor.binding === 'call') === isCall)
        .map(({ name, tensor }) => [name, Float64Array.from(environment.get(tensor.name) ?? [])]),
    );
  const options = { params: values(false), ...(isOnGpu && { device: device ?? (await openDevice()) }) };
  const operator = await namingErrors(() => create(options));
  return { operator, call: values(true) };
}

/** With all that it can have, so that the module chooses its best kernels. */
export async function openDevice(): Promise<GPUDevice> {
  const engine = await openEngine();
  return engine.kind === 'engine'
    ? engine.newDevice('everything')
    : reject(data.noEngine, { why: engine.why });
}

/** One method of an operator, as a function that may take its time. */
export type Call = (x: Vector, options: CallOptions) => Vector | Promise<Vector>;

/** The types of the arrays are those of the module's own numbers. */
export const callsOf = ({ apply, adjoint }: RunningOperator): { apply: Call; adjoint: Call | undefined } =>
  ({ apply, adjoint }) as { apply: Call; adjoint: Call | undefined };

export async function moduleRunner(compiled: Compiled, setting: ModuleRun): Promise<Runner> {
  const { operator, call } = await createOperator(await importModule(compiled), setting);
  const run =
    (apply: Call): Apply =>
    async (x, batch) => {
      const input = setting.scalar === 'f64' ? x : Float32Array.from(x);
      return Float64Array.from(await apply(input, { call, ...(x.length === 0 && { batch }) }));
    };
  const { apply, adjoint } = callsOf(operator);
  return {
    apply: run(apply),
    adjoint: adjoint && run(adjoint),
    profile: at(at(kernelsOf(compiled, operator).operators, 0).modes, 0).plan.profile.name,
    dispose: () => operator.dispose(),
  };
}

/** What the runtime refuses although the values were checked (memory, an engine without SIMD) is told as it says it. */
export async function namingErrors<Result>(use: () => Promise<Result>): Promise<Result> {
  try {
    return await use();
  } catch (error) {
    if (error instanceof Error && error.name === 'SopError')
      return reject(data.refused, { why: error.message });
    throw error;
  }
}

/** Rows of the identity from one position on. */
export function basisRows(from: number, count: number, width: number): Float64Array {
  const rows = new Float64Array(count * width);
  for (let k = 0; k < count; k++) rows[k * width + from + k] = 1;
  return rows;
}

/** Rows that make at most this many numbers are run at once. */
const chunkElements = 2 ** 20;

/** Hands on column after column of the matrix of an operator, as its action on the basis vectors. */
export async function eachColumn(
  { apply }: Pick<Runner, 'apply'>,
  { rows, columns }: Program,
  use: (column: number, values: Float64Array) => void,
): Promise<void> {
  const count = Math.max(1, Math.floor(chunkElements / Math.max(1, rows, columns)));
  for (let from = 0; from < columns; from += count) {
    const batch = Math.min(count, columns - from);
    const y = await apply(basisRows(from, batch, columns), batch);
    for (let k = 0; k < batch; k++) use(from + k, y.subarray(k * rows, (k + 1) * rows));
  }
}

export async function matrixByColumns(
  runner: Pick<Runner, 'apply'>,
  program: Program,
): Promise<Float64Array> {
  const { rows, columns } = program;
  const matrix = new Float64Array(rows * columns);
  await eachColumn(runner, program, (column, values) => {
    for (let i = 0; i < rows; i++) matrix[i * columns + column] = at(values, i);
  });
  return matrix;
}
