/**
 * Kernels on a WebGPU device: packed weights as buffers of their own, workspaces that grow with the batch, dispatches
 * recorded into a pass. The queue runs what is recorded in order, so programs of one device share the workspaces.
 */
import { SopError } from './errors.ts';
import { type GpuDevice, offers, pipelineFor, type ShaderDescription, scoped } from './gpuDevice.ts';
import type { PackInputs, PackStep, ProgramDescription } from './types.ts';

export interface GpuMachine {
  readonly owner: string;
  readonly gpu: GpuDevice;
  /** Packed buffers by name. */
  readonly packed: ReadonlyMap<string, GPUBuffer>;
  readonly pipelines: ReadonlyMap<string, GPUComputePipeline>;
  readonly shaders: ReadonlyMap<string, ShaderDescription>;
  /** Uniforms that hold a count of rows. */
  readonly counts: Map<number, GPUBuffer>;
  readonly workspaces: Map<string, GPUBuffer>;
  /** Outgrown, but perhaps recorded in a pass that was not submitted yet. */
  readonly retired: GPUBuffer[];
}

/** Where rows lie on the device. */
export interface Rows {
  readonly buffer: GPUBuffer;
  /** Bytes, a multiple of the device's `minStorageBufferOffsetAlignment`. */
  readonly offset: number;
}

const storage = 0x80;
const copySource = 0x4;
const copyTarget = 0x8;
const uniform = 0x40;

export async function buildGpuMachine(
  owner: string,
  gpu: GpuDevice,
  variants: readonly (readonly ShaderDescription[])[],
  packs: readonly PackStep[],
): Promise<GpuMachine> {
  const chosen = variants.map(list => {
    const shader = list.find(each => offers(gpu, each));
    if (shader === undefined)
      throw new SopError('unsupported', `${owner}: the device offers none of the variants of its kernels`);
    return shader;
  });
  const made = chosen.map(async shader => [shader.name, await pipelineFor(owner, gpu, shader)] as const);
  const packed = await scoped(owner, gpu, 'weights', () =>
    packs.map(
      step =>
        [
          step.target,
          createBuffer(owner, gpu, step.target, step.elements * 4, storage | copyTarget),
        ] as const,
    ),
  );
  return {
    owner,
    gpu,
    packed: new Map(packed),
    pipelines: new Map(await Promise.all(made)),
    shaders: new Map(chosen.map(shader => [shader.name, shader])),
    counts: new Map(),
    workspaces: new Map(),
    retired: [],
  };
}

/** Storage bindings are never empty, so neither are buffers. */
const createBuffer = (
  owner: string,
  { device }: GpuDevice,
  name: string,
  bytes: number,
  usage: number,
): GPUBuffer =>
  device.createBuffer({
    label: `sop:${owner}/${name}`,
    size: Math.max(16, Math.ceil(bytes / 16) * 16),
    usage,
  });

export function packOnGpu({ gpu, packed }: GpuMachine, step: PackStep, parameters: PackInputs): void {
  const buffer = packed.get(step.target);
  if (buffer === undefined || step.elements === 0) return;
  const values = step.scalar === 'i32' ? new Int32Array(step.elements) : new Float32Array(step.elements);
  step.run(parameters, values);
  gpu.device.queue.writeBuffer(buffer, 0, values);
}

/** Rows that one dispatch can bind: the largest storage binding, in whole steps of aligned offsets. */
export function rowsAtOnce({ gpu }: GpuMachine, { buffers }: ProgramDescription, rows: number): number {
  const widest = buffers.reduce((bytes, { bytesPerRow }) => Math.max(bytes, bytesPerRow), 1);
  const { maxStorageBufferBindingSize, maxBufferSize } = gpu.device.limits;
  const most = Math.floor(Math.min(maxStorageBufferBindingSize, maxBufferSize, 2 ** 31 - 4) / widest);
  // 64 rows of f32 are a multiple of 256 bytes, which every device accepts as an offset.
  return most >= rows ? rows : Math.max(1, most >= 64 ? most - (most % 64) : most);
}

