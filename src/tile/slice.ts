/**
 * A chain of contracts in slices. Where every value between the contracts has one digit along which all of them are
 * independent (block k of the second factor of a Monarch pair needs output k of every block of the first), the kernel
 * runs once for each piece of that digit and keeps only the piece. More rows then fit the memory of a group, and each
 * weight that a tile reads serves them all; the price is that the input is read again for every slice.
 *
 * Bytes one row costs in the cache: slices · input + weights / rows of a tile. The least wins.
 */
import { at } from '../core/invariant.ts';
import type { Precision } from '../core/precision.ts';
import { axis, computed, element, indexLiteral, type Tensor } from '../ir/tensor.ts';
import { wholeGroups } from './fit.ts';
import { bytesOf } from './precision.ts';
import { scratchWidth } from './reuse.ts';
import { inWeights, splitAxis } from './split.ts';
import type { Axis, ContractStatement, TileBuffer, TileProgram, TileStatement, View } from './tile.ts';
import { buffersOf, mapViews, viewsOf } from './traverse.ts';

export interface SliceMachine {
  /** Room for the scratch of a tile. */
  readonly bytes: number;
  readonly precision: Precision;
  /** Rows of a tile are at most so many, and best a multiple of those that share a pass over the weights. */
  readonly tileRows: number;
  readonly rowsTogether: number;
  /** A slice writes its output in pieces of at least so many elements that lie together. */
  readonly pieceElements: number;
}

/** The digit of a buffer's addresses along which it is cut: ⌊address / stride⌋ mod extent. */
interface Digit {
  readonly stride: number;
  readonly extent: number;
}

interface Cut {
  readonly extent: number;
  /** The axis of each statement that is cut. */
  readonly axes: ReadonlyMap<ContractStatement, number>;
  readonly digits: ReadonlyMap<string, Digit>;
}

export function sliceProgram(program: TileProgram, machine: SliceMachine): TileProgram {
  const contracts = program.statements.filter(isContract);
  if (contracts.length !== program.statements.length || scratchWidth(program) === 0) return program;
  const cut = cutsOf(program, contracts).find(each => each.extent >= 2 * machine.pieceElements);
  if (cut === undefined) return program;
  const best = countsOf(cut.extent, machine).reduce((least, count) =>
    costOf(program, count, machine) < costOf(program, least, machine) ? count : least,
  );
  return best === 1 ? program : sliced(program, cut, best, machine);
}

const isContract = (statement: TileStatement): statement is ContractStatement =>
  statement.kind === 'contract';

/** Numbers of slices, ascending: pieces of whole stretches of output. */
const countsOf = (extent: number, { pieceElements }: SliceMachine): number[] =>
  Array.from({ length: extent }, (_, k) => k + 1).filter(
    count => count === 1 || (extent % count === 0 && (extent / count) % pieceElements === 0),
  );

/** Elements that one row moves through the cache; see the head of this file. */
function costOf(program: TileProgram, count: number, machine: SliceMachine): number {
  const rows = rowsOf(program, count, machine);
  if (rows === 0) return Number.POSITIVE_INFINITY;
  const input = program.buffers.find(({ role }) => role === 'input')?.width ?? 0;
  const weights = program.statements.reduce(
    (total, statement) => total + (isContract(statement) ? product(statement.weights.shape) : 0),
    0,
  );
  return count * input + weights / rows;
}

/** As many rows as fit, in whole groups that share their weights where so many do. */
function rowsOf(
  program: TileProgram,
  count: number,
  { bytes, precision, tileRows, rowsTogether }: SliceMachine,
): number {
  const row = program.buffers.reduce(
    (total, buffer) => total + (buffer.role === 'scratch' ? buffer.width * bytesOf(buffer, precision) : 0),
    0,
  );
  const fitting = Math.floor((bytes * count) / row);
  return wholeGroups(Math.min(tileRows, fitting), rowsTogether);
}

const product = (extents: readonly number[]): number => extents.reduce((a, b) => a * b, 1);

// ------------------------------------------------------------------------------------------------ where to cut

/** Every way to cut all statements along one digit, tried from the free axes of the last. */
function cutsOf(program: TileProgram, contracts: readonly ContractStatement[]): Cut[] {
  const last = contracts.at(-1);
  if (last === undefined) return [];
  return last.axes.flatMap((each, k) => {
    const cut = each.kind === 'free' && each.extent > 1 ? cutFrom(program, contracts, last, k) : undefined;
    return cut === undefined ? [] : [cut];
  });
}

