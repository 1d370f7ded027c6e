/**
 * Expressions outside size slots: AST → typed nodes. Errors are reported where they stand and become the
 * silent sort `error`, so that one run finds several.
 */
import type { Expression } from '../../grammar/ast.ts';
import { checking } from '../core/diagnostics/check.ts';
import { at } from '../core/invariant.ts';
import type { Property } from '../ir/operator.ts';
import { checkChain } from './arithmetic.ts';
import { callNamed } from './call.ts';
import {
  asMap,
  asNumbers,
  asOperator,
  type Checked,
  failed,
  operator,
  tensor,
  wrongSort,
} from './checked.ts';
import { checkBig, checkBigCall, checkBlock } from './combine.ts';
import { checkIndex } from './indexing.ts';
import { nearest } from './nearest.ts';
import { checkPipe } from './pipe.ts';
import { fail, lookUp, type Scope, textOf } from './scope.ts';
import { checkCondition, checkSize } from './sizes.ts';
import { named, type Size } from './symbolic.ts';
import { type NumberKind, numberType, type Space } from './types.ts';
import { agreeInBranches, constrained, numbersAgree, requireSquare } from './unify.ts';

const depthLimit = 600;

export function check(node: Expression, scope: Scope): Checked {
  const { context } = scope;
  if (context.depth >= depthLimit) {
    fail(scope, checking.nesting, node.span, { limit: depthLimit });
    return failed;
  }
  const outside = context.pending;
  context.pending = [];
  context.depth++;
  const checked = withConstraints(checkNode(node, scope), scope);
  context.depth--;
  context.pending = outside;
  return checked;
}

/** Equations that could not be decided stay with the node they were met in, inside the loops around it. */
function withConstraints(checked: Checked, { context }: Scope): Checked {
  const constraints = context.pending;
  if (constraints.length === 0) return checked;
  switch (checked.sort) {
    case 'tensor': {
      const of = checked.node;
      return { sort: 'tensor', node: { kind: 'checked', constraints, of, type: of.type, span: of.span } };
    }
    case 'operator': {
      const of = checked.node;
      return { sort: 'operator', node: { kind: 'checked', constraints, of, space: of.space, span: of.span } };
    }
    case 'map': {
      const of = checked.node;
      return { sort: 'map', node: { kind: 'checked', constraints, of, space: of.space, span: of.span } };
    }
    case 'pattern':
    case 'string':
    case 'error':
      return checked;
  }
}

function checkNode(node: Expression, scope: Scope): Checked {
  const { span } = node;
  switch (node.kind) {
    case 'error':
      return failed;
    case 'number':
      return tensor({ kind: 'constant', value: node.value, type: literalType(node.value), span });
    case 'string':
      return { sort: 'string', value: node.value };
    case 'parenthesized':
      return check(node.inner, scope);
    case 'name':
      return checkName(node, scope);
    case 'negate':
      return checkNegate(node, scope);
    case 'binary':
      return checkChain(node, scope);
    case 'power':
      return checkPower(node, scope);
    case 'adjoint':
      return checkAdjoint(node, scope);
    case 'index':
      return checkIndex(node, scope);
    case 'call':
      return checkCall(node, scope);
    case 'big':
      return checkBig(node, scope);
    case 'bigCall':
      return checkBigCall(node, scope);
    case 'assume':
      return checkAssume(node, scope);
    case 'if':
      return checkIf(node, scope);
    case 'block':
      return checkBlock(node, scope);
    case 'pipe':
      return checkPipe(node, scope);
  }
}

const literalType = (value: number) => numberType(Number.isSafeInteger(value) ? 'whole' : 'real');

