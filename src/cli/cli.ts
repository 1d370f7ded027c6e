/**
 * The command line: which command, what its options are, what exit code its end means. Commands are loaded when asked
 * for, so that each starts with no more code than it needs.
 */
import { Command, CommanderError } from 'commander';
import { data } from '../core/diagnostics/data.ts';
import { report } from '../core/diagnostics/diagnostic.ts';
import type { Io } from './io.ts';
import { repeatable, withCompileFlags, withParameterFlags } from './options.ts';
import { type ExitCode, exitCodes, misuse, Rejection } from './rejection.ts';
import { jsonDiagnostics, printDiagnostics, printJson } from './report.ts';
import { version } from './version.ts';

/** Runs one command line (without `node` and the script) and gives the exit code; never throws. */
export async function runCli(argv: readonly string[], io: Io): Promise<ExitCode> {
  try {
    let code: ExitCode = exitCodes.ok;
    await program(io, end => {
      code = end;
    }).parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    return endOf(error, argv, io);
  }
}

function endOf(error: unknown, argv: readonly string[], io: Io): ExitCode {
  if (error instanceof Rejection) return rejected(error, argv, io);
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return exitCodes.ok;
    // Without a command there is nothing to say but the help, which is printed.
    if (error.code === 'commander.help') return exitCodes.wrongUse;
    const [what = '', ...hints] = error.message.replace(/^error: /, '').split('\n');
    const hint = hints.join(' ').replace(/^\((.*)\)$/, '$1') || '--help shows what there is';
    return rejected(
      new Rejection([report(data.wrongUse, undefined, { what }, { hint })], exitCodes.wrongUse),
      argv,
      io,
    );
  }
  const message = error instanceof Error ? error.message : String(error);
  io.stderr.write(`sop stopped because of a mistake of its own: ${message}\n`);
  io.stderr.write('Please report it with the source and the command line that led here.\n');
  if (io.env['SOP_DEBUG'] === '1' && error instanceof Error) io.stderr.write(`${error.stack}\n`);
  return exitCodes.ourBug;
}

function rejected({ diagnostics, exitCode }: Rejection, argv: readonly string[], io: Io): ExitCode {
  if (argv.includes('--json')) printJson(io, { ok: false, diagnostics: jsonDiagnostics(diagnostics) });
  else printDiagnostics(io, diagnostics);
  return exitCode;
}

