/**
 * The tolerance of the conformance check, derived from the emitted arithmetic: a componentwise running error analysis.
 * Beside each exact value v the analysis carries e with |computed - v| <= e. One rounding multiplies by 1 + d, |d| <= u;
 * k of them in a row by 1 + t, |t| <= gamma(k) = k u / (1 - k u); below the normal range it adds at most eta.
 */
import { at } from '../core/invariant.ts';

export interface Arithmetic {
  /** Unit roundoff. */
  readonly u: number;
  /** The largest error of one operation below the normal range. */
  readonly eta: number;
}

export const singlePrecision: Arithmetic = Object.freeze({ u: 2 ** -24, eta: 2 ** -150 });
export const doublePrecision: Arithmetic = Object.freeze({ u: 2 ** -53, eta: 2 ** -1074 });

export interface Bounded {
  readonly value: number;
  readonly error: number;
}

/** Infinite where so many roundings leave no guarantee. */
export function gamma(roundings: number, { u }: Arithmetic): number {
  return roundings * u < 1 ? (roundings * u) / (1 - roundings * u) : Number.POSITIVE_INFINITY;
}

/**
 * initial + sum of w x, in order. Each term sees its weight's rounding, its product's and at most k additions:
 *   e <= e0 + gamma(k)(|y0| + e0) + sum |w| ex + gamma(k + 2) sum |w|(|x| + ex) + eta sum (1 + |x| + ex)
 * with eta doubled because the roundings that follow an underflow enlarge it by less than that.
 */
export function boundedContraction(
  weights: ArrayLike<number>,
  inputs: readonly Bounded[],
  initial: Bounded,
  arithmetic: Arithmetic,
): Bounded {
  const count = inputs.length;
  const perTerm = gamma(count + 2, arithmetic);
  let value = initial.value;
  let error = initial.error + gamma(count, arithmetic) * (Math.abs(initial.value) + initial.error);
  inputs.forEach((input, k) => {
    const weight = at(weights, k);
    const size = Math.abs(input.value) + input.error;
    value += weight * input.value;
    error += Math.abs(weight) * (input.error + perTerm * size) + 2 * arithmetic.eta * (1 + size);
  });
  return { value, error };
}
