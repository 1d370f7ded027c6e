/**
 * A contract as loops over registers: for each region of the schedule, loops over its free axes outside, then groups of
 * rows, then the reduction with `rows × width` accumulators. The weights of a region are read front to back.
 */
import { at } from '../core/invariant.ts';
import {
  add,
  affine,
  assign,
  comment,
  declare,
  literal,
  load,
  loop,
  multiply,
  operation,
  store,
  variable,
} from '../kernel/build.ts';
import type { Expression, Statement, Type } from '../kernel/kernel.ts';
import type { ContractStatement, View } from '../tile/tile.ts';
import {
  bufferNamed,
  fresh,
  fullRows,
  type Lowering,
  packedBuffer,
  rowStart,
  tileRowCount,
} from './context.ts';
import { applyEpilogue } from './epilogue.ts';
import { type Region, regionsOf, rowsTogether } from './schedule.ts';
import { layoutRegions, type RegionLayout, type RegionLoop } from './weights.ts';

/** Steps of the innermost reduction loop written out in one iteration. */
const unrolledSteps = 4;

export function lowerContract(lowering: Lowering, contract: ContractStatement): Statement[] {
  const layouts = layoutRegions(contract, regionsOf(contract, lowering.machine));
  const regions = layouts.map(({ offset, packed }) => ({ offset, tensor: packed }));
  const weights = packedBuffer(lowering, { scalar: lowering.scalar, regions }, contract.title);
  return [
    comment(
      `${contract.output.buffer} ${contract.initial === 'output' ? '+=' : '='} ${contract.title} * ${contract.input.buffer}`,
    ),
    ...layouts.flatMap(layout => lowerRegion({ lowering, contract, layout, weights: weights.name })),
  ];
}

/** What stays fixed while one region is emitted. */
interface RegionContext {
  readonly lowering: Lowering;
  readonly contract: ContractStatement;
  readonly layout: RegionLayout;
  readonly weights: string;
}

/** One group of rows of a region: how many, how wide, and the loop variables around it. */
interface Body extends RegionContext {
  readonly rows: number;
  readonly width: number;
  readonly variables: ReadonlyMap<number, Expression>;
  readonly row: Expression;
  /** Which part of the region's width this is, counted in `width`. */
  readonly part: Expression;
}

function lowerRegion(context: RegionContext): Statement[] {
  const { lowering, layout } = context;
  const variables = new Map<number, Expression>();
  const nest = (loops: readonly RegionLoop[]): Statement[] => {
    const [first, ...rest] = loops;
    if (first === undefined)
      return [...rowGroups(context, variables, rowsTogether), ...rowGroups(context, variables, 1)];
    const name = fresh(lowering, at(context.contract.axes, first.axis).name);
    variables.set(first.axis, variable(name));
    return [loop(name, literal(0), literal(first.count), 1, nest(rest))];
  };
  return nest(layout.outer);
}

/** The rows of the tile in groups of `rows`; fewer rows leave registers for a wider tile. */
function rowGroups(
  context: RegionContext,
  variables: ReadonlyMap<number, Expression>,
  rows: number,
): Statement[] {
  const { lowering, layout } = context;
  const widest = lowering.machine.accumulators / Math.max(rows, 2);
  const width = Math.min(layout.region.width, widest);
  const parts = layout.region.width / width;
  const rowName = fresh(lowering, 'row');
  const [from, to] = rows === 1 ? [fullRows, tileRowCount] : [literal(0), fullRows];
  const body = (part: Expression) =>
    accumulate({ ...context, rows, width, variables, row: variable(rowName), part });
  const partName = parts > 1 ? fresh(lowering, 'part') : undefined;
  const inner =
    partName === undefined
      ? body(literal(0))
      : [loop(partName, literal(0), literal(parts), 1, body(variable(partName)))];
  return [loop(rowName, from, to, rows, inner)];
}

/** Address of a view inside a row at the start of the region's step: everything but the reduction, the row and the tile. */
function freeOffset({ layout, variables, part, width }: Body, view: View): Expression {
  const { region } = layout;
  const start = region.spans.reduce(
    (total, span, k) => total + span.start * at(view.strides, k),
    view.offset,
  );
  const terms = layout.outer.map(({ axis, unit }): [number, Expression] => [
    unit * at(view.strides, axis),
    variables.get(axis) ?? literal(0),
  ]);
  const tileStride = strideOfTile(region, view);
  return add(affine(start, terms), multiply(part, literal(width * tileStride)));
}

