/**
 * What a generated module says of itself: the contract between code generation and the runtime. Data and pack functions
 * only; the runtime allocates, packs, copies and calls. Imports nothing.
 */

export type BufferRole = 'input' | 'output' | 'weights' | 'scratch' | 'workspace';

/** A region of the module's memory. bytes = fixedBytes + bytesPerRow · batch. */
export interface BufferDescription {
  readonly name: string;
  readonly role: BufferRole;
  readonly fixedBytes: number;
  readonly bytesPerRow: number;
}

/** One launch: `export(address of each buffer..., batch)`. */
export interface KernelDescription {
  readonly export: string;
  readonly buffers: readonly string[];
}

/** `apply` or `adjoint` of one operator: kernels run in order over named buffers. */
export interface ProgramDescription {
  readonly inputLength: number;
  readonly outputLength: number;
  readonly kernels: readonly KernelDescription[];
  readonly buffers: readonly BufferDescription[];
}

export type ParameterDtype = 'f32' | 'f16' | 'bf16' | 'f64' | 'index';

export interface ParameterDescription {
  readonly name: string;
  readonly dtype: ParameterDtype;
  readonly shape: readonly number[];
  /** As the user wrote it, in symbols; shown in errors. */
  readonly written: string;
  readonly binding: 'static' | 'frozen' | 'learned' | 'call';
  /** Fills the parameter from its declared default; absent when a value must be given. */
  readonly default?: (seed: number) => Float64Array;
}

/** Parameter values as the pack step reads them: f64, or integers for index tables, row-major. */
export type PackInputs = Readonly<Record<string, Float64Array>>;

/** Rewrites parameters into the layout a kernel reads; run at load and when one of `reads` is updated. */
export interface PackStep {
  /** The weights buffer it fills; shared by all programs that name it. */
  readonly target: string;
  readonly scalar: 'f32' | 'f64' | 'i32';
  readonly elements: number;
  readonly reads: readonly string[];
  readonly run: (parameters: PackInputs, target: Float32Array | Float64Array | Int32Array) => void;
}

export interface OperatorDescription {
  readonly name: string;
  /** `monarch[n=1024, b=32]`. */
  readonly title: string;
  readonly parameters: readonly string[];
  readonly apply: ProgramDescription;
  /** Absent for maps, which have none. */
  readonly adjoint?: ProgramDescription;
}

export interface ModuleDescription {
  readonly name: string;
  readonly scalar: 'f32' | 'f64';
  readonly parameters: readonly ParameterDescription[];
  readonly packs: readonly PackStep[];
  readonly operators: readonly OperatorDescription[];
  /** The assembled kernels; `wasm` is called once, when a module is first created. Imports `env.memory` and nothing else. */
  readonly wasm: () => Uint8Array;
}
