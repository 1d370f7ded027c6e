/** Names whose values reach nothing, and the statements that only serve them. */
import { unreachable } from '../core/invariant.ts';
import type { Statement } from './kernel.ts';
import { expressionsOf, namesIn, visitStatements } from './traverse.ts';

/** The same list where every element stayed the same. */
export function sameOr<Item>(before: readonly Item[], after: readonly Item[]): readonly Item[] {
  return after.length === before.length && after.every((item, k) => item === before[k]) ? before : after;
}

/** Names whose values reach a store, a bound or a condition; an assignment alone does not keep a name. */
export function namesRead(body: readonly Statement[]): ReadonlySet<string> {
  const sources = new Map<string, Set<string>>();
  const live: string[] = [];
  visitStatements(body, statement => {
    const names = expressionsOf(statement).flatMap(namesIn);
    const bound = boundBy(statement);
    if (bound === undefined) live.push(...names);
    else {
      const from = sources.get(bound) ?? new Set<string>();
      sources.set(bound, from);
      for (const name of names) from.add(name);
    }
  });
  const read = new Set<string>();
  for (let name = live.pop(); name !== undefined; name = live.pop()) {
    if (read.has(name)) continue;
    read.add(name);
    live.push(...(sources.get(name) ?? []));
  }
  return read;
}

/** The name that a statement gives a value. */
function boundBy(statement: Statement): string | undefined {
  if (statement.kind === 'multiplyMatrices') return statement.accumulator;
  const binds = statement.kind === 'declare' || statement.kind === 'assign' || statement.kind === 'load';
  return binds ? statement.name : undefined;
}

export function dropUnread(body: readonly Statement[], read: ReadonlySet<string>): readonly Statement[] {
  const kept = body.flatMap((statement): readonly Statement[] => {
    switch (statement.kind) {
      case 'declare':
      case 'assign':
      case 'load':
        return read.has(statement.name) ? [statement] : [];
      case 'multiplyMatrices':
        return read.has(statement.accumulator) ? [statement] : [];
      case 'for': {
        const inner = dropUnread(statement.body, read);
        return inner.length === 0
          ? []
          : [inner === statement.body ? statement : { ...statement, body: inner }];
      }
      case 'if': {
        const [then, otherwise] = [dropUnread(statement.then, read), dropUnread(statement.otherwise, read)];
        if (then.length + otherwise.length === 0) return [];
        return [
          then === statement.then && otherwise === statement.otherwise
            ? statement
            : { ...statement, then, otherwise },
        ];
      }
      case 'comment':
      case 'store':
      case 'barrier':
        return [statement];
      default:
        return unreachable(statement);
    }
  });
  return sameOr(body, kept);
}
