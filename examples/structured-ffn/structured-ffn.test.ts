/**
 * Structured feed-forward layers against the matrices they stand for, the guide, the gated block and the
 * crossover.
 */
import { describe, expect, test } from 'vitest';
import { load, matrixOfOperator } from '../host/load.ts';
import {
  at,
  identity,
  type Matrix,
  matrixOf,
  multiply,
  relativeDifference,
  transpose,
  wrap,
} from '../host/matrix.ts';
import { seeded } from '../host/random.ts';
import { singularValues } from '../host/singularValues.ts';
import { acceleratorHalf, crossover, type Factor, kernelSeconds, timing } from './crossover.ts';
import { guideWeight, orthogonalised, splitBySingularValues } from './initialise.ts';
import {
  type Factors,
  mergeBlockDense,
  mergeBlockShuffle,
  mergeLowRank,
  mergeWithoutShuffles,
  parameterCount,
  type Sizes,
} from './merge.ts';

const source = new URL('structured-ffn.sop', import.meta.url);
const [double, single] = await Promise.all([
  load(source, {
    scalar: 'f64',
    exports: [
      'lowrank_ffn[10, 13, 3] as small_lowrank',
      'blockdense[12, 17, 6, 3] as small_blockdense',
      'blockshuffle[12, 20, 4] as small_blockshuffle',
      'merged[12, 20] as small_merged',
      'guided[12, 17, 6, 3] as small_guided',
      'guided_shuffle[12, 20, 4] as small_guided_shuffle',
      'swiglu[12, 18, 6, 3] as small_swiglu',
      'swiglu4',
    ],
  }),
  load(source, { exports: ['swiglu4'] }),
]);

const drawn = (V: number, U: number, seed: number): Factors => {
  const random = seeded(seed);
  return { V: random.normals(V), U: random.normals(U) };
};

interface Structure {
  readonly operator: string;
  readonly size: Sizes;
  readonly factors: Factors;
  readonly params: (factors: Factors) => Record<string, Float64Array>;
  readonly merge: (factors: Factors) => Matrix;
}

const same = ({ V, U }: Factors) => ({ V, U });
const structures: readonly Structure[] = [
  {
    operator: 'small_lowrank',
    size: { n: 10, m: 13 },
    factors: drawn(30, 39, 1),
    params: ({ V, U }) => ({ A: V, B: U }),
    merge: factors => mergeLowRank({ n: 10, m: 13 }, 3, factors),
  },
  {
    operator: 'small_blockdense',
    size: { n: 12, m: 17 },
    factors: drawn(24, 17 * 6, 2),
    params: same,
    merge: factors => mergeBlockDense({ n: 12, m: 17 }, 6, 3, factors),
  },
  {
    operator: 'small_blockshuffle',
    size: { n: 12, m: 20 },
    factors: drawn(36, 60, 3),
    params: same,
    merge: factors => mergeBlockShuffle({ n: 12, m: 20 }, 4, factors),
  },
];

describe('the structured layers', () => {
  test.each(structures)('$operator is the matrix it merges to', async ({
    operator,
    size,
    factors,
    ...how
  }) => {
    const merged = how.merge(factors);
    const actual = matrixOfOperator(await double.operator(operator, { params: how.params(factors) }));
    expect([actual.rows, actual.columns]).toEqual([size.m, size.n]);
    expect(relativeDifference(actual.data, merged.data)).toBeLessThan(1e-15);
  });

  const large = { n: 768, m: 3072 };
  test('low rank 384 and block shuffle 2 keep 62.5 % of 768 -> 3072', () => {
    const dense = parameterCount.dense(large);
    expect(parameterCount.lowRank(large, 384) / dense).toBe(0.625);
    expect(parameterCount.blockShuffle(large, 2) / dense).toBe(0.625);
    expect(parameterCount.blockDense(large, 384, 4) / dense).toBe(0.53125);
  });
});

