/**
 * The singular value decomposition by one-sided Jacobi rotations (Hestenes 1958; Demmel and Veselić 1992):
 * rotate pairs of columns of A until all are orthogonal; their norms are then the singular values.
 */
import { at, identity, type Matrix, matrixOf, transpose } from './matrix.ts';

export interface SingularValueDecomposition {
  /**
   * rows × k with k = min(rows, columns); orthonormal where the singular value is above rounding, else zero.
   */
  readonly U: Matrix;
  /** k values, largest first. */
  readonly sigma: Float64Array;
  /** columns × k; orthonormal columns. A = U diag(sigma) Vᵀ. */
  readonly V: Matrix;
}

/** A = U diag(sigma) Vᵀ. A wide matrix is decomposed by its transpose. */
export function singularValueDecomposition(A: Matrix): SingularValueDecomposition {
  if (A.rows >= A.columns) return tall(A);
  const { U, sigma, V } = tall(transpose(A));
  return { U: V, sigma, V: U };
}

/** The singular values alone, largest first: half the work. */
export function singularValues(A: Matrix): Float64Array {
  const columns = columnsOf(A.rows < A.columns ? transpose(A) : A);
  orthogonalise(columns, []);
  return Float64Array.from(columns, norm).sort().reverse();
}

/** Columns of A and of V live as rows here, so that a rotation runs over contiguous memory. */
function tall(A: Matrix): SingularValueDecomposition {
  const [work, basis] = [columnsOf(A), columnsOf(identity(A.columns))];
  orthogonalise(work, basis);
  const order = work.map((column, j) => ({ j, sigma: norm(column) })).sort((a, b) => b.sigma - a.sigma);
  const sigma = Float64Array.from(order, each => each.sigma);
  const negligible = 2 ** -52 * Math.hypot(...sigma);
  const sorted = (columns: readonly Float64Array[]) => order.map(({ j }) => columns[j] ?? new Float64Array());
  const [left, right] = [sorted(work), sorted(basis)];
  return {
    U: matrixOf(A.rows, A.columns, (i, k) => {
      const value = at(sigma, k);
      return value <= negligible ? 0 : at(left[k] ?? [], i) / value;
    }),
    sigma,
    V: matrixOf(A.columns, A.columns, (i, k) => at(right[k] ?? [], i)),
  };
}

const columnsOf = ({ rows, columns, data }: Matrix): Float64Array[] =>
  Array.from({ length: columns }, (_, j) =>
    Float64Array.from({ length: rows }, (_, i) => at(data, i * columns + j)),
  );

/** Rotates the columns until they are orthogonal, and the columns of `basis`, where there are any, alike. */
function orthogonalise(work: readonly Float64Array[], basis: readonly Float64Array[]): void {
  const sweepLimit = 40;
  let sweep = 0;
  while (sweep < sweepLimit && rotateAllPairs(work, basis)) sweep++;
  if (sweep === sweepLimit)
    throw new RangeError('the Jacobi sweeps did not converge: is a value not finite?');
}

/**
 * One sweep; says whether any pair was still oblique. Squared norms are kept beside the columns and renewed
 * every sweep. A column that is nothing but rounding is left alone: against it no angle means anything.
 */
function rotateAllPairs(work: readonly Float64Array[], basis: readonly Float64Array[]): boolean {
  const squares = Float64Array.from(work, column => dot(column, column));
  const total = squares.reduce((sum, value) => sum + value, 0);
  const rounding = 2 ** -52;
  const orthogonal = (work[0]?.length ?? 0) * rounding;
  let rotated = false;
  work.forEach((left, p) => {
    for (let q = p + 1; q < work.length; q++) {
      const [right, first, second] = [work[q], basis[p], basis[q]];
      if (!right) continue;
      const [alpha, beta] = [at(squares, p), at(squares, q)];
      if (Math.min(alpha, beta) <= rounding ** 2 * total) continue;
      const gamma = dot(left, right);
      if (Math.abs(gamma) <= orthogonal * Math.sqrt(alpha * beta)) continue;
      rotated = true;
      const zeta = (beta - alpha) / (2 * gamma);
      const tangent = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
      const cosine = 1 / Math.sqrt(1 + tangent * tangent);
      rotate(left, right, cosine, cosine * tangent);
      if (first && second) rotate(first, second, cosine, cosine * tangent);
      squares[p] = alpha - tangent * gamma;
      squares[q] = beta + tangent * gamma;
    }
  });
  return rotated;
}

// The two loops that take the time: the lengths agree by construction, so no index is checked.

function rotate(left: Float64Array, right: Float64Array, cosine: number, sine: number): void {
  for (let i = 0; i < left.length; i++) {
    const [a, b] = [left[i] ?? 0, right[i] ?? 0];
    left[i] = cosine * a - sine * b;
    right[i] = sine * a + cosine * b;
  }
}

const norm = (column: Float64Array): number => Math.sqrt(dot(column, column));

function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < left.length; i++) sum += (left[i] ?? 0) * (right[i] ?? 0);
  return sum;
}
