/**
 * The nearest Monarch matrix (Dao et al. 2022, arXiv 2204.00595, Theorem 1). Seen as blocks M[(l j), (k i)]
 * with j and k fixed, a Monarch matrix has blocks l × i of rank one, so the nearest one in the Frobenius
 * norm truncates the singular value decomposition of every block (Eckart and Young): O(n^2.5) for n = k·i
 * with k = i. The error is exactly the root of the sum of the squares of the singular values left out. The
 * families of higher rank keep more of each block.
 */
import { at, get, type Matrix, matrixOf } from '../host/matrix.ts';
import { singularValueDecomposition, singularValues } from '../host/singularValues.ts';
import type { MonarchWeights } from './einsum.ts';

export interface Projection extends MonarchWeights {
  /** ‖M − projection‖, Frobenius, from the singular values left out. */
  readonly error: number;
}

export interface Blocks {
  /** k: the input is k blocks of columns / k. */
  readonly input: number;
  /** j: the output index is (l j), rows = l·j, or (l j z). */
  readonly output: number;
}

/** The pair of factors of n nearest to √n, the larger first: the published default for `sizes`. */
export function nearestFactors(n: number): readonly [number, number] {
  let small = Math.floor(Math.sqrt(n));
  while (n % small !== 0) small--;
  return [n / small, small];
}

/** Onto `monarch_rect[k, j, i, j, l, k]`: W1 [k, j, i], W2 [j, l, k]; `sizes` = [k, j]. */
export function project(M: Matrix, sizes = nearestFactors(M.columns)): Projection {
  const [input, output] = sizes;
  return projectTailed(M, { input, output }, 1, 1);
}

/** Onto `monarch_rank[k, r, j, i, l]`: W1 [k, (r j), i], W2 [j, l, (k r)]. */
export function projectRank(M: Matrix, blocks: Blocks, rank: number): Projection {
  const factored = factorBlocks(M, blocks, rank, 1);
  const { k, i, j, l } = factored.sizes;
  const W1 = new Float64Array(k * rank * j * i);
  const W2 = new Float64Array(j * l * k * rank);
  factored.write(
    (kk, jj, r, ii, value) => {
      W1[((kk * rank + r) * j + jj) * i + ii] = value;
    },
    (kk, jj, r, ll, value) => {
      W2[((jj * l + ll) * k + kk) * rank + r] = value;
    },
  );
  return { W1, W2, error: factored.error };
}

/**
 * Onto `monarch_b1b2[k, j, y, i, l, z]`: W1 [k, (j y), i], W2 [j, (l z), (k y)], the output index
 * being (l j z).
 */
export function projectTailed(M: Matrix, blocks: Blocks, rank: number, tail: number): Projection {
  const factored = factorBlocks(M, blocks, rank, tail);
  const { k, i, j, l } = factored.sizes;
  const W1 = new Float64Array(k * j * rank * i);
  const W2 = new Float64Array(j * l * tail * k * rank);
  factored.write(
    (kk, jj, r, ii, value) => {
      W1[((kk * j + jj) * rank + r) * i + ii] = value;
    },
    (kk, jj, r, lz, value) => {
      W2[((jj * l * tail + lz) * k + kk) * rank + r] = value;
    },
  );
  return { W1, W2, error: factored.error };
}

/** Receives one number of a factor: block (k, j), rank index, place inside the block's row or column. */
type Write = (k: number, j: number, r: number, place: number, value: number) => void;

/** Every block (j, k) of M as the outer products of its leading singular vectors, √sigma on either side. */
function factorBlocks(M: Matrix, { input: k, output: j }: Blocks, rank: number, tail: number) {
  const [i, l] = [M.columns / k, M.rows / (j * tail)];
  if (!Number.isInteger(i) || !Number.isInteger(l))
    throw new RangeError(`${M.rows} × ${M.columns} does not split into ${j} × ${tail} and ${k} blocks`);
  if (rank > Math.min(i, l * tail))
    throw new RangeError(`a block of ${l * tail} × ${i} has no rank ${rank} beyond its own`);
  const pairs = Array.from({ length: k * j }, (_, pair) => {
    const [kk, jj] = [Math.floor(pair / j), pair % j];
    const block = matrixOf(l * tail, i, (lz, ii) => {
      const [ll, z] = [Math.floor(lz / tail), lz % tail];
      return get(M, (ll * j + jj) * tail + z, kk * i + ii);
    });
    return { kk, jj, ...singularValueDecomposition(block) };
  });
  const discarded = pairs.flatMap(({ sigma }) => [...sigma.subarray(rank)]);
  return {
    sizes: { k, i, j, l },
    error: Math.sqrt(discarded.reduce((sum, value) => sum + value ** 2, 0)),
    write(first: Write, second: Write): void {
      for (const { kk, jj, U, sigma, V } of pairs) {
        for (let r = 0; r < rank; r++) {
          const root = Math.sqrt(at(sigma, r));
          for (let ii = 0; ii < i; ii++) first(kk, jj, r, ii, root * get(V, ii, r));
          for (let lz = 0; lz < l * tail; lz++) second(kk, jj, r, lz, root * get(U, lz, r));
        }
      }
    },
  };
}

/**
 * ‖A − its best approximation of rank r‖ / ‖A‖: what a low-rank pair with r·(rows + columns) weights can
 * reach.
 */
export function lowRankError(A: Matrix, rank: number): number {
  const sigma = singularValues(A);
  const squares = (values: Float64Array) => values.reduce((sum, value) => sum + value ** 2, 0);
  return Math.sqrt(squares(sigma.subarray(rank)) / squares(sigma));
}
