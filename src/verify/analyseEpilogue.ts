/**
 * The analysis of what is applied to a value on its way to memory, step by step as lower/epilogue.ts emits
 * it.
 */
import { at, unreachable } from '../core/invariant.ts';
import type { Pointwise } from '../ir/operator.ts';
import type { EpilogueStep } from '../tile/tile.ts';
import { doublePrecision } from './arithmetic.ts';
import {
  type Arithmetic,
  type Bounded,
  exactly,
  increasing,
  negated,
  over,
  plus,
  stored,
  times,
} from './bound.ts';
import { type AnalysisRun, type BoundedBuffers, rowsOf } from './boundedRows.ts';
import { packedTensor } from './boundedTensor.ts';

/** The value at `address` of a row, finished. */
export type Finish = (row: number, address: number, value: Bounded) => Bounded;

export function prepareEpilogue(
  steps: readonly EpilogueStep[],
  buffers: BoundedBuffers,
  { environment, arithmetic, seen }: AnalysisRun,
): Finish {
  const prepared = steps.map((step): Finish => {
    switch (step.kind) {
      case 'bias': {
        const bias = packedTensor(step.bias, environment, arithmetic);
        return (_row, address, value) =>
          plus(value, { value: at(bias.value, address), error: at(bias.error, address) }, arithmetic);
      }
      case 'gate': {
        const gate = rowsOf(buffers, step.buffer);
        return (row, address, value) => {
          const place = row * gate.width + address;
          return times(value, { value: at(gate.value, place), error: at(gate.error, place) }, arithmetic);
        };
      }
      case 'pointwise':
        return (_row, _address, value) => {
          seen?.(step.function, value.value);
          return withReference(step.function, value, arithmetic);
        };
      default:
        return unreachable(step);
    }
  });
  return (row, address, start) => prepared.reduce((value, apply) => apply(row, address, value), start);
}

/**
 * The reference evaluates the function in f64, at an argument rounded to f64: the emitted formula there
 * bounds its error.
 */
function withReference(name: Pointwise, x: Bounded, arithmetic: Arithmetic): Bounded {
  const { value, error } = boundedPointwise(name, x, arithmetic);
  if (arithmetic.u === 0) return { value, error };
  const argument = { value: x.value, error: doublePrecision.u * Math.abs(x.value) };
  return { value, error: error + boundedPointwise(name, argument, doublePrecision).error };
}

export function boundedPointwise(name: Pointwise, x: Bounded, arithmetic: Arithmetic): Bounded {
  const number = (value: number) => stored(value, arithmetic);
  const product = (a: Bounded, b: Bounded) => times(a, b, arithmetic);
  const sum = (a: Bounded, b: Bounded) => plus(a, b, arithmetic);
  /** x/2 (1 + y). */
  const half = (y: Bounded) => product(product(x, number(0.5)), sum(number(1), y));
  switch (name) {
    case 'relu':
      if (x.value + x.error <= 0) return exactly(0);
      return { value: Math.max(x.value, 0), error: x.error + arithmetic.flush };
    case 'tanh':
      return increasing('tanh', x, arithmetic);
    case 'sigmoid':
      return logistic(number(1), x, arithmetic);
    case 'silu':
      return logistic(x, x, arithmetic);
    case 'gelu':
      return half(increasing('erf', product(x, number(Math.SQRT1_2)), arithmetic));
    case 'geluTanh': {
      const cube = product(product(x, x), x);
      const inner = sum(x, product(number(0.044715), cube));
      return half(increasing('tanh', product(number(Math.sqrt(2 / Math.PI)), inner), arithmetic));
    }
    default:
      return unreachable(name);
  }
}

/**
 * numerator / (1 + exp(-x)). Where the exponential may overflow the divisor is at least `greatest` or
 * infinite: then the exact and the computed quotient both lie between zero and |numerator| / greatest.
 */
function logistic(numerator: Bounded, x: Bounded, arithmetic: Arithmetic): Bounded {
  const divisor = plus(exactly(1), increasing('exp', negated(x), arithmetic), arithmetic);
  if (divisor.value + divisor.error < arithmetic.greatest) return over(numerator, divisor, arithmetic);
  // Half of the least exponential is below what is computed for it, if that is finite.
  const least = 1 + Math.exp(-(x.value + x.error)) / 2;
  const most = (Math.abs(numerator.value) + numerator.error) / Math.min(least, arithmetic.greatest);
  return { value: numerator.value / divisor.value, error: most + arithmetic.eta };
}
