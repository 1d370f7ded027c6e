/**
 * The meaning of the tile IR, in numbers. Rows never interact, so the whole batch is one tile here. `round` is applied
 * after every arithmetic operation: `Math.fround` gives what a strict f32 kernel computes, bit for bit. `store` is
 * applied to weights and to what is written to buffers that hold the storage format.
 */
import { at, invariant, unreachable } from '../core/invariant.ts';
import { mapAt } from '../ir/indexMap.ts';
import { applyPointwise } from '../ir/pointwise.ts';
import { type Environment, evaluateTensor, tableReader } from '../ir/tensorEvaluate.ts';
import { unsliced } from './slice.ts';
import type { Axis, ContractStatement, EpilogueStep, TileProgram, TileStatement, View } from './tile.ts';
import { rowMajor } from './traverse.ts';

export interface TileRun {
  readonly environment: Environment;
  readonly batch: number;
  readonly round: (value: number) => number;
  /** `round` where it is absent. */
  readonly store?: (value: number) => number;
}

interface RowsOfBuffer {
  readonly width: number;
  readonly data: Float64Array;
  /** What becomes of a value that is written. */
  readonly hold: (value: number) => number;
}

type Rows = Map<string, RowsOfBuffer>;

const storeOf = ({ round, store = round }: TileRun) => store;

/**
 * Runs the program on the buffers it is given (input and workspaces, row-major [batch, width])
 * and returns all buffers.
 */
export function interpretTile(
  program: TileProgram,
  given: ReadonlyMap<string, Float64Array>,
  run: TileRun,
): Rows {
  const rows: Rows = new Map(
    program.buffers.map(({ name, width, isWide }) => {
      const data = given.get(name)?.slice() ?? new Float64Array(width * run.batch).fill(Number.NaN);
      invariant(
        data.length === width * run.batch,
        `${name} holds ${data.length} elements, not ${width} x ${run.batch}`,
      );
      return [name, { width, data, hold: isWide ? run.round : storeOf(run) }];
    }),
  );
  for (const statement of unsliced(program)) {
    const execute = prepare(statement, rows, run);
    for (let row = 0; row < run.batch; row++) execute(row);
  }
  return rows;
}

function prepare(statement: TileStatement, rows: Rows, run: TileRun): (row: number) => void {
  switch (statement.kind) {
    case 'contract':
      return prepareContract(statement, rows, run);
    case 'copy': {
      const [from, to] = [bufferOf(rows, statement.input.buffer), bufferOf(rows, statement.output.buffer)];
      const { environment } = run;
      const addresses = Array.from(
        { length: statement.input.map.domain },
        (_, i) =>
          [
            mapAt(statement.input.map, i, tableReader(environment)),
            mapAt(statement.output.map, i, tableReader(environment)),
          ] as const,
      );
      return row => {
        for (const [source, target] of addresses) {
          const value = at(from.data, row * from.width + source);
          const place = row * to.width + target;
          to.data[place] = to.hold(statement.accumulate ? run.round(at(to.data, place) + value) : value);
        }
      };
    }
    case 'fill': {
      const to = bufferOf(rows, statement.output.buffer);
      const { map } = statement.output;
      return row => {
        for (let i = 0; i < map.domain; i++)
          to.data[row * to.width + mapAt(map, i, tableReader(run.environment))] = 0;
      };
    }
    case 'pointwise': {
      const to = bufferOf(rows, statement.output.buffer);
      const { map } = statement.output;
      const finish = prepareEpilogue(statement.epilogue, rows, run);
      return row => {
        for (let i = 0; i < map.domain; i++) {
          const address = mapAt(map, i, tableReader(run.environment));
          const place = row * to.width + address;
          to.data[place] = to.hold(finish(row, address, at(to.data, place)));
        }
      };
    }
    case 'substitute':
      return prepareSubstitute(statement, rows, run);
    default:
      return unreachable(statement);
  }
}

function bufferOf(rows: Rows, name: string) {
  const buffer = rows.get(name);
  invariant(buffer !== undefined, `no buffer ${name}`);
  return buffer;
}

/** Every point of the axes of one kind, with the address it adds to each of the views. */
function points(
  axes: readonly Axis[],
  kind: Axis['kind'],
  strides: readonly (readonly number[])[],
): number[][] {
  return axes.reduce<number[][]>(
    (made, axis, k) =>
      axis.kind !== kind
        ? made
        : made.flatMap(point =>
            Array.from({ length: axis.extent }, (_, i) =>
              point.map((value, view) => value + i * at(at(strides, view), k)),
            ),
          ),
    [strides.map(() => 0)],
  );
}

