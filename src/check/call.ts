/**
 * Names that are not local, with or without sizes and arguments: operators, patterns, leaves, functions,
 * constants.
 */
import type { Expression } from '../../grammar/ast.ts';
import { checking } from '../core/diagnostics/check.ts';
import { report } from '../core/diagnostics/diagnostic.ts';
import { at } from '../core/invariant.ts';
import type { Span } from '../core/span.ts';
import { type Checked, failed, operator, tensor, wrongSort } from './checked.ts';
import { check } from './expression.ts';
import { callFunction } from './functionCall.ts';
import { callLeaf, callPermute } from './leafCall.ts';
import { isLeaf } from './leafTable.ts';
import type { Entity } from './module.ts';
import { nearest } from './nearest.ts';
import { unsupportedParameter } from './parameters.ts';
import { fail, find, localNames, notYet, requireEqual, type Scope, textOf } from './scope.ts';
import { checkSize } from './sizes.ts';
import { shapeText } from './sizeText.ts';
import { holds } from './sizeValue.ts';
import { constantOf, type Size, substitute } from './symbolic.ts';
import type { OperatorSignature, SizeNode, TensorNode, TypedParameter } from './typed.ts';
import { numberType, tensorTypeText } from './types.ts';
import { generators, own, pipeWords, pointwiseSteps, reservedWords } from './words.ts';

/** `name`, `name[sizes]`, `name(list)` or `name[sizes](list)`; what was not written is absent. */
export interface Named {
  readonly node: Expression;
  readonly name: string;
  readonly nameSpan: Span;
  readonly sizes: readonly Expression[] | undefined;
  readonly list: readonly Expression[] | undefined;
}

export function callNamed(call: Named, scope: Scope): Checked {
  const { node, name, list } = call;
  if (find(scope, name) !== undefined) {
    const expected = 'the name of an operator or function';
    fail(scope, checking.wrongSort, call.nameSpan, { found: `'${name}'`, expected });
    return failed;
  }
  const entity = scope.module.entities.get(name);
  if (entity !== undefined) return callEntity(call, entity, scope);
  if (list === undefined && call.sizes === undefined) {
    if (name === 'pi')
      return tensor({ kind: 'constant', value: Math.PI, type: numberType('real'), span: node.span });
    if (name === 'im') {
      notYet(scope, 'the imaginary unit im (complex numbers)', node.span);
      const type = numberType('complex');
      return tensor({ kind: 'complex', word: 'imaginary unit', arguments: [], type, span: node.span });
    }
  }
  if (list !== undefined && call.sizes === undefined) {
    if (isLeaf(name)) return callLeaf(node, name, list, scope);
    if (name === 'permute') return callPermute(node, list, scope);
    const made = callFunction(node, name, list, scope);
    if (made !== undefined) return made;
  }
  return unknownCall(call, scope);
}

function unknownCall({ name, nameSpan, node }: Named, scope: Scope): Checked {
  const step = own(pointwiseSteps, name) !== undefined || pipeWords.some(word => word === name);
  if (step) {
    const expected = `an operator or a tensor; ${name} stands after |>`;
    fail(scope, checking.wrongSort, node.span, { found: `the step ${name}`, expected });
    return failed;
  }
  if (own(generators, name) !== undefined) {
    const expected = 'an expression; a generator stands as the default of a parameter';
    fail(scope, checking.wrongSort, node.span, { found: `the generator ${name}`, expected });
    return failed;
  }
  const known = [...localNames(scope), ...scope.module.entities.keys(), ...reservedWords];
  const near = nearest(name, known);
  const hint = reservedWords.has(name)
    ? `${name} is called with arguments: ${name}(...)`
    : near && `did you mean '${near}'?`;
  fail(scope, checking.unknownName, nameSpan, { name }, { hint });
  return failed;
}

function callEntity(call: Named, entity: Entity, scope: Scope): Checked {
  const { checker } = scope.context;
  const { span } = call.node;
  switch (entity.kind) {
    case 'op':
      return callOperator(call, checker.signatureOf(entity.declaration, entity.module), scope);
    case 'scan': {
      const expected = 'an operator; a scan stands alone and is exported';
      fail(scope, checking.wrongSort, span, { found: `the scan ${call.name}`, expected });
      return failed;
    }
    case 'broken':
      return failed;
    case 'pattern':
      return { sort: 'pattern', pattern: checker.patternOf(entity.declaration, entity.module) };
    case 'shared': {
      const parameter = checker.sharedOf(entity.declaration, entity.module);
      if (call.list !== undefined) return unknownCall(call, scope);
      const unsupported = unsupportedParameter(parameter);
      if (unsupported !== undefined) notYet(scope, unsupported, parameter.span);
      return tensor({ kind: 'parameter', parameter, type: parameter.type, span });
    }
  }
}

