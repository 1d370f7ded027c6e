/** Values of parameters as users give them: checked against the description, as numbers the pack steps read. */
import { SopError } from './errors.ts';
import type { Numbers, ParameterDescription } from './types.ts';

/** Values in half precision as their bits, as files store them. */
export interface HalfValues {
  readonly dtype: 'f16' | 'bf16';
  readonly data: Uint16Array;
}

/** What pack steps fill: sixteen bits as they are. */
export const packArrays = {
  f32: Float32Array,
  f64: Float64Array,
  i32: Int32Array,
  f16: Uint16Array,
} as const;

type IntegerArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** Row-major values of one parameter; a number where it has one element. */
export type ParameterValue =
  | number
  | readonly number[]
  | Float32Array
  | Float64Array
  | HalfValues
  | IntegerArray;

/** `L: [n/b, b, b] = [32, 32, 32] (32768 values)`. */
export function describe({ name, written, shape }: ParameterDescription): string {
  const values = elementsOf(shape);
  return `${name}: ${written} = [${shape.join(', ')}] (${values} value${values === 1 ? '' : 's'})`;
}

export const elementsOf = (shape: readonly number[]): number =>
  shape.reduce((product, extent) => product * extent, 1);

/** A copy of the values, checked; `owner` is the operator or module that is named in errors. */
export function numbersOf(owner: string, parameter: ParameterDescription, value: ParameterValue): Numbers {
  const numbers = copied(value, parameter.dtype === 'index');
  const wants = `${owner} wants ${describe(parameter)}`;
  if (numbers === undefined) {
    throw new SopError('parameter-dtype', `${wants} as ${accepted(parameter)}, got ${kindOf(value)}`);
  }
  if (numbers.length !== elementsOf(parameter.shape)) {
    throw new SopError('parameter-shape', `${wants}, got ${numbers.length}`);
  }
  if (parameter.dtype === 'index') checkIndices(wants, parameter, numbers);
  return numbers;
}

const accepted = ({ dtype }: ParameterDescription): string =>
  dtype === 'index'
    ? 'integers (Int32Array, BigInt64Array, ... or an array of numbers)'
    : "real numbers (Float32Array, Float64Array, an array of numbers, or { dtype: 'f16' | 'bf16', data: Uint16Array })";

function kindOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return value.constructor?.name ?? 'an object';
}

/** Nothing when the value's type does not fit. Floating-point arrays may hold indices, which are checked as values. */
function copied(value: ParameterValue, wantsIndex: boolean): Numbers | undefined {
  if (typeof value === 'number') return Float64Array.of(value);
  if (value instanceof Float32Array || value instanceof Float64Array) return value.slice();
  if (Array.isArray(value))
    return value.every(each => typeof each === 'number') ? Float64Array.from(value) : undefined;
  if (ArrayBuffer.isView(value))
    return wantsIndex && !(value instanceof DataView)
      ? Float64Array.from(value as Int32Array, Number)
      : undefined;
  const half = value as Partial<HalfValues> | null | undefined;
  if (wantsIndex || !(half?.data instanceof Uint16Array)) return undefined;
  if (half.dtype === 'bf16') return Float32Array.from(half.data, fromBrain);
  return half.dtype === 'f16' ? Float32Array.from(half.data, fromHalf) : undefined;
}

/** IEEE 754 binary16: sign, 5 bits of exponent, 10 of fraction. */
function fromHalf(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** bfloat16: the upper half of an f32. */
function fromBrain(bits: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint16(0, bits);
  return view.getFloat32(0);
}

function checkIndices(
  wants: string,
  { range = 2 ** 31, permutation, shape }: ParameterDescription,
  numbers: Numbers,
): void {
  const fail = (problem: string): never => {
    throw new SopError('parameter-value', `${wants}, ${problem}`);
  };
  const last = shape.at(-1) ?? 1;
  const along = shape.length > 1 ? ' along the last axis' : '';
  // Where each value stood last, from 1 on.
  const places = new Int32Array(permutation ? range : 0);
  for (let i = 0; i < numbers.length; i++) {
    const value = numbers[i] ?? Number.NaN;
    if (!Number.isInteger(value) || value < 0 || value >= range)
      fail(`each an integer from 0 to ${range - 1}; entry ${i} is ${value}`);
    const before = (places[value] ?? 0) - 1;
    if (before >= i - (i % last))
      fail(`each of 0 to ${range - 1} once${along}; entries ${before} and ${i} are both ${value}`);
    places[value] = i + 1;
  }
}
