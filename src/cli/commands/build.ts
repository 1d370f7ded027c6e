/** `sop build FILE`: the generated module and its kernels, as files. */
import { join, resolve } from 'node:path';
import { compileProject } from '../backend.ts';
import { shownPath, writeFiles } from '../files.ts';
import type { Io } from '../io.ts';
import { type CompileFlags, oneOf, profileOf, scalarOf } from '../options.ts';
import { openProject } from '../project.ts';
import { type ExitCode, exitCodes } from '../rejection.ts';
import { jsonDiagnostics, printDiagnostics, printJson } from '../report.ts';
import { selectInstances } from '../select.ts';

export interface BuildFlags extends CompileFlags {
  readonly target: string;
  readonly dtype: string;
  readonly profile: string;
  readonly out?: string;
  readonly json?: boolean;
}

export async function build(io: Io, file: string, flags: BuildFlags): Promise<ExitCode> {
  for (const target of flags.target.split(','))
    oneOf('--target', target, ['wasm'], ['wgsl', 'cuda', 'torch']);
  const [scalar, profile] = [scalarOf(flags.dtype), profileOf(flags.profile)];
  const project = await openProject(io, file);
  const instances = selectInstances(project, flags);
  const compiled = await compileProject(project, { ...(instances && { instances }), scalar, profile });
  const folder = flags.out === undefined ? join(project.folder, 'generated') : resolve(io.cwd, flags.out);
  const files = compiled.artifacts.map(({ name, contents }) => ({ path: join(folder, name), contents }));
  await writeFiles(io.cwd, files);
  const operators = compiled.operators.map(({ source }) => source);
  const written = files.map(({ path, contents }) => ({
    path: shownPath(io.cwd, path),
    sizeBytes: typeof contents === 'string' ? Buffer.byteLength(contents) : contents.length,
  }));
  if (flags.json)
    printJson(io, {
      ok: true,
      operators: operators.map(({ name, title, columns, rows }) => ({ name, title, columns, rows })),
      files: written,
      diagnostics: jsonDiagnostics(compiled.diagnostics),
    });
  else {
    printDiagnostics(io, compiled.diagnostics);
    for (const { name, title, columns, rows } of operators)
      io.stdout.write(`${name}: ${title}, ${columns} -> ${rows}\n`);
    for (const { path, sizeBytes } of written) io.stdout.write(`  ${path}  ${sizeBytes} bytes\n`);
  }
  return exitCodes.ok;
}
