/** Which operators a command works on: what --op and -D say, against what the file has. */
import { parse } from '../../grammar/parser.ts';
import type { Instance } from '../check/elaborate.ts';
import { type Module, resolveModule } from '../check/module.ts';
import { nearest } from '../check/scope.ts';
import { checking } from '../core/diagnostics/check.ts';
import { data } from '../core/diagnostics/data.ts';
import { hasErrors } from '../core/diagnostics/diagnostic.ts';
import { definitionsOf } from './options.ts';
import type { Project } from './project.ts';
import { exitCodes, misuse, Rejection } from './rejection.ts';

export interface Selection {
  readonly op?: string;
  readonly define?: readonly string[];
}

/** Instances to compile, or nothing where the file's own exports are meant. */
export function selectInstances(
  project: Project,
  { op, define }: Selection,
): readonly Instance[] | undefined {
  const sizes = definitionsOf(define);
  const names = Object.keys(sizes);
  if (op === undefined && names.length === 0) return undefined;
  const module = moduleOf(project);
  const operator = op ?? operatorWithSizes(project, module, names);
  const exported = module.exports.some(each => each.alias.text === operator);
  const declaration = module.operators.get(operator)?.declaration;
  if (!exported && declaration === undefined && !module.scans.has(operator)) {
    const known = knownOperators(module);
    const near = nearest(operator, known);
    return misuse(
      checking.unknownOperator,
      { name: operator, known: known.join(', ') || 'none' },
      near && `did you mean '${near}'?`,
    );
  }
  const binders = exported ? [] : (declaration?.binders.map(each => each.text) ?? []);
  for (const name of names) {
    if (binders.includes(name)) continue;
    const near = nearest(name, binders);
    misuse(
      data.unknownSize,
      { operator, name, known: sizesText(exported, binders) },
      near && `did you mean -D ${near}=${sizes[name]}?`,
    );
  }
  const missing = binders.filter(name => !names.includes(name));
  if (missing.length > 0)
    misuse(
      checking.missingSize,
      { name: operator, sizes: missing.join(', ') },
      `pass ${missing.map(name => `-D ${name}=...`).join(' ')}, or export it at fixed sizes`,
    );
  return [{ operator, sizes }];
}

const knownOperators = (module: Module): string[] => [
  ...new Set([...module.exports.map(each => each.alias.text), ...module.operators.keys()]),
];

function sizesText(exported: boolean, binders: readonly string[]): string {
  if (exported) return 'an export brings its own sizes';
  return binders.length === 0 ? 'it has none' : `it has ${binders.join(', ')}`;
}

/** The file and what it uses, resolved; errors there come before anything about options. */
function moduleOf(project: Project): Module {
  const parsed = parse(project.source);
  const diagnostics = [...parsed.diagnostics];
  const module = resolveModule(parsed.file, { readFile: project.readFile, parse }, diagnostics);
  if (hasErrors(diagnostics)) throw new Rejection(project.located(diagnostics), exitCodes.wrongInput);
  return module;
}

/** -D without --op: the operator that has these sizes, if there is one. */
function operatorWithSizes(project: Project, module: Module, names: readonly string[]): string {
  const declared = [...module.operators].filter(([, { declaration }]) => declaration.binders.length > 0);
  const fitting = declared.filter(([, { declaration }]) =>
    names.every(name => declaration.binders.some(binder => binder.text === name)),
  );
  const [only, ...more] = fitting.length > 0 ? fitting : declared;
  if (only !== undefined && more.length === 0) return only[0];
  const known = (fitting.length > 0 ? fitting : declared).map(([name]) => name).join(', ');
  return known === ''
    ? misuse(data.wrongUse, { what: `-D ${names.join(', ')}: no operator of ${project.shown} has sizes` })
    : misuse(data.chooseOperator, { path: project.shown, known });
}
