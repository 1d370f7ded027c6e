/**
 * The running error analysis of a tile program, over whole batches: for every element of every buffer the
 * exact value and a bound on how far the emitted kernel's may lie from it. The order of the operations is
 * that of tile/tile.ts, which is the order of the emitted code; every rounding of that code is counted.
 */
import { at, unreachable } from '../core/invariant.ts';
import { mapAt } from '../ir/indexMap.ts';
import { tableReader } from '../ir/tensorEvaluate.ts';
import { unsliced } from '../tile/slice.ts';
import type { MappedView, TileProgram, TileStatement } from '../tile/tile.ts';
import { analyseContract } from './analyseContract.ts';
import { prepareEpilogue } from './analyseEpilogue.ts';
import { exactly, orderFree, over, productRounding } from './bound.ts';
import { type AnalysisRun, type BoundedBuffers, type BoundedRows, put, rowsOf } from './boundedRows.ts';
import { packedTensor } from './boundedTensor.ts';

/** Adds what the program writes to the buffers it is given (input and workspaces). */
export function analyseTile(
  program: TileProgram,
  given: ReadonlyMap<string, BoundedRows>,
  run: AnalysisRun,
): BoundedBuffers {
  const buffers: BoundedBuffers = new Map(
    program.buffers.map(({ name, role, width, isWide }) => {
      // Scratch of the program before may have the same name.
      const rows = role === 'scratch' ? undefined : given.get(name);
      const value = rows?.value.slice() ?? new Float64Array(width * run.batch);
      const error = rows?.error.slice() ?? new Float64Array(width * run.batch);
      return [name, { width, value, error, storage: isWide ? undefined : run.arithmetic.storage }] as const;
    }),
  );
  for (const statement of unsliced(program)) analyseStatement(statement, buffers, run);
  return buffers;
}

function analyseStatement(statement: TileStatement, buffers: BoundedBuffers, run: AnalysisRun): void {
  switch (statement.kind) {
    case 'contract':
      return analyseContract(statement, buffers, run);
    case 'copy':
      return analyseCopy(statement, buffers, run);
    case 'fill': {
      const { rows, addresses } = viewed(statement.output, buffers, run);
      return everyAddress(rows, addresses, run, place => put(rows, place, exactly(0)));
    }
    case 'pointwise': {
      const { rows, addresses } = viewed(statement.output, buffers, run);
      const finish = prepareEpilogue(statement.epilogue, buffers, run);
      return everyAddress(rows, addresses, run, (place, row, address) => {
        const computed = { value: at(rows.value, place), error: at(rows.error, place) };
        put(rows, place, finish(row, address, computed));
      });
    }
    case 'substitute':
      return analyseSubstitute(statement, buffers, run);
    default:
      return unreachable(statement);
  }
}

function viewed({ buffer, map }: MappedView, buffers: BoundedBuffers, { environment }: AnalysisRun) {
  const read = tableReader(environment);
  return {
    rows: rowsOf(buffers, buffer),
    addresses: Int32Array.from({ length: map.domain }, (_, i) => mapAt(map, i, read)),
  };
}

function everyAddress(
  { width }: BoundedRows,
  addresses: Int32Array,
  { batch }: AnalysisRun,
  visit: (place: number, row: number, address: number) => void,
): void {
  for (let row = 0; row < batch; row++)
    for (const address of addresses) visit(row * width + address, row, address);
}

function analyseCopy(
  { input, output, accumulate }: TileStatement & { kind: 'copy' },
  buffers: BoundedBuffers,
  run: AnalysisRun,
): void {
  const [from, to] = [viewed(input, buffers, run), viewed(output, buffers, run)];
  const { u, flush } = run.arithmetic;
  for (let row = 0; row < run.batch; row++) {
    to.addresses.forEach((address, i) => {
      const place = row * to.rows.width + address;
      const source = row * from.rows.width + at(from.addresses, i);
      const [value, error] = [at(from.rows.value, source), at(from.rows.error, source)];
      const [old, oldError] = [at(to.rows.value, place), at(to.rows.error, place)];
      if (!accumulate || (old === 0 && oldError === 0)) {
        put(to.rows, place, { value, error });
      } else if (value !== 0 || error !== 0) {
        const size = Math.abs(old + value) + oldError + error;
        put(to.rows, place, { value: old + value, error: oldError + error + u * size + 3 * flush });
      }
    });
  }
}

/**
 * x[i] = (b[i] - sum T[i,j] x[j]) / T[i,i] in the order of the elimination, every product and difference
 * rounded.
 */
function analyseSubstitute(
  solve: TileStatement & { kind: 'substitute' },
  buffers: BoundedBuffers,
  run: AnalysisRun,
): void {
  const { order, direction, unitDiagonal } = solve;
  const { arithmetic } = run;
  const { u, reassociates } = arithmetic;
  const [from, to] = [viewed(solve.input, buffers, run), viewed(solve.output, buffers, run)];
  const weights = packedTensor(solve.weights, run.environment, run.arithmetic);
  const sequence = Array.from({ length: order }, (_, k) => (direction === 'forward' ? k : order - 1 - k));
  const solveRow = (row: number, i: number, step: number): void => {
    const source = row * from.rows.width + at(from.addresses, i);
    let [value, error] = [at(from.rows.value, source), at(from.rows.error, source)];
    let [roundings, magnitude] = [0, Math.abs(value) + error];
    for (let k = 0; k < step; k++) {
      const j = at(sequence, k);
      const place = row * to.rows.width + at(to.addresses, j);
      const [x, ex] = [at(to.rows.value, place), at(to.rows.error, place)];
      const [w, ew] = [at(weights.value, i * order + j), at(weights.error, i * order + j)];
      if ((x === 0 && ex === 0) || (w === 0 && ew === 0)) continue;
      const size = Math.abs(x) + ex;
      value -= w * x;
      const product = Math.abs(w) * ex + ew * size + productRounding(Math.abs(w) + ew, size, arithmetic);
      error += product;
      magnitude += Math.abs(w * x) + product;
      roundings++;
      if (!reassociates) error += u * (Math.abs(value) + error);
    }
    error += orderFree(roundings, magnitude, arithmetic);
    const place = row * to.rows.width + at(to.addresses, i);
    if (!unitDiagonal && (value !== 0 || error !== 0)) {
      const [w, ew] = [at(weights.value, i * order + i), at(weights.error, i * order + i)];
      const quotient = over({ value, error }, { value: w, error: ew }, arithmetic);
      value = quotient.value;
      error = quotient.error;
    }
    put(to.rows, place, { value, error });
  };
  for (let row = 0; row < run.batch; row++) {
    sequence.forEach((i, step) => {
      solveRow(row, i, step);
    });
  }
}
