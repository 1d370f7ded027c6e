/** Indexed sums and products, stacks, block matrices, `tabulate`. */
import type { BigWord, Expression } from '../../grammar/ast.ts';
import { checking } from '../core/diagnostics/check.ts';
import { report } from '../core/diagnostics/diagnostic.ts';
import { at } from '../core/invariant.ts';
import type { Span } from '../core/span.ts';
import { asNumber, asOperator, type Checked, failed, operator, tensor } from './checked.ts';
import { check } from './expression.ts';
import { assuming, define, fail, inner, requireEqual, type Scope, textOf } from './scope.ts';
import { checkSize } from './sizes.ts';
import * as symbolic from './symbolic.ts';
import type { OperatorNode, OperatorWord } from './typed.ts';
import type { Space } from './types.ts';
import { spaceText } from './types.ts';

type Big = Expression & { kind: 'big' };

export function checkBig(node: Big, scope: Scope): Checked {
  const bound = checkSize(node.bound, scope);
  const { variable, span } = node;
  if (node.word === 'tabulate') {
    const inside = inner(scope);
    define(inside, variable, { kind: 'variable' });
    const body = asNumber(node.body, check(node.body, inside), inside, 'a number for each index');
    if (body === undefined) return failed;
    const numbers = body.type.numbers === 'complex' ? 'complex' : 'real';
    const type = { shape: [bound.size], numbers } as const;
    return tensor({ kind: 'tabulate', variable: variable.text, bound, body, type, span });
  }
  const index = symbolic.named(variable.text);
  const inside = assuming(scope, { left: index, comparison: '<', right: bound.size });
  const known = define(inside, variable, { kind: 'size' });
  const body = asOperator(node.body, check(node.body, inside), inside);
  if (body === undefined || !known) return failed;
  const space = indexedSpace(node, node.word, body, bound.size, inside);
  if (space === undefined) return failed;
  return operator({ kind: 'indexed', word: node.word, variable: variable.text, bound, body, space, span });
}

/**
 * The space of the whole; equations between neighbours that are undecided here are tested part by part
 * later.
 */
function indexedSpace(
  node: Big,
  word: OperatorWord,
  { space }: OperatorNode,
  bound: symbolic.Size,
  inside: Scope,
): Space | undefined {
  const index = node.variable.text;
  const own = symbolic.named(index);
  const where = (size: symbolic.Size, value: symbolic.Size) =>
    symbolic.substitute(size, new Map([[index, value]]));
  const first = (size: symbolic.Size) => where(size, symbolic.constant(0));
  const whole = (size: symbolic.Size) => symbolic.totalOver(index, bound, size);
  const equal = (left: symbolic.Size, right: symbolic.Size, scope: Scope): boolean => {
    const { context } = scope;
    const kept = context.pending.length;
    const words = { what: `${word}(${index} < ${textOf(node.bound)})`, left: '', right: '' };
    const good = requireEqual(scope, left, right, (a, b) =>
      report(checking.shapesDisagree, node.body.span, { ...words, left: a, right: b }),
    );
    context.pending.length = kept;
    return good;
  };
  const constant = (size: symbolic.Size): boolean => equal(first(size), size, inside);
  const { columns, rows, complex } = space;
  switch (word) {
    case 'sum':
      return constant(rows) && constant(columns)
        ? { columns: first(columns), rows: first(rows), complex }
        : undefined;
    case 'prod': {
      const next = symbolic.add(own, symbolic.constant(1));
      const follows = assuming(inside, { left: next, comparison: '<', right: bound });
      if (!equal(rows, where(columns, next), follows)) return undefined;
      const last = symbolic.subtract(bound, symbolic.constant(1));
      return { columns: first(columns), rows: where(rows, last), complex };
    }
    case 'dsum':
      return { columns: whole(columns), rows: whole(rows), complex };
    case 'hstack':
      return constant(rows) ? { columns: whole(columns), rows: first(rows), complex } : undefined;
    case 'vstack':
      return constant(columns) ? { columns: first(columns), rows: whole(rows), complex } : undefined;
  }
}

