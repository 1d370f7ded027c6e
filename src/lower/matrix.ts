/**
 * A contract on matrix units: items of work for subgroups (matrixPlan.ts) as loops of axis `subgroup` around one of
 * axis `member`. A member reads its weights in the order in which they are packed and its part of the input
 * straight from where it lies, and writes neighbours whole (matrixOutput.ts).
 *
 * Column v of a tile is row ⌊v/2⌋ + 4·(v mod 2) of its eight rows of the batch, so that the two columns of a member are
 * four rows apart: with rows that begin 16 bytes past a multiple of 128 the members that go to shared memory together
 * then meet different banks, in reading and in writing.
 */
import { at } from '../core/invariant.ts';
import {
  add,
  affine,
  comment,
  declare,
  literal,
  load,
  loop,
  multiply,
  operation,
  variable,
} from '../kernel/build.ts';
import type { Expression, Statement, Type } from '../kernel/kernel.ts';
import { elementsOfA, subgroupMembers, tileColumns } from '../kernel/matrix.ts';
import type { ContractStatement } from '../tile/tile.ts';
import { type Lowering, packedBuffer, sliceNumber } from './context.ts';
import { formulaOf } from './contract.ts';
import { type Cursor, inputReader, inputRows } from './matrixInput.ts';
import { type Item, lanesOf, type Sum, viewStart } from './matrixItem.ts';
import { finish, startingSums } from './matrixOutput.ts';
import { blockOffset, type MatrixPlan } from './matrixPlan.ts';
import { type MatrixWeights, matrixWeights, partsOf } from './matrixWeights.ts';
import { fresh } from './names.ts';

export function lowerMatrixContract(
  lowering: Lowering,
  contract: ContractStatement,
  plan: MatrixPlan,
): Statement[] {
  const weights = matrixWeights(contract, plan);
  const regions = [{ offset: 0, tensor: weights.packed }];
  const { name: packed } = packedBuffer(lowering, { scalar: plan.units.scalar, regions }, contract.title);
  const { axes } = contract;
  const places = new Map<number, Expression>();
  const slices = axes.findIndex(({ kind }) => kind === 'slice');
  if (slices !== -1) places.set(slices, sliceNumber);
  const nest = (loops: readonly ItemLoop[], reached: ReadonlyMap<string, Expression>): Statement[] => {
    const [first, ...rest] = loops;
    if (first === undefined) {
      const at = (name: string) => reached.get(name) ?? literal(0);
      const own = { lowering, contract, plan, weights, packed, places };
      return item({ ...own, rowGroup: at('rows'), row: multiply(at('columns'), literal(rowsOfItem(plan))) });
    }
    // Where there is one item alone, one subgroup must be told to compute it.
    const isOnly = rest.length === 0 && reached.size === 0;
    if (first.count === 1 && !isOnly) return nest(rest, reached);
    const name = fresh(lowering, first.name);
    if (first.axis !== undefined) places.set(first.axis, multiply(variable(name), literal(first.unit)));
    const inner = nest(rest, new Map([...reached, [first.name, variable(name)]]));
    return [loop(name, literal(0), literal(first.count), 1, inner, 'subgroup')];
  };
  return [
    comment(`${formulaOf(contract)} (matrix units)`),
    ...nest(itemLoops(lowering, contract, plan, weights), new Map()),
  ];
}

/** Rows of the batch that an item covers. */
const rowsOfItem = ({ tilesOfColumns }: MatrixPlan): number => tileColumns * tilesOfColumns;

interface ItemLoop {
  readonly name: string;
  readonly count: number;
  readonly axis?: number;
  /** Points of the axis that a step covers. */
  readonly unit: number;
}

/** Subgroups side by side share weights: the rows of the batch are the innermost loop. */
function itemLoops(
  { tileRows }: Lowering,
  { axes }: ContractStatement,
  plan: MatrixPlan,
  { rowGroups }: MatrixWeights,
): ItemLoop[] {
  const along = (axis: number, unit: number): ItemLoop => {
    const { name, extent } = at(axes, axis);
    return { name, axis, unit, count: extent / unit };
  };
  return [
    ...plan.outer.map(axis => along(axis, 1)),
    ...plan.neighbours.toReversed().map(({ axis, count }) => along(axis, count)),
    { name: 'rows', count: rowGroups, unit: 1 },
    { name: 'columns', count: Math.ceil(tileRows / rowsOfItem(plan)), unit: 1 },
  ];
}

