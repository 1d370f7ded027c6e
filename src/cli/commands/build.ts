/** `sop build FILE`: the generated module and its kernels, as files. */
import { join, resolve } from 'node:path';
import type { ElaborateOptions } from '../../check/source.ts';
import type { CompileOptions, Target } from '../../compile.ts';
import { data } from '../../core/diagnostics/data.ts';
import { reportLines } from '../../verify/report.ts';
import { compileProject, elaborateProject } from '../backend.ts';
import { type ConformanceReport, verifyProject } from '../conformance.ts';
import { shownPath, writeFiles } from '../files.ts';
import type { Io } from '../io.ts';
import { compileKernels } from '../nvcc.ts';
import {
  backends,
  type CompileFlags,
  formatOf,
  oneOf,
  precisionOf,
  seedOf,
  targetOf,
  targetOptions,
} from '../options.ts';
import { publishedNames } from '../parameters.ts';
import { openProject, type Project } from '../project.ts';
import { type ExitCode, exitCodes, misuse } from '../rejection.ts';
import { jsonDiagnostics, printDiagnostics, printJson } from '../report.ts';
import { selectInstances } from '../select.ts';

export interface BuildFlags extends CompileFlags {
  readonly target: string;
  readonly dtype: string;
  /** Modules for PyTorch have kernels for several formats unless one is asked for. */
  readonly isFormatGiven: boolean;
  /** `param=tensor.name[:T]`. */
  readonly map?: readonly string[];
  readonly out?: string;
  readonly inline: boolean;
  readonly verify?: boolean;
  readonly seed: string;
  readonly json?: boolean;
}

export async function build(io: Io, file: string, flags: BuildFlags): Promise<ExitCode> {
  const targets = flags.target
    .split(',')
    .map((target): Target => oneOf('--target', target, ['wasm', 'wgsl', 'cuda', 'torch']));
  const [precision, options] = [precisionOf(flags.dtype), targetOptions(targets, flags.profile)];
  const project = await openProject(io, file);
  const instances = selectInstances(project, flags);
  const chosen = { ...(instances && { instances }), ...precision, ...options };
  const ofTorch = torchOptions(project, flags, targets, chosen);
  const compiled = await compileProject(project, { ...chosen, ...ofTorch, inline: flags.inline });
  const machineCode = targets.includes('torch')
    ? await compileKernels(io, compiled.artifacts)
    : { artifacts: [], diagnostics: [] };
  const diagnostics = [...compiled.diagnostics, ...machineCode.diagnostics];
  const folder = flags.out === undefined ? join(project.folder, 'generated') : resolve(io.cwd, flags.out);
  const files = [...compiled.artifacts, ...machineCode.artifacts].map(({ name, contents }) => ({
    path: join(folder, name),
    contents,
  }));
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
      diagnostics: jsonDiagnostics(diagnostics),
    });
  else {
    printDiagnostics(io, diagnostics);
    for (const { name, title, columns, rows } of operators)
      io.stdout.write(`${name}: ${title}, ${columns} -> ${rows}\n`);
    for (const { path, sizeBytes } of written) io.stdout.write(`  ${path}  ${sizeBytes} bytes\n`);
  }
  return exitCodes.ok;
}

/** What a build says about PyTorch alone. */
function torchOptions(
  project: Project,
  { dtype, isFormatGiven, map = [] }: BuildFlags,
  targets: readonly Target[],
  options: ElaborateOptions,
): Pick<CompileOptions, 'torchFormats' | 'published'> {
  if (map.length === 0) return isFormatGiven ? { torchFormats: [formatOf(dtype)] } : {};
  if (!targets.includes('torch')) misuse(data.wrongUse, { what: '--map goes with --target torch' });
  const { programs } = elaborateProject(project, options);
  return {
    ...(isFormatGiven && { torchFormats: [formatOf(dtype)] }),
    published: publishedNames(programs, map),
  };
}

/** A module that does not agree with its source is not written. */
function tellFailure(io: Io, { json }: BuildFlags, report: ConformanceReport): ExitCode {
  if (json) printJson(io, { ok: false, ...report });
  else io.stderr.write(`${report.operators.flatMap(reportLines).join('\n')}\n`);
  return exitCodes.wrongInput;
}
