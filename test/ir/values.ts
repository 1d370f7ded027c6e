/** Parameters of random operators, and the values that their names stand for. */
import type { Operator } from '../../src/ir/operator.ts';
import { type Dtype, parameter, type Tensor } from '../../src/ir/tensor.ts';
import type { Environment } from '../../src/ir/tensorEvaluate.ts';
import { parametersOfOperator } from '../../src/ir/traverse.ts';

/** A parameter whose name tells what its values are: `perm`, `take` (below its range) or real numbers. */
export const named = (kind: string, shape: readonly number[], salt: number, dtype: Dtype = 'f32'): Tensor =>
  parameter(`${kind}${shape.join('x')}_${salt}`, dtype, salt % 2 === 0 ? 'learned' : 'static', shape);

/** A small generator of numbers in [0, 1), seeded by a name (mulberry32 over a string hash). */
function numbers(name: string): () => number {
  let state = [...name].reduce(
    (hash, letter) => Math.imul(hash ^ letter.charCodeAt(0), 0x01000193),
    0x811c9dc5,
  );
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The values that a parameter's name stands for. */
export function valuesOf({ name, shape }: Tensor & { readonly kind: 'parameter' }): Float64Array {
  const next = numbers(name);
  const size = shape.reduce((a, b) => a * b, 1);
  const take = /^take(\d+)of/.exec(name);
  if (take !== null) return Float64Array.from({ length: size }, () => Math.floor(next() * Number(take[1])));
  if (!name.startsWith('perm')) return Float64Array.from({ length: size }, () => Math.fround(2 * next() - 1));
  const order = Float64Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
  return order;
}

/** Values for every parameter of the operators. */
export const environmentFor = (...operators: readonly Operator[]): Environment =>
  new Map(
    operators.flatMap(operator =>
      parametersOfOperator(operator).map(each => [each.name, valuesOf(each)] as const),
    ),
  );
