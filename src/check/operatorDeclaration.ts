/** Operators: the signature first, which is all that callers need, then the body against it. */
import type { Expression, Name, OperatorDeclaration, SpaceType } from '../../grammar/ast.ts';
import { checking } from '../core/diagnostics/check.ts';
import { report } from '../core/diagnostics/diagnostic.ts';
import { asMap } from './checked.ts';
import { learn, mention, nothingKnown } from './decide.ts';
import { check } from './expression.ts';
import type { Module } from './module.ts';
import { checkParameter, complexNumbers } from './parameters.ts';
import { type Context, define, fail, inner, notYet, requireEqual, type Scope, textOf } from './scope.ts';
import { checkCondition, checkSize, errorSize } from './sizes.ts';
import type { ConditionNode, MapNode, OperatorSignature, SizeNode, TypedOperator } from './typed.ts';
import { spaceText } from './types.ts';
import { constrained, isSame } from './unify.ts';

/** The scope of a file's declarations: no local names yet. */
export const fileScope = (module: Module, context: Context): Scope => ({
  parent: undefined,
  locals: new Map(),
  module,
  knowledge: nothingKnown,
  context,
});

export interface CheckedSignature {
  readonly signature: OperatorSignature;
  /** Where binders and parameters are in force and the `where` clause holds. */
  readonly scope: Scope;
}

export function checkSignature(
  declaration: OperatorDeclaration,
  module: Module,
  context: Context,
): CheckedSignature {
  const top = fileScope(module, context);
  for (const binder of declaration.binders) define(top, binder, { kind: 'size' });
  const { where, scope } = checkWhere(declaration.where, top);
  const parameters = declaration.parameters.map(each => checkParameter(each, scope, undefined));
  const [columns, rows] = [spaceSize(declaration.domain, scope), spaceSize(declaration.codomain, scope)];
  const [domain, codomain] = [isComplex(declaration.domain), isComplex(declaration.codomain)];
  if (domain !== codomain) {
    const side = domain ? declaration.codomain : declaration.domain;
    fail(scope, checking.notReal, side.span, { what: 'the other side' }, { hint: 'declare both c64[...]' });
  }
  const sizes = [columns, rows, ...parameters.flatMap(each => each.extents)].map(each => each.size);
  const known = inner(scope, mention(scope.knowledge, sizes));
  for (const [k, parameter] of parameters.entries()) {
    const name = declaration.parameters[k]?.name;
    if (name !== undefined) define(known, name, { kind: 'parameter', parameter });
  }
  const signature: OperatorSignature = {
    name: declaration.name.text,
    documentation: declaration.documentation,
    binders: declaration.binders.map(each => each.text),
    parameters,
    columns,
    rows,
    complex: domain || codomain,
    where,
    isMap: isMap(declaration, module),
    span: declaration.name.span,
  };
  return { signature, scope: known };
}

export function checkWhere(
  conditions: OperatorDeclaration['where'],
  scope: Scope,
): { where: readonly ConditionNode[]; scope: Scope } {
  const where = conditions.map(each => checkCondition(each, scope).condition);
  const knowledge = where.reduce(
    (known, { left, comparison, right }) => learn(known, { left: left.size, comparison, right: right.size }),
    scope.knowledge,
  );
  return { where, scope: inner(scope, knowledge) };
}

const isComplex = (space: SpaceType): boolean => space.dtype?.text === 'c64';

/** The one size of `n` or `c64[n]`. */
function spaceSize(space: SpaceType, scope: Scope): SizeNode {
  const [only, second] = space.dims;
  const word = space.dtype?.text;
  if (word === 'index')
    fail(scope, checking.wrongSort, space.span, { found: textOf(space), expected: 'n or c64[n]' });
  else if (word === 'c64') notYet(scope, complexNumbers, space.span);
  else if (word !== undefined && word !== 'f32')
    notYet(scope, `the dtype ${word} of an input or output`, space.span);
  if (only !== undefined && second === undefined) return checkSize(only, scope);
  const found = space.dims.length;
  fail(scope, checking.wrongCount, space.span, { what: 'an input or output', expected: '1 size', found });
  return errorSize(space);
}

