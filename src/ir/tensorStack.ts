/**
 * Tensors laid one after another along an axis. Parts that differ only in numbers that grow evenly, like the slices
 * W[0], W[1], ... that an indexed sum makes, become one expression in the index; others a choice by position.
 */
import { at, invariant, unreachable } from '../core/invariant.ts';
import {
  apply,
  axis,
  computed,
  element,
  type IndexScalar,
  indexAdd,
  indexApply,
  indexElement,
  indexLiteral,
  indexMultiply,
  indexOf,
  indexSelect,
  ofIndex,
  type RealScalar,
  realOf,
  type Scalar,
  scalarChildren,
  select,
  substitute,
  type Tensor,
} from './tensor.ts';

/** Parts of equal shape but for `along`. */
export function concatenate(parts: readonly Tensor[], along: number): Tensor {
  const [first] = parts;
  invariant(first !== undefined, 'something to concatenate');
  if (parts.length === 1) return first;
  const lengths = parts.map(part => at(part.shape, along));
  const shape = first.shape.with(
    along,
    lengths.reduce((a, b) => a + b, 0),
  );
  const position = shape.map((extent, k) => (extent === 1 ? indexLiteral(0) : axis(k)));
  const [length] = lengths;
  if (length !== undefined && length > 0 && lengths.every(each => each === length)) {
    const family = evenFamily(parts, along, length, position);
    if (family !== undefined) return computed(shape, family);
  }
  return computed(shape, byPosition(parts, along, position));
}

function byPosition(parts: readonly Tensor[], along: number, position: readonly IndexScalar[]): RealScalar {
  const own = at(position, along);
  let start = parts.reduce((sum, part) => sum + at(part.shape, along), 0);
  let rest: RealScalar | undefined;
  for (const part of parts.toReversed()) {
    const length = at(part.shape, along);
    if (length === 0) continue;
    start -= length;
    const entry = element(part, position.with(along, indexAdd(own, indexLiteral(-start))));
    rest =
      rest === undefined ? entry : select(indexApply('less', own, indexLiteral(start + length)), entry, rest);
  }
  return rest ?? realOf(indexLiteral(0));
}

/** One expression for all parts, where their bodies agree but for literals in arithmetic progression. */
function evenFamily(
  parts: readonly Tensor[],
  along: number,
  length: number,
  position: readonly IndexScalar[],
): RealScalar | undefined {
  const own = at(position, along);
  const which = length === 1 ? own : indexApply('floorDivide', own, indexLiteral(length));
  const inside = length === 1 ? indexLiteral(0) : indexApply('modulo', own, indexLiteral(length));
  const bodies = parts.map(part => bodyOf(part));
  const marker = parts[0]?.shape.length ?? 0;
  const family = unify(bodies, axis(marker));
  if (family === undefined) return undefined;
  return realOf(substitute(family, [...position.with(along, inside), which]));
}

const bodyOf = (tensor: Tensor): Scalar =>
  tensor.kind === 'computed'
    ? tensor.body
    : element(
        tensor,
        tensor.shape.map((_, k) => axis(k)),
      );

/** The least general expression in `index` whose instances at 0, 1, ... are the scalars given. */
function unify(scalars: readonly Scalar[], index: IndexScalar): Scalar | undefined {
  const [first, second] = scalars;
  if (first === undefined || second === undefined || scalars.every(each => each === first)) return first;
  if (first.kind === 'literal' && first.domain === 'index' && second.kind === 'literal') {
    const step = second.value - first.value;
    const even = scalars.every(
      (each, k) =>
        each.kind === 'literal' && each.domain === 'index' && each.value === first.value + k * step,
    );
    return even ? indexAdd(indexLiteral(first.value), indexMultiply(index, indexLiteral(step))) : undefined;
  }
  if (!scalars.every(each => sameHead(first, each))) return undefined;
  const made: Scalar[] = [];
  for (const k of scalarChildren(first).keys()) {
    const child = unify(
      scalars.map(each => at(scalarChildren(each), k)),
      index,
    );
    if (child === undefined) return undefined;
    made.push(child);
  }
  return rebuilt(first, made);
}

function sameHead(a: Scalar, b: Scalar): boolean {
  if (a.kind !== b.kind || a.domain !== b.domain) return false;
  if (a.kind === 'element') return b.kind === 'element' && a.tensor === b.tensor;
  if (a.kind === 'apply') return b.kind === 'apply' && a.function === b.function;
  // Sums bind variables of their own: not looked into.
  return a.kind === 'select' || a.kind === 'ofIndex';
}

function rebuilt(head: Scalar, parts: readonly Scalar[]): Scalar | undefined {
  const [first, second, third] = parts;
  switch (head.kind) {
    case 'element':
      return head.domain === 'index'
        ? indexElement(head.tensor, parts.map(indexOf))
        : element(head.tensor, parts.map(indexOf));
    case 'apply':
      if (head.domain === 'real') return apply(head.function, ...parts.map(realOf));
      return first && second && indexApply(head.function, indexOf(first), indexOf(second));
    case 'select':
      if (first === undefined || second === undefined || third === undefined) return undefined;
      return head.domain === 'index'
        ? indexSelect(indexOf(first), indexOf(second), indexOf(third))
        : select(indexOf(first), realOf(second), realOf(third));
    case 'ofIndex':
      return first && ofIndex(indexOf(first));
    case 'literal':
    case 'axis':
    case 'bound':
    case 'sum':
      return undefined;
    default:
      return unreachable(head);
  }
}
