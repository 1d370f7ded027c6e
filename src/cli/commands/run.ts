/** `sop run FILE`: one operator on given or seeded numbers, by the generated module or by the reference. */
import { resolve } from 'node:path';
import { normal } from '../../../runtime/generators.ts';
import type { CompileOptions } from '../../compile.ts';
import { data } from '../../core/diagnostics/data.ts';
import type { Diagnostic } from '../../core/diagnostics/diagnostic.ts';
import { at } from '../../core/invariant.ts';
import { printNpy } from '../../formats/npy.ts';
import type { Program } from '../../ir/operator.ts';
import type { Environment } from '../../ir/tensorEvaluate.ts';
import { isLinear, type Mode } from '../../pipeline.ts';
import {
  compileProject,
  eachColumn,
  elaborateProject,
  matrixByColumns,
  moduleRunner,
  namingErrors,
  type Runner,
  referenceRunner,
  runtimes,
} from '../backend.ts';
import { writeFiles } from '../files.ts';
import type { Io } from '../io.ts';
import {
  backends,
  type CompileFlags,
  type ModuleBackend,
  oneOf,
  precisionOf,
  seedOf,
  targetOf,
  targetOptions,
  wholeNumber,
} from '../options.ts';
import { type Origin, ownInput, type ParameterFlags, parameterValues, readNpy } from '../parameters.ts';
import { progressOf } from '../progress.ts';
import { openProject, type Project } from '../project.ts';
import { type ExitCode, exitCodes, misuse, reject } from '../rejection.ts';
import { jsonDiagnostics, printDiagnostics, printJson } from '../report.ts';
import { selectOne } from '../select.ts';
import { describeOrigins, jsonNumbers, lineOfNumbers } from '../values.ts';

export interface RunFlags extends CompileFlags, ParameterFlags {
  readonly dtype: string;
  readonly mode: string;
  readonly backend: string;
  readonly output?: string;
  readonly batch?: string;
  readonly seed: string;
  readonly json?: boolean;
}

const modes = ['apply', 'adjoint', 'transpose', 'dense', 'diag', 'trace'] as const;
type RunMode = (typeof modes)[number];

/** Matrices with more entries are not written down. */
const matrixLimit = 2 ** 26;

export async function run(io: Io, file: string, flags: RunFlags): Promise<ExitCode> {
  const mode = oneOf('--mode', flags.mode, modes, ['vjp', 'solve', 'logdet']);
  const backend = oneOf('--backend', flags.backend, [...backends, 'reference']);
  const precision = precisionOf(flags.dtype);
  const target = backend === 'reference' ? 'wasm' : targetOf[backend];
  const options = targetOptions([target], flags.profile);
  const seed = seedOf(flags.seed);
  const progress = progressOf(io);
  const project = await openProject(io, file);
  const instance = selectOne(project, flags);
  const modesNeeded: Mode[] = mode === 'adjoint' || mode === 'transpose' ? ['apply', 'adjoint'] : ['apply'];
  const { program, diagnostics, start } = await prepare(project, backend, {
    instances: [instance],
    ...precision,
    ...options,
    modes: modesNeeded,
  });
  requireMode(program, mode);
  const { environment, origins } = await parameterValues(io, program, flags, seed);
  const input = takesInput(mode)
    ? await inputOf(io, program, mode, flags, seed)
    : noInput(program, mode, flags);
  const runner = await start(environment);
  progress.step(`running ${program.name}`);
  const started = performance.now();
  const result = await namingErrors(() => compute(runner, program, mode, input));
  const milliseconds = performance.now() - started;
  runner.dispose();
  progress.done();
  const wide = backend === 'reference' || precision.scalar === 'f64';
  if (flags.output !== undefined) {
    const values = wide ? result.values : Float32Array.from(result.values);
    const path = resolve(io.cwd, flags.output);
    await writeFiles(io.cwd, [{ path, contents: printNpy(result.shape, values) }]);
  }
  const how = runner.profile === undefined ? 'reference, f64' : `${runner.profile}, ${flags.dtype}`;
  tell(io, flags, {
    program,
    mode,
    how,
    seed,
    origins,
    input,
    result,
    milliseconds,
    diagnostics,
  });
  return exitCodes.ok;
}

interface Prepared {
  readonly program: Program;
  readonly diagnostics: readonly Diagnostic[];
  readonly start: (environment: Environment) => Promise<Runner>;
}

/** The reference needs no more than the meaning of the source: it runs what no target compiles, too. */
async function prepare(
  project: Project,
  backend: ModuleBackend | 'reference',
  options: CompileOptions & { readonly scalar: 'f32' | 'f64' },
): Promise<Prepared> {
  if (backend === 'reference') {
    const { programs, diagnostics } = elaborateProject(project, options);
    const program = at(programs, 0);
    return { program, diagnostics, start: async environment => referenceRunner(program, environment) };
  }
  const compiled = await compileProject(project, { ...options, ...runtimes });
  const program = at(compiled.operators, 0).source;
  const setting = { program, backend, scalar: options.scalar };
  return {
    program,
    diagnostics: compiled.diagnostics,
    start: environment => moduleRunner(compiled, { ...setting, environment }),
  };
}

const takesInput = (mode: RunMode): boolean => mode === 'apply' || mode === 'adjoint' || mode === 'transpose';

