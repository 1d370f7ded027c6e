/**
 * The tile IR: who holds what. A tile program is one kernel: it streams the batch past in tiles of `tileRows` rows and,
 * for each tile, runs its statements in order.
 *
 * Semantics
 * - A buffer is a matrix of rows. `input`, `output` and `workspace` buffers have one row per row of the
 *   batch, `scratch` one per row of the tile; its contents do not outlive the tile. Rows never interact.
 * - A `View` gives the address, inside one row, of a point of the statement's axes: offset + Σ strides[k]·i_k
 *   (elements). Permutations live here: a factor reads its input through the view, so moving data is never a
 *   step of its own.
 * - A program with several `slices` runs its statements for each slice of a tile, in order; the index of the slice is
 *   the axis of kind 'slice' of each statement. Scratch does not outlive a slice.
 * - `contract`: out[free] = epilogue(initial + Σ_reduce weights[axes]·in[free, reduce] + Σ_residuals w[free]·in[free]),
 *   the sum taken in the row-major order of the reduce axes, strictly, and the residuals after it in theirs.
 *   `weights` is a tensor whose shape is the extents of the axes; how it is laid out in memory is chosen by
 *   lowering and produced by a pack step. A contract may not read what it writes, unless `initial` is 'output'.
 * - `copy`, `fill`: out[target(i)] = in[source(i)] or 0, for maps that no view can express; `accumulate` adds.
 * - `pointwise`: out[a] = epilogue(out[a]) for every address a of the map.
 * - `substitute`: out = T⁻¹ in, by substitution in the order of the triangle.
 * - An epilogue is a list of steps applied to each value on its way to `address` of the output row; bias and gate are
 *   addressed by the same `address`.
 * Deliberately missing: lanes, registers, loop order, vector widths, weight layouts (lowering's choice).
 */
import type { IndexMap } from '../ir/indexMap.ts';
import type { Pointwise } from '../ir/operator.ts';
import type { Tensor } from '../ir/tensor.ts';

export interface TileBuffer {
  readonly name: string;
  readonly role: 'input' | 'output' | 'workspace' | 'scratch';
  /** Elements in one row. */
  readonly width: number;
  /** Holds numbers as they are computed where other buffers hold a narrower format (precision.ts). */
  readonly isWide?: boolean;
}

export interface Axis {
  readonly name: string;
  readonly extent: number;
  readonly kind: 'free' | 'reduce' | 'slice';
}

export interface View {
  readonly buffer: string;
  readonly offset: number;
  /** One per axis of the statement, in elements; 0 where the view does not depend on the axis. */
  readonly strides: readonly number[];
}

/** Any map of logical indices to addresses of a row. */
export interface MappedView {
  readonly buffer: string;
  readonly map: IndexMap;
}

export type EpilogueStep =
  | { readonly kind: 'bias'; readonly bias: Tensor }
  | { readonly kind: 'pointwise'; readonly function: Pointwise }
  /** Multiplies by the value at the same address of another buffer, at least as wide. */
  | { readonly kind: 'gate'; readonly buffer: string };

/** What completes each sum of a contract: a value of its own for every point of the free axes. */
export interface Residual {
  /** Does not move along the reduce axes. */
  readonly input: View;
  /** Of shape [extents of the axes], 1 along the reduce axes; nothing where every weight is one. */
  readonly weights: Tensor | undefined;
}

export type TileStatement =
  | {
      readonly kind: 'contract';
      /** The factor this computes, for comments: `blockdiag [32, 32, 32]`. */
      readonly title: string;
      readonly axes: readonly Axis[];
      readonly weights: Tensor;
      readonly input: View;
      readonly output: View;
      /** Where the sum starts: zero, or the output's own value. */
      readonly initial: 'zero' | 'output';
      readonly residuals: readonly Residual[];
      readonly epilogue: readonly EpilogueStep[];
    }
  | {
      readonly kind: 'copy';
      readonly input: MappedView;
      readonly output: MappedView;
      readonly accumulate: boolean;
    }
  | { readonly kind: 'fill'; readonly output: MappedView }
  | { readonly kind: 'pointwise'; readonly output: MappedView; readonly epilogue: readonly EpilogueStep[] }
  | {
      readonly kind: 'substitute';
      readonly order: number;
      /** The order of elimination: 'forward' for a lower triangle. */
      readonly direction: 'forward' | 'backward';
      readonly unitDiagonal: boolean;
      /** Shape [order, order], entry [i, j] multiplies unknown j in equation i. */
      readonly weights: Tensor;
      readonly input: MappedView;
      readonly output: MappedView;
    };

export type ContractStatement = TileStatement & { kind: 'contract' };

export interface TileProgram {
  readonly name: string;
  readonly comment: readonly string[];
  readonly tileRows: number;
  /** 1 where a tile is computed as a whole. */
  readonly slices: number;
  readonly buffers: readonly TileBuffer[];
  readonly statements: readonly TileStatement[];
}
