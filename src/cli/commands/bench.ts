/**
 * `sop bench FILE`: the time of an operator against the dense matrix it stands for, run by our own dense kernel. Both
 * results are checked before anything is timed.
 */
import { normal } from '../../../runtime/generators.ts';
import type { GpuOperator } from '../../../runtime/gpu.ts';
import { type CallOptions, encodeFloat16, type Operator, type Vector } from '../../../runtime/index.ts';
import { type Compiled, type CompileOptions, compile } from '../../compile.ts';
import { data } from '../../core/diagnostics/data.ts';
import { at } from '../../core/invariant.ts';
import { realFormats } from '../../core/precision.ts';
import { type Certificate, certify } from '../../explain/certificate.ts';
import type { Program } from '../../ir/operator.ts';
import type { Environment } from '../../ir/tensorEvaluate.ts';
import { isLinear } from '../../pipeline.ts';
import { formatBytes } from '../../plan/plan.ts';
import {
  type CreatedOperator,
  callsOf,
  compileProject,
  createOperator,
  importModule,
  kernelsOf,
  type ModuleRun,
  matrixByColumns,
  namingErrors,
  referenceRunner,
  runtimes,
} from '../backend.ts';
import type { Io } from '../io.ts';
import {
  backends,
  type CompileFlags,
  oneOf,
  precisionOf,
  seedOf,
  targetOf,
  targetOptions,
  wholeNumber,
} from '../options.ts';
import { type ParameterFlags, parameterValues } from '../parameters.ts';
import { progressOf } from '../progress.ts';
import { openProject } from '../project.ts';
import { type ExitCode, exitCodes, misuse } from '../rejection.ts';
import { printDiagnostics, printJson } from '../report.ts';
import { selectOne } from '../select.ts';
import { repeating, type Timed, type Times, timeInterleaved } from '../timing.ts';

export interface BenchFlags extends CompileFlags, ParameterFlags {
  readonly dtype: string;
  readonly backend: string;
  readonly seed: string;
  readonly batch: string;
  readonly rounds: string;
  readonly json?: boolean;
}

/** Rows that are compared with the reference; it is slow. */
const checkedRows = 4;
const denseLimit = 2 ** 25;
/** Numbers of the input or the output. */
const numbersLimit = 2 ** 27;

interface Contestant {
  readonly name: string;
  readonly certificate: Certificate;
  readonly run: Timed;
  /** Of the first rows, against f64: the largest difference, and the same in parts of the largest value. */
  readonly error: { readonly absolute: number; readonly relative: number };
}

export async function bench(io: Io, file: string, flags: BenchFlags): Promise<ExitCode> {
  const backend = oneOf('--backend', flags.backend, backends);
  const [precision, seed] = [precisionOf(flags.dtype), seedOf(flags.seed)];
  const target = targetOptions([targetOf[backend]], flags.profile);
  const batch = wholeNumber('--batch', flags.batch, 2 ** 16);
  const rounds = Math.max(1, wholeNumber('--rounds', flags.rounds, 1000));
  const progress = progressOf(io);
  const project = await openProject(io, file);
  const options = { ...precision, ...target, ...runtimes, modes: ['apply' as const] };
  const compiled = await compileProject(project, { ...options, instances: [selectOne(project, flags)] });
  const program = at(compiled.operators, 0).source;
  if (batch * Math.max(program.rows, program.columns) > numbersLimit)
    misuse(data.badOption, { option: '--batch', value: flags.batch, expected: 'fewer rows' });
  const { environment } = await parameterValues(io, program, flags, seed);
  const drawn = new Float64Array(batch * program.columns);
  normal(drawn, 'x', seed, 1);
  const { scalar, storage } = precision;
  const setting = { program, backend, scalar, environment };
  const x = scalar === 'f64' ? drawn : Float32Array.from(drawn, realFormats[storage ?? 'f32'].round);
  progress.step('computing the reference');
  const reference = await referenceRows(program, environment, x, batch);
  const contestant = async (
    name: string,
    from: Compiled,
    { operator, call }: CreatedOperator,
  ): Promise<Contestant> => {
    const rows = { x, batch, call };
    const y = await callsOf(operator).apply(x, { call, ...(x.length === 0 && { batch }) });
    const run = 'encode' in operator ? onDevice(operator, rows, storage) : inPlace(operator, rows, y);
    return { name, certificate: certificateOf(from, operator), run, error: errorOf(y, reference) };
  };
  const own = await createOperator(await importModule(compiled), setting);
  const contestants = [await namingErrors(() => contestant(program.name, compiled, own))];
  if (isLinear(program) && program.rows * program.columns <= denseLimit) {
    progress.step('making the dense matrix');
    const dense = await denseOperator(setting, options);
    contestants.push(await contestant('dense matrix', dense.compiled, dense.created));
  }
  progress.step(`timing ${rounds} rounds`);
  const times = await timeInterleaved(
    contestants.map(each => each.run),
    rounds,
  );
  progress.done();
  tell(io, flags, {
    program,
    batch,
    rounds,
    dtype: flags.dtype,
    contestants,
    times,
  });
  if (!flags.json) printDiagnostics(io, compiled.diagnostics);
  return exitCodes.ok;
}

