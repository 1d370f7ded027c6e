/**
 * Diagnostics: what went wrong, in the user's terms, as data. Rows live in one typed table per stage beside this
 * file; `report` turns a row into a Diagnostic. Rendering is src/cli's business.
 */
import type { Span } from '../span.ts';

export type Severity = 'error' | 'warning';

export interface Note {
  readonly message: string;
  readonly span?: Span;
}

export interface Diagnostic {
  /** SOP and four digits; stable, documented by `sop explain --code`. */
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  /** Absent only where no source text is at fault (a data file, an option). */
  readonly span?: Span;
  readonly notes: readonly Note[];
  /** The likely repair. */
  readonly hint?: string;
}

/** A row of a table: how the message reads from its parameters, and the long text for `--code`. */
export interface Row<Parameters> {
  readonly code: `SOP${number}`;
  readonly severity: Severity;
  readonly message: (parameters: Parameters) => string;
  /** What the code means, why it is an error, and how it is usually repaired. */
  readonly explanation: string;
}

/** Declares a row; the parameter's type is written at the row: `row<{ name: string }>({...})`. */
export const row = <Parameters>(definition: Row<Parameters>): Row<Parameters> => definition;

export interface Details {
  readonly notes?: readonly Note[];
  readonly hint?: string | undefined;
}

export function report<Parameters>(
  definition: Row<Parameters>,
  span: Span | undefined,
  parameters: Parameters,
  details: Details = {},
): Diagnostic {
  return {
    code: definition.code,
    severity: definition.severity,
    message: definition.message(parameters),
    ...(span === undefined ? {} : { span }),
    notes: details.notes ?? [],
    ...(details.hint === undefined ? {} : { hint: details.hint }),
  };
}

export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some(diagnostic => diagnostic.severity === 'error');
