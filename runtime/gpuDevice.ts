/** The WebGPU side of an instance: its device, pipelines cached for each device, and errors with the user's names. */
import { SopError } from './errors.ts';

export interface ShaderDescription {
  /** The kernel; also the entry point. */
  readonly name: string;
  readonly code: string;
  /** Rows of the batch one workgroup takes at a time. */
  readonly tileRows: number;
  /** What it needs beyond the default limits of WebGPU; the first variant that the device offers is used. */
  readonly limits: Readonly<Record<string, number>>;
  readonly features: readonly string[];
}

export interface GpuDevice {
  readonly device: GPUDevice;
  /** Made by us, so ours to destroy; a borrowed device is never destroyed. */
  readonly owned: boolean;
  /** Why the device is gone, once it is. */
  lost: string | undefined;
  /** Calls that wait for the device, to be told when it is lost. */
  readonly pending: Set<(error: SopError) => void>;
}

/** Borrows the caller's device, or makes one with all that the adapter offers of the limits named. */
export async function openDevice(
  owner: string,
  given: GPUDevice | undefined,
  limits: readonly string[],
): Promise<GpuDevice> {
  const device = given ?? (await makeDevice(owner, limits));
  const opened: GpuDevice = { device, owned: given === undefined, lost: undefined, pending: new Set() };
  device.lost.then(({ reason, message }) => {
    opened.lost = `${reason || 'unknown'}${message === '' ? '' : `: ${message}`}`;
    for (const reject of opened.pending) reject(lossOf(owner, opened));
    opened.pending.clear();
  });
  return opened;
}

async function makeDevice(owner: string, limits: readonly string[]): Promise<GPUDevice> {
  const gpu = (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu;
  if (gpu === undefined)
    throw new SopError('unsupported', `${owner}: this engine has no WebGPU (navigator.gpu)`);
  const adapter = await gpu.requestAdapter();
  if (adapter === null) throw new SopError('unsupported', `${owner}: WebGPU offers no adapter here`);
  const offered = adapter.limits as unknown as Record<string, number>;
  const requiredLimits = Object.fromEntries(limits.map(name => [name, offered[name] ?? 0]));
  const features: GPUFeatureName[] = ['timestamp-query', 'shader-f16', 'subgroups'];
  return adapter.requestDevice({
    label: `sop:${owner}`,
    requiredLimits,
    requiredFeatures: features.filter(feature => adapter.features.has(feature)),
  });
}

const lossOf = (owner: string, { lost }: GpuDevice): SopError =>
  new SopError('device-lost', `${owner}: the WebGPU device was lost (${lost}); create the operator anew`);

export function assertAlive(owner: string, gpu: GpuDevice): void {
  if (gpu.lost !== undefined) throw lossOf(owner, gpu);
}

/** The promise, or a typed error as soon as the device is lost: nothing waits for ever and nothing reads zeros. */
export async function whileAlive<Value>(owner: string, gpu: GpuDevice, work: Promise<Value>): Promise<Value> {
  assertAlive(owner, gpu);
  let reject: (error: SopError) => void = () => undefined;
  const loss = new Promise<never>((_, refuse) => {
    reject = refuse;
  });
  gpu.pending.add(reject);
  try {
    return await Promise.race([work, loss]);
  } catch (error) {
    // What fails because the device went is reported as that.
    if (gpu.lost === undefined)
      await Promise.race([gpu.device.lost, new Promise(resolve => setTimeout(resolve, 0))]);
    throw gpu.lost === undefined ? error : lossOf(owner, gpu);
  } finally {
    gpu.pending.delete(reject);
  }
}

/** Runs `work` and turns what the device found wrong with it into a typed error with the label. */
export async function scoped<Value>(
  owner: string,
  { device }: GpuDevice,
  label: string,
  work: () => Value | Promise<Value>,
): Promise<Value> {
  device.pushErrorScope('validation');
  device.pushErrorScope('out-of-memory');
  const started = (async () => work())();
  const [memory, validation] = [device.popErrorScope(), device.popErrorScope()];
  // Both scopes are popped before anything is awaited, so that calls which overlap do not mix theirs.
  const [value, noMemory, invalid] = await Promise.allSettled([started, memory, validation]);
  const message = (error: PromiseSettledResult<GPUError | null>) =>
    error.status === 'fulfilled' ? error.value?.message : undefined;
  if (message(noMemory) !== undefined)
    throw new SopError('out-of-memory', `${owner}: ${label}: ${message(noMemory)}`);
  if (message(invalid) !== undefined)
    throw new SopError('gpu-validation', `${owner}: ${label}: ${message(invalid)}`);
  if (value.status === 'rejected') throw gpuError(owner, label, value.reason);
  return value.value;
}

const gpuError = (owner: string, label: string, reason: unknown): unknown =>
  reason instanceof SopError
    ? reason
    : new SopError(
        'gpu-validation',
        `${owner}: ${label}: ${reason instanceof Error ? reason.message : String(reason)}`,
      );

/** Pipelines by shader, for each device: operators that share a kernel share its compilation. */
const pipelines = new WeakMap<GPUDevice, Map<string, Promise<GPUComputePipeline>>>();

export function pipelineFor(
  owner: string,
  gpu: GpuDevice,
  shader: ShaderDescription,
): Promise<GPUComputePipeline> {
  const { device } = gpu;
  const known = pipelines.get(device) ?? new Map<string, Promise<GPUComputePipeline>>();
  pipelines.set(device, known);
  const found = known.get(shader.code);
  if (found !== undefined) return found;
  const label = `sop:${owner}/${shader.name}`;
  const made = scoped(owner, gpu, label, () => {
    const module = device.createShaderModule({ label, code: shader.code });
    return device.createComputePipelineAsync({
      label,
      layout: 'auto',
      compute: { module, entryPoint: shader.name },
    });
  });
  known.set(shader.code, made);
  made.catch(() => known.delete(shader.code));
  return made;
}

/** Whether a device offers what a variant needs. */
export function offers({ device }: GpuDevice, { limits, features }: ShaderDescription): boolean {
  const offered = device.limits as unknown as Record<string, number>;
  return (
    Object.entries(limits).every(([name, value]) => (offered[name] ?? 0) >= value) &&
    features.every(feature => device.features.has(feature as GPUFeatureName))
  );
}