interface TimedRows {
  readonly x: Vector;
  readonly batch: number;
  readonly call: NonNullable<CallOptions['call']>;
}

/** Writes into the same output each time, as a caller in a loop would. */
function inPlace({ apply }: Operator, { x, batch, call }: TimedRows, out: Vector): Timed {
  const options: CallOptions = { out, call, ...(x.length === 0 && { batch }) };
  return repeating(() => apply(x, options));
}

/** On buffers that stay on the device, one pass for all repeats: what is timed is the kernels alone. */
function onDevice(
  operator: GpuOperator,
  { x, batch, call }: TimedRows,
  storage: CompileOptions['storage'],
): Timed {
  const { device, outputLength } = operator;
  const buffer = (bytes: number) =>
    device.createBuffer({
      size: Math.max(16, bytes),
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
    });
  // Of an even length, since what is written is whole numbers of four bytes.
  const padded = Float64Array.from({ length: x.length + (x.length % 2) }, (_, k) => x[k] ?? 0);
  const values =
    storage === undefined ? Float32Array.from(x) : Uint16Array.from(padded, value => encodeFloat16(value));
  const [input, output] = [
    buffer(values.byteLength),
    buffer(batch * outputLength * values.BYTES_PER_ELEMENT),
  ];
  device.queue.writeBuffer(input, 0, values);
  return async repeats => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (let k = 0; k < repeats; k++) operator.encode(pass, { x: input, y: output, batch, call });
    pass.end();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
  };
}

function referenceRows(
  program: Program,
  environment: Environment,
  x: Vector,
  batch: number,
): Promise<Float64Array> {
  const count = Math.min(batch, checkedRows);
  const rows = Float64Array.from(x.subarray(0, count * program.columns));
  return referenceRunner(program, environment).apply(rows, count);
}

function errorOf(computed: Vector, exact: Float64Array): Contestant['error'] {
  let [absolute, largest] = [0, 0];
  exact.forEach((value, k) => {
    absolute = Math.max(absolute, Math.abs(at(computed, k) - value));
    largest = Math.max(largest, Math.abs(value));
  });
  return { absolute, relative: largest === 0 ? absolute : absolute / largest };
}

/** The same matrix, compiled as a dense operator by the same compiler. */
async function denseOperator(
  { program, environment, ...setting }: ModuleRun,
  options: CompileOptions,
): Promise<{ compiled: Compiled; created: CreatedOperator }> {
  const text = 'op whole[m, n](W: [m, n]) : n -> m = dense(W)\n';
  const { rows, columns } = program;
  const instances = [{ operator: 'whole', sizes: { m: rows, n: columns } }];
  const compiled = await compile({ name: 'whole.sop', text }, { ...options, instances });
  const matrix = await matrixByColumns(referenceRunner(program, environment), program);
  const values = { program: at(compiled.operators, 0).source, environment: new Map([['whole.W', matrix]]) };
  const created = await createOperator(await importModule(compiled), { ...setting, ...values });
  return { compiled, created };
}

const certificateOf = (compiled: Compiled, operator: CreatedOperator['operator']): Certificate =>
  certify(at(at(kernelsOf(compiled, operator).operators, 0).modes, 0));

interface Told {
  readonly program: Program;
  readonly batch: number;
  readonly rounds: number;
  readonly dtype: string;
  readonly contestants: readonly Contestant[];
  readonly times: readonly Times[];
}

function tell(
  io: Io,
  { json }: BenchFlags,
  { program, batch, rounds, dtype, contestants, times }: Told,
): void {
  const how = `${at(contestants, 0).certificate.profile}, ${dtype}`;
  const results = contestants.map(({ name, certificate, error }, k) => {
    const { flopsPerRow, bytesPerRow, weightBytes } = certificate.total;
    const { medianMs, quartilesMs } = at(times, k);
    const flops = flopsPerRow * batch;
    return {
      name,
      medianMs,
      quartilesMs,
      flops,
      bytes: bytesPerRow * batch + weightBytes,
      gigaflopsPerSecond: flops / medianMs / 1e6,
      error,
    };
  });
  const [own, dense] = results;
  const speedup = own && dense && dense.medianMs / own.medianMs;
  if (json) {
    printJson(io, {
      ok: true,
      operator: program.name,
      title: program.title,
      how,
      batch,
      rounds,
      results,
      speedup,
    });
    return;
  }
  const lines = [
    `${program.title}, ${program.columns} -> ${program.rows}, batch ${batch}, ${how}, ${rounds} rounds`,
    ...results.map(({ name, medianMs, quartilesMs, flops, bytes, gigaflopsPerSecond, error }) => {
      const [low, high] = quartilesMs.map(each => each.toFixed(4));
      const time = `${name.padEnd(16)} ${medianMs.toFixed(4)} ms (${low}..${high})`;
      const speed = `${gigaflopsPerSecond.toFixed(1)} GF/s`;
      const work = `${(flops / 1e6).toFixed(2)} MF, ${formatBytes(bytes)}, ${speed}`;
      return `  ${time}  ${work}, error ${error.relative.toExponential(1)}`;
    }),
    ...(speedup === undefined ? [] : [`  ${speedup.toFixed(2)} x faster than the dense matrix`]),
  ];
  io.stdout.write(`${lines.join('\n')}\n`);
}
