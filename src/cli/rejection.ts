/**
 * The one exception of the command line: a command cannot go on, and these diagnostics say why. Thrown where the reason
 * is known, caught once in cli.ts, which prints it and sets the exit code.
 */
import { type Diagnostic, type Row, report } from '../core/diagnostics/diagnostic.ts';

export const exitCodes = { ok: 0, wrongInput: 1, wrongUse: 2, ourBug: 3 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export class Rejection extends Error {
  override readonly name = 'Rejection';
  readonly diagnostics: readonly Diagnostic[];
  readonly exitCode: ExitCode;

  constructor(diagnostics: readonly Diagnostic[], exitCode: ExitCode) {
    super(diagnostics[0]?.message ?? 'rejected');
    this.diagnostics = diagnostics;
    this.exitCode = exitCode;
  }
}

/** The input is wrong: a file, a value. */
export function reject<Parameters>(
  definition: Row<Parameters>,
  parameters: Parameters,
  hint?: string,
): never {
  throw new Rejection([report(definition, undefined, parameters, { hint })], exitCodes.wrongInput);
}

/** The command line is wrong. */
export function misuse<Parameters>(
  definition: Row<Parameters>,
  parameters: Parameters,
  hint?: string,
): never {
  throw new Rejection([report(definition, undefined, parameters, { hint })], exitCodes.wrongUse);
}
