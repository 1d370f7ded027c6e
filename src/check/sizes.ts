/** Expressions in size slots: whole numbers, exact division. */
import type { Condition, Expression } from '../../grammar/ast.ts';
import { checking } from '../core/diagnostics/check.ts';
import { fail, nearest, type Scope, textOf } from './scope.ts';
import { describe } from './value.ts';

export const sizeLimit = 2 ** 31;

/** The value of a size, or nothing after a report. */
export function sizeOf(node: Expression, scope: Scope): number | undefined {
  const value = wholeOf(node, scope);
  if (value === undefined) return undefined;
  if (value < 0 || value > sizeLimit) return tooLarge(node, scope, value);
  return value;
}

function tooLarge(node: Expression, scope: Scope, value: number): undefined {
  fail(scope, checking.tooLarge, node.span, { what: textOf(node), value, limit: sizeLimit });
  return undefined;
}

/** A whole number that may be negative on the way to a size. */
export function wholeOf(node: Expression, scope: Scope): number | undefined {
  switch (node.kind) {
    case 'number':
      return Number.isInteger(node.value) ? node.value : notSize(node, scope, 'a fraction');
    case 'parenthesized':
      return wholeOf(node.inner, scope);
    case 'negate':
      return map1(wholeOf(node.operand, scope), value => -value);
    case 'name': {
      const value = scope.names.get(node.text)?.();
      if (value === undefined) {
        const near = nearest(node.text, scope.names.keys());
        fail(
          scope,
          checking.unknownName,
          node.span,
          { name: node.text },
          { hint: near && `did you mean '${near}'?` },
        );
        return undefined;
      }
      scope.session.used.add(node.text);
      if (value.sort === 'error') return undefined;
      return value.sort === 'number' && Number.isInteger(value.value)
        ? value.value
        : notSize(node, scope, describe(value));
    }
    case 'binary':
      return arithmetic(node, scope);
    case 'power':
      return map2(wholeOf(node.base, scope), wholeOf(node.exponent, scope), (a, b) =>
        b < 0 ? notSize(node, scope, 'a fraction') : a ** b,
      );
    case 'call': {
      const name = node.callee.kind === 'name' ? node.callee.text : '';
      const functions: Record<string, (a: number, b: number) => number> = {
        ceil: (a, b) => Math.ceil(a / b),
        min: Math.min,
        max: Math.max,
      };
      const apply = Object.hasOwn(functions, name) ? functions[name] : undefined;
      const [a, b] = node.arguments;
      if (apply === undefined || a === undefined || b === undefined || node.arguments.length !== 2)
        return notSize(node, scope, textOf(node));
      return map2(wholeOf(a, scope), wholeOf(b, scope), (x, y) =>
        name === 'ceil' && y === 0 ? notSize(node, scope, 'a division by 0') : apply(x, y),
      );
    }
    case 'if': {
      const holds = conditionOf(node.condition, scope);
      return holds === undefined ? undefined : wholeOf(holds ? node.then : node.otherwise, scope);
    }
    default:
      return notSize(node, scope, textOf(node));
  }
}

function arithmetic(node: Expression & { kind: 'binary' }, scope: Scope): number | undefined {
  return map2(wholeOf(node.left, scope), wholeOf(node.right, scope), (a, b) => {
    switch (node.operator) {
      case '+':
        return a + b;
      case '-':
        return a - b;
      case '*':
        return a * b;
      case '/':
      case '%':
        if (node.operator === '%' && b > 0) return a - Math.floor(a / b) * b;
        if (b !== 0 && a % b === 0) return a / b;
        fail(
          scope,
          checking.inexactDivision,
          node.span,
          { text: textOf(node), left: a, right: b },
          { hint: 'sizes divide exactly; ceil(a, b) rounds up' },
        );
        return undefined;
    }
  });
}

function notSize(node: Expression, scope: Scope, found: string): undefined {
  fail(scope, checking.wrongSort, node.span, { found, expected: 'a size (a whole number)' });
  return undefined;
}

const map1 = <T>(a: T | undefined, apply: (a: T) => T | undefined): T | undefined =>
  a === undefined ? undefined : apply(a);

function map2(
  a: number | undefined,
  b: number | undefined,
  apply: (a: number, b: number) => number | undefined,
): number | undefined {
  if (a === undefined || b === undefined) return undefined;
  return apply(a, b);
}

/** Whether a condition on sizes holds, or nothing after a report. */
export function conditionOf(condition: Condition, scope: Scope): boolean | undefined {
  const [left, right] = [wholeOf(condition.left, scope), wholeOf(condition.right, scope)];
  if (left === undefined || right === undefined) return undefined;
  switch (condition.comparison) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<=':
      return left <= right;
    case '>=':
      return left >= right;
    case '<':
      return left < right;
    case '>':
      return left > right;
  }
}
