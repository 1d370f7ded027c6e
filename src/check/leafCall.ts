/** Leaves and combinators called like functions, by the rows of the leaf table. */
import type { Expression } from '../../grammar/ast.ts';
import { checking } from '../core/diagnostics/check.ts';
import { report } from '../core/diagnostics/diagnostic.ts';
import { asOperator, type Checked, describe, failed, operator, wrongSort } from './checked.ts';
import { check } from './expression.ts';
import { type LeafName, type LeafSpace, leafTable, type Slot, slotTable } from './leafTable.ts';
import { fail, notYet, requireEqual, type Scope, textOf } from './scope.ts';
import { checkSize, checkWhole } from './sizes.ts';
import { product } from './symbolic.ts';
import type { LeafArgument } from './typed.ts';

/** A sparse operator is written out entry by entry. */
const entryLimit = 1024;

export function callLeaf(
  node: Expression,
  name: LeafName,
  list: readonly Expression[],
  scope: Scope,
): Checked {
  const row = leafTable[name];
  const { slots } = row;
  if (list.length !== slots.length) {
    const words = slots.map(slot => slotTable[slot].words).join(', ');
    const expected = `${slots.length} argument${slots.length === 1 ? '' : 's'} (${words})`;
    fail(scope, checking.wrongCount, node.span, { what: name, expected, found: list.length });
    return failed;
  }
  const given = slots.map((slot, k) => {
    const each = list[k];
    return each && argument(name, each, slot, scope);
  });
  const known = given.filter(each => each !== undefined);
  if (known.length < given.length) return failed;
  if (row.unsupported !== undefined) notYet(scope, row.unsupported, node.span);
  for (const each of known) {
    if (each.kind !== 'pattern') continue;
    const { name: pattern, entries } = each.pattern;
    if (entries === undefined) notYet(scope, `the pattern ${pattern}, whose file was not found,`, node.span);
    else if (entries.length > entryLimit)
      notYet(scope, `a pattern of ${entries.length} entries (more than ${entryLimit})`, node.span);
  }
  const space = row.space(...(known.map(symbolicOf) as never[]));
  for (const { left, right, expected } of space.equations ?? []) {
    const complain = () =>
      report(checking.leafShape, node.span, { leaf: name, expected, found: foundText(known, list) });
    if (!requireEqual(scope, left, right, complain)) return failed;
  }
  return operator({
    kind: 'leaf',
    leaf: name,
    arguments: known,
    space: { ...sides(space), complex: isComplex(name, known) },
    span: node.span,
  });
}

const sides = ({ columns, rows }: LeafSpace) => ({ columns, rows });

const isComplex = (name: LeafName, list: readonly LeafArgument[]): boolean =>
  leafTable[name].complex === true ||
  list.some(
    each =>
      (each.kind === 'tensor' && each.node.type.numbers === 'complex') ||
      (each.kind === 'operator' && each.node.space.complex),
  );

/** What a row's `space` reads for an argument. */
function symbolicOf(argument: LeafArgument): unknown {
  switch (argument.kind) {
    case 'size':
      return argument.node.size;
    case 'tensor':
      return argument.node.type.shape;
    case 'operator':
      return argument.node.space;
    case 'pattern':
      return argument.pattern;
  }
}

const foundText = (known: readonly LeafArgument[], list: readonly Expression[]): string =>
  known
    .map((each, k) => {
      const text = list[k] === undefined ? '' : textOf(list[k]);
      if (each.kind === 'tensor') return `${text}, ${describe({ sort: 'tensor', node: each.node })}`;
      return each.kind === 'operator' ? `${text}, ${describe({ sort: 'operator', node: each.node })}` : text;
    })
    .join(', and ');

function argument(leaf: LeafName, node: Expression, slot: Slot, scope: Scope): LeafArgument | undefined {
  if (slot === 'size') return { kind: 'size', node: checkSize(node, scope) };
  if (slot === 'whole') return { kind: 'size', node: checkWhole(node, scope) };
  const checked = check(node, scope);
  if (slot === 'operator') {
    if (checked.sort === 'map') return fail(scope, checking.mapMisuse, node.span, { what: leaf });
    const own = asOperator(node, checked, scope);
    return own && { kind: 'operator', node: own };
  }
  if (slot === 'pattern')
    return checked.sort === 'pattern'
      ? { kind: 'pattern', pattern: checked.pattern }
      : wrongSort(node, checked, 'a pattern', scope);
  if (checked.sort === 'error') return undefined;
  if (checked.sort === 'tensor') {
    const { shape, numbers } = checked.node.type;
    if (shape.length === slotTable[slot].axes && (slot === 'indices') === (numbers === 'index'))
      return { kind: 'tensor', node: checked.node };
  }
  const found = `${textOf(node)}, ${describe(checked)}`;
  const expected = slotTable[slot].words;
  return fail(
    scope,
    checking.leafShape,
    node.span,
    { leaf, expected, found },
    { hint: otherLeaf(leaf, checked) },
  );
}

/** dense, diag or blockdiag by the number of axes. */
function otherLeaf(leaf: LeafName, checked: Checked): string | undefined {
  if (checked.sort === 'operator' && (leaf === 'dense' || leaf === 'diag' || leaf === 'blockdiag'))
    return 'it is an operator already';
  if (checked.sort !== 'tensor' || !['diag', 'dense', 'blockdiag'].includes(leaf)) return undefined;
  const better = [undefined, 'diag', 'dense', 'blockdiag'][checked.node.type.shape.length];
  return better === undefined || better === leaf ? undefined : `did you mean ${better}(...)?`;
}

const axesOf = (side: string): string[] =>
  side
    .trim()
    .split(/\s+/)
    .filter(word => word !== '');

/** permute("a b c -> c a b", A, B, C): einops' axes, sizes in the order of the left side. */
export function callPermute(node: Expression, list: readonly Expression[], scope: Scope): Checked {
  const [text, ...sizes] = list;
  const bad = (why: string): Checked => {
    fail(scope, checking.badPermute, (text ?? node).span, { why });
    return failed;
  };
  const spelled = text === undefined ? failed : check(text, scope);
  if (spelled.sort === 'error' && text !== undefined) return failed;
  if (spelled.sort !== 'string') return bad('the first argument is a string of axes');
  const [left, right, more] = spelled.value.split('->').map(axesOf);
  if (left === undefined || right === undefined || more !== undefined) return bad('write "left -> right"');
  if (new Set(left).size !== left.length) return bad('an axis is named twice');
  const equal = left.length === right.length && new Set(right).size === right.length;
  if (!equal || right.some(axis => !left.includes(axis))) return bad('the two sides name different axes');
  if (sizes.length !== left.length) return bad(`${left.length} axes and ${sizes.length} sizes`);
  const extents = sizes.map(size => checkSize(size, scope));
  const order = right.map(axis => left.indexOf(axis));
  const n = product(extents.map(extent => extent.size));
  const space = { columns: n, rows: n, complex: false };
  return operator({ kind: 'permute', extents, order, space, span: node.span });
}
