/**
 * The layer and the three einsum families of Dao et al. 2022 (arXiv 2204.00595), written out as sums over
 * one input vector: what the operators of monarch.sop must equal. Every family keeps its weights in the
 * order of the published code, and the orders differ: the rank-r family stores (r j) with r outside, the
 * (b1, b2) family (j y) with j outside. Either file read in the other's order is a different matrix of the
 * same shape.
 */
import { at } from '../host/matrix.ts';

export interface MonarchWeights {
  readonly W1: Float64Array;
  readonly W2: Float64Array;
}

/** The layer of the published code, any block counts with l·r = k·q: W1 [k, q, p], W2 [l, s, r]. */
export interface RectangularSizes {
  readonly k: number;
  readonly q: number;
  readonly p: number;
  readonly l: number;
  readonly s: number;
  readonly r: number;
}

/** Blocks of W1, `(k q) = (r l) -> l r`, blocks of W2, `l s -> s l`. */
export function applyRectangular(
  { W1, W2 }: MonarchWeights,
  { k, q, p, l, s, r }: RectangularSizes,
  x: Float64Array,
): Float64Array {
  const inner = new Float64Array(k * q);
  for (let kq = 0; kq < k * q; kq++) {
    const start = Math.floor(kq / q) * p;
    for (let pp = 0; pp < p; pp++) inner[kq] = at(inner, kq) + at(W1, kq * p + pp) * at(x, start + pp);
  }
  const result = new Float64Array(s * l);
  for (let ls = 0; ls < l * s; ls++) {
    const [ll, ss] = [Math.floor(ls / s), ls % s];
    let sum = 0;
    for (let rr = 0; rr < r; rr++) sum += at(W2, ls * r + rr) * at(inner, rr * l + ll);
    result[ss * l + ll] = sum;
  }
  return result;
}

/** Blocks of the input k × i, blocks of the output j × l. */
export interface SimpleSizes {
  readonly k: number;
  readonly i: number;
  readonly j: number;
  readonly l: number;
}

/** `k i, k j i, j l k -> l j`: W1 [k, j, i], W2 [j, l, k]. */
export const applySimple = (weights: MonarchWeights, sizes: SimpleSizes, x: Float64Array): Float64Array =>
  applyTailed(weights, { ...sizes, y: 1, z: 1 }, x);

/** `k i, k j y i, j l z k y -> l j z`: W1 [k, (j y), i], W2 [j, (l z), (k y)]. */
export function applyTailed(
  { W1, W2 }: MonarchWeights,
  { k, i, j, l, y, z }: SimpleSizes & { readonly y: number; readonly z: number },
  x: Float64Array,
): Float64Array {
  const result = new Float64Array(l * j * z);
  for (let kk = 0; kk < k; kk++) {
    for (let jy = 0; jy < j * y; jy++) {
      const [jj, yy] = [Math.floor(jy / y), jy % y];
      let inner = 0;
      for (let ii = 0; ii < i; ii++) inner += at(W1, (kk * j * y + jy) * i + ii) * at(x, kk * i + ii);
      for (let lz = 0; lz < l * z; lz++) {
        const [ll, zz] = [Math.floor(lz / z), lz % z];
        const target = (ll * j + jj) * z + zz;
        result[target] = at(result, target) + at(W2, ((jj * l * z + lz) * k + kk) * y + yy) * inner;
      }
    }
  }
  return result;
}

/** `k i, k r j i, j l k r -> l j`: W1 [k, (r j), i], r-major; W2 [j, l, (k r)]. */
export function applyRank(
  { W1, W2 }: MonarchWeights,
  { k, i, j, l, r }: SimpleSizes & { readonly r: number },
  x: Float64Array,
): Float64Array {
  const result = new Float64Array(l * j);
  for (let kk = 0; kk < k; kk++) {
    for (let rj = 0; rj < r * j; rj++) {
      const [rr, jj] = [Math.floor(rj / j), rj % j];
      let inner = 0;
      for (let ii = 0; ii < i; ii++) inner += at(W1, (kk * r * j + rj) * i + ii) * at(x, kk * i + ii);
      for (let ll = 0; ll < l; ll++) {
        const target = ll * j + jj;
        result[target] = at(result, target) + at(W2, ((jj * l + ll) * k + kk) * r + rr) * inner;
      }
    }
  }
  return result;
}

/** Weights stored [k, (j r), i] put into the rank-r family's order [k, (r j), i]. */
export function rankMajor(
  W1: Float64Array,
  { i, j, r }: { readonly i: number; readonly j: number; readonly r: number },
): Float64Array {
  return W1.map((_, index) => {
    const ii = index % i;
    const rj = Math.floor(index / i) % (r * j);
    const kk = Math.floor(index / (i * r * j));
    const [rr, jj] = [Math.floor(rj / j), rj % j];
    return at(W1, (kk * r * j + jj * r + rr) * i + ii);
  });
}
