/**
 * Starting values and the schedule of self-guided training (Wei et al. 2024, arXiv 2406.16450): factors from
 * the singular value decomposition of a dense layer, orthogonal blocks from the polar decomposition, and the
 * weight a of the guide in a W x + (1 − a) U V x.
 */
import { at, get, type Matrix, matrixOf, multiply, transpose } from '../host/matrix.ts';
import { singularValueDecomposition } from '../host/singularValues.ts';
import type { Factors } from './merge.ts';

/** The best factors of rank r: V = √Σ V_rᵀ, [r, n]; U = U_r √Σ, [m, r]. */
export function splitBySingularValues(W: Matrix, rank: number): Factors {
  const { U, sigma, V } = singularValueDecomposition(W);
  const root = (k: number): number => Math.sqrt(at(sigma, k));
  return {
    V: matrixOf(rank, W.columns, (k, j) => root(k) * get(V, j, k)).data,
    U: matrixOf(W.rows, rank, (i, k) => get(U, i, k) * root(k)).data,
  };
}

/** The nearest matrix with orthonormal columns (or rows, where it is wide): the polar factor U Vᵀ. */
export function orthogonalised(block: Matrix): Matrix {
  const { U, V } = singularValueDecomposition(block);
  return multiply(U, transpose(V));
}

/** The weight a of the dense guide: a cosine from 1 to 0 over the first half of the steps, 0 afterwards. */
export function guideWeight(step: number, steps: number): number {
  const half = steps / 2;
  return step >= half ? 0 : (1 + Math.cos((Math.PI * step) / half)) / 2;
}
