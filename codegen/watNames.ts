/** Names in kernels for the WASM printer: who reads them, how often, and which of them can share a local. */
import type { Expression, Statement, Type } from '../src/kernel/kernel.ts';
import { expressionsOf, namesIn, visitStatements } from '../src/kernel/traverse.ts';

/** Names that a statement itself reads; statements are asked at every level of nesting. */
function namesOf(statement: Statement): readonly string[] {
  const known = namesByStatement.get(statement);
  if (known !== undefined) return known;
  const names = expressionsOf(statement).flatMap(namesIn);
  namesByStatement.set(statement, names);
  return names;
}

const namesByStatement = new WeakMap<Statement, readonly string[]>();

/**
 * How a loaded value reaches its readers: inside the only one, kept by the first one, or by a statement of
 * its own.
 */
export type Placement = 'inline' | 'tee';

/** Loads whose first reader is the next statement, which reads them once. */
export function loadPlacements(body: readonly Statement[]): ReadonlyMap<string, Placement> {
  const reads = new Map<string, number>();
  visitStatements(body, statement => {
    for (const name of namesOf(statement)) reads.set(name, (reads.get(name) ?? 0) + 1);
  });
  const placements = new Map<string, Placement>();
  const visit = (list: readonly Statement[]): void => {
    list.forEach((statement, k) => {
      if (statement.kind === 'for') visit(statement.body);
      if (statement.kind === 'if') {
        visit(statement.then);
        visit(statement.otherwise);
      }
      const next = list[k + 1];
      if (statement.kind !== 'load' || next === undefined) return;
      if (next.kind !== 'assign' && next.kind !== 'declare' && next.kind !== 'store') return;
      if (namesOf(next).filter(name => name === statement.name).length !== 1) return;
      placements.set(statement.name, reads.get(statement.name) === 1 ? 'inline' : 'tee');
    });
  };
  visit(body);
  return placements;
}

/** A bound that cannot change while its loop runs needs no local. */
export const isStable = (bound: Expression): boolean => bound.kind === 'literal' || bound.kind === 'variable';

export interface Local {
  readonly name: string;
  readonly type: Type;
}

export interface Locals {
  /** Every local of the function, in order of first use. */
  readonly all: readonly Local[];
  /** The local that holds a name. */
  readonly of: ReadonlyMap<string, string>;
}

/** `weight_12` and `weight.3` are kept in locals called after the first `weight`. */
const stem = (name: string): string => name.replace(/[._]\d+$/, '');
const family = (name: string): string => stem(name).replace(/\d+$/, '');

/** Locals in use and free ones; one that is free is taken again by a name of its family and type. */
function localPool(skipped: (name: string) => boolean) {
  const all: Local[] = [];
  const of = new Map<string, string>();
  const free: Local[] = [];
  const take = ({ name, type }: Local): void => {
    if (skipped(name) || of.has(name)) return;
    const fitting = free.filter(
      each =>
        each.type.scalar === type.scalar &&
        each.type.lanes === type.lanes &&
        family(each.name) === family(name),
    );
    const chosen = fitting.find(each => stem(each.name) === stem(name)) ?? fitting[0];
    if (chosen === undefined) all.push({ name, type });
    else free.splice(free.indexOf(chosen), 1);
    of.set(name, chosen?.name ?? name);
  };
  const release = (name: string): void => {
    const local = all.find(each => each.name === of.get(name));
    if (local === undefined || free.includes(local)) return;
    free.push(local);
    free.sort((a, b) => all.indexOf(a) - all.indexOf(b));
  };
  return { all, of, take, release };
}

/**
 * Locals for the names of a function: a name takes over the local of one of its family and type that nothing
 * reads any more. `hoisted` names of a loop live from before it to its end.
 */
export function assignLocals(
  body: readonly Statement[],
  hoisted: (node: Statement & { kind: 'for' }) => readonly Local[],
  skipped: (name: string) => boolean,
): Locals {
  const { all, of, take, release } = localPool(skipped);
  const i32: Type = { scalar: 'i32', lanes: 1 };
  const visit = (list: readonly Statement[]): void => {
    const last = lastUses(list);
    const open = new Set<string>();
    const bind = (local: Local): void => {
      if (of.has(local.name)) return;
      take(local);
      open.add(local.name);
    };
    list.forEach((statement, k) => {
      const ending = [...open].filter(name => (last.get(name) ?? -1) <= k);
      const close = () => {
        for (const name of ending) {
          open.delete(name);
          release(name);
        }
      };
      if (statement.kind === 'for') {
        const own: Local[] = [
          { name: statement.variable, type: i32 },
          ...(isStable(statement.to) ? [] : [{ name: `${statement.variable}.to`, type: i32 }]),
          ...hoisted(statement),
        ];
        own.forEach(take);
        visit(statement.body);
        for (const { name } of own) release(name);
        close();
        return;
      }
      if (statement.kind === 'if') {
        visit(statement.then);
        visit(statement.otherwise);
      }
      close();
      if (statement.kind === 'declare') bind({ name: statement.name, type: statement.value.type });
      if (statement.kind === 'load') bind({ name: statement.name, type: statement.type });
    });
    for (const name of open) release(name);
  };
  visit(body);
  return { all, of };
}

/** The last statement of a list that reads, writes or, inside, contains a use of each name. */
function lastUses(list: readonly Statement[]): Map<string, number> {
  const last = new Map<string, number>();
  list.forEach((statement, k) => {
    visitStatements([statement], each => {
      for (const name of namesOf(each)) last.set(name, k);
      if (each.kind === 'assign') last.set(each.name, k);
    });
  });
  return last;
}