function program(io: Io, end: End): Command {
  const sop = new Command('sop')
    .description('Structured linear operators, compiled to fused kernels.')
    .version(version, '--version', 'print the version')
    .helpOption('--help', 'show this help')
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({
      writeOut: text => io.stdout.write(text),
      writeErr: text => io.stderr.write(text),
      outputError: () => undefined,
      getOutHelpWidth: () => io.stdout.columns ?? 100,
      getErrHelpWidth: () => io.stderr.columns ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  sop.addHelpText('after', `\n${exitCodesText}`);
  for (const add of [addCheck, addFmt, addBuild, addRun, addVerify, addExplain, addBench]) add(sop, io, end);
  return sop;
}

const exitCodesText =
  'Exit codes: 0 all is well; 1 the input is wrong; 2 the command line is wrong; 3 sop itself is wrong.';

type End = (code: ExitCode) => void;

function addCheck(sop: Command, io: Io, end: End): void {
  sop
    .command('check')
    .description('report what is wrong with source files')
    .argument('<file...>', '.sop files')
    .option('--json', 'diagnostics as JSON on stdout')
    .action(async (files, flags) => end(await (await import('./commands/check.ts')).check(io, files, flags)));
}

function addFmt(sop: Command, io: Io, end: End): void {
  sop
    .command('fmt')
    .description('put source files into the one form, keeping every comment')
    .argument('[file...]', '.sop files')
    .option('--check', 'write nothing; exit code 1 when a file is not formatted')
    .option('--stdin', 'read the source from stdin, write it to stdout')
    .option('--json', 'which files changed, as JSON on stdout')
    .action(async (files, flags) => end(await (await import('./commands/fmt.ts')).fmt(io, files, flags)));
}

function addBuild(sop: Command, io: Io, end: End): void {
  const command = sop
    .command('build')
    .description('compile a file to a module and its kernels')
    .argument('<file>', 'a .sop file');
  withCompileFlags(command)
    .option('--target <names>', 'what to build, separated by commas: wasm, wgsl, cuda, torch', 'wasm')
    .addHelpText('after', '\nModules for torch have kernels in f32, f16 and bf16 unless --dtype is given.')
    .option('--out <dir>', 'folder for the generated files (default: generated, beside the source)')
    .option('--no-inline', 'leave the kernels in a .wasm file, which the module reads')
    .option('--verify', 'compare the module with its source first; the report is written beside it')
    .option('--seed <s>', 'for the values that --verify draws', '0')
    .option('--json', 'what was written, as JSON on stdout');
  repeatable(command, '--map <param=tensor[:T]>', 'the tensor of published checkpoints, for --target torch');
  command.action(async (file, flags) => {
    const isFormatGiven = command.getOptionValueSource('dtype') !== 'default';
    return end(await (await import('./commands/build.ts')).build(io, file, { ...flags, isFormatGiven }));
  });
}

function addRun(sop: Command, io: Io, end: End): void {
  const command = sop
    .command('run')
    .description('run one operator on numbers from files or from a seed')
    .argument('<file>', 'a .sop file');
  withParameterFlags(withCompileFlags(command))
    .option('--mode <mode>', 'apply, adjoint, transpose, dense, diag or trace', 'apply')
    .option('--backend <name>', 'wasm, webgpu; or reference, the definition in f64', 'wasm')
    .option('--output <Y.npy>', 'where the result is written; printed otherwise')
    .option('--batch <n>', 'rows to draw when no input is given (default: 1)')
    .option('--json', 'the result as JSON on stdout')
    .action(async (file, flags) => end(await (await import('./commands/run.ts')).run(io, file, flags)));
}

function addVerify(sop: Command, io: Io, end: End): void {
  const command = sop
    .command('verify')
    .description('compare the generated module with the dense matrix, within derived bounds')
    .argument('<file>', 'a .sop file');
  withParameterFlags(withCompileFlags(command))
    .option('--backend <name>', 'what runs the generated module: wasm or webgpu', 'wasm')
    .option('--report <file.json>', 'where the conformance report is written')
    .option('--json', 'the report as JSON on stdout')
    .action(async (file, flags) => end(await (await import('./commands/verify.ts')).verify(io, file, flags)));
}

function addBench(sop: Command, io: Io, end: End): void {
  const command = sop
    .command('bench')
    .description('time an operator against its dense matrix')
    .argument('<file>', 'a .sop file');
  withParameterFlags(withCompileFlags(command))
    .option('--backend <name>', 'what runs the generated module: wasm or webgpu', 'wasm')
    .option('--batch <n>', 'rows of the input', '48')
    .option('--rounds <n>', 'rounds in which both are timed in turn', '21')
    .option('--json', 'the times as JSON on stdout')
    .action(async (file, flags) => end(await (await import('./commands/bench.ts')).bench(io, file, flags)));
}

function addExplain(sop: Command, io: Io, end: End): void {
  const command = sop
    .command('explain')
    .description('print what a compiled operator costs and why, or what a diagnostic means')
    .argument('[file]', 'a .sop file');
  withCompileFlags(command)
    .option('--mode <mode>', 'apply or adjoint', 'apply')
    .option('--format <format>', 'text, json or svg', 'text')
    .option('--code <code>', 'explain a diagnostic, e.g. SOP0203')
    .option('--json', 'the same as --format json')
    .action(async (file: string | undefined, flags) => {
      if (flags.code !== undefined)
        return end(
          (await import('./commands/explainCode.ts')).explainCode(io, flags.code, flags.json === true),
        );
      if (file === undefined) return misuse(data.wrongUse, { what: 'explain takes a file or --code' });
      return end(await (await import('./commands/explain.ts')).explain(io, file, flags));
    });
}
