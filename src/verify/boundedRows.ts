/** The numbers that the analysis of a tile program works on: buffers of a batch with their errors. */
import { invariant } from '../core/invariant.ts';
import type { Pointwise } from '../ir/operator.ts';
import type { Environment } from '../ir/tensorEvaluate.ts';
import { type Arithmetic, type Bounded, held, isFlushed, type Storage } from './bound.ts';

/** A buffer of the batch, row-major [batch, width]. */
export interface BoundedRows {
  readonly width: number;
  readonly value: Float64Array;
  /** |computed - value| is at most this. */
  readonly error: Float64Array;
  /** What is written is rounded to it; nothing where the buffer holds what is computed. */
  readonly storage?: Storage | undefined;
}

/** Writes a value into its buffer. */
export function put({ value, error, storage }: BoundedRows, place: number, computed: Bounded): void {
  const written = held(computed, storage);
  value[place] = written.value;
  error[place] = written.error;
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

/** Given numbers of the storage format, as kernels read them. */
export const givenRows = (value: Float64Array, width: number, { storage }: Arithmetic): BoundedRows => ({
  width,
  value,
  error: value.map(each => (isFlushed(each, storage?.flush ?? 0) ? Math.abs(each) : 0)),
});

export function rowsOf(buffers: ReadonlyMap<string, BoundedRows>, name: string): BoundedRows {
  const rows = buffers.get(name);
  invariant(rows !== undefined, `no buffer ${name}`);
  return rows;
}
