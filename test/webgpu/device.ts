/** Devices and modules for tests of the WebGPU runtime. */
import type { GpuCreateOptions, GpuModuleInstance, GpuOperator } from '../../runtime/gpu.ts';
import { withMembers } from '../../src/cli/poison.ts';
import type { CompileOptions } from '../../src/compile.ts';
import { type Imported, imported } from '../runtime/support.ts';
import { engineForTests } from './engine.ts';

export const timeoutMs = 60_000;

export const engine = await engineForTests();

export async function newDevice(offer: 'defaults' | 'everything' = 'everything'): Promise<GPUDevice> {
  if (engine.kind === 'missing') throw new Error(engine.why);
  return engine.newDevice(offer);
}

export interface CountedDevice {
  readonly device: GPUDevice;
  /** Labels of the buffers that were made and not destroyed. */
  readonly alive: Set<GPUBuffer>;
  readonly made: string[];
  readonly pipelines: string[];
}

export function counted(target: GPUDevice): CountedDevice {
  const [alive, made, pipelines] = [new Set<GPUBuffer>(), [] as string[], [] as string[]];
  const device = withMembers(target, {
    createBuffer: (description: GPUBufferDescriptor) => {
      const buffer = target.createBuffer(description);
      alive.add(buffer);
      made.push(description.label ?? '');
      const destroy = buffer.destroy.bind(buffer);
      buffer.destroy = () => {
        alive.delete(buffer);
        return destroy();
      };
      return buffer;
    },
    createComputePipelineAsync: (description: GPUComputePipelineDescriptor) => {
      pipelines.push(description.label ?? '');
      return target.createComputePipelineAsync(description);
    },
  });
  return { device, alive, made, pipelines };
}

export type CreateOnGpu = (options?: GpuCreateOptions) => Promise<GpuOperator>;
export type CreateAllOnGpu = (
  options?: GpuCreateOptions,
) => Promise<GpuModuleInstance & Record<string, GpuOperator>>;

export const importedForGpu = (text: string, options: CompileOptions = {}): Promise<Imported> =>
  imported(text, { targets: ['wgsl'], ...options });

export const creatorOf = ({ exported }: Imported, name: string): CreateOnGpu =>
  exported[`create${name}OnGpu`] as CreateOnGpu;

/** A storage buffer that holds the numbers, with room for `bytes`. */
export function storageBuffer(
  device: GPUDevice,
  numbers: Float32Array,
  bytes = numbers.byteLength,
): GPUBuffer {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const buffer = device.createBuffer({ size: Math.max(16, bytes), usage });
  device.queue.writeBuffer(buffer, 0, numbers as Float32Array<ArrayBuffer>);
  return buffer;
}

export async function readBuffer(
  device: GPUDevice,
  buffer: GPUBuffer,
  length: number,
): Promise<Float32Array> {
  const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
  const back = device.createBuffer({ size: length * 4, usage });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, back, 0, length * 4);
  device.queue.submit([encoder.finish()]);
  await back.mapAsync(GPUMapMode.READ);
  return new Float32Array(back.getMappedRange().slice(0));
}

/** Records with `record` into one pass and submits it. */
export function inOnePass(device: GPUDevice, record: (pass: GPUComputePassEncoder) => void): void {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  record(pass);
  pass.end();
  device.queue.submit([encoder.finish()]);
}
