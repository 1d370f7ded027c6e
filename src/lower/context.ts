/** What lowering one tile program accumulates: fresh names, packed weights, and the rows of the tile at hand. */
import { at, invariant } from '../core/invariant.ts';
import type { Tensor } from '../ir/tensor.ts';
import { add, i32, literal, multiply, variable } from '../kernel/build.ts';
import type { Expression, Scalar } from '../kernel/kernel.ts';
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
  readonly comment: string;
}

export interface Lowering {
  readonly machine: Machine;
  readonly fusedMultiplyAdd: boolean;
  readonly scalar: 'f32' | 'f64';
  readonly buffers: ReadonlyMap<string, TileBuffer>;
  readonly packed: PackedBuffer[];
  /** Names already given, by stem. */
  readonly names: Map<string, number>;
}

/** The variables of the loop over tiles. */
export const tileStart = variable('tile');
export const tileRowCount = variable('rows');
export const fullRows = variable('fullRows');

export function fresh(lowering: Lowering, stem: string): string {
  const count = lowering.names.get(stem) ?? 0;
  lowering.names.set(stem, count + 1);
  return count === 0 ? stem : `${stem}_${count}`;
}

export function bufferNamed(lowering: Lowering, name: string): TileBuffer {
  const buffer = lowering.buffers.get(name);
  invariant(buffer !== undefined, `no buffer ${name}`);
  return buffer;
}

/** The address of element 0 of row `row` of the tile. */
export function rowStart(lowering: Lowering, name: string, row: Expression): Expression {
  const { role, width } = bufferNamed(lowering, name);
  const index = role === 'scratch' ? row : add(tileStart, row);
  return multiply(index, literal(width));
}

/** Adds a packed buffer, or finds the one with the same contents. */
export function packedBuffer(
  lowering: Lowering,
  scalar: Scalar,
  regions: readonly PackedRegion[],
  comment: string,
): PackedBuffer {
  const same = lowering.packed.find(
    each =>
      each.scalar === scalar &&
      each.regions.length === regions.length &&
      each.regions.every(
        (region, k) => region.tensor === at(regions, k).tensor && region.offset === at(regions, k).offset,
      ),
  );
  if (same !== undefined) return same;
  const elements = regions.reduce((total, { tensor }) => total + tensor.shape.reduce((a, b) => a * b, 1), 0);
  const buffer: PackedBuffer = { name: `w${lowering.packed.length}`, scalar, elements, regions, comment };
  lowering.packed.push(buffer);
  return buffer;
}

export const loopVariable = (name: string): Expression => variable(name, i32);
