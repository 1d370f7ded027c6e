/**
 * The command line: which command, what its options are, what exit code its end means. Commands are loaded when asked
 * for, so that each starts with no more code than it needs.
 */
import { Command, CommanderError } from 'commander';
import { data } from '../core/diagnostics/data.ts';
import { report } from '../core/diagnostics/diagnostic.ts';
import type { Io } from './io.ts';
import { withCompileFlags } from './options.ts';
import { type ExitCode, exitCodes, Rejection } from './rejection.ts';
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

function program(io: Io, end: (code: ExitCode) => void): Command {
  const sop = new Command('sop')
    .description('Structured linear operators, compiled to fused kernels.')
    .version(version, '--version', 'print the version')
    .helpOption('--help', 'show this help')
    .helpCommand(false)
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
  sop
    .command('check')
    .description('report what is wrong with source files')
    .argument('<file...>', '.sop files')
    .option('--json', 'diagnostics as JSON on stdout')
    .action(async (files, options) =>
      end(await (await import('./commands/check.ts')).check(io, files, options)),
    );
  withCompileFlags(
    sop
      .command('build')
      .description('compile a file to a module and its kernels')
      .argument('<file>', 'a .sop file'),
  )
    .option('--target <names>', 'what to build, separated by commas: wasm', 'wasm')
    .option('--out <dir>', 'folder for the generated files (default: generated, beside the source)')
    .option('--json', 'what was written, as JSON on stdout')
    .action(async (file, options) =>
      end(await (await import('./commands/build.ts')).build(io, file, options)),
    );
  return sop;
}