describe('self-guided training', () => {
  const [, dense, shuffle] = structures;
  if (!dense || !shuffle) throw new Error('the structures are listed above');
  const batch = (n: number) => seeded(20).normals(5 * n);

  test.each([
    ['small_guided', dense],
    ['small_guided_shuffle', shuffle],
  ] as const)('%s: structured at 0, dense at 1, between in between', async (name, structure) => {
    const { size, factors, operator } = structure;
    const W = seeded(21).matrix(size.m, size.n);
    const x = batch(size.n);
    const guided = await double.operator(name, { params: { ...factors, W: W.data } });
    const structured = (await double.operator(operator, { params: structure.params(factors) })).apply(x);
    const rows = wrap(5, size.n, x);
    const densely = multiply(rows, transpose(W)).data;
    const at0 = guided.apply(x, { call: { a: 0 } });
    const at1 = guided.apply(x, { call: { a: 1 } });
    expect(relativeDifference(at0, structured)).toBeLessThan(1e-15);
    expect(relativeDifference(at1, densely)).toBeLessThan(1e-15);
    const between = at0.map((value, i) => 0.3 * at(densely, i) + 0.7 * value);
    expect(relativeDifference(guided.apply(x, { call: { a: 0.3 } }), between)).toBeLessThan(2e-15);
  });

  test.each([
    ['small_guided', dense],
    ['small_guided_shuffle', shuffle],
  ] as const)('%s: a guide merged from the factors changes nothing, whatever a', async (name, structure) => {
    const { size, factors } = structure;
    const guided = await double.operator(name, { params: { ...factors, W: structure.merge(factors).data } });
    const x = batch(size.n);
    const reference = guided.apply(x, { call: { a: 0 } });
    for (const a of [0.25, 1, 3])
      expect(relativeDifference(guided.apply(x, { call: { a } }), reference)).toBeLessThan(5e-15);
  });

  test('the matrix read off the operator is the same merge', async () => {
    const { factors, operator, params, merge } = shuffle;
    const structured = await double.operator(operator, { params: params(factors) });
    const readOff = transpose(wrap(12, 20, structured.apply(identity(12).data)));
    expect(relativeDifference(readOff.data, merge(factors).data)).toBeLessThan(1e-15);
    const merged = await double.operator('small_merged', { params: { W: readOff.data } });
    expect(relativeDifference(merged.apply(batch(12)), structured.apply(batch(12)))).toBeLessThan(2e-15);
  });

  test('a guide merged without the shuffles is another matrix', () => {
    for (const [size, blocks] of [
      [{ n: 8, m: 16 }, 4],
      [{ n: 12, m: 20 }, 4],
      [{ n: 96, m: 384 }, 2],
    ] as const) {
      const factors = drawn(size.n ** 2 / blocks, (size.m * size.n) / blocks, 22);
      const exact = mergeBlockShuffle(size, blocks, factors).data;
      const careless = mergeWithoutShuffles(size, blocks, factors).data;
      expect(relativeDifference(careless, exact)).toBeGreaterThan(1);
    }
  });

  test('the weight of the guide falls by a cosine and is gone at half time', () => {
    expect([0, 25, 50, 51, 100].map(step => guideWeight(step, 100))).toEqual([
      1,
      expect.closeTo(0.5, 15),
      0,
      0,
      0,
    ]);
    expect(guideWeight(10, 100)).toBeCloseTo((1 + Math.cos(Math.PI / 5)) / 2, 15);
  });
});

describe('starting values', () => {
  test('the split by singular values is the best of its rank', () => {
    const W = seeded(30).matrix(13, 10);
    const { V, U } = splitBySingularValues(W, 3);
    const difference = W.data.map(
      (value, i) => value - at(mergeLowRank({ n: 10, m: 13 }, 3, { V, U }).data, i),
    );
    expect(Math.hypot(...difference)).toBeCloseTo(Math.hypot(...singularValues(W).subarray(3)), 12);
  });

  test.each([
    [7, 4],
    [4, 7],
    [5, 5],
  ])('the polar factor of a %i × %i block has orthonormal columns or rows', (rows, columns) => {
    const block = seeded(31).matrix(rows, columns);
    const Q = orthogonalised(block);
    const gram = rows >= columns ? multiply(transpose(Q), Q) : multiply(Q, transpose(Q));
    expect(relativeDifference(gram.data, identity(Math.min(rows, columns)).data)).toBeLessThan(1e-14);
    // It is the nearest: Qᵀ block is symmetric, with the singular values as its eigenvalues.
    const symmetric = multiply(transpose(Q), block);
    expect(relativeDifference(transpose(symmetric).data, symmetric.data)).toBeLessThan(1e-13);
  });
});

