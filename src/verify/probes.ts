/** The vectors a kernel is run on: every basis vector of a small operator, and seeded random ones. */
import { at } from '../core/invariant.ts';

/** Numbers in [-1, 1), from a seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}

/** Up to this many columns an operator is run on every one of its basis vectors. */
export const exhaustiveColumns = 256;

/** Primes, so that no batch size divides them and the rows of a batch change their place from run to run. */
const probesOf = (columns: number): number => (columns <= exhaustiveColumns ? 19 : 7);

export function basisVectors(columns: number): Float64Array {
  const x = new Float64Array(columns * columns);
  for (let i = 0; i < columns; i++) x[i * columns + i] = 1;
  return x;
}

/**
 * Magnitudes that take a map's arguments from the flat parts of its functions through zero to the other
 * side.
 */
const mapScales = [1, 4, 16, 64, 2 ** -4, 2 ** -10];
/** To a linear operator one magnitude is like another; its last probes mix magnitudes within a vector. */
const mixedProbes = 4;

/**
 * [count, columns], of numbers that f32 holds. For a map, vectors come in pairs x, -x of growing magnitude.
 */
export function probeVectors(columns: number, isLinear: boolean, seed: number): Float64Array {
  const next = randomNumbers(seed);
  const probeCount = probesOf(columns);
  const x = new Float64Array(probeCount * columns);
  for (let probe = 0; probe < probeCount; probe++) {
    const isOpposite = !isLinear && probe % 2 === 1;
    for (let i = 0; i < columns; i++) {
      const place = probe * columns + i;
      if (isOpposite) x[place] = -at(x, place - columns);
      else if (isLinear) {
        const mixed = probe >= probeCount - mixedProbes;
        x[place] = Math.fround(next() * (mixed ? 2 ** Math.round(8 * next()) : 1));
      } else x[place] = Math.fround(next() * at(mapScales, (probe >> 1) % mapScales.length));
    }
  }
  return x;
}

/** Batches that find a wrong tail: none, one, primes, and one less and more than a tile. */
export function batchSizes(tileRows: readonly number[]): number[] {
  const around = tileRows.flatMap(rows => [rows - 1, rows, rows + 1]);
  return [...new Set([0, 1, 2, 3, 5, 17, ...around])].filter(size => size >= 0).sort((a, b) => a - b);
}
