/** One program on a machine with groups: its shaders, run by the interpreter of group kernels and by Dawn. */
import { type Arrangement, arrange } from '../../codegen/coalesce.ts';
import { printWgsl, wgslBindings } from '../../codegen/wgsl.ts';
import type { Environment } from '../../src/ir/tensorEvaluate.ts';
import { type GroupKernel, type GroupRun, interpretGroups } from '../../src/kernel/group.ts';
import { extentOf, type Memory } from '../../src/kernel/interpret.ts';
import type { Buffer } from '../../src/kernel/kernel.ts';
import { shareOut } from '../../src/pipeline.ts';
import { type Profile, profiles } from '../../src/plan/profile.ts';
import { type Built, packByMeaning, type Rows } from '../conformance/stages.ts';

export interface BuiltGroups extends Built {
  readonly arrangement: Arrangement;
  readonly shaders: readonly GroupKernel[];
}

export const groupProfile = ({
  sectorBytes = 32,
  ...changes
}: Partial<Profile> & { readonly sectorBytes?: number } = {}): Profile => {
  const profile = profiles['webgpu-default'];
  return { ...profile, ...changes, group: { ...profile.group, sectorBytes } };
};

export function buildGroups(built: Built, invocations: number): BuiltGroups {
  const limits = profiles['webgpu-default'].group;
  const arrangement = arrange(built.packed, limits.bindingBytes);
  const group = { ...limits, invocations };
  return {
    ...built,
    arrangement,
    shaders: built.lowered.kernels.map(kernel => shareOut(kernel, arrangement, group)),
  };
}

/** The packed buffers side by side in their bindings. */
function bindingsOf({ packed, arrangement }: BuiltGroups, environment: Environment): Map<string, Memory> {
  const bindings = new Map<string, Memory>(
    arrangement.bindings.map(({ name, scalar, elements }) => [
      name,
      scalar === 'i32' ? new Int32Array(elements) : new Float32Array(elements),
    ]),
  );
  for (const buffer of packed) {
    const place = arrangement.places.get(buffer.name);
    if (place !== undefined)
      bindings.get(place.binding)?.set(packByMeaning(buffer, environment), place.offset);
  }
  return bindings;
}

const isRows = ({ extent }: Buffer): boolean => extent.parameter !== undefined;

/** By the interpreter; every buffer of rows starts as NaN. */
export function runGroups(
  built: BuiltGroups,
  environment: Environment,
  { batch, data }: Rows,
  run: GroupRun,
): Rows {
  const memories: Record<string, Memory> = {
    ...Object.fromEntries(bindingsOf(built, environment)),
    x: Float32Array.from(data),
  };
  for (const kernel of built.shaders) {
    for (const buffer of kernel.buffers) {
      if (isRows(buffer))
        memories[buffer.name] ??= new Float32Array(extentOf(buffer, { batch })).fill(Number.NaN);
    }
    interpretGroups(kernel, memories, { batch }, run);
  }
  return { batch, data: Float64Array.from(memories['y'] ?? []) };
}

export const shaderTexts = ({ shaders }: BuiltGroups): string[] => shaders.map(printWgsl);

export interface OnDawn {
  /** One dispatch for each kernel; workspaces and the output start as the poison. */
  readonly run: (rows: Rows, poison: number) => Promise<Rows>;
  readonly dispose: () => void;
}

/** Compiles the shaders and packs the weights, once for all runs. */
export async function prepareDawn(
  device: GPUDevice,
  built: BuiltGroups,
  environment: Environment,
): Promise<OnDawn> {
  const { STORAGE, COPY_SRC, UNIFORM } = GPUBufferUsage;
  const weights = [...bindingsOf(built, environment)].map(
    ([name, memory]) => [name, bufferOf(device, memory as Float32Array<ArrayBuffer>, STORAGE)] as const,
  );
  const pipelines = await Promise.all(built.shaders.map(kernel => compiled(device, kernel)));
  const run: OnDawn['run'] = async ({ batch, data }, poison) => {
    const made: GPUBuffer[] = [];
    const buffer = (values: ArrayBufferView<ArrayBuffer>, usage: number): GPUBuffer => {
      const created = bufferOf(device, values, usage);
      made.push(created);
      return created;
    };
    const buffers = new Map(weights);
    buffers.set('x', buffer(Float32Array.from(data), STORAGE));
    const count = buffer(Int32Array.of(batch, 0, 0, 0), UNIFORM);
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const { kernel, pipeline, layout } of pipelines) {
      const global = kernel.buffers.filter(({ space }) => space === 'global');
      for (const each of global) {
        if (buffers.has(each.name)) continue;
        const poisoned = new Float32Array(extentOf(each, { batch })).fill(poison);
        buffers.set(each.name, buffer(poisoned, STORAGE | COPY_SRC));
      }
      const entries = [...global.map(({ name }) => buffers.get(name)), count].flatMap((resource, binding) =>
        resource === undefined ? [] : [{ binding, resource: { buffer: resource } }],
      );
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, device.createBindGroup({ layout, entries }));
      const groups = Math.max(1, Math.ceil(batch / kernel.tileRows));
      if (kernel.slices === 1) pass.dispatchWorkgroups(groups);
      else pass.dispatchWorkgroups(kernel.slices, groups);
    }
    pass.end();
    const length = batch * built.lowered.program.rows;
    const result = await submitted(device, encoder, buffers.get('y'), length);
    for (const each of made) each.destroy();
    return { batch, data: result };
  };
  const dispose = (): void => {
    for (const [, each] of weights) each.destroy();
  };
  return { run, dispose };
}

function bufferOf(device: GPUDevice, values: ArrayBufferView<ArrayBuffer>, usage: number): GPUBuffer {
  const size = Math.max(16, Math.ceil(values.byteLength / 16) * 16);
  const created = device.createBuffer({ size, usage: usage | GPUBufferUsage.COPY_DST });
  device.queue.writeBuffer(created, 0, values);
  return created;
}

async function compiled(device: GPUDevice, kernel: GroupKernel) {
  const layout = device.createBindGroupLayout({
    entries: wgslBindings(kernel).map(({ binding, type }) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type },
    })),
  });
  const pipeline = await device.createComputePipelineAsync({
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: { module: device.createShaderModule({ code: printWgsl(kernel) }), entryPoint: kernel.name },
  });
  return { kernel, layout, pipeline };
}

/** Submits, and gives the numbers of a buffer. */
async function submitted(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  y: GPUBuffer | undefined,
  length: number,
): Promise<Float64Array> {
  const { MAP_READ, COPY_DST } = GPUBufferUsage;
  const back = device.createBuffer({ size: Math.max(16, length * 4), usage: MAP_READ | COPY_DST });
  if (y !== undefined && length > 0) encoder.copyBufferToBuffer(y, 0, back, 0, length * 4);
  device.queue.submit([encoder.finish()]);
  await back.mapAsync(GPUMapMode.READ);
  const result = Float64Array.from(new Float32Array(back.getMappedRange().slice(0, length * 4)));
  back.destroy();
  return result;
}
