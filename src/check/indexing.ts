/** B[j], B[0..m, j, ..], K[w]: positions, ranges and whole axes of a tensor. */
import type { Expression, Index } from '../../grammar/ast.ts';
import { checking } from '../core/diagnostics/check.ts';
import { at } from '../core/invariant.ts';
import { indexElement, indexLiteral, indexOf, type Tensor } from '../ir/tensor.ts';
import { type AxisPart, slice } from '../ir/tensorAlgebra.ts';
import { fail, type Scope, textOf } from './scope.ts';
import { wholeOf } from './sizes.ts';
import { failed, tensorValue, type Value } from './value.ts';

export function indexTensor(node: Expression & { kind: 'index' }, tensor: Tensor, scope: Scope): Value {
  const { items } = node;
  if (items.length > tensor.shape.length) {
    const expected = `${tensor.shape.length} ${tensor.shape.length === 1 ? 'index' : 'indices'}`;
    return fail(scope, checking.wrongCount, node.span, {
      what: textOf(node.target),
      expected,
      found: items.length,
    });
  }
  const parts: AxisPart[] = [];
  for (const [k, extent] of tensor.shape.entries()) {
    const item = items[k];
    const part = item === undefined ? { start: 0, length: extent } : axisPart(node, item, extent, scope);
    if (part === undefined) return failed;
    parts.push(part);
  }
  return tensorValue(slice(tensor, parts));
}

function axisPart(node: Expression, item: Index, extent: number, scope: Scope): AxisPart | undefined {
  const outside = (index: number): undefined => {
    fail(scope, checking.outOfRange, item.span, { text: textOf(node), index, extent });
    return undefined;
  };
  switch (item.kind) {
    case 'all':
      return { start: 0, length: extent };
    case 'slice': {
      const [from, to] = [wholeOf(item.from, scope), wholeOf(item.to, scope)];
      if (from === undefined || to === undefined) return undefined;
      if (from < 0 || from > to) return outside(from);
      return to > extent ? outside(to) : { start: from, length: to - from };
    }
    case 'at': {
      const table = indexTable(item.value, scope);
      if (table !== undefined) return { at: table };
      const index = wholeOf(item.value, scope);
      if (index === undefined) return undefined;
      return index < 0 || index >= extent ? outside(index) : { at: indexLiteral(index) };
    }
  }
}

/** A parameter of dtype index, or the variable of a tabulate, used as a position. */
function indexTable(node: Expression, scope: Scope) {
  if (node.kind !== 'name') return undefined;
  const value = scope.names.get(node.text)?.();
  if (value?.sort === 'index') return value.scalar;
  if (value?.sort !== 'tensor' || value.tensor.dtype !== 'index' || value.tensor.shape.length > 0)
    return undefined;
  scope.session.used.add(node.text);
  return indexOf(indexElement(value.tensor, []));
}

export const extentOf = (tensor: Tensor, k: number): number => at(tensor.shape, k);
