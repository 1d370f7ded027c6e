/**
 * Upper bounds of the spectral norm. The largest entry of a positive semidefinite power G^p, G = M'M, bounds
 * from both sides: |G^p|_2 <= the largest row sum of |G^p|, which for p = 64 is the norm within a factor
 * n^(1/128).
 */
import { at } from '../core/invariant.ts';

const squarings = 6;
/** Room for the rounding of the powers, far above it and far below what matters. */
const slack = 1 + 1e-9;

/** |M|_2 of a [rows, columns] row-major matrix. */
export function spectralBound(matrix: Float64Array, rows: number, columns: number): number {
  if (rows === 0 || columns === 0) return 0;
  if (Math.min(rows, columns) > 256)
    return Math.sqrt(sumNorm(matrix, rows, columns, true) * sumNorm(matrix, rows, columns, false));
  const order = Math.min(rows, columns);
  let power = gram(matrix, rows, columns);
  let [logarithm, exponent] = [0, 1];
  for (let k = 0; k < squarings; k++) {
    const size = sumNorm(power, order, order, false);
    if (size === 0 || !Number.isFinite(size)) return size;
    // power^exponent of G is kept scaled by its norm.
    const scaled = power.map(each => each / size);
    power = gram(scaled, order, order);
    logarithm += Math.log(size) / exponent;
    exponent *= 2;
  }
  return Math.exp((logarithm + Math.log(sumNorm(power, order, order, false)) / exponent) / 2) * slack;
}

/** The largest sum of magnitudes of a row, or of a column. */
function sumNorm(matrix: Float64Array, rows: number, columns: number, ofColumns: boolean): number {
  const sums = new Float64Array(ofColumns ? columns : rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const k = ofColumns ? j : i;
      sums[k] = at(sums, k) + Math.abs(at(matrix, i * columns + j));
    }
  }
  return sums.reduce((a, b) => Math.max(a, b), 0);
}

/** M M' or M' M, whichever is smaller. */
function gram(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const order = Math.min(rows, columns);
  const length = Math.max(rows, columns);
  const alongRows = rows <= columns;
  const vectors = alongRows ? matrix : transposed(matrix, rows, columns);
  const product = new Float64Array(order * order);
  for (let i = 0; i < order; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k < length; k++)
        sum += (vectors[i * length + k] as number) * (vectors[j * length + k] as number);
      product[i * order + j] = sum;
      product[j * order + i] = sum;
    }
  }
  return product;
}

function transposed(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const result = new Float64Array(matrix.length);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) result[j * rows + i] = at(matrix, i * columns + j);
  return result;
}

/**
 * Orthonormal vectors that span the given ones (each of length n), by Gram and Schmidt, twice for
 * orthogonality.
 */
export function orthonormalBasis(vectors: readonly Float64Array[]): Float64Array[] {
  const basis: Float64Array[] = [];
  for (const vector of vectors) {
    const rest = vector.slice();
    const before = Math.hypot(...rest);
    for (let pass = 0; pass < 2; pass++) {
      for (const direction of basis) {
        const along = dot(direction, rest);
        direction.forEach((each, i) => {
          rest[i] = at(rest, i) - along * each;
        });
      }
    }
    const size = Math.hypot(...rest);
    if (size > 1e-13 * before) basis.push(rest.map(each => each / size));
  }
  return basis;
}

export const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += at(a, i) * at(b, i);
  return sum;
};
