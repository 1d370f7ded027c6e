/**
 * Device profiles: what a machine offers, as data. The planner reads these numbers and nothing else of a
 * target; a new machine is a new record.
 */
import type { HalfFormat, RealFormat } from '../core/precision.ts';

export interface Profile {
  readonly name: string;
  /** The language its kernels are written in, which decides what operators they may use. */
  readonly language: 'wasm' | 'wgsl' | 'cuda';
  /** f32 lanes of one vector register. */
  readonly vectorLanes: number;
  /** Accumulators that fit the register file beside the operands of the inner loop. */
  readonly accumulators: number;
  /** Room for one batch tile of every live value of a kernel, in bytes. */
  readonly tileBytes: number;
  /** What `tileBytes` is called in messages. */
  readonly tileMemory: string;
  /** What takes that room: a cache holds whole rows, workgroup memory only what lies between input and output. */
  readonly tileHolds: 'rows' | 'between';
  /** Rows in the tile's memory take an odd number of lines of so many bytes; 0 where they need no distance. */
  readonly lineBytes: number;
  /** Rows of a tile: at least this many where they fit, so that weights are reused. */
  readonly tileRows: number;
  /** Rows that share one pass over the weights; a tile has a multiple of these where that many fit. */
  readonly rowsTogether: number;
  /** a·b+c may be contracted (relaxed SIMD, and machines that round it once). */
  readonly fusedMultiplyAdd: boolean;
  /** Calls say how far apart the rows of their input and output begin; elsewhere rows follow each other. */
  readonly stridedRows: boolean;
  /** Bytes the emitted module may allocate. */
  readonly memoryBytes: number;
  /** Where the machine multiplies matrices of some formats as one operation of a subgroup. */
  readonly matrixUnits: MatrixLimits | undefined;
  /** Groups of invocations that run a kernel together; nothing where one thread does. */
  readonly group: GroupLimits | undefined;
}

export interface MatrixLimits {
  readonly formats: readonly HalfFormat[];
  /** Rows of a tile, and how many of them should share the weights that a subgroup reads. */
  readonly tileRows: number;
  readonly rowsTogether: number;
  /** Tiles of sums that a subgroup keeps in registers. */
  readonly accumulators: number;
  /**
   * Groups of a processor, of so many invocations, and the memory of one: what it leaves is a cache of loads
   * on their way.
   */
  readonly groupsTogether: number;
  readonly invocations: number;
  readonly tileBytes: number;
  /** Where a factor is a kernel by itself: rows of its tile. */
  readonly rowsAlone: number;
  /** For batches that leave processors idle: rows of a tile, tiles of sums, invocations of a group. */
  readonly few: { readonly tileRows: number; readonly accumulators: number; readonly invocations: number };
}

export interface GroupLimits {
  readonly invocations: number;
  /** Groups of one launch. */
  readonly maximumGroups: number;
  /** Bytes that memory moves at once: a group should write no less in one place. */
  readonly sectorBytes: number;
  /** Groups that one processor has registers and tile memory for, where their number can be asked for. */
  readonly groupsTogether?: number;
  /** Registers that an invocation has beside those of addresses, of 32 bits; nothing is read ahead where absent. */
  readonly registers?: number;
  /** Whether a tile of the input goes to the group's memory first, where there is room. */
  readonly stagesInput?: boolean;
  /** Processors, where a call may choose between kernels by its rows; and how much faster the cache is than memory. */
  readonly processors?: number;
  readonly cacheOverMemory?: number;
  /** Bytes that memory moves in the time that one more launch takes. */
  readonly launchBytes?: number;
  /** Bytes that one binding may hold. */
  readonly bindingBytes: number;
  /** What kernels may use only where a device names it, by the language's own names: `shader-f16`, `subgroups`. */
  readonly features: readonly string[];
}

/** WASM with 128-bit SIMD: 16 registers on x86-64; the tile should stay in a 1 MiB second-level cache. */
const wasmSimd128: Profile = {
  name: 'wasm-simd128',
  language: 'wasm',
  vectorLanes: 4,
  accumulators: 8,
  tileBytes: 512 * 1024,
  tileMemory: 'second-level cache',
  tileHolds: 'rows',
  lineBytes: 64,
  tileRows: 8,
  rowsTogether: 4,
  fusedMultiplyAdd: false,
  stridedRows: false,
  memoryBytes: 2 ** 31,
  matrixUnits: undefined,
  group: undefined,
};

