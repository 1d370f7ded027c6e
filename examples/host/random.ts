/** Seeded random numbers, so that every example prints the same numbers everywhere. */
import { type Matrix, wrap } from './matrix.ts';

export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
  normals(count: number, deviation?: number): Float64Array;
  /** Uniform in [-bound, bound). */
  uniforms(count: number, bound: number): Float64Array;
  matrix(rows: number, columns: number, deviation?: number): Matrix;
}

/** SplitMix32 for the bits, Box–Muller for the normal law. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const bits = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  const uniform = () => (bits() + 2 ** -21 * (bits() >>> 11)) / 2 ** 32;
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const normals = (count: number, deviation = 1) =>
    Float64Array.from({ length: count }, () => deviation * normal());
  return {
    uniform,
    normal,
    normals,
    uniforms: (count, bound) => Float64Array.from({ length: count }, () => bound * (2 * uniform() - 1)),
    matrix: (rows, columns, deviation) => wrap(rows, columns, normals(rows * columns, deviation)),
  };
}
