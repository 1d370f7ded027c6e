/**
 * The inner loop of a contract: `rows × tiles × width` accumulators that start from zero or from the output,
 * the reduction over them, and what becomes of the sums.
 */
import { at, invariant } from '../core/invariant.ts';
import {
  add,
  affine,
  assign,
  declare,
  lane,
  literal,
  loop,
  multiply,
  operation,
  variable,
} from '../kernel/build.ts';
import type { Expression, Statement, Type } from '../kernel/kernel.ts';
import type { ContractStatement, View } from '../tile/tile.ts';
import { type Lowering, rowDistance, rowStart } from './context.ts';
import { applyEpilogue } from './epilogue.ts';
import { fresh } from './names.ts';
import { addResiduals } from './residual.ts';
import { isGrouped, type TileGroups } from './schedule.ts';
import { readVector, writeVector } from './vectors.ts';
import type { RegionLayout, RegionLoop } from './weights.ts';

/**
 * A reduction of at most so many steps is written out; longer ones are loops of a single step, which the
 * engine's compiler unrolls as well as we would.
 */
const writtenSteps = 2;

/** How many rows and tiles the accumulators of one inner loop cover. */
export interface Group {
  readonly lowering: Lowering;
  readonly contract: ContractStatement;
  readonly layout: RegionLayout;
  /** Nothing where every weight is one. */
  readonly weights: string | undefined;
  readonly rows: number;
  readonly tiles: TileGroups;
}

/** One inner loop, inside the loops around it. */
export interface Body extends Group {
  readonly type: Type;
  readonly row: Expression;
  /** Along each axis of an outer loop, the element where the step begins. */
  readonly places: ReadonlyMap<number, Expression>;
  /** Along the tiled axis, the element where each tile begins. */
  readonly tilePlaces: readonly Place[];
  /** Address of the first weight. */
  readonly weightAt: Expression;
}

/** base + constant, so that the constant can go into an address. */
export interface Place {
  readonly base: Expression;
  readonly constant: number;
}

/** Where each tile of a view begins in its buffer, in the first row of the group, and in its row. */
export interface Anchor {
  readonly address: Expression;
  readonly inRow: Expression;
  readonly constant: number;
}

/**
 * Addresses of a view but for the reduction: one name where the tiles lie at constant distances, else one for
 * each tile.
 */
export function anchorsOf(
  body: Body,
  view: View,
  name: string,
): { statements: Statement[]; anchors: Anchor[] } {
  const { lowering, contract, layout, places, tilePlaces, row } = body;
  const { region } = layout;
  const stride = region.tileAxis === undefined ? 0 : at(view.strides, region.tileAxis);
  // Packed weights are the same for every row.
  const rowAt = lowering.buffers.has(view.buffer) ? rowStart(lowering, view.buffer, row) : literal(0);
  const outer = [...places].map(([axis, place]): [number, Expression] => [at(view.strides, axis), place]);
  // Axes with a single step have no loop; their part may still begin somewhere.
  const start = contract.axes.reduce((total, { kind }, k) => {
    const alone = kind === 'free' && k !== region.tileAxis && !places.has(k);
    return alone ? total + at(region.spans, k).start * at(view.strides, k) : total;
  }, view.offset);
  const statements: Statement[] = [];
  let previous: { base: Expression; anchor: Anchor } | undefined;
  const anchors = tilePlaces.map(({ base, constant }) => {
    if (previous !== undefined && (stride === 0 || previous.base === base))
      return { ...previous.anchor, constant: constant * stride };
    const offset = affine(start, [...outer, [stride, base]]);
    const [inRow, address] = [fresh(lowering, 'at'), fresh(lowering, name)];
    statements.push(declare(inRow, offset));
    statements.push(declare(address, add(rowAt, variable(inRow))));
    const anchor = { address: variable(address), inRow: variable(inRow), constant: constant * stride };
    previous = { base, anchor };
    return anchor;
  });
  return { statements, anchors };
}

