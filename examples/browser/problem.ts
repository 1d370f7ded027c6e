/**
 * The numbers of the page: weights of a Monarch matrix, the dense matrix they multiply out to, and the product in f64
 * with the error that rounding may cause.
 */
import { normal } from '../../runtime/generators.ts';

export const n = 1024;
const blocks = 32;
const size = n / blocks;

export type OperatorName = 'monarch' | 'dense';
export const operatorNames: readonly OperatorName[] = ['monarch', 'dense'];

export interface Weights {
  /** [n/b, b, b] and [b, n/b, n/b], as browser.sop declares them. */
  readonly L: Float32Array;
  readonly R: Float32Array;
  /** [n, n]: their product, each entry of which is one product of weights, rounded to f32. */
  readonly W: Float32Array;
}

/** Normal numbers that keep the length of a row about the same. */
export function drawWeights(): Weights {
  const [L, R] = ['L', 'R'].map(name => {
    const values = new Float32Array(n * blocks);
    normal(values, name, 1, blocks ** -0.5);
    return values;
  }) as [Float32Array, Float32Array];
  const W = new Float32Array(n * n);
  forEachEntry((row, column, left, right) => {
    W[row * n + column] = (L[left] ?? 0) * (R[right] ?? 0);
  });
  return { L, R, W };
}

/** Rows of normal numbers. */
export function drawRows(batch: number): Float32Array {
  const rows = new Float32Array(batch * n);
  normal(rows, 'x', 2, 1);
  return rows;
}

/** One row of them again and again, which is as good for timing and sooner made. */
export function repeatedRow(batch: number): Float32Array<ArrayBuffer> {
  const [row, rows] = [drawRows(1), new Float32Array(batch * n)];
  for (let k = 0; k < batch; k++) rows.set(row, k * n);
  return rows;
}

/**
 * M[k·(n/b) + j, i·(n/b) + l] = L[j, k, i] · R[i, j, l] (Dao et al. 2022): rows and columns of M, and the places of the
 * two weights. There are a million entries, hence no object for each.
 */
function forEachEntry(visit: (row: number, column: number, left: number, right: number) => void): void {
  for (let k = 0; k < blocks; k++)
    for (let j = 0; j < size; j++)
      for (let i = 0; i < blocks; i++)
        for (let l = 0; l < size; l++)
          visit(k * size + j, i * size + l, (j * blocks + k) * blocks + i, (i * size + j) * size + l);
}

export interface Reference {
  /** The rows of the product in f64. */
  readonly y: Float64Array;
  /** |M| |x|, which rounding errors scale with. */
  readonly magnitude: Float64Array;
}

export function referenceOf({ L, R }: Weights, x: Float32Array): Reference {
  const [y, magnitude] = [new Float64Array(x.length), new Float64Array(x.length)];
  forEachEntry((row, column, left, right) => {
    // Two f32 multiply exactly in f64.
    const weight = (L[left] ?? 0) * (R[right] ?? 0);
    for (let start = 0; start < x.length; start += n) {
      const term = weight * (x[start + column] ?? 0);
      y[start + row] = (y[start + row] ?? 0) + term;
      magnitude[start + row] = (magnitude[start + row] ?? 0) + Math.abs(term);
    }
  });
  return { y, magnitude };
}

export interface ErrorMeasure {
  /** ‖ŷ − y‖ / ‖y‖. */
  readonly relative: number;
  /** The largest |ŷ − y| as a share of what rounding may cause there; correct up to 1. */
  readonly ofBound: number;
}

/** Roundings that one result passes through: its products and sums, and the rounding of W for the dense matrix. */
const roundings = { monarch: size + blocks, dense: n + 1 } as const satisfies Record<OperatorName, number>;

/**
 * @param unit of rounding: 2⁻²⁴ for WebAssembly, 2⁻²³ for WGSL, which may round either way. The bound γ_k |M| |x| with
 * γ_k = k·u / (1 − k·u) holds for sums in any order (Higham 2002, section 3.1); nothing here is near underflow.
 */
export function measureError(
  actual: Float32Array,
  { y, magnitude }: Reference,
  operator: OperatorName,
  unit: number,
): ErrorMeasure {
  const k = roundings[operator];
  const gamma = (k * unit) / (1 - k * unit);
  let [squares, total, ofBound] = [0, 0, 0];
  for (const [i, value] of y.entries()) {
    const error = Math.abs((actual[i] ?? Number.NaN) - value);
    squares += error ** 2;
    total += value ** 2;
    // Math.max keeps NaN, so that a result that is no number is never within the bound.
    ofBound = Math.max(ofBound, error / (gamma * (magnitude[i] ?? 0)));
  }
  return { relative: Math.sqrt(squares / total), ofBound };
}
