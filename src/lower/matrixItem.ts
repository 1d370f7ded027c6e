/** One item of a contract on matrix units, as a member of its subgroup sees it: where its rows and places lie. */
import { at } from '../core/invariant.ts';
import { add, affine, literal, operation } from '../kernel/build.ts';
import type { Expression, Type } from '../kernel/kernel.ts';
import { tileColumns } from '../kernel/matrix.ts';
import type { ContractStatement } from '../tile/tile.ts';
import { batchRows, bufferNamed, type Lowering, tileStart } from './context.ts';
import type { MatrixPlan } from './matrixPlan.ts';
import type { MatrixWeights } from './matrixWeights.ts';

/** One item, for one member of the subgroup that computes it. */
export interface Item {
  readonly lowering: Lowering;
  readonly contract: ContractStatement;
  readonly plan: MatrixPlan;
  readonly weights: MatrixWeights;
  readonly packed: string;
  /** The member's row of A and column of B, below 8, and its place among the four that share it. */
  readonly group: Expression;
  readonly inGroup: Expression;
  /** Where the item begins along the axes around it, as far as they have more than one step. */
  readonly places: ReadonlyMap<number, Expression>;
  readonly rowGroup: Expression;
  /** The first row of the tile that the item covers. */
  readonly row: Expression;
  /** The sums of each tile: block, tile of rows, tile of columns. */
  readonly sums: readonly Sum[];
}

export interface Sum {
  readonly name: string;
  readonly block: number;
  readonly tile: number;
  readonly columns: number;
}

/** A row of the tile as a row of the buffer, another one where there is no such row. */
export function keptRow(lowering: Lowering, buffer: string, row: Expression): Expression {
  if (bufferNamed(lowering, buffer).role !== 'scratch') {
    const own = add(tileStart, row);
    return operation('select', [operation('less', [own, batchRows]), own, tileStart]);
  }
  return lowering.tileRows % tileColumns === 0
    ? row
    : operation('minimum', [row, literal(lowering.tileRows - 1)]);
}

/** Offset and places of a view, but for the axes that an item covers itself. */
export function viewStart(item: Item, strides: readonly number[], offset: number): Expression {
  const terms = [...item.places].map(([axis, place]): [number, Expression] => [at(strides, axis), place]);
  return affine(offset, terms);
}

export const lanesOf = (count: number): Type['lanes'] =>
  count === 8 ? 8 : count === 4 ? 4 : count === 2 ? 2 : 1;
