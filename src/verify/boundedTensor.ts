/**
 * How far a tensor's entries, evaluated in f64, may lie from their exact values: the same running analysis
 * over scalar expressions. Parameters are exact; so is whatever only moves them. Merged weights,
 * normalisations and the triangular core of a product of reflections are not.
 */
import { at, unreachable } from '../core/invariant.ts';
import { realFunction } from '../ir/pointwise.ts';
import {
  type RealFunction,
  type RealScalar,
  type Scalar,
  scalarChildren,
  type Tensor,
} from '../ir/tensor.ts';
import {
  type Environment,
  type Evaluate,
  evaluateTensor,
  type Known,
  prepare,
} from '../ir/tensorEvaluate.ts';
import type { Arithmetic } from './bound.ts';
import { memoised } from './memo.ts';

/** Roundoff of the evaluation; the reference and the pack step may each round differently. */
const u = 2 * 2 ** -53;
/** What the host's functions may be off by, in roundoffs, relative to their value. */
const functionRoundoffs = 8;

/** The error of every entry, or nothing where all are exact. */
export const tensorError = memoised(compute);

function compute(tensor: Tensor, environment: Environment): Float64Array | undefined {
  switch (tensor.kind) {
    case 'parameter':
    case 'inversePermutation':
      return undefined;
    case 'unitTriangularInverse':
      return inverseError(tensor, environment);
    case 'computed': {
      if (tensor.dtype === 'index' || !mayRound(tensor.body, environment)) return undefined;
      const position = tensor.shape.map(() => 0);
      const analysis: Analysis = { environment, values: new Map(), position, variables: new Map(), error: 0 };
      const evaluate = analyse(tensor.body, analysis);
      return Float64Array.from({ length: tensor.shape.reduce((a, b) => a * b, 1) }, () => {
        evaluate();
        nextPosition(position, tensor.shape);
        return analysis.error;
      });
    }
    default:
      return unreachable(tensor);
  }
}

function mayRound(scalar: Scalar, environment: Environment, exact = new Set<Scalar>()): boolean {
  if (scalar.domain === 'index' || exact.has(scalar)) return false;
  const found =
    scalar.kind === 'sum' ||
    (scalar.kind === 'apply' && rounds(scalar.function)) ||
    (scalar.kind === 'element' && tensorError(scalar.tensor, environment) !== undefined) ||
    scalarChildren(scalar).some(child => mayRound(child, environment, exact));
  if (!found) exact.add(scalar);
  return found;
}

/** Steps a row-major position to the next one, in place. */
function nextPosition(position: number[], shape: readonly number[]): void {
  for (let k = position.length - 1; k >= 0; k--) {
    const next = at(position, k) + 1;
    position[k] = next < at(shape, k) ? next : 0;
    if (next < at(shape, k)) return;
  }
}

export interface PackedValues {
  readonly value: Float64Array;
  /** |packed - value|: the rounding when it is stored, and what its evaluation may be off by. */
  readonly error: Float64Array;
}

/** A tensor as a kernel reads it. */
export function packedTensor(tensor: Tensor, environment: Environment, arithmetic: Arithmetic): PackedValues {
  const value = evaluateTensor(tensor, environment).data;
  if (arithmetic.u === 0) return { value, error: new Float64Array(value.length) };
  const { round, u, eta } = arithmetic.storage ?? arithmetic;
  const rounds = arithmetic.scalar === 'f32' || arithmetic.storage !== undefined;
  const error = value.map(each => Math.abs(round(each) - each));
  tensorError(tensor, environment)?.forEach((own, k) => {
    if (own > 0) error[k] = own + (rounds ? u * (Math.abs(at(value, k)) + own) + eta : 0);
  });
  const flush = arithmetic.storage?.flush ?? 0;
  if (flush > 0)
    value.forEach((each, k) => {
      // Packed below the normal range, and perhaps read as zero.
      if (each !== 0 && Math.abs(each) - at(error, k) < flush) error[k] = at(error, k) + flush;
    });
  return { value, error };
}

/** Substitution, column by column, as evaluated: sum -= a x, each product and difference rounded. */
function inverseError(
  tensor: Tensor & { kind: 'unitTriangularInverse' },
  environment: Environment,
): Float64Array {
  const n = at(tensor.shape, 0);
  const [a, inverse] = [
    evaluateTensor(tensor.of, environment).data,
    evaluateTensor(tensor, environment).data,
  ];
  const errorOfA = tensorError(tensor.of, environment) ?? new Float64Array(n * n);
  const error = new Float64Array(n * n);
  const order = Array.from({ length: n }, (_, k) => (tensor.triangle === 'lower' ? k : n - 1 - k));
  for (let column = 0; column < n; column++) {
    order.forEach((row, step) => {
      let [sum, bound] = [row === column ? 1 : 0, 0];
      for (const k of order.slice(0, step)) {
        const [left, right] = [at(a, row * n + k), at(inverse, k * n + column)];
        const [leftError, rightError] = [at(errorOfA, row * n + k), at(error, k * n + column)];
        if (right === 0 && rightError === 0) continue;
        sum -= left * right;
        const product = Math.abs(left) * rightError + leftError * (Math.abs(right) + rightError);
        bound += product + u * (Math.abs(left * right) + product);
        bound += u * (Math.abs(sum) + bound);
      }
      error[row * n + column] = bound;
    });
  }
  return error;
}