describe('the gated block', () => {
  const sizes = {
    small_swiglu: { n: 12, m: 18, r: 6, g: 3 },
    swiglu4: { n: 96, m: 384, r: 48, g: 4 },
  } as const;
  test.each(['small_swiglu', 'swiglu4'] as const)('%s is down(silu(gate x + b) · up x)', async name => {
    const { n, m, r, g } = sizes[name];
    const random = seeded(40);
    const [gate, up, down] = [
      { V: random.normals((r * n) / g, n ** -0.5), U: random.normals(m * r, r ** -0.5) },
      { V: random.normals((r * n) / g, n ** -0.5), U: random.normals(m * r, r ** -0.5) },
      { V: random.normals((r * m) / g, m ** -0.5), U: random.normals(n * r, r ** -0.5) },
    ];
    const b = random.normals(m);
    const x = random.normals(4 * n);
    const through = (size: Sizes, factors: Factors, rows: Matrix): Matrix =>
      multiply(rows, transpose(mergeBlockDense(size, r, g, factors)));
    const rows = wrap(4, n, x);
    const gated = through({ n, m }, gate, rows);
    const raised = through({ n, m }, up, rows);
    const inner = matrixOf(4, m, (i, j) => {
      const value = at(gated.data, i * m + j) + at(b, j);
      return (value / (1 + Math.exp(-value))) * at(raised.data, i * m + j);
    });
    const expected = through({ n: m, m: n }, down, inner);
    const params = { Vg: gate.V, Ug: gate.U, Vu: up.V, Uu: up.U, Vd: down.V, Ud: down.U, b };
    const block = await double.operator(name, { params });
    expect(block.adjoint).toBeUndefined();
    expect(relativeDifference(block.apply(x), expected.data)).toBeLessThan(1e-14);
    if (name === 'swiglu4') {
      const rounded = (await single.operator(name, { params })).apply(Float32Array.from(x));
      expect(relativeDifference(rounded, expected.data)).toBeLessThan(1e-6);
    }
  });
});

describe('merged against factored', () => {
  const factors: readonly Factor[] = [
    { weights: 384 * 768, inputs: 768, outputs: 384 },
    { weights: 3072 * 384, inputs: 384, outputs: 3072 },
  ];

  test('one kernel is bound by bytes for one token and by arithmetic for many', () => {
    const device = { ...acceleratorHalf, launchSeconds: 0 };
    const bytes = 2 * (384 * 3840 + 768 + 3072);
    expect(kernelSeconds(device, factors, 1)).toBeCloseTo(bytes / 3e12, 12);
    expect(kernelSeconds(device, factors, 2 ** 16)).toBeCloseTo((2 ** 17 * 384 * 3840) / 6e14, 12);
  });

  test('two kernels win from the printed count of tokens on, and not one before; fused ones always', () => {
    const first = crossover(acceleratorHalf, factors) ?? 0;
    expect(first).toBeGreaterThan(64);
    expect(first).toBeLessThan(16384);
    const wins = (tokens: number): boolean => {
      const { merged, separate } = timing(acceleratorHalf, factors, tokens);
      return separate < merged;
    };
    expect([first - 1, first].map(wins)).toEqual([false, true]);
    for (const tokens of [1, 64, first, 65536]) {
      const { merged, separate, fused } = timing(acceleratorHalf, factors, tokens);
      expect(fused).toBeLessThan(Math.min(merged, separate));
    }
  });
});
