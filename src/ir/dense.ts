/**
 * The meaning of an operator: its action on a vector and its dense matrix, in f64.
 * Everything else is compared with this.
 */
import { at, invariant } from '../core/invariant.ts';
import { mapAt } from './indexMap.ts';
import { solveLinear } from './linearSolve.ts';
import type { Operator, Step } from './operator.ts';
import { applyPointwise } from './pointwise.ts';
import { type Environment, evaluateTensor, tableReader } from './tensorEvaluate.ts';

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
    applyOperator(operator, basis, environment).forEach((value, i) => {
      data[i * columns + j] = value;
    });
  }
  return { rows, columns, data };
}

/** A map: operators, biases, pointwise functions and gates, left to right. */
export function applySteps(steps: readonly Step[], x: Float64Array, environment: Environment): Float64Array {
  const applyStep = (value: Float64Array, step: Step): Float64Array => {
    switch (step.kind) {
      case 'linear':
        return applyOperator(step.operator, value, environment);
      case 'bias': {
        const bias = evaluateTensor(step.bias, environment).data;
        return value.map((each, i) => each + at(bias, i));
      }
      case 'pointwise':
        return value.map(each => applyPointwise(step.function, each));
      case 'gate': {
        const gate = applySteps(step.steps, x, environment);
        return value.map((each, i) => each * at(gate, i));
      }
    }
  };
  return steps.reduce(applyStep, x);
}

type Of<Kind extends Operator['kind']> = Operator & { readonly kind: Kind };

/** y = A x; transposed: y = Aᵀ x. */
export function applyOperator(
  operator: Operator,
  x: Float64Array,
  environment: Environment,
  transposed = false,
): Float64Array {
  const [rows, columns] = transposed ? [operator.columns, operator.rows] : [operator.rows, operator.columns];
  invariant(x.length === columns, `a vector of ${x.length} for ${columns} columns`);
  const inner = (part: Operator, value: Float64Array): Float64Array =>
    applyOperator(part, value, environment, transposed);
  switch (operator.kind) {
    case 'identity':
      return x.slice();
    case 'zero':
      return new Float64Array(rows);
    case 'gather':
    case 'scatter':
      return applyMap(operator, x, environment, transposed);
    case 'block':
      return applyBlock(operator, x, environment, transposed);
    case 'update':
      return applyUpdate(operator, x, environment, transposed);
    case 'triangularSolve':
      return applySolve(operator, x, environment, transposed);
    case 'compose': {
      const factors: readonly Operator[] = transposed ? operator.factors : operator.factors.toReversed();
      let value = x;
      for (const factor of factors) value = inner(factor, value);
      return value;
    }
    case 'sum':
      return operator.terms.reduce<Float64Array>(
        (y, term) => added(y, inner(term, x), 0),
        new Float64Array(rows),
      );
    case 'scale': {
      const factor = at(evaluateTensor(operator.factor, environment).data, 0);
      return inner(operator.operator, x).map(value => factor * value);
    }
    case 'directSum':
    case 'horizontal':
    case 'vertical':
      return applyStack(operator, x, environment, transposed);
    case 'offDiagonal': {
      const { data, columns: width } = denseMatrix(operator.operator, environment);
      const diagonal = (i: number): number =>
        i < Math.min(rows, columns) ? at(data, i * width + i) * at(x, i) : 0;
      return inner(operator.operator, x).map((value, i) => value - diagonal(i));
    }
    case 'adjoint':
      return applyOperator(operator.operator, x, environment, !transposed);
    case 'assume':
      return inner(operator.operator, x);
    case 'inverse':
      return solveLinear(denseMatrix(operator.operator, environment).data, x, transposed);
  }
}

/** Adds values to y from a place on. */
function added(y: Float64Array, values: Float64Array, start: number): Float64Array {
  values.forEach((value, i) => {
    y[start + i] = at(y, start + i) + value;
  });
  return y;
}

