/**
 * The pivoted factorisation W = P L D U of any rectangular matrix, and from it the parameters of `loldu`
 * (Shi et al. 2024, arXiv 2410.13618): Gaussian elimination with row pivoting, the pivots divided out of U.
 * The published code divides by the diagonal without looking; here a pivot that is zero up to rounding is
 * refused.
 */
import { at, get, type Matrix, matrixOf } from '../host/matrix.ts';

export interface Factors {
  /** y[i] = x[p[i]] puts the rows of L D U back in the order of W: what `perm(p)` reads. */
  readonly p: Uint32Array;
  /** rows × r, ones on the diagonal, zero above. */
  readonly L: Matrix;
  /** r pivots, none of them zero. */
  readonly D: Float64Array;
  /** r × columns, ones on the diagonal, zero below. */
  readonly U: Matrix;
}

/**
 * The matrix has no r pivots that differ from zero, so its first r rows and columns cannot be scaled to
 * ones.
 */
export class SingularPivotError extends RangeError {
  override readonly name = 'SingularPivotError';
  readonly step: number;
  readonly pivot: number;

  constructor({ rows, columns }: Matrix, step: number, r: number, pivot: number) {
    super(
      `pivot ${step} of ${r} of the ${rows} × ${columns} matrix is ${pivot}, zero up to rounding: ` +
        `its rank is ${step}, so take r <= ${step}`,
    );
    this.step = step;
    this.pivot = pivot;
  }
}

/**
 * The first r steps of the elimination; r = min(rows, columns) gives all of W. The largest entry of a column
 * becomes its pivot.
 * @throws SingularPivotError where it is below max(rows, columns) · 2⁻⁵² · max|W|.
 */
export function factorise(W: Matrix, r = Math.min(W.rows, W.columns)): Factors {
  const { rows, columns } = W;
  if (!Number.isInteger(r) || r < 0 || r > Math.min(rows, columns))
    throw new RangeError(`r is a whole number of at most ${Math.min(rows, columns)}, got ${r}`);
  const work = Array.from({ length: rows }, (_, i) => ({
    source: i,
    values: Float64Array.from({ length: columns }, (_, j) => get(W, i, j)),
  }));
  const largest = W.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const negligible = Math.max(rows, columns) * 2 ** -52 * largest;
  for (let k = 0; k < r; k++) {
    const size = (i: number): number => Math.abs(at(work[i]?.values ?? [], k));
    let best = k;
    for (let i = k + 1; i < rows; i++) if (size(i) > size(best)) best = i;
    const [row, other] = [work[best], work[k]];
    if (!row || !other) break;
    [work[k], work[best]] = [row, other];
    const pivot = at(row.values, k);
    if (!(Math.abs(pivot) > negligible)) throw new SingularPivotError(W, k, r, pivot);
    for (const { values } of work.slice(k + 1)) {
      const multiplier = at(values, k) / pivot;
      values[k] = multiplier;
      for (let j = k + 1; j < columns; j++) values[j] = at(values, j) - multiplier * at(row.values, j);
    }
  }
  const entry = (i: number, j: number): number => at(work[i]?.values ?? [], j);
  const D = Float64Array.from({ length: r }, (_, k) => entry(k, k));
  // Row i of the factors is row source[i] of W; perm reads the other way round.
  const p = new Uint32Array(rows);
  work.forEach(({ source }, i) => {
    p[source] = i;
  });
  return {
    p,
    L: matrixOf(rows, r, (i, k) => (i > k ? entry(i, k) : i === k ? 1 : 0)),
    D,
    U: matrixOf(r, columns, (k, j) => (j > k ? entry(k, j) / at(D, k) : j === k ? 1 : 0)),
  };
}

/** P L diag(z) U. */
export const product = ({ p, L, U }: Factors, z: Float64Array): Matrix =>
  matrixOf(L.rows, U.columns, (i, j) => {
    const row = at(p, i);
    return z.reduce((sum, value, k) => sum + get(L, row, k) * value * get(U, k, j), 0);
  });

/** What `loldu[n, m, r]` is created with. */
export interface LolduParameters {
  readonly W: Float64Array;
  readonly p: Uint32Array;
  readonly L: Float64Array;
  /** The only one that is trained. */
  readonly z: Float64Array;
  readonly U: Float64Array;
  readonly s: Float64Array;
}

/**
 * The residual W − s P L D U and the factors; z = D, so that the operator is W at the start, whatever r. The
 * published code scales by s = alpha / r and leaves s out of the training; the residual vanishes only when r
 * is full and s = 1.
 */
export function lolduParameters(W: Matrix, r: number, alpha = 1): LolduParameters {
  const factors = factorise(W, r);
  const s = alpha / Math.max(r, 1);
  const low = product(factors, factors.D);
  return {
    W: W.data.map((value, i) => value - s * at(low.data, i)),
    p: factors.p,
    L: factors.L.data,
    z: factors.D,
    U: factors.U.data,
    s: Float64Array.of(s),
  };
}
