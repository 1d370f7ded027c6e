/** Numbers of random programs, from a seed. */
import type { Program } from '../../src/ir/operator.ts';
import type { Environment } from '../../src/ir/tensorEvaluate.ts';
import { type GeneratedParameter, type GeneratedProgram, generateProgram } from '../check/arbitrary.ts';

/** Mulberry32: numbers in 0..2^32-1. */
export function numbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** The text and sizes of the program with this number. */
export const generatedFrom = (seed: number): GeneratedProgram =>
  generateProgram(Array.from({ length: 160 }, numbers(seed)));

/** Reals of magnitude 1/2 to 1 with seven bits: exact in every dtype, and triangles of them are far from singular. */
function valuesOf({ shape, values }: GeneratedParameter, next: () => number): Float64Array {
  const size = shape.reduce((a, b) => a * b, 1);
  if (values === 'real')
    return Float64Array.from(
      { length: size },
      () => (next() % 2 === 0 ? 1 : -1) * (0.5 + (next() % 64) / 128),
    );
  if (values !== 'permutation') return Float64Array.from({ length: size }, () => next() % values.below);
  const order = Float64Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i--) {
    const j = next() % (i + 1);
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
  return order;
}

export function environmentFor(
  program: Program,
  generated: GeneratedProgram,
  next: () => number,
): Environment {
  const byName = new Map(generated.parameters.map(each => [each.name, each]));
  return new Map(
    program.parameters.map(({ name, tensor }) => {
      const described = byName.get(name);
      if (described === undefined) throw new Error(`no description of ${name}`);
      return [tensor.name, valuesOf(described, next)] as const;
    }),
  );
}
