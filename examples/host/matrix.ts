/**
 * Row-major f64 matrices for the examples: what the host computes beside the compiled operators. Small and
 * plain on purpose; a program of your own would use its favourite library.
 */

export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** Row-major, rows × columns. */
  readonly data: Float64Array;
}

/** An element that must exist; a RangeError otherwise, never `undefined` in the middle of arithmetic. */
export function at(values: ArrayLike<number>, index: number): number {
  const value = values[index];
  if (value === undefined) throw new RangeError(`index ${index} outside 0..${values.length - 1}`);
  return value;
}

export const get = ({ columns, data }: Matrix, i: number, j: number): number => at(data, i * columns + j);

export function matrixOf(rows: number, columns: number, entry: (i: number, j: number) => number): Matrix {
  const data = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) data[i * columns + j] = entry(i, j);
  }
  return { rows, columns, data };
}

export const wrap = (rows: number, columns: number, data: ArrayLike<number>): Matrix => {
  if (data.length !== rows * columns)
    throw new RangeError(`${data.length} values for a ${rows} × ${columns} matrix`);
  return { rows, columns, data: Float64Array.from(data) };
};

export const identity = (n: number): Matrix => matrixOf(n, n, (i, j) => (i === j ? 1 : 0));

export const transpose = (A: Matrix): Matrix => matrixOf(A.columns, A.rows, (i, j) => get(A, j, i));

export function multiply(A: Matrix, B: Matrix): Matrix {
  if (A.columns !== B.rows)
    throw new RangeError(`${A.rows} × ${A.columns} times ${B.rows} × ${B.columns} does not fit`);
  const data = new Float64Array(A.rows * B.columns);
  for (let i = 0; i < A.rows; i++) {
    const row = data.subarray(i * B.columns, (i + 1) * B.columns);
    for (let k = 0; k < A.columns; k++) {
      const left = at(A.data, i * A.columns + k);
      if (left !== 0) addScaled(row, left, B.data.subarray(k * B.columns, (k + 1) * B.columns));
    }
  }
  return { rows: A.rows, columns: B.columns, data };
}

function addScaled(target: Float64Array, scale: number, source: Float64Array): void {
  for (let j = 0; j < target.length; j++) target[j] = (target[j] ?? 0) + scale * (source[j] ?? 0);
}

export const add = (A: Matrix, B: Matrix, scale = 1): Matrix =>
  matrixOf(A.rows, A.columns, (i, j) => get(A, i, j) + scale * get(B, i, j));

/** Block g of a stack [count, rows, columns] of matrices, as the parameter of `blockdiag` is stored. */
export const blockAt = (stack: Float64Array, g: number, rows: number, columns: number): Matrix =>
  wrap(rows, columns, stack.subarray(g * rows * columns, (g + 1) * rows * columns));

/** The matrix with the blocks of a stack [count, rows, columns] along its diagonal. */
export function blockDiagonal(stack: Float64Array, count: number, rows: number, columns: number): Matrix {
  const data = new Float64Array(stack.length * count);
  for (let i = 0; i < count * rows; i++) {
    const row = stack.subarray(i * columns, (i + 1) * columns);
    data.set(row, i * count * columns + Math.floor(i / rows) * columns);
  }
  return { rows: count * rows, columns: count * columns, data };
}

export const frobenius = (values: ArrayLike<number>): number => Math.hypot(...chunked(values));

/** Partial norms, because a call takes only so many arguments. */
function chunked(values: ArrayLike<number>): number[] {
  const partial: number[] = [];
  for (let start = 0; start < values.length; start += 4096) {
    let sum = 0;
    for (let i = start; i < Math.min(start + 4096, values.length); i++) sum += at(values, i) ** 2;
    partial.push(Math.sqrt(sum));
  }
  return partial;
}

/** ‖actual − expected‖ / ‖expected‖, Frobenius. */
export function relativeDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length)
    throw new RangeError(`${actual.length} values compared with ${expected.length}`);
  const difference = Float64Array.from(actual, (value, i) => value - at(expected, i));
  return frobenius(difference) / frobenius(expected);
}
