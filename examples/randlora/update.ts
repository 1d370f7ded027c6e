/**
 * The dense update of RandLoRA (Albert et al. 2025, arXiv 2502.00987), ΔW = Σ_j B_j diag(λ_j) A diag(γ_j), in
 * two orders: the paper's sum, and the contraction of the published code, which multiplies B flattened
 * basis-major with the updates flattened rank-major. Between those orders lies a stride permutation.
 */
import { add, at, type Matrix, matrixOf } from '../host/matrix.ts';
import { basisCount, type Layer, type Trained, transposed } from './bases.ts';

export interface Update extends Trained {
  /** [k, outputs, r]. */
  readonly B: Float64Array;
  /** [r, inputs]. */
  readonly A: Float64Array;
}

/** Σ_j B_j diag(lambda_j) A diag(gamma_j). */
export function paperUpdate(layer: Layer, { A, B, lambda, gamma }: Update): Matrix {
  const { inputs, outputs, rank } = layer;
  return matrixOf(outputs, inputs, (y, x) => {
    let sum = 0;
    for (let j = 0; j < basisCount(layer); j++) {
      for (let c = 0; c < rank; c++) {
        const basis = at(B, (j * outputs + y) * rank + c);
        sum += basis * at(lambda, j * rank + c) * at(A, c * inputs + x) * at(gamma, j * inputs + x);
      }
    }
    return sum;
  });
}

/**
 * What the published code stores: bases for the largest layer, of which a layer reads the first rows and
 * columns.
 */
export interface StoredUpdate {
  /** [R, k, r], R ≥ outputs. */
  readonly B: Float64Array;
  /** [r, 1, N], N ≥ inputs. */
  readonly A: Float64Array;
  /** [r, k]. */
  readonly lambda: Float64Array;
  readonly gamma: Float64Array;
}

/** The slices a layer reads, in the paper's layout. `stored` = N. */
export function paperLayout(layer: Layer, { A, B, lambda, gamma }: StoredUpdate, stored: number): Update {
  const { inputs, outputs, rank } = layer;
  const count = basisCount(layer);
  return {
    B: Float64Array.from({ length: count * outputs * rank }, (_, index) => {
      const [j, y] = [Math.floor(index / (outputs * rank)), Math.floor(index / rank) % outputs];
      return at(B, (y * count + j) * rank + (index % rank));
    }),
    A: Float64Array.from({ length: rank * inputs }, (_, index) =>
      at(A, Math.floor(index / inputs) * stored + (index % inputs)),
    ),
    lambda: transposed(lambda, rank, count),
    gamma,
  };
}

/**
 * B as [outputs, (k r)] times the updates as [(r k), inputs], index by index as they lie: not the paper's
 * sum.
 */
export function codeUpdate(layer: Layer, { A, B, lambda, gamma }: StoredUpdate, stored: number): Matrix {
  const { inputs, outputs, rank } = layer;
  const count = basisCount(layer);
  return matrixOf(outputs, inputs, (y, x) => {
    let sum = 0;
    for (let c = 0; c < rank; c++) {
      for (let j = 0; j < count; j++) {
        const place = c * count + j;
        const update = at(lambda, place) * at(A, c * stored + x) * at(gamma, j * inputs + x);
        sum += at(B, y * count * rank + place) * update;
      }
    }
    return sum;
  });
}

/**
 * Rows of [k, r] numbers rewritten as [r, k]: the stride permutation of B's columns. Bases in this order
 * make the published contraction compute the paper's sum.
 */
export function strideColumns(B: Float64Array, count: number, rank: number): Float64Array {
  const width = count * rank;
  return B.map((_, index) => {
    const [row, place] = [Math.floor(index / width), index % width];
    const [c, j] = [Math.floor(place / count), place % count];
    return at(B, row * width + j * rank + c);
  });
}

/** One adapter folded into the weights, so that a call costs what the dense layer costs. */
export const merge = (W: Matrix, update: Matrix, s: number): Matrix => add(W, update, s);

export const unmerge = (merged: Matrix, update: Matrix, s: number): Matrix => add(merged, update, -s);
