/**
 * WebGPU on a device of the page's own, which the operators borrow: products are recorded into one pass on buffers that
 * stay on the device, and timed by its timestamps or, without them, by the difference of two counts.
 */
import type { GpuOperator } from '../../runtime/gpu.ts';
import type { Backend } from './backend.ts';
import { createFull1kOnGpu, createMonarch1kOnGpu } from './generated/browser.js';
import { n, type OperatorName, repeatedRow, type Weights } from './problem.ts';
import { secondsPerProduct } from './timing.ts';

export interface GpuBackend extends Backend {
  /** As the browser names it: vendor, architecture and what else it tells. */
  readonly adapter: string;
  /** The adapter is a program: its times are those of the processor. */
  readonly isSoftware: boolean;
  readonly hasTimestamps: boolean;
  /** What the module chose for the device. */
  readonly profile: string;
}

/** WebGPU cannot be had here, or no longer. The message is what follows the word WebGPU in a sentence. */
export class Unavailable extends Error {}

/** Products in one pass: recording them must not hold up the page. */
const mostProducts = 512;

/** @param mostRows of a batch. Rejects, as the backend's calls do, with Unavailable or an error of the operators. */
export async function startGpu(weights: Weights, mostRows: number): Promise<GpuBackend> {
  const gpu = (navigator as { gpu?: GPU }).gpu;
  if (gpu === undefined) throw new Unavailable('is missing in this browser');
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) throw new Unavailable('offers no adapter here');
  const hasTimestamps = adapter.features.has('timestamp-query');
  const device = await adapter.requestDevice({
    label: 'page',
    requiredFeatures: hasTimestamps ? ['timestamp-query'] : [],
    // Modules choose their kernels by what a device has, and it has what is asked for.
    requiredLimits: { maxComputeWorkgroupStorageSize: adapter.limits.maxComputeWorkgroupStorageSize },
  });
  const lost = device.lost.then(({ message }): never => {
    throw new Unavailable(`lost its device${message === '' ? '' : ` (${message.trim()})`}`);
  });
  // Seen by whoever waits for the device when it goes.
  lost.catch(() => undefined);
  const whileAlive = <Value>(work: Promise<Value>): Promise<Value> => Promise.race([lost, work]);
  const { L, R, W } = weights;
  const operators: Readonly<Record<OperatorName, GpuOperator>> = {
    monarch: await whileAlive(createMonarch1kOnGpu({ params: { L, R }, device })),
    dense: await whileAlive(createFull1kOnGpu({ params: { W }, device })),
  };
  const [x, y] = ['x', 'y'].map(label =>
    device.createBuffer({
      label,
      size: mostRows * n * Float32Array.BYTES_PER_ELEMENT,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
    }),
  ) as [GPUBuffer, GPUBuffer];
  device.queue.writeBuffer(x, 0, repeatedRow(mostRows));
  const clock = hasTimestamps ? deviceClock(device) : differenceClock(device);
  return {
    name: 'webgpu',
    unit: 2 ** -23,
    ...describeAdapter(adapter.info),
    hasTimestamps,
    profile: operators.monarch.profile,
    apply: (operator, rows) => whileAlive(operators[operator].apply(rows)),
    seconds: (operator, batch) => {
      const elapsed = (count: number): Promise<number> =>
        clock(count, (pass, products) => {
          for (let k = 0; k < products; k++) operators[operator].encode(pass, { x, y, batch });
        });
      return whileAlive(secondsPerProduct(elapsed, 0.02, mostProducts));
    },
  };
}

function describeAdapter(info: GPUAdapterInfo): Pick<GpuBackend, 'adapter' | 'isSoftware'> {
  const { vendor, architecture, device, description } = info;
  const named = [description || device, [vendor, architecture].filter(Boolean).join(' ')].filter(Boolean);
  const [name = 'an adapter that the browser does not name', maker] = named;
  const adapter = maker === undefined ? name : `${name} (${maker})`;
  return {
    adapter,
    isSoftware: info.isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|basic render/i.test(adapter),
  };
}

type Recorder = (pass: GPUComputePassEncoder, products: number) => void;
/** Seconds that `count` products take on the device. */
type Clock = (count: number, record: Recorder) => Promise<number>;

/** Timestamps at both ends of the pass, in nanoseconds. */
function deviceClock(device: GPUDevice): Clock {
  const querySet = device.createQuerySet({ label: 'clock', type: 'timestamp', count: 2 });
  const { QUERY_RESOLVE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const resolved = device.createBuffer({ label: 'clock', size: 16, usage: QUERY_RESOLVE | COPY_SRC });
  const readable = device.createBuffer({ label: 'clock, read', size: 16, usage: COPY_DST | MAP_READ });
  const timestampWrites = { querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 };
  return async (count, record) => {
    const encoder = device.createCommandEncoder({ label: 'timing' });
    const pass = encoder.beginComputePass({ label: 'timing', timestampWrites });
    record(pass, count);
    pass.end();
    encoder.resolveQuerySet(querySet, 0, 2, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, readable, 0, 16);
    device.queue.submit([encoder.finish()]);
    await readable.mapAsync(GPUMapMode.READ);
    const [start = 0n, end = 0n] = new BigUint64Array(readable.getMappedRange());
    readable.unmap();
    return Number(end - start) * 1e-9;
  };
}

/** What twice as many products take longer: what submitting and waiting cost falls out. */
function differenceClock(device: GPUDevice): Clock {
  const submitted = async (products: number, record: Recorder): Promise<number> => {
    const encoder = device.createCommandEncoder({ label: 'timing' });
    const pass = encoder.beginComputePass({ label: 'timing' });
    record(pass, products);
    pass.end();
    const start = performance.now();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    return (performance.now() - start) / 1000;
  };
  return async (count, record) => (await submitted(2 * count, record)) - (await submitted(count, record));
}
