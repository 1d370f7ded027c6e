/** Names whose values reach nothing, and the statements that only serve them. */
import { unreachable } from '../core/invariant.ts';
import type { Expression, Statement } from './kernel.ts';

/** The same list where every element stayed the same. */
export function sameOr<Item>(before: readonly Item[], after: readonly Item[]): readonly Item[] {
  return after.length === before.length && after.every((item, k) => item === before[k]) ? before : after;
}

/** Names whose values reach a store, a bound or a condition; an assignment alone does not keep a name. */
export function namesRead(body: readonly Statement[]): ReadonlySet<string> {
  const sources = new Map<string, Set<string>>();
  const live: string[] = [];
  const visit = (statement: Statement): void => {
    switch (statement.kind) {
      case 'comment':
      case 'barrier':
        return;
      case 'declare':
      case 'assign':
      case 'load': {
        const from = sources.get(statement.name) ?? new Set<string>();
        sources.set(statement.name, from);
        for (const name of variablesOf(statement.kind === 'load' ? statement.index : statement.value))
          from.add(name);
        return;
      }
      case 'store':
        live.push(...variablesOf(statement.index), ...variablesOf(statement.value));
        return;
      case 'for':
        live.push(...[statement.from, statement.to, statement.step].flatMap(variablesOf));
        statement.body.forEach(visit);
        return;
      case 'if':
        live.push(...variablesOf(statement.condition));
        [...statement.then, ...statement.otherwise].forEach(visit);
        return;
      default:
        unreachable(statement);
    }
  };
  body.forEach(visit);
  const read = new Set<string>();
  for (let name = live.pop(); name !== undefined; name = live.pop()) {
    if (read.has(name)) continue;
    read.add(name);
    live.push(...(sources.get(name) ?? []));
  }
  return read;
}

function variablesOf(node: Expression): string[] {
  switch (node.kind) {
    case 'literal':
      return [];
    case 'variable':
      return [node.name];
    case 'lane':
      return variablesOf(node.vector);
    case 'vector':
      return node.elements.flatMap(variablesOf);
    case 'operation':
      return node.operands.flatMap(variablesOf);
    default:
      return unreachable(node);
  }
}

export function dropUnread(body: readonly Statement[], read: ReadonlySet<string>): readonly Statement[] {
  const kept = body.flatMap((statement): readonly Statement[] => {
    switch (statement.kind) {
      case 'declare':
      case 'assign':
      case 'load':
        return read.has(statement.name) ? [statement] : [];
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
