/**
 * Sixteen-bit floating point, binary16 (IEEE 754) and bfloat16, as bit patterns: decoding is exact, encoding rounds
 * the f64 once, to nearest even. Written out because DataView reads and writes neither everywhere. Imports nothing.
 */

/** A binary format of one sign bit, `exponentBits` and `mantissaBits`, with subnormals, infinities and NaN. */
interface BinaryFormat {
  readonly exponentBits: number;
  readonly mantissaBits: number;
}

const binary16: BinaryFormat = { exponentBits: 5, mantissaBits: 10 };
const binary32UpperHalf: BinaryFormat = { exponentBits: 8, mantissaBits: 7 };

export const decodeFloat16 = (bits: number): number => decode(binary16, bits);
export const encodeFloat16 = (value: number): number => encode(binary16, value);
export const decodeBfloat16 = (bits: number): number => decode(binary32UpperHalf, bits);
export const encodeBfloat16 = (value: number): number => encode(binary32UpperHalf, value);

/** The nearest number of the format, as a number. */
export const roundToFloat16 = (value: number): number => round(binary16, value);
export const roundToBfloat16 = (value: number): number => round(binary32UpperHalf, value);

function decode({ exponentBits, mantissaBits }: BinaryFormat, bits: number): number {
  const special = 2 ** exponentBits - 1;
  const bias = special >> 1;
  const sign = bits >> (exponentBits + mantissaBits) === 0 ? 1 : -1;
  const exponent = (bits >> mantissaBits) & special;
  const mantissa = bits & (2 ** mantissaBits - 1);
  if (exponent === special) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * mantissa * 2 ** (1 - bias - mantissaBits);
  return sign * (1 + mantissa * 2 ** -mantissaBits) * 2 ** (exponent - bias);
}

function encode({ exponentBits, mantissaBits }: BinaryFormat, value: number): number {
  const special = 2 ** exponentBits - 1;
  const bias = special >> 1;
  if (Number.isNaN(value)) return (special << mantissaBits) | (1 << (mantissaBits - 1));
  const sign = value < 0 || Object.is(value, -0) ? 1 << (exponentBits + mantissaBits) : 0;
  const infinity = special << mantissaBits;
  const size = Math.abs(value);
  const exponent = Math.max(exponentOf(size), 1 - bias);
  if (exponent > bias) return sign | infinity;
  // The mantissa with its leading bit counts units of the last place; rounding up may carry into the exponent,
  // which the addition below does, up to infinity.
  const units = roundToEven(size * 2 ** (mantissaBits - exponent));
  return sign | (((exponent + bias - 1) << mantissaBits) + units);
}

function round({ exponentBits, mantissaBits }: BinaryFormat, value: number): number {
  if (!Number.isFinite(value) || value === 0) return value;
  const bias = 2 ** (exponentBits - 1) - 1;
  const size = Math.abs(value);
  const unit = 2 ** (Math.max(exponentOf(size), 1 - bias) - mantissaBits);
  const near = roundToEven(size / unit) * unit;
  return Math.sign(value) * (near < 2 ** (bias + 1) ? near : Number.POSITIVE_INFINITY);
}

const wide = new DataView(new ArrayBuffer(8));

/** The e with 2^e <= size < 2^(e+1); subnormal f64 lie far below the formats here and give -1023. */
function exponentOf(size: number): number {
  wide.setFloat64(0, size);
  return (wide.getUint16(0) >> 4) - 1023;
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
