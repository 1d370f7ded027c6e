/** The products in f64, and seeded values to multiply. */

export interface MonarchValues {
  readonly n: number;
  readonly blocks: number;
  readonly batch: number;
  /** [n/blocks, blocks, blocks]. */
  readonly L: Float32Array;
  /** [blocks, n/blocks, n/blocks]. */
  readonly R: Float32Array;
  /** [batch, n]. */
  readonly x: Float32Array;
}

/** Uniform in [-1, 1), by a linear congruential generator. */
export function randomValues(length: number, seed: number): Float32Array {
  let state = (seed * 2654435761) >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** y[n, s, k] = Σ_g L[k, s, g] · Σ_p R[g, k, p] · x[n, g, p]. */
export function monarchReference({ n, blocks, batch, L, R, x }: MonarchValues): Float64Array {
  const size = n / blocks;
  const y = new Float64Array(batch * n);
  const middle = new Float64Array(n);
  for (let row = 0; row < batch; row++) {
    for (let g = 0; g < blocks; g++)
      for (let k = 0; k < size; k++)
        middle[k * blocks + g] = dot(R, (g * size + k) * size, x, row * n + g * size, size);
    for (let k = 0; k < size; k++)
      for (let s = 0; s < blocks; s++)
        y[row * n + s * size + k] = dot(L, (k * blocks + s) * blocks, middle, k * blocks, blocks);
  }
  return y;
}

export function denseReference(n: number, batch: number, W: Float32Array, x: Float32Array): Float64Array {
  const y = new Float64Array(batch * n);
  for (let row = 0; row < batch; row++)
    for (let i = 0; i < n; i++) y[row * n + i] = dot(W, i * n, x, row * n, n);
  return y;
}

function dot(
  a: ArrayLike<number>,
  aStart: number,
  b: ArrayLike<number>,
  bStart: number,
  length: number,
): number {
  let sum = 0;
  for (let k = 0; k < length; k++) sum += (a[aStart + k] ?? 0) * (b[bStart + k] ?? 0);
  return sum;
}
