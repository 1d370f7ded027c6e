/** Sums of an item on matrix units: where they start, and what becomes of them. */
import { at } from '../core/invariant.ts';
import { add, declare, lane, literal, multiply, operation, store, variable } from '../kernel/build.ts';
import type { Expression, Statement, Type } from '../kernel/kernel.ts';
import { elementsOfD, tileColumns, tileRows } from '../kernel/matrix.ts';
import type { View } from '../tile/tile.ts';
import { batchRows, bufferNamed, heldAs, type Lowering, rowDistance, tileStart } from './context.ts';
import { applyEpilogue, type Computed } from './epilogue.ts';
import { type Item, keptRow, type Sum, viewStart } from './matrix.ts';
import { blockOffset } from './matrixPlan.ts';
import { fresh } from './names.ts';
import { type PackedResidual, packedResiduals } from './residual.ts';
import { readVector } from './vectors.ts';

/** Neighbours of one row of the output that a member holds: an element of each of these sums. */
interface Neighbours {
  /** Row of the tile of rows, in the batch's tile. */
  readonly row: Expression;
  /** Of the first of them, along the axis of the rows of A. */
  readonly along: Expression;
  readonly elements: readonly { readonly sum: Sum; readonly element: number }[];
}

/** Element 2·half + column of a sum is row group + 8·half and column 2·inGroup + column (kernel/matrix.ts). */
function neighboursOf(item: Item): Neighbours[] {
  const { plan, sums, group, inGroup } = item;
  const { tilesOfColumns, tilesOfRows, writesRows } = plan;
  const halves = [0, 1];
  const firstRow = multiply(item.rowGroup, literal(tileRows * tilesOfRows));
  return Array.from({ length: tilesOfColumns }, (_, columns) =>
    [0, 1].flatMap((column): Neighbours[] => {
      const row = add(add(item.row, inGroup), literal(columns * tileColumns + 4 * column));
      const own = sums.filter(sum => sum.columns === columns);
      if (writesRows) {
        const along = add(firstRow, multiply(group, literal(2 * tilesOfRows)));
        const elements = own.flatMap(sum => halves.map(half => ({ sum, element: 2 * half + column })));
        return [{ row, along, elements }];
      }
      return Array.from({ length: tilesOfRows }, (_, tile) =>
        halves.map(half => ({
          row,
          along: add(add(firstRow, group), literal(tileRows * tile + 8 * half)),
          elements: own.filter(sum => sum.tile === tile).map(sum => ({ sum, element: 2 * half + column })),
        })),
      ).flat();
    }),
  ).flat();
}

const sumType: Type = { scalar: 'f32', lanes: elementsOfD };

/** So many numbers are worked on as one vector. */
const vectorLanes = 4;

interface Piece<T> {
  /** Its distance from the first neighbour. */
  readonly start: number;
  readonly part: readonly T[];
}

/** A stretch of neighbours as vectors, or one by one where it fills none: languages need not have shorter vectors. */
function piecesOf<T>(elements: readonly T[]): Piece<T>[] {
  const lanes = elements.length < vectorLanes ? 1 : vectorLanes;
  return Array.from({ length: elements.length / lanes }, (_, k) => ({
    start: k * lanes,
    part: elements.slice(k * lanes, (k + 1) * lanes),
  }));
}

const lanesOf = (count: number): Type['lanes'] => (count === vectorLanes ? vectorLanes : 1);

/** Of so many rows of A, a tile may have more. */
const isWhole = ({ contract, plan }: Item): boolean =>
  at(contract.axes, plan.rowAxis).extent % (tileRows * plan.tilesOfRows) === 0;

/** Zero, or what the output holds; rows that are not there stand for the last. */
export function startingSums(item: Item): Statement[] {
  const { lowering, contract, plan, sums } = item;
  if (contract.initial === 'zero') return sums.map(({ name }) => declare(name, literal(0, sumType), true));
  const { output, axes } = contract;
  const starts = new Map<Sum, Expression[]>(sums.map(sum => [sum, []]));
  const statements: Statement[] = [];
  const { extent } = at(axes, plan.rowAxis);
  for (const { row, along, elements } of neighboursOf(item)) {
    const last = extent - (plan.writesRows ? elements.length : 1);
    const kept = isWhole(item) ? along : operation('minimum', [along, literal(last)]);
    const inRow = add(
      viewStart(item, output.strides, output.offset),
      multiply(kept, literal(at(output.strides, plan.rowAxis))),
    );
    const index = add(rowDistance(lowering, output.buffer, keptRow(lowering, output.buffer, row)), inRow);
    for (const { start, part } of piecesOf(elements)) {
      const type: Type = { scalar: 'f32', lanes: lanesOf(part.length) };
      const read = readVector(lowering, output.buffer, add(index, literal(start)), type, 1);
      statements.push(...read.statements);
      part.forEach(({ sum, element }, k) => {
        const list = starts.get(sum);
        if (list !== undefined) list[element] = part.length === 1 ? read.value : lane(read.value, k);
      });
    }
  }
  const declared = sums.map(sum => {
    const elements = starts.get(sum) ?? [];
    return declare(sum.name, { kind: 'vector', type: sumType, elements }, true);
  });
  return [...statements, ...declared];
}

