/**
 * The normwise bound, propagated factor by factor: |computed - y| <= rho_F |error before| + |roundings of
 * F|, in the 2-norm of a row. rho is the factor's norm: 1 for an isometry, max(1, |1 - beta |k|^2|) for I -
 * beta k k'. The roundings of one factor come from the componentwise analysis of that factor alone, which
 * does not grow with the length of the chain: the componentwise bound multiplies magnitudes and says nothing
 * about a long product of reflections.
 */
import { at } from '../core/invariant.ts';
import { denseMatrix } from '../ir/dense.ts';
import { mapAt } from '../ir/indexMap.ts';
import type { Operator } from '../ir/operator.ts';
import { type Environment, evaluateTensor, tableReader } from '../ir/tensorEvaluate.ts';
import { placeSegment } from '../lower/place.ts';
import { keepSums } from '../tile/precision.ts';
import { analyseTile } from './analyse.ts';
import { withoutRounding } from './arithmetic.ts';
import type { Arithmetic } from './bound.ts';
import { type BoundedRows, givenRows, rowsOf } from './boundedRows.ts';
import { memoised } from './memo.ts';
import { dot, orthonormalBasis, spectralBound } from './spectral.ts';

export interface NormwiseRun {
  readonly environment: Environment;
  readonly arithmetic: Arithmetic;
  readonly batch: number;
  /** Values between factors stay in the tile, where sums may keep the precision of the arithmetic. */
  readonly isOneKernel: boolean;
}

/** A bound on the 2-norm of each row's error, or nothing for an operator that is no chain. */
export function normwiseBound(
  operator: Operator | undefined,
  x: Float64Array,
  run: NormwiseRun,
): Float64Array | undefined {
  if (operator?.kind !== 'compose') return undefined;
  const { factors, columns } = operator;
  const computing = factors.findIndex(({ kind }) => kind !== 'gather' && kind !== 'scatter');
  let value = x;
  let bound = rowNorms(givenRows(x, columns, run.arithmetic).error, run.batch);
  for (const [k, factor] of [...factors.entries()].toReversed()) {
    const rho = factorNorm(factor, run.environment);
    // What only moves writes nothing of its own: the factor before it writes through it.
    const staysInTile = run.isOneKernel && k > computing;
    // From update to update the value is one running sum (tile/precision.ts).
    const isSum = staysInTile && factor.kind === 'update' && factors[k - 1]?.kind === 'update';
    const { output, roundings } = analyseFactor({ factor, staysInTile, isSum }, value, bound, run);
    value = output;
    bound = bound.map((before, row) => rho * before + at(roundings, row));
  }
  return bound;
}

/**
 * One factor on the exact input, and the norm of what its own roundings may add where the computed input
 * lies within `bound` of it: the bound with roundings less the bound without.
 */
function analyseFactor(
  { factor, staysInTile, isSum }: PlacedFactor,
  value: Float64Array,
  bound: Float64Array,
  run: NormwiseRun,
) {
  const { environment, arithmetic, batch } = run;
  const [columns, rows] = [factor.columns, factor.rows];
  const placed = placeSegment({
    name: 'factor',
    comment: [],
    tileRows: 1,
    input: { name: 'x', role: 'input', width: columns },
    output: { name: 'y', role: staysInTile ? 'scratch' : 'output', width: rows, isWide: isSum },
    origin: { name: 'x', role: 'input', width: columns },
    steps: [{ kind: 'linear', operator: factor }],
  });
  const tile = arithmetic.storage === undefined ? placed : keepSums(placed);
  const error = Float64Array.from({ length: value.length }, (_, i) => at(bound, Math.floor(i / columns)));
  const input: ReadonlyMap<string, BoundedRows> = new Map([['x', { width: columns, value, error }]]);
  const analysed = (own: Arithmetic): BoundedRows =>
    rowsOf(analyseTile(tile, input, { environment, batch, arithmetic: own }), 'y');
  const [rounding, carried] = [analysed(arithmetic), analysed(withoutRounding(arithmetic))];
  const added = rounding.error.map((total, i) => Math.max(0, total - at(carried.error, i)));
  return { output: rounding.value, roundings: rowNorms(added, batch) };
}