/** The sums of an item from their start to memory, by the members of a subgroup together. */
function item(given: Omit<Item, 'group' | 'inGroup' | 'sums'>): Statement[] {
  const { lowering, plan } = given;
  const member = fresh(lowering, 'member');
  const [group, inGroup] = [fresh(lowering, 'group8'), fresh(lowering, 'inGroup')];
  const sums = Array.from({ length: plan.blocks * plan.tilesOfRows * plan.tilesOfColumns }, (_, k): Sum => {
    const [columns, rest] = [k % plan.tilesOfColumns, Math.floor(k / plan.tilesOfColumns)];
    const [tile, block] = [rest % plan.tilesOfRows, Math.floor(rest / plan.tilesOfRows)];
    return { name: fresh(lowering, `sum${block}${tile}${columns}`), block, tile, columns };
  });
  const whole: Item = { ...given, group: variable(group), inGroup: variable(inGroup), sums };
  return [
    loop(
      member,
      literal(0),
      literal(subgroupMembers),
      1,
      [
        declare(group, operation('divide', [variable(member), literal(4)])),
        declare(inGroup, operation('modulo', [variable(member), literal(4)])),
        ...startingSums(whole),
        ...reduction(whole),
        ...finish(whole),
      ],
      'member',
    ),
  ];
}

// ------------------------------------------------------------------------------------------------------ the sum

/** The loops along the sum; the innermost goes over what the members read at once. */
function reduction(item: Item): Statement[] {
  const { lowering, contract, plan, weights } = item;
  const { axes, input } = contract;
  const { statements, rows } = inputRows(item);
  const [start, from] = [fresh(lowering, 'inAt'), fresh(lowering, 'wAt')];
  const member = add(multiply(item.group, literal(4)), item.inGroup);
  const weightTerms = [...item.places].map(([axis, place]): [number, Expression] => [
    weights.strides.get(axis) ?? 0,
    place,
  ]);
  const first = affine(0, [
    ...weightTerms,
    [weights.rowGroup, item.rowGroup],
    [elementsOfA(plan.units.scalar), member],
  ]);
  const nest = (loops: readonly number[], input_: Expression, weight: Expression): Statement[] => {
    const [axis, ...rest] = loops;
    if (axis === undefined) return rounds(item, { rows, input: input_, weight });
    const name = fresh(lowering, at(axes, axis).name);
    const moved = (by: number) => multiply(variable(name), literal(by));
    const inner = nest(
      rest,
      add(input_, moved(at(input.strides, axis))),
      add(weight, moved(weights.strides.get(axis) ?? 0)),
    );
    return [loop(name, literal(0), literal(at(axes, axis).extent), 1, inner)];
  };
  return [
    ...statements,
    declare(start, viewStart(item, input.strides, input.offset)),
    declare(from, first),
    ...nest(
      plan.reduceOuter.filter(axis => at(axes, axis).extent > 1),
      variable(start),
      variable(from),
    ),
  ];
}

function rounds(item: Item, { rows, input, weight }: Cursor): Statement[] {
  const { lowering, contract, plan, weights } = item;
  const { extent } = at(contract.axes, plan.reduceAxis);
  const length = 4 * plan.reads;
  const whole = Math.floor(extent / length);
  const parts = partsOf(plan);
  const at_ = (round: Expression): Cursor => ({
    rows,
    input,
    weight: add(weight, multiply(round, literal(parts * weights.operation))),
  });
  const last = extent % length === 0 ? [] : oneRound(item, at_(literal(whole)), literal(whole), true);
  if (whole <= 1) {
    return [...(whole === 1 ? oneRound(item, at_(literal(0)), literal(0), false) : []), ...last];
  }
  const name = fresh(lowering, 'step');
  const body = oneRound(item, at_(variable(name)), variable(name), false);
  return [loop(name, literal(0), literal(whole), 1, body), ...last];
}

/** Every tile of the item advances by what the members read at once. */
function oneRound(item: Item, cursor: Cursor, round: Expression, isPart: boolean): Statement[] {
  const { plan, sums, weights } = item;
  const { blocks, tilesOfRows, tilesOfColumns } = plan;
  const indices = (count: number) => Array.from({ length: count }, (_, k) => k);
  const reader = inputReader(item, cursor, round, isPart);
  const statements: Statement[] = [...reader.before];
  for (const block of indices(blocks)) {
    const inputs = indices(tilesOfColumns).map(columns => {
      const read = reader.read(block, columns);
      statements.push(...read.statements);
      return read.value;
    });
    for (const part of indices(partsOf(plan))) {
      for (const tile of indices(tilesOfRows)) {
        const ofBlock = blockOffset(plan, block, axis => weights.strides.get(axis) ?? 0);
        const offset = ofBlock + tile * weights.tile + part * weights.operation;
        const type: Type = weightType(plan);
        const name = fresh(item.lowering, 'weights');
        statements.push(load(name, type, item.packed, add(cursor.weight, literal(offset))));
        for (const sum of sums) {
          if (sum.block !== block || sum.tile !== tile) continue;
          const b = at(inputs, sum.columns);
          statements.push({
            kind: 'multiplyMatrices',
            accumulator: sum.name,
            a: variable(name, type),
            b,
            part,
          });
        }
      }
    }
  }
  return statements;
}

const weightType = ({ units: { scalar } }: MatrixPlan): Type => ({
  scalar,
  lanes: lanesOf(elementsOfA(scalar)),
});
