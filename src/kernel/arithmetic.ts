/**
 * What each operator computes on numbers: the meaning that the interpreter runs and constant folding
 * applies.
 */
import { erf } from '../core/erf.ts';
import { unreachable } from '../core/invariant.ts';
import type { OperatorName, Scalar } from './kernel.ts';

/** One lane: `scalar` is the type of the operands, `result` that of the result; both round once. */
export type LaneFunction = (a: number, b: number, c: number) => number;

export function laneFunction(operator: OperatorName, scalar: Scalar, result: Scalar): LaneFunction {
  const exact = exactFunction(operator, scalar);
  switch (result) {
    case 'i32':
      return (a, b, c) => exact(a, b, c) | 0;
    case 'f32':
      return (a, b, c) => Math.fround(exact(a, b, c));
    case 'f64':
      return exact;
    default:
      return unreachable(result);
  }
}

/**
 * In f64, which holds sums, products, quotients and roots of f32 numbers well enough that rounding them once
 * more gives the correctly rounded f32 result (Figueroa 1995); the transcendental functions are those of the
 * host.
 */
function exactFunction(operator: OperatorName, scalar: Scalar): LaneFunction {
  switch (operator) {
    case 'add':
      return (a, b) => a + b;
    case 'subtract':
      return (a, b) => a - b;
    case 'multiply':
      return scalar === 'i32' ? Math.imul : (a, b) => a * b;
    case 'divide':
      return scalar === 'i32' ? (a, b) => Math.floor(a / b) : (a, b) => a / b;
    case 'modulo':
      return (a, b) => a - Math.floor(a / b) * b;
    case 'minimum':
      return (a, b) => Math.min(a, b);
    case 'maximum':
      return (a, b) => Math.max(a, b);
    case 'power':
      return (a, b) => a ** b;
    case 'negate':
      return a => -a;
    case 'absolute':
      return Math.abs;
    case 'squareRoot':
      return Math.sqrt;
    case 'floor':
      return Math.floor;
    case 'exp':
      return Math.exp;
    case 'log':
      return Math.log;
    case 'sin':
      return Math.sin;
    case 'cos':
      return Math.cos;
    case 'tanh':
      return Math.tanh;
    case 'erf':
      return erf;
    case 'fusedMultiplyAdd':
      return scalar === 'f32' ? fusedMultiplyAddToOdd : (a, b, c) => a * b + c;
    case 'less':
      return (a, b) => (a < b ? 1 : 0);
    case 'equal':
      return (a, b) => (a === b ? 1 : 0);
    case 'and':
      return (a, b) => a & b;
    case 'or':
      return (a, b) => a | b;
    case 'exclusiveOr':
      return (a, b) => a ^ b;
    case 'shiftLeft':
      return (a, b) => a << b;
    case 'shiftRightUnsigned':
      return (a, b) => a >>> b;
    case 'select':
      return (a, b, c) => (a !== 0 ? b : c);
    case 'toInteger':
      return Math.trunc;
    case 'bitsToFloat':
      return floatOfBits;
    case 'floatToBits':
      return bitsOfFloat;
    case 'toFloat':
    case 'toPrecision':
    case 'splat':
      return a => a;
    default:
      return unreachable(operator);
  }
}

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
