/**
 * Structured feed-forward layers, 768 -> 3072: their weights, what they are once merged, self-guided
 * training, and when a merged matrix is faster than its factors.
 *
 *   node examples/structured-ffn/main.ts
 */
import { load } from '../host/load.ts';
import { relativeDifference } from '../host/matrix.ts';
import { seeded } from '../host/random.ts';
import { acceleratorHalf, crossover, type Factor, timing } from './crossover.ts';
import { guideWeight } from './initialise.ts';
import {
  mergeBlockDense,
  mergeBlockShuffle,
  mergeLowRank,
  mergeWithoutShuffles,
  parameterCount,
} from './merge.ts';

const random = seeded(1);
const loaded = await load(new URL('structured-ffn.sop', import.meta.url), {
  exports: ['lowrank', 'blockdense4', 'blockshuffle2', 'dense768', 'guided_shuffle4'],
});
const size = { n: 768, m: 3072 };
const normal = (count: number, fanIn: number) => random.normals(count, fanIn ** -0.5);

// Three structures, each against the one matrix it stands for.
const lowRank = { V: normal(384 * 768, 768), U: normal(3072 * 384, 384) };
const blockDense = { V: normal(96 * 768, 192), U: normal(3072 * 384, 384) };
const shuffle = { V: normal(2 * 384 ** 2, 384), U: normal(2 * 1536 * 384, 384) };
const rows: readonly [string, Readonly<Record<string, Float64Array>>, Float64Array, number][] = [
  [
    'lowrank',
    { A: lowRank.V, B: lowRank.U },
    mergeLowRank(size, 384, lowRank).data,
    parameterCount.lowRank(size, 384),
  ],
  [
    'blockdense4',
    blockDense,
    mergeBlockDense(size, 384, 4, blockDense).data,
    parameterCount.blockDense(size, 384, 4),
  ],
  ['blockshuffle2', shuffle, mergeBlockShuffle(size, 2, shuffle).data, parameterCount.blockShuffle(size, 2)],
];
const x = Float32Array.from(random.normals(4 * 768));
for (const [name, params, W, weights] of rows) {
  const structured = await loaded.operator(name, { params });
  const merged = await loaded.operator('dense768', { params: { W } });
  const share = ((100 * weights) / parameterCount.dense(size)).toFixed(1);
  const difference = relativeDifference(structured.apply(x), merged.apply(x)).toExponential(1);
  console.log(`${name.padEnd(14)} ${share} % of the weights, ${difference} from its merged matrix`);
}

// Self-guided training: the dense guide starts as the merged product, so that turning it off changes nothing.
const small = { n: 96, m: 384 };
const blocks = { V: random.normals(4 * 24 * 24, 24 ** -0.5), U: random.normals(4 * 96 * 24, 24 ** -0.5) };
const exact = mergeBlockShuffle(small, 4, blocks).data;
const careless = mergeWithoutShuffles(small, 4, blocks).data;
const tokens = Float32Array.from(random.normals(4 * 96));
for (const [start, W] of [
  ['exact', exact],
  ['without shuffles', careless],
] as const) {
  const guided = await loaded.operator('guided_shuffle4', { params: { ...blocks, W } });
  const structured = guided.apply(tokens, { call: { a: 0 } });
  const changes = [0, 25, 50].map(step => {
    const y = guided.apply(tokens, { call: { a: guideWeight(step, 100) } });
    return relativeDifference(y, structured).toExponential(1);
  });
  console.log(
    `guide merged ${start}: off the structured layer by ${changes.join(', ')} at steps 0, 25, 50 of 100`,
  );
}

// The arithmetic of the crossover.
const factors: readonly Factor[] = [
  { weights: 384 * 768, inputs: 768, outputs: 384 },
  { weights: 3072 * 384, inputs: 384, outputs: 3072 },
];
console.log(`low rank on a ${acceleratorHalf.name}, microseconds:  tokens  merged  two kernels  fused`);
for (const count of [1, 64, 1024, 4096, 65536]) {
  const { merged, separate, fused } = timing(acceleratorHalf, factors, count);
  const [a, b, c] = [merged, separate, fused].map(seconds => (seconds * 1e6).toFixed(1));
  console.log(`${String(count).padStart(46)}  ${a?.padStart(6)}  ${b?.padStart(11)}  ${c?.padStart(5)}`);
}
console.log(
  `two kernels win from ${crossover(acceleratorHalf, factors)} tokens on, one fused kernel from the first`,
);
