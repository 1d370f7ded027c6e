/** Which index maps are one to one, and the inverses of those that are bijections, symbolic like the maps. */
import { at, invariant, unreachable } from '../core/invariant.ts';
import {
  affineMap,
  bitImage,
  bitLinearMap,
  dataMap,
  directSumMap,
  type IndexMap,
  modulo,
  strided,
  tableMap,
  tensorMap,
} from './indexMap.ts';
import { composeMaps } from './indexMapCompose.ts';
import { inversePermutation } from './tensor.ts';

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
    case 'strided':
      return isBijection(map) ? inverseStrided(map) : undefined;
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

/** The digits in the order of their strides; the inverse of a digit that runs backwards runs backwards too. */
function inverseStrided(map: IndexMap & { kind: 'strided' }): IndexMap {
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
  return bitLinearMap(columns, bitImage(columns, map.offset));
}
