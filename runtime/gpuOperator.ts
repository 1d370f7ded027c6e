/** Calls of an operator on WebGPU: typed arrays in and out, or the caller's buffers in the caller's pass. */
import { SopError } from './errors.ts';
import { scoped, whileAlive } from './gpuDevice.ts';
import { bytesOf, type GpuVector, packRows, paddedBytes, unpacked } from './gpuFormat.ts';
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
import type { GpuStorage, ProgramDescription } from './types.ts';

/**
 * Rows on the device, row-major and contiguous, f32 or, for a module built with `--dtype f16`, f16; offsets as WebGPU
 * aligns bindings (256 bytes, if not less), sizes whole numbers of four bytes.
 */
export type GpuRows = GPUBuffer | GPUBufferBinding;

/** Everything is submitted before this first waits: what overlaps it cannot come between its parts. */
export async function runOnGpu<Numbers extends GpuVector>(
  machine: GpuMachine,
  program: ProgramDescription,
  x: Numbers,
  call: CallRows<Numbers>,
): Promise<Numbers> {
  const { gpu, storage } = machine;
  const { inputLength, outputLength } = program;
  const { rows, out, outRowStride } = call;
  if (rows === 0 || outputLength === 0) return out;
  const most = rowsAtOnce(machine, program, rows, 1);
  const made: GPUBuffer[] = [];
  const submit = (start: number): Promise<void> => {
    const count = Math.min(most, rows - start);
    const [inputSize, size] = [inputLength, outputLength].map(width =>
      paddedBytes(storage, count * width),
    ) as [number, number];
    const back = createBuffer(machine, 'result', size, usage.read | usage.target);
    made.push(back);
    const input = pooled(machine, machine.own, 'x', inputSize, usage.storage | usage.target);
    const rowsIn = packRows(storage, x, start * call.rowStride, call.rowStride, inputLength, count);
    gpu.device.queue.writeBuffer(input, 0, rowsIn);
    const output = pooled(machine, machine.own, 'y', size, usage.storage | usage.source);
    const label = machine.label;
    const encoder = gpu.device.createCommandEncoder({ label });
    const pass = encoder.beginComputePass({ label });
    const binding = (buffer: GPUBuffer, bytes: number) => ({ buffer, size: Math.max(16, bytes) });
    record(machine, program, pass, {
      rows: count,
      input: binding(input, inputSize),
      output: binding(output, size),
      pool: machine.own,
    });
    pass.end();
    encoder.copyBufferToBuffer(output, 0, back, 0, size);
    gpu.device.queue.submit([encoder.finish()]);
    return back.mapAsync(usage.read).then(() => {
      const numbers = unpacked(storage, back.getMappedRange(), count * outputLength);
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
  const { storage } = machine;
  const bytes = bytesOf(storage);
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
  const rows = batch ?? wholeRows(storage, known.size, Math.max(1, length));
  if (!Number.isInteger(rows) || rows < 0 || paddedBytes(storage, rows * inputLength) > input.size) {
    const count = batch === undefined ? 'whole' : batch;
    throw new SopError(
      'input-length',
      `${title}: x holds ${count} rows of ${inputLength} ${storage}, got ${input.size} bytes`,
    );
  }
  if (paddedBytes(storage, rows * outputLength) > output.size)
    throw new SopError(
      'output-length',
      `${title}: y holds ${rows} rows of ${outputLength} ${storage}, got ${output.size} bytes`,
    );
  if (rows === 0 || outputLength === 0) return;
  const granule = lcm(granuleOf(alignment, inputLength * bytes), granuleOf(alignment, outputLength * bytes));
  const most = rowsAtOnce(machine, program, rows, granule);
  for (let start = 0; start < rows; start += most) {
    const count = Math.min(most, rows - start);
    const part = ({ buffer, offset }: GPUBufferBinding, width: number): GPUBufferBinding => ({
      buffer,
      offset: (offset ?? 0) + start * width * bytes,
      size: Math.max(4, paddedBytes(storage, count * width)),
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
const granuleOf = (alignment: number, rowBytes: number): number => alignment / gcd(alignment, rowBytes);

/** An odd count of f16 may be followed by two bytes that belong to nothing. */
function wholeRows(storage: GpuStorage, size: number, width: number): number {
  const rows = size / (bytesOf(storage) * width);
  const withoutPadding = (size - 2) / (2 * width);
  return storage === 'f16' && !Number.isInteger(rows) && (withoutPadding * width) % 2 === 1
    ? withoutPadding
    : rows;
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
const lcm = (a: number, b: number): number => (a / gcd(a, b)) * b;