function applyMap(
  operator: Of<'gather'> | Of<'scatter'>,
  x: Float64Array,
  environment: Environment,
  transposed: boolean,
): Float64Array {
  const { map } = operator;
  const read = tableReader(environment);
  const gathers = (operator.kind === 'gather') !== transposed;
  const y = new Float64Array(gathers ? map.domain : map.range);
  for (let i = 0; i < map.domain; i++) {
    const j = mapAt(map, i, read);
    if (gathers) y[i] = at(x, j);
    else y[j] = at(y, j) + at(x, i);
  }
  return y;
}

function applyBlock(
  block: Of<'block'>,
  x: Float64Array,
  environment: Environment,
  transposed: boolean,
): Float64Array {
  const { a, b, c, d } = block;
  const weights = evaluateTensor(block.weights, environment).data;
  const y = new Float64Array(transposed ? block.columns : block.rows);
  let k = 0;
  const entry = (row: number, column: number): void => {
    if (transposed) y[column] = at(y, column) + at(weights, k) * at(x, row);
    else y[row] = at(y, row) + at(weights, k) * at(x, column);
    k++;
  };
  // k = ((g·d + e)·b + q)·c + p
  for (let g = 0; g < a; g++)
    for (let e = 0; e < d; e++)
      for (let q = 0; q < b; q++) for (let p = 0; p < c; p++) entry((g * b + q) * d + e, (g * c + p) * d + e);
  return y;
}

function applyUpdate(
  operator: Of<'update'>,
  x: Float64Array,
  environment: Environment,
  transposed: boolean,
): Float64Array {
  const [u, v] = transposed ? [operator.v, operator.u] : [operator.u, operator.v];
  const [n, k] = [operator.rows, at(v.shape, 1)];
  const { t } = operator;
  const coordinates = multiply(evaluateTensor(v, environment).data, n, k, x, true);
  const mixed =
    t === undefined
      ? coordinates
      : multiply(evaluateTensor(t, environment).data, k, k, coordinates, transposed);
  const outer = multiply(evaluateTensor(u, environment).data, n, k, mixed, false);
  const diagonal = operator.diagonal && evaluateTensor(operator.diagonal, environment).data;
  return outer.map((value, i) => value + (diagonal === undefined ? 1 : at(diagonal, i)) * at(x, i));
}

/** M x or Mᵀ x for M [rows, columns] row-major. */
function multiply(
  matrix: Float64Array,
  rows: number,
  columns: number,
  x: Float64Array,
  transposed: boolean,
): Float64Array {
  const y = new Float64Array(transposed ? columns : rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const [to, from] = transposed ? [j, i] : [i, j];
      y[to] = at(y, to) + at(matrix, i * columns + j) * at(x, from);
    }
  }
  return y;
}

/** Substitution, forwards or backwards. */
function applySolve(
  solve: Of<'triangularSolve'>,
  x: Float64Array,
  environment: Environment,
  transposed: boolean,
): Float64Array {
  const n = solve.rows;
  const flip = solve.transposed !== transposed;
  const lower = (solve.triangle === 'lower') !== flip;
  const { data } = evaluateTensor(solve.weights, environment);
  const entry = (i: number, j: number): number => at(data, flip ? j * n + i : i * n + j);
  const order = Array.from({ length: n }, (_, step) => (lower ? step : n - 1 - step));
  const y = new Float64Array(n);
  order.forEach((i, step) => {
    let rest = at(x, i);
    for (const j of order.slice(0, step)) rest -= entry(i, j) * at(y, j);
    y[i] = solve.unitDiagonal ? rest : rest / entry(i, i);
  });
  return y;
}

function applyStack(
  stack: Of<'directSum'> | Of<'horizontal'> | Of<'vertical'>,
  x: Float64Array,
  environment: Environment,
  transposed: boolean,
): Float64Array {
  const sharesInput = stack.kind === (transposed ? 'horizontal' : 'vertical');
  const sharesOutput = stack.kind === (transposed ? 'vertical' : 'horizontal');
  const y = new Float64Array(transposed ? stack.columns : stack.rows);
  let [from, to] = [0, 0];
  for (const part of stack.parts) {
    const [height, width] = transposed ? [part.columns, part.rows] : [part.rows, part.columns];
    const own = sharesInput ? x : x.slice(from, from + width);
    added(y, applyOperator(part, own, environment, transposed), to);
    from += width;
    if (!sharesOutput) to += height;
  }
  return y;
}
