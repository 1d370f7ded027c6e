/// <reference lib="esnext.disposable" preserve="true" />
/** Instances of a generated module on WebGPU. */
import type { OptionsFor } from './create.ts';
import type { SopError } from './errors.ts';
import { assertAlive, end, type GpuDevice, openDevice, scoped, variantFor, whileAlive } from './gpuDevice.ts';
import { arrayOf, type GpuVector } from './gpuFormat.ts';
import {
  buildGpuMachine,
  destroyGpuMachine,
  type GpuMachine,
  pack,
  packBuffer,
  releaseBuffer,
} from './gpuMachine.ts';
import { encodeOnGpu, type GpuRows, runOnGpu } from './gpuOperator.ts';
import {
  alive,
  chosenOf,
  disposed,
  type Instance,
  type InstanceOptions,
  lifetime,
  type ModuleInstance,
  ownNames,
  packAll,
  packForCall,
  prepare,
  release,
  updateValue,
  type Write,
} from './instance.ts';
import { type CallOptions, checkedRows } from './operator.ts';
import type { ParameterValue } from './parameters.ts';
import type {
  ChosenVariant,
  GpuModuleDescription,
  GpuPackStep,
  GpuVariant,
  OperatorDescription,
  ProgramDescription,
} from './types.ts';

export interface GpuCreateOptions extends InstanceOptions {
  /** Borrowed, never destroyed. Otherwise a device of its own is made, which `dispose` destroys. */
  readonly device?: GPUDevice;
}

export type GpuOptionsFor<Parameters> = OptionsFor<Parameters, GpuCreateOptions>;

/** What `encode` reads and writes. */
export interface GpuCall extends Pick<CallOptions, 'call'> {
  readonly x: GpuRows;
  /** Another buffer than that of x. */
  readonly y: GpuRows;
  /** Rows; as many as x holds otherwise. */
  readonly batch?: number;
}

/** An operator or map on a WebGPU device. Calls may overlap; each sees the parameters as they were when it began. */
export interface GpuOperator {
  readonly name: string;
  readonly inputLength: number;
  readonly outputLength: number;
  readonly device: GPUDevice;
  /** What its kernels are made for: the best of the module's profiles that the device meets. */
  readonly profile: string;
  /** Resolves when the device is lost, after which every call is refused; never where `dispose` comes first. */
  readonly lost: Promise<SopError>;
  /**
   * As of an operator in WebAssembly; x may be changed as soon as this returns, out once it resolves. A module built
   * with `--dtype f16` rounds a Float32Array on its way in and widens what it gives, and takes a Float16Array too.
   */
  apply<Numbers extends GpuVector>(x: Numbers, options?: CallOptions<Numbers>): Promise<Numbers>;
  /** The transpose; absent for maps. */
  adjoint?<Numbers extends GpuVector>(x: Numbers, options?: CallOptions<Numbers>): Promise<Numbers>;
  /** Records the kernels into a pass of the caller, on buffers of the same device; nothing is submitted or copied. */
  encode(pass: GPUComputePassEncoder, call: GpuCall): void;
  encodeAdjoint?(pass: GPUComputePassEncoder, call: GpuCall): void;
  /** New values for one parameter, for what is submitted from now on; repacks only what reads it. */
  update(name: string, value: ParameterValue): void;
  /** Destroys its buffers; calls that wait are refused. */
  dispose(): void;
  [Symbol.dispose](): void;
}

/** What the operators of a module on one device share. */
export interface GpuModuleInstance extends ModuleInstance {
  readonly device: GPUDevice;
  readonly profile: string;
  readonly lost: Promise<SopError>;
}

export async function createOperatorOnGpu(
  description: GpuModuleDescription,
  name: string,
  options: GpuCreateOptions = {},
): Promise<GpuOperator> {
  const running = await start(description, name, options);
  const [only] = running.operators.map(each => operatorOf(running, each, () => stop(running)));
  return only as GpuOperator;
}

export async function createModuleOnGpu(
  description: GpuModuleDescription,
  options: GpuCreateOptions = {},
): Promise<GpuModuleInstance & Record<string, unknown>> {
  const running = await start(description, undefined, options);
  const { gpu, description: chosen } = running;
  const members = running.operators.map(
    each => [each.name, operatorOf(running, each, () => undefined)] as const,
  );
  return {
    ...Object.fromEntries(members),
    device: gpu.device,
    profile: chosen.profile,
    lost: gpu.lost,
    ...lifetime(
      (key, value) => updateValue(running, running, key, value, writing(current(running))),
      () => stop(running),
    ),
  };
}

