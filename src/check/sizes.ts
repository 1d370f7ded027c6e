/** Expressions in size slots: AST → sizes in symbols. */
import type { Condition, Expression } from '../../grammar/ast.ts';
import { checking } from '../core/diagnostics/check.ts';
import { leftSpine } from '../core/spine.ts';
import { opposite } from './comparison.ts';
import { nearest } from './nearest.ts';
import { assuming, fail, localNames, lookUp, type Scope, textOf } from './scope.ts';
import { evaluate } from './sizeValue.ts';
import * as symbolic from './symbolic.ts';
import type { ConditionNode, SizeNode } from './typed.ts';

export const sizeLimit = 2 ** 31;

/** A size: a whole number from 0 to 2^31. What cannot be read is reported and stands as an unknown. */
export function checkSize(node: Expression, scope: Scope): SizeNode {
  const size = checkWhole(node, scope);
  const value = symbolic.constantOf(size.size);
  if (value !== undefined && (value < 0 || value > sizeLimit)) {
    fail(scope, checking.tooLarge, node.span, { what: textOf(node), value, limit: sizeLimit });
    return errorSize(node);
  }
  return size;
}

export const errorSize = ({ span }: Pick<Expression, 'span'>): SizeNode => ({
  kind: 'literal',
  value: 0,
  size: symbolic.unknown('an unknown size'),
  span,
});

export const literalSize = (value: number, span: SizeNode['span']): SizeNode => ({
  kind: 'literal',
  value,
  size: symbolic.constant(value),
  span,
});

/** A whole number that may be negative, on the way to a size. */
export function checkWhole(node: Expression, scope: Scope): SizeNode {
  const { span } = node;
  switch (node.kind) {
    case 'number':
      return wholeLiteral(node, scope);
    case 'parenthesized':
      return checkWhole(node.inner, scope);
    case 'negate': {
      const operand = checkWhole(node.operand, scope);
      return { kind: 'negate', operand, size: symbolic.subtract(symbolic.constant(0), operand.size), span };
    }
    case 'name':
      return sizeName(node, scope);
    case 'binary':
      return sizeChain(node, scope);
    case 'power':
      return arithmetic('^', checkWhole(node.base, scope), checkWhole(node.exponent, scope), span, scope);
    case 'call': {
      const name = node.callee.kind === 'name' ? node.callee.text : '';
      const [a, b] = node.arguments;
      if ((name !== 'ceil' && name !== 'min' && name !== 'max') || a === undefined || b === undefined)
        return notSize(node, scope, textOf(node));
      if (node.arguments.length === 2)
        return arithmetic(name, checkWhole(a, scope), checkWhole(b, scope), span, scope);
      const expected = '2 arguments';
      fail(scope, checking.wrongCount, span, { what: name, expected, found: node.arguments.length });
      return errorSize(node);
    }
    case 'if': {
      const { condition, whenTrue, whenFalse } = checkCondition(node.condition, scope);
      const [then, otherwise] = [checkWhole(node.then, whenTrue), checkWhole(node.otherwise, whenFalse)];
      const sides = {
        left: condition.left.size,
        comparison: condition.comparison,
        right: condition.right.size,
      };
      const size = symbolic.choice(sides, then.size, otherwise.size);
      return { kind: 'if', condition, then, otherwise, size, span };
    }
    case 'error':
      return errorSize(node);
    case 'string':
    case 'adjoint':
    case 'index':
    case 'big':
    case 'bigCall':
    case 'assume':
    case 'block':
    case 'pipe':
      return notSize(node, scope, textOf(node));
  }
}

function wholeLiteral(node: Expression & { kind: 'number' }, scope: Scope): SizeNode {
  const { value, span } = node;
  if (Number.isSafeInteger(value)) return literalSize(value, span);
  if (!Number.isInteger(value)) return notSize(node, scope, 'a fraction');
  fail(scope, checking.tooLarge, span, { what: textOf(node), value, limit: sizeLimit });
  return errorSize(node);
}

type Binary = Expression & { kind: 'binary' };

const isBinary = (node: Expression): node is Binary => node.kind === 'binary';

