/**
 * A WebGPU device in which the interpreter of group kernels stands for the shaders: what the runtime asks of a device,
 * on plain memory. It shows what no driver at hand can: bytes go in and come out as kernels on f16 read and write them.
 */
import { decodeFloat16, encodeFloat16 } from '../../src/core/float16.ts';
import { type GroupKernel, interpretGroups } from '../../src/kernel/group.ts';
import type { Memory } from '../../src/kernel/interpret.ts';
import { bytesOf, type Scalar } from '../../src/kernel/kernel.ts';

interface Binding {
  readonly buffer: PlainBuffer;
  readonly offset: number;
  readonly size: number;
}

class PlainBuffer {
  readonly size: number;
  readonly usage: number;
  readonly bytes: Uint8Array<ArrayBuffer>;

  constructor({ size, usage }: GPUBufferDescriptor) {
    this.size = size;
    this.usage = usage;
    this.bytes = new Uint8Array(size);
  }
  mapAsync = async (): Promise<void> => undefined;
  getMappedRange = (): ArrayBuffer => this.bytes.slice().buffer;
  destroy = (): void => undefined;
}

const arrays = { i32: Int32Array, f32: Float32Array, f64: Float64Array, f16: Uint16Array, bf16: Uint16Array };

/** The numbers of a binding, whose size must be whole numbers of four bytes. */
function numbersAt({ buffer, offset, size }: Binding, scalar: Scalar): Memory {
  if (size % 4 !== 0 || offset + size > buffer.size) throw new Error(`a binding of ${size} bytes`);
  const raw = new arrays[scalar](buffer.bytes.buffer, offset, size / bytesOf(scalar)).slice();
  return raw instanceof Uint16Array ? Float32Array.from(raw, decodeFloat16) : (raw as Memory);
}

function writeNumbers({ buffer, offset }: Binding, scalar: Scalar, values: Memory): void {
  const raw = scalar === 'f16' ? Uint16Array.from(values, encodeFloat16) : values;
  buffer.bytes.set(new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength), offset);
}

function dispatch(kernel: GroupKernel, bindings: readonly Binding[], groups: number): void {
  const global = kernel.buffers.filter(({ space }) => space === 'global');
  const at = (k: number): Binding => {
    const binding = bindings[k];
    if (binding === undefined) throw new Error(`no binding ${k}`);
    return binding;
  };
  const memories = global.map(({ name, scalar }, k) => [name, numbersAt(at(k), scalar)] as const);
  const batch = new Int32Array(at(global.length).buffer.bytes.buffer)[0] ?? 0;
  interpretGroups(kernel, Object.fromEntries(memories), { batch }, { groups, order: 'forward' });
  global.forEach(({ access, scalar }, k) => {
    const values = memories[k]?.[1];
    if (access !== 'read' && values !== undefined) writeNumbers(at(k), scalar, values);
  });
}

/** `kernels` by the names of their shaders. */
export function interpretedDevice(kernels: ReadonlyMap<string, GroupKernel>): GPUDevice {
  const limit = 2 ** 27;
  const encoder = () => {
    const commands: (() => void)[] = [];
    let [kernel, bindings]: [GroupKernel | undefined, readonly Binding[]] = [undefined, []];
    const pass = {
      setPipeline: ({ name }: { name: string }) => {
        kernel = kernels.get(name);
      },
      setBindGroup: (_: number, group: readonly Binding[]) => {
        bindings = group;
      },
      dispatchWorkgroups: (groups: number) => {
        const [own, bound] = [kernel, bindings];
        if (own === undefined) throw new Error('no pipeline is set');
        commands.push(() => dispatch(own, bound, groups));
      },
      end: () => undefined,
    };
    return {
      beginComputePass: () => pass,
      copyBufferToBuffer: (from: PlainBuffer, start: number, to: PlainBuffer, at: number, size: number) => {
        if (size % 4 !== 0) throw new Error(`a copy of ${size} bytes`);
        commands.push(() => to.bytes.set(from.bytes.subarray(start, start + size), at));
      },
      finish: () => commands,
    };
  };
  const device = {
    features: new Set(['shader-f16']),
    limits: {
      maxStorageBufferBindingSize: limit,
      maxBufferSize: limit,
      minStorageBufferOffsetAlignment: 256,
      maxComputeWorkgroupsPerDimension: 65535,
    },
    lost: new Promise(() => undefined),
    createBuffer: (description: GPUBufferDescriptor) => new PlainBuffer(description),
    createBindGroupLayout: () => ({}),
    createPipelineLayout: () => ({}),
    createShaderModule: () => ({}),
    createComputePipelineAsync: async ({ label = '' }) => ({ name: label.split('/').at(-1) }),
    createBindGroup: ({ entries }: GPUBindGroupDescriptor): Binding[] =>
      [...entries].map(({ resource }) => {
        const { buffer, offset = 0, size } = resource as GPUBufferBinding;
        const plain = buffer as unknown as PlainBuffer;
        return { buffer: plain, offset, size: size ?? plain.size - offset };
      }),
    createCommandEncoder: encoder,
    pushErrorScope: () => undefined,
    popErrorScope: async () => null,
    queue: {
      writeBuffer: (target: PlainBuffer, offset: number, data: ArrayBuffer | ArrayBufferView) => {
        if (data.byteLength % 4 !== 0 || offset % 4 !== 0)
          throw new Error(`${data.byteLength} bytes written`);
        const view = ArrayBuffer.isView(data)
          ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
          : new Uint8Array(data);
        target.bytes.set(view, offset);
      },
      submit: (lists: readonly (readonly (() => void)[])[]) => {
        for (const command of lists.flat()) command();
      },
    },
  };
  return device as unknown as GPUDevice;
}
