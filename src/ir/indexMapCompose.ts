/** Index maps composed, kept symbolic wherever a closed form exists, and the digits that factorizations share. */
import { invariant, unreachable } from '../core/invariant.ts';
import {
  affineMap,
  bitImage,
  bitLinearMap,
  composition,
  type Digit,
  type IndexMap,
  isIdentity,
  mapAt,
  strided,
  tableMap,
} from './indexMap.ts';

/** outer ∘ inner: i ↦ outer(inner(i)). */
export function composeMaps(outer: IndexMap, inner: IndexMap): IndexMap {
  invariant(outer.domain === inner.range, `maps of ${outer.domain} and ${inner.range} points do not compose`);
  if (isIdentity(outer)) return inner;
  if (isIdentity(inner)) return outer;
  const simple = composeSimple(outer, inner);
  if (simple !== undefined) return simple;
  // (f∘g)∘h is written f∘(g∘h), so that equal compositions are the same node; g∘h may simplify.
  if (outer.kind === 'compose') return composeMaps(outer.outer, composeMaps(outer.inner, inner));
  if (inner.kind === 'compose') {
    const front = composeSimple(outer, inner.outer);
    if (front !== undefined) return composeMaps(front, inner.inner);
  }
  return composition(outer, inner);
}

function composeSimple(outer: IndexMap, inner: IndexMap): IndexMap | undefined {
  if (outer.kind === 'strided' && inner.kind === 'strided') return composeStrided(outer, inner);
  if (outer.kind === 'affine' && inner.kind === 'affine') {
    return affineMap(
      outer.domain,
      (outer.multiplier * inner.multiplier) % outer.domain,
      outer.multiplier * inner.offset + outer.offset,
    );
  }
  if (outer.kind === 'bitLinear' && inner.kind === 'bitLinear') {
    const columns = inner.columns.map(column => bitImage(outer.columns, column));
    return bitLinearMap(columns, mapAt(outer, inner.offset));
  }
  if (outer.kind === 'table' && inner.kind !== 'data') return knownTable(outer, inner);
  if (inner.kind === 'table' && outer.kind !== 'data') return knownTable(outer, inner);
  return undefined;
}

function knownTable(outer: IndexMap, inner: IndexMap): IndexMap | undefined {
  if (readsData(outer) || readsData(inner)) return undefined;
  return tableMap(
    Array.from({ length: inner.domain }, (_, i) => mapAt(outer, mapAt(inner, i))),
    outer.range,
  );
}

function readsData(map: IndexMap): boolean {
  switch (map.kind) {
    case 'data':
      return true;
    case 'compose':
    case 'tensor':
      return readsData(map.outer) || readsData(map.inner);
    case 'directSum':
      return map.parts.some(readsData);
    case 'strided':
    case 'affine':
    case 'bitLinear':
    case 'table':
      return false;
    default:
      return unreachable(map);
  }
}

/** A digit of the outer map: counts units of `weight`, and how far the inner digits already reach into it. */
interface Place {
  readonly weight: number;
  readonly extent: number;
  readonly stride: number;
  reach: number;
}

/**
 * Strided after strided: each inner digit moves through the outer's places, split where it steps over several. Nothing
 * where the radices do not nest, or where digits sharing a place could carry into the next.
 */
function composeStrided(
  outer: IndexMap & { kind: 'strided' },
  inner: IndexMap & { kind: 'strided' },
): IndexMap | undefined {
  if (inner.domain === 0) return strided([{ extent: 0, stride: 1 }], 0, outer.range);
  if (outer.digits.length <= 1) {
    const scale = outer.digits[0]?.stride ?? 0;
    const digits = inner.digits.map(({ extent, stride }) => ({ extent, stride: stride * scale }));
    return strided(digits, outer.offset + inner.offset * scale, outer.range);
  }
  let weight = 1;
  const places = outer.digits.toReversed().map(({ extent, stride }): Place => {
    const place = { weight, extent, stride, reach: Math.floor(inner.offset / weight) % extent };
    weight *= extent;
    return place;
  });
  const digits: Digit[] = [];
  for (const digit of inner.digits) {
    const split = splitDigit(digit, places);
    if (split === undefined) return undefined;
    digits.push(...split);
  }
  return strided(digits, mapAt(outer, inner.offset), outer.range);
}

/** One inner digit as digits of the outer map, most significant first. */
function splitDigit({ extent, stride }: Digit, places: readonly Place[]): Digit[] | undefined {
  const made: Digit[] = [];
  let left = extent;
  let step = stride;
  for (const place of places) {
    if (left === 1) break;
    if (step <= 0 || step % place.weight !== 0) return undefined;
    const from = step / place.weight;
    if (from >= place.extent) continue;
    const room = place.extent / from;
    const count = left <= room ? left : room;
    if (!Number.isInteger(count) || left % count !== 0) return undefined;
    place.reach += (count - 1) * from;
    if (place.reach >= place.extent) return undefined;
    made.unshift({ extent: count, stride: from * place.stride });
    left /= count;
    step *= count;
  }
  return left === 1 ? made : undefined;
}

/**
 * The coarsest list of extents that splits every one of the given factorizations of n, most significant first;
 * nothing where two of them do not nest: [2, 6] and [4, 3] give [2, 2, 3], [2, 3] and [3, 2] give nothing.
 */
export function refineDigits(
  ...factorizations: readonly (readonly number[])[]
): readonly number[] | undefined {
  // A digit boundary is the number of positions below it; boundaries that divide each other in turn are a refinement.
  const boundaries = new Set<number>();
  for (const extents of factorizations) {
    let below = 1;
    for (const extent of extents.toReversed()) {
      below *= extent;
      boundaries.add(below);
    }
  }
  const sorted = [...boundaries].filter(below => below !== 1).sort((a, b) => a - b);
  const digits: number[] = [];
  let below = 1;
  for (const next of sorted) {
    if (next % below !== 0) return undefined;
    digits.unshift(next / below);
    below = next;
  }
  return digits;
}
