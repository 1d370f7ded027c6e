/**
 * What lowering one tile program accumulates: fresh names, packed weights, and the rows of the tile at hand.
 */
import { invariant } from '../core/invariant.ts';
import type { Precision, RealFormat } from '../core/precision.ts';
import type { Tensor } from '../ir/tensor.ts';
import { add, i32, literal, multiply, variable } from '../kernel/build.ts';
import { bytesOf, type Expression, type Scalar } from '../kernel/kernel.ts';
import { formatOf } from '../tile/precision.ts';
import type { TileBuffer } from '../tile/tile.ts';
import type { Machine } from './schedule.ts';

/** A piece of a packed buffer: the tensor's entries, row-major, from `offset` on. */
export interface PackedRegion {
  readonly offset: number;
  readonly tensor: Tensor;
}

/** A buffer the pack step fills from the parameters, in the order a kernel reads. */
export interface PackedBuffer {
  readonly name: string;
  readonly scalar: Scalar;
  readonly elements: number;
  readonly regions: readonly PackedRegion[];
  /** Least and greatest value, of a table of indices. */
  readonly valueRange?: readonly [least: number, greatest: number];
  readonly comment: string;
}

export interface Lowering {
  readonly machine: Machine;
  readonly fusedMultiplyAdd: boolean;
  readonly precision: Precision;
  readonly tileRows: number;
  /** Whether rows of the input and the output begin as far apart as the call says. */
  readonly stridedRows: boolean;
  readonly buffers: ReadonlyMap<string, TileBuffer>;
  /** The buffers of the module, and the same by contents. */
  readonly packed: PackedBuffer[];
  readonly packedByContents: Map<string, PackedBuffer>;
  /** Names already given, by stem. */
  readonly names: Map<string, number>;
}

/** The parameter of every kernel, and the variables of the loop over tiles. */
export const batchRows = variable('batch');
export const tileStart = variable('tile');
export const tileRowCount = variable('rows');
export const fullRows = variable('fullRows');
export const sliceNumber = variable('slice');

export function bufferNamed(lowering: Lowering, name: string): TileBuffer {
  const buffer = lowering.buffers.get(name);
  invariant(buffer !== undefined, `no buffer ${name}`);
  return buffer;
}

/** What the numbers of a buffer are held as; those of packed weights are not among the tile's. */
export function heldAs({ buffers, precision }: Lowering, name: string): RealFormat {
  const buffer = buffers.get(name);
  return buffer === undefined ? precision.storage : formatOf(buffer, precision);
}

/**
 * Elements from one row of a buffer to the next. Scratch rows take an odd number of cache lines, so that the
 * same column of several rows falls into different sets of a cache; where there is no cache, whole vectors.
 */
export function pitchOf(
  buffer: TileBuffer,
  { machine, precision }: Pick<Lowering, 'machine' | 'precision'>,
): number {
  const { role, width } = buffer;
  const { lineElements, lanes, matrix } = machine;
  if (role !== 'scratch') return width;
  if (matrix !== undefined) return pastLines(width, bytesOf(formatOf(buffer, precision)));
  if (lineElements === 0) return Math.ceil(width / lanes) * lanes;
  return (Math.ceil(width / lineElements) | 1) * lineElements;
}

/** Bytes of all banks of shared memory, and of the widest access of one member. */
const [bankBytes, accessBytes] = [128, 16];

/** The least row that ends one access past a multiple of all banks (matrix.ts). */
function pastLines(width: number, bytes: number): number {
  const [line, access] = [bankBytes / bytes, accessBytes / bytes];
  return Math.ceil((width - access) / line) * line + access;
}

/** The parameter that says how far apart the rows of a buffer begin, where the call says it. */
export const pitchParameter = ({ stridedRows }: Pick<Lowering, 'stridedRows'>, { name, role }: TileBuffer) =>
  stridedRows && (role === 'input' || role === 'output') ? `ld${name}` : undefined;

/** Elements from one row of a buffer to the one `rows` further. */
export function rowDistance(lowering: Lowering, name: string, rows: Expression): Expression {
  const buffer = bufferNamed(lowering, name);
  const pitch = pitchParameter(lowering, buffer);
  return multiply(rows, pitch === undefined ? literal(pitchOf(buffer, lowering)) : variable(pitch));
}

/** The address of element 0 of row `row` of the tile. */
export function rowStart(lowering: Lowering, name: string, row: Expression): Expression {
  const { role } = bufferNamed(lowering, name);
  return rowDistance(lowering, name, role === 'scratch' ? row : add(tileStart, row));
}

/** What a packed buffer holds: two buffers of the same contents are one. */
export type PackedContents = Omit<PackedBuffer, 'name' | 'elements' | 'comment'>;

export const packedKey = ({ scalar, regions, valueRange }: PackedContents): string =>
  [scalar, ...regions.map(({ offset, tensor }) => `${offset}:${tensor.id}`), valueRange].join(' ');

/** Adds a packed buffer, or finds the one with the same contents. */
export function packedBuffer(lowering: Lowering, contents: PackedContents, comment: string): PackedBuffer {
  const { packed, packedByContents, names } = lowering;
  const key = packedKey(contents);
  const known = packedByContents.get(key);
  const buffer = known ?? { ...contents, name: `w${packed.length}`, elements: elementsOf(contents), comment };
  if (known === undefined) packed.push(buffer);
  packedByContents.set(key, buffer);
  if (!names.has(buffer.name)) names.set(buffer.name, 1);
  return buffer;
}

/** A tensor of weights as it stands. */
export const packedTensor = (lowering: Lowering, tensor: Tensor, comment: string): PackedBuffer =>
  packedBuffer(lowering, { scalar: lowering.precision.storage, regions: [{ offset: 0, tensor }] }, comment);

const elementsOf = ({ regions }: PackedContents): number =>
  regions.reduce((total, { tensor }) => total + tensor.shape.reduce((a, b) => a * b, 1), 0);

export const loopVariable = (name: string): Expression => variable(name, i32);
