/**
 * Index maps: functions from 0..domain-1 to 0..range-1, symbolic so that a permutation is never data in memory
 * unless the user gave it as a table. y[i] = x[map(i)] is the gather they describe.
 */
import { internTable } from '../core/intern.ts';
import { at, invariant, unreachable } from '../core/invariant.ts';
import type { Tensor } from './tensor.ts';

export { composeMaps, refineDigits } from './indexMapCompose.ts';
export { inverseMap, isBijection, isOneToOne } from './indexMapInverse.ts';

export interface Digit {
  readonly extent: number;
  readonly stride: number;
}

interface Ends {
  readonly id: number;
  readonly domain: number;
  readonly range: number;
}

export type IndexMap =
  /**
   * Mixed radix: write i in the row-major digits (most significant first), map(i) = offset + Σ digit·stride.
   * Identity, stride permutations, einops axes, reversal, bit reversal, slices and Kronecker products of these.
   */
  | (Ends & { readonly kind: 'strided'; readonly digits: readonly Digit[]; readonly offset: number })
  /** (multiplier·i + offset) mod n, multiplier prime to n: rotations and affine maps. */
  | (Ends & { readonly kind: 'affine'; readonly multiplier: number; readonly offset: number })
  /** Over GF(2): bit j of i contributes columns[j] by exclusive or; domain = range = 2^columns.length. */
  | (Ends & { readonly kind: 'bitLinear'; readonly columns: readonly number[]; readonly offset: number })
  /** outer ⊗ inner on the row-major pair (i_outer, i_inner), where not both are strided. */
  | (Ends & { readonly kind: 'tensor'; readonly outer: IndexMap; readonly inner: IndexMap })
  | (Ends & { readonly kind: 'directSum'; readonly parts: readonly IndexMap[] })
  /** outer(inner(i)). */
  | (Ends & { readonly kind: 'compose'; readonly outer: IndexMap; readonly inner: IndexMap })
  /** Known values, the last resort. */
  | (Ends & { readonly kind: 'table'; readonly values: readonly number[] })
  /** Values that arrive with the parameters: an index tensor of shape [domain]. */
  | (Ends & { readonly kind: 'data'; readonly table: Tensor; readonly bijective: boolean });

const maps = internTable<IndexMap>();

/** The positional digits of a strided map, with extents of 1 dropped and neighbours that continue each other merged. */
export function strided(digits: readonly Digit[], offset: number, range: number): IndexMap {
  const domain = digits.reduce((product, digit) => product * digit.extent, 1);
  const merged: Digit[] = [];
  for (const digit of domain === 0 ? [{ extent: 0, stride: 1 }] : digits) {
    const previous = merged.at(-1);
    if (digit.extent === 1) continue;
    if (previous !== undefined && previous.stride === digit.stride * digit.extent) {
      merged[merged.length - 1] = { extent: previous.extent * digit.extent, stride: digit.stride };
    } else merged.push(digit);
  }
  const key = `strided ${range} ${offset} ${merged.map(({ extent, stride }) => `${extent}*${stride}`)}`;
  return maps(key, id => ({
    id,
    kind: 'strided' as const,
    domain,
    range,
    digits: Object.freeze(merged),
    offset,
  }));
}

export const identityMap = (n: number): IndexMap => strided([{ extent: n, stride: 1 }], 0, n);

/** i ↦ start + i: rows `start` to `start + length` of n. */
export const sliceMap = (n: number, start: number, length: number): IndexMap => {
  invariant(start >= 0 && length >= 0 && start + length <= n, `slice ${start}, ${length} of ${n}`);
  return strided([{ extent: length, stride: 1 }], length === 0 ? 0 : start, n);
};

/** einops: the source is a row-major grid of `extents`; the result lists its axes in `order`. */
export function axesPermutation(extents: readonly number[], order: readonly number[]): IndexMap {
  const strides = extents.map((_, k) => extents.slice(k + 1).reduce((a, b) => a * b, 1));
  const n = extents.reduce((a, b) => a * b, 1);
  return strided(
    order.map(k => ({ extent: at(extents, k), stride: at(strides, k) })),
    0,
    n,
  );
}

/** SPIRAL's L(n, s): y[i·(n/s) + j] = x[j·s + i], i < s. */
export const stridePermutation = (n: number, s: number): IndexMap => {
  invariant(s > 0 && n % s === 0, `stride ${s} of ${n}`);
  return axesPermutation([n / s, s], [1, 0]);
};

export const reverseMap = (n: number): IndexMap =>
  strided([{ extent: n, stride: -1 }], Math.max(0, n - 1), n);

/** y[i] = x[(multiplier·i + offset) mod n]. */
export function affineMap(n: number, multiplier: number, offset: number): IndexMap {
  const m = n === 0 ? 0 : modulo(multiplier, n);
  const o = n === 0 ? 0 : modulo(offset, n);
  if (n <= 1 || (m === 1 && o === 0)) return identityMap(n);
  return maps(`affine ${n} ${m} ${o}`, id => ({
    id,
    kind: 'affine' as const,
    domain: n,
    range: n,
    multiplier: m,
    offset: o,
  }));
}

