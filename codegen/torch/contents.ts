/** What a PyTorch module holds, as data: what src/module gathers and codegen/torch/module.ts prints. */
import type { ParameterType } from '../cudaContents.ts';

export interface TorchContents {
  /** Of the file, without ending. */
  readonly name: string;
  /** The file it was compiled from. */
  readonly source: string;
  /** Formats for which kernels lie beside the module. */
  readonly formats: readonly string[];
  readonly operators: readonly TorchOperator[];
}

export interface TorchOperator {
  readonly name: string;
  readonly title: string;
  readonly documentation: string;
  readonly columns: number;
  readonly rows: number;
  readonly parameters: readonly TorchParameter[];
  /** What it computes by PyTorch's own operations: statements over `x` and the parameters. */
  readonly apply: readonly string[];
  /** Absent for maps. */
  readonly adjoint: readonly string[] | undefined;
  /** Where a nearest operator of this structure is known for every matrix. */
  readonly projection: Projection | undefined;
}

export interface TorchParameter {
  /** As the user wrote it: its name in a state dict. */
  readonly written: string;
  /** An identifier of Python, which differs where the name is a word of the language. */
  readonly identifier: string;
  /** An attribute of the module, which differs where modules have one of the name. */
  readonly attribute: string;
  readonly dtype: ParameterType;
  readonly shape: readonly number[];
  /** In symbols, as the user wrote it. */
  readonly shapeWritten: string;
  readonly binding: 'static' | 'frozen' | 'learned' | 'call';
  readonly initial: Initial;
  /** Of indices: values are below it, and along the last axis all different where it is a permutation. */
  readonly range: number | undefined;
  readonly isPermutation: boolean;
  /** The tensor of published checkpoints that fills it. */
  readonly published: { readonly tensor: string; readonly isTransposed: boolean } | undefined;
}

export type Initial =
  /** As the file says: by a generator of the language, from its name and a seed. */
  | {
      readonly kind: 'generated';
      readonly generator: 'normal' | 'uniform' | 'orthogonal' | 'permutation' | 'signs';
      readonly name: string;
      readonly deviation: number;
    }
  | { readonly kind: 'constant'; readonly value: number }
  /** Statements that return the values, over an `x` that says where. */
  | { readonly kind: 'computed'; readonly body: readonly string[] }
  /** Where the file says nothing. */
  | { readonly kind: 'within'; readonly bound: number }
  | { readonly kind: 'spread'; readonly deviation: number }
  /** Ones on the diagonal of every matrix. */
  | { readonly kind: 'identity' }
  /** 0, 1, 2, … along the last axis. */
  | { readonly kind: 'counted' };

/**
 * Two factors of blocks between permutations: every pair of a block of inputs and one of outputs is a matrix of small
 * rank, apart from all others. Or one factor, whose blocks are those of the matrix.
 */
export interface Projection {
  readonly first: ProjectedFactor;
  readonly second: ProjectedFactor | undefined;
  /** Places of the inputs, between the factors, and of the outputs: expressions of tables, or nothing for 0, 1, … */
  readonly inputs: string | undefined;
  readonly between: string | undefined;
  readonly outputs: string | undefined;
}

export interface ProjectedFactor {
  /** The attribute of the module that holds the weights. */
  readonly attribute: string;
  readonly blocks: number;
  readonly isTransposed: boolean;
}