/** Elements between neighbouring accumulators of the tile. */
const strideOfTile = ({ tileAxis, vectorAxis, lanes }: Region, view: View): number =>
  tileAxis === undefined ? 0 : at(view.strides, tileAxis) * (tileAxis === vectorAxis ? lanes : 1);

function accumulate(body: Body): Statement[] {
  const { lowering, contract, layout, rows, width } = body;
  const { region } = layout;
  const type: Type = { scalar: lowering.scalar, lanes: region.lanes === 1 ? 1 : lanes4(region.lanes) };
  const grid = <T>(make: (row: number, tile: number) => T): T[][] =>
    Array.from({ length: rows }, (_, row) => Array.from({ length: width }, (_, tile) => make(row, tile)));
  const input = fresh(lowering, 'in');
  const output = fresh(lowering, 'out');
  const inRow = fresh(lowering, 'at');
  const accumulators = grid((row, tile) => fresh(lowering, `sum${row}${tile}`));
  const outputAt = (row: number, tile: number) => {
    const constant =
      row * bufferNamed(lowering, contract.output.buffer).width +
      tile * strideOfTile(region, contract.output);
    return add(variable(output), literal(constant));
  };
  const vectorStride = region.vectorAxis === undefined ? 1 : at(contract.output.strides, region.vectorAxis);
  const lines: Statement[] = [
    declare(
      input,
      add(rowStart(lowering, contract.input.buffer, body.row), freeOffset(body, contract.input)),
    ),
    declare(inRow, freeOffset(body, contract.output)),
    declare(output, add(rowStart(lowering, contract.output.buffer, body.row), variable(inRow))),
  ];
  grid((row, tile) => {
    const name = at(at(accumulators, row), tile);
    if (contract.initial === 'zero') lines.push(declare(name, literal(0, type), true));
    else {
      const start = readVector(lowering, contract.output.buffer, outputAt(row, tile), type, vectorStride);
      lines.push(...start.statements, declare(name, start.value, true));
    }
  });
  lines.push(...reduction(body, type, input, accumulators));
  grid((row, tile) => {
    const tileOffset = literal(tile * strideOfTile(region, contract.output));
    const place = {
      inRow: add(variable(inRow), tileOffset),
      row: add(body.row, literal(row)),
      stride: vectorStride,
    };
    const value = variable(at(at(accumulators, row), tile), type);
    const finished = applyEpilogue(lowering, contract.epilogue, value, place);
    lines.push(
      ...finished.statements,
      ...writeVector(contract.output.buffer, outputAt(row, tile), finished.value, vectorStride),
    );
  });
  return lines;
}

const lanes4 = (lanes: number): 2 | 4 => (lanes === 2 ? 2 : 4);

/** The loops over the reduce axes; the innermost is written out `unrolledSteps` at a time, its remainder in full. */
function reduction(
  body: Body,
  type: Type,
  input: string,
  accumulators: readonly (readonly string[])[],
): Statement[] {
  const { lowering, contract, layout, part, width } = body;
  const weightStart = affine(
    layout.offset,
    layout.outer.map(({ axis, weightStride }): [number, Expression] => [
      weightStride,
      body.variables.get(axis) ?? literal(0),
    ]),
  );
  const weightPart = multiply(part, literal(width * layout.region.lanes));
  const weight = fresh(lowering, 'w');
  const nest = (loops: readonly RegionLoop[], inputAt: Expression, weightAt: Expression): Statement[] => {
    const [first, ...rest] = loops;
    if (first === undefined) return multiplyAdd(body, type, inputAt, weightAt, accumulators);
    const inputStride = at(contract.input.strides, first.axis);
    const step = rest.length === 0 ? unrolledSteps : 1;
    const written = (from: Expression, count: number): Statement[] => {
      const names = [fresh(lowering, 'inAt'), fresh(lowering, 'wAt')] as const;
      const [inputBase, weightBase] = [variable(names[0]), variable(names[1])];
      return [
        declare(names[0], add(inputAt, multiply(from, literal(inputStride)))),
        declare(names[1], add(weightAt, multiply(from, literal(first.weightStride)))),
        ...Array.from({ length: count }, (_, k) =>
          nest(
            rest,
            add(inputBase, literal(k * inputStride)),
            add(weightBase, literal(k * first.weightStride)),
          ),
        ).flat(),
      ];
    };
    const rounds = first.count - (first.count % step);
    const name = fresh(lowering, at(contract.axes, first.axis).name);
    const rounded =
      rounds > step ? [loop(name, literal(0), literal(rounds), step, written(variable(name), step))] : [];
    const start = rounded.length === 0 ? 0 : rounds;
    return start === first.count ? rounded : [...rounded, ...written(literal(start), first.count - start)];
  };
  const declared = declare(weight, add(weightStart, weightPart), false);
  return [declared, ...nest(layout.reduce, variable(input), variable(weight))];
}

