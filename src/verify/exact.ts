/**
 * The meaning of dense.ts in twice the precision of f64, so that the reference is exact beside every kernel,
 * those in f64 too: a value is a pair high + low, products and sums keep their rounding errors (Ogita, Rump
 * and Oishi 2005), an inverse is refined by its residual. Tensors and pointwise functions are evaluated in
 * f64; the bounds count that.
 */
import { at, invariant } from '../core/invariant.ts';
import { denseMatrix, type Matrix } from '../ir/dense.ts';
import { mapAt } from '../ir/indexMap.ts';
import { factorise, solveFactorised } from '../ir/linearSolve.ts';
import type { Operator, Step } from '../ir/operator.ts';
import { applyPointwise } from '../ir/pointwise.ts';
import { type Environment, evaluateTensor, tableReader } from '../ir/tensorEvaluate.ts';
import { memoised } from './memo.ts';
import { accumulateDot, accumulatePair, divided, type Pair, pairOf, pairOfLength } from './pairs.ts';

/** A map, left to right. */
export function applyStepsExactly(steps: readonly Step[], x: Pair, environment: Environment): Pair {
  const applyStep = (value: Pair, step: Step): Pair => {
    switch (step.kind) {
      case 'linear':
        return applyExactly(step.operator, value, environment, false);
      case 'bias': {
        const y = pairOf(evaluateTensor(step.bias, environment).data);
        value.high.forEach((high, i) => {
          accumulatePair(y, i, high, at(value.low, i));
        });
        return y;
      }
      case 'pointwise':
        return pairOf(value.high.map(each => applyPointwise(step.function, each)));
      case 'gate':
        return product(value, applyStepsExactly(step.steps, x, environment));
    }
  };
  return steps.reduce(applyStep, x);
}

function product(a: Pair, b: Pair): Pair {
  const y = pairOfLength(a.high.length);
  a.high.forEach((high, i) => {
    accumulateDot(y, i, { values: [high], start: 0, stride: 1 }, b, i, 1, 1);
    accumulateDot(y, i, { values: [at(a.low, i)], start: 0, stride: 1 }, b, i, 1, 1);
  });
  return y;
}

type Of<Kind extends Operator['kind']> = Operator & { readonly kind: Kind };

/** y = A x; transposed: y = A' x. */
export function applyExactly(
  operator: Operator,
  x: Pair,
  environment: Environment,
  transposed: boolean,
): Pair {
  const rows = transposed ? operator.columns : operator.rows;
  const inner = (part: Operator, value: Pair): Pair => applyExactly(part, value, environment, transposed);
  switch (operator.kind) {
    case 'identity':
      return firstOf(x, rows);
    case 'zero':
      return pairOfLength(rows);
    case 'gather':
    case 'scatter':
      return applyMap(operator, x, environment, transposed);
    case 'block':
      return applyBlock(operator, x, environment, transposed);
    case 'update':
      return applyUpdate(operator, x, environment, transposed);
    case 'triangularSolve':
      return applySolve(operator, x, environment, transposed);
    case 'compose':
      return (transposed ? operator.factors : operator.factors.toReversed()).reduce(
        (value, factor) => inner(factor, value),
        x,
      );
    case 'sum':
    case 'directSum':
    case 'horizontal':
    case 'vertical':
      return applyParts(operator, x, environment, transposed);
    case 'scale':
      return scaled(inner(operator.operator, x), evaluateTensor(operator.factor, environment).data, 0, 0);
    case 'offDiagonal': {
      const y = inner(operator.operator, x);
      const removed = product(
        diagonalOf(operator.operator, environment),
        firstOf(x, Math.min(operator.rows, operator.columns)),
      );
      removed.high.forEach((high, i) => {
        accumulatePair(y, i, -high, -at(removed.low, i));
      });
      return y;
    }
    case 'adjoint':
      return applyExactly(operator.operator, x, environment, !transposed);
    case 'assume':
      return inner(operator.operator, x);
    case 'inverse':
      return applyInverse(operator.operator, x, environment, transposed);
  }
}

/** Every entry times values[start + i stride]. */
function scaled(x: Pair, values: ArrayLike<number>, start: number, stride: number): Pair {
  const y = pairOfLength(x.high.length);
  for (let i = 0; i < x.high.length; i++)
    accumulateDot(y, i, { values, start: start + i * stride, stride: 0 }, x, i, 0, 1);
  return y;
}

/** Column by column, rounded to f64. */
export function exactMatrix(operator: Operator, environment: Environment): Matrix {
  const { rows, columns } = operator;
  const data = new Float64Array(rows * columns);
  for (let j = 0; j < columns; j++) {
    const basis = new Float64Array(columns);
    basis[j] = 1;
    applyExactly(operator, pairOf(basis), environment, false).high.forEach((value, i) => {
      data[i * columns + j] = value;
    });
  }
  return { rows, columns, data };
}

const slicePair = (x: Pair, start: number, length: number): Pair => ({
  high: x.high.slice(start, start + length),
  low: x.low.slice(start, start + length),
});

const firstOf = (x: Pair, length: number): Pair => slicePair(x, 0, length);

function applyMap(
  operator: Of<'gather'> | Of<'scatter'>,
  x: Pair,
  environment: Environment,
  transposed: boolean,
): Pair {
  const { map } = operator;
  const read = tableReader(environment);
  const gathers = (operator.kind === 'gather') !== transposed;
  const y = pairOfLength(gathers ? map.domain : map.range);
  for (let i = 0; i < map.domain; i++) {
    const j = mapAt(map, i, read);
    const [to, from] = gathers ? [i, j] : [j, i];
    accumulatePair(y, to, at(x.high, from), at(x.low, from));
  }
  return y;
}

