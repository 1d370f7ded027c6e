/** The WebGPU device of an instance: borrowed or made, pipelines cached for each, failures as errors with labels. */
import { SopError } from './errors.ts';
import type { GpuRequirements, GpuVariant, ShaderDescription } from './types.ts';

export interface GpuDevice {
  /** The operator or module, as errors call it. */
  readonly owner: string;
  readonly device: GPUDevice;
  /** Made by us, so ours to destroy; a borrowed device is never destroyed. */
  readonly isOwned: boolean;
  /** Why nothing runs any more: the device was lost, or the instance disposed of. */
  ended: SopError | undefined;
  /** Calls that wait for the device, to be told when it ends. */
  readonly pending: Set<(error: SopError) => void>;
  /** Stays pending where the instance is disposed of first. */
  readonly lost: Promise<SopError>;
}

export async function openDevice(
  owner: string,
  given: GPUDevice | undefined,
  variants: readonly GpuVariant[],
): Promise<GpuDevice> {
  const device = given ?? (await makeDevice(owner, variants));
  let tell: (error: SopError) => void = () => undefined;
  const lost = new Promise<SopError>(resolve => {
    tell = resolve;
  });
  const gpu: GpuDevice = {
    owner,
    device,
    isOwned: given === undefined,
    ended: undefined,
    pending: new Set(),
    lost,
  };
  device.lost.then(({ reason, message }) => {
    if (gpu.ended !== undefined) return;
    const why = [reason || 'unknown', message].filter(Boolean).join(': ');
    const text = `${owner}: the WebGPU device was lost (${why}); create the operator anew on another`;
    tell(end(gpu, new SopError('device-lost', text)));
  });
  return gpu;
}

/** With what the best variant needs, and the adapter's limits on what one binding holds: fewer parts of a batch. */
async function makeDevice(owner: string, variants: readonly GpuVariant[]): Promise<GPUDevice> {
  const { gpu } = (globalThis as { navigator?: { gpu?: GPU } }).navigator ?? {};
  if (gpu === undefined)
    throw new SopError('unsupported', `${owner}: this engine has no WebGPU (navigator.gpu)`);
  const adapter = await gpu.requestAdapter();
  if (adapter === null) throw new SopError('unsupported', `${owner}: WebGPU offers no adapter here`);
  const { limits, features } = variantFor(owner, variants, adapter).requires;
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  return adapter.requestDevice({
    label: `sop:${owner}`,
    requiredLimits: { ...limits, maxBufferSize, maxStorageBufferBindingSize },
    requiredFeatures: [...features] as GPUFeatureName[],
  });
}

type Offer = Pick<GPUDevice, 'limits' | 'features'>;

/** The first that the device, or the adapter, can run. */
export function variantFor(owner: string, variants: readonly GpuVariant[], offer: Offer): GpuVariant {
  const found = variants.find(({ requires }) => lacking(requires, offer).length === 0);
  if (found !== undefined) return found;
  const missing = variants.flatMap(({ requires }) => lacking(requires, offer).join(', ')).join('; or ');
  const how = `adapter.requestDevice({ ${missing} }) where the GPU has it`;
  throw new SopError('unsupported', `${owner}: the WebGPU device offers less than its shaders need: ${how}`);
}

/** What is required and not offered, as `requestDevice` takes it. */
const lacking = (requires: GpuRequirements, { limits, features }: Offer): string[] => [
  ...Object.entries(requires.limits).flatMap(([name, least]) =>
    (limits[name as keyof GPUSupportedLimits] as number) >= least
      ? []
      : `requiredLimits: { ${name}: ${least} }`,
  ),
  ...requires.features.filter(name => !features.has(name)).map(name => `requiredFeatures: ['${name}']`),
];

/** Refuses all that waits and all that comes. */
export function end(gpu: GpuDevice, error: SopError): SopError {
  gpu.ended = error;
  for (const refuse of gpu.pending) refuse(error);
  gpu.pending.clear();
  return error;
}