interface PlacedFactor {
  readonly factor: Operator;
  /** Its output is scratch of the kernel, and whether that keeps the precision of the arithmetic. */
  readonly staysInTile: boolean;
  readonly isSum: boolean;
}

const rowNorms = (values: Float64Array, batch: number): Float64Array =>
  Float64Array.from({ length: batch }, (_, row) =>
    norm(values.subarray((row * values.length) / batch, ((row + 1) * values.length) / batch)),
  );

export const norm = (values: Float64Array): number => {
  const largest = values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  if (largest === 0 || !Number.isFinite(largest)) return largest;
  return largest * Math.sqrt(values.reduce((sum, each) => sum + (each / largest) ** 2, 0));
};

/** An upper bound of |F|_2. */
export const factorNorm = memoised(computeNorm);

function computeNorm(factor: Operator, environment: Environment): number {
  switch (factor.kind) {
    case 'identity':
      return 1;
    case 'zero':
      return 0;
    case 'gather':
    case 'scatter': {
      // Columns (rows) of ones: the norm is the root of how often one index is met.
      const counts = new Map<number, number>();
      const read = tableReader(environment);
      for (let i = 0; i < factor.map.domain; i++) {
        const j = mapAt(factor.map, i, read);
        counts.set(j, (counts.get(j) ?? 0) + 1);
      }
      return Math.sqrt([...counts.values()].reduce((a, b) => Math.max(a, b), 0));
    }
    case 'block': {
      const { a, b, c, d } = factor;
      const weights = evaluateTensor(factor.weights, environment).data;
      const blocks = Array.from({ length: a * d }, (_, k) => weights.subarray(k * b * c, (k + 1) * b * c));
      return blocks.reduce((largest, each) => Math.max(largest, spectralBound(each, b, c)), 0);
    }
    case 'update':
      return factor.diagonal === undefined ? updateNorm(factor, environment) : denseNorm(factor, environment);
    case 'compose':
      return factor.factors.reduce((product, each) => product * factorNorm(each, environment), 1);
    case 'sum':
      return factor.terms.reduce((total, each) => total + factorNorm(each, environment), 0);
    case 'scale':
      return (
        Math.abs(at(evaluateTensor(factor.factor, environment).data, 0)) *
        factorNorm(factor.operator, environment)
      );
    case 'directSum':
      return factor.parts.reduce((largest, each) => Math.max(largest, factorNorm(each, environment)), 0);
    case 'horizontal':
    case 'vertical':
      return Math.sqrt(factor.parts.reduce((total, each) => total + factorNorm(each, environment) ** 2, 0));
    case 'adjoint':
    case 'assume':
      return factorNorm(factor.operator, environment);
    case 'triangularSolve':
    case 'offDiagonal':
    case 'inverse':
      return denseNorm(factor, environment);
  }
}

const denseNorm = (factor: Operator, environment: Environment): number =>
  spectralBound(denseMatrix(factor, environment).data, factor.rows, factor.columns);

/** I + U T V' is the identity beside the span of U and V: its norm is that on the span, and at least 1. */
function updateNorm(factor: Operator & { kind: 'update' }, environment: Environment): number {
  const [n, k] = [factor.rows, at(factor.u.shape, 1)];
  if (2 * k >= n) return denseNorm(factor, environment);
  const columns = (values: Float64Array) =>
    Array.from({ length: k }, (_, j) =>
      Float64Array.from({ length: n }, (_entry, i) => at(values, i * k + j)),
    );
  const [u, v] = [factor.u, factor.v].map(each => columns(evaluateTensor(each, environment).data));
  const t = factor.t && evaluateTensor(factor.t, environment).data;
  const basis = orthonormalBasis([...(u ?? []), ...(v ?? [])]);
  const order = basis.length;
  const restricted = new Float64Array(order * order);
  basis.forEach((direction, column) => {
    const along = (v ?? []).map(each => dot(each, direction));
    const mixed = along.map((own, i) => (t === undefined ? own : dot(t.subarray(i * k, (i + 1) * k), along)));
    basis.forEach((other, row) => {
      const added = (u ?? []).reduce((sum, each, j) => sum + dot(each, other) * at(mixed, j), 0);
      restricted[row * order + column] = (row === column ? 1 : 0) + added;
    });
  });
  return Math.max(1, spectralBound(restricted, order, order));
}
