/**
 * One instance of the kernels and its memory: packed weights first, behind them the buffers of the call that runs.
 * Calls are synchronous, so that they share that room; the weights are shared by every operator of the instance.
 */
import { SopError } from './errors.ts';
import { packArrays } from './parameters.ts';
import type { PackInputs, PackStep, ProgramDescription } from './types.ts';

export interface Machine {
  readonly owner: string;
  readonly memory: WebAssembly.Memory;
  readonly kernels: Readonly<Record<string, (...addressesAndRows: number[]) => void>>;
  /** Byte addresses of the packed buffers. */
  readonly packed: Readonly<Record<string, number>>;
  /** The first byte behind them. */
  readonly free: number;
  readonly limitBytes: number;
}

const pageBytes = 65536;
/** Rows of one launch take at most this much memory, so that a large batch runs in parts. */
const partBytes = 64 * 1024 * 1024;
/** What the kernels' index arithmetic is proved for. */
const maximumRows = 2 ** 20;

/** A cache line, which is more than the 16 bytes that vectors ask for. */
const aligned = (address: number): number => Math.ceil(address / 64) * 64;

export function buildMachine(
  owner: string,
  module: WebAssembly.Module,
  packs: readonly PackStep[],
  limitBytes: number,
): Machine {
  const packed: Record<string, number> = {};
  let free = 0;
  for (const { target, scalar, elements } of packs) {
    packed[target] = free;
    free = aligned(free + elements * packArrays[scalar].BYTES_PER_ELEMENT);
  }
  const pages = Math.max(1, Math.ceil(free / pageBytes));
  if (pages * pageBytes > limitBytes) throw outOfMemory(owner, 'its weights', free, limitBytes);
  let memory: WebAssembly.Memory;
  try {
    memory = new WebAssembly.Memory({ initial: pages });
  } catch {
    throw outOfMemory(owner, 'its weights', free, limitBytes);
  }
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return { owner, memory, kernels: exports as unknown as Machine['kernels'], packed, free, limitBytes };
}

export function pack({ memory, packed }: Machine, step: PackStep, parameters: PackInputs): void {
  step.run(parameters, new packArrays[step.scalar](memory.buffer, packed[step.target], step.elements));
}

/** Where the buffers of one launch lie, and for how many rows. */
export interface Placement {
  readonly rows: number;
  readonly addresses: Readonly<Record<string, number>>;
}

/** Room for at most `rows` rows of a program: as many as fit the limit, at least one, or an error. */
export function place(machine: Machine, { buffers }: ProgramDescription, rows: number): Placement {
  let [fixedBytes, rowBytes] = [machine.free, 0];
  for (const buffer of buffers) {
    // Each buffer loses less than one alignment before it.
    fixedBytes += buffer.fixedBytes + 64;
    rowBytes += buffer.bytesPerRow;
  }
  const room = machine.limitBytes - fixedBytes;
  const most = Math.min(partBytes, room) / Math.max(rowBytes, 1);
  // Whole tiles of 16 rows keep the remainder, which is slower, to the last part.
  const part = Math.min(
    rows,
    maximumRows,
    most >= 32 ? Math.floor(most / 16) * 16 : Math.max(1, Math.floor(most)),
  );
  const addresses: Record<string, number> = {};
  let end = machine.free;
  for (const buffer of buffers) {
    addresses[buffer.name] = end;
    end = aligned(end + buffer.fixedBytes + buffer.bytesPerRow * part);
  }
  reserve(machine, end, rowBytes);
  return { rows: part, addresses };
}

function reserve({ owner, memory, limitBytes }: Machine, bytes: number, rowBytes: number): void {
  const missing = bytes - memory.buffer.byteLength;
  if (missing <= 0) return;
  const what = `a row of ${rowBytes} bytes beside its weights`;
  const pages = Math.ceil(missing / pageBytes);
  if (memory.buffer.byteLength + pages * pageBytes > limitBytes)
    throw outOfMemory(owner, what, bytes, limitBytes);
  try {
    memory.grow(pages);
  } catch {
    throw outOfMemory(owner, what, bytes, limitBytes);
  }
}

const outOfMemory = (owner: string, what: string, bytes: number, limitBytes: number): SopError =>
  new SopError(
    'out-of-memory',
    `${owner}: no memory for ${what}: ${bytes} bytes needed, the limit is ${limitBytes} (memoryLimitBytes)`,
  );

/** Runs the kernels of a program over the first `rows` rows placed. */
export function launch(
  { kernels, packed }: Machine,
  { kernels: launches }: ProgramDescription,
  addresses: Placement['addresses'],
  rows: number,
): void {
  for (const { export: name, buffers } of launches) {
    kernels[name]?.(...buffers.map(buffer => addresses[buffer] ?? packed[buffer] ?? 0), rows);
  }
}
