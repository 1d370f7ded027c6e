/** The meaning of an operator: its action on a vector and its dense matrix, in f64. Everything else is compared with this. */
import { at, invariant } from '../core/invariant.ts';
import { mapAt } from './indexMap.ts';
import type { Operator, Step } from './operator.ts';
import { applyPointwise } from './pointwise.ts';
import { type Environment, evaluateTensor, tableReader } from './tensorEvaluate.ts';

/** y = A x; transposed: y = Aᵀ x. */
export function applyOperator(operator: Operator, x: Float64Array, environment: Environment, transposed = false): Float64Array {
  const [rows, columns] = transposed ? [operator.columns, operator.rows] : [operator.rows, operator.columns];
  invariant(x.length === columns, `a vector of ${x.length} for ${columns} columns`);
  const y = new Float64Array(rows);
  switch (operator.kind) {
    case 'identity':
      return x.slice();
    case 'zero':
      return y;
    case 'gather':
    case 'scatter': {
      const { map } = operator;
      const read = tableReader(environment);
      const reads = (operator.kind === 'gather') !== transposed;
      for (let i = 0; i < map.domain; i++) {
        const j = mapAt(map, i, read);
        if (reads) y[i] = at(x, j);
        else y[j] = at(y, j) + at(x, i);
      }
      return y;
    }
    case 'block': {
      const { a, b, c, d } = operator;
      const weights = evaluateTensor(operator.weights, environment).data;
      for (let g = 0; g < a; g++) {
        for (let e = 0; e < d; e++) {
          for (let q = 0; q < b; q++) {
            for (let p = 0; p < c; p++) {
              const weight = at(weights, ((g * d + e) * b + q) * c + p);
              const [row, column] = [(g * b + q) * d + e, (g * c + p) * d + e];
              if (transposed) y[column] = at(y, column) + weight * at(x, row);
              else y[row] = at(y, row) + weight * at(x, column);
            }
          }
        }
      }
      return y;
    }
    case 'update': {
      const [u, v] = transposed ? [operator.v, operator.u] : [operator.u, operator.v];
      const k = at(v.shape, 1);
      let inner = multiply(evaluateTensor(v, environment).data, rows, k, x, true);
      if (operator.t !== undefined) inner = multiply(evaluateTensor(operator.t, environment).data, k, k, inner, transposed);
      const outer = multiply(evaluateTensor(u, environment).data, rows, k, inner, false);
      const diagonal = operator.diagonal && evaluateTensor(operator.diagonal, environment).data;
      return outer.map((value, i) => value + (diagonal === undefined ? 1 : at(diagonal, i)) * at(x, i));
    }
    case 'triangularSolve': {
      const lower = (operator.triangle === 'lower') !== (operator.transposed !== transposed);
      const data = evaluateTensor(operator.weights, environment).data;
      const flip = operator.transposed !== transposed;
      const entry = (i: number, j: number) => at(data, flip ? j * rows + i : i * rows + j);
      const order = Array.from({ length: rows }, (_, step) => (lower ? step : rows - 1 - step));
      order.forEach((i, step) => {
        let sum = at(x, i);
        for (const j of order.slice(0, step)) sum -= entry(i, j) * at(y, j);
        y[i] = operator.unitDiagonal ? sum : sum / entry(i, i);
      });
      return y;
    }
    case 'compose': {
      const order = transposed ? operator.factors : operator.factors.toReversed();
      return order.reduce((value, factor) => applyOperator(factor, value, environment, transposed), x);
    }
    case 'sum':
      for (const term of operator.terms) applyOperator(term, x, environment, transposed).forEach((value, i) => { y[i] = at(y, i) + value; });
      return y;
    case 'scale': {
      const factor = at(evaluateTensor(operator.factor, environment).data, 0);
      return applyOperator(operator.operator, x, environment, transposed).map(value => factor * value);
    }
    case 'directSum':
    case 'horizontal':
    case 'vertical': {
      const sharesInput = operator.kind === (transposed ? 'horizontal' : 'vertical');
      const sharesOutput = operator.kind === (transposed ? 'vertical' : 'horizontal');
      let [from, to] = [0, 0];
      for (const part of operator.parts) {
        const [height, width] = transposed ? [part.columns, part.rows] : [part.rows, part.columns];
        const value = applyOperator(part, sharesInput ? x : x.slice(from, from + width), environment, transposed);
        value.forEach((each, i) => { y[to + i] = at(y, to + i) + each; });
        from += width;
        if (!sharesOutput) to += height;
      }
      return y;
    }
    case 'offDiagonal': {
      const { operator: inner } = operator;
      const full = applyOperator(inner, x, environment, transposed);
      const { data, columns: width } = denseMatrix(inner, environment);
      return full.map((value, i) => (i < width && i < inner.rows ? value - at(data, i * width + i) * at(x, i) : value));
    }
    case 'adjoint':
      return applyOperator(operator.operator, x, environment, !transposed);
    case 'assume':
      return applyOperator(operator.operator, x, environment, transposed);
    case 'inverse': {
      const { data } = denseMatrix(operator.operator, environment);
      return solve(data, rows, x, transposed);
    }
  }
}