/** Evaluates in f64 and leaves the error of the last value evaluated in `error`. */
interface Analysis {
  readonly environment: Environment;
  readonly values: Known;
  readonly position: readonly number[];
  readonly variables: Map<number, number>;
  error: number;
}

function analyse(scalar: RealScalar | Scalar, analysis: Analysis): Evaluate {
  const { environment, values, position, variables } = analysis;
  const plain = () => prepare(scalar, environment, values, position, variables);
  const exact = (evaluate: Evaluate) => () => {
    const value = evaluate();
    analysis.error = 0;
    return value;
  };
  if (scalar.domain === 'index') return exact(plain());
  switch (scalar.kind) {
    case 'literal':
    case 'ofIndex':
      return exact(plain());
    case 'element': {
      const errors = tensorError(scalar.tensor, environment);
      if (errors === undefined) return exact(plain());
      const evaluate = plain();
      const indices = scalar.at.map(index => prepare(index, environment, values, position, variables));
      const { shape } = scalar.tensor;
      return () => {
        analysis.error = at(
          errors,
          indices.reduce((offset, index, k) => offset * at(shape, k) + index(), 0),
        );
        return evaluate();
      };
    }
    case 'select': {
      const condition = prepare(scalar.condition, environment, values, position, variables);
      const [then, otherwise] = [analyse(scalar.then, analysis), analyse(scalar.otherwise, analysis)];
      return () => (condition() !== 0 ? then() : otherwise());
    }
    case 'sum': {
      const body = analyse(scalar.body, analysis);
      return () => {
        let [sum, error] = [0, 0];
        for (let i = 0; i < scalar.extent; i++) {
          variables.set(scalar.variable, i);
          const term = body();
          if (term === 0 && analysis.error === 0) continue;
          const first = sum === 0 && error === 0;
          sum += term;
          error += analysis.error;
          if (!first) error += u * (Math.abs(sum) + error);
        }
        analysis.error = error;
        return sum;
      };
    }
    case 'apply': {
      const operands = scalar.arguments.map(each => analyse(each, analysis));
      const name = scalar.function;
      return () => {
        const [x, ex] = [operands[0]?.() ?? 0, analysis.error];
        const y = operands[1]?.() ?? 0;
        const ey = operands.length > 1 ? analysis.error : 0;
        const value = realFunction(name, [x, y]);
        const carried = ex === 0 && ey === 0 ? 0 : propagated[name](x, ex, y, ey, value);
        analysis.error = carried + (rounds(name) ? roundoffs(name) * u * (Math.abs(value) + carried) : 0);
        return value;
      };
    }
    default:
      return unreachable(scalar);
  }
}

const rounds = (name: RealFunction): boolean => !selecting.has(name);
const selecting: ReadonlySet<RealFunction> = new Set(['minimum', 'maximum', 'negate', 'relu', 'abs']);
const basic: ReadonlySet<RealFunction> = new Set(['add', 'subtract', 'multiply', 'divide', 'sqrt']);
const roundoffs = (name: RealFunction): number => (basic.has(name) ? 1 : functionRoundoffs);

type Propagate = (x: number, ex: number, y: number, ey: number, value: number) => number;

/** A function with a slope of at most `slope`. */
const lipschitz =
  (slope: number): Propagate =>
  (_x, ex) =>
    slope * ex;

const larger: Propagate = (_x, ex, _y, ey) => Math.max(ex, ey);
const both: Propagate = (_x, ex, _y, ey) => ex + ey;

/** What the errors of the operands make of the result; infinite where an operand may leave the domain. */
const propagated: Record<RealFunction, Propagate> = {
  add: both,
  subtract: both,
  multiply: (x, ex, y, ey) => Math.abs(x) * ey + Math.abs(y) * ex + ex * ey,
  divide: (_x, ex, y, ey, value) =>
    Math.abs(y) > ey ? (ex + Math.abs(value) * ey) / (Math.abs(y) - ey) : Number.POSITIVE_INFINITY,
  // x^y = e^(y log x): the relative error is that of the exponent.
  power: (x, ex, y, ey, value) => {
    if (!(Math.abs(x) > ex)) return Number.POSITIVE_INFINITY;
    const relative = (Math.abs(y) + ey) * (ex / (Math.abs(x) - ex)) + ey * Math.abs(Math.log(Math.abs(x)));
    return Math.abs(value) * Math.expm1(relative);
  },
  minimum: larger,
  maximum: larger,
  negate: lipschitz(1),
  relu: lipschitz(1),
  abs: lipschitz(1),
  exp: (_x, ex, _y, _ey, value) => value * Math.expm1(ex),
  log: (x, ex) => (x > ex ? ex / (x - ex) : Number.POSITIVE_INFINITY),
  sqrt: (x, ex, _y, _ey, value) => (x > ex ? ex / value : Math.sqrt(ex + Math.max(x, 0))),
  sin: lipschitz(1),
  cos: lipschitz(1),
  tanh: lipschitz(1),
  sigmoid: lipschitz(0.25),
  softplus: lipschitz(1),
  silu: lipschitz(1.1),
  gelu: lipschitz(1.13),
  geluTanh: lipschitz(1.13),
};
