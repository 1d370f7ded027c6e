/** Sizes at given numbers: whole, exact, below 2^53. */
import { checking } from '../core/diagnostics/check.ts';
import { leftSpine } from '../core/spine.ts';
import { comparisons } from './comparison.ts';
import { type Place, refuse } from './instance.ts';
import { textOf } from './scope.ts';
import { sizeLimit } from './sizes.ts';
import type { ConditionNode, SizeNode } from './typed.ts';

/** From 0 to 2^31, or nothing after a report. */
export function sizeAt(node: SizeNode, place: Place): number | undefined {
  const value = wholeAt(node, place);
  if (value === undefined || (value >= 0 && value <= sizeLimit)) return value;
  return refuse(place, checking.tooLarge, node.span, { what: textOf(node), value, limit: sizeLimit });
}

/** A whole number that may be negative. */
export function wholeAt(node: SizeNode, place: Place): number | undefined {
  switch (node.kind) {
    case 'literal':
      return node.value;
    case 'name':
      return place.sizes.get(node.name);
    case 'negate': {
      const value = wholeAt(node.operand, place);
      return value === undefined ? undefined : -value;
    }
    case 'arithmetic':
      return arithmetic(node, place);
    case 'if': {
      const taken = conditionAt(node.condition, place);
      return taken === undefined ? undefined : wholeAt(taken ? node.then : node.otherwise, place);
    }
  }
}

type Arithmetic = SizeNode & { kind: 'arithmetic' };

const isArithmetic = (node: SizeNode): node is Arithmetic => node.kind === 'arithmetic';

function arithmetic(node: Arithmetic, place: Place): number | undefined {
  const { first, links } = leftSpine(node, isArithmetic);
  let value = wholeAt(first, place);
  for (const each of links) {
    const right = wholeAt(each.right, place);
    if (value === undefined || right === undefined) return undefined;
    value = bounded(each, value, right, place);
  }
  return value;
}

function bounded(node: Arithmetic, a: number, b: number, place: Place): number | undefined {
  const value = apply(node, a, b, place);
  if (value === undefined) return undefined;
  if (!Number.isInteger(value) && Number.isFinite(value))
    return refuse(place, checking.notWhole, node.span, { text: textOf(node), value });
  if (Number.isSafeInteger(value)) return value;
  return refuse(place, checking.tooLarge, node.span, { what: textOf(node), value, limit: 2 ** 53 });
}

function apply(node: Arithmetic, a: number, b: number, place: Place): number | undefined {
  const inexact = (): undefined => {
    const hint = b === 0 ? undefined : 'sizes divide exactly; ceil(a, b) rounds up';
    const numbers = { text: textOf(node), left: a, right: b };
    const values = [...place.sizes].map(([name, value]) => `${name} = ${value}`).join(', ');
    const notes = values === '' ? [] : [{ message: `with ${values}` }];
    return refuse(place, checking.inexactDivision, node.span, numbers, { hint, notes });
  };
  switch (node.operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '^':
      return a ** b;
    case 'min':
      return Math.min(a, b);
    case 'max':
      return Math.max(a, b);
    case '/':
      return b !== 0 && a % b === 0 ? a / b : inexact();
    case '%':
      return b > 0 ? a - Math.floor(a / b) * b : inexact();
    case 'ceil':
      return b === 0 ? inexact() : Math.ceil(a / b);
  }
}

export function conditionAt(node: ConditionNode, place: Place): boolean | undefined {
  const [left, right] = [wholeAt(node.left, place), wholeAt(node.right, place)];
  return left === undefined || right === undefined ? undefined : comparisons[node.comparison](left, right);
}
