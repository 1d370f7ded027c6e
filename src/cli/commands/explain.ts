/** `sop explain FILE` prints what a compiled operator costs and why; `--code` explains a diagnostic. */
import { data } from '../../core/diagnostics/data.ts';
import { certify } from '../../explain/certificate.ts';
import { explainSvg } from '../../explain/svg.ts';
import { explainText } from '../../explain/text.ts';
import { lowerProject } from '../backend.ts';
import type { Io } from '../io.ts';
import { type CompileFlags, oneOf, precisionOf, profileOf } from '../options.ts';
import { openProject } from '../project.ts';
import { type ExitCode, exitCodes, misuse } from '../rejection.ts';
import { printDiagnostics, printJson } from '../report.ts';
import { selectInstances } from '../select.ts';

export interface ExplainFlags extends CompileFlags {
  readonly dtype: string;
  readonly mode: string;
  readonly format: string;
  readonly json?: boolean;
}

export async function explain(io: Io, file: string, flags: ExplainFlags): Promise<ExitCode> {
  const format = flags.json ? 'json' : oneOf('--format', flags.format, ['text', 'json', 'svg'], ['html']);
  const mode = oneOf('--mode', flags.mode, ['apply', 'adjoint'], ['vjp', 'solve']);
  const [precision, profile] = [precisionOf(flags.dtype), profileOf(flags.profile, ['wasm', 'wgsl', 'cuda'])];
  const project = await openProject(io, file);
  const instances = selectInstances(project, flags);
  const chosen = { ...(instances && { instances }), ...precision, profile, modes: [mode] };
  const lowered = lowerProject(project, chosen);
  const operators = lowered.operators.flatMap(({ source, modes }) =>
    modes.length > 0
      ? modes
      : misuse(data.noMode, {
          operator: source.name,
          mode,
          why: 'it is a map with pointwise steps, not linear',
        }),
  );
  printDiagnostics(io, lowered.diagnostics);
  if (format === 'json') printJson(io, { ok: true, operators: operators.map(certify) });
  else if (format === 'text') io.stdout.write(operators.map(each => explainText(certify(each))).join('\n'));
  else if (operators.length === 1) io.stdout.write(operators.map(explainSvg).join(''));
  else
    misuse(data.chooseOperator, {
      path: file,
      known: lowered.operators.map(({ source }) => source.name).join(', '),
    });
  return exitCodes.ok;
}
