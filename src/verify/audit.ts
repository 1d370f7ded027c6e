/**
 * Properties measured on the parameters at hand: those the compiler inferred, which hold for all values or
 * there is a bug, and those the user assumed, which rewriting relied on.
 */
import { at } from '../core/invariant.ts';
import { applyOperator, type Matrix } from '../ir/dense.ts';
import { solveLinear } from '../ir/linearSolve.ts';
import type { Operator, Program, Property, Step } from '../ir/operator.ts';
import { propertiesOf } from '../ir/properties.ts';
import type { Environment } from '../ir/tensorEvaluate.ts';
import { nodesOf } from '../ir/traverse.ts';
import { exactMatrix } from './exact.ts';
import { norm } from './normwise.ts';
import { randomNumbers } from './probes.ts';
import type { Audit } from './report.ts';
import { dot } from './spectral.ts';

/**
 * Operators up to this size are measured entry by entry; larger ones, if something was assumed of them, by
 * probing.
 */
const largest = 128;
const mostOperators = 48;

export function auditProperties({ steps }: Program, environment: Environment): Audit[] {
  const operators = new Set(operatorsOf(steps).flatMap(nodesOf));
  const isSmall = ({ rows, columns }: Operator) => Math.max(rows, columns) <= largest;
  const measured = [...operators].filter(each => isSmall(each) && propertiesOf(each).size > 0);
  const probed = [...operators].filter(each => !isSmall(each) && each.kind === 'assume');
  return [
    ...measured.slice(0, mostOperators).flatMap(operator => auditOperator(operator, environment)),
    ...probed.flatMap(operator => auditByProbes(operator, environment)),
  ];
}

const operatorsOf = (steps: readonly Step[]): Operator[] =>
  steps.flatMap(step =>
    step.kind === 'linear' ? [step.operator] : step.kind === 'gate' ? operatorsOf(step.steps) : [],
  );

function auditOperator(operator: Operator, environment: Environment): Audit[] {
  const matrix = exactMatrix(operator, environment);
  return [...propertiesOf(operator)].map(([property, reason]) => {
    // What was assumed holds as well as values stored in f32 can make it hold.
    const assumed = hasAssumption(operator);
    const roundoff = assumed ? 2 ** -24 : 2 ** -53;
    const tolerance = 16 * (matrix.rows + 8) * roundoff * scaleOf(property, matrix);
    const measured = deviation[property](matrix, tolerance);
    const name = `${operator.kind} [${operator.rows}, ${operator.columns}]`;
    return { operator: name, property, reason, assumed, measured, tolerance, holds: measured <= tolerance };
  });
}

/**
 * What vectors show of an operator too large to measure: those of its properties that are equations in Ax
 * and A'x.
 */
function auditByProbes(operator: Operator, environment: Environment): Audit[] {
  const next = randomNumbers(operator.columns);
  const x = Float64Array.from({ length: operator.columns }, next);
  const apply = (value: Float64Array, transposed: boolean) =>
    applyOperator(operator, value, environment, transposed);
  const forward = apply(x, false);
  const backward = operator.rows === operator.columns ? apply(x, true) : undefined;
  const distance = (value: Float64Array, to: Float64Array) => norm(value.map((each, i) => each - at(to, i)));
  const asymmetric = backward && distance(backward, forward);
  const deviations: Partial<Record<Property, number>> = {
    orthogonal: distance(apply(forward, true), x),
    ...(asymmetric !== undefined && {
      symmetric: asymmetric,
      psd: Math.max(asymmetric, -dot(x, forward) / norm(x)),
    }),
  };
  const tolerance = 16 * (operator.rows + 8) * 2 ** -24 * Math.max(norm(x), norm(forward));
  return [...propertiesOf(operator)].flatMap(([property, reason]) => {
    const measured = deviations[property];
    if (measured === undefined) return [];
    const name = `${operator.kind} [${operator.rows}, ${operator.columns}]`;
    return [
      { operator: name, property, reason, assumed: true, measured, tolerance, holds: measured <= tolerance },
    ];
  });
}

