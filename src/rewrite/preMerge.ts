/**
 * Two neighbouring blocks of static weights as one, with the weights multiplied when they are packed, in f64 and
 * rounded once; where the merged block has no more products than the two together.
 */
import { type Block, block, type Operator } from '../ir/operator.ts';
import {
  apply,
  element,
  indexAdd,
  indexApply,
  indexLiteral,
  indexMultiply,
  literal,
  parametersOf,
  select,
  sumOver,
} from '../ir/tensor.ts';
import { tabulate } from '../ir/tensorAlgebra.ts';
import { onFactors, type Rule } from './rule.ts';

/** KS₁ KS₂ where a₁ | a₂ and d₂ | d₁ (Gonon et al. 2024). */
export function mergedBlocks(first: Block, second: Block): Block | undefined {
  const [copies, steps] = [second.a / first.a, first.d / second.d];
  if (!Number.isInteger(copies) || !Number.isInteger(steps)) return undefined;
  const [a, d] = [first.a, second.d];
  const [b, c] = [first.b * steps, second.c * copies];
  const weights = tabulate([a, d, b, c], (g, e, q, p) => {
    const step = indexApply('modulo', q, indexLiteral(steps));
    const row = indexApply('floorDivide', q, indexLiteral(steps));
    const copy = indexApply('floorDivide', p, indexLiteral(second.c));
    const column = indexApply('modulo', p, indexLiteral(second.c));
    const inFirst = indexAdd(indexMultiply(step, indexLiteral(d)), e);
    const inSecond = indexAdd(indexMultiply(g, indexLiteral(copies)), copy);
    return sumOver(first.c, k => {
      // The middle index, in units of d, within group g.
      const middle = indexAdd(indexMultiply(k, indexLiteral(steps)), step);
      const here = indexApply('equal', indexApply('floorDivide', middle, indexLiteral(second.b)), copy);
      const through = indexApply('modulo', middle, indexLiteral(second.b));
      const left = element(first.weights, [g, inFirst, row, k]);
      const right = element(second.weights, [inSecond, e, through, column]);
      return select(here, apply('multiply', left, right), literal(0));
    });
  });
  return block(a, b, c, d, weights);
}

const isStatic = (operator: Operator): operator is Block =>
  operator.kind === 'block' && parametersOf(operator.weights).every(({ binding }) => binding === 'static');

/** One pass instead of two, for no more products: two stages of a Hadamard matrix become one of radix four. */
function noLarger(merged: Block | undefined, ...parts: readonly Block[]): Block | undefined {
  const products = ({ a, b, c, d }: Block): number => a * b * c * d;
  const separate = parts.reduce((sum, part) => sum + products(part), 0);
  return merged !== undefined && products(merged) <= separate ? merged : undefined;
}

export const preMergeRules: readonly Rule[] = [
  onFactors(
    'block after block',
    'KS(a₁,b₁,c₁,d₁) KS(a₂,b₂,c₂,d₂) = KS(a₁, b₁d₁/d₂, a₂c₂/a₁, d₂) for static weights, where it has no more products',
    (first, second) =>
      isStatic(first) && isStatic(second) && first.a * first.d * second.a * second.d > 0
        ? noLarger(mergedBlocks(first, second), first, second)
        : undefined,
  ),
];
