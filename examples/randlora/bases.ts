/**
 * The frozen random bases of RandLoRA (Albert et al. 2025, arXiv 2502.00987), dense or ternary, and the
 * starting values of what is trained. Matching the published adapters bit for bit would need their
 * generator: import those bases as data instead.
 */
import { at } from '../host/matrix.ts';
import type { Random } from '../host/random.ts';

/** Sizes of one layer with inputs ≤ outputs; `rank` is the width of one basis. */
export interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  readonly rank: number;
}

/** How many bases a full-rank update takes: ⌈min(inputs, outputs) / rank⌉. */
export const basisCount = ({ inputs, outputs, rank }: Layer): number =>
  Math.ceil(Math.min(inputs, outputs) / rank);

/** k (d + r): it grows as the rank shrinks. */
export const trainableCount = (layer: Layer): number =>
  basisCount(layer) * (Math.min(layer.inputs, layer.outputs) + layer.rank);

/** Uniform, then divided by the deviation of the draw, so that its variance is one. */
export const denseBasis = (count: number, random: Random): Float64Array =>
  unitDeviation(random.uniforms(count, 1));

/**
 * −1 and +1 with probability 1 / (2 sparsity) each, else 0, then of unit variance. 3 leaves a third of the
 * entries.
 */
export function ternaryBasis(count: number, sparsity: number, random: Random): Float64Array {
  const half = 1 / (2 * sparsity);
  return unitDeviation(
    Float64Array.from({ length: count }, () => {
      const u = random.uniform();
      return u < half ? -1 : u > 1 - half ? 1 : 0;
    }),
  );
}

function unitDeviation(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return values.map(value => value / Math.sqrt(variance));
}

export interface Trained {
  /** [k, r], zeros: the layer starts as W. */
  readonly lambda: Float64Array;
  /** [k, min(inputs, outputs)], all 1 / max(shape). */
  readonly gamma: Float64Array;
}

export function initialTrained(layer: Layer): Trained {
  const [count, width] = [basisCount(layer), Math.min(layer.inputs, layer.outputs)];
  return {
    lambda: new Float64Array(count * layer.rank),
    gamma: new Float64Array(count * width).fill(1 / Math.max(count, width)),
  };
}

/**
 * [rows, columns] to [columns, rows]: the published code stores lambda as [r, k], the paper's
 * sum reads [k, r].
 */
export const transposed = (values: Float64Array, rows: number, columns: number): Float64Array =>
  values.map((_, index) => at(values, (index % rows) * columns + Math.floor(index / rows)));
