/**
 * B[j], B[0..m, j, ..], K[w]: positions, ranges and whole axes of a tensor; `f[n]` is a call without
 * arguments.
 */
import type { Expression, Index } from '../../grammar/ast.ts';
import { checking } from '../core/diagnostics/check.ts';
import { at } from '../core/invariant.ts';
import { callNamed } from './call.ts';
import { type Checked, failed, tensor, wrongSort } from './checked.ts';
import { check, sizeArguments } from './expression.ts';
import { fail, find, namesMentioned, type Scope, textOf } from './scope.ts';
import { checkWhole } from './sizes.ts';
import { sizeText } from './sizeText.ts';
import { constantOf, isKnown, type Size, subtract } from './symbolic.ts';
import type { SlicePart } from './typed.ts';

type IndexExpression = Expression & { kind: 'index' };

export function checkIndex(node: IndexExpression, scope: Scope): Checked {
  if (node.target.kind === 'name' && find(scope, node.target.text) === undefined) {
    const { text: name, span: nameSpan } = node.target;
    const entity = scope.module.entities.get(name);
    if (entity?.kind !== 'shared')
      return callNamed({ node, name, nameSpan, sizes: sizeArguments(node), list: undefined }, scope);
  }
  const target = check(node.target, scope);
  if (target.sort !== 'tensor') {
    wrongSort(node.target, target, 'a tensor to index', scope);
    return failed;
  }
  const { type } = target.node;
  if (node.items.length > type.shape.length) {
    const count = type.shape.length;
    const expected =
      count === 0 ? 'no indices: it is a number' : `${count} ${count === 1 ? 'index' : 'indices'}`;
    fail(scope, checking.wrongCount, node.span, {
      what: textOf(node.target),
      expected,
      found: node.items.length,
    });
    return failed;
  }
  const parts = node.items.map((item, k) => axisPart(node, item, at(type.shape, k), scope));
  const known = parts.filter(part => part !== undefined);
  if (known.length < parts.length) return failed;
  const rest = type.shape.slice(known.length);
  const shape = [...known.flatMap(({ length }) => (length === undefined ? [] : [length])), ...rest];
  const all = rest.map(() => ({ kind: 'all', span: node.span }) as const);
  const slice = [...known.map(each => each.part), ...all];
  return tensor({
    kind: 'slice',
    target: target.node,
    parts: slice,
    type: { ...type, shape },
    span: node.span,
  });
}

/** A part of one axis; without a length the axis disappears. */
interface Axis {
  readonly part: SlicePart;
  readonly length: Size | undefined;
}

function axisPart(node: IndexExpression, item: Index, extent: Size, scope: Scope): Axis | undefined {
  const { span } = item;
  switch (item.kind) {
    case 'all':
      return { part: { kind: 'all', span }, length: extent };
    case 'slice': {
      const [from, to] = [checkWhole(item.from, scope), checkWhole(item.to, scope)];
      if (!isKnown(from.size) || !isKnown(to.size)) return undefined;
      if (
        !inRange(node, item, to.size, extent, 1, scope) ||
        !inRange(node, item, from.size, extent, 1, scope)
      )
        return undefined;
      return { part: { kind: 'range', from, to, span }, length: subtract(to.size, from.size) };
    }
    case 'at': {
      if (!readsValues(item.value, scope)) {
        const position = checkWhole(item.value, scope);
        if (!isKnown(position.size)) return undefined;
        if (!inRange(node, item, position.size, extent, 0, scope)) return undefined;
        return { part: { kind: 'position', at: position, span }, length: undefined };
      }
      const checked = check(item.value, scope);
      if (checked.sort !== 'tensor') return wrongSort(item.value, checked, 'a position', scope);
      const { shape, numbers } = checked.node.type;
      if (shape.length > 0 || (numbers !== 'index' && numbers !== 'whole'))
        return wrongSort(item.value, checked, 'a position: a size or an index number', scope);
      return { part: { kind: 'lookup', at: checked.node, span }, length: undefined };
    }
  }
}

/** False after a report: the position is outside at all sizes, as in W[n] of an axis of n. */
function inRange(
  node: IndexExpression,
  item: Index,
  position: Size,
  extent: Size,
  beyond: 0 | 1,
  scope: Scope,
): boolean {
  const past = constantOf(subtract(position, extent));
  const outside = (constantOf(position) ?? 0) < 0 || (past !== undefined && past >= beyond);
  if (!outside) return true;
  const words = { text: textOf(node), index: sizeText(position), extent: sizeText(extent) };
  fail(scope, checking.outOfRange, item.span, words);
  return false;
}

/** Whether a position depends on what is not a size: an index tensor, or the index of a tabulate. */
function readsValues(node: Expression, scope: Scope): boolean {
  return [...namesMentioned(node)].some(name => {
    const entry = find(scope, name)?.entry;
    if (entry === undefined) return scope.module.entities.get(name)?.kind === 'shared';
    return entry.kind !== 'size' && entry.kind !== 'error';
  });
}