export function accumulate(body: Body): Statement[] {
  const { lowering, contract, layout, rows, type, row } = body;
  const { region } = layout;
  const tiles = body.tiles.together;
  const { output, initial, epilogue } = contract;
  const grid = <T>(make: (row: number, tile: number, vector: number) => T): T[] =>
    Array.from({ length: rows }, (_, r) =>
      Array.from({ length: tiles }, (_, t) =>
        Array.from({ length: region.width }, (_, v) => make(r, t, v)),
      ).flat(),
    ).flat();
  const input = anchorsOf(body, contract.input, 'in');
  const target = anchorsOf(body, output, 'out');
  const stride = region.vectorAxis === undefined ? 1 : at(output.strides, region.vectorAxis);
  const sums = grid((r, t, v) => {
    const { address, inRow, constant } = at(target.anchors, t);
    const within = literal(constant + v * vectorStep(body, output));
    return {
      name: fresh(lowering, `sum${r}${t * region.width + v}`),
      index: add(add(address, rowDistance(lowering, output.buffer, literal(r))), within),
      place: { inRow: add(inRow, within), row: add(row, literal(r)), stride },
    };
  });
  const starts = sums.flatMap(({ name, index }): Statement[] => {
    if (initial === 'zero') return [declare(name, literal(0, type), true)];
    const start = readVector(lowering, output.buffer, index, type, stride);
    return [...start.statements, declare(name, start.value, true)];
  });
  const accumulators = sums.map(({ name }) => variable(name, type));
  const stores = sums.flatMap(({ name, index, place }): Statement[] => {
    const finished = applyEpilogue(lowering, epilogue, variable(name, type), place);
    return [...finished.statements, ...writeVector(lowering, output.buffer, index, finished.value, stride)];
  });
  return [
    ...input.statements,
    ...target.statements,
    ...starts,
    ...reduction(body, input.anchors, accumulators),
    ...addResiduals(body, accumulators),
    ...stores,
  ];
}

/** Elements of a view between neighbouring accumulators of a tile. */
export function vectorStep({ layout: { region } }: Body, view: View): number {
  const { tileAxis, vectorAxis, lanes } = region;
  return tileAxis === undefined ? 0 : at(view.strides, tileAxis) * (tileAxis === vectorAxis ? lanes : 1);
}

/** What a step of the reduction reads: the input of each tile, and the weights. */
interface Cursor {
  readonly inputs: readonly Expression[];
  readonly weight: Expression;
  /** The input of each row where several steps were read as one vector. */
  readonly values: readonly Expression[];
}

/** The loops over the reduce axes around one step. */
function reduction(body: Body, anchors: readonly Anchor[], accumulators: readonly Expression[]): Statement[] {
  const { lowering, contract, layout } = body;
  const bases = [...new Set(anchors.map(({ address }) => address))];
  const nest = (loops: readonly RegionLoop[], cursor: Cursor): Statement[] => {
    const [first, ...rest] = loops;
    if (first === undefined) {
      const inputs = anchors.map(({ address, constant }) =>
        add(at(cursor.inputs, bases.indexOf(address)), literal(constant)),
      );
      return multiplyAdd(body, { ...cursor, inputs }, accumulators);
    }
    const inputStride = at(contract.input.strides, first.axis);
    const moved = (by: Expression): Cursor => ({
      inputs: cursor.inputs.map(each => add(each, multiply(by, literal(inputStride)))),
      weight: add(cursor.weight, multiply(by, literal(first.weightStride))),
      values: [],
    });
    if (first.count <= (rest.length === 0 ? writtenSteps : 1))
      return Array.from({ length: first.count }, (_, k) => nest(rest, moved(literal(k)))).flat();
    const name = fresh(lowering, at(contract.axes, first.axis).name);
    const { inputs, weight } = moved(variable(name));
    const names = inputs.map(() => fresh(lowering, 'inAt'));
    const weightName = fresh(lowering, 'wAt');
    const here = { inputs: names.map(each => variable(each)), weight: variable(weightName), values: [] };
    const declared = names.map((each, k) => declare(each, at(inputs, k)));
    const before = [...declared, declare(weightName, weight)];
    if (rest.length > 0 || !readsAhead(body, first))
      return [loop(name, literal(0), literal(first.count), 1, [...before, ...nest(rest, here)])];
    const left = first.count % stepsAhead;
    const whole = loop(name, literal(0), literal(first.count - left), stepsAhead, [
      ...before,
      ...stepsOfVector(body, here, first, accumulators),
    ]);
    const last = Array.from({ length: left }, (_, k) => nest(rest, moved(literal(first.count - left + k))));
    return [whole, ...last.flat()];
  };
  const weight = fresh(lowering, 'w');
  const start = { inputs: bases, weight: variable(weight), values: [] };
  return [declare(weight, body.weightAt), ...nest(layout.reduce, start)];
}

/** Steps of the reduction whose inputs are read as one vector. */
const stepsAhead = 4;

