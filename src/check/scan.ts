/**
 * Scans: states, updates affine in their own state, one yield. Checked in full; no later stage compiles
 * them yet.
 */
import type { ScanDeclaration, Statement } from '../../grammar/ast.ts';
import { checking } from '../core/diagnostics/check.ts';
import { report } from '../core/diagnostics/diagnostic.ts';
import type { Span } from '../core/span.ts';
import { degreeIn } from './affine.ts';
import { asNumbers } from './checked.ts';
import { mention } from './decide.ts';
import { check } from './expression.ts';
import type { Module } from './module.ts';
import { checkWhere, defineLet, fileScope } from './operatorDeclaration.ts';
import { checkParameter } from './parameters.ts';
import { assuming, type Context, define, fail, inner, lookUp, notYet, type Scope, textOf } from './scope.ts';
import { checkSize } from './sizes.ts';
import { named } from './symbolic.ts';
import type { StatementNode, TensorNode, TypedScan } from './typed.ts';
import { type TensorType, tensorTypeText } from './types.ts';
import { requireSameShape } from './unify.ts';

export function checkScan(declaration: ScanDeclaration, module: Module, context: Context): TypedScan {
  const { name, binders, over } = declaration;
  notYet({ ...fileScope(module, context) }, `the scan ${name.text}`, name.span);
  const top = fileScope(module, context);
  for (const binder of [...binders, ...over]) define(top, binder, { kind: 'size' });
  const { where, scope } = checkWhere(declaration.where, top);
  const parameters = declaration.parameters.map(each => checkParameter(each, scope, undefined));
  const sizes = parameters.flatMap(each => each.extents.map(extent => extent.size));
  const inside = inner(scope, mention(scope.knowledge, sizes));
  for (const [k, parameter] of parameters.entries()) {
    const own = declaration.parameters[k]?.name;
    if (own !== undefined) define(inside, own, { kind: 'parameter', parameter });
  }
  const result = stateType(declaration.result, scope);
  const yields: Span[] = [];
  const body = checkStatements(declaration.body, inside, result, yields, false);
  const [, second] = yields;
  if (yields.length === 0)
    fail(scope, checking.scanBody, name.span, { why: `the scan ${name.text} never yields` });
  if (second !== undefined) {
    const notes = yields.slice(0, 1).map(span => ({ message: 'it yields first here', span }));
    fail(scope, checking.scanBody, second, { why: `the scan ${name.text} yields twice` }, { notes });
  }
  for (const each of declaration.parameters)
    if (inside.locals.get(each.name.text)?.used === false)
      fail(scope, checking.unused, each.name.span, { name: each.name.text });
  return {
    name: name.text,
    documentation: declaration.documentation,
    binders: binders.map(each => each.text),
    over: over.map(each => each.text),
    parameters,
    result,
    reversed: declaration.reversed,
    where,
    body,
    unsupported: context.unsupported,
    span: name.span,
  };
}

/** The type of a state or a result: a parameter's without binding and default. */
function stateType(type: ScanDeclaration['result'], scope: Scope): TensorType {
  const own = { bindings: [], name: { text: 'a state', span: type.span }, type, span: type.span };
  return checkParameter(own, scope, undefined).type;
}

function checkStatements(
  body: readonly Statement[],
  scope: Scope,
  result: TensorType,
  yields: Span[],
  inLoop: boolean,
): StatementNode[] {
  return body
    .map(each => checkStatement(each, scope, result, yields, inLoop))
    .filter(each => each !== undefined);
}

function checkStatement(
  node: Statement,
  scope: Scope,
  result: TensorType,
  yields: Span[],
  inLoop: boolean,
): StatementNode | undefined {
  switch (node.kind) {
    case 'state': {
      if (inLoop)
        return fail(scope, checking.scanBody, node.span, { why: 'a state is declared before the loops' });
      const type = stateType(node.type, scope);
      const initial =
        node.initial && asNumbers(node.initial, check(node.initial, scope), scope, tensorTypeText(type));
      if (initial !== undefined) fits(initial, type, node.name.text, scope);
      define(scope, node.name, { kind: 'state', type });
      return { kind: 'state', name: node.name.text, type, initial };
    }
    case 'let':
      defineLet(node.name, node.value, scope);
      return { kind: 'let', name: node.name.text };
    case 'update':
      return checkUpdate(node, scope);
    case 'for': {
      const bound = checkSize(node.bound, scope);
      const variable = node.variable.text;
      const inside = assuming(scope, { left: named(variable), comparison: '<', right: bound.size });
      define(inside, node.variable, { kind: 'size' });
      const body = checkStatements(node.body, inside, result, yields, true);
      return { kind: 'for', variable, bound, body };
    }
    case 'yield': {
      if (inLoop)
        return fail(scope, checking.scanBody, node.span, { why: 'a yield stands outside the loops' });
      yields.push(node.span);
      const value = asNumbers(node.value, check(node.value, scope), scope, tensorTypeText(result));
      return value && fits(value, result, 'the result', scope) ? { kind: 'yield', value } : undefined;
    }
  }
}

function checkUpdate(node: Statement & { kind: 'update' }, scope: Scope): StatementNode | undefined {
  const { text: name, span } = node.name;
  const entry = lookUp(scope, name);
  const checked = check(node.value, scope);
  if (entry?.kind !== 'state') {
    if (entry === undefined) return fail(scope, checking.unknownName, span, { name });
    return fail(scope, checking.scanBody, span, { why: `'${name}' is not a state; only states are updated` });
  }
  const value = asNumbers(node.value, checked, scope, tensorTypeText(entry.type));
  if (value === undefined || !fits(value, entry.type, name, scope)) return undefined;
  if (degreeIn(value, name) <= 1) return { kind: 'update', name, value };
  const why = `the update of '${name}' is not affine in it: ${textOf(node.value)}`;
  return fail(scope, checking.scanBody, node.value.span, { why });
}

/** A value against the type it is stored as. */
function fits(value: TensorNode, type: TensorType, name: string, scope: Scope): boolean {
  if (value.type.numbers === 'complex' && type.numbers !== 'complex') {
    scope.context.diagnostics.push(report(checking.notReal, value.span, { what: textOf(value) }));
    return false;
  }
  return requireSameShape(scope, type.shape, value.type.shape, name, value.span);
}