/** a ∘ b ∘ c ... */
function sizeChain(node: Binary, scope: Scope): SizeNode {
  const { first, links } = leftSpine(node, isBinary);
  let left = checkWhole(first, scope);
  for (const each of links)
    left = arithmetic(each.operator, left, checkWhole(each.right, scope), each.span, scope);
  return left;
}

type Arithmetic = SizeNode & { kind: 'arithmetic' };

function arithmetic(
  operator: Arithmetic['operator'],
  left: SizeNode,
  right: SizeNode,
  span: SizeNode['span'],
  scope: Scope,
): SizeNode {
  const node: Arithmetic = {
    kind: 'arithmetic',
    operator,
    left,
    right,
    span,
    size: symbolicOf(operator, left, right),
  };
  const divides = operator === '/' || operator === '%' || operator === 'ceil';
  if (divides && symbolic.constantOf(right.size) === 0) {
    fail(scope, checking.inexactDivision, span, { text: textOf(node), left: numberIn(left), right: 0 });
    return errorSize(node);
  }
  const exact = evaluate(node.size, new Map());
  const [a, b] = [symbolic.constantOf(left.size), symbolic.constantOf(right.size)];
  if (operator === '/' && exact === undefined && a !== undefined && b !== undefined) {
    const hint = 'sizes divide exactly; ceil(a, b) rounds up';
    fail(scope, checking.inexactDivision, span, { text: textOf(node), left: a, right: b }, { hint });
    return errorSize(node);
  }
  return node;
}

const numberIn = (node: SizeNode): number => symbolic.constantOf(node.size) ?? Number.NaN;

function symbolicOf(
  operator: Arithmetic['operator'],
  { size: a }: SizeNode,
  { size: b }: SizeNode,
): symbolic.Size {
  switch (operator) {
    case '+':
      return symbolic.add(a, b);
    case '-':
      return symbolic.subtract(a, b);
    case '*':
      return symbolic.multiply(a, b);
    case '/':
      return symbolic.divide(a, b);
    case '^':
      return symbolic.power(a, b);
    case '%':
    case 'ceil':
    case 'min':
    case 'max':
      return symbolic.opaque(operator, a, b);
  }
}

function sizeName(node: Expression & { kind: 'name' }, scope: Scope): SizeNode {
  const name = node.text;
  const entry = lookUp(scope, name);
  if (entry === undefined) {
    if (scope.module.entities.has(name)) return notSize(node, scope, `'${name}'`);
    const near = nearest(name, localNames(scope));
    fail(scope, checking.unknownName, node.span, { name }, { hint: near && `did you mean '${near}'?` });
    return errorSize(node);
  }
  switch (entry.kind) {
    case 'size':
      return { kind: 'name', name, size: symbolic.named(name), span: node.span };
    case 'variable':
      fail(scope, checking.variableInSize, node.span, { name });
      return errorSize(node);
    case 'error':
      return errorSize(node);
    case 'parameter':
    case 'tensor':
    case 'state':
      return notSize(node, scope, `the tensor '${name}'`);
    case 'operator':
    case 'map':
      return notSize(node, scope, `the ${entry.kind} '${name}'`);
  }
}

function notSize(node: Expression, scope: Scope, found: string): SizeNode {
  fail(scope, checking.wrongSort, node.span, { found, expected: 'a size (a whole number)' });
  return errorSize(node);
}

export interface CheckedCondition {
  readonly condition: ConditionNode;
  /** The scope where it holds, and the one where it does not. */
  readonly whenTrue: Scope;
  readonly whenFalse: Scope;
}

export function checkCondition(node: Condition, scope: Scope): CheckedCondition {
  const [left, right] = [checkWhole(node.left, scope), checkWhole(node.right, scope)];
  const { comparison } = node;
  const sides = { left: left.size, right: right.size };
  return {
    condition: { left, comparison, right, span: node.span },
    whenTrue: assuming(scope, { ...sides, comparison }),
    whenFalse: assuming(scope, { ...sides, comparison: opposite[comparison] }),
  };
}
