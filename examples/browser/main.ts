/** The page: starts both backends, compares them with the f64 product, then times them batch by batch. */
import { type Backend, type BackendName, title } from './backend.ts';
import { batches, longestSeconds } from './batches.ts';
import type { Series } from './chart.ts';
import { formatRatio, formatSeconds } from './format.ts';
import { type GpuBackend, startGpu, Unavailable } from './gpuBackend.ts';
import { drawRows, drawWeights, measureError, operatorNames, referenceOf, type Weights } from './problem.ts';
import {
  type Chart,
  chartOf,
  showBackend,
  showEnd,
  showError,
  showProgress,
  showStatus,
  showTime,
} from './view.ts';
import { startWasm } from './wasmBackend.ts';

/** Odd, so that the tiles of the kernels are not all full. */
const comparedRows = 5;

/** `?upTo=64` leaves the larger batches out. */
const upTo = Number(new URLSearchParams(location.search).get('upTo')) || Number.POSITIVE_INFINITY;

interface Line extends Series {
  readonly points: { batch: number; seconds: number }[];
}

/** Backends that run; one that fails is taken out, and the other goes on. */
type Running = Map<BackendName, Backend>;

async function main(): Promise<void> {
  const lines = (['webgpu', 'wasm'] as const).flatMap(backend =>
    operatorNames.map((operator): Line => ({ backend, operator, points: [] })),
  );
  const chart = chartOf(lines, batches);
  const weights = drawWeights();
  const running: Running = new Map();
  showStatus('Starting WebGPU and WebAssembly…');
  await Promise.all([
    start(running, 'webgpu', async () => describeGpu(await startGpu(weights, batches.at(-1) ?? 1))),
    start(running, 'wasm', async () => describeWasm(await startWasm(weights))),
  ]);
  await compare(running, weights);
  await time(running, lines, chart);
  showStatus(running.size === 0 ? 'Neither WebGPU nor WebAssembly runs here.' : summary(lines));
}

interface Started {
  readonly backend: Backend;
  readonly text: string;
}

const describeGpu = (backend: GpuBackend): Started => {
  const { adapter, isSoftware, hasTimestamps, profile } = backend;
  const clock = hasTimestamps ? 'its timestamps' : 'the difference of two counts';
  const software =
    ' This is a software adapter: its kernels run on the processor, so its times say nothing about a GPU.';
  return {
    backend,
    text: `${adapter}, ${profile}, timed by ${clock}.${isSoftware ? software : ''}`,
  };
};

const describeWasm = (backend: Backend): Started => ({
  backend,
  text: '128-bit SIMD, one thread, in a worker.',
});

async function start(running: Running, name: BackendName, create: () => Promise<Started>): Promise<void> {
  await unlessItFails(running, name, async () => {
    const { backend, text } = await create();
    running.set(name, backend);
    showBackend(name, text);
  });
}

/** What a failing backend leaves behind is one sentence. */
async function unlessItFails(running: Running, name: BackendName, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    running.delete(name);
    const reason =
      error instanceof Unavailable
        ? error.message
        : `failed (${error instanceof Error ? error.message : String(error)})`;
    const rest = name === 'webgpu' ? ', so the page goes on with WebAssembly alone.' : '.';
    showBackend(name, `${title[name]} ${reason}${rest}`);
  }
}

async function compare(running: Running, weights: Weights): Promise<void> {
  showStatus('Comparing with the f64 product…');
  const x = drawRows(comparedRows);
  const reference = referenceOf(weights, x);
  for (const backend of running.values()) {
    await unlessItFails(running, backend.name, async () => {
      for (const operator of operatorNames) {
        const y = await backend.apply(operator, x);
        showError(backend.name, operator, measureError(y, reference, operator, backend.unit));
      }
    });
  }
}

async function time(running: Running, lines: readonly Line[], chart: Chart): Promise<void> {
  showStatus('Measuring…');
  for (const [k, batch] of batches.entries()) {
    for (const [l, line] of lines.entries()) {
      const backend = running.get(line.backend);
      const previous = line.points.at(-1);
      const isOpen = previous === undefined ? k === 0 : previous.batch === batches[k - 1];
      const expected = previous === undefined ? 0 : (previous.seconds * batch) / previous.batch;
      let seconds: number | undefined;
      if (backend !== undefined && isOpen && batch <= upTo && expected <= longestSeconds) {
        await unlessItFails(running, line.backend, async () => {
          seconds = await backend.seconds(line.operator, batch);
        });
      }
      if (seconds !== undefined) line.points.push({ batch, seconds });
      showTime(line, batch, seconds);
      chart.draw();
      showProgress(k * lines.length + l + 1, batches.length * lines.length);
    }
  }
}

/** Monarch beside the dense matrix, at the largest batch that both were timed at. */
function summary(lines: readonly Line[]): string {
  const sentences = (['webgpu', 'wasm'] as const).flatMap(backend => {
    const [monarch = [], dense = []] = operatorNames.map(
      operator => lines.find(line => line.backend === backend && line.operator === operator)?.points,
    );
    const k = Math.min(monarch.length, dense.length) - 1;
    const [ours, theirs] = [monarch[k], dense[k]];
    if (ours === undefined || theirs === undefined) return [];
    const times = [ours, theirs].map(({ seconds }) => formatSeconds(seconds));
    const ratio = formatRatio(theirs.seconds / ours.seconds);
    const sentence = `On ${title[backend]} at batch ${ours.batch}, Monarch takes ${times[0]} and the dense product`;
    return [`${sentence} ${times[1]}, ${ratio} times as long.`];
  });
  return sentences.join(' ');
}

main()
  .catch((error: unknown) => showStatus(`The page failed: ${String(error)}`))
  .finally(showEnd);
