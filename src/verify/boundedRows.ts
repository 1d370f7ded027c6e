/** The numbers that the analysis of a tile program works on: buffers of a batch with their errors. */
import { invariant } from '../core/invariant.ts';
import type { Pointwise } from '../ir/operator.ts';
import type { Environment } from '../ir/tensorEvaluate.ts';
import type { Arithmetic } from './bound.ts';

/** A buffer of the batch, row-major [batch, width]. */
export interface BoundedRows {
  readonly width: number;
  readonly value: Float64Array;
  /** |computed - value| is at most this. */
  readonly error: Float64Array;
}

export type Seen = (name: Pointwise, argument: number) => void;

export interface AnalysisRun {
  readonly environment: Environment;
  readonly batch: number;
  readonly arithmetic: Arithmetic;
  /** Told of every argument of a pointwise function. */
  readonly seen?: Seen;
}

export type BoundedBuffers = Map<string, BoundedRows>;

export const exactRows = (value: Float64Array, width: number): BoundedRows => ({
  width,
  value,
  error: new Float64Array(value.length),
});

export function rowsOf(buffers: ReadonlyMap<string, BoundedRows>, name: string): BoundedRows {
  const rows = buffers.get(name);
  invariant(rows !== undefined, `no buffer ${name}`);
  return rows;
}
