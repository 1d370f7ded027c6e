/**
 * MonarchLinear (Dao et al. 2022, the published `MonarchLinear` layer): a linear layer of any size from two
 * block-diagonal factors of `blocks` blocks each. Sizes that do not divide are padded with zeros:
 * `monarch_linear` of monarch.sop.
 */
import type { Random } from '../host/random.ts';
import type { MonarchWeights } from './einsum.ts';

export interface LinearShapes {
  readonly W1: readonly [number, number, number];
  readonly W2: readonly [number, number, number];
}

/** The inner width is the smaller of the two block widths. */
export function linearShapes(inputs: number, outputs: number, blocks: number): LinearShapes {
  const [input, output] = [Math.ceil(inputs / blocks), Math.ceil(outputs / blocks)];
  const inner = Math.min(input, output);
  return { W1: [blocks, inner, input], W2: [blocks, output, inner] };
}

export const parameterCount = ({ W1, W2 }: LinearShapes): number =>
  [W1, W2].reduce((sum, [count, rows, columns]) => sum + count * rows * columns, 0);

/** Kaiming-uniform with a = √5, as `nn.Linear`: bound √3 · √(1/3) / √fanIn = 1 / √fanIn. */
export function initialWeights(shapes: LinearShapes, random: Random): MonarchWeights {
  const draw = ([count, rows, columns]: readonly [number, number, number]) =>
    random.uniforms(count * rows * columns, 1 / Math.sqrt(columns));
  return { W1: draw(shapes.W1), W2: draw(shapes.W2) };
}