/** Another operator, with sizes and arguments; its own `where` is tested when sizes have values. */
function callOperator(call: Named, callee: OperatorSignature, scope: Scope): Checked {
  const { node } = call;
  const sizes = (call.sizes ?? []).map(size => checkSize(size, scope));
  const list = call.list ?? [];
  const given = list.map(each => check(each, scope));
  if (!countsFit(call, callee, scope)) return failed;
  const names = new Map(callee.binders.map((binder, k) => [binder, at(sizes, k).size]));
  const tensors = callee.parameters.map((parameter, k) =>
    argument(callee, parameter, at(list, k), at(given, k), names, scope),
  );
  const known = tensors.filter(each => each !== undefined);
  if (known.length < tensors.length || !conditionsHold(node, callee, sizes, names, scope)) return failed;
  scope.context.calls.add(callee);
  const space = {
    columns: substitute(callee.columns.size, names),
    rows: substitute(callee.rows.size, names),
    complex: callee.complex,
  };
  const made = { kind: 'call', callee, sizes, arguments: known, space, span: node.span } as const;
  return callee.isMap ? { sort: 'map', node: made } : operator(made);
}

function countsFit({ node, sizes, list }: Named, callee: OperatorSignature, scope: Scope): boolean {
  const { binders, parameters, name } = callee;
  const notes = [{ message: `${name} is declared here`, span: callee.span }];
  const count = (words: string, wanted: readonly string[], found: number, open: string, close: string) => {
    if (wanted.length === found) return true;
    const plural = wanted.length === 1 ? words : `${words}s`;
    const expected =
      wanted.length === 0 ? `no ${words}s` : `${wanted.length} ${plural} ${open}${wanted.join(', ')}${close}`;
    fail(scope, checking.wrongCount, node.span, { what: name, expected, found }, { notes });
    return false;
  };
  const parameterNames = parameters.map(each => each.name);
  return (
    count('size', binders, sizes?.length ?? 0, '[', ']') &&
    count('argument', parameterNames, list?.length ?? 0, '(', ')')
  );
}

function argument(
  callee: OperatorSignature,
  parameter: TypedParameter,
  node: Expression,
  checked: Checked,
  names: ReadonlyMap<string, Size>,
  scope: Scope,
): TensorNode | undefined {
  const { type } = parameter;
  const shape = type.shape.map(extent => substitute(extent, names));
  const leaf = `${callee.name}'s ${parameter.name}`;
  const expected = tensorTypeText({ ...type, shape });
  if (checked.sort !== 'tensor') return wrongSort(node, checked, expected, scope);
  const found = checked.node.type;
  const notes = [{ message: `${parameter.name} is declared ${parameter.written}`, span: parameter.span }];
  const complain = () =>
    report(
      checking.leafShape,
      node.span,
      { leaf, expected, found: `${textOf(node)}, ${tensorTypeText(found)}` },
      { notes },
    );
  const kindFits =
    (type.numbers === 'index') === (found.numbers === 'index') &&
    (type.numbers === 'complex' || found.numbers !== 'complex');
  if (!kindFits || shape.length !== found.shape.length) {
    scope.context.diagnostics.push(complain());
    return undefined;
  }
  const agree = shape.every((extent, k) => requireEqual(scope, extent, at(found.shape, k), complain));
  return agree ? checked.node : undefined;
}

/** A `where` of the callee that already fails for the sizes written. */
function conditionsHold(
  node: Expression,
  callee: OperatorSignature,
  sizes: readonly SizeNode[],
  names: ReadonlyMap<string, Size>,
  scope: Scope,
): boolean {
  if (!sizes.every(size => constantOf(size.size) !== undefined)) return true;
  for (const { left, comparison, right, span } of callee.where) {
    const sides = { left: substitute(left.size, names), right: substitute(right.size, names) };
    if (holds({ ...sides, comparison }, new Map()) !== false) continue;
    const [a, b] = [constantOf(sides.left) ?? 0, constantOf(sides.right) ?? 0];
    const notes = [
      { message: `a condition of ${callee.name}${shapeText(sizes.map(size => size.size))}`, span },
    ];
    fail(scope, checking.conditionFails, node.span, { text: textOf({ span }), left: a, right: b }, { notes });
    return false;
  }
  return true;
}