export function assertAlive({ ended }: GpuDevice): void {
  if (ended !== undefined) throw ended;
}

/** How long what failed may have failed because of a loss that is not told yet. */
const noticeMs = 500;

/** The promise, or a typed error as soon as the device ends: nothing waits for ever, nothing reads zeros. */
export async function whileAlive<Value>(gpu: GpuDevice, work: Promise<Value>): Promise<Value> {
  let refuse: (error: SopError) => void = () => undefined;
  const ended = new Promise<never>((_, reject) => {
    refuse = reject;
  });
  gpu.pending.add(refuse);
  try {
    const value = await Promise.race([work, ended]);
    assertAlive(gpu);
    return value;
  } catch (error) {
    if (gpu.ended === undefined && !(error instanceof SopError)) await noticeOf(gpu);
    throw gpu.ended ?? failure(gpu, error);
  } finally {
    gpu.pending.delete(refuse);
  }
}

function noticeOf({ device }: GpuDevice): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise(resolve => {
    timer = setTimeout(resolve, noticeMs);
  });
  return Promise.race([device.lost, patience]).finally(() => clearTimeout(timer));
}

const failure = ({ owner }: GpuDevice, reason: unknown): SopError =>
  reason instanceof SopError
    ? reason
    : new SopError('gpu-validation', `${owner}: ${reason instanceof Error ? reason.message : reason}`);

/**
 * Runs `work` at once and waits for what it gives and for what the device finds wrong with it. Both scopes are popped
 * before anything is awaited, so that calls which overlap do not mix theirs.
 */
export async function scoped<Value>(
  gpu: GpuDevice,
  label: string,
  work: () => Value | Promise<Value>,
): Promise<Value> {
  const { device, owner } = gpu;
  device.pushErrorScope('validation');
  device.pushErrorScope('out-of-memory');
  const made = (async () => work())();
  const found = [device.popErrorScope(), device.popErrorScope()] as const;
  const [outcome, memory, validation] = await Promise.allSettled([made, ...found]);
  for (const [code, error] of [
    ['out-of-memory', memory],
    ['gpu-validation', validation],
  ] as const) {
    if (error.status === 'fulfilled' && error.value !== null && gpu.ended === undefined)
      throw new SopError(code, `${owner}: ${label}: ${error.value.message}`);
  }
  if (outcome.status === 'rejected') throw outcome.reason;
  return outcome.value;
}

export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** By shader, for each device: operators that share a kernel share its compilation. */
const pipelines = new WeakMap<GPUDevice, Map<string, Promise<Pipeline>>>();

export function pipelineFor(gpu: GpuDevice, label: string, shader: ShaderDescription): Promise<Pipeline> {
  const { device } = gpu;
  const known = pipelines.get(device) ?? new Map<string, Promise<Pipeline>>();
  pipelines.set(device, known);
  const found = known.get(shader.code);
  if (found !== undefined) return found;
  const made = scoped(gpu, label, () => compile(device, label, shader));
  known.set(shader.code, made);
  made.catch(() => known.delete(shader.code));
  return made;
}

/** The layout is written out: one made from the shader lacks the bindings that it does not use. */
async function compile(
  device: GPUDevice,
  label: string,
  { code, bindings }: ShaderDescription,
): Promise<Pipeline> {
  const types = bindings.map(({ access }) => (access === 'read' ? 'read-only-storage' : 'storage'));
  const layout = device.createBindGroupLayout({
    label,
    entries: [...types, 'uniform' as const].map((type, binding) => ({
      binding,
      visibility: 4, // GPUShaderStage.COMPUTE, a global that not every engine has
      buffer: { type },
    })),
  });
  const pipeline = await device.createComputePipelineAsync({
    label,
    layout: device.createPipelineLayout({ label, bindGroupLayouts: [layout] }),
    compute: { module: device.createShaderModule({ label, code }) },
  });
  return { pipeline, layout };
}
