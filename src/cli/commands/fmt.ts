/** `sop fmt FILE...`: sources in the one form; `--check` only says which are not. */
import { resolve } from 'node:path';
import { parse } from '../../../grammar/parser.ts';
import { format } from '../../../grammar/print.ts';
import { data } from '../../core/diagnostics/data.ts';
import { type Diagnostic, hasErrors } from '../../core/diagnostics/diagnostic.ts';
import { decodeSource, readSource, sourceLimitBytes, writeFiles } from '../files.ts';
import type { Io } from '../io.ts';
import { type ExitCode, exitCodes, misuse, Rejection, reject } from '../rejection.ts';
import { jsonDiagnostics, printDiagnostics, printJson } from '../report.ts';

export interface FmtFlags {
  readonly check?: boolean;
  readonly stdin?: boolean;
  readonly json?: boolean;
}

export async function fmt(io: Io, files: readonly string[], flags: FmtFlags): Promise<ExitCode> {
  if (flags.stdin) return formatStdin(io, files, flags);
  if (files.length === 0) misuse(data.wrongUse, { what: 'fmt takes files or --stdin' });
  const diagnostics: Diagnostic[] = [];
  const changed: { readonly path: string; readonly shown: string; readonly contents: string }[] = [];
  for (const shown of files) {
    const path = resolve(io.cwd, shown);
    const { text, formatted } = await formattedFile(path, shown, diagnostics);
    if (formatted !== undefined && formatted !== text) changed.push({ path, shown, contents: formatted });
  }
  if (!flags.check) await writeFiles(io.cwd, changed);
  const names = changed.map(({ shown }) => shown);
  const ok = !hasErrors(diagnostics) && (flags.check !== true || names.length === 0);
  if (flags.json) printJson(io, { ok, changed: names, diagnostics: jsonDiagnostics(diagnostics) });
  else {
    printDiagnostics(io, diagnostics);
    for (const name of names) io.stdout.write(flags.check ? `${name} is not formatted\n` : `${name}\n`);
  }
  return ok ? exitCodes.ok : exitCodes.wrongInput;
}

/** A file that cannot be read or parsed keeps none of the others from being formatted. */
async function formattedFile(path: string, shown: string, diagnostics: Diagnostic[]) {
  try {
    const text = await readSource(path, shown);
    return { text, formatted: formattedText(shown, text, diagnostics) };
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    diagnostics.push(...error.diagnostics);
    return { text: '', formatted: undefined };
  }
}

function formattedText(name: string, text: string, diagnostics: Diagnostic[]): string | undefined {
  const parsed = parse({ name, text });
  diagnostics.push(...parsed.diagnostics);
  return format(parsed);
}

/** From stdin to stdout, for editors; `--check` only compares. */
async function formatStdin(io: Io, files: readonly string[], { check }: FmtFlags): Promise<ExitCode> {
  if (files.length > 0) misuse(data.wrongUse, { what: 'fmt takes files or --stdin, not both' });
  const bytes = await io.readStdin();
  const shown = '<stdin>';
  if (bytes.length > sourceLimitBytes)
    reject(data.sourceTooLarge, { path: shown, sizeBytes: bytes.length, limit: sourceLimitBytes });
  const text = decodeSource(bytes, shown);
  const diagnostics: Diagnostic[] = [];
  const formatted = formattedText(shown, text, diagnostics);
  if (formatted === undefined) throw new Rejection(diagnostics, exitCodes.wrongInput);
  if (!check) io.stdout.write(formatted);
  else if (formatted !== text) io.stdout.write(`${shown} is not formatted\n`);
  return check && formatted !== text ? exitCodes.wrongInput : exitCodes.ok;
}