function requireMode(program: Program, mode: RunMode): void {
  const { name: operator, rows, columns } = program;
  const refuse = (why: string) => misuse(data.noMode, { operator, mode, why });
  if (mode !== 'apply' && !isLinear(program)) refuse('it is a map with pointwise steps, not linear');
  if ((mode === 'diag' || mode === 'trace') && rows !== columns)
    refuse(`it is not square (${columns} -> ${rows})`);
  if (mode === 'dense' && rows * columns > matrixLimit)
    refuse(`its matrix would have ${rows * columns} entries, more than ${matrixLimit}`);
}

interface Input {
  readonly shape: readonly number[];
  readonly values: Float64Array;
  readonly batch: number;
  /** The file; absent when drawn. */
  readonly source: string | undefined;
}

async function inputOf(
  io: Io,
  program: Program,
  mode: RunMode,
  flags: RunFlags,
  seed: number,
): Promise<Input> {
  const width = mode === 'apply' ? program.columns : program.rows;
  const source = ownInput(program, flags.input);
  if (source === undefined) {
    const batch = wholeNumber('--batch', flags.batch ?? '1', 2 ** 24);
    if (batch * width > 2 ** 28)
      misuse(data.badOption, { option: '--batch', value: String(batch), expected: 'fewer rows' });
    const values = new Float64Array(batch * width);
    normal(values, 'x', seed, 1);
    return { shape: [batch, width], values, batch, source };
  }
  if (flags.batch !== undefined)
    misuse(data.wrongUse, { what: '--batch is for drawn inputs; the file given has its own rows' });
  const { shape, values } = await readNpy(io, source);
  const expected = `inputs of ${width} numbers [..., ${width}]`;
  if (shape.at(-1) !== width)
    reject(data.inputShape, {
      input: source,
      operator: program.name,
      expected,
      found: `[${shape.join(', ')}]`,
    });
  const batch = shape.slice(0, -1).reduce((product, extent) => product * extent, 1);
  return { shape, values, batch, source };
}

function noInput(program: Program, mode: RunMode, flags: RunFlags): undefined {
  if (ownInput(program, flags.input) !== undefined || flags.batch !== undefined)
    misuse(data.wrongUse, { what: `--mode ${mode} takes no input; it is a property of the operator` });
  return undefined;
}

interface Result {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

async function compute(
  runner: Runner,
  program: Program,
  mode: RunMode,
  input: Input | undefined,
): Promise<Result> {
  const { rows, columns } = program;
  switch (mode) {
    case 'dense':
      return { shape: [rows, columns], values: await matrixByColumns(runner, program) };
    case 'diag':
    case 'trace': {
      const diagonal = new Float64Array(rows);
      await eachColumn(runner, program, (column, values) => {
        diagonal[column] = values[column] ?? Number.NaN;
      });
      if (mode === 'diag') return { shape: [rows], values: diagonal };
      return { shape: [], values: Float64Array.of(diagonal.reduce((sum, value) => sum + value, 0)) };
    }
    case 'apply':
    case 'adjoint':
    case 'transpose': {
      const { values = new Float64Array(0), batch = 0, shape = [] } = input ?? {};
      // All numbers are real: the adjoint is the transpose.
      const apply = (mode === 'apply' ? runner.apply : runner.adjoint) ?? runner.apply;
      const width = mode === 'apply' ? rows : columns;
      return { shape: [...shape.slice(0, -1), width], values: await apply(values, batch) };
    }
  }
}

interface Told {
  readonly program: Program;
  readonly mode: RunMode;
  readonly how: string;
  readonly seed: number;
  readonly origins: readonly Origin[];
  readonly input: Input | undefined;
  readonly result: Result;
  readonly milliseconds: number;
  readonly diagnostics: readonly Diagnostic[];
}

function tell(io: Io, { json, output }: RunFlags, told: Told): void {
  const { program, mode, how, seed, origins, input, result, milliseconds, diagnostics } = told;
  if (json) {
    printJson(io, {
      ok: true,
      operator: program.name,
      title: program.title,
      mode,
      backend: how,
      seed,
      parameters: origins,
      ...(input && {
        input: {
          shape: input.shape,
          from: input.source === undefined ? 'drawn' : 'file',
          source: input.source,
        },
      }),
      output: {
        shape: result.shape,
        ...(output === undefined ? { values: jsonNumbers(result.values) } : { path: output }),
      },
      milliseconds,
      diagnostics: jsonDiagnostics(diagnostics),
    });
    return;
  }
  printDiagnostics(io, diagnostics);
  const lines = [
    `${program.name}: ${program.title}, ${program.columns} -> ${program.rows}, ${mode} (${how})`,
    ...describeOrigins(origins, seed),
  ];
  if (input !== undefined)
    lines.push(`x ${shapeText(input.shape)}: ${input.source ?? `drawn from seed ${seed}`}`);
  const where = output === undefined ? '' : `, written to ${output}`;
  lines.push(`y ${shapeText(result.shape)}: ${milliseconds.toFixed(3)} ms${where}`);
  if (output === undefined) lines.push(`  ${lineOfNumbers(result.values)}`);
  io.stdout.write(`${lines.join('\n')}\n`);
}

const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`;
