/** What is verified: an operator with its numbers, and whatever runs its kernels. */
import type { Environment } from '../ir/tensorEvaluate.ts';
import type { PackedBuffer } from '../lower/context.ts';
import type { LoweredInstance, Mode } from '../pipeline.ts';

export interface RunRequest {
  readonly mode: Mode;
  /** [batch, columns]. */
  readonly x: Float32Array | Float64Array;
  readonly batch: number;
  /** What the output, and every scratch the backend can reach, is filled with before. */
  readonly poison: number;
}

/** Whatever runs the kernels: an interpreter, an instance of the WebAssembly module, a generated module. */
export interface Backend {
  readonly name: string;
  /** y: [batch, rows]. What it throws is a failure of the operator. */
  readonly run: (request: RunRequest) => ArrayLike<number>;
  /** What the pack step made; absent where it cannot be seen. */
  readonly packed?: (buffer: PackedBuffer) => ArrayLike<number>;
}

export interface Subject {
  readonly instance: LoweredInstance;
  /** The packed buffers of the module. */
  readonly packed: readonly PackedBuffer[];
  /** Values of all parameters, as the backend was given them. */
  readonly environment: Environment;
  readonly seed: number;
}