/** Every WebGPU device: the default limits of the specification. */
const webgpuDefault = {
  name: 'webgpu-default',
  language: 'wgsl',
  vectorLanes: 4,
  accumulators: 8,
  tileBytes: 16 * 1024,
  tileMemory: 'workgroup memory',
  tileHolds: 'between',
  tileRows: 8,
  rowsTogether: 4,
  lineBytes: 0,
  fusedMultiplyAdd: false,
  stridedRows: false,
  memoryBytes: 2 ** 31,
  matrixUnits: undefined,
  group: { invocations: 256, maximumGroups: 65535, sectorBytes: 32, bindingBytes: 2 ** 27, features: [] },
} as const satisfies Profile;

/**
 * What GPUs of desktops and phones offer beyond that: twice the memory of a group, so that rows twice as long keep the
 * rows of their tile, and chains twice as wide one kernel. More (48 KB on some) would leave too few groups at a time.
 */
const webgpuLarge = {
  ...webgpuDefault,
  name: 'webgpu-large',
  tileBytes: 32 * 1024,
  group: { ...webgpuDefault.group, bindingBytes: 2 ** 30 },
} as const satisfies Profile;

/**
 * NVIDIA's GPUs of compute capability 8.0: a multiprocessor has 164 KB of shared memory, a block at most 163; half of
 * it leaves room for a second block, and half of its 64 K registers are 128 for each thread of one. Eight rows share
 * a weight, four outputs an input. Launches are as wide as the hardware takes, halved so that sums of block numbers
 * stay in 31 bits.
 */
const sm80 = {
  name: 'sm_80',
  language: 'cuda',
  vectorLanes: 4,
  accumulators: 8,
  tileBytes: 80 * 1024,
  tileMemory: 'shared memory',
  tileHolds: 'between',
  tileRows: 8,
  rowsTogether: 8,
  lineBytes: 0,
  fusedMultiplyAdd: true,
  stridedRows: true,
  memoryBytes: 2 ** 34,
  matrixUnits: {
    formats: ['f16', 'bf16'],
    tileRows: 32,
    rowsTogether: 16,
    accumulators: 16,
    groupsTogether: 1,
    invocations: 256,
    tileBytes: 96 * 1024,
    rowsAlone: 128,
    few: { tileRows: 16, accumulators: 4, invocations: 64 },
  },
  group: {
    invocations: 256,
    maximumGroups: 2 ** 30,
    groupsTogether: 2,
    processors: 108,
    cacheOverMemory: 3,
    launchBytes: 4e6,
    sectorBytes: 32,
    registers: 104,
    stagesInput: true,
    bindingBytes: 2 ** 31,
    features: [],
  },
} as const satisfies Profile;

export const profiles = {
  'wasm-simd128': wasmSimd128,
  'wasm-relaxed': { ...wasmSimd128, name: 'wasm-relaxed', fusedMultiplyAdd: true },
  'webgpu-default': webgpuDefault,
  'webgpu-large': webgpuLarge,
  sm_80: sm80,
  /** Compute capability 9.0, with its own instructions: 228 KB, of which a block may take 227. */
  sm_90a: {
    ...sm80,
    name: 'sm_90a',
    tileBytes: 96 * 1024,
    group: { ...sm80.group, processors: 132, cacheOverMemory: 3.5, launchBytes: 6e6 },
  },
} as const satisfies Record<string, Profile>;

/** The matrix units of a machine, where they multiply what memory holds. */
export const matrixUnitsFor = ({ matrixUnits }: Profile, storage: RealFormat): MatrixLimits | undefined =>
  matrixUnits?.formats.some(format => format === storage) ? matrixUnits : undefined;

export type ProfileName = keyof typeof profiles;

/** Of shaders, the best first; every WebGPU device meets the last. */
export const gpuProfiles = ['webgpu-large', 'webgpu-default'] as const satisfies readonly ProfileName[];
export type GpuProfileName = (typeof gpuProfiles)[number];

/** Of kernels in CUDA C. */
export const cudaProfiles = ['sm_90a', 'sm_80'] as const satisfies readonly ProfileName[];
export type CudaProfileName = (typeof cudaProfiles)[number];
