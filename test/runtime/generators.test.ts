/** Values drawn from seeds: the same everywhere, of the law they name, and the defaults of modules. */
import { describe, expect, test } from 'vitest';
import { drawValues, normal, orthogonal, permutation, random, signs, uniform } from '../../runtime/index.ts';
import { at } from '../../src/core/invariant.ts';
import { type Create, imported } from './support.ts';

const filled = (count: number, fill: (target: Float64Array) => void): Float64Array => {
  const target = new Float64Array(count);
  fill(target);
  return target;
};
const mean = (values: Float64Array, of: (value: number) => number): number =>
  values.reduce((sum, value) => sum + of(value), 0) / values.length;

describe('sequences', () => {
  test('depend on name and seed, and never change', () => {
    const first = (name: string, seed: number) => random(name, seed)();
    expect(first('L', 0)).toBe(first('L', 0));
    expect(new Set([first('L', 0), first('L', 1), first('R', 0), first('', 0)]).size).toBe(4);
    const next = random('golden', 7);
    expect([next(), next(), next()]).toMatchInlineSnapshot(`
      [
        0.3934273415975935,
        0.9318402797908348,
        0.6066263000416298,
      ]
    `);
  });
  test('have the moments of their laws', () => {
    const count = 100_000;
    const even = filled(count, target => uniform(target, 'u', 1));
    expect(mean(even, x => x)).toBeCloseTo(1 / 2, 2);
    expect(mean(even, x => (x - 1 / 2) ** 2)).toBeCloseTo(1 / 12, 3);
    expect(even.every(x => x >= 0 && x < 1)).toBe(true);
    const bell = filled(count + 1, target => normal(target, 'n', 1, 2));
    expect(mean(bell, x => x)).toBeCloseTo(0, 1);
    expect(mean(bell, x => x ** 2) / 4).toBeCloseTo(1, 1);
    expect(mean(bell, x => x ** 4) / 16).toBeCloseTo(3, 0);
    const coins = filled(count, target => signs(target, 's', 1));
    expect(mean(coins, Math.abs)).toBe(1);
    expect(mean(coins, x => x)).toBeCloseTo(0, 1);
  });
});

describe('structures', () => {
  test.each([0, 1, 2, 5, 17])('permutations of %i, along the last axis', n => {
    const target = filled(3 * n, each => permutation(each, 'p', 3, n));
    for (let row = 0; row < 3; row++) {
      const sorted = [...target.subarray(row * n, (row + 1) * n)].sort((a, b) => a - b);
      expect(sorted).toEqual(Array.from({ length: n }, (_, i) => i));
    }
  });
  test.each([
    [1, 1],
    [5, 5],
    [7, 3],
    [3, 7],
    [32, 32],
    [1, 4],
    [0, 3],
  ])('orthonormal matrices %i x %i', (m, n) => {
    const target = filled(2 * m * n, each => orthogonal(each, 'q', 5, m, n));
    const entry = (k: number, i: number, j: number) => at(target, (k * m + i) * n + j);
    const short = Math.min(m, n);
    for (let k = 0; k < 2; k++) {
      for (let a = 0; a < short; a++) {
        for (let b = 0; b < short; b++) {
          let sum = 0;
          for (let i = 0; i < Math.max(m, n); i++)
            sum += m < n ? entry(k, a, i) * entry(k, b, i) : entry(k, i, a) * entry(k, i, b);
          expect(Math.abs(sum - (a === b ? 1 : 0))).toBeLessThan(1e-14);
        }
      }
    }
  });
  test('the diagonal of R is positive: Q is the orthonormalised normal matrix itself', () => {
    const [a, q] = [
      filled(25, each => normal(each, 'q', 5, 1)),
      filled(25, each => orthogonal(each, 'q', 5, 5, 5)),
    ];
    for (let j = 0; j < 5; j++) {
      let diagonal = 0;
      for (let i = 0; i < 5; i++) diagonal += at(q, i * 5 + j) * at(a, i * 5 + j);
      expect(diagonal).toBeGreaterThan(0);
    }
  });
  test('drawn bijections leave nothing in its place', () => {
    const base = { key: 'p', name: 'p', written: 'index[n]', binding: 'learned' } as const;
    for (const n of [2, 3, 8, 31]) {
      const drawn = drawValues({ ...base, dtype: 'index', shape: [n], range: n, permutation: true }, 1);
      expect(new Set(Array.from(drawn)).size).toBe(n);
      expect(Array.from(drawn).some((value, i) => value === i)).toBe(false);
    }
    const drawn = drawValues({ ...base, dtype: 'index', shape: [50], range: 3 }, 1);
    expect([...new Set(Array.from(drawn))].sort()).toEqual([0, 1, 2]);
  });
});

test('defaults of a module: generators by name and seed, values, what reads another parameter', async () => {
  const text = `
param scale: [3] = tabulate(t < 3) (t + 1)
op fixed(d: [3] = 2 * scale, p: index[3] = permutation("p"), s: [3] = signs("s"), c: [3] = 1) : 3 -> 3
  = diag(d) * signed(p, s) * diag(c)
op drawn(A: [3, 4] = orthogonal("A"), n: [4] = normal("n", 0.5), u: [4] = uniform("u")) : 4 -> 3
  = dense(A) * diag(n) * diag(u)
`;
  const { exported } = await imported(text);
  const create = (name: string) => exported[`create${name}`] as Create;
  const x = Float32Array.of(1, 10, 100);
  const [p, s] = [filled(3, each => permutation(each, 'p', 4, 3)), filled(3, each => signs(each, 's', 4))];
  const expected = [0, 1, 2].map(i => 2 * (i + 1) * at(s, i) * at(x, at(p, i)));
  expect([...(await create('Fixed')({ seed: 4 })).apply(x)]).toEqual(expected);
  const doubled = await create('Fixed')({ seed: 4, params: { d: [1, 1, 1] } });
  expect([...doubled.apply(x)]).toEqual([0, 1, 2].map(i => at(s, i) * at(x, at(p, i))));
  const [n, u] = [filled(4, each => normal(each, 'n', 0, 0.5)), filled(4, each => uniform(each, 'u', 0))];
  const A = filled(12, each => orthogonal(each, 'A', 0, 3, 4));
  const y = (await create('Drawn')()).apply(Float32Array.of(1, 1, 1, 1));
  for (let i = 0; i < 3; i++) {
    let sum = 0;
    for (let j = 0; j < 4; j++) sum += at(A, i * 4 + j) * at(n, j) * at(u, j);
    expect(at(y, i)).toBeCloseTo(sum, 6);
  }
});
