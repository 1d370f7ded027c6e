/**
 * Writes what the docs say of times: runs the demo and the benchmarks on this machine and fills README.md and
 * performance.md from their output. `npm run docs:measure`; needs `npm install` in bench/wasm.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { filled, table } from './generate.ts';

const root = join(import.meta.dirname, '..');

const run = (folder: string, script: string, ...words: string[]): string =>
  execFileSync(process.execPath, [script, ...words], {
    cwd: join(root, folder),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });

/** What bench/wasm prints with --json. */
interface WasmResult {
  readonly rates: { readonly flops: number; readonly bytes: number };
  readonly meanSpeedup: number;
  readonly rows: readonly {
    readonly n: number;
    readonly blocks: number;
    readonly batch: number;
    readonly oursMs: number;
    readonly gigaflops: number;
    readonly floorMs: number;
    readonly jaxMs?: number;
    readonly denseMs?: number;
  }[];
}

const digits = (value: number | undefined): string => (value === undefined ? '–' : value.toPrecision(3));

const ratio = (value: number, by: number | undefined): string =>
  by === undefined ? '–' : (value / by).toFixed(2);

function wasmTable({ rows }: WasmResult): string {
  return table(
    ['n / blocks', 'batch', 'sop, ms', 'GF/s', '÷ floor', 'jax-js, ms', 'sop ÷ jax-js', 'jax-js dense, ms'],
    rows.map(({ n, blocks, batch, oursMs, gigaflops, floorMs, jaxMs, denseMs }) => [
      `${n} / ${blocks}`,
      String(batch),
      digits(oursMs),
      gigaflops.toFixed(1),
      (oursMs / floorMs).toFixed(2),
      digits(jaxMs),
      ratio(oursMs, jaxMs),
      digits(denseMs),
    ]),
  );
}

const date = new Date().toISOString().slice(0, 10);
const machine = `${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}, ${date}`;

const demo = run('.', 'src/cli/demo.ts').trimEnd();
const wasm = JSON.parse(run('bench/wasm', 'main.ts', '--json')) as WasmResult;
const shown = {
  ...wasm,
  rows: wasm.rows.filter(({ n, batch }) => [1024, 4096].includes(n) && [1, 48].includes(batch)),
};

const readme = readFileSync(join(root, 'README.md'), 'utf8');
const withDemo = filled(readme, 'demo', `\`\`\`text\n${demo}\n\`\`\``);
const all = `all ${wasm.rows.length} rows of [docs/performance.md](docs/performance.md)`;
const mean = `${machine}. Geometric mean over ${all}: ${wasm.meanSpeedup.toFixed(1)} x.`;
writeFileSync(join(root, 'README.md'), filled(withDemo, 'bench', `${wasmTable(shown)}\n\n${mean}`));

const performance = readFileSync(join(root, 'docs/performance.md'), 'utf8');
const [flops, bytes] = [wasm.rates.flops, wasm.rates.bytes].map(rate => (rate / 1e9).toFixed(1));
const rates = `${machine}; multiply–adds ${flops} GF/s, copies ${bytes} GB/s measured there.`;
writeFileSync(
  join(root, 'docs/performance.md'),
  filled(performance, 'wasm', `${rates}\n\n${wasmTable(wasm)}`),
);
