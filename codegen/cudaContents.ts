/** What a `.cu` file and its header hold, as data: what src/module gathers and codegen/cudaFile.ts prints. */
import type { RealFormat } from '../src/core/precision.ts';
import type { GroupKernel } from '../src/kernel/group.ts';
import type { Scalar } from '../src/kernel/kernel.ts';
import type { SpreadKernel } from './distribute.ts';

export interface CudaContents {
  /** Of the files, without ending. */
  readonly name: string;
  /** The file they were compiled from. */
  readonly source: string;
  readonly profile: string;
  /** Of input, output and weights. */
  readonly storage: RealFormat;
  readonly operators: readonly CudaOperator[];
}

export interface CudaOperator {
  readonly name: string;
  readonly title: string;
  readonly documentation: string;
  readonly parameters: readonly CudaParameter[];
  /** The pieces of the packed weights. */
  readonly weights: readonly CudaRegion[];
  readonly weightBytes: number;
  readonly packs: readonly CudaPackStep[];
  readonly packWorkspaceBytes: number;
  readonly modes: readonly CudaMode[];
}

/** What the user gives, row-major. */
export interface CudaParameter {
  /** Its own among all of the file. */
  readonly name: string;
  /** As the user wrote it. */
  readonly written: string;
  readonly dtype: ParameterType;
  readonly shape: readonly number[];
  /** Whether it may change with every call. */
  readonly isPerCall: boolean;
}

export type ParameterType = 'f32' | 'f16' | 'bf16' | 'f64' | 'index';

export interface CudaRegion {
  readonly name: string;
  readonly scalar: Scalar;
  readonly elements: number;
  readonly offsetBytes: number;
}

/** One launch; `places` are the arguments of the kernel, in the order of its buffers. */
export interface CudaPackStep {
  /** The piece of the packed weights that it helps to fill. */
  readonly fills: string;
  readonly kernel: SpreadKernel;
  readonly groups: number;
  readonly places: readonly (
    | { readonly kind: 'parameter' | 'weights'; readonly name: string }
    | { readonly kind: 'temporary'; readonly offsetBytes: number }
  )[];
}

export interface CudaMode extends CudaPlan {
  readonly mode: 'apply' | 'adjoint';
  readonly columns: number;
  readonly rows: number;
  /** The most rows that one launch takes. */
  readonly rowsOfLaunch: number;
  /** What is launched instead for fewer rows than so many. */
  readonly few?: CudaPlan & { readonly rowsBelow: number };
}

/** What is launched one after another for some rows. */
export interface CudaPlan {
  /** The kernels and why they are not one, for the head of the file. */
  readonly plan: readonly string[];
  /** Rows between kernels, for each row of a launch. */
  readonly workspaces: readonly { readonly name: string; readonly scalar: Scalar; readonly width: number }[];
  readonly kernels: readonly GroupKernel[];
}

export const kernelsOfMode = ({ kernels, few }: CudaMode): readonly GroupKernel[] => [
  ...kernels,
  ...(few?.kernels ?? []),
];