/**
 * Where a load of several numbers costs what a load of one does: on machines with groups, for an input that lies along
 * the reduction and is the same for every accumulator of a row.
 */
function readsAhead(body: Body, { axis, count }: RegionLoop): boolean {
  const { lowering, contract, layout, type } = body;
  const { vectorAxis } = layout.region;
  const { strides } = contract.input;
  const isSplat = vectorAxis === undefined || at(strides, vectorAxis) === 0;
  const { tileAxis } = layout.region;
  const isShared = tileAxis === undefined || at(strides, tileAxis) === 0;
  return (
    isGrouped(lowering.machine) &&
    type.lanes === stepsAhead &&
    isSplat &&
    isShared &&
    at(strides, axis) === 1 &&
    count >= stepsAhead
  );
}

/** The steps of one vector of inputs, a lane of it for each. */
function stepsOfVector(
  body: Body,
  { inputs, weight }: Cursor,
  { weightStride }: RegionLoop,
  accumulators: readonly Expression[],
): Statement[] {
  const { lowering, contract, rows, type } = body;
  const { buffer } = contract.input;
  const vectors = Array.from({ length: rows }, (_, row) =>
    readVector(lowering, buffer, add(at(inputs, 0), rowDistance(lowering, buffer, literal(row))), type, 1),
  );
  const steps = Array.from({ length: stepsAhead }, (_, k) => {
    const values = vectors.map(({ value }) => operation('splat', [lane(value, k)], type));
    return multiplyAdd(
      body,
      { inputs, weight: add(weight, literal(k * weightStride)), values },
      accumulators,
    );
  });
  return [...vectors.flatMap(({ statements }) => statements), ...steps.flat()];
}

/**
 * One step. Several rows share each weight, so the weights of the tile are loaded first; a single row shares
 * its input and loads each weight where it is used.
 */
function multiplyAdd(
  body: Body,
  { inputs, weight: weightAt, values }: Cursor,
  accumulators: readonly Expression[],
): Statement[] {
  const { lowering, contract, layout, rows, type } = body;
  const tiles = body.tiles.together;
  const { lanes, width, vectorAxis } = layout.region;
  const { buffer, strides } = contract.input;
  const statements: Statement[] = [];
  const inputStep = vectorStep(body, contract.input);
  const weightOf = (tile: number, vector: number): Expression | undefined => {
    if (body.weights === undefined) return undefined;
    const offset = literal(tile * (layout.tiles?.weightStride ?? 0) + vector * lanes);
    const read = readVector(lowering, body.weights, add(weightAt, offset), type, 1, 'weight');
    statements.push(...read.statements);
    return read.value;
  };
  const inputOf = (row: number, tile: number, vector: number): Expression => {
    const distance = add(rowDistance(lowering, buffer, literal(row)), literal(vector * inputStep));
    const index = add(at(inputs, tile), distance);
    const lanesApart = vectorAxis === undefined ? 0 : at(strides, vectorAxis);
    const read = readVector(lowering, buffer, index, type, lanesApart);
    statements.push(...read.statements);
    return read.value;
  };
  const shared =
    rows === 1
      ? []
      : Array.from({ length: tiles * width }, (_, k) => weightOf(Math.floor(k / width), k % width));
  const sameInput = new Set(inputs).size === 1 && inputStep === 0;
  for (let row = 0; row < rows; row++) {
    const once = values[row] ?? (sameInput ? inputOf(row, 0, 0) : undefined);
    for (let k = 0; k < tiles * width; k++) {
      const [tile, vector] = [Math.floor(k / width), k % width];
      const value = once ?? inputOf(row, tile, vector);
      const weight = shared[k] ?? weightOf(tile, vector);
      const sum = at(accumulators, row * tiles * width + k);
      statements.push(weight === undefined ? addTo(sum, value) : multiplyAddTo(lowering, sum, value, weight));
    }
  }
  return statements;
}

export function multiplyAddTo(
  { fusedMultiplyAdd }: Lowering,
  sum: Expression,
  a: Expression,
  b: Expression,
): Statement {
  if (!fusedMultiplyAdd) return addTo(sum, operation('multiply', [a, b]));
  return assign(nameOf(sum), operation('fusedMultiplyAdd', [a, b, sum]));
}

export const addTo = (sum: Expression, value: Expression): Statement =>
  assign(nameOf(sum), operation('add', [sum, value]));

function nameOf(sum: Expression): string {
  invariant(sum.kind === 'variable', 'sums have names');
  return sum.name;
}
