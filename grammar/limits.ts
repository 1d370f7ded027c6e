/**
 * Limits on untrusted text. They bound the depth of every tree the parser makes, so that no later walk over it can run
 * out of stack: nesting directly, and left-deep chains (`a + b + ...`, `x''...`) by the number of joins.
 */
import { type Diagnostic, type Row, report } from '../src/core/diagnostics/diagnostic.ts';
import type { Span } from '../src/core/span.ts';

/** Characters of a source, 1 MiB of ASCII. */
export const sourceLimit = 2 ** 20;
/** Brackets, signs, conditions, sums and loops inside each other. */
export const nestingLimit = 64;
/** Joins (`+ - * / % '`, calls and indexing) in one expression, brackets included. */
export const chainLimit = 1024;
/** Diagnostics reported for one source. */
export const diagnosticLimit = 100;

/** Unwinds the parser out of a declaration that exceeds a limit; `parse` turns it into its diagnostic. */
export class LimitExceeded extends Error {
  override readonly name = 'LimitExceeded';
  readonly diagnostic: Diagnostic;

  constructor(row: Row<{ limit: number }>, span: Span, limit: number) {
    super(row.code);
    this.diagnostic = report(row, span, { limit });
  }
}