/** M x or Mᵀ x for M [rows, columns] row-major. */
function multiply(matrix: Float64Array, rows: number, columns: number, x: Float64Array, transposed: boolean): Float64Array {
  const y = new Float64Array(transposed ? columns : rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const [to, from] = transposed ? [j, i] : [i, j];
      y[to] = at(y, to) + at(matrix, i * columns + j) * at(x, from);
    }
  }
  return y;
}

/** Gaussian elimination with partial pivoting. */
function solve(matrix: Float64Array, n: number, right: Float64Array, transposed: boolean): Float64Array {
  const rows = Array.from({ length: n }, (_, i) => Array.from({ length: n + 1 }, (_, j) => (j === n ? at(right, i) : at(matrix, transposed ? j * n + i : i * n + j))));
  for (let k = 0; k < n; k++) {
    const pivot = rows.reduce((best, row, i) => (i >= k && Math.abs(at(row, k)) > Math.abs(at(at(rows, best), k)) ? i : best), k);
    [rows[k], rows[pivot]] = [at(rows, pivot), at(rows, k)];
    const top = at(rows, k);
    for (let i = k + 1; i < n; i++) {
      const row = at(rows, i);
      const factor = at(row, k) / at(top, k);
      if (factor !== 0) for (let j = k; j <= n; j++) row[j] = at(row, j) - factor * at(top, j);
    }
  }
  const x = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    const row = at(rows, i);
    let sum = at(row, n);
    for (let j = i + 1; j < n; j++) sum -= at(row, j) * at(x, j);
    x[i] = sum / at(row, i);
  }
  return x;
}

export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** Row-major. */
  readonly data: Float64Array;
}

/** Column by column. */
export function denseMatrix(operator: Operator, environment: Environment): Matrix {
  const { rows, columns } = operator;
  const data = new Float64Array(rows * columns);
  for (let j = 0; j < columns; j++) {
    const basis = new Float64Array(columns);
    basis[j] = 1;
    applyOperator(operator, basis, environment).forEach((value, i) => { data[i * columns + j] = value; });
  }
  return { rows, columns, data };
}

/** A map: operators, biases, pointwise functions and gates, left to right. */
export function applySteps(steps: readonly Step[], x: Float64Array, environment: Environment): Float64Array {
  let value = x;
  for (const step of steps) {
    switch (step.kind) {
      case 'linear':
        value = applyOperator(step.operator, value, environment);
        break;
      case 'bias': {
        const bias = evaluateTensor(step.bias, environment).data;
        value = value.map((each, i) => each + at(bias, i));
        break;
      }
      case 'pointwise':
        value = value.map(each => applyPointwise(step.function, each));
        break;
      case 'gate': {
        const gate = applySteps(step.steps, x, environment);
        value = value.map((each, i) => each * at(gate, i));
        break;
      }
    }
  }
  return value;
}