function prepareContract(statement: ContractStatement, rows: Rows, run: TileRun): (row: number) => void {
  const { axes, input, output, initial } = statement;
  const [from, to] = [bufferOf(rows, input.buffer), bufferOf(rows, output.buffer)];
  const weights = evaluateTensor(statement.weights, run.environment).data.map(storeOf(run));
  const weightStrides = rowMajor(axes.map(axis => axis.extent));
  const strides = [input.strides, output.strides, weightStrides];
  const free = points(axes, 'free', strides);
  const reduce = points(axes, 'reduce', strides);
  const residuals = prepareResiduals(statement, rows, run);
  const finish = prepareEpilogue(statement.epilogue, rows, run);
  const base = (view: View) => view.offset;
  return row => {
    for (const [point, [inFree = 0, outFree = 0, weightFree = 0]] of free.entries()) {
      const address = base(output) + outFree;
      const place = row * to.width + address;
      let sum = initial === 'zero' ? 0 : at(to.data, place);
      for (const [inReduce = 0, , weightReduce = 0] of reduce) {
        const value = at(from.data, row * from.width + base(input) + inFree + inReduce);
        sum = run.round(sum + run.round(at(weights, weightFree + weightReduce) * value));
      }
      for (const residual of residuals) sum = run.round(sum + residual(row, point));
      to.data[place] = to.hold(finish(row, address, sum));
    }
  };
}

/** What each residual adds to a row at a point of the free axes. */
function prepareResiduals({ axes, residuals }: ContractStatement, rows: Rows, run: TileRun) {
  return residuals.map(({ input, weights }) => {
    const from = bufferOf(rows, input.buffer);
    const own = weights && evaluateTensor(weights, run.environment).data.map(storeOf(run));
    const shape = weights?.shape ?? axes.map(() => 0);
    const free = points(axes, 'free', [input.strides, rowMajor(shape)]);
    return (row: number, point: number): number => {
      const [inFree = 0, weightFree = 0] = at(free, point);
      const value = at(from.data, row * from.width + input.offset + inFree);
      return own === undefined ? value : run.round(at(own, weightFree) * value);
    };
  });
}

function prepareEpilogue(steps: readonly EpilogueStep[], rows: Rows, run: TileRun) {
  const prepared = steps.map(step => {
    switch (step.kind) {
      case 'bias': {
        const bias = evaluateTensor(step.bias, run.environment).data.map(storeOf(run));
        return (_row: number, address: number, value: number) => run.round(value + at(bias, address));
      }
      case 'gate': {
        const gate = bufferOf(rows, step.buffer);
        return (row: number, address: number, value: number) =>
          run.round(value * at(gate.data, row * gate.width + address));
      }
      case 'pointwise':
        return (_row: number, _address: number, value: number) =>
          run.round(applyPointwise(step.function, value));
      default:
        return unreachable(step);
    }
  });
  return (row: number, address: number, start: number) =>
    prepared.reduce((value, apply) => apply(row, address, value), start);
}

function prepareSubstitute(
  statement: TileStatement & { kind: 'substitute' },
  rows: Rows,
  run: TileRun,
): (row: number) => void {
  const { order, direction, unitDiagonal, input, output } = statement;
  const [from, to] = [bufferOf(rows, input.buffer), bufferOf(rows, output.buffer)];
  const weights = evaluateTensor(statement.weights, run.environment).data.map(storeOf(run));
  const sequence = Array.from({ length: order }, (_, step) =>
    direction === 'forward' ? step : order - 1 - step,
  );
  const entry = (i: number, j: number) => at(weights, i * order + j);
  const solved = (j: number) => mapAt(output.map, j, tableReader(run.environment));
  return row => {
    sequence.forEach((i, step) => {
      let sum = at(from.data, row * from.width + mapAt(input.map, i, tableReader(run.environment)));
      for (const j of sequence.slice(0, step))
        sum = run.round(sum - run.round(entry(i, j) * at(to.data, row * to.width + solved(j))));
      to.data[row * to.width + solved(i)] = to.hold(unitDiagonal ? sum : run.round(sum / entry(i, i)));
    });
  };
}
