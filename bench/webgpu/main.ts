/**
 * Monarch on WebGPU: our kernels through the generated module, beside jax-js's WebGPU backend on the same
 * device, a copy of the same bytes, and our own dense kernel. Results are checked against f64 before they are
 * timed.
 *
 *   node main.ts [--json] [--batch 16384] [--rounds 7] [--only 1024/32] [--no-peers] [--features disable_robustness]
 *
 * Ours and the copy are timed by timestamps around many dispatches in one pass, jax-js by the difference between many
 * calls and few, since its passes are its own. `of copy` is the time of a copy of the input to the output over ours:
 * the fraction of the measured copy bandwidth that the kernel reaches.
 */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { GpuOperator } from '../../runtime/gpu.ts';
import { compile } from '../../src/compile.ts';
import { invariant } from '../../src/core/invariant.ts';
import { type MonarchValues, monarchReference, randomValues } from '../wasm/reference.ts';
import { openDevice, type Timer, timerOn } from './device.ts';
import { jaxMonarch } from './peers.ts';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    batch: { type: 'string', default: '16384' },
    rounds: { type: 'string', default: '7' },
    only: { type: 'string', default: '' },
    features: { type: 'string', default: '' },
    root: { type: 'string', default: join(import.meta.dirname, '..', '..') },
    'no-peers': { type: 'boolean', default: false },
  },
});

const sizes: readonly (readonly [n: number, blocks: number])[] = [
  [256, 16],
  [1024, 32],
  [768, 4],
  [2048, 32],
];

interface Measured {
  readonly n: number;
  readonly blocks: number;
  readonly batch: number;
  readonly oursUs: number;
  readonly copyUs: number;
  readonly teraflops: number;
  readonly jaxUs: number | undefined;
  readonly kernels: number;
  readonly worstError: number;
}

const { device, description } = await openDevice(flags.features);
const timer = timerOn(device, Number(flags.rounds));

/** The generated module of one Monarch size, imported as a user's program would. */
async function createOurs({
  n,
  blocks,
  L,
  R,
}: MonarchValues): Promise<{ operator: GpuOperator; kernels: number }> {
  const runtime = (file: string) => pathToFileURL(join(flags.root, 'runtime', file)).href;
  const text = readFileSync(join(flags.root, 'examples', 'monarch', 'monarch.sop'), 'utf8');
  const made = await compile(
    { name: 'monarch.sop', text },
    {
      instances: [{ operator: 'monarch', sizes: { n, b: blocks } }],
      targets: ['wgsl'],
      modes: ['apply'],
      runtime: runtime('index.ts'),
      gpuRuntime: runtime('gpu.ts'),
    },
  );
  const [module] = made.artifacts;
  invariant(module !== undefined && typeof module.contents === 'string', `monarch ${n}/${blocks} compiles`);
  const path = join(mkdtempSync(join(tmpdir(), 'sop-bench-')), 'monarch.mjs');
  writeFileSync(path, module.contents);
  const { createMonarchOnGpu } = await import(pathToFileURL(path).href);
  const kernels = made.artifacts.filter(({ name }) => name.endsWith('.wgsl')).length;
  return { operator: await createMonarchOnGpu({ device, params: { L, R } }), kernels };
}

async function measure(n: number, blocks: number): Promise<Measured> {
  const batch = Number(flags.batch);
  const size = n / blocks;
  const values: MonarchValues = {
    n,
    blocks,
    batch,
    L: randomValues(size * blocks * blocks, 1),
    R: randomValues(blocks * size * size, 2),
    x: randomValues(batch * n, 3),
  };
  const { operator, kernels } = await createOurs(values);
  const [x, y] = [timer.buffer(values.x), timer.buffer(new Float32Array(values.x.length).fill(Number.NaN))];
  const oursUs = await timer.timeUs(pass => operator.encode(pass, { x, y, batch }));
  const worstError = await check(timer, values, y);
  const copyUs = await timer.timeUs(timer.copy(x, y));
  const jaxUs = flags['no-peers'] ? undefined : await jaxMonarch(values, Number(flags.rounds));
  operator.dispose();
  x.destroy();
  y.destroy();
  const flops = 2 * batch * (n * size + n * blocks);
  return { n, blocks, batch, oursUs, copyUs, teraflops: flops / oursUs / 1e6, jaxUs, kernels, worstError };
}

/** The last rows against f64, relative to the largest value. */
async function check({ read }: Timer, values: MonarchValues, y: GPUBuffer): Promise<number> {
  const { n, batch, x } = values;
  const rows = Math.min(batch, 8);
  const from = (batch - rows) * n;
  const expected = monarchReference({ ...values, batch: rows, x: x.subarray(from) });
  const actual = await read(y, from, rows * n);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const worst = expected.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (actual[i] ?? Number.NaN))),
    0,
  );
  invariant(
    worst <= 1e-5 * largest,
    `monarch ${n}/${values.blocks} is off by ${worst} where values reach ${largest}`,
  );
  return worst / largest;
}

const columns: readonly (readonly [title: string, width: number, show: (row: Measured) => string])[] = [
  ['n/blocks', 9, row => `${row.n}/${row.blocks}`],
  ['batch', 7, row => String(row.batch)],
  ['kernels', 8, row => String(row.kernels)],
  ['ours us', 9, row => row.oursUs.toFixed(1)],
  ['copy us', 9, row => row.copyUs.toFixed(1)],
  ['of copy', 9, row => (row.copyUs / row.oursUs).toFixed(3)],
  ['TF/s', 7, row => row.teraflops.toFixed(1)],
  ['jax-js us', 11, row => row.jaxUs?.toFixed(1) ?? '-'],
  ['jax/ours', 10, row => (row.jaxUs === undefined ? '-' : (row.jaxUs / row.oursUs).toFixed(2))],
  ['error', 9, row => row.worstError.toExponential(1)],
];

const rows: Measured[] = [];
if (!flags.json) {
  console.log(`${description}; timed by ${timer.method}`);
  console.log(columns.map(([title, width]) => title.padStart(width)).join(''));
}
for (const [n, blocks] of sizes) {
  if (!`${n}/${blocks}`.startsWith(flags.only)) continue;
  const row = await measure(n, blocks);
  rows.push(row);
  if (!flags.json) console.log(columns.map(([, width, show]) => show(row).padStart(width)).join(''));
}
if (flags.json) console.log(JSON.stringify({ description, method: timer.method, rows }, undefined, 2));
process.exit(0);