const hasAssumption = (operator: Operator): boolean =>
  nodesOf(operator).some(({ kind }) => kind === 'assume');

const entry = ({ data, columns }: Matrix, i: number, j: number): number => at(data, i * columns + j);

/** The largest value over all pairs of indices. */
function greatest(rows: number, columns: number, measure: (i: number, j: number) => number): number {
  let found = 0;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const value = measure(i, j);
      if (!(value <= found)) found = Number.isNaN(value) ? Number.POSITIVE_INFINITY : value;
    }
  }
  return found;
}

/** What deviations are measured against: products of entries for orthogonality, entries for the rest. */
function scaleOf(property: Property, matrix: Matrix): number {
  const size = greatest(matrix.rows, matrix.columns, (i, j) => Math.abs(entry(matrix, i, j)));
  return property === 'orthogonal'
    ? matrix.rows * Math.max(size, size * size)
    : Math.max(size, Number.MIN_VALUE);
}

type Deviation = (matrix: Matrix, tolerance: number) => number;

const deviation: Record<Property, Deviation> = {
  orthogonal: matrix =>
    greatest(matrix.columns, matrix.columns, (i, j) => {
      let sum = i === j ? -1 : 0;
      for (let k = 0; k < matrix.rows; k++) sum += entry(matrix, k, i) * entry(matrix, k, j);
      return Math.abs(sum);
    }),
  symmetric: matrix => asymmetry(matrix),
  psd: (matrix, tolerance) => Math.max(asymmetry(matrix), leastShift(matrix, tolerance)),
  invertible: matrix => {
    const solution = solveLinear(matrix.data, new Float64Array(matrix.rows).fill(1), false);
    return solution.every(Number.isFinite) ? 0 : Number.POSITIVE_INFINITY;
  },
  lowerTriangular: matrix =>
    greatest(matrix.rows, matrix.columns, (i, j) => (j > i ? Math.abs(entry(matrix, i, j)) : 0)),
  upperTriangular: matrix =>
    greatest(matrix.rows, matrix.columns, (i, j) => (j < i ? Math.abs(entry(matrix, i, j)) : 0)),
  unitDiagonal: matrix =>
    greatest(Math.min(matrix.rows, matrix.columns), 1, i => Math.abs(entry(matrix, i, i) - 1)),
  permutation: matrix => {
    const { rows, columns } = matrix;
    const ones = (count: number, length: number, read: (i: number, j: number) => number) =>
      greatest(count, 1, i => {
        const line = Array.from({ length }, (_, j) => read(i, j));
        return line.filter(value => value === 1).length === 1 &&
          line.every(value => value === 0 || value === 1)
          ? 0
          : 1;
      });
    const byColumn = ones(columns, rows, (j, i) => entry(matrix, i, j));
    return Math.max(
      byColumn,
      ones(rows, columns, (i, j) => entry(matrix, i, j)),
    );
  },
};

const asymmetry = (matrix: Matrix): number =>
  matrix.rows === matrix.columns
    ? greatest(matrix.rows, matrix.columns, (i, j) => Math.abs(entry(matrix, i, j) - entry(matrix, j, i)))
    : Number.POSITIVE_INFINITY;

/** 0 where Cholesky's factorisation of A + tolerance I exists: no eigenvalue is below -tolerance. */
function leastShift(matrix: Matrix, tolerance: number): number {
  const n = matrix.rows;
  const lower = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = entry(matrix, i, j) + (i === j ? tolerance : 0);
      for (let k = 0; k < j; k++) sum -= at(lower, i * n + k) * at(lower, j * n + k);
      if (i === j && !(sum > 0)) return tolerance - sum;
      lower[i * n + j] = i === j ? Math.sqrt(sum) : sum / at(lower, j * n + j);
    }
  }
  return 0;
}