function applyBlock(block: Of<'block'>, x: Pair, environment: Environment, transposed: boolean): Pair {
  const { a, b, c, d } = block;
  const values = evaluateTensor(block.weights, environment).data;
  const [outputs, terms] = transposed ? [c, b] : [b, c];
  const [outputStride, termStride] = transposed ? [1, c] : [c, 1];
  const y = pairOfLength(a * outputs * d);
  for (let g = 0; g < a; g++) {
    for (let e = 0; e < d; e++) {
      for (let q = 0; q < outputs; q++) {
        const start = (g * d + e) * b * c + q * outputStride;
        const weights = { values, start, stride: termStride };
        accumulateDot(y, (g * outputs + q) * d + e, weights, x, g * terms * d + e, d, terms);
      }
    }
  }
  return y;
}

function applyUpdate(operator: Of<'update'>, x: Pair, environment: Environment, transposed: boolean): Pair {
  const [left, right] = transposed ? [operator.v, operator.u] : [operator.u, operator.v];
  const [n, k] = [operator.rows, at(operator.u.shape, 1)];
  const data = (tensor: typeof left) => evaluateTensor(tensor, environment).data;
  const coordinates = pairOfLength(k);
  const values = data(right);
  for (let j = 0; j < k; j++) accumulateDot(coordinates, j, { values, start: j, stride: k }, x, 0, 1, n);
  let mixed = coordinates;
  if (operator.t !== undefined) {
    mixed = pairOfLength(k);
    const core = data(operator.t);
    for (let i = 0; i < k; i++) {
      const row = { values: core, start: transposed ? i : i * k, stride: transposed ? k : 1 };
      accumulateDot(mixed, i, row, coordinates, 0, 1, k);
    }
  }
  const y = operator.diagonal === undefined ? firstOf(x, n) : scaled(x, data(operator.diagonal), 0, 1);
  const outer = data(left);
  for (let i = 0; i < n; i++) accumulateDot(y, i, { values: outer, start: i * k, stride: 1 }, mixed, 0, 1, k);
  return y;
}

/** Substitution: x_i less the solved part of its row, by the diagonal. */
function applySolve(
  solve: Of<'triangularSolve'>,
  x: Pair,
  environment: Environment,
  transposed: boolean,
): Pair {
  const n = solve.rows;
  const flip = solve.transposed !== transposed;
  const lower = (solve.triangle === 'lower') !== flip;
  const negated = evaluateTensor(solve.weights, environment).data.map(each => -each);
  const [rowStride, stride] = flip ? [1, n] : [n, 1];
  const y = pairOfLength(n);
  const rest = firstOf(x, n);
  for (let step = 0; step < n; step++) {
    const i = lower ? step : n - 1 - step;
    const first = lower ? 0 : i + 1;
    const weights = { values: negated, start: i * rowStride + first * stride, stride };
    accumulateDot(rest, i, weights, y, first, 1, step);
    const { high, low } = solve.unitDiagonal
      ? { high: at(rest.high, i), low: at(rest.low, i) }
      : divided(at(rest.high, i), at(rest.low, i), -at(negated, i * n + i));
    accumulatePair(y, i, high, low);
  }
  return y;
}

/** Sums and stacks: each part reads the whole input or its own, and adds to the whole output or its own. */
function applyParts(
  operator: Of<'sum'> | Of<'directSum'> | Of<'horizontal'> | Of<'vertical'>,
  x: Pair,
  environment: Environment,
  transposed: boolean,
): Pair {
  const { kind } = operator;
  const sharesInput = kind === 'sum' || kind === (transposed ? 'horizontal' : 'vertical');
  const sharesOutput = kind === 'sum' || kind === (transposed ? 'vertical' : 'horizontal');
  const y = pairOfLength(transposed ? operator.columns : operator.rows);
  let [from, to] = [0, 0];
  for (const part of operator.kind === 'sum' ? operator.terms : operator.parts) {
    const [height, width] = transposed ? [part.columns, part.rows] : [part.rows, part.columns];
    const own = sharesInput ? x : slicePair(x, from, width);
    const image = applyExactly(part, own, environment, transposed);
    for (let i = 0; i < height; i++) accumulatePair(y, to + i, at(image.high, i), at(image.low, i));
    from += width;
    if (!sharesOutput) to += height;
  }
  return y;
}

const diagonalOf = memoised((operator: Operator, environment): Pair => {
  const diagonal = pairOfLength(Math.min(operator.rows, operator.columns));
  for (let i = 0; i < diagonal.high.length; i++) {
    const basis = new Float64Array(operator.columns);
    basis[i] = 1;
    const image = applyExactly(operator, pairOf(basis), environment, false);
    accumulatePair(diagonal, i, at(image.high, i), at(image.low, i));
  }
  return diagonal;
});

const factorisationOf = memoised((operator: Operator, environment) =>
  factorise(denseMatrix(operator, environment).data, operator.rows),
);

const refinements = 4;

/** Elimination in f64, its residual in twice that, and again for what is left. */
function applyInverse(inner: Operator, x: Pair, environment: Environment, transposed: boolean): Pair {
  invariant(inner.rows === inner.columns, 'only a square operator has an inverse');
  const factorised = factorisationOf(inner, environment);
  const y = pairOfLength(x.high.length);
  const residual = firstOf(x, x.high.length);
  for (let k = 0; k < refinements; k++) {
    const correction = solveFactorised(factorised, residual.high, transposed);
    correction.forEach((each, i) => {
      accumulatePair(y, i, each, 0);
    });
    const image = applyExactly(inner, pairOf(correction), environment, transposed);
    image.high.forEach((high, i) => {
      accumulatePair(residual, i, -high, -at(image.low, i));
    });
  }
  return y;
}
