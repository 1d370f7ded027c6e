/** The least and greatest value of an index expression, so that division knows when its operand may be negative. */
import { at, unreachable } from '../core/invariant.ts';
import type { IndexFunction, IndexScalar } from '../ir/tensor.ts';

type Range = readonly [low: number, high: number];

/** `shape` bounds the axes, `extents` the variables of sums; elements of index tensors are not negative. */
export function lowestIndex(
  scalar: IndexScalar,
  shape: readonly number[],
  extents: ReadonlyMap<number, number>,
): number {
  return rangeOf(scalar, shape, extents)[0];
}

function rangeOf(scalar: IndexScalar, shape: readonly number[], extents: ReadonlyMap<number, number>): Range {
  const inner = (each: IndexScalar): Range => rangeOf(each, shape, extents);
  switch (scalar.kind) {
    case 'literal':
      return [scalar.value, scalar.value];
    case 'axis':
      return [0, at(shape, scalar.axis) - 1];
    case 'bound':
      return [0, (extents.get(scalar.variable) ?? Number.POSITIVE_INFINITY) - 1];
    case 'element':
      return [0, Number.POSITIVE_INFINITY];
    case 'select': {
      const [then, otherwise] = [inner(scalar.then), inner(scalar.otherwise)];
      return [Math.min(then[0], otherwise[0]), Math.max(then[1], otherwise[1])];
    }
    case 'apply':
      return applied(scalar.function, inner(at(scalar.arguments, 0)), inner(at(scalar.arguments, 1)));
    default:
      return unreachable(scalar);
  }
}

const unknown: Range = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

function applied(name: IndexFunction, a: Range, b: Range): Range {
  switch (name) {
    case 'add':
      return [a[0] + b[0], a[1] + b[1]];
    case 'subtract':
      return [a[0] - b[1], a[1] - b[0]];
    case 'multiply':
      return a[0] >= 0 && b[0] >= 0 ? [a[0] * b[0], b[1] === 0 || a[1] === 0 ? 0 : a[1] * b[1]] : unknown;
    case 'floorDivide':
      return b[0] >= 1 && Number.isFinite(a[0])
        ? [Math.min(Math.floor(a[0] / b[0]), Math.floor(a[0] / b[1])), Math.max(a[1], 0)]
        : unknown;
    case 'modulo':
      return b[0] >= 1 ? [0, b[1] - 1] : unknown;
    case 'minimum':
      return [Math.min(a[0], b[0]), Math.min(a[1], b[1])];
    case 'maximum':
      return [Math.max(a[0], b[0]), Math.max(a[1], b[1])];
    case 'less':
    case 'equal':
      return [0, 1];
    default:
      return unreachable(name);
  }
}