interface Running extends Instance<GpuMachine, GpuPackStep> {
  readonly description: ChosenVariant;
  readonly gpu: GpuDevice;
}

async function start(
  description: GpuModuleDescription,
  name: string | undefined,
  options: GpuCreateOptions,
): Promise<Running> {
  const { variants } = description;
  const [best] = variants;
  // Mistakes are told before anything waits; parameters are those of every variant.
  const instance = prepare<GpuMachine, GpuPackStep>(
    { ...description, ...(best as GpuVariant) },
    name,
    options,
  );
  const gpu = await openDevice(instance.owner, options.device, variants);
  const chosen = { ...description, ...variantFor(instance.owner, variants, gpu.device) };
  const running: Running = { ...instance, description: chosen, ...chosenOf(chosen, name), gpu };
  const programs = running.operators.flatMap(({ apply, adjoint }) => [apply, ...(adjoint ? [adjoint] : [])]);
  try {
    await whileAlive(
      gpu,
      (async () => {
        const machine = await buildGpuMachine(gpu, name ?? description.name, chosen, programs);
        running.machine = machine;
        await scoped(gpu, 'weights', () => packAll(running, writing(machine)));
      })(),
    );
    return running;
  } catch (error) {
    stop(running);
    throw error;
  }
}

function stop(running: Running): void {
  const { gpu, machine, owner } = running;
  if (gpu.ended === undefined) end(gpu, disposed(owner));
  if (machine !== undefined) destroyGpuMachine(machine);
  if (gpu.isOwned) gpu.device.destroy();
  release(running);
}

function current(running: Running): GpuMachine {
  const machine = alive(running);
  assertAlive(running.gpu);
  return machine;
}

const writing =
  (machine: GpuMachine): Write<GpuPackStep> =>
  (step, values) =>
    pack(machine, step, values);

function operatorOf(running: Running, operator: OperatorDescription, stopAll: () => void): GpuOperator {
  const { apply, adjoint } = operator;
  const { gpu, description } = running;
  const own = ownNames(description, operator);
  let isDisposed = false;
  const machine = (): GpuMachine => {
    if (isDisposed) throw disposed(own.owner);
    return current(running);
  };
  const calling =
    (mode: string, program: ProgramDescription) =>
    async <Numbers extends GpuVector>(x: Numbers, options: CallOptions<Numbers> = {}): Promise<Numbers> => {
      const used = machine();
      const array = arrayOf(used.storage, x) as new (length: number) => Numbers;
      const rows = checkedRows(array, own.owner + mode, program, x, options);
      packForCall(running, own, program, options.call ?? {}, writing(used));
      return runOnGpu(used, program, x, rows);
    };
  const encoding =
    (mode: string, program: ProgramDescription) =>
    (pass: GPUComputePassEncoder, { x, y, batch, call = {} }: GpuCall): void => {
      const used = machine();
      const packed = packApart(running, own, program, used, call);
      encodeOnGpu(used, own.owner + mode, program, pass, { x, y, batch }, packed);
    };
  return {
    name: operator.name,
    inputLength: apply.inputLength,
    outputLength: apply.outputLength,
    device: gpu.device,
    profile: description.profile,
    lost: gpu.lost,
    apply: calling('', apply),
    encode: encoding('', apply),
    ...(adjoint && { adjoint: calling("'", adjoint), encodeAdjoint: encoding("'", adjoint) }),
    ...lifetime(
      (name, value) => updateValue(running, own, name, value, writing(machine())),
      () => {
        isDisposed = true;
        stopAll();
      },
    ),
  };
}

/** What arrives with a recorded call is packed into buffers of that call: its pass may be submitted after the next. */
function packApart(
  running: Running,
  own: ReturnType<typeof ownNames>,
  program: ProgramDescription,
  machine: GpuMachine,
  call: NonNullable<CallOptions['call']>,
): ReadonlyMap<string, GPUBuffer> {
  const packed = new Map<string, GPUBuffer>();
  packForCall(running, own, program, call, (step, values) => {
    const description = running.description.buffers.find(({ name }) => name === step.binding);
    if (description === undefined) return;
    const buffer = packed.get(step.binding) ?? packBuffer(machine, description);
    packed.set(step.binding, buffer);
    pack(machine, step, values, buffer);
  });
  for (const buffer of packed.values()) releaseBuffer(machine, buffer);
  return packed;
}