/** Records the dispatches of a program over `rows` rows. */
export function record(
  machine: GpuMachine,
  program: ProgramDescription,
  pass: GPUComputePassEncoder,
  given: Readonly<Record<'input' | 'output', Rows>>,
  rows: number,
): void {
  if (rows === 0) return;
  const { gpu, pipelines, shaders, packed } = machine;
  const binding = (name: string): GPUBufferBinding => {
    const description = program.buffers.find(buffer => buffer.name === name);
    const weights = packed.get(name);
    if (weights !== undefined) return { buffer: weights };
    const size = Math.max(16, (description?.bytesPerRow ?? 0) * rows);
    if (description?.role === 'input' || description?.role === 'output')
      return { ...given[description.role], size };
    return { buffer: workspace(machine, name, size), size };
  };
  for (const { export: name, buffers } of program.kernels) {
    const [pipeline, shader] = [pipelines.get(name), shaders.get(name)];
    if (pipeline === undefined || shader === undefined) continue;
    const resources: GPUBindingResource[] = [...buffers.map(binding), { buffer: countOf(machine, rows) }];
    pass.setPipeline(pipeline);
    pass.setBindGroup(
      0,
      gpu.device.createBindGroup({
        label: `sop:${machine.owner}/${name}`,
        layout: pipeline.getBindGroupLayout(0),
        entries: resources.map((resource, k) => ({ binding: k, resource })),
      }),
    );
    const tiles = Math.ceil(rows / shader.tileRows);
    pass.dispatchWorkgroups(Math.min(tiles, gpu.device.limits.maxComputeWorkgroupsPerDimension));
  }
}

function countOf({ counts, owner, gpu }: GpuMachine, rows: number): GPUBuffer {
  const known = counts.get(rows);
  if (known !== undefined) return known;
  const buffer = createBuffer(owner, gpu, `batch ${rows}`, 16, uniform | copyTarget);
  gpu.device.queue.writeBuffer(buffer, 0, Int32Array.of(rows, 0, 0, 0));
  counts.set(rows, buffer);
  return buffer;
}

function workspace(machine: GpuMachine, name: string, bytes: number): GPUBuffer {
  const { workspaces, retired, owner, gpu } = machine;
  const known = workspaces.get(name);
  if (known !== undefined && known.size >= bytes) return known;
  if (known !== undefined) retired.push(known);
  const made = createBuffer(owner, gpu, name, bytes, storage);
  workspaces.set(name, made);
  return made;
}

/** Rows in, dispatches, rows out, through staging buffers of this call. */
export async function runOnGpu(
  machine: GpuMachine,
  program: ProgramDescription,
  x: Float32Array,
  rows: number,
): Promise<Float32Array> {
  const { owner, gpu } = machine;
  const { device } = gpu;
  const { inputLength, outputLength } = program;
  const result = new Float32Array(rows * outputLength);
  const part = rowsAtOnce(machine, program, rows);
  for (let start = 0; start < rows; start += part) {
    const count = Math.min(part, rows - start);
    const [inputBytes, outputBytes] = [count * inputLength * 4, count * outputLength * 4];
    const made: GPUBuffer[] = [];
    const temporary = (name: string, bytes: number, usage: number): GPUBuffer => {
      const buffer = createBuffer(owner, gpu, name, bytes, usage);
      made.push(buffer);
      return buffer;
    };
    try {
      const readBack = await scoped(owner, gpu, 'call', () => {
        const input = temporary('x', inputBytes, storage | copyTarget);
        const output = temporary('y', outputBytes, storage | copySource);
        const back = temporary('result', outputBytes, 0x1 | copyTarget);
        device.queue.writeBuffer(input, 0, x, start * inputLength, count * inputLength);
        const encoder = device.createCommandEncoder({ label: `sop:${owner}` });
        const pass = encoder.beginComputePass({ label: `sop:${owner}` });
        record(
          machine,
          program,
          pass,
          { input: { buffer: input, offset: 0 }, output: { buffer: output, offset: 0 } },
          count,
        );
        pass.end();
        encoder.copyBufferToBuffer(output, 0, back, 0, outputBytes);
        device.queue.submit([encoder.finish()]);
        return back;
      });
      await readBack.mapAsync(0x1, 0, Math.max(outputBytes, 16));
      result.set(
        new Float32Array(readBack.getMappedRange(0, Math.max(outputBytes, 16))).subarray(
          0,
          count * outputLength,
        ),
        start * outputLength,
      );
    } finally {
      for (const buffer of made) buffer.destroy();
    }
  }
  return result;
}

export function destroyGpuMachine({ gpu, packed, counts, workspaces, retired }: GpuMachine): void {
  for (const buffer of [...packed.values(), ...counts.values(), ...workspaces.values(), ...retired])
    buffer.destroy();
  if (gpu.owned) gpu.device.destroy();
}