export function checkBigCall(node: Expression & { kind: 'bigCall' }, scope: Scope): Checked {
  const { word, span } = node;
  if (word === 'tabulate') {
    const expected = 'an index and a bound: tabulate(t < n)';
    fail(scope, checking.wrongCount, span, { what: 'tabulate', expected, found: node.arguments.length });
    return failed;
  }
  return checkStack(word, node.arguments, span, scope);
}

/** `[A, B; C, D]`: rows side by side, one above the other. */
export function checkBlock(node: Expression & { kind: 'block' }, scope: Scope): Checked {
  const rows = node.rows.map(row => {
    const [first, last] = [row[0], row.at(-1)];
    const span = { ...node.span, start: first?.span.start ?? 0, end: last?.span.end ?? 0 };
    const checked = checkStack('hstack', row, span, scope);
    return checked.sort === 'operator' ? checked.node : undefined;
  });
  const known = rows.filter(row => row !== undefined);
  if (known.length < rows.length) return failed;
  return stacked('vstack', known, node.span, scope);
}

function checkStack(word: OperatorWord, list: readonly Expression[], span: Span, scope: Scope): Checked {
  const parts = list.map(part => asOperator(part, check(part, scope), scope));
  const known = parts.filter(part => part !== undefined);
  return known.length < parts.length ? failed : stacked(word, known, span, scope);
}

function stacked(word: OperatorWord, parts: readonly OperatorNode[], span: Span, scope: Scope): Checked {
  const spaces = parts.map(part => part.space);
  const [first] = parts;
  if (first === undefined) return failed;
  if (parts.length === 1) return operator(first);
  const disagree = (a: OperatorNode, b: OperatorNode) => () =>
    report(checking.shapesDisagree, b.span, {
      what: stackWords[word],
      left: spaceText(a.space),
      right: spaceText(b.space),
    });
  let good = true;
  for (const [k, part] of parts.entries()) {
    if (k === 0) continue;
    const before = at(parts, k - 1);
    const equal = (left: symbolic.Size, right: symbolic.Size, other: OperatorNode) =>
      requireEqual(scope, left, right, disagree(other, part));
    const fits =
      (word !== 'prod' || equal(before.space.columns, part.space.rows, before)) &&
      ((word !== 'sum' && word !== 'hstack') || equal(first.space.rows, part.space.rows, first)) &&
      ((word !== 'sum' && word !== 'vstack') || equal(first.space.columns, part.space.columns, first));
    good &&= fits;
  }
  if (!good) return failed;
  const complex = spaces.some(space => space.complex);
  const space = { ...stackSpace(word, spaces), complex };
  return operator({ kind: 'stack', word, parts, space, span });
}

const stackWords: Record<BigWord, string> = {
  sum: 'sum',
  prod: 'prod',
  dsum: 'dsum',
  hstack: 'a row of blocks',
  vstack: 'a stack of blocks',
  tabulate: 'tabulate',
};

/** For `prod` the first part is the left-most factor, as in A * B. */
function stackSpace(word: OperatorWord, spaces: readonly Space[]): Pick<Space, 'rows' | 'columns'> {
  const [first, last] = [at(spaces, 0), at(spaces, spaces.length - 1)];
  const columns = () => symbolic.total(spaces.map(space => space.columns));
  const rows = () => symbolic.total(spaces.map(space => space.rows));
  switch (word) {
    case 'sum':
      return first;
    case 'prod':
      return { columns: last.columns, rows: first.rows };
    case 'dsum':
      return { columns: columns(), rows: rows() };
    case 'hstack':
      return { columns: columns(), rows: first.rows };
    case 'vstack':
      return { columns: first.columns, rows: rows() };
  }
}
