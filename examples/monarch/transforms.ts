/** The matrices of the projection table: deterministic transforms, and random ones from a seed. */
import { at, type Matrix, matrixOf } from '../host/matrix.ts';
import type { Random } from '../host/random.ts';

/** Sylvester's order, scaled to be orthogonal; n a power of two. Entry (−1)^(number of common bits). */
export function hadamard(n: number): Matrix {
  const sign = (bits: number): number => (bits === 0 ? 1 : -sign(bits & (bits - 1)));
  return matrixOf(n, n, (i, j) => sign(i & j) / Math.sqrt(n));
}

/** The orthonormal DCT-II. */
export const cosineTransform = (n: number): Matrix =>
  matrixOf(
    n,
    n,
    (k, j) => Math.sqrt((k === 0 ? 1 : 2) / n) * Math.cos((Math.PI * ((2 * j + 1) * k)) / (2 * n)),
  );

export function circulant(n: number, random: Random): Matrix {
  const column = random.normals(n);
  return matrixOf(n, n, (i, j) => at(column, (i - j + n) % n));
}

export function toeplitz(n: number, random: Random): Matrix {
  const diagonals = random.normals(2 * n - 1);
  return matrixOf(n, n, (i, j) => at(diagonals, i - j + n - 1));
}

export const gaussian = (n: number, random: Random): Matrix => random.matrix(n, n);
