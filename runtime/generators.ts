/**
 * Values drawn from a seed: the generators of parameter defaults. Each fills an array; a module imports those it uses.
 * The numbers come from xoshiro128** (Blackman and Vigna 2018), seeded by the FNV-1a hash of seed and name.
 */
import type { Numbers, ParameterDescription } from './types.ts';

export type Target = Float64Array | Float32Array | Int32Array;

/** Uniform in [0, 1) with 53 bits; equal names and seeds give equal sequences. */
export function random(name: string, seed: number): () => number {
  let hash = 0x811c9dc5;
  for (const letter of `${seed} ${name}`) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  // SplitMix32 spreads the hash over the state, which is never all zero.
  const next = (): number => {
    hash = (hash + 0x9e3779b9) | 0;
    let z = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return z ^ (z >>> 15);
  };
  let [a, b, c, d] = [next(), next(), next(), next()];
  const bits = (): number => {
    const result = Math.imul(rotated(Math.imul(b, 5), 7), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotated(d, 11);
    return result >>> 0;
  };
  return () => ((bits() >>> 5) * 2 ** 26 + (bits() >>> 6)) / 2 ** 53;
}

const rotated = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

/** Independent normal numbers of mean 0, by Box and Muller. */
export function normal(target: Target, name: string, seed: number, deviation: number): void {
  const next = random(name, seed);
  for (let i = 0; i < target.length; i += 2) {
    const radius = deviation * Math.sqrt(-2 * Math.log(1 - next()));
    const angle = 2 * Math.PI * next();
    target[i] = radius * Math.cos(angle);
    // Beyond the end of an odd count this writes nothing.
    target[i + 1] = radius * Math.sin(angle);
  }
}

/** Uniform in [0, 1). */
export function uniform(target: Target, name: string, seed: number): void {
  const next = random(name, seed);
  for (let i = 0; i < target.length; i++) target[i] = next();
}

/** −1 or 1, as likely. */
export function signs(target: Target, name: string, seed: number): void {
  const next = random(name, seed);
  for (let i = 0; i < target.length; i++) target[i] = next() < 0.5 ? -1 : 1;
}

/** Along the last axis, of length n, a permutation of 0..n−1 (Fisher and Yates). */
export function permutation(target: Target, name: string, seed: number, n: number): void {
  shuffle(target, random(name, seed), n, 1);
}

/** `reach` 1 lets an entry stay in its place; 0 never does, which gives one cycle (Sattolo). */
function shuffle(target: Target, next: () => number, n: number, reach: 0 | 1): void {
  for (let i = 0; i < target.length; i++) target[i] = i % n;
  for (let start = 0; start < target.length; start += n) {
    for (let i = n - 1; i > 0; i--) {
      const j = start + Math.floor(next() * (i + reach));
      [target[start + i], target[j]] = [target[j] ?? 0, target[start + i] ?? 0];
    }
  }
}

/**
 * Matrices [..., m, n] with orthonormal columns, or rows where m < n: Q of a normal matrix (of its transpose where
 * m < n), with the diagonal of R positive, so that square ones are uniform among the orthogonal ones (Mezzadri 2007).
 */
export function orthogonal(target: Target, name: string, seed: number, m: number, n: number): void {
  const numbers = new Float64Array(target.length);
  normal(numbers, name, seed, 1);
  const [length, count] = m < n ? [n, m] : [m, n];
  const place = (i: number, vector: number): number => (m < n ? vector * n + i : i * n + vector);
  const vectors = new Float64Array(m * n);
  for (let start = 0; start < target.length; start += m * n) {
    for (let k = 0; k < m * n; k++)
      vectors[k] = numbers[start + place(k % length, Math.floor(k / length))] ?? 0;
    const q = orthonormalised(vectors, length, count);
    for (let k = 0; k < m * n; k++) target[start + place(k % length, Math.floor(k / length))] = q[k] ?? 0;
  }
}

/** Q of `count` vectors of `length`, one after the other, by Householder reflections; `vectors` is used up. */
function orthonormalised(vectors: Float64Array, length: number, count: number): Float64Array {
  const vector = (of: Float64Array, k: number, from: number) =>
    of.subarray(k * length + from, (k + 1) * length);
  const q = new Float64Array(vectors.length);
  const scales: number[] = [];
  for (let k = 0; k < count; k++) {
    const v = vector(vectors, k, k);
    const [head, size] = [v[0] ?? 0, Math.sqrt(inner(v, v))];
    const sign = head < 0 ? -1 : 1;
    // The reflection takes the vector to −sign·size, the diagonal of R.
    q[k * length + k] = -sign;
    v[0] = head + sign * size;
    scales.push(size === 0 ? 0 : 2 / inner(v, v));
    for (let j = k + 1; j < count; j++) reflect(vector(vectors, j, k), v, scales[k] ?? 0);
  }
  for (let k = count - 1; k >= 0; k--) {
    for (let j = k; j < count; j++) reflect(vector(q, j, k), vector(vectors, k, k), scales[k] ?? 0);
  }
  return q;
}

function inner(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

/** x − scale·v·(vᵀx). */
function reflect(x: Float64Array, v: Float64Array, scale: number): void {
  const factor = scale * inner(v, x);
  for (let i = 0; i < x.length; i++) x[i] = (x[i] ?? 0) - factor * (v[i] ?? 0);
}

/**
 * Values for a parameter that has none, for trying things out: normal with deviation 1/√(last axis); indices uniform
 * in their range; permutations of one cycle, which no mistaken identity matches.
 */
export function drawValues(
  { key, dtype, shape, range, permutation }: ParameterDescription,
  seed: number,
): Numbers {
  const target = new Float64Array(shape.reduce((product, extent) => product * extent, 1));
  const last = shape.at(-1) ?? 1;
  if (permutation) shuffle(target, random(key, seed), last, 0);
  else if (dtype !== 'index') normal(target, key, seed, 1 / Math.sqrt(Math.max(1, last)));
  else {
    uniform(target, key, seed);
    target.forEach((value, i) => {
      target[i] = Math.floor(value * (range ?? 1));
    });
  }
  return target;
}
