/**
 * Expressions as items of a page. Parentheses are nodes of the tree, so precedence never has to be restored. Chains are
 * walked along their spine, not recursively: they may be thousands long.
 */
import { invariant } from '../src/core/invariant.ts';
import type { BinaryOperator, Condition, Expression, Index, Name } from './ast.ts';
import { close, closingLine, dedent, fill, type Item, indent, line, open, space } from './layout.ts';

/** Items so far; printing appends. */
export type Items = Item[];

export const token = (items: Items, text: string): void => {
  items.push({ kind: 'token', text });
};

/** On one line, or filling lines of their own between the brackets. */
export function bracketed<Node>(
  items: Items,
  brackets: readonly [string, string],
  nodes: readonly Node[],
  print: (node: Node) => void,
): void {
  items.push(open);
  enclosed(items, brackets, nodes, print);
  items.push(close);
}

/** As `bracketed`, with the breaks at the brackets in the group around. */
export function enclosed<Node>(
  items: Items,
  [opening, closing]: readonly [string, string],
  nodes: readonly Node[],
  print: (node: Node) => void,
): void {
  token(items, opening);
  items.push(indent, line(''));
  separated(items, nodes, print);
  items.push(dedent, closingLine(''));
  token(items, closing);
}

export function separated<Node>(items: Items, nodes: readonly Node[], print: (node: Node) => void): void {
  for (const [k, node] of nodes.entries()) {
    if (k > 0) {
      token(items, ',');
      items.push(fill(' '));
    }
    print(node);
  }
}

export const printNames = (items: Items, names: readonly Name[]): void =>
  bracketed(items, ['[', ']'], names, ({ text }) => token(items, text));

/** Sizes in brackets, written tightly: `[n/b, k+1]`. */
export const printSizes = (items: Items, sizes: readonly Expression[]): void =>
  bracketed(items, ['[', ']'], sizes, size => printExpression(items, size, 'tight'));

export function printCondition(items: Items, { left, comparison, right }: Condition): void {
  printExpression(items, left);
  items.push(space);
  token(items, comparison);
  items.push(space);
  printExpression(items, right);
}

/** In sizes and exponents sums are written without spaces too. */
type Spacing = 'spaced' | 'tight';

export function printExpression(items: Items, node: Expression, spacing: Spacing = 'spaced'): void {
  switch (node.kind) {
    case 'name':
    case 'number':
      return token(items, node.text);
    case 'string':
      return token(items, `"${node.value}"`);
    case 'parenthesized':
      return bracketed(items, ['(', ')'], [node.inner], inner => printExpression(items, inner, spacing));
    case 'negate':
      token(items, '-');
      return printExpression(items, node.operand, spacing);
    case 'binary':
      return printChain(items, node, spacing);
    case 'power':
      printExpression(items, node.base);
      token(items, '^');
      return printExpression(items, node.exponent, 'tight');
    case 'adjoint':
    case 'index':
    case 'call':
      return printPostfix(items, node);
    case 'big':
      return printIndexed(items, node);
    case 'bigCall':
      token(items, node.word);
      return printArguments(items, node.arguments);
    case 'assume':
      token(items, 'assume');
      items.push(space);
      token(items, node.property.text);
      return printArguments(items, [node.operand]);
    case 'if':
      return printConditional(items, node);
    case 'block':
      return printBlock(items, node.rows);
    case 'pipe':
      return printPipe(items, node.steps);
    case 'error':
      return invariant(false, 'a source with syntax errors has no printed form');
  }
}

const printArguments = (items: Items, nodes: readonly Expression[]): void =>
  bracketed(items, ['(', ')'], nodes, argument => printExpression(items, argument));

type Binary = Expression & { readonly kind: 'binary' };
interface Link {
  readonly operator: BinaryOperator;
  readonly operand: Expression;
}

const isSum = ({ operator }: { readonly operator: BinaryOperator }): boolean =>
  operator === '+' || operator === '-';

/** `first + a - b` or `first * a / b`, from the left-deep tree. */
function chainOf(node: Binary): { readonly first: Expression; readonly links: readonly Link[] } {
  const links: Link[] = [];
  let first: Expression = node;
  while (first.kind === 'binary' && isSum(first) === isSum(node)) {
    links.push({ operator: first.operator, operand: first.right });
    first = first.left;
  }
  return { first, links: links.reverse() };
}

