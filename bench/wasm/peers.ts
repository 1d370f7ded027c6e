/**
 * jax-js on its WASM backend: the Monarch product in each of the ways its users would write it, and the dense
 * product.
 */
import { defaultDevice, init, jit, numpy as np } from '@jax-js/jax';
import type { MonarchValues } from './reference.ts';

export interface Contender {
  readonly name: string;
  /** Computes y from x once and hands back its values, row-major [batch, n]. */
  readonly run: () => Float32Array;
}

export async function startPeer(): Promise<void> {
  await init('wasm');
  defaultDevice('wasm');
}

type Operand = np.Array;

const operand = (data: Float32Array, shape: number[]): Operand => np.array(data.slice()).reshape(shape);

/** Arrays are consumed where they are used; `ref` keeps the operands for the next call. */
function contender(
  name: string,
  compute: (...operands: Operand[]) => Operand,
  operands: readonly Operand[],
): Contender {
  const compiled = jit(compute);
  return { name, run: () => compiled(...operands.map(each => each.ref)).dataSync() as Float32Array };
}

/** y[n, s, k] = Σ_g L[k, s, g] · Σ_p R[g, k, p] · x[n, g, p]. */
export function monarchContenders({ n, blocks, batch, L, R, x }: MonarchValues): Contender[] {
  const size = n / blocks;
  const operands = [
    operand(L, [size, blocks, blocks]),
    operand(R, [blocks, size, size]),
    operand(x, [batch, blocks, size]),
  ];
  const sums = (l: Operand, r: Operand, input: Operand) => {
    const middle = np.einsum('gkp,ngp->ngk', r, input);
    return np.einsum('ksg,ngk->nsk', l, middle).reshape([batch, n]);
  };
  const columns = (l: Operand, r: Operand, input: Operand) => {
    const middle = np.matmul(r, np.transpose(input, [1, 2, 0]));
    const outer = np.matmul(l, np.transpose(middle, [1, 0, 2]));
    return np.transpose(outer, [2, 1, 0]).reshape([batch, n]);
  };
  const rows = (l: Operand, r: Operand, input: Operand) => {
    const middle = np.matmul(np.transpose(input, [1, 0, 2]), np.transpose(r, [0, 2, 1]));
    const outer = np.matmul(np.transpose(middle, [2, 1, 0]), np.transpose(l, [0, 2, 1]));
    return np.transpose(outer, [1, 2, 0]).reshape([batch, n]);
  };
  return [
    contender('einsum', sums, operands),
    contender('matmul over columns', columns, operands),
    contender('matmul over rows', rows, operands),
  ];
}

/** y = x · Wᵀ with W: [n, n]. */
export function denseContender(n: number, batch: number, W: Float32Array, x: Float32Array): Contender {
  const multiply = (w: Operand, input: Operand) => np.matmul(input, np.transpose(w, [1, 0]));
  return contender('dense', multiply, [operand(W, [n, n]), operand(x, [batch, n])]);
}