/** Epilogue and stores, where there is such a row of the batch and such a row of A. */
export function finish(item: Item): Statement[] {
  const { lowering, contract, plan } = item;
  const { output, axes } = contract;
  const residuals = packedResiduals(lowering, contract);
  return neighboursOf(item).map(({ row, along, elements }): Statement => {
    const [inRow, target] = [fresh(lowering, 'at'), fresh(lowering, 'out')];
    const start = viewStart(item, output.strides, output.offset);
    const statements: Statement[] = [
      declare(inRow, add(start, multiply(along, literal(at(output.strides, plan.rowAxis))))),
      declare(target, add(rowIn(lowering, output.buffer, row), variable(inRow))),
    ];
    const finished = piecesOf(elements).map(({ start: from, part }) => {
      const type: Type = { scalar: 'f32', lanes: lanesOf(part.length) };
      const lanes = part.map(({ sum, element }) => lane(variable(sum.name, sumType), element));
      const value: Expression = lanes.length === 1 ? at(lanes, 0) : { kind: 'vector', type, elements: lanes };
      const name = fresh(lowering, 'value');
      const { statements: added, value: whole } = withResiduals(item, residuals, { row, along }, from, value);
      statements.push(...added, declare(name, whole));
      const place = { inRow: add(variable(inRow), literal(from)), row, stride: 1 };
      const { statements: steps, value: made } = applyEpilogue(
        lowering,
        contract.epilogue,
        variable(name, type),
        place,
      );
      statements.push(...steps);
      return { start: from, value: made };
    });
    statements.push(...writePieces(lowering, output.buffer, variable(target), finished));
    const inBatch = operation('less', [add(tileStart, row), batchRows]);
    const inRows = operation('less', [along, literal(at(axes, plan.rowAxis).extent)]);
    const inTile = operation('less', [row, literal(lowering.tileRows)]);
    const conditions = [
      inBatch,
      ...(isWhole(item) ? [] : [inRows]),
      ...(lowering.tileRows % tileColumns === 0 ? [] : [inTile]),
    ];
    const condition = conditions.reduce((both, each) => operation('and', [both, each]));
    return { kind: 'if', condition, then: statements, otherwise: [] };
  });
}

/** Neighbours from one of them on, each with what completes it. */
function withResiduals(
  item: Item,
  residuals: readonly PackedResidual[],
  { row, along }: Pick<Neighbours, 'row' | 'along'>,
  from: number,
  sums: Expression,
): Computed {
  const { lowering, plan } = item;
  const { lanes } = sums.type;
  const statements: Statement[] = [];
  const read = ({ buffer, offset, strides }: View, rowStart: Expression, stem: string): Expression => {
    const ofRows = at(strides, plan.rowAxis);
    const place = (k: number) =>
      plan.writesRows ? k * ofRows : blockOffset(plan, k, axis => at(strides, axis));
    const places = Array.from({ length: lanes }, (_, k) => place(from + k));
    const start = add(add(rowStart, viewStart(item, strides, offset)), multiply(along, literal(ofRows)));
    const first = at(places, 0);
    const stride = (places[1] ?? first + 1) - first;
    const one = (k: number, type: Type) => {
      const made = readVector(lowering, buffer, add(start, literal(at(places, k))), type, stride, stem);
      statements.push(...made.statements);
      return made.value;
    };
    if (places.every((each, k) => each === first + k * stride)) return one(0, sums.type);
    const elements = places.map((_, k) => one(k, { scalar: 'f32', lanes: 1 }));
    return { kind: 'vector', type: sums.type, elements };
  };
  const value = residuals.reduce((total, { input, weights }) => {
    const added = read(input, rowIn(lowering, input.buffer, row), input.buffer);
    const factor = weights && read(weights, literal(0), 'weight');
    if (factor === undefined) return operation('add', [total, added]);
    return lowering.fusedMultiplyAdd
      ? operation('fusedMultiplyAdd', [added, factor, total])
      : operation('add', [total, operation('multiply', [added, factor])]);
  }, sums);
  return { statements, value };
}

const rowIn = (lowering: Lowering, buffer: string, row: Expression): Expression =>
  rowDistance(lowering, buffer, bufferNamed(lowering, buffer).role === 'scratch' ? row : add(tileStart, row));

/** Neighbours, rounded to what the buffer holds, and stored as one where that is sixteen bytes. */
function writePieces(
  lowering: Lowering,
  buffer: string,
  index: Expression,
  pieces: readonly { readonly start: number; readonly value: Expression }[],
): Statement[] {
  const scalar = heldAs(lowering, buffer);
  const statements: Statement[] = [];
  const held = pieces.map(({ start, value }) => {
    if (value.type.scalar === scalar) return { start, value };
    const type: Type = { scalar, lanes: value.type.lanes };
    const name = fresh(lowering, `${buffer}Held`);
    statements.push(declare(name, operation('toPrecision', [value], type)));
    return { start, value: variable(name, type) };
  });
  const isHalf = scalar === 'f16' || scalar === 'bf16';
  const isOne = isHalf && held.length * vectorLanes === 8 && held.every(({ value }) => value.type.lanes > 1);
  if (!isOne)
    return [
      ...statements,
      ...held.map(({ start, value }) => store(buffer, add(index, literal(start)), value)),
    ];
  const elements = held.flatMap(({ value }) => Array.from({ length: vectorLanes }, (_, k) => lane(value, k)));
  const type: Type = { scalar, lanes: 8 };
  return [...statements, store(buffer, index, { kind: 'vector', type, elements })];
}
