/** `sop verify FILE`: the generated module against the dense meaning of the source, within derived bounds. */
import { resolve } from 'node:path';
import { reportLines } from '../../verify/report.ts';
import { verifyProject } from '../conformance.ts';
import { writeFiles } from '../files.ts';
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
import type { ParameterFlags } from '../parameters.ts';
import { openProject } from '../project.ts';
import { type ExitCode, exitCodes } from '../rejection.ts';
import { jsonDiagnostics, printDiagnostics, printJson } from '../report.ts';
import { selectInstances } from '../select.ts';
import { describeOrigins } from '../values.ts';

export interface VerifyFlags extends CompileFlags, ParameterFlags {
  readonly dtype: string;
  readonly backend: string;
  readonly seed: string;
  readonly report?: string;
  readonly json?: boolean;
}

export async function verify(io: Io, file: string, flags: VerifyFlags): Promise<ExitCode> {
  const backend = oneOf('--backend', flags.backend, backends);
  const [precision, seed] = [precisionOf(flags.dtype), seedOf(flags.seed)];
  const options = targetOptions([targetOf[backend]], flags.profile);
  const project = await openProject(io, file);
  const instances = selectInstances(project, flags);
  const chosen = { ...(instances && { instances }), ...precision, ...options };
  const { compiled, origins, report } = await verifyProject(io, project, backend, chosen, flags, seed);
  if (flags.report !== undefined) {
    const contents = `${JSON.stringify(report, undefined, 2)}\n`;
    await writeFiles(io.cwd, [{ path: resolve(io.cwd, flags.report), contents }]);
  }
  if (flags.json)
    printJson(io, { ok: report.passed, ...report, diagnostics: jsonDiagnostics(compiled.diagnostics) });
  else {
    printDiagnostics(io, compiled.diagnostics);
    report.operators.forEach((each, k) => {
      const sources = describeOrigins(origins[k] ?? [], seed).map(line => `     ${line}`);
      io.stdout.write(`${[...reportLines(each), ...sources].join('\n')}\n`);
    });
  }
  return report.passed ? exitCodes.ok : exitCodes.wrongInput;
}
