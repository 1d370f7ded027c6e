/**
 * Monarch on WASM: ours beside jax-js's Monarch and dense products, in one process. Every contender's result
 * is checked against f64 first; then rounds are interleaved and medians compared. Each returns its result in
 * a typed array.
 *
 *   node main.ts [--json] [--rounds N] [--only 1024/32] [--profile wasm-relaxed] [--no-dense]
 *
 * `floor` is the larger of flops at the measured rate of SIMD multiply–adds and bytes at the measured rate of
 * copies.
 */
import { parseArgs } from 'node:util';
import { invariant } from '../../src/core/invariant.ts';
import type { ProfileName } from '../../src/plan/profile.ts';
import { measureCopy, measureRate } from './floors.ts';
import { type Contender, denseContender, monarchContenders, startPeer } from './peers.ts';
import { denseReference, monarchReference, randomValues } from './reference.ts';
import { compileOperator } from './sop.ts';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '30' },
    only: { type: 'string', default: '' },
    batch: { type: 'string', default: '1,8,48,1024' },
    profile: { type: 'string', default: 'wasm-simd128' },
    'no-dense': { type: 'boolean', default: false },
    'no-peers': { type: 'boolean', default: false },
  },
});
const profile = flags.profile as ProfileName;
const sizes: readonly (readonly [n: number, blocks: number])[] = [
  [256, 16],
  [1024, 32],
  [4096, 64],
  [768, 4],
  [960, 24],
  [1000, 8],
  [2048, 32],
];
const batches = flags.batch.split(',').map(Number);

interface Measured {
  readonly n: number;
  readonly blocks: number;
  readonly batch: number;
  readonly oursMs: number;
  readonly gigaflops: number;
  readonly floorMs: number;
  readonly jaxMs: number | undefined;
  readonly jaxForm: string | undefined;
  readonly denseMs: number | undefined;
  readonly wasmBytes: number;
  readonly watLines: number;
  readonly lowerMs: number;
}

const rates = { flops: await measureRate(profile === 'wasm-relaxed'), bytes: measureCopy() };

async function measure(n: number, blocks: number, batch: number): Promise<Measured> {
  const size = n / blocks;
  const [L, R] = [randomValues(n * blocks, 1), randomValues(n * size, 2)];
  const x = randomValues(batch * n, 3);
  const ours = await compileOperator({
    file: '../../examples/monarch/monarch.sop',
    operator: 'monarch',
    sizes: { n, b: blocks },
    parameters: { 'monarch.L': L, 'monarch.R': R },
    batch,
    profile,
  });
  ours.input.set(x);
  // Our callers bring the array for the result, the peer makes one.
  const result = new Float32Array(batch * n);
  const run = () => {
    ours.run();
    result.set(ours.output);
    return result;
  };
  const expected = monarchReference({ n, blocks, batch, L, R, x });
  const values = { n, blocks, batch, L, R, x };
  const contenders: Contender[] = [
    { name: 'ours', run },
    ...(flags['no-peers'] ? [] : monarchContenders(values)),
  ];
  for (const each of contenders) check(each, expected);
  // A dense matrix of 4096 would keep the rest waiting for minutes at the largest batch.
  const dense =
    flags['no-dense'] || flags['no-peers'] || n * n * batch > 2e9 ? undefined : randomValues(n * n, 4);
  if (dense !== undefined) {
    const peer = denseContender(n, batch, dense, x);
    check(peer, denseReference(n, batch, dense, x));
    contenders.push(peer);
  }
  const medians = interleave(contenders, Number(flags.rounds));
  const forms = [...medians]
    .filter(([name]) => name !== 'ours' && name !== 'dense')
    .sort(([, a], [, b]) => a - b);
  const flops = 2 * batch * n * (blocks + size);
  const bytes = 4 * (2 * batch * n + n * (blocks + size));
  const oursMs = medians.get('ours') ?? Number.NaN;
  return {
    n,
    blocks,
    batch,
    oursMs,
    gigaflops: flops / oursMs / 1e6,
    floorMs: 1000 * Math.max(flops / rates.flops, batch * n > 2 ** 20 ? bytes / rates.bytes : 0),
    jaxMs: forms[0]?.[1],
    jaxForm: forms[0]?.[0],
    denseMs: medians.get('dense'),
    wasmBytes: ours.wasmBytes,
    watLines: ours.watLines,
    lowerMs: ours.lowerMs,
  };
}

