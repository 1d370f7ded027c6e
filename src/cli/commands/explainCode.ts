/** `sop explain --code SOP0123`: what a diagnostic means. */
import { data } from '../../core/diagnostics/data.ts';
import { diagnosticRows } from '../../core/diagnostics/table.ts';
import type { Io } from '../io.ts';
import { type ExitCode, exitCodes, misuse } from '../rejection.ts';
import { printJson } from '../report.ts';

export function explainCode(io: Io, given: string, json: boolean): ExitCode {
  const wanted = `SOP${given.replace(/^SOP/i, '').padStart(4, '0')}`;
  const row = diagnosticRows.find(each => each.code === wanted);
  if (row === undefined) {
    const alike = diagnosticRows.filter(each => each.code.startsWith(wanted.slice(0, 5)));
    const groups = 'SOP01.. is about text, SOP02.. about meaning, SOP03.. about files and options';
    const hint = alike.length === 0 ? groups : `there are ${alike.map(each => each.code).join(' ')}`;
    return misuse(data.unknownCode, { given }, hint);
  }
  const { code, severity, explanation } = row;
  if (json) printJson(io, { ok: true, code, severity, explanation });
  else io.stdout.write(`${code} (${severity})\n${explanation}\n`);
  return exitCodes.ok;
}
