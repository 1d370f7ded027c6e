/** Names in force at a place, and what one elaboration accumulates. */
import type { Expression } from '../../grammar/ast.ts';
import { checking } from '../core/diagnostics/check.ts';
import { type Details, type Diagnostic, type Row, report } from '../core/diagnostics/diagnostic.ts';
import type { Span } from '../core/span.ts';
import type { ParameterDeclaration } from '../ir/operator.ts';
import type { Module } from './module.ts';
import { failed, type Value } from './value.ts';

/** A name's value, computed when it is first read. */
export type Binding = () => Value;

export interface Scope {
  readonly names: ReadonlyMap<string, Binding>;
  /** The file the code stands in, for its operators and patterns. */
  readonly module: Module;
  readonly depth: number;
  readonly session: Session;
}

/** One elaboration: diagnostics in order, and the parameters met. */
export interface Session {
  readonly diagnostics: Diagnostic[];
  readonly parameters: Map<string, ParameterDeclaration>;
  readonly used: Set<string>;
  /** Calls already expanded: same operator, sizes and arguments. */
  readonly calls: Map<string, Value>;
  nodes: number;
}

export const withNames = (scope: Scope, added: readonly (readonly [string, Binding])[]): Scope => ({
  ...scope,
  names: new Map([...scope.names, ...added]),
});

/** Computes once. */
export function lazy(compute: Binding): Binding {
  let known: Value | undefined;
  return () => {
    known ??= compute();
    return known;
  };
}

/** Reports and stands for the value that could not be made. */
export function fail<Parameters>(
  scope: Scope,
  definition: Row<Parameters>,
  span: Span,
  parameters: Parameters,
  details?: Details,
): Value {
  scope.session.diagnostics.push(report(definition, span, parameters, details));
  return failed;
}

export const textOf = ({ span }: { readonly span: Span }): string =>
  span.file.text.slice(span.start, span.end).replace(/\s+/g, ' ').trim();

/** The nearest known name, where one is near enough to be a slip. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: { name: string; distance: number } | undefined;
  for (const other of known) {
    const distance = editDistance(name, other);
    if (
      distance <= Math.max(1, Math.floor(name.length / 3)) &&
      (best === undefined || distance < best.distance)
    )
      best = { name: other, distance };
  }
  return best?.name;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

export const nodeBudget = 100_000;

/** Counts what an elaboration makes; false once the budget is spent (reported once). */
export function spend(scope: Scope, node: Expression): boolean {
  const { session } = scope;
  session.nodes++;
  if (session.nodes === nodeBudget) fail(scope, checking.budget, node.span, { limit: nodeBudget });
  return session.nodes < nodeBudget;
}
