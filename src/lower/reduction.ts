/**
 * The reduction of a contract in registers: loops over its reduce axes around steps that multiply and add. One thread
 * takes a step at a time; invocations side by side, which wait for memory, take several and read them ahead.
 */
import { at, invariant } from '../core/invariant.ts';
import { add, assign, declare, lane, literal, loop, multiply, operation, variable } from '../kernel/build.ts';
import { bytesOf, type Expression, type Statement } from '../kernel/kernel.ts';
import type { View } from '../tile/tile.ts';
import type { Anchor, Body } from './accumulate.ts';
import { type Lowering, rowDistance } from './context.ts';
import { fresh } from './names.ts';
import { isGrouped } from './schedule.ts';
import { readVector } from './vectors.ts';
import type { RegionLoop } from './weights.ts';

/**
 * A reduction of at most so many steps is written out; longer ones are loops of a single step, which the
 * engine's compiler unrolls as well as we would.
 */
const writtenSteps = 2;

/** Steps of the reduction that are read together. */
const stepsTogether = 4;

/** What a step of the reduction reads: the input of each base, and the weights. */
interface Cursor {
  readonly inputs: readonly Expression[];
  readonly weight: Expression;
  /** The input of each row where several steps were read as one vector. */
  readonly values: readonly Expression[];
  /** The weights of each vector of a tile where they are read already. */
  readonly weights: readonly Expression[];
}

/** What the steps of one inner loop have in common. */
interface Sums {
  readonly body: Body;
  readonly anchors: readonly Anchor[];
  readonly bases: readonly Expression[];
  readonly accumulators: readonly Expression[];
}

/** The loops over the reduce axes around one step. */
export function reduction(
  body: Body,
  anchors: readonly Anchor[],
  accumulators: readonly Expression[],
): Statement[] {
  const { lowering, contract, layout } = body;
  const bases = [...new Set(anchors.map(({ address }) => address))];
  const sums: Sums = { body, anchors, bases, accumulators };
  const nest = (loops: readonly RegionLoop[], cursor: Cursor): Statement[] => {
    const [first, ...rest] = loops;
    if (first === undefined) return oneStep(sums, cursor);
    const moved = (by: Expression) => movedAlong(body, first, cursor, by);
    if (first.count <= (rest.length === 0 ? writtenSteps : 1))
      return Array.from({ length: first.count }, (_, k) => nest(rest, moved(literal(k)))).flat();
    if (rest.length === 0 && (readsVectors(body, first) || readsAhead(body, first)))
      return stepsInVectors(sums, first, cursor);
    const name = fresh(lowering, at(contract.axes, first.axis).name);
    const { statements, here } = named(lowering, moved(variable(name)));
    return [loop(name, literal(0), literal(first.count), 1, [...statements, ...nest(rest, here)])];
  };
  const weight = fresh(lowering, 'w');
  const start = { inputs: bases, weight: variable(weight), values: [], weights: [] };
  return [declare(weight, body.weightAt), ...nest(layout.reduce, start)];
}

function movedAlong(
  { contract }: Body,
  { axis, weightStride }: RegionLoop,
  { inputs, weight }: Cursor,
  by: Expression,
): Cursor {
  const inputStride = at(contract.input.strides, axis);
  return {
    inputs: inputs.map(each => add(each, multiply(by, literal(inputStride)))),
    weight: add(weight, multiply(by, literal(weightStride))),
    values: [],
    weights: [],
  };
}

/** The addresses of a cursor as names. */
function named(lowering: Lowering, { inputs, weight }: Cursor): { statements: Statement[]; here: Cursor } {
  const names = inputs.map(() => fresh(lowering, 'inAt'));
  const weightName = fresh(lowering, 'wAt');
  const here = {
    inputs: names.map(each => variable(each)),
    weight: variable(weightName),
    values: [],
    weights: [],
  };
  return {
    statements: [...names.map((each, k) => declare(each, at(inputs, k))), declare(weightName, weight)],
    here,
  };
}

function oneStep({ body, anchors, bases, accumulators }: Sums, cursor: Cursor): Statement[] {
  const inputs = anchors.map(({ address, constant }) =>
    add(at(cursor.inputs, bases.indexOf(address)), literal(constant)),
  );
  return multiplyAdd(body, { ...cursor, inputs }, accumulators);
}

/**
 * Where a load of several numbers costs what a load of one does: on machines with groups, for an input that lies along
 * the reduction and is the same for every accumulator of a row.
 */
function readsVectors(body: Body, { axis, count }: RegionLoop): boolean {
  const { lowering, contract, layout, type } = body;
  const { vectorAxis } = layout.region;
  const { strides } = contract.input;
  const isSplat = vectorAxis === undefined || at(strides, vectorAxis) === 0;
  const { tileAxis } = layout.region;
  const isShared = tileAxis === undefined || at(strides, tileAxis) === 0;
  return (
    isGrouped(lowering.machine) &&
    type.lanes === stepsTogether &&
    isSplat &&
    isShared &&
    at(strides, axis) === 1 &&
    count >= stepsTogether
  );
}

/**
 * Whether the weights of the next steps are read before the sums of these, so that the sums hide how long it takes:
 * where the registers hold both beside the sums and the inputs, and several rows share each weight.
 */
function readsAhead(body: Body, { count }: RegionLoop): boolean {
  const { lowering, layout, weights, rows, tiles, type } = body;
  const { registers } = lowering.machine;
  if (registers === undefined || weights === undefined || rows === 1) return false;
  const vectors = layout.region.width * tiles.together;
  const numbers = (rows * vectors + stepsTogether * (2 * vectors)) * type.lanes + rows * stepsTogether;
  const needed = (numbers * bytesOf(type.scalar)) / 4;
  return needed <= registers && count >= 2 * stepsTogether;
}

