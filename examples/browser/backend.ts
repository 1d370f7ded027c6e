/** What the page asks of WebAssembly and of WebGPU alike. */
import type { OperatorName } from './problem.ts';

export type BackendName = 'webgpu' | 'wasm';

export interface Backend {
  readonly name: BackendName;
  /** Unit of rounding of its f32 arithmetic. */
  readonly unit: number;
  apply(operator: OperatorName, x: Float32Array): Promise<Float32Array>;
  /** Seconds for one product of `batch` rows. */
  seconds(operator: OperatorName, batch: number): Promise<number>;
}

export const title = {
  webgpu: 'WebGPU',
  wasm: 'WebAssembly',
} as const satisfies Record<BackendName, string>;
