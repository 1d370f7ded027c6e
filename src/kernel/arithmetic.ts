/**
 * What each operator computes on numbers: the meaning that the interpreter runs and constant folding
 * applies.
 */
import { erf } from '../core/erf.ts';
import { realFormats } from '../core/precision.ts';
import type { OperatorName, Scalar } from './kernel.ts';

/** One lane: `scalar` is the type of the operands, `result` that of the result; both round once. */
export type LaneFunction = (a: number, b: number, c: number) => number;

export function laneFunction(operator: OperatorName, scalar: Scalar, result: Scalar): LaneFunction {
  const exact = exactFunction(operator, scalar);
  if (result === 'i32') return (a, b, c) => exact(a, b, c) | 0;
  if (result === 'f64') return exact;
  const { round } = realFormats[result];
  return (a, b, c) => round(exact(a, b, c));
}

/** What an operator computes on operands of any type. */
const exactFunctions: Readonly<Record<OperatorName, LaneFunction>> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  modulo: (a, b) => a - Math.floor(a / b) * b,
  minimum: (a, b) => Math.min(a, b),
  maximum: (a, b) => Math.max(a, b),
  power: (a, b) => a ** b,
  negate: a => -a,
  absolute: Math.abs,
  squareRoot: Math.sqrt,
  floor: Math.floor,
  exp: Math.exp,
  log: Math.log,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  erf,
  fusedMultiplyAdd: (a, b, c) => a * b + c,
  less: (a, b) => (a < b ? 1 : 0),
  equal: (a, b) => (a === b ? 1 : 0),
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  exclusiveOr: (a, b) => a ^ b,
  shiftLeft: (a, b) => a << b,
  shiftRightUnsigned: (a, b) => a >>> b,
  select: (a, b, c) => (a !== 0 ? b : c),
  toInteger: Math.trunc,
  bitsToFloat: floatOfBits,
  floatToBits: bitsOfFloat,
  toFloat: a => a,
  toPrecision: a => a,
  splat: a => a,
};

/** What it computes instead on operands of one type. */
const exactFunctionsOf: Readonly<Record<Scalar, Readonly<Partial<Record<OperatorName, LaneFunction>>>>> = {
  i32: { multiply: Math.imul, divide: (a, b) => Math.floor(a / b) },
  f32: { fusedMultiplyAdd: fusedMultiplyAddToOdd },
  f64: {},
  f16: {},
  bf16: {},
};

/**
 * In f64, which holds sums, products, quotients and roots of f32 numbers well enough that rounding them once
 * more gives the correctly rounded f32 result (Figueroa 1995); the transcendental functions are those of the
 * host.
 */
const exactFunction = (operator: OperatorName, scalar: Scalar): LaneFunction =>
  exactFunctionsOf[scalar][operator] ?? exactFunctions[operator];

const bits = new DataView(new ArrayBuffer(8));

function floatOfBits(value: number): number {
  bits.setInt32(0, value);
  return bits.getFloat32(0);
}

function bitsOfFloat(value: number): number {
  bits.setFloat32(0, value);
  return bits.getInt32(0);
}

/**
 * a·b + c of f32 numbers in f64, rounded to odd, so that rounding to f32 afterwards rounds only once (Boldo
 * and Melquiond 2008). The product is exact; the sum's error is known exactly (Knuth's two-sum). f64 itself
 * is emulated with two roundings.
 */
function fusedMultiplyAddToOdd(a: number, b: number, c: number): number {
  const product = a * b;
  const sum = product + c;
  const part = sum - product;
  const error = product - (sum - part) + (c - part);
  if (error === 0 || !Number.isFinite(sum)) return sum;
  bits.setFloat64(0, sum);
  const low = bits.getUint32(4);
  if (low % 2 === 1) return sum;
  const away = error > 0 === sum > 0;
  if (!away && low === 0) bits.setUint32(0, bits.getUint32(0) - 1);
  bits.setUint32(4, away ? low + 1 : (low - 1) >>> 0);
  return bits.getFloat64(0);
}