/** Several steps at a time, and one by one what is left. */
function stepsInVectors(sums: Sums, steps: RegionLoop, cursor: Cursor): Statement[] {
  const { body } = sums;
  const { lowering, contract, rows, type } = body;
  const { buffer } = contract.input;
  const left = steps.count % stepsTogether;
  const name = fresh(lowering, at(contract.axes, steps.axis).name);
  const { statements, here } = named(lowering, movedAlong(body, steps, cursor, variable(name)));
  const vectors = readsVectors(body, steps)
    ? Array.from({ length: rows }, (_, row) =>
        readVector(
          lowering,
          buffer,
          add(at(here.inputs, 0), rowDistance(lowering, buffer, literal(row))),
          type,
          1,
        ),
      )
    : [];
  const ahead = readsAhead(body, steps) ? weightsAhead(sums, steps, cursor, variable(name)) : undefined;
  const each = Array.from({ length: stepsTogether }, (_, k) => {
    const values = vectors.map(({ value }) => operation('splat', [lane(value, k)], type));
    const moved = movedAlong(body, steps, here, literal(k));
    return oneStep(sums, { ...moved, values, weights: ahead?.weights[k] ?? [] });
  });
  const whole = loop(name, literal(0), literal(steps.count - left), stepsTogether, [
    ...statements,
    ...(ahead?.loads ?? []),
    ...vectors.flatMap(vector => vector.statements),
    ...each.flat(),
    ...(ahead?.moves ?? []),
  ]);
  const last = Array.from({ length: left }, (_, k) =>
    oneStep(sums, movedAlong(body, steps, cursor, literal(steps.count - left + k))),
  );
  return [...(ahead?.before ?? []), whole, ...last.flat()];
}

interface Ahead {
  /** Before the loop: the weights of the first steps, in names that are assigned. */
  readonly before: readonly Statement[];
  /** The weights of the next steps, into names of their own. */
  readonly loads: readonly Statement[];
  readonly moves: readonly Statement[];
  /** Of each step, those of each vector. */
  readonly weights: readonly (readonly Expression[])[];
}

function weightsAhead(sums: Sums, steps: RegionLoop, cursor: Cursor, position: Expression): Ahead {
  const { body } = sums;
  const { lowering, layout, tiles, type } = body;
  const vectors = Array.from({ length: layout.region.width * tiles.together }, (_, k) => k);
  const read = (weight: Expression) =>
    Array.from({ length: stepsTogether }, (_, step) => {
      const { weight: moved } = movedAlong(body, steps, { ...cursor, weight }, literal(step));
      return vectors.flatMap(k => readWeight(body, moved, k) ?? []);
    });
  const first = read(cursor.weight);
  const names = first.map(step => step.map(() => fresh(lowering, 'ready')));
  const last = literal(steps.count - (steps.count % stepsTogether) - stepsTogether);
  const following = operation('minimum', [add(position, literal(stepsTogether)), last]);
  const nextAt = fresh(lowering, 'nextAt');
  const next = read(variable(nextAt));
  return {
    before: first.flatMap((step, s) =>
      step.flatMap((each, k) => [...each.statements, declare(at(at(names, s), k), each.value, true)]),
    ),
    loads: [
      declare(nextAt, movedAlong(body, steps, cursor, following).weight),
      ...next.flatMap(step => step.flatMap(({ statements }) => statements)),
    ],
    moves: next.flatMap((step, s) => step.map((each, k) => assign(at(at(names, s), k), each.value))),
    weights: names.map(step => step.map(each => variable(each, type))),
  };
}

/** Vector `k` of the weights of a step; nothing where every weight is one. */
function readWeight({ lowering, layout, weights, type }: Body, weightAt: Expression, k: number) {
  if (weights === undefined) return undefined;
  const { width } = layout.region;
  const [tile, vector] = [Math.floor(k / width), k % width];
  const offset = literal(tile * (layout.tiles?.weightStride ?? 0) + vector * layout.widthStride);
  return readVector(lowering, weights, add(weightAt, offset), type, 1, 'weight');
}

/**
 * One step. Several rows share each weight, so the weights of the tile are loaded first; a single row shares
 * its input and loads each weight where it is used.
 */
function multiplyAdd(
  body: Body,
  { inputs, weight: weightAt, values, weights }: Cursor,
  accumulators: readonly Expression[],
): Statement[] {
  const { lowering, contract, layout, rows, type } = body;
  const tiles = body.tiles.together;
  const { width, vectorAxis } = layout.region;
  const { buffer, strides } = contract.input;
  const statements: Statement[] = [];
  const inputStep = vectorStep(body, contract.input);
  const weightOf = (k: number): Expression | undefined => {
    const read = readWeight(body, weightAt, k);
    statements.push(...(read?.statements ?? []));
    return read?.value;
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
    rows === 1 || weights.length > 0 ? weights : Array.from({ length: tiles * width }, (_, k) => weightOf(k));
  const sameInput = new Set(inputs).size === 1 && inputStep === 0;
  for (let row = 0; row < rows; row++) {
    const once = values[row] ?? (sameInput ? inputOf(row, 0, 0) : undefined);
    for (let k = 0; k < tiles * width; k++) {
      const [tile, vector] = [Math.floor(k / width), k % width];
      const value = once ?? inputOf(row, tile, vector);
      const weight = shared[k] ?? weightOf(k);
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

/** Elements of a view between neighbouring accumulators of a tile. */
export function vectorStep({ layout: { region } }: Body, view: View): number {
  const { tileAxis, vectorAxis, lanes } = region;
  return tileAxis === undefined ? 0 : at(view.strides, tileAxis) * (tileAxis === vectorAxis ? lanes : 1);
}
