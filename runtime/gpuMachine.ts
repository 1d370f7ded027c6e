/**
 * What an instance holds on its device: packed weights, workspaces that grow with the batch, pipelines; and dispatches
 * recorded into a pass. The queue runs what is submitted in order, so that the calls of an instance share its buffers.
 */
import { SopError } from './errors.ts';
import { type GpuDevice, type Pipeline, pipelineFor } from './gpuDevice.ts';
import { paddedBytes } from './gpuFormat.ts';
import { packArrays } from './parameters.ts';
import type {
  ChosenVariant,
  GpuBuffer,
  GpuPackStep,
  GpuStorage,
  PackInputs,
  ProgramDescription,
} from './types.ts';

/** Buffers that are made when they are first needed and made anew when they are too small. */
export interface Pool {
  readonly buffers: Map<string, GPUBuffer>;
  /** Passes of the caller may have recorded them and be submitted later: an outgrown one is let go, not destroyed. */
  readonly isRecorded: boolean;
}

export interface Shader extends Pipeline {
  readonly tileRows: number;
  readonly slices: number;
  readonly label: string;
  readonly bindings: readonly string[];
}

export interface GpuMachine {
  readonly gpu: GpuDevice;
  readonly storage: GpuStorage;
  /** `sop:<operator>`. */
  readonly label: string;
  readonly shaders: ReadonlyMap<string, Shader>;
  /** What pack steps fill, by name. */
  readonly packed: ReadonlyMap<string, GPUBuffer>;
  /** For calls of `apply`, which submit at once. */
  readonly own: Pool;
  /** For passes of the caller. */
  readonly lent: Pool;
  readonly live: Set<GPUBuffer>;
  /** No longer needed here, but perhaps by a pass of the caller; collected with it. */
  released: WeakRef<GPUBuffer>[];
  /** How many of these there may be before the collected ones are struck off. */
  mostReleased: number;
}

/** Values of GPUBufferUsage, a global that not every engine has. */
export const usage = { read: 0x1, source: 0x4, target: 0x8, uniform: 0x40, storage: 0x80 } as const;

export async function buildGpuMachine(
  gpu: GpuDevice,
  name: string,
  { buffers, shaders, storage }: ChosenVariant,
  programs: readonly ProgramDescription[],
): Promise<GpuMachine> {
  const label = `sop:${name}`;
  const used = new Set(programs.flatMap(({ kernels }) => kernels.map(kernel => kernel.export)));
  const needed = shaders.filter(shader => used.has(shader.name));
  const compiled = await Promise.all(
    needed.map(async (shader): Promise<[string, Shader]> => {
      const { tileRows, slices } = shader;
      const own = `${label}/${shader.name}`;
      const bindings = shader.bindings.map(({ buffer }) => buffer);
      const pipeline = await pipelineFor(gpu, own, shader);
      return [shader.name, { ...pipeline, tileRows, slices, label: own, bindings }];
    }),
  );
  const packed = new Map<string, GPUBuffer>();
  const machine: GpuMachine = {
    gpu,
    storage: storage ?? 'f32',
    label,
    shaders: new Map(compiled),
    packed,
    own: { buffers: new Map(), isRecorded: false },
    lent: { buffers: new Map(), isRecorded: true },
    live: new Set(),
    released: [],
    mostReleased: 64,
  };
  for (const buffer of buffers) {
    const isRead = needed.some(({ bindings }) => bindings.some(each => each.buffer === buffer.name));
    if (isRead) packed.set(buffer.name, packBuffer(machine, buffer));
  }
  return machine;
}

export const packBuffer = (machine: GpuMachine, { name, elements, storage }: GpuBuffer): GPUBuffer =>
  createBuffer(machine, name, paddedBytes(storage ?? 'f32', elements), usage.storage | usage.target);

/** Bindings are never empty, so neither are buffers. */
export function createBuffer(machine: GpuMachine, name: string, bytes: number, uses: number): GPUBuffer {
  const size = Math.max(16, Math.ceil(bytes / 16) * 16);
  const buffer = machine.gpu.device.createBuffer({ label: `${machine.label}/${name}`, size, usage: uses });
  machine.live.add(buffer);
  return buffer;
}

export function destroyBuffer({ live }: GpuMachine, buffer: GPUBuffer): void {
  live.delete(buffer);
  buffer.destroy();
}

/** Keeps a buffer for passes that may have recorded it, and no longer. */
export function releaseBuffer(machine: GpuMachine, buffer: GPUBuffer): void {
  machine.live.delete(buffer);
  machine.released.push(new WeakRef(buffer));
  if (machine.released.length <= machine.mostReleased) return;
  machine.released = machine.released.filter(reference => reference.deref() !== undefined);
  machine.mostReleased = 64 + 2 * machine.released.length;
}

export function pack(
  { gpu, packed }: GpuMachine,
  step: GpuPackStep,
  parameters: PackInputs,
  target = packed.get(step.binding),
): void {
  if (target === undefined || step.elements === 0) return;
  const array = packArrays[step.scalar];
  const bytes = array.BYTES_PER_ELEMENT;
  const padded = new ArrayBuffer(Math.ceil((step.elements * bytes) / 4) * 4);
  step.run(parameters, new array(padded, 0, step.elements));
  gpu.device.queue.writeBuffer(target, step.offset * bytes, padded);
}

