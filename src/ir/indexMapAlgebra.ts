/** Index maps composed and inverted, kept symbolic wherever a closed form exists. */
import { at, invariant, unreachable } from '../core/invariant.ts';
import {
  affineMap,
  bitLinearMap,
  composition,
  type Digit,
  dataMap,
  directSumMap,
  type IndexMap,
  isIdentity,
  mapAt,
  modulo,
  strided,
  tableMap,
  tensorMap,
} from './indexMap.ts';
import { inversePermutation } from './tensor.ts';

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
    const image = (value: number) =>
      outer.columns.reduce((sum, column, bit) => ((value >> bit) & 1 ? sum ^ column : sum), 0);
    return bitLinearMap(inner.columns.map(image), image(inner.offset) ^ outer.offset);
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

export function isBijection(map: IndexMap): boolean {
  if (map.domain !== map.range) return false;
  switch (map.kind) {
    case 'strided': {
      const sorted = map.digits
        .map(({ extent, stride }) => ({ extent, stride: Math.abs(stride) }))
        .sort((a, b) => a.stride - b.stride);
      let covered = 1;
      return (
        map.domain === 0 ||
        sorted.every(({ extent, stride }) => {
          const fits = stride === covered;
          covered *= extent;
          return fits;
        })
      );
    }
    case 'affine':
    case 'bitLinear':
      return inverseOf(map) !== undefined;
    case 'tensor':
    case 'compose':
      return isBijection(map.outer) && isBijection(map.inner);
    case 'directSum':
      return map.parts.every(isBijection);
    case 'table':
      return new Set(map.values).size === map.range;
    case 'data':
      return map.bijective;
    default:
      return unreachable(map);
  }
}

/** Whether no two indices can have one image. */
export function isOneToOne(map: IndexMap): boolean {
  switch (map.kind) {
    case 'strided': {
      // Digits by their steps: each must reach beyond all that the smaller ones cover.
      const digits = map.digits.toSorted((a, b) => Math.abs(a.stride) - Math.abs(b.stride));
      let covered = 0;
      return digits.every(({ extent, stride }) => {
        const apart = extent <= 1 || Math.abs(stride) > covered;
        covered += (extent - 1) * Math.abs(stride);
        return apart;
      });
    }
    case 'affine':
    case 'bitLinear':
      return inverseOf(map) !== undefined;
    case 'tensor':
    case 'compose':
      return isOneToOne(map.outer) && isOneToOne(map.inner);
    case 'directSum':
      return map.parts.every(isOneToOne);
    case 'table':
      return new Set(map.values).size === map.domain;
    case 'data':
      return map.bijective;
    default:
      return unreachable(map);
  }
}

export function inverseMap(map: IndexMap): IndexMap {
  const inverse = inverseOf(map);
  invariant(inverse !== undefined, 'only a bijection has an inverse');
  return inverse;
}

function inverseOf(map: IndexMap): IndexMap | undefined {
  switch (map.kind) {
    case 'strided': {
      if (!isBijection(map)) return undefined;
      if (map.digits.some(digit => digit.stride < 0)) return inverseWithReversal(map);
      const weights = map.digits.map((_, k) =>
        map.digits.slice(k + 1).reduce((product, digit) => product * digit.extent, 1),
      );
      const order = [...map.digits.keys()].sort(
        (a, b) => at(map.digits, b).stride - at(map.digits, a).stride,
      );
      return strided(
        order.map(k => ({ extent: at(map.digits, k).extent, stride: at(weights, k) })),
        0,
        map.range,
      );
    }
    case 'affine': {
      const inverse = inverseModulo(map.multiplier, map.range);
      return inverse === undefined ? undefined : affineMap(map.range, inverse, -inverse * map.offset);
    }
    case 'bitLinear':
      return inverseBits(map);
    case 'tensor':
      return tensorMap(inverseMap(map.outer), inverseMap(map.inner));
    case 'directSum':
      return directSumMap(map.parts.map(inverseMap));
    case 'compose':
      return composeMaps(inverseMap(map.inner), inverseMap(map.outer));
    case 'table': {
      if (!isBijection(map)) return undefined;
      const values = new Array<number>(map.range);
      map.values.forEach((value, i) => {
        values[value] = i;
      });
      return tableMap(values, map.range);
    }
    case 'data':
      return map.bijective ? dataMap(inversePermutation(map.table), map.domain, true) : undefined;
    default:
      return unreachable(map);
  }
}

/** Digits that run backwards: their inverse runs backwards too. */
function inverseWithReversal(map: IndexMap & { kind: 'strided' }): IndexMap {
  const weights = map.digits.map((_, k) =>
    map.digits.slice(k + 1).reduce((product, digit) => product * digit.extent, 1),
  );
  const order = [...map.digits.keys()].sort(
    (a, b) => Math.abs(at(map.digits, b).stride) - Math.abs(at(map.digits, a).stride),
  );
  const backwards = (k: number) => at(map.digits, k).stride < 0;
  const digits = order.map(k => ({
    extent: at(map.digits, k).extent,
    stride: backwards(k) ? -at(weights, k) : at(weights, k),
  }));
  const offset = order.reduce(
    (sum, k) => sum + (backwards(k) ? (at(map.digits, k).extent - 1) * at(weights, k) : 0),
    0,
  );
  return strided(digits, offset, map.range);
}

function inverseModulo(value: number, n: number): number | undefined {
  let [r0, r1, t0, t1] = [n, value, 0, 1];
  while (r1 !== 0) {
    const q = Math.floor(r0 / r1);
    [r0, r1, t0, t1] = [r1, r0 - q * r1, t1, t0 - q * t1];
  }
  return r0 === 1 ? modulo(t0, n) : undefined;
}

/** Gauss–Jordan over GF(2) on the columns, carrying the identity along. */
function inverseBits(map: IndexMap & { kind: 'bitLinear' }): IndexMap | undefined {
  const bits = map.columns.length;
  const rows = map.columns.map((column, bit) => ({ column, combination: 1 << bit }));
  for (let bit = 0; bit < bits; bit++) {
    const pivot = rows.findIndex((row, k) => k >= bit && (row.column >> bit) & 1);
    if (pivot === -1) return undefined;
    const chosen = at(rows, pivot);
    rows[pivot] = at(rows, bit);
    rows[bit] = chosen;
    rows.forEach((row, k) => {
      if (k !== bit && (row.column >> bit) & 1) {
        rows[k] = { column: row.column ^ chosen.column, combination: row.combination ^ chosen.combination };
      }
    });
  }
  const columns = rows.map(row => row.combination);
  const image = (value: number) =>
    columns.reduce((sum, column, bit) => ((value >> bit) & 1 ? sum ^ column : sum), 0);
  return bitLinearMap(columns, image(map.offset));
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
