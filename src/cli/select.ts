/** Which operators a command works on: what --op and -D say, against what the file declares. */
import type { Declaration } from '../../grammar/ast.ts';
import { parse } from '../../grammar/parser.ts';
import type { Instance } from '../check/elaborate.ts';
import { nearest } from '../check/nearest.ts';
import { checking } from '../core/diagnostics/check.ts';
import { data } from '../core/diagnostics/data.ts';
import { hasErrors } from '../core/diagnostics/diagnostic.ts';
import { definitionsOf } from './options.ts';
import type { Project } from './project.ts';
import { exitCodes, misuse, Rejection, reject } from './rejection.ts';

export interface Selection {
  readonly op?: string;
  readonly define?: readonly string[];
}

/** What can be named with --op. */
interface Candidate {
  readonly name: string;
  readonly kind: 'op' | 'export' | 'scan' | 'used';
  /** Names of its sizes; of a used name they are not known here. */
  readonly sizes: readonly string[];
}

/** Instances to compile, or nothing where the file's own exports are meant. */
export function selectInstances(
  project: Project,
  { op, define }: Selection,
): readonly Instance[] | undefined {
  const sizes = definitionsOf(define);
  const given = Object.keys(sizes);
  if (op === undefined && given.length === 0) return undefined;
  const candidates = candidatesOf(project);
  const chosen = op === undefined ? withSizes(project, candidates, given) : named(candidates, op);
  if (chosen.kind !== 'used') requireSizes(chosen, sizes);
  return [{ operator: chosen.name, sizes }];
}

/** The one operator that a command works on. */
export function selectOne(project: Project, selection: Selection): Instance {
  const [chosen] = selectInstances(project, selection) ?? [];
  if (chosen !== undefined) return chosen;
  const candidates = candidatesOf(project);
  const exported = candidates.filter(({ kind }) => kind === 'export');
  const ready = candidates.filter(({ kind, sizes }) => kind === 'op' && sizes.length === 0);
  const [only, ...more] = exported.length > 0 ? exported : ready;
  if (only === undefined) return rejectWithout(project, candidates);
  if (more.length === 0) return { operator: only.name, sizes: {} };
  const known = [only, ...more].map(each => each.name).join(', ');
  return misuse(data.chooseOperator, { path: project.shown, known });
}

/** Nothing in the file is at known sizes; the hint shows what could be asked for. */
export function rejectWithout(project: Project, candidates = candidatesOf(project)): never {
  const first = candidates.find(({ kind }) => kind === 'op');
  const hint = first && `for example --op ${first.name} ${sizesToGive(first.sizes)}`;
  return reject(data.noOperator, { path: project.shown }, hint);
}

const sizesToGive = (names: readonly string[]): string => names.map(name => `-D ${name}=...`).join(' ');

/** Text that does not parse is told before anything about options. */
function candidatesOf(project: Project): Candidate[] {
  const { file, diagnostics } = parse(project.source);
  if (hasErrors(diagnostics)) throw new Rejection(project.located(diagnostics), exitCodes.wrongInput);
  return file.declarations.flatMap(candidatesIn);
}

function candidatesIn(declaration: Declaration): Candidate[] {
  switch (declaration.kind) {
    case 'op':
    case 'scan': {
      const { kind, name, binders } = declaration;
      return [{ kind, name: name.text, sizes: binders.map(each => each.text) }];
    }
    case 'export':
      return [{ kind: 'export', name: declaration.alias.text, sizes: [] }];
    case 'use':
      return declaration.names.map(name => ({ kind: 'used' as const, name: name.text, sizes: [] }));
    case 'pattern':
    case 'shared':
      return [];
  }
}

function named(candidates: readonly Candidate[], op: string): Candidate {
  const found = candidates.find(({ name }) => name === op);
  if (found !== undefined) return found;
  const known = candidates.map(({ name }) => name);
  const near = nearest(op, known);
  return misuse(
    checking.unknownOperator,
    { name: op, known: known.join(', ') || 'none' },
    near && `did you mean '${near}'?`,
  );
}

/** Exactly its own sizes are given. */
function requireSizes(chosen: Candidate, given: Readonly<Record<string, number>>): void {
  const { name: operator, kind, sizes } = chosen;
  const has = sizes.length === 0 ? 'it has none' : `it has ${sizes.join(', ')}`;
  const known = kind === 'export' ? 'an export brings its own sizes' : has;
  for (const name of Object.keys(given)) {
    if (sizes.includes(name)) continue;
    const near = nearest(name, sizes);
    misuse(data.unknownSize, { operator, name, known }, near && `did you mean -D ${near}=${given[name]}?`);
  }
  const missing = sizes.filter(name => !Object.hasOwn(given, name));
  if (missing.length > 0)
    misuse(
      checking.missingSize,
      { name: operator, sizes: missing.join(', ') },
      `pass ${sizesToGive(missing)}, or export it at fixed sizes`,
    );
}

/** -D without --op: the operator that has these sizes, if there is one. */
function withSizes(project: Project, candidates: readonly Candidate[], given: readonly string[]): Candidate {
  const declared = candidates.filter(({ sizes }) => sizes.length > 0);
  const fitting = declared.filter(({ sizes }) => given.every(name => sizes.includes(name)));
  const possible = fitting.length > 0 ? fitting : declared;
  const [only, ...more] = possible;
  if (only === undefined)
    return misuse(data.wrongUse, {
      what: `-D ${given.join(', ')}: no operator of ${project.shown} has sizes`,
    });
  if (more.length === 0) return only;
  const known = possible.map(({ name }) => name).join(', ');
  return misuse(data.chooseOperator, { path: project.shown, known });
}
