/**
 * Numbers as unevaluated sums of two f64, on arrays: error-free sums (Knuth) and products (Dekker,
 * Veltkamp).
 */
import { at } from '../core/invariant.ts';

/** Entry i is high[i] + low[i], high[i] the nearest f64. */
export interface Pair {
  readonly high: Float64Array;
  readonly low: Float64Array;
}

export const pairOfLength = (length: number): Pair => ({
  high: new Float64Array(length),
  low: new Float64Array(length),
});

export const pairOf = (values: Float64Array): Pair => ({
  high: values.slice(),
  low: new Float64Array(values.length),
});

/** Numbers of a tensor: values[start + k stride]. */
export interface Strided {
  readonly values: ArrayLike<number>;
  readonly start: number;
  readonly stride: number;
}

/** 2^27 + 1: splits 53 bits into halves. */
const splitter = 134217729;

/**
 * y[place] += sum over k < count of weights[k] x[start + k stride], with one rounding of the pair at the
 * end.
 */
export function accumulateDot(
  y: Pair,
  place: number,
  weights: Strided,
  x: Pair,
  start: number,
  stride: number,
  count: number,
): void {
  const { values } = weights;
  let high = at(y.high, place);
  let low = at(y.low, place);
  for (let k = 0; k < count; k++) {
    const b = x.high[start + k * stride] as number;
    const w = values[weights.start + k * weights.stride] as number;
    if (b === 0 || w === 0) continue;
    const p = w * b;
    // p + error = w b exactly.
    const [scaledW, scaledB] = [splitter * w, splitter * b];
    const wHigh = scaledW - (scaledW - w);
    const bHigh = scaledB - (scaledB - b);
    const [wLow, bLow] = [w - wHigh, b - bHigh];
    const error = wLow * bLow - (p - wHigh * bHigh - wLow * bHigh - wHigh * bLow);
    const sum = high + p;
    const part = sum - high;
    low += high - (sum - part) + (p - part) + error + w * (x.low[start + k * stride] as number);
    high = sum;
  }
  const total = high + low;
  y.high[place] = total;
  y.low[place] = low - (total - high);
}

/** y[place] += high + low. */
export function accumulatePair(y: Pair, place: number, high: number, low: number): void {
  const before = at(y.high, place);
  const sum = before + high;
  const part = sum - before;
  const rest = before - (sum - part) + (high - part) + at(y.low, place) + low;
  const total = sum + rest;
  y.high[place] = total;
  y.low[place] = rest - (total - sum);
}

/** (high + low) / divisor. */
export function divided(high: number, low: number, divisor: number): { high: number; low: number } {
  const quotient = high / divisor;
  const rest: Pair = { high: Float64Array.of(high), low: Float64Array.of(low) };
  const back: Pair = { high: Float64Array.of(quotient), low: Float64Array.of(0) };
  accumulateDot(rest, 0, { values: [-divisor], start: 0, stride: 1 }, back, 0, 1, 1);
  const correction = (at(rest.high, 0) + at(rest.low, 0)) / divisor;
  const total = quotient + correction;
  return { high: total, low: correction - (total - quotient) };
}