export const rotateMap = (n: number, k: number): IndexMap => affineMap(n, 1, k);

/** Bit reversal of 2^bits points: every digit is a bit, in the opposite order. */
export const bitReversalMap = (bits: number): IndexMap =>
  axesPermutation(
    Array(bits).fill(2),
    Array.from({ length: bits }, (_, k) => bits - 1 - k),
  );

export function bitLinearMap(columns: readonly number[], offset: number): IndexMap {
  const n = 2 ** columns.length;
  return maps(`bits ${columns} ${offset}`, id => ({
    id,
    kind: 'bitLinear' as const,
    domain: n,
    range: n,
    columns: Object.freeze([...columns]),
    offset,
  }));
}

export function tableMap(values: readonly number[], range: number): IndexMap {
  invariant(
    values.every(value => value >= 0 && value < range),
    'table entries inside the range',
  );
  if (values.length === range && values.every((value, i) => value === i)) return identityMap(range);
  return maps(`table ${range} ${values}`, id => ({
    id,
    kind: 'table' as const,
    domain: values.length,
    range,
    values: Object.freeze([...values]),
  }));
}

/** A table that arrives with the parameters. */
export const dataMap = (table: Tensor, range: number, bijective: boolean): IndexMap =>
  maps(`data ${table.id} ${range} ${bijective}`, id => ({
    id,
    kind: 'data' as const,
    domain: at(table.shape, 0),
    range,
    table,
    bijective,
  }));

export function directSumMap(parts: readonly IndexMap[]): IndexMap {
  const domain = parts.reduce((sum, part) => sum + part.domain, 0);
  const range = parts.reduce((sum, part) => sum + part.range, 0);
  if (parts.every(isIdentity)) return identityMap(domain);
  return maps(`directSum ${parts.map(part => part.id)}`, id => ({
    id,
    kind: 'directSum' as const,
    domain,
    range,
    parts: Object.freeze([...parts]),
  }));
}

/** outer ⊗ inner: (i_outer, i_inner) ↦ (outer(i_outer), inner(i_inner)), row-major. */
export function tensorMap(outer: IndexMap, inner: IndexMap): IndexMap {
  const [domain, range] = [outer.domain * inner.domain, outer.range * inner.range];
  if (outer.kind === 'strided' && inner.kind === 'strided') {
    const scaled = outer.digits.map(({ extent, stride }) => ({ extent, stride: stride * inner.range }));
    return strided([...scaled, ...inner.digits], outer.offset * inner.range + inner.offset, range);
  }
  if (domain === 0) return strided([{ extent: 0, stride: 1 }], 0, range);
  return maps(`tensor ${outer.id} ${inner.id}`, id => ({
    id,
    kind: 'tensor' as const,
    domain,
    range,
    outer,
    inner,
  }));
}

export const modulo = (a: number, n: number): number => ((a % n) + n) % n;

/** The exclusive or of the columns whose bits are set in `value`: a linear map over GF(2). */
export const bitImage = (columns: readonly number[], value: number): number =>
  columns.reduce((sum, column, bit) => ((value >> bit) & 1 ? sum ^ column : sum), 0);

/** Values of parameter tables for maps that need them; src/ir/tensorEvaluate.ts gives the usual one. */
export type TableReader = (table: Tensor) => ArrayLike<number>;

export function mapAt(map: IndexMap, i: number, read?: TableReader): number {
  switch (map.kind) {
    case 'strided': {
      let rest = i;
      let result = map.offset;
      for (let k = map.digits.length - 1; k >= 0; k--) {
        const { extent, stride } = at(map.digits, k);
        result += (rest % extent) * stride;
        rest = Math.floor(rest / extent);
      }
      return result;
    }
    case 'affine':
      return (map.multiplier * i + map.offset) % map.range;
    case 'bitLinear':
      return bitImage(map.columns, i) ^ map.offset;
    case 'tensor':
      return (
        mapAt(map.outer, Math.floor(i / map.inner.domain), read) * map.inner.range +
        mapAt(map.inner, i % map.inner.domain, read)
      );
    case 'directSum': {
      let [domain, range] = [0, 0];
      for (const part of map.parts) {
        if (i < domain + part.domain) return range + mapAt(part, i - domain, read);
        domain += part.domain;
        range += part.range;
      }
      return invariant(false, `index ${i} of ${map.domain}`) as never;
    }
    case 'compose':
      return mapAt(map.outer, mapAt(map.inner, i, read), read);
    case 'table':
      return at(map.values, i);
    case 'data':
      invariant(read !== undefined, 'a table of parameters is read with their values');
      return at(read(map.table), i);
    default:
      return unreachable(map);
  }
}

export const isIdentity = (map: IndexMap): boolean =>
  map === identityMap(map.range) && map.domain === map.range;

/** outer(inner(i)) as a node of its own; `composeMaps` finds the simpler forms. */
export const composition = (outer: IndexMap, inner: IndexMap): IndexMap =>
  maps(`compose ${outer.id} ${inner.id}`, id => ({
    id,
    kind: 'compose' as const,
    domain: inner.domain,
    range: outer.range,
    outer,
    inner,
  }));