/** One step: load the weights of the tile and the inputs of the rows, multiply and add. */
function multiplyAdd(
  body: Body,
  type: Type,
  inputAt: Expression,
  weightAt: Expression,
  accumulators: readonly (readonly string[])[],
): Statement[] {
  const { lowering, contract, layout, rows, width } = body;
  const { region } = layout;
  const statements: Statement[] = [];
  const weights = Array.from({ length: width }, (_, tile) => {
    const name = fresh(lowering, 'weight');
    statements.push(load(name, type, body.weights, add(weightAt, literal(tile * region.lanes))));
    return variable(name, type);
  });
  const tileStride = strideOfTile(region, contract.input);
  const inputWidth = bufferNamed(lowering, contract.input.buffer).width;
  const vectorStride = region.vectorAxis === undefined ? 0 : at(contract.input.strides, region.vectorAxis);
  for (let row = 0; row < rows; row++) {
    let value: Expression | undefined;
    for (let tile = 0; tile < width; tile++) {
      if (value === undefined || tileStride !== 0) {
        const index = add(inputAt, literal(row * inputWidth + tile * tileStride));
        const read = readVector(lowering, contract.input.buffer, index, type, vectorStride);
        statements.push(...read.statements);
        value = read.value;
      }
      const name = at(at(accumulators, row), tile);
      statements.push(
        assign(name, multiplyAddExpression(lowering, variable(name, type), value, at(weights, tile))),
      );
    }
  }
  return statements;
}

const multiplyAddExpression = (
  lowering: Lowering,
  sum: Expression,
  a: Expression,
  b: Expression,
): Expression =>
  lowering.fusedMultiplyAdd && sum.type.lanes > 1
    ? operation('fusedMultiplyAdd', [a, b, sum])
    : operation('add', [sum, operation('multiply', [a, b])]);

/** A vector whose lanes lie `stride` elements apart: one splat, one load, or a load for each lane. */
export function readVector(
  lowering: Lowering,
  buffer: string,
  index: Expression,
  type: Type,
  stride: number,
) {
  const name = fresh(lowering, buffer);
  if (type.lanes === 1 || stride === 0 || stride === 1) {
    return {
      statements: [load(name, type, buffer, index, stride === 0 && type.lanes > 1)],
      value: variable(name, type),
    };
  }
  const scalar: Type = { scalar: type.scalar, lanes: 1 };
  const names = Array.from({ length: type.lanes }, () => fresh(lowering, buffer));
  const statements = names.map((each, lane) =>
    load(each, scalar, buffer, add(index, literal(lane * stride))),
  );
  const elements = names.map(each => variable(each, scalar));
  return {
    statements: [...statements, declare(name, { kind: 'vector', type, elements })],
    value: variable(name, type),
  };
}

export function writeVector(
  buffer: string,
  index: Expression,
  value: Expression,
  stride: number,
): Statement[] {
  const { lanes, scalar } = value.type;
  if (lanes === 1 || stride === 1) return [store(buffer, index, value)];
  return Array.from({ length: lanes }, (_, lane) =>
    store(buffer, add(index, literal(lane * stride)), {
      kind: 'lane',
      type: { scalar, lanes: 1 },
      vector: value,
      lane,
    }),
  );
}
