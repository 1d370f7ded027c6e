/**
 * What a member reads of the input, straight from where it lies: neighbours along the sum, neighbours across blocks, or
 * elements one by one, as matrixPlan.ts says.
 */
import { at } from '../core/invariant.ts';
import { add, declare, lane, literal, load, multiply, operation, variable } from '../kernel/build.ts';
import type { Expression, Statement, Type } from '../kernel/kernel.ts';
import { tileColumns } from '../kernel/matrix.ts';
import { rowDistance } from './context.ts';
import { type Item, keptRow, lanesOf } from './matrixItem.ts';
import { blockOffset } from './matrixPlan.ts';
import { fresh } from './names.ts';

/** Row ⌊v/2⌋ + 4·(v mod 2) of a tile of columns. */
const rowOfColumn = (column: Expression): Expression =>
  add(
    operation('divide', [column, literal(2)]),
    multiply(operation('modulo', [column, literal(2)]), literal(4)),
  );

/**
 * Where the rows of the input begin that a member reads. The first row of the tile stands for those past the end of the
 * batch: rows meet no other, and nothing of theirs is written.
 */
export function inputRows(item: Item): { statements: Statement[]; rows: Expression[] } {
  const { lowering, contract, plan } = item;
  const { buffer } = contract.input;
  const own = fresh(lowering, 'column');
  const statements = [declare(own, add(item.row, rowOfColumn(item.group)))];
  const rows = Array.from({ length: plan.tilesOfColumns }, (_, n) => {
    const row = add(variable(own), literal(n * tileColumns));
    const name = fresh(lowering, 'in');
    statements.push(declare(name, rowDistance(lowering, buffer, keptRow(lowering, buffer, row))));
    return variable(name);
  });
  return { statements, rows };
}

/** Where one round of the sum reads. */
export interface Cursor {
  /** The beginnings of the input's rows, and the place in a row. */
  readonly rows: readonly Expression[];
  readonly input: Expression;
  readonly weight: Expression;
}

interface Part {
  readonly statements: readonly Statement[];
  readonly value: Expression;
}

interface InputReader {
  readonly before: readonly Statement[];
  readonly read: (block: number, columns: number) => Part;
}

/** Places of one round: how far along the sum a member is, and where a block's elements lie in a row. */
interface Round {
  readonly item: Item;
  readonly cursor: Cursor;
  readonly first: Expression;
  /** Places past the end of a sum stand for its last, with zero weights. */
  readonly kept: (k: Expression, last: number) => Expression;
}

export function inputReader(item: Item, cursor: Cursor, round: Expression, isPart: boolean): InputReader {
  const { contract, plan } = item;
  const first = add(multiply(round, literal(4 * plan.reads)), multiply(item.inGroup, literal(plan.reads)));
  const kept = (k: Expression, last: number) => (isPart ? operation('minimum', [k, literal(last)]) : k);
  const own: Round = { item, cursor, first, kept };
  const { before, read } = plan.reading === 'along' ? readAlong(own) : readOneByOne(own);
  // Blocks that read the same are read once.
  const known = new Map<string, Expression>();
  const offsetOf = (block: number) => blockOffset(plan, block, axis => at(contract.input.strides, axis));
  const once = (block: number, columns: number): Part => {
    const key = `${columns} ${offsetOf(block)}`;
    const value = known.get(key);
    if (value !== undefined) return { statements: [], value };
    const made = read(block, columns);
    known.set(key, made.value);
    return made;
  };
  return { before, read: once };
}

/** The element `k` along the sum of a block, in a row of the input. */
function placeOf({ item, cursor }: Round, k: Expression, block: number, columns: number): Expression {
  const { contract, plan } = item;
  const { strides } = contract.input;
  const offset = blockOffset(plan, block, axis => at(strides, axis));
  const inRow = add(add(cursor.input, multiply(k, literal(at(strides, plan.reduceAxis)))), literal(offset));
  return add(at(cursor.rows, columns), inRow);
}

const partType = ({ plan: { units, reads } }: Item): Type => ({
  scalar: units.scalar,
  lanes: lanesOf(reads),
});

/** All that a member holds of a row as one vector. */
function readAlong(round: Round): InputReader {
  const { item, first, kept } = round;
  const { lowering, contract, plan } = item;
  const { buffer } = contract.input;
  const name = fresh(lowering, 'k');
  const last = at(contract.axes, plan.reduceAxis).extent - plan.reads;
  const type = partType(item);
  return {
    before: [declare(name, kept(first, last))],
    read: (block, columns) => {
      const value = fresh(lowering, buffer);
      const index = placeOf(round, variable(name), block, columns);
      return { statements: [load(value, type, buffer, index)], value: variable(value, type) };
    },
  };
}

/** Element by element along the sum; where the blocks are neighbours, one read of each serves all of them. */
function readOneByOne(round: Round): InputReader {
  const { item, first, kept } = round;
  const { lowering, contract, plan } = item;
  const { buffer } = contract.input;
  const { extent } = at(contract.axes, plan.reduceAxis);
  const isAcross = plan.reading === 'across';
  const one: Type = { scalar: plan.units.scalar, lanes: lanesOf(isAcross ? plan.blocks : 1) };
  const names = Array.from({ length: plan.reads }, () => fresh(lowering, 'k'));
  const across = new Map<number, Expression[]>();
  const elementsAt = (block: number, columns: number, statements: Statement[]): Expression[] =>
    names.map(k => {
      const value = fresh(lowering, buffer);
      statements.push(load(value, one, buffer, placeOf(round, variable(k), block, columns)));
      return variable(value, one);
    });
  return {
    before: names.map((name, k) => declare(name, kept(add(first, literal(k)), extent - 1))),
    read: (block, columns) => {
      const statements: Statement[] = [];
      const values = across.get(columns) ?? elementsAt(block, columns, statements);
      if (isAcross) across.set(columns, values);
      const [name, type] = [fresh(lowering, `${buffer}Part`), partType(item)];
      const elements = values.map(value => (value.type.lanes === 1 ? value : lane(value, block)));
      statements.push(declare(name, { kind: 'vector', type, elements }));
      return { statements, value: variable(name, type) };
    },
  };
}