function cutFrom(
  { buffers }: TileProgram,
  contracts: readonly ContractStatement[],
  start: ContractStatement,
  startAxis: number,
): Cut | undefined {
  const { extent } = at(start.axes, startAxis);
  const roleOf = (name: string) => buffers.find(buffer => buffer.name === name)?.role;
  const axes = new Map([[start, startAxis]]);
  const digits = new Map<string, Digit>();
  const open = [start];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { output, epilogue } = next;
    const place = axes.get(next) ?? 0;
    // Biases and gates are addressed as the output is, and scratch is numbered anew.
    const isScratch = (buffer: string): boolean => roleOf(buffer) === 'scratch';
    const gates = epilogue.flatMap(step => (step.kind === 'gate' ? [step.buffer] : []));
    if (isScratch(output.buffer) && epilogue.some(({ kind }) => kind === 'bias')) return undefined;
    if (gates.some(gate => isScratch(gate) !== isScratch(output.buffer))) return undefined;
    const touched = [
      { buffer: output.buffer, stride: at(output.strides, place) },
      ...gates.map(buffer => ({ buffer, stride: at(output.strides, place) })),
      ...viewsOf(next).flatMap(({ buffer, strides }) =>
        isScratch(buffer) ? [{ buffer, stride: at(strides, place) }] : [],
      ),
    ];
    for (const { buffer, stride } of touched) {
      const known = digits.get(buffer);
      if (stride <= 0 || (known !== undefined && known.stride !== stride)) return undefined;
      if (known !== undefined) continue;
      digits.set(buffer, { stride, extent });
      for (const other of contracts.filter(each => buffersOf(each).includes(buffer))) {
        const own = axisAlong(other, buffer, { stride, extent });
        if (own === undefined || (axes.get(other) ?? own) !== own) return undefined;
        if (!axes.has(other)) open.push(other);
        axes.set(other, own);
      }
    }
  }
  const cut: Cut = { extent, axes, digits };
  return axes.size === contracts.length && contracts.every(each => canRenumber(each, cut, roleOf))
    ? cut
    : undefined;
}

/** The free axis along which a statement goes over the digit of a buffer. */
function axisAlong(
  contract: ContractStatement,
  buffer: string,
  { stride, extent }: Digit,
): number | undefined {
  const own = viewsOf(contract).filter(view => view.buffer === buffer);
  // What gates an output is addressed as that is.
  const views = own.length === 0 ? [contract.output] : own;
  const found = contract.axes.findIndex(
    (each, k) =>
      each.kind === 'free' &&
      each.extent === extent &&
      views.every(({ strides }) => at(strides, k) === stride),
  );
  return found === -1 ? undefined : found;
}

/** Whether every other axis moves inside what lies below the digit, or in whole steps of what lies above. */
function canRenumber(
  contract: ContractStatement,
  { digits, axes }: Cut,
  roleOf: (buffer: string) => TileBuffer['role'] | undefined,
): boolean {
  return viewsOf(contract).every(({ buffer, offset, strides }) => {
    const digit = digits.get(buffer);
    if (digit === undefined || roleOf(buffer) !== 'scratch') return true;
    const above = digit.stride * digit.extent;
    const isApart = (stride: number, extent: number) =>
      stride % above === 0 || (stride >= 0 && stride * (extent - 1) < digit.stride);
    const place = axes.get(contract);
    return (
      offset === 0 && contract.axes.every((each, k) => k === place || isApart(at(strides, k), each.extent))
    );
  });
}

// ------------------------------------------------------------------------------------------------- cutting

function sliced(
  program: TileProgram,
  { axes, digits, extent }: Cut,
  count: number,
  machine: SliceMachine,
): TileProgram {
  const scratch = new Set(program.buffers.filter(({ role }) => role === 'scratch').map(({ name }) => name));
  const above = (buffer: string): number => {
    const digit = digits.get(buffer);
    return digit === undefined || !scratch.has(buffer) ? Number.POSITIVE_INFINITY : digit.stride * extent;
  };
  const buffers = program.buffers.map((buffer): TileBuffer => {
    const step = above(buffer.name);
    return Number.isFinite(step)
      ? { ...buffer, width: (Math.ceil(buffer.width / step) * step) / count }
      : buffer;
  });
  const statements = program.statements.map((statement): TileStatement => {
    if (!isContract(statement)) return statement;
    const place = axes.get(statement) ?? 0;
    const part = extent / count;
    const own = at(statement.axes, place);
    const ofSlices: readonly Axis[] = [
      { name: 'slice', extent: count, kind: 'slice' },
      { ...own, extent: part },
    ];
    const view = ({ buffer, offset, strides }: View): View => {
      const step = above(buffer);
      const moved = strides.map(stride => (stride !== 0 && stride % step === 0 ? stride / count : stride));
      return { buffer, offset, strides: Number.isFinite(step) ? moved.with(place, 0) : moved };
    };
    const split = splitAxis(statement, place, part);
    return { ...mapViews(split, view), axes: split.axes.toSpliced(place, 2, ...ofSlices) };
  });
  return { ...program, tileRows: rowsOf(program, count, machine), slices: count, buffers, statements };
}

/** The statements that one tile runs, slice after slice, each without its axis of slices. */
export function unsliced({ slices, statements }: TileProgram): readonly TileStatement[] {
  if (slices === 1) return statements;
  return Array.from({ length: slices }, (_, slice) =>
    statements.map(statement => (isContract(statement) ? sliceOf(statement, slice) : statement)),
  ).flat();
}

function sliceOf(statement: ContractStatement, slice: number): ContractStatement {
  const { axes } = statement;
  const place = axes.findIndex(({ kind }) => kind === 'slice');
  const view = ({ buffer, offset, strides }: View): View => ({
    buffer,
    offset: offset + at(strides, place) * slice,
    strides: strides.toSpliced(place, 1),
  });
  const ofSlice = (weights: Tensor): Tensor => {
    const position = weights.shape.map((_, k) =>
      k === place ? indexLiteral(slice) : axis(k < place ? k : k - 1),
    );
    return computed(weights.shape.toSpliced(place, 1), element(weights, position));
  };
  return { ...inWeights(mapViews(statement, view), ofSlice), axes: axes.toSpliced(place, 1) };
}
