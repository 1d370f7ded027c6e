/** A device of Dawn with all that its adapter offers, and times of dispatches on it. */

import { loadDawn } from '../../src/cli/dawn.ts';
import { invariant } from '../../src/core/invariant.ts';

const references: GPU[] = [];

export async function openDevice(
  features: string,
): Promise<{ readonly device: GPUDevice; readonly description: string }> {
  const dawn = await loadDawn();
  invariant(dawn !== undefined, 'the package webgpu is installed');
  // Timestamps are rounded to 65 us for the web.
  const gpu = dawn.create([
    'disable-dawn-features=timestamp_quantization',
    ...(features === '' ? [] : [`enable-dawn-features=${features}`]),
  ]);
  references.push(gpu);
  // jax-js asks for its own device of the same adapter.
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  invariant(adapter !== null, 'Dawn finds a driver');
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const timestamps: GPUFeatureName[] = adapter.features.has('timestamp-query') ? ['timestamp-query'] : [];
  const device = await adapter.requestDevice({
    requiredFeatures: timestamps,
    requiredLimits: {
      maxBufferSize,
      maxStorageBufferBindingSize,
      maxComputeWorkgroupStorageSize: adapter.limits.maxComputeWorkgroupStorageSize,
    },
  });
  device.addEventListener('uncapturederror', event => {
    console.error((event as GPUUncapturedErrorEvent).error.message);
    process.exit(1);
  });
  const { vendor, architecture, description } = adapter.info;
  return { device, description: [vendor, architecture, description].filter(Boolean).join(' ') };
}

export type Record = (pass: GPUComputePassEncoder) => void;

export interface Timer {
  readonly method: string;
  readonly buffer: (values: Float32Array<ArrayBuffer>) => GPUBuffer;
  readonly read: (buffer: GPUBuffer, from: number, length: number) => Promise<Float32Array>;
  /** Median microseconds of what is recorded. */
  readonly timeUs: (record: Record) => Promise<number>;
  /** A copy by a kernel, the fastest kind. */
  readonly copy: (from: GPUBuffer, to: GPUBuffer) => Record;
}

/** Dispatches in one timed pass. */
const repeats = 20;
const warmUpMs = 300;

export function timerOn(device: GPUDevice, rounds: number): Timer {
  const { queue } = device;
  const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
  const hasTimestamps = device.features.has('timestamp-query');
  const onePass = hasTimestamps ? byTimestamps(device) : byDifference(device);
  return {
    method: hasTimestamps ? 'timestamps' : 'differences of many dispatches',
    buffer: values => {
      const made = device.createBuffer({ size: values.byteLength, usage: STORAGE | COPY_SRC | COPY_DST });
      queue.writeBuffer(made, 0, values);
      return made;
    },
    read: async (buffer, from, length) => {
      const values = await readBack(device, length * 4, (encoder, back) =>
        encoder.copyBufferToBuffer(buffer, from * 4, back, 0, length * 4),
      );
      return new Float32Array(values);
    },
    timeUs: async record => {
      // A GPU that was idle runs at a fraction of its clock, and work of a millisecond does not wake it.
      for (const start = performance.now(); performance.now() - start < warmUpMs; ) await onePass(record);
      const times: number[] = [];
      for (let round = 0; round < rounds; round++) times.push(await onePass(record));
      return times.toSorted((a, b) => a - b)[times.length >> 1] ?? Number.NaN;
    },
    copy: (from, to) => copyOn(device, from, to),
  };
}

/** Submits what `record` encodes and reads what it leaves in a buffer. */
async function readBack(
  device: GPUDevice,
  bytes: number,
  record: (encoder: GPUCommandEncoder, back: GPUBuffer) => void,
): Promise<ArrayBuffer> {
  const back = device.createBuffer({ size: bytes, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  const encoder = device.createCommandEncoder();
  record(encoder, back);
  device.queue.submit([encoder.finish()]);
  await back.mapAsync(GPUMapMode.READ);
  const values = back.getMappedRange().slice(0);
  back.destroy();
  return values;
}

type OnePass = (record: Record) => Promise<number>;

function byTimestamps(device: GPUDevice): OnePass {
  const querySet = device.createQuerySet({ type: 'timestamp', count: 2 });
  const { QUERY_RESOLVE, COPY_SRC } = GPUBufferUsage;
  const resolved = device.createBuffer({ size: 16, usage: QUERY_RESOLVE | COPY_SRC });
  return async record => {
    const stamps = await readBack(device, 16, (encoder, back) => {
      const timestampWrites = { querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 };
      const pass = encoder.beginComputePass({ timestampWrites });
      for (let repeat = 0; repeat < repeats; repeat++) record(pass);
      pass.end();
      encoder.resolveQuerySet(querySet, 0, 2, resolved, 0);
      encoder.copyBufferToBuffer(resolved, 0, back, 0, 16);
    });
    const [begin = 0n, end = 0n] = new BigUint64Array(stamps);
    return Number(end - begin) / 1000 / repeats;
  };
}

function byDifference(device: GPUDevice): OnePass {
  const elapsed = async (record: Record, count: number): Promise<number> => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (let repeat = 0; repeat < count; repeat++) record(pass);
    pass.end();
    const start = performance.now();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    return performance.now() - start;
  };
  return async record => {
    const few = await elapsed(record, repeats);
    return ((await elapsed(record, 3 * repeats)) - few) * (1000 / (2 * repeats));
  };
}

function copyOn(device: GPUDevice, from: GPUBuffer, to: GPUBuffer): Record {
  const module = device.createShaderModule({ code: copyShader });
  const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module } });
  const entries = [from, to].map((buffer, binding) => ({ binding, resource: { buffer } }));
  const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  return pass => {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(4096);
  };
}

const copyShader = `
@group(0) @binding(0) var<storage, read> input: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> output: array<vec4<f32>>;
@compute @workgroup_size(256)
fn copy(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  for (var i = id.x; i < arrayLength(&input); i += groups.x * 256) { output[i] = input[i]; }
}`;
