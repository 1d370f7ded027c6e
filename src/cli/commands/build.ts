/** `sop build FILE`: the generated module and its kernels, as files. */
import { join, resolve } from 'node:path';
import type { Target } from '../../compile.ts';
import { data } from '../../core/diagnostics/data.ts';
import { reportLines } from '../../verify/report.ts';
import { compileProject } from '../backend.ts';
import { type ConformanceReport, verifyProject } from '../conformance.ts';
import { shownPath, writeFiles } from '../files.ts';
import type { Io } from '../io.ts';
import {
  backends,
  type CompileFlags,
  oneOf,
  precisionOf,
  seedOf,
  targetOf,
  targetOptions,
} from '../options.ts';
import { openProject } from '../project.ts';
import { type ExitCode, exitCodes, misuse } from '../rejection.ts';
import { jsonDiagnostics, printDiagnostics, printJson } from '../report.ts';
import { selectInstances } from '../select.ts';

export interface BuildFlags extends CompileFlags {
  readonly target: string;
  readonly dtype: string;
  readonly out?: string;
  readonly inline: boolean;
  readonly verify?: boolean;
  readonly seed: string;
  readonly json?: boolean;
}

export async function build(io: Io, file: string, flags: BuildFlags): Promise<ExitCode> {
  const targets = flags.target
    .split(',')
    .map((target): Target => oneOf('--target', target, ['wasm', 'wgsl', 'cuda'], ['torch']));
  const [precision, options] = [precisionOf(flags.dtype), targetOptions(targets, flags.profile)];
  const project = await openProject(io, file);
  const instances = selectInstances(project, flags);
  const chosen = { ...(instances && { instances }), ...precision, ...options };
  const compiled = await compileProject(project, { ...chosen, inline: flags.inline });
  const folder = flags.out === undefined ? join(project.folder, 'generated') : resolve(io.cwd, flags.out);
  const files = compiled.artifacts.map(({ name, contents }) => ({ path: join(folder, name), contents }));
  if (flags.verify) {
    if (!backends.some(each => targets.includes(targetOf[each])))
      misuse(data.wrongUse, {
        what: `--verify runs what it builds: there is no module with --target ${flags.target}`,
      });
    const [first] = compiled.artifacts;
    const stem = first?.name.replace(/\.\w+$/, '');
    for (const backend of backends.filter(each => targets.includes(targetOf[each]))) {
      const one = { ...chosen, targets: [targetOf[backend]] };
      const { report } = await verifyProject(io, project, backend, one, {}, seedOf(flags.seed));
      if (!report.passed) return tellFailure(io, flags, report);
      const name = backend === 'wasm' ? `${stem}.conformance.json` : `${stem}.${backend}.conformance.json`;
      files.push({ path: join(folder, name), contents: `${JSON.stringify(report, undefined, 2)}\n` });
    }
  }
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

/** A module that does not agree with its source is not written. */
function tellFailure(io: Io, { json }: BuildFlags, report: ConformanceReport): ExitCode {
  if (json) printJson(io, { ok: false, ...report });
  else io.stderr.write(`${report.operators.flatMap(reportLines).join('\n')}\n`);
  return exitCodes.wrongInput;
}