function checkName(node: Expression & { kind: 'name' }, scope: Scope): Checked {
  const { text: name, span } = node;
  const entry = lookUp(scope, name);
  switch (entry?.kind) {
    case 'size': {
      const of = { kind: 'name', name, size: named(name), span } as const;
      return tensor({ kind: 'size', of, type: numberType('whole'), span });
    }
    case 'variable':
      return tensor({ kind: 'variable', name, type: numberType('whole'), span });
    case 'parameter': {
      const { parameter } = entry;
      return tensor({ kind: 'parameter', parameter, type: parameter.type, span });
    }
    case 'state':
      return tensor({ kind: 'state', name, type: entry.type, span });
    case 'tensor': {
      const { definition } = entry;
      return tensor({ kind: 'let', definition, type: definition.value.type, span });
    }
    case 'operator': {
      const { definition } = entry;
      return operator({ kind: 'let', definition, space: definition.value.space, span });
    }
    case 'map': {
      const { definition } = entry;
      return { sort: 'map', node: { kind: 'let', definition, space: definition.value.space, span } };
    }
    case 'error':
      return failed;
    case undefined:
      return callNamed({ node, name, nameSpan: span, sizes: undefined, list: undefined }, scope);
  }
}

function checkNegate(node: Expression & { kind: 'negate' }, scope: Scope): Checked {
  const { span } = node;
  const checked = check(node.operand, scope);
  if (checked.sort === 'operator') {
    const factor = { kind: 'constant', value: -1, type: numberType('whole'), span } as const;
    return operator({ kind: 'scale', factor, operator: checked.node, space: checked.node.space, span });
  }
  if (checked.sort === 'map') {
    fail(scope, checking.mapMisuse, span, { what: 'negation' });
    return failed;
  }
  const operand = asNumbers(node.operand, checked, scope, 'a number, tensor or operator');
  return operand === undefined ? failed : tensor({ kind: 'negate', operand, type: operand.type, span });
}

function checkAdjoint(node: Expression & { kind: 'adjoint' }, scope: Scope): Checked {
  let inside: Expression = node;
  let primes = 0;
  for (; inside.kind === 'adjoint'; inside = inside.operand) primes++;
  const checked = check(inside, scope);
  if (checked.sort === 'map') {
    fail(scope, checking.mapMisuse, node.span, { what: "the adjoint '" });
    return failed;
  }
  if (checked.sort !== 'operator') {
    const repair = checked.sort === 'tensor' ? `dense(${textOf(inside)})'` : undefined;
    wrongSort(inside, checked, 'an operator', scope, repair);
    return failed;
  }
  if (primes % 2 === 0) return checked;
  const { columns, rows, complex } = checked.node.space;
  const space = { columns: rows, rows: columns, complex };
  return operator({ kind: 'adjoint', operator: checked.node, space, span: node.span });
}

function checkPower(node: Expression & { kind: 'power' }, scope: Scope): Checked {
  const { span } = node;
  const base = check(node.base, scope);
  if (base.sort === 'map') {
    fail(scope, checking.mapMisuse, span, { what: 'a power' });
    return failed;
  }
  if (base.sort === 'operator') {
    const exponent = checkSize(node.exponent, scope);
    const { space } = base.node;
    return requireSquare('a power', space, span, scope)
      ? operator({ kind: 'power', operator: base.node, exponent, space, span })
      : failed;
  }
  const x = asNumbers(node.base, base, scope, 'a number, tensor or operator');
  const y = asNumbers(node.exponent, check(node.exponent, scope), scope, 'a number');
  if (x === undefined || y === undefined) return failed;
  if (!numbersAgree(x, y, node, scope)) return failed;
  const shape = x.type.shape.length > 0 ? x.type.shape : y.type.shape;
  const numbers = joined(x.type.numbers, y.type.numbers);
  return tensor({ kind: 'power', base: x, exponent: y, type: { shape, numbers }, span });
}

/** What arithmetic on two kinds of numbers gives. */
export const joined = (a: NumberKind, b: NumberKind): NumberKind =>
  a === 'complex' || b === 'complex' ? 'complex' : a === 'whole' && b === 'whole' ? 'whole' : 'real';