/** Lines break before operators. Products of sizes and numbers are tight: `k*p`, `2^k/n`, `2*pi*t`. */
function printChain(items: Items, node: Binary, spacing: Spacing): void {
  const { first, links } = chainOf(node);
  const isTight = (!isSum(node) || spacing === 'tight') && isScalarLike(node, 6);
  items.push(open);
  printExpression(items, first, spacing);
  items.push(indent);
  for (const { operator, operand } of links) {
    items.push(fill(isTight ? '' : ' '));
    token(items, operator);
    if (!isTight) items.push(space);
    printExpression(items, operand, spacing);
  }
  items.push(dedent, close);
}

/** Names, numbers and their arithmetic, of limited depth. Capital letters are matrices by custom, not sizes. */
function isScalarLike(node: Expression, depth: number): boolean {
  if (depth === 0) return false;
  switch (node.kind) {
    case 'name':
      return !/^[A-Z]/.test(node.text);
    case 'number':
      return true;
    case 'parenthesized':
      return isScalarLike(node.inner, depth - 1);
    case 'negate':
      return isScalarLike(node.operand, depth - 1);
    case 'power':
      return isScalarLike(node.base, depth - 1) && isScalarLike(node.exponent, depth - 1);
    case 'binary': {
      const { first, links } = chainOf(node);
      return isScalarLike(first, depth - 1) && links.every(({ operand }) => isScalarLike(operand, depth - 1));
    }
    case 'string':
    case 'adjoint':
    case 'index':
    case 'call':
    case 'big':
    case 'bigCall':
    case 'assume':
    case 'if':
    case 'block':
    case 'pipe':
    case 'error':
      return false;
  }
}

type Postfix = Expression & { readonly kind: 'adjoint' | 'index' | 'call' };

function printPostfix(items: Items, node: Postfix): void {
  const outer: Postfix[] = [];
  let base: Expression = node;
  while (base.kind === 'adjoint' || base.kind === 'index' || base.kind === 'call') {
    outer.push(base);
    base = base.kind === 'adjoint' ? base.operand : base.kind === 'index' ? base.target : base.callee;
  }
  printExpression(items, base);
  for (const each of outer.reverse()) {
    if (each.kind === 'adjoint') token(items, "'");
    else if (each.kind === 'call') printArguments(items, each.arguments);
    else bracketed(items, ['[', ']'], each.items, index => printIndex(items, index));
  }
}

function printIndex(items: Items, index: Index): void {
  switch (index.kind) {
    case 'all':
      return token(items, '..');
    case 'at':
      return printExpression(items, index.value, 'tight');
    case 'slice':
      printExpression(items, index.from, 'tight');
      token(items, '..');
      return printExpression(items, index.to, 'tight');
  }
}

function printIndexed(items: Items, node: Expression & { readonly kind: 'big' }): void {
  token(items, node.word);
  token(items, '(');
  token(items, node.variable.text);
  items.push(space);
  token(items, '<');
  items.push(space);
  printExpression(items, node.bound);
  token(items, ')');
  items.push(space);
  printExpression(items, node.body);
}

/** `if c then A` and each `else` on a line of its own when they do not fit on one. */
function printConditional(items: Items, node: Expression & { readonly kind: 'if' }): void {
  items.push(open);
  for (let each = node; ; ) {
    token(items, 'if');
    items.push(space);
    printCondition(items, each.condition);
    items.push(space);
    token(items, 'then');
    items.push(indent, open, line(' '));
    printExpression(items, each.then);
    items.push(close, dedent, line(' '));
    token(items, 'else');
    items.push(space);
    if (each.otherwise.kind !== 'if') {
      printExpression(items, each.otherwise);
      break;
    }
    each = each.otherwise;
  }
  items.push(close);
}

/** Rows on lines of their own when the block does not fit on one. */
function printBlock(items: Items, rows: readonly (readonly Expression[])[]): void {
  items.push(open);
  token(items, '[');
  items.push(indent, line(''));
  for (const [k, row] of rows.entries()) {
    if (k > 0) {
      token(items, ';');
      items.push(line(' '));
    }
    items.push(open, indent);
    separated(items, row, entry => printExpression(items, entry));
    items.push(dedent, close);
  }
  items.push(dedent, closingLine(''));
  token(items, ']');
  items.push(close);
}

function printPipe(items: Items, steps: readonly Expression[]): void {
  items.push(open);
  for (const [k, step] of steps.entries()) {
    if (k === 1) items.push(indent);
    if (k > 0) {
      items.push(fill(' '));
      token(items, '|>');
      items.push(space);
    }
    printExpression(items, step);
  }
  items.push(dedent, close);
}