export function pooled(
  machine: GpuMachine,
  { buffers, isRecorded }: Pool,
  name: string,
  bytes: number,
  uses: number,
): GPUBuffer {
  const known = buffers.get(name);
  if (known !== undefined && known.size >= bytes) return known;
  if (known !== undefined) (isRecorded ? releaseBuffer : destroyBuffer)(machine, known);
  const { device } = machine.gpu;
  if (isRecorded) device.pushErrorScope('out-of-memory');
  const made = createBuffer(machine, name, bytes, uses);
  buffers.set(name, made);
  // The caller's pass is invalid then, which WebGPU tells with the label; the next one shall not be.
  if (isRecorded)
    device.popErrorScope().then(
      error => error !== null && buffers.get(name) === made && buffers.delete(name),
      () => undefined,
    );
  return made;
}

/** After a failure, whose buffers may be none. */
export function emptyPool(machine: GpuMachine, { buffers, isRecorded }: Pool): void {
  for (const buffer of buffers.values()) (isRecorded ? releaseBuffer : destroyBuffer)(machine, buffer);
  buffers.clear();
}

/** What the kernels' index arithmetic is proved for. */
const maximumRows = 2 ** 20;
const maximumGroups = 65535;

/** Rows that one launch can take: no binding is larger than the device allows. `granule` divides all but the last. */
export function rowsAtOnce(
  { gpu: { device, owner } }: GpuMachine,
  { buffers }: ProgramDescription,
  rows: number,
  granule: number,
): number {
  const widest = buffers.reduce((bytes, { bytesPerRow }) => Math.max(bytes, bytesPerRow), 1);
  const { maxStorageBufferBindingSize, maxBufferSize } = device.limits;
  const bytes = Math.min(maxStorageBufferBindingSize, maxBufferSize, 2 ** 31 - 16);
  const most = Math.min(Math.floor(bytes / widest), maximumRows);
  if (rows <= most) return rows;
  const part = most - (most % granule);
  if (part > 0) return part;
  const what = granule > 1 && most > 0 ? `${granule} rows` : 'a row';
  throw new SopError(
    'unsupported',
    `${owner}: ${what} of ${widest} bytes fit no binding of ${bytes} bytes, the limit of the device`,
  );
}

/** Where the rows of one launch lie. */
export interface Launch {
  readonly rows: number;
  readonly input: GPUBufferBinding;
  readonly output: GPUBufferBinding;
  readonly pool: Pool;
  /** Packed for this launch alone. */
  readonly packed?: ReadonlyMap<string, GPUBuffer>;
}

/** Records the dispatches of a program. */
export function record(
  machine: GpuMachine,
  program: ProgramDescription,
  pass: GPUComputePassEncoder,
  launch: Launch,
): void {
  const { gpu, shaders, packed } = machine;
  const { rows, input, output, pool } = launch;
  const resource = (name: string): GPUBufferBinding => {
    const weights = launch.packed?.get(name) ?? packed.get(name);
    if (weights !== undefined) return { buffer: weights };
    const description = program.buffers.find(buffer => buffer.name === name);
    if (description?.role === 'input') return input;
    if (description?.role === 'output') return output;
    // Bindings are whole numbers of four bytes.
    const size = Math.max(16, Math.ceil(((description?.bytesPerRow ?? 0) * rows) / 4) * 4);
    return { buffer: pooled(machine, pool, name, size, usage.storage), size };
  };
  for (const kernel of program.kernels) {
    const shader = shaders.get(kernel.export);
    if (shader === undefined) continue;
    const resources = [...shader.bindings.map(resource), { buffer: countOf(machine, pool, rows) }];
    pass.setPipeline(shader.pipeline);
    pass.setBindGroup(
      0,
      gpu.device.createBindGroup({
        label: shader.label,
        layout: shader.layout,
        entries: resources.map((resource, binding) => ({ binding, resource })),
      }),
    );
    const most = Math.min(maximumGroups, gpu.device.limits.maxComputeWorkgroupsPerDimension);
    const groups = Math.min(Math.ceil(rows / shader.tileRows), most);
    if (shader.slices === 1) pass.dispatchWorkgroups(groups);
    else pass.dispatchWorkgroups(shader.slices, groups);
  }
}

/** Counts of rows that are kept, as uniforms. */
const keptCounts = 64;

function countOf(machine: GpuMachine, pool: Pool, rows: number): GPUBuffer {
  const name = `batch ${rows}`;
  const known = pool.buffers.get(name);
  if (known !== undefined) return known;
  const counts = [...pool.buffers.keys()].filter(each => each.startsWith('batch '));
  for (const oldest of counts.slice(0, Math.max(0, counts.length - keptCounts + 1))) {
    const buffer = pool.buffers.get(oldest);
    pool.buffers.delete(oldest);
    if (buffer !== undefined) releaseBuffer(machine, buffer);
  }
  const made = pooled(machine, pool, name, 16, usage.uniform | usage.target);
  machine.gpu.device.queue.writeBuffer(made, 0, Int32Array.of(rows, 0, 0, 0));
  return made;
}

/** Also what passes of the caller have recorded and not submitted yet. */
export function destroyGpuMachine(machine: GpuMachine): void {
  for (const buffer of machine.live) buffer.destroy();
  for (const reference of machine.released) reference.deref()?.destroy();
  machine.live.clear();
  machine.released = [];
}
