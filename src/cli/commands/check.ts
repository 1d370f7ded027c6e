/** `sop check FILE...`: every diagnostic of the files, nothing else. */
import { elaborateSource } from '../../check/source.ts';
import { type Diagnostic, hasErrors } from '../../core/diagnostics/diagnostic.ts';
import type { Io } from '../io.ts';
import { openProject, type Project } from '../project.ts';
import { type ExitCode, exitCodes, Rejection } from '../rejection.ts';
import { jsonDiagnostics, printDiagnostics, printJson } from '../report.ts';

export interface CheckFlags {
  readonly json?: boolean;
}

export async function check(io: Io, files: readonly string[], { json }: CheckFlags): Promise<ExitCode> {
  const diagnostics: Diagnostic[] = [];
  for (const file of files) diagnostics.push(...(await diagnosticsOf(io, file)));
  const ok = !hasErrors(diagnostics);
  if (json) printJson(io, { ok, files, diagnostics: jsonDiagnostics(diagnostics) });
  else printDiagnostics(io, diagnostics);
  return ok ? exitCodes.ok : exitCodes.wrongInput;
}

/** A file that cannot be read does not keep the others from being checked. */
async function diagnosticsOf(io: Io, file: string): Promise<readonly Diagnostic[]> {
  try {
    const project = await openProject(io, file);
    return project.located(await diagnosticsOfSource(project));
  } catch (error) {
    if (error instanceof Rejection) return error.diagnostics;
    throw error;
  }
}

/** What `build` would report: the rules have a say of inverses, and only then the rest of the compiler is loaded. */
async function diagnosticsOfSource({ source, readFile }: Project): Promise<readonly Diagnostic[]> {
  const { diagnostics, inverses } = elaborateSource(source, { readFile });
  if (inverses.size === 0) return diagnostics;
  const { lowerSource } = await import('../../compile.ts');
  return lowerSource(source, { readFile, modes: [] }).diagnostics;
}
