/** What a parser of a data file gives: the value, or the one diagnostic that says what is wrong with the file. */
import { type Diagnostic, type Row, report } from '../core/diagnostics/diagnostic.ts';

export type Parsed<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly diagnostic: Diagnostic };

export const accepted = <Value>(value: Value): Parsed<Value> => ({ ok: true, value });

export const rejected = <Parameters>(
  definition: Row<Parameters>,
  parameters: Parameters,
  hint?: string,
): Parsed<never> => ({ ok: false, diagnostic: report(definition, undefined, parameters, { hint }) });
