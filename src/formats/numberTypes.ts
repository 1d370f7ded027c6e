/** The number types that data files hold, and how their bytes become f64 values. */
import { decodeBfloat16, decodeFloat16 } from '../core/float16.ts';

interface NumberCodec {
  readonly bytes: 1 | 2 | 4 | 8;
  /** Whether every value is whole. */
  readonly whole: boolean;
  readonly read: (view: DataView, offset: number, littleEndian: boolean) => number;
}

/** 64-bit integers beyond 2^53 are rounded to the nearest f64. */
const codecs = {
  f64: { bytes: 8, whole: false, read: (view, offset, little) => view.getFloat64(offset, little) },
  f32: { bytes: 4, whole: false, read: (view, offset, little) => view.getFloat32(offset, little) },
  f16: {
    bytes: 2,
    whole: false,
    read: (view, offset, little) => decodeFloat16(view.getUint16(offset, little)),
  },
  bf16: {
    bytes: 2,
    whole: false,
    read: (view, offset, little) => decodeBfloat16(view.getUint16(offset, little)),
  },
  i64: { bytes: 8, whole: true, read: (view, offset, little) => Number(view.getBigInt64(offset, little)) },
  i32: { bytes: 4, whole: true, read: (view, offset, little) => view.getInt32(offset, little) },
  i16: { bytes: 2, whole: true, read: (view, offset, little) => view.getInt16(offset, little) },
  i8: { bytes: 1, whole: true, read: (view, offset) => view.getInt8(offset) },
  u64: { bytes: 8, whole: true, read: (view, offset, little) => Number(view.getBigUint64(offset, little)) },
  u32: { bytes: 4, whole: true, read: (view, offset, little) => view.getUint32(offset, little) },
  u16: { bytes: 2, whole: true, read: (view, offset, little) => view.getUint16(offset, little) },
  u8: { bytes: 1, whole: true, read: (view, offset) => view.getUint8(offset) },
  bool: { bytes: 1, whole: true, read: (view, offset) => (view.getUint8(offset) === 0 ? 0 : 1) },
} as const satisfies Record<string, NumberCodec>;

export type NumberType = keyof typeof codecs;

export const bytesOf = (type: NumberType): number => codecs[type].bytes;
export const isWhole = (type: NumberType): boolean => codecs[type].whole;

/** All values of a run of bytes, in order. */
export function readNumbers(type: NumberType, bytes: Uint8Array, littleEndian = true): Float64Array {
  const { bytes: size, read }: NumberCodec = codecs[type];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float64Array(Math.floor(bytes.byteLength / size));
  for (let i = 0; i < values.length; i++) values[i] = read(view, i * size, littleEndian);
  return values;
}

/** Elements of a shape, or nothing when the product is no exact whole number. */
export function elementsOf(shape: readonly number[]): number | undefined {
  if (shape.includes(0)) return 0;
  const elements = shape.reduce((product, extent) => product * extent, 1);
  return Number.isSafeInteger(elements) ? elements : undefined;
}

/** Numbers with a shape, row-major, as read from a file. */
export interface NumberArray {
  readonly type: NumberType;
  readonly shape: readonly number[];
  readonly values: Float64Array;
}
