/** Linear systems in f64, for the reference only. */
import { at } from '../core/invariant.ts';

/** P M = L U, by elimination with partial pivoting: L below the diagonal, its ones left out, U on and above it. */
export interface Factorised {
  readonly order: number;
  readonly triangles: Float64Array;
  /** Row i of the triangles was row rows[i] of the matrix. */
  readonly rows: Int32Array;
}

/** A singular matrix gives solutions that are not finite. */
export function factorise(matrix: Float64Array, order: number): Factorised {
  const triangles = matrix.slice();
  const rows = Int32Array.from({ length: order }, (_, i) => i);
  const row = (i: number): Float64Array => triangles.subarray(i * order, (i + 1) * order);
  for (let k = 0; k < order; k++) {
    let pivot = k;
    for (let i = k + 1; i < order; i++) if (Math.abs(at(row(i), k)) > Math.abs(at(row(pivot), k))) pivot = i;
    if (pivot !== k) {
      const moved = row(k).slice();
      row(k).set(row(pivot));
      row(pivot).set(moved);
      [rows[k], rows[pivot]] = [at(rows, pivot), at(rows, k)];
    }
    const top = row(k);
    for (let i = k + 1; i < order; i++) {
      const own = row(i);
      const factor = at(own, k) / at(top, k);
      own[k] = factor;
      if (factor === 0) continue;
      for (let j = k + 1; j < order; j++) own[j] = at(own, j) - factor * at(top, j);
    }
  }
  return { order, triangles, rows };
}

/** M⁻¹ x or M⁻ᵀ x. */
export function solveFactorised(
  { order: n, triangles, rows }: Factorised,
  right: Float64Array,
  transposed: boolean,
): Float64Array {
  const entry = (i: number, j: number): number => at(triangles, transposed ? j * n + i : i * n + j);
  const x = transposed ? right.slice() : Float64Array.from(rows, row => at(right, row));
  // The lower triangle first; transposed that is Uᵀ, which has the diagonal.
  for (let i = 0; i < n; i++) {
    let rest = at(x, i);
    for (let j = 0; j < i; j++) rest -= entry(i, j) * at(x, j);
    x[i] = transposed ? rest / entry(i, i) : rest;
  }
  for (let i = n - 1; i >= 0; i--) {
    let rest = at(x, i);
    for (let j = i + 1; j < n; j++) rest -= entry(i, j) * at(x, j);
    x[i] = transposed ? rest : rest / entry(i, i);
  }
  if (!transposed) return x;
  const placed = new Float64Array(n);
  rows.forEach((row, i) => {
    placed[row] = at(x, i);
  });
  return placed;
}

export const solveLinear = (matrix: Float64Array, right: Float64Array, transposed: boolean): Float64Array =>
  solveFactorised(factorise(matrix, right.length), right, transposed);
