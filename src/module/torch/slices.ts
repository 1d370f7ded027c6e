/** Reading a tensor along ranges: slices of PyTorch, with axes in the order of the result. */
import { atom, attribute, method, number, type Python, subscript } from '../../../codegen/python.ts';
import { at } from '../../core/invariant.ts';
import type { IndexScalar } from '../../ir/tensor.ts';
import type { Place } from './scalars.ts';

/** One axis of what is read: a single place, or a range along a place of the result (−1 where there is none). */
export interface Dimension {
  readonly position: number;
  readonly offset: number;
  readonly whole: boolean;
}

/** Nothing where the positions are no range within the axis. */
export function dimension(index: IndexScalar, extent: number, place: Place): Dimension | undefined {
  const { variable, offset } = shifted(index);
  if (variable === undefined)
    return offset === undefined ? undefined : { position: -1, offset, whole: extent === 1 && offset === 0 };
  const position =
    variable.kind === 'axis'
      ? place.axes.get(variable.axis)
      : variable.kind === 'bound'
        ? place.variables.get(variable.variable)
        : undefined;
  if (offset === undefined) return undefined;
  if (position === undefined) return { position: -1, offset, whole: extent === 1 && offset === 0 };
  const length = at(place.extents, position);
  if (offset < 0 || offset + length > extent) return undefined;
  return { position, offset, whole: offset === 0 && length === extent };
}

/** variable + offset. */
function shifted(index: IndexScalar): { variable?: IndexScalar; offset?: number } {
  if (index.kind === 'literal') return { offset: index.value };
  if (index.kind === 'axis' || index.kind === 'bound') return { variable: index, offset: 0 };
  if (index.kind !== 'apply' || (index.function !== 'add' && index.function !== 'subtract'))
    return { variable: index };
  const [left, right] = [at(index.arguments, 0), at(index.arguments, 1)];
  const [variable, literal] = right.kind === 'literal' ? [left, right] : [right, left];
  if (literal.kind !== 'literal' || (variable.kind !== 'axis' && variable.kind !== 'bound'))
    return { variable: index };
  if (index.function === 'subtract' && literal !== right) return { variable: index };
  return { variable, offset: index.function === 'add' ? literal.value : -literal.value };
}

/** Slices, then the axes in the order of the result with empty ones between and behind. */
export function selected(base: Python, dims: readonly Dimension[], extents: readonly number[]): Python {
  const kept = dims.map(({ position }) => position).filter(position => position >= 0);
  const sorted = kept.toSorted((a, b) => a - b);
  const isSorted = kept.every((position, k) => position === sorted[k]);
  const sliceText = ({ position, offset, whole }: Dimension): Python =>
    position < 0
      ? number(offset)
      : atom(whole ? ':' : `${offset === 0 ? '' : offset}:${offset + at(extents, position)}`);
  const slices = dims.map(sliceText);
  if (isSorted) {
    const places = Array.from(
      { length: kept.length === 0 ? 0 : extents.length - at(sorted, 0) },
      (_, k) => k + at(sorted, 0),
    );
    const items: Python[] = [];
    let next = 0;
    dims.forEach(({ position }, k) => {
      while (position >= 0 && places[next] !== position) {
        items.push(atom('None'));
        next++;
      }
      items.push(at(slices, k));
      if (position >= 0) next++;
    });
    items.push(...places.slice(next).map(() => atom('None')));
    return indexed(base, items);
  }
  const cut = indexed(base, slices);
  const order = sorted.map(position => kept.indexOf(position));
  const turned = order.length === 2 ? attribute(cut, 'mT') : method(cut, 'permute', ...order);
  const first = at(sorted, 0);
  const places = Array.from({ length: extents.length - first }, (_, k) =>
    atom(sorted.includes(k + first) ? ':' : 'None'),
  );
  return indexed(turned, places);
}

/** What is taken whole at the end need not be said. */
function indexed(base: Python, items: readonly Python[]): Python {
  const isWhole = (item: Python | undefined): boolean => item?.kind === 'atom' && item.text === ':';
  let length = items.length;
  while (length > 0 && isWhole(items[length - 1])) length--;
  return length === 0 ? base : subscript(base, ...items.slice(0, length));
}
