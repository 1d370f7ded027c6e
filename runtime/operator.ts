/** `apply` and `adjoint` of an instance: rows in, kernels, rows out. */
import { SopError } from './errors.ts';
import { launch, type Machine, place } from './machine.ts';
import type { ParameterValue } from './parameters.ts';
import type { ModuleDescription, ProgramDescription } from './types.ts';

export type Vector = Float32Array | Float64Array;

/** What rows are copied between. */
interface Copied {
  subarray(start: number, end: number): ArrayLike<number>;
  set(values: ArrayLike<number>, start: number): void;
}

/** Options of one call. Strides count numbers from the start of one row to the start of the next. */
export interface CallOptions<Numbers = Vector> {
  /** Where the rows of the result go; a new array otherwise. */
  readonly out?: Numbers;
  /** Of the input; its rows are contiguous otherwise. */
  readonly rowStride?: number;
  /** Of the result. */
  readonly outRowStride?: number;
  /** Rows, which only an operator whose input has length 0 needs. */
  readonly batch?: number;
  /** Values of the parameters that arrive with each call, by name. */
  readonly call?: Readonly<Record<string, ParameterValue>>;
}

/** The rows of a call, checked. */
export interface CallRows<Numbers = Vector> {
  readonly rows: number;
  readonly rowStride: number;
  readonly outRowStride: number;
  readonly out: Numbers;
}

/** Runs a program over a batch of rows. `title` is what errors call it. */
export function run(
  machine: Machine,
  scalar: ModuleDescription['scalar'],
  title: string,
  program: ProgramDescription,
  x: Vector,
  options: CallOptions,
): Vector {
  const { inputLength, outputLength } = program;
  const array = scalar === 'f64' ? Float64Array : Float32Array;
  const { rows, rowStride, outRowStride, out } = checkedRows<Vector>(array, title, program, x, options);
  const source = rows > 1 && overlap(x, out) ? x.slice() : x;
  let part = rows;
  for (let start = 0; start < rows; start += part) {
    const placement = place(machine, program, rows - start);
    part = placement.rows;
    const addressOf = (role: string): number =>
      placement.addresses[program.buffers.find(buffer => buffer.role === role)?.name ?? ''] ?? 0;
    const { buffer } = machine.memory;
    const input = new array(buffer, addressOf('input'), part * inputLength);
    copyRows(source, start * rowStride, rowStride, input, 0, inputLength, inputLength, part);
    launch(machine, program, placement.addresses, part);
    const output = new array(buffer, addressOf('output'), part * outputLength);
    copyRows(output, 0, outputLength, out, start * outRowStride, outRowStride, outputLength, part);
  }
  return out;
}

/** The rows of x and where their images go: the caller's array where it fits them, or a new one. */
export function checkedRows<Numbers extends ArrayLike<number>>(
  array: new (length: number) => Numbers,
  title: string,
  { inputLength, outputLength }: Pick<ProgramDescription, 'inputLength' | 'outputLength'>,
  x: ArrayLike<number>,
  options: CallOptions<ArrayLike<number>>,
): CallRows<Numbers> {
  const check = (what: string, value: ArrayLike<number>): Numbers => {
    if (value instanceof array) return value;
    const kind = (value as object | undefined)?.constructor?.name ?? String(value);
    throw new SopError('input-dtype', `${title}: ${what} is a ${array.name}, got ${kind}`);
  };
  check('x', x);
  const rowStride = stride(title, 'rowStride', options.rowStride, inputLength);
  const outRowStride = stride(title, 'outRowStride', options.outRowStride, outputLength);
  const rows =
    inputLength === 0 ? rowsWithoutInput(options, outRowStride) : rowsOf(x.length, inputLength, rowStride);
  if (rows === undefined || (inputLength === 0 && x.length > 0)) {
    throw new SopError(
      'input-length',
      `${title}: x has ${rowsText(inputLength, rowStride)}, got ${x.length}`,
    );
  }
  const out = check('out', options.out ?? new array(rows * outRowStride));
  const needed = rows === 0 ? 0 : (rows - 1) * outRowStride + outputLength;
  if (out.length < needed || out.length > rows * outRowStride) {
    const expected = `${rowsText(outputLength, outRowStride)}, here ${rows} rows (${needed} numbers)`;
    throw new SopError('output-length', `${title}: out has ${expected}, got ${out.length}`);
  }
  return { rows, rowStride, outRowStride, out };
}

function stride(title: string, what: string, given: number | undefined, length: number): number {
  if (given === undefined) return length;
  if (Number.isInteger(given) && given >= length) return given;
  throw new SopError('row-stride', `${title}: ${what} is an integer of at least ${length}, got ${given}`);
}

/** The rows in `length` numbers; nothing where the last row is cut short or a part of one more follows it. */
function rowsOf(length: number, width: number, rowStride: number): number | undefined {
  if (length === 0) return 0;
  const rows = Math.floor((length - width) / rowStride) + 1;
  const after = length - (rows - 1) * rowStride - width;
  return length >= width && after <= rowStride - width ? rows : undefined;
}

const rowsWithoutInput = (
  { batch = 1, out }: CallOptions<ArrayLike<number>>,
  outRowStride: number,
): number => (out === undefined || outRowStride === 0 ? batch : Math.ceil(out.length / outRowStride));

const rowsText = (width: number, rowStride: number): string =>
  rowStride === width ? `rows of ${width} numbers` : `rows of ${width} numbers, one every ${rowStride}`;

/** Whether writing one could change the other. */
const overlap = (a: Vector, b: Vector): boolean =>
  a.buffer === b.buffer &&
  a.byteOffset < b.byteOffset + b.byteLength &&
  b.byteOffset < a.byteOffset + a.byteLength;

/** Rows of `width` numbers from one array to another. */
export function copyRows(
  from: Copied,
  fromStart: number,
  fromStride: number,
  to: Copied,
  toStart: number,
  toStride: number,
  width: number,
  rows: number,
): void {
  if (fromStride === width && toStride === width) {
    to.set(from.subarray(fromStart, fromStart + rows * width), toStart);
    return;
  }
  for (let row = 0; row < rows; row++) {
    const start = fromStart + row * fromStride;
    to.set(from.subarray(start, start + width), toStart + row * toStride);
  }
}
