/** Blocks by the names people give them. */
import { at } from '../core/invariant.ts';
import { type Block, block, type Property } from './operator.ts';
import { element, type Tensor } from './tensor.ts';
import { tabulate } from './tensorAlgebra.ts';

/** A matrix [m, n] as it stands. */
export const dense = (matrix: Tensor, properties: readonly Property[] = []): Block => {
  const [m, n] = [at(matrix.shape, 0), at(matrix.shape, 1)];
  return block(
    1,
    m,
    n,
    1,
    tabulate([1, 1, m, n], (_a, _d, i, j) => element(matrix, [i, j])),
    properties,
  );
};

/** diag(d), d [n]. */
export const diagonal = (entries: Tensor, properties: readonly Property[] = []): Block => {
  const n = at(entries.shape, 0);
  return block(
    n,
    1,
    1,
    1,
    tabulate([n, 1, 1, 1], i => element(entries, [i])),
    properties,
  );
};

/** Blocks [k, p, q] along the diagonal. */
export const blockDiagonal = (blocks: Tensor): Block => {
  const [k, p, q] = [at(blocks.shape, 0), at(blocks.shape, 1), at(blocks.shape, 2)];
  return block(
    k,
    p,
    q,
    1,
    tabulate([k, 1, p, q], (g, _d, i, j) => element(blocks, [g, i, j])),
  );
};
