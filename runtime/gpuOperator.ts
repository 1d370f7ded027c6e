/** Calls of an operator on WebGPU: typed arrays in and out, or the caller's buffers in the caller's pass. */
import { SopError } from './errors.ts';
import { scoped, whileAlive } from './gpuDevice.ts';
import {
  createBuffer,
  destroyBuffer,
  emptyPool,
  type GpuMachine,
  type Launch,
  pooled,
  record,
  rowsAtOnce,
  usage,
} from './gpuMachine.ts';
import { type CallRows, copyRows } from './operator.ts';
import type { ProgramDescription } from './types.ts';

/** Rows on the device, f32, row-major and contiguous; offsets as WebGPU aligns bindings (256 bytes, if not less). */
export type GpuRows = GPUBuffer | GPUBufferBinding;

/** Everything is submitted before this first waits: what overlaps it cannot come between its parts. */
export async function runOnGpu(
  machine: GpuMachine,
  program: ProgramDescription,
  x: Float32Array,
  call: CallRows<Float32Array>,
): Promise<Float32Array> {
  const { gpu } = machine;
  const { inputLength, outputLength } = program;
  const { rows, out, outRowStride } = call;
  if (rows === 0 || outputLength === 0) return out;
  const most = rowsAtOnce(machine, program, rows, 1);
  const made: GPUBuffer[] = [];
  const submit = (start: number): Promise<void> => {
    const count = Math.min(most, rows - start);
    const back = createBuffer(machine, 'result', count * outputLength * 4, usage.read | usage.target);
    made.push(back);
    const input = pooled(machine, machine.own, 'x', count * inputLength * 4, usage.storage | usage.target);
    writeRows(machine, input, x, call.rowStride, start, count, inputLength);
    const size = count * outputLength * 4;
    const output = pooled(machine, machine.own, 'y', size, usage.storage | usage.source);
    const label = machine.label;
    const encoder = gpu.device.createCommandEncoder({ label });
    const pass = encoder.beginComputePass({ label });
    const binding = (buffer: GPUBuffer, length: number) => ({
      buffer,
      size: Math.max(16, count * length * 4),
    });
    record(machine, program, pass, {
      rows: count,
      input: binding(input, inputLength),
      output: binding(output, outputLength),
      pool: machine.own,
    });
    pass.end();
    encoder.copyBufferToBuffer(output, 0, back, 0, size);
    gpu.device.queue.submit([encoder.finish()]);
    return back.mapAsync(usage.read).then(() => {
      const numbers = new Float32Array(back.getMappedRange());
      copyRows(numbers, 0, outputLength, out, start * outRowStride, outRowStride, outputLength, count);
    });
  };
  const parts = Array.from({ length: Math.ceil(rows / most) }, (_, k) =>
    scoped(gpu, machine.label, () => submit(k * most)),
  );
  try {
    await whileAlive(gpu, Promise.all(parts));
    return out;
  } catch (error) {
    // Buffers that could not be made are not kept for the next call.
    if (gpu.ended === undefined) emptyPool(machine, machine.own);
    throw error;
  } finally {
    for (const buffer of made) destroyBuffer(machine, buffer);
  }
}

function writeRows(
  { gpu: { device } }: GpuMachine,
  target: GPUBuffer,
  x: Float32Array,
  rowStride: number,
  start: number,
  count: number,
  width: number,
): void {
  if (rowStride === width)
    return device.queue.writeBuffer(target, 0, x as Float32Array<ArrayBuffer>, start * width, count * width);
  const rows = new Float32Array(count * width);
  copyRows(x, start * rowStride, rowStride, rows, 0, width, width, count);
  device.queue.writeBuffer(target, 0, rows);
}

export interface EncodeRows {
  readonly x: GpuRows;
  readonly y: GpuRows;
  /** Rows; as many as x holds otherwise, or y where the operator has no input. */
  readonly batch: number | undefined;
}

/** Records the dispatches in the caller's pass; nothing is submitted. */
export function encodeOnGpu(
  machine: GpuMachine,
  title: string,
  program: ProgramDescription,
  pass: GPUComputePassEncoder,
  { x, y, batch }: EncodeRows,
  packed: ReadonlyMap<string, GPUBuffer>,
): void {
  const { inputLength, outputLength } = program;
  const alignment = machine.gpu.device.limits.minStorageBufferOffsetAlignment;
  const slice = (what: 'x' | 'y', rows: GpuRows): Required<GPUBufferBinding> => {
    const { buffer, offset = 0, size } = 'buffer' in rows ? rows : { buffer: rows };
    const binding = { buffer, offset, size: size ?? buffer.size - offset };
    if ((buffer.usage & usage.storage) === 0)
      throw new SopError('gpu-buffer', `${title}: ${what} is a buffer without the usage STORAGE`);
    if (offset % alignment !== 0)
      throw new SopError(
        'gpu-buffer',
        `${title}: ${what} begins at a multiple of ${alignment} bytes, got ${offset}`,
      );
    return binding;
  };
  const [input, output] = [slice('x', x), slice('y', y)];
  if (input.buffer === output.buffer)
    throw new SopError('gpu-buffer', `${title}: x and y are one buffer, which WebGPU refuses; it takes two`);
  const [known, length] = inputLength > 0 ? [input, inputLength] : [output, outputLength];
  const rows = batch ?? known.size / (4 * Math.max(1, length));
  if (!Number.isInteger(rows) || rows < 0 || rows * inputLength * 4 > input.size) {
    const count = batch === undefined ? 'whole' : batch;
    throw new SopError(
      'input-length',
      `${title}: x holds ${count} rows of ${inputLength} f32, got ${input.size} bytes`,
    );
  }
  if (rows * outputLength * 4 > output.size)
    throw new SopError(
      'output-length',
      `${title}: y holds ${rows} rows of ${outputLength} f32, got ${output.size} bytes`,
    );
  if (rows === 0 || outputLength === 0) return;
  const granule = lcm(granuleOf(alignment, inputLength), granuleOf(alignment, outputLength));
  const most = rowsAtOnce(machine, program, rows, granule);
  for (let start = 0; start < rows; start += most) {
    const count = Math.min(most, rows - start);
    const part = ({ buffer, offset }: GPUBufferBinding, width: number): GPUBufferBinding => ({
      buffer,
      offset: (offset ?? 0) + start * width * 4,
      size: Math.max(4, count * width * 4),
    });
    const launch: Launch = {
      rows: count,
      input: part(input, inputLength),
      output: part(output, outputLength),
      pool: machine.lent,
      packed,
    };
    record(machine, program, pass, launch);
  }
}

/** Rows after which the next one begins at an aligned offset. */
const granuleOf = (alignment: number, length: number): number => alignment / gcd(alignment, length * 4);

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
const lcm = (a: number, b: number): number => (a / gcd(a, b)) * b;
