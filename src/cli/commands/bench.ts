/**
 * `sop bench FILE`: the time of an operator against the dense matrix it stands for, run by our own dense kernel. Both
 * results are checked before anything is timed.
 */
import { normal } from '../../../runtime/generators.ts';
import type { CallOptions, Vector } from '../../../runtime/index.ts';
import { type Compiled, compile } from '../../compile.ts';
import { data } from '../../core/diagnostics/data.ts';
import { at } from '../../core/invariant.ts';
import { type Certificate, certify } from '../../explain/certificate.ts';
import type { Program } from '../../ir/operator.ts';
import type { Environment } from '../../ir/tensorEvaluate.ts';
import { isLinear } from '../../pipeline.ts';
import { formatBytes } from '../../plan/plan.ts';
import type { ProfileName } from '../../plan/profile.ts';
import {
  type CreatedOperator,
  compileProject,
  createOperator,
  importModule,
  matrixByColumns,
  namingErrors,
  referenceRunner,
  runtimeUrl,
} from '../backend.ts';
import type { Io } from '../io.ts';
import { type CompileFlags, profileOf, scalarOf, seedOf, wholeNumber } from '../options.ts';
import { type ParameterFlags, parameterValues } from '../parameters.ts';
import { progressOf } from '../progress.ts';
import { openProject } from '../project.ts';
import { type ExitCode, exitCodes, misuse } from '../rejection.ts';
import { printDiagnostics, printJson } from '../report.ts';
import { selectOne } from '../select.ts';
import { type Times, timeInterleaved } from '../timing.ts';

export interface BenchFlags extends CompileFlags, ParameterFlags {
  readonly dtype: string;
  readonly profile: string;
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
  readonly run: () => Vector;
  /** Of the first rows, against f64: the largest difference, and the same in parts of the largest value. */
  readonly error: { readonly absolute: number; readonly relative: number };
}

export async function bench(io: Io, file: string, flags: BenchFlags): Promise<ExitCode> {
  const [scalar, profile, seed] = [scalarOf(flags.dtype), profileOf(flags.profile), seedOf(flags.seed)];
  const batch = wholeNumber('--batch', flags.batch, 2 ** 16);
  const rounds = Math.max(1, wholeNumber('--rounds', flags.rounds, 1000));
  const progress = progressOf(io);
  const project = await openProject(io, file);
  const options = { scalar, profile, runtime: runtimeUrl, modes: ['apply' as const] };
  const compiled = await compileProject(project, { ...options, instances: [selectOne(project, flags)] });
  const { program, certificate } = onlyOperator(compiled);
  if (batch * Math.max(program.rows, program.columns) > numbersLimit)
    misuse(data.badOption, { option: '--batch', value: flags.batch, expected: 'fewer rows' });
  const { environment } = await parameterValues(io, program, flags, seed);
  const drawn = new Float64Array(batch * program.columns);
  normal(drawn, 'x', seed, 1);
  const setting = { program, scalar, environment };
  const x = scalar === 'f64' ? drawn : Float32Array.from(drawn);
  progress.step('computing the reference');
  const reference = referenceRows(program, environment, x, batch);
  const contestant = (name: string, certificate: Certificate, created: CreatedOperator): Contestant => {
    const run = runnerOf(created, x, batch, program.rows);
    return { name, certificate, run, error: errorOf(run(), reference) };
  };
  const own = await createOperator(await importModule(compiled), setting);
  const contestants = [await namingErrors(async () => contestant(program.name, certificate, own))];
  if (isLinear(program) && program.rows * program.columns <= denseLimit) {
    progress.step('making the dense matrix');
    const dense = await denseOperator(program, environment, scalar, profile);
    contestants.push(contestant('dense matrix', dense.certificate, dense.created));
  }
  progress.step(`timing ${rounds} rounds`);
  const times = timeInterleaved(
    contestants.map(each => each.run),
    rounds,
  );
  progress.done();
  tell(io, flags, { program, batch, rounds, how: `${profile}, ${scalar}`, contestants, times });
  if (!flags.json) printDiagnostics(io, compiled.diagnostics);
  return exitCodes.ok;
}

/** Writes into the same output each time, as a caller in a loop would. */
function runnerOf({ operator, call }: CreatedOperator, x: Vector, batch: number, rows: number): () => Vector {
  const out = new (x instanceof Float64Array ? Float64Array : Float32Array)(batch * rows);
  const options: CallOptions = { out, call, ...(x.length === 0 && { batch }) };
  return () => operator.apply(x, options);
}

function referenceRows(program: Program, environment: Environment, x: Vector, batch: number): Float64Array {
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
  program: Program,
  environment: Environment,
  scalar: 'f32' | 'f64',
  profile: ProfileName,
): Promise<{ certificate: Certificate; created: CreatedOperator }> {
  const text = 'op whole[m, n](W: [m, n]) : n -> m = dense(W)\n';
  const { rows, columns } = program;
  const instances = [{ operator: 'whole', sizes: { m: rows, n: columns } }];
  const options = { instances, scalar, profile, runtime: runtimeUrl, modes: ['apply' as const] };
  const compiled = await compile({ name: 'whole.sop', text }, options);
  const whole = onlyOperator(compiled);
  const matrix = matrixByColumns(referenceRunner(program, environment), program);
  const setting = { program: whole.program, scalar, environment: new Map([['whole.W', matrix]]) };
  const created = await createOperator(await importModule(compiled), setting);
  return { certificate: whole.certificate, created };
}

function onlyOperator({ operators }: Compiled): { program: Program; certificate: Certificate } {
  const { source, modes } = at(operators, 0);
  return { program: source, certificate: certify(at(modes, 0)) };
}

interface Told {
  readonly program: Program;
  readonly batch: number;
  readonly rounds: number;
  readonly how: string;
  readonly contestants: readonly Contestant[];
  readonly times: readonly Times[];
}

function tell(io: Io, { json }: BenchFlags, { program, batch, rounds, how, contestants, times }: Told): void {
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