/** Whether the body makes a map, by its form alone: what it calls may be checked later, or be itself. */
function isMap(declaration: OperatorDeclaration, module: Module): boolean {
  const visiting = new Set<OperatorDeclaration>();
  const visit = (each: OperatorDeclaration, within: Module): boolean => {
    if (visiting.has(each)) return false;
    visiting.add(each);
    const lets = new Map(each.body.lets.map(({ name, value }) => [name.text, value]));
    const makesMap = (node: Expression): boolean => {
      switch (node.kind) {
        case 'pipe':
          return true;
        case 'parenthesized':
          return makesMap(node.inner);
        case 'if':
          return makesMap(node.then) || makesMap(node.otherwise);
        case 'name': {
          const value = lets.get(node.text);
          lets.delete(node.text);
          return value === undefined ? calls(node.text) : makesMap(value);
        }
        case 'call':
          return makesMapCalled(node.callee);
        case 'index':
          return makesMapCalled(node);
        default:
          return false;
      }
    };
    const makesMapCalled = (node: Expression): boolean =>
      node.kind === 'index' ? makesMapCalled(node.target) : node.kind === 'name' && calls(node.text);
    const calls = (name: string): boolean => {
      const entity = within.entities.get(name);
      return entity?.kind === 'op' && visit(entity.declaration, entity.module);
    };
    return makesMap(each.body.result);
  };
  return visit(declaration, module);
}

export function checkBody(
  declaration: OperatorDeclaration,
  { signature, scope }: CheckedSignature,
): TypedOperator {
  const { context } = scope;
  const inside = inner(scope);
  for (const each of declaration.body.lets) defineLet(each.name, each.value, inside);
  const result = check(declaration.body.result, inside);
  const body = asMap(declaration.body.result, result, inside);
  const agreed = body && againstDeclaration(declaration, signature, body, scope);
  if (body !== undefined) reportUnused(declaration, scope, inside);
  return { signature, body: agreed, unsupported: context.unsupported, calls: [...context.calls] };
}

/** A let is known by the sort of its value. */
export function defineLet(own: Name, value: Expression, scope: Scope): boolean {
  const checked = check(value, scope);
  const name = own.text;
  switch (checked.sort) {
    case 'tensor':
      return define(scope, own, { kind: 'tensor', definition: { name, value: checked.node } });
    case 'operator':
      return define(scope, own, { kind: 'operator', definition: { name, value: checked.node } });
    case 'map':
      return define(scope, own, { kind: 'map', definition: { name, value: checked.node } });
    case 'pattern':
    case 'string':
      fail(scope, checking.wrongSort, value.span, {
        found: `a ${checked.sort}`,
        expected: 'a tensor, an operator or a map',
      });
      return define(scope, own, { kind: 'error' });
    case 'error':
      return define(scope, own, { kind: 'error' });
  }
}

function againstDeclaration(
  declaration: OperatorDeclaration,
  signature: OperatorSignature,
  body: MapNode,
  scope: Scope,
): MapNode | undefined {
  const { context } = scope;
  const { span } = declaration.body.result;
  const { name, columns, rows, complex } = signature;
  const declared = { columns: columns.size, rows: rows.size, complex };
  const words = `${textOf(declaration.domain)} -> ${textOf(declaration.codomain)}`;
  if (body.space.complex && !complex) {
    const hint = `declare it c64[${textOf(declaration.domain)}] -> c64[${textOf(declaration.codomain)}]`;
    return fail(scope, checking.notReal, span, { what: `the body of ${name}` }, { hint });
  }
  const notes = [{ message: 'the type is declared here', span: declaration.domain.span }];
  const swapped =
    isSame(declared.columns, body.space.rows, scope) && isSame(declared.rows, body.space.columns, scope);
  const hint = `declare it ${spaceText(body.space)}${swapped ? ', or take the adjoint of the body' : ''}`;
  const complain = () =>
    report(
      checking.declaredShape,
      span,
      { name, declared: words, found: spaceText(body.space) },
      { notes, hint },
    );
  const kept = context.pending;
  context.pending = [];
  const good =
    requireEqual(scope, declared.columns, body.space.columns, complain) &&
    requireEqual(scope, declared.rows, body.space.rows, complain);
  const constraints = context.pending;
  context.pending = kept;
  return good ? constrained(body, constraints) : undefined;
}

function reportUnused(declaration: OperatorDeclaration, scope: Scope, inside: Scope): void {
  const parameters = declaration.parameters.map(each => ({
    name: each.name,
    local: scope.locals.get(each.name.text),
  }));
  const lets = declaration.body.lets.map(each => ({
    name: each.name,
    local: inside.locals.get(each.name.text),
  }));
  for (const { name, local } of [...parameters, ...lets])
    if (local?.used === false && local.entry.kind !== 'error')
      fail(scope, checking.unused, name.span, { name: name.text });
}
