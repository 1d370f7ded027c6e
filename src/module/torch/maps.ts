/** Index maps as PyTorch moves numbers: grids are permuted, slices taken, what is left goes by a table of positions. */
import {
  atom,
  call,
  list,
  method,
  named,
  number,
  type Python,
  subscript,
  textOf,
  tuple,
} from '../../../codegen/python.ts';
import { at } from '../../core/invariant.ts';
import { type IndexMap, isIdentity, mapAt } from '../../ir/indexMap.ts';
import { mapIndexScalar } from '../../ir/indexMapScalar.ts';
import { axis } from '../../ir/tensor.ts';
import { tablesOf } from '../../ir/traverse.ts';
import { onDevice } from './scalars.ts';
import type { TensorWriter } from './tensors.ts';

/** y[i] = x[map(i)] along axis 1. */
export function gathered(map: IndexMap, x: Python, tensors: TensorWriter): Python {
  const grid = gridOf(map);
  if (grid !== undefined) return permuted(x, grid.extents, grid.order);
  const slice = sliceOf(map);
  if (slice !== undefined) return subscript(x, atom(':'), atom(`${slice.start}:${slice.start + map.domain}`));
  if (isReversal(map)) return method(x, 'flip', 1);
  return method(x, 'index_select', 1, tableOf(map, tensors));
}

/** y[map(i)] += x[i] along axis 1, zeros elsewhere. */
export function scattered(map: IndexMap, x: Python, tensors: TensorWriter): Python {
  const grid = gridOf(map);
  if (grid !== undefined) {
    const { extents, order } = grid;
    const back = order.map((_, k) => order.indexOf(k));
    return permuted(
      x,
      order.map(k => at(extents, k)),
      back,
    );
  }
  const slice = sliceOf(map);
  if (slice !== undefined) return call('F.pad', x, tuple(slice.start, map.range - slice.start - map.domain));
  if (isReversal(map)) return method(x, 'flip', 1);
  const zeros = method(x, 'new_zeros', subscript(atom(`${nameOf(x)}.shape`), 0), map.range);
  return method(zeros, 'index_add', 1, tableOf(map, tensors), x);
}

const nameOf = (x: Python): string => (x.kind === 'atom' ? x.text : 'x');

function permuted(x: Python, extents: readonly number[], order: readonly number[]): Python {
  const grid = method(x, 'unflatten', 1, tuple(...extents));
  const turned =
    order.length === 2
      ? ({ kind: 'attribute', of: grid, name: 'mT' } as const)
      : method(grid, 'permute', 0, ...order.map(k => k + 1));
  return method(turned, 'flatten', 1);
}

/** A grid whose axes are read in another order. */
function gridOf(map: IndexMap): { extents: readonly number[]; order: readonly number[] } | undefined {
  if (map.kind !== 'strided' || map.domain !== map.range || map.offset !== 0 || map.digits.length < 2)
    return undefined;
  const source = map.digits.toSorted((a, b) => b.stride - a.stride);
  let stride = 1;
  for (const digit of source.toReversed()) {
    if (digit.stride !== stride) return undefined;
    stride *= digit.extent;
  }
  return {
    extents: source.map(({ extent }) => extent),
    order: map.digits.map(digit => source.indexOf(digit)),
  };
}

function sliceOf(map: IndexMap): { readonly start: number } | undefined {
  if (map.kind !== 'strided' || map.digits.length > 1) return undefined;
  const [digit] = map.digits;
  return digit === undefined || digit.stride === 1 ? { start: map.offset } : undefined;
}

const isReversal = (map: IndexMap): boolean =>
  map.kind === 'strided' &&
  map.digits.length === 1 &&
  map.digits[0]?.stride === -1 &&
  map.domain === map.range;

/** The positions that a map reads, as a tensor of indices. */
export function tableOf(map: IndexMap, tensors: TensorWriter): Python {
  if (map.kind === 'data') return tensors.along(map.table, [0]);
  // Known positions that no formula says are listed; others are computed.
  if (tablesOf(map).length === 0 && isListed(map)) {
    const values = Array.from({ length: map.domain }, (_, i) => number(mapAt(map, i)));
    return named(call('torch.tensor', list(...values)), onDevice);
  }
  return tensors.table(mapIndexScalar(map, axis(0)), map.domain);
}

/** The same without a function around it, as text; nothing for 0, 1, … */
export function placesOf(map: IndexMap): string | undefined {
  if (isIdentity(map)) return undefined;
  const grid = gridOf(map);
  const values = Array.from({ length: map.domain }, (_, i) => number(mapAt(map, i)));
  if (grid === undefined) return textOf(call('torch.tensor', list(...values)));
  const { extents, order } = grid;
  const counted = method(call('torch.arange', map.domain), 'reshape', ...extents);
  return textOf(method(method(counted, 'permute', ...order), 'flatten'));
}

function isListed(map: IndexMap): boolean {
  switch (map.kind) {
    case 'table':
    case 'bitLinear':
      return true;
    case 'tensor':
    case 'compose':
      return isListed(map.outer) || isListed(map.inner);
    case 'directSum':
      return true;
    case 'strided':
    case 'affine':
    case 'data':
      return false;
  }
}
