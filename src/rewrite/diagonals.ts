/** Reading diagonals, for rules of several tables. */
import type { Block, Operator } from '../ir/operator.ts';
import { element, freeAxes, indexApply, indexLiteral, type Tensor } from '../ir/tensor.ts';
import { tabulate } from '../ir/tensorAlgebra.ts';

/** The entries [n] of a block that is a diagonal. */
export function diagonalEntries(operator: Operator): Tensor | undefined {
  if (operator.kind !== 'block' || operator.b !== 1 || operator.c !== 1) return undefined;
  const { d, weights } = operator;
  const zero = indexLiteral(0);
  return tabulate([operator.rows], i => {
    const [g, e] = [indexApply('floorDivide', i, indexLiteral(d)), indexApply('modulo', i, indexLiteral(d))];
    return element(weights, [g, e, zero, zero]);
  });
}

/**
 * Whether copies of the block on the axes a and d have weights of their own,
 * so that scaling them one by one is free.
 */
export function hasOwnWeights({ a, d, weights }: Block): boolean {
  if (weights.kind !== 'computed') return true;
  const axes = freeAxes(weights.body);
  return (a === 1 || axes.has(0)) && (d === 1 || axes.has(1));
}