/**
 * One rounding per product and sum: the error stays below γ times the sum of magnitudes, which is of the size
 * of √k here.
 */
function check({ name, run }: Contender, expected: Float64Array): void {
  const actual = run();
  invariant(actual.length === expected.length, `${name} gives ${actual.length} values`);
  let worst = 0;
  expected.forEach((value, i) => {
    const difference = Math.abs((actual[i] ?? Number.NaN) - value);
    if (!(difference <= worst)) worst = difference;
  });
  const scale = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  invariant(worst <= 4e-6 * scale, `${name} is off by ${worst} where values reach ${scale}`);
}

/** Milliseconds that the rounds of one row may take together. */
const patienceMs = 8000;

/** Median milliseconds of each contender; one round runs every contender for about two milliseconds. */
function interleave(contenders: readonly Contender[], most: number): Map<string, number> {
  const single = contenders.map(({ run }) => {
    for (let warm = 0, start = performance.now(); warm < 2 || performance.now() - start < 30; warm++) run();
    const start = performance.now();
    run();
    return performance.now() - start;
  });
  const repeats = single.map(each => Math.max(1, Math.ceil(2 / each)));
  const roundMs = single.reduce((total, each, k) => total + each * (repeats[k] ?? 1), 0);
  const rounds = Math.max(5, Math.min(most, Math.floor(patienceMs / roundMs)));
  const times = contenders.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    contenders.forEach(({ run }, k) => {
      const count = repeats[k] ?? 1;
      const start = performance.now();
      for (let repeat = 0; repeat < count; repeat++) run();
      times[k]?.push((performance.now() - start) / count);
    });
  }
  return new Map(contenders.map(({ name }, k) => [name, median(times[k] ?? [])]));
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const columns: readonly (readonly [title: string, width: number, show: (row: Measured) => string])[] = [
  ['n/blocks', 9, row => `${row.n}/${row.blocks}`],
  ['batch', 6, row => String(row.batch)],
  ['ours ms', 9, row => row.oursMs.toFixed(4)],
  ['GF/s', 6, row => row.gigaflops.toFixed(1)],
  ['/floor', 7, row => (row.oursMs / row.floorMs).toFixed(2)],
  ['jax-js ms', 10, row => row.jaxMs?.toFixed(4) ?? '-'],
  ['ours/jax', 9, row => (row.jaxMs === undefined ? '-' : (row.oursMs / row.jaxMs).toFixed(3))],
  ['dense ms', 9, row => row.denseMs?.toFixed(3) ?? '-'],
  ['wasm B', 7, row => String(row.wasmBytes)],
  ['wat', 6, row => String(row.watLines)],
  ['lower ms', 9, row => row.lowerMs.toFixed(1)],
  ['jax-js form', 21, row => row.jaxForm ?? '-'],
];

if (!flags['no-peers']) await startPeer();
const rows: Measured[] = [];
if (!flags.json) {
  const [flops, bytes] = [rates.flops / 1e9, rates.bytes / 1e9].map(rate => rate.toFixed(1));
  console.log(`multiply-adds ${flops} GF/s, copy ${bytes} GB/s, ${profile}`);
  console.log(columns.map(([title, width]) => title.padStart(width)).join(''));
}
for (const [n, blocks] of sizes) {
  if (!`${n}/${blocks}`.startsWith(flags.only)) continue;
  for (const batch of batches) {
    const row = await measure(n, blocks, batch);
    rows.push(row);
    if (!flags.json) console.log(columns.map(([, width, show]) => show(row).padStart(width)).join(''));
  }
}
const speedups = rows.flatMap(({ jaxMs, oursMs }) => (jaxMs === undefined ? [] : [jaxMs / oursMs]));
const meanSpeedup = Math.exp(speedups.reduce((sum, each) => sum + Math.log(each), 0) / speedups.length);
if (flags.json) console.log(JSON.stringify({ profile, rates, meanSpeedup, rows }, undefined, 2));
else if (speedups.length > 0) console.log(`geometric mean ${meanSpeedup.toFixed(2)} x jax-js`);
