/** Linear systems in f64, for the reference only. */
import { at } from '../core/invariant.ts';

/** M⁻¹ x or M⁻ᵀ x by Gaussian elimination with partial pivoting; a singular M gives values that are not finite. */
export function solveLinear(matrix: Float64Array, right: Float64Array, transposed: boolean): Float64Array {
  const n = right.length;
  const entry = (i: number, j: number): number => at(matrix, transposed ? j * n + i : i * n + j);
  const rows = Array.from({ length: n }, (_, i) =>
    Float64Array.from({ length: n + 1 }, (_entry, j) => (j === n ? at(right, i) : entry(i, j))),
  );
  for (let k = 0; k < n; k++) eliminate(rows, k);
  const x = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    const row = at(rows, i);
    let rest = at(row, n);
    for (let j = i + 1; j < n; j++) rest -= at(row, j) * at(x, j);
    x[i] = rest / at(row, i);
  }
  return x;
}

/** Brings the largest entry of column k to the diagonal and clears the entries below it. */
function eliminate(rows: Float64Array[], k: number): void {
  const size = (row: Float64Array): number => Math.abs(at(row, k));
  const pivot = rows.reduce((best, row, i) => (i > k && size(row) > size(at(rows, best)) ? i : best), k);
  [rows[k], rows[pivot]] = [at(rows, pivot), at(rows, k)];
  const top = at(rows, k);
  for (const row of rows.slice(k + 1)) {
    const factor = at(row, k) / at(top, k);
    if (factor === 0) continue;
    for (let j = k; j < row.length; j++) row[j] = at(row, j) - factor * at(top, j);
  }
}