function checkCall(node: Expression & { kind: 'call' }, scope: Scope): Checked {
  const { callee, arguments: list } = node;
  if (callee.kind === 'name')
    return callNamed({ node, name: callee.text, nameSpan: callee.span, sizes: undefined, list }, scope);
  if (callee.kind === 'index' && callee.target.kind === 'name') {
    const { text: name, span: nameSpan } = callee.target;
    return callNamed({ node, name, nameSpan, sizes: sizeArguments(callee), list }, scope);
  }
  const expected = 'the name of an operator or function';
  fail(scope, checking.wrongSort, callee.span, { found: textOf(callee), expected });
  return failed;
}

/** The indices of `f[n, b]` read as sizes. */
export const sizeArguments = (node: Expression & { kind: 'index' }): Expression[] =>
  node.items.map(item => (item.kind === 'at' ? item.value : { kind: 'error', span: item.span }));

const properties: readonly Property[] = ['orthogonal', 'symmetric', 'psd', 'invertible'];

function checkAssume(node: Expression & { kind: 'assume' }, scope: Scope): Checked {
  const inside = asOperator(node.operand, check(node.operand, scope), scope);
  const { text: name, span } = node.property;
  const property = properties.find(each => each === name);
  if (property === undefined) {
    const near = nearest(name, properties);
    const hint =
      near === undefined ? `the properties are ${properties.join(', ')}` : `did you mean '${near}'?`;
    fail(scope, checking.unknownName, span, { name }, { hint });
  }
  if (inside === undefined || property === undefined) return failed;
  const { space } = inside;
  if (!requireSquare(`assume ${property}`, space, node.span, scope)) return failed;
  return operator({ kind: 'assume', property, operator: inside, space, span: node.span });
}

/**
 * Both branches are checked, each under its side of the condition; their types must agree where the
 * condition is not.
 */
function checkIf(node: Expression & { kind: 'if' }, scope: Scope): Checked {
  const { condition, whenTrue, whenFalse } = checkCondition(node.condition, scope);
  const [yes, no] = [check(node.then, whenTrue), check(node.otherwise, whenFalse)];
  if (yes.sort === 'error' || no.sort === 'error') return failed;
  const { span } = node;
  if (yes.sort === 'tensor' && no.sort === 'tensor') {
    const [a, b] = [yes.node.type, no.node.type];
    const agreed = agreeInBranches(a.shape, b.shape, whenTrue, whenFalse, node);
    if (agreed === undefined) return failed;
    const type = { shape: agreed.sizes, numbers: joined(a.numbers, b.numbers) };
    const [then, otherwise] = [constrained(yes.node, agreed.then), constrained(no.node, agreed.otherwise)];
    return tensor({ kind: 'if', condition, then, otherwise, type, span });
  }
  if (yes.sort === 'operator' && no.sort === 'operator') {
    const agreed = agreeInBranches(sizesOf(yes.node), sizesOf(no.node), whenTrue, whenFalse, node);
    if (agreed === undefined) return failed;
    const space = spaceOf(agreed.sizes, yes.node.space.complex || no.node.space.complex);
    const [then, otherwise] = [constrained(yes.node, agreed.then), constrained(no.node, agreed.otherwise)];
    return operator({ kind: 'if', condition, then, otherwise, space, span });
  }
  const [thenMap, otherMap] = [asMap(node.then, yes, scope), asMap(node.otherwise, no, scope)];
  if (thenMap === undefined || otherMap === undefined) return failed;
  const agreed = agreeInBranches(sizesOf(thenMap), sizesOf(otherMap), whenTrue, whenFalse, node);
  if (agreed === undefined) return failed;
  const space = spaceOf(agreed.sizes, thenMap.space.complex || otherMap.space.complex);
  const [then, otherwise] = [constrained(thenMap, agreed.then), constrained(otherMap, agreed.otherwise)];
  return { sort: 'map', node: { kind: 'if', condition, then, otherwise, space, span } };
}

const sizesOf = ({ space }: { readonly space: Space }): readonly Size[] => [space.columns, space.rows];

const spaceOf = (sizes: readonly Size[], complex: boolean): Space => ({
  columns: at(sizes, 0),
  rows: at(sizes, 1),
  complex,
});
