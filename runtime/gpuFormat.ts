/**
 * Numbers on a device in the format that its kernels hold them in: f32, or f16 for modules of `storage: 'f16'`, which
 * are rounded once on their way in, to nearest even, and widened on their way out. Writes and copies are whole numbers
 * of four bytes, so an odd count of f16 is followed by one that nothing reads.
 */
import { decodeFloat16, encodeFloat16 } from './float16.ts';
import { copyRows } from './operator.ts';
import type { GpuStorage } from './types.ts';

/** Arrays of f16, where the engine has them. */
export type HalfArray = typeof globalThis extends { Float16Array: { prototype: infer Own } } ? Own : never;

/** What calls of `apply` take and give. */
export type GpuVector = Float32Array | HalfArray;

interface HalfArrays {
  new (length: number): HalfArray;
  new (buffer: ArrayBuffer, byteOffset: number, length: number): HalfArray;
}

/** Asked for at each call: engines may get it from a polyfill. */
const halfArrays = (): HalfArrays | undefined =>
  (globalThis as { readonly Float16Array?: HalfArrays }).Float16Array;

/** The kind of array of a call, as its input tells: only kernels on f16 take arrays of f16. */
export function arrayOf(storage: GpuStorage, x: unknown): new (length: number) => GpuVector {
  const halves = halfArrays();
  return storage === 'f16' && halves !== undefined && x instanceof halves ? halves : Float32Array;
}

export const bytesOf = (storage: GpuStorage): 2 | 4 => (storage === 'f16' ? 2 : 4);

/** So many numbers, in whole steps of four bytes. */
export const paddedBytes = (storage: GpuStorage, numbers: number): number =>
  Math.ceil((numbers * bytesOf(storage)) / 4) * 4;

/** Rows of a call in one piece, as they are written to the device. */
export function packRows(
  storage: GpuStorage,
  x: GpuVector,
  start: number,
  rowStride: number,
  width: number,
  rows: number,
): ArrayBufferView<ArrayBuffer> {
  if (storage === 'f32') {
    if (rowStride === width) return x.subarray(start, start + rows * width) as Float32Array<ArrayBuffer>;
    const values = new Float32Array(rows * width);
    copyRows(x, start, rowStride, values, 0, width, width, rows);
    return values;
  }
  const bits = new Uint16Array(paddedBytes(storage, rows * width) / 2);
  const halves = halfArrays();
  if (halves !== undefined) {
    copyRows(x, start, rowStride, new halves(bits.buffer, 0, rows * width), 0, width, width, rows);
    return bits;
  }
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < width; i++)
      bits[row * width + i] = encodeFloat16(x[start + row * rowStride + i] as number);
  return bits;
}

/** The numbers that a device gave back. */
export function unpacked(storage: GpuStorage, bytes: ArrayBuffer, count: number): GpuVector {
  if (storage === 'f32') return new Float32Array(bytes, 0, count);
  const halves = halfArrays();
  return halves === undefined
    ? Float32Array.from(new Uint16Array(bytes, 0, count), decodeFloat16)
    : new halves(bytes, 0, count);
}
