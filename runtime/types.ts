/**
 * What a generated module says of itself: the contract between code generation and the runtime. Data and functions on
 * numbers only; the runtime allocates, packs, copies and calls. Imports nothing.
 */

export type BufferRole = 'input' | 'output' | 'workspace' | 'scratch';

/** A region of memory one program uses: bytes = fixedBytes + bytesPerRow · rows of the batch. */
export interface BufferDescription {
  readonly name: string;
  readonly role: BufferRole;
  readonly fixedBytes: number;
  readonly bytesPerRow: number;
}

/** One launch: `export(address of each buffer..., batch)`. A buffer is one of the program's, or a packed one. */
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

/** Numbers of a parameter as pack steps and defaults read them, row-major. */
export type Numbers = ArrayLike<number>;

/** Values of parameters by key. */
export type PackInputs = Readonly<Record<string, Numbers>>;

export interface ParameterDescription {
  /** Unique in the module: `monarch1k.L`, or plain for a parameter of the file. */
  readonly key: string;
  /** As the user wrote it. */
  readonly name: string;
  readonly dtype: ParameterDtype;
  readonly shape: readonly number[];
  /** The shape as the user wrote it, in symbols; shown in errors. */
  readonly written: string;
  readonly binding: 'static' | 'frozen' | 'learned' | 'call';
  /** Values of an index parameter lie in 0..range-1; `permutation` asks for each exactly once. */
  readonly range?: number;
  readonly permutation?: boolean;
  /** The declared default; absent when a value must be given. */
  readonly default?: DefaultDescription;
}

/** Fills a parameter that was not given, from the seed and from the parameters it reads. */
export interface DefaultDescription {
  /** Keys of parameters, ready before `run`. */
  readonly reads: readonly string[];
  readonly run: (parameters: PackInputs, target: Float64Array, seed: number) => void;
}

/** Rewrites parameters into the layout a kernel reads; run at load and when one of `reads` changes. */
export interface PackStep {
  /** The packed buffer it fills; shared by all programs that name it. */
  readonly target: string;
  readonly scalar: 'f32' | 'f64' | 'i32' | 'f16';
  readonly elements: number;
  /** Keys of parameters. */
  readonly reads: readonly string[];
  /** Fills an array of the scalar, of the bits where those are sixteen. */
  readonly run: (
    parameters: PackInputs,
    target: Float32Array | Float64Array | Int32Array | Uint16Array,
  ) => void;
}

export interface OperatorDescription {
  readonly name: string;
  /** `monarch[n=1024, b=32]`. */
  readonly title: string;
  /** Keys of the parameters it reads. */
  readonly parameters: readonly string[];
  readonly apply: ProgramDescription;
  /** Absent for maps, which have none. */
  readonly adjoint?: ProgramDescription;
}

/** The assembled kernels. */
export interface WasmVariant {
  readonly profile: string;
  /** The bytes in hexadecimal (which gzip shrinks further than base64), or how to read the file beside the module. */
  readonly bytes: string | (() => Promise<BufferSource>);
}

export interface ModuleDescription {
  readonly name: string;
  readonly scalar: 'f32' | 'f64';
  readonly parameters: readonly ParameterDescription[];
  readonly packs: readonly PackStep[];
  readonly operators: readonly OperatorDescription[];
  /** The best first; the first that the engine validates is used. */
  readonly wasm: readonly WasmVariant[];
}

/** A pack step whose result lies at `offset` elements into a buffer of the device that several steps share. */
export interface GpuPackStep extends PackStep {
  readonly binding: string;
  readonly offset: number;
}

/** What a device's memory holds: kernels compute in f32. */
export type GpuStorage = 'f32' | 'f16';

/** A buffer of the device that pack steps fill. */
export interface GpuBuffer {
  readonly name: string;
  /** Its numbers take two bytes; four where it is absent. */
  readonly storage?: 'f16';
  readonly elements: number;
  /** What is packed with each call has a buffer apart, of which each recorded call keeps its own. */
  readonly perCall: boolean;
}

/** The compute shader of one kernel: its bindings are these buffers in order, then the arguments as a uniform. */
export interface ShaderDescription {
  /** As the programs call it. */
  readonly name: string;
  readonly code: string;
  /** Rows of a batch that one workgroup takes at a time. */
  readonly tileRows: number;
  /** Workgroups for each of these tiles. */
  readonly slices: number;
  readonly bindings: readonly { readonly buffer: string; readonly access: 'read' | 'write' }[];
}

/** What a device must offer beyond the defaults of WebGPU, by WebGPU's names. */
export interface GpuRequirements {
  readonly limits: Readonly<Record<string, number>>;
  readonly features: readonly string[];
}

/** The kernels for devices that offer so much. */
export interface GpuVariant {
  /** `webgpu-default`, which every device meets, or `webgpu-large`. */
  readonly profile: string;
  readonly requires: GpuRequirements;
  readonly packs: readonly GpuPackStep[];
  readonly operators: readonly OperatorDescription[];
  readonly buffers: readonly GpuBuffer[];
  readonly shaders: readonly ShaderDescription[];
}

/** The same operators for WebGPU, computed in f32. */
export interface GpuModuleDescription {
  readonly name: string;
  /** Input, output and weights are f16; f32 where it is absent. */
  readonly storage?: 'f16';
  readonly parameters: readonly ParameterDescription[];
  /** The best first; the first whose requirements the device meets is used. */
  readonly variants: readonly GpuVariant[];
}

/** A module with the kernels of one variant. */
export type ChosenVariant = Omit<GpuModuleDescription, 'variants'> & GpuVariant;
