/**
 * Text to programs of the operator IR: parse, resolve, check, elaborate. The half of the compiler that knows
 * whether a source means something; `sop check` runs it without loading the other.
 */
import { parse } from '../../grammar/parser.ts';
import { data } from '../core/diagnostics/data.ts';
import { type Diagnostic, hasErrors, report } from '../core/diagnostics/diagnostic.ts';
import type { SourceFile, Span } from '../core/span.ts';
import type { Operator, Program } from '../ir/operator.ts';
import { checkModule } from './check.ts';
import { defaultInstances, elaborate, type Instance } from './elaborate.ts';
import { resolveModule } from './module.ts';

export interface ElaborateOptions {
  /** Operators to elaborate; by default every export of the file, else every operator without sizes. */
  readonly instances?: readonly Instance[];
  /**
   * Sources of `use`, by path relative to where the first file's name starts; absent files give a diagnostic.
   */
  readonly readFile?: (path: string) => string | undefined;
}

export interface ElaboratedSource {
  readonly diagnostics: readonly Diagnostic[];
  /** Empty when a diagnostic is an error. */
  readonly programs: readonly Program[];
  /** The operators under `inv`, and where it stands. */
  readonly inverses: ReadonlyMap<Operator, Span>;
}

export function elaborateSource(source: SourceFile, options: ElaborateOptions = {}): ElaboratedSource {
  const { instances, readFile = () => undefined } = options;
  const parsed = parse(source);
  const diagnostics: Diagnostic[] = [...parsed.diagnostics];
  const module = resolveModule(parsed.file, { readFile, parse }, diagnostics);
  const checked = checkModule(
    module,
    instances?.map(each => each.operator),
  );
  diagnostics.push(...checked.diagnostics);
  if (hasErrors(diagnostics)) return { diagnostics, programs: [], inverses: new Map() };
  const wanted = instances ?? defaultInstances(checked.program);
  const names = wanted.map(each => each.operator);
  const twice = names.find((name, k) => names.indexOf(name) < k);
  if (twice !== undefined) {
    diagnostics.push(report(data.instanceTwice, undefined, { operator: twice }));
    return { diagnostics, programs: [], inverses: new Map() };
  }
  const inverses = new Map<Operator, Span>();
  const programs = wanted.map(instance => {
    const elaborated = elaborate(checked.program, instance);
    diagnostics.push(...elaborated.diagnostics);
    for (const [operator, span] of elaborated.inverses) inverses.set(operator, span);
    return elaborated.program;
  });
  if (hasErrors(diagnostics)) return { diagnostics, programs: [], inverses };
  return { diagnostics, programs: programs.filter(program => program !== undefined), inverses };
}
