/**
 * Device profiles: what a machine offers, as data. The planner reads these numbers and nothing else of a
 * target; a new machine is a new record.
 */

export interface Profile {
  readonly name: string;
  /** f32 lanes of one vector register. */
  readonly vectorLanes: number;
  /** Accumulators that fit the register file beside the operands of the inner loop. */
  readonly accumulators: number;
  /** Room for one batch tile of every live value of a kernel, in bytes. */
  readonly tileBytes: number;
  /** What `tileBytes` is called in messages. */
  readonly tileMemory: string;
  /** Rows of a tile: at least this many where they fit, so that weights are reused. */
  readonly tileRows: number;
  /** Rows that share one pass over the weights; a tile has a multiple of these where that many fit. */
  readonly rowsTogether: number;
  /** a·b+c may be contracted (relaxed SIMD). */
  readonly fusedMultiplyAdd: boolean;
  /** Bytes the emitted module may allocate. */
  readonly memoryBytes: number;
}

/** WASM with 128-bit SIMD: 16 registers on x86-64; the tile should stay in a 1 MiB second-level cache. */
const wasmSimd128: Profile = {
  name: 'wasm-simd128',
  vectorLanes: 4,
  accumulators: 8,
  tileBytes: 512 * 1024,
  tileMemory: 'second-level cache',
  tileRows: 8,
  rowsTogether: 4,
  fusedMultiplyAdd: false,
  memoryBytes: 2 ** 31,
};

export const profiles = {
  'wasm-simd128': wasmSimd128,
  'wasm-relaxed': { ...wasmSimd128, name: 'wasm-relaxed', fusedMultiplyAdd: true },
} as const satisfies Record<string, Profile>;

export type ProfileName = keyof typeof profiles;
