/** The formats of real numbers, and which of them a kernel computes in and holds its values in. */
import { roundToBfloat16, roundToFloat16 } from './float16.ts';

export type RealFormat = 'f64' | 'f32' | 'f16' | 'bf16';
/** Formats for memory alone: what is loaded is widened before it is computed with. */
export type HalfFormat = 'f16' | 'bf16';

interface FormatFacts {
  readonly bytes: 2 | 4 | 8;
  /** The nearest number of the format, ties to even. */
  readonly round: (value: number) => number;
}

export const realFormats = {
  f64: { bytes: 8, round: value => value },
  f32: { bytes: 4, round: Math.fround },
  f16: { bytes: 2, round: roundToFloat16 },
  bf16: { bytes: 2, round: roundToBfloat16 },
} as const satisfies Record<RealFormat, FormatFacts>;

export interface Precision {
  /** Of every operation and accumulator. */
  readonly scalar: 'f32' | 'f64';
  /** Of input, output, weights and what lies between factors. */
  readonly storage: RealFormat;
}
