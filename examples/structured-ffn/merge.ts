/**
 * The three structured layers of Wei et al. 2024 (arXiv 2406.16450) multiplied out: the dense matrix a guided
 * layer starts from, and what replaces the factors where tokens are few. Each merge is exact, the shuffles
 * of the block-shuffle layer included.
 */
import { at, blockAt, blockDiagonal, type Matrix, matrixOf, multiply, wrap } from '../host/matrix.ts';

/** An m × n layer: n inputs, m outputs. */
export interface Sizes {
  readonly n: number;
  readonly m: number;
}

export interface Factors {
  readonly V: Float64Array;
  readonly U: Float64Array;
}

/** U V with V [r, n], U [m, r]. */
export const mergeLowRank = ({ n, m }: Sizes, rank: number, { V, U }: Factors): Matrix =>
  multiply(wrap(m, rank, U), wrap(rank, n, V));

/** U blockdiag(V) with V [g, r/g, n/g], U [m, r]: the columns of block h see only U's columns of block h. */
export function mergeBlockDense({ n, m }: Sizes, rank: number, blocks: number, { V, U }: Factors): Matrix {
  const [inner, width] = [rank / blocks, n / blocks];
  const data = new Float64Array(m * n);
  for (let h = 0; h < blocks; h++) {
    const columns = matrixOf(m, inner, (i, c) => at(U, i * rank + h * inner + c));
    const part = multiply(columns, blockAt(V, h, inner, width)).data;
    for (let i = 0; i < m; i++) data.set(part.subarray(i * width, (i + 1) * width), i * n + h * width);
  }
  return { rows: m, columns: n, data };
}

/** stride · blockdiag(U) · stride · blockdiag(V) with V [g, n/g, n/g], U [g, m/g, n/g]. */
export function mergeBlockShuffle({ n, m }: Sizes, blocks: number, { V, U }: Factors): Matrix {
  const [width, height] = [n / blocks, m / blocks];
  const shuffled = strideRows(blockDiagonal(V, blocks, width, width), blocks);
  return strideRows(multiply(blockDiagonal(U, blocks, height, width), shuffled), height);
}

/**
 * What the published code starts its guide from: the same factors with neither shuffle. A different matrix.
 */
export function mergeWithoutShuffles({ n, m }: Sizes, blocks: number, { V, U }: Factors): Matrix {
  const [width, height] = [n / blocks, m / blocks];
  return multiply(blockDiagonal(U, blocks, height, width), blockDiagonal(V, blocks, width, width));
}

/** Rows in the order of `stride(rows, s)`: row i·(rows/s) + j of the result is row j·s + i. */
function strideRows({ rows, columns, data }: Matrix, s: number): Matrix {
  const result = new Float64Array(data.length);
  for (let row = 0; row < rows; row++) {
    const [i, j] = [Math.floor(row / (rows / s)), row % (rows / s)];
    const source = j * s + i;
    result.set(data.subarray(source * columns, (source + 1) * columns), row * columns);
  }
  return { rows, columns, data: result };
}

export const parameterCount = {
  dense: ({ n, m }: Sizes): number => m * n,
  lowRank: ({ n, m }: Sizes, rank: number): number => rank * (m + n),
  blockDense: ({ n, m }: Sizes, rank: number, blocks: number): number => (rank * n) / blocks + m * rank,
  blockShuffle: ({ n, m }: Sizes, blocks: number): number => (n * n + m * n) / blocks,
} as const;
