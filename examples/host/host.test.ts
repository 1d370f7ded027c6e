/** The host mathematics of the examples against an independent library and against their definitions. */
import { Matrix as Reference, SingularValueDecomposition } from 'ml-matrix';
import { describe, expect, test } from 'vitest';
import {
  at,
  blockDiagonal,
  identity,
  type Matrix,
  matrixOf,
  multiply,
  relativeDifference,
  transpose,
} from './matrix.ts';
import { seeded } from './random.ts';
import { singularValueDecomposition, singularValues } from './singularValues.ts';

const rebuilt = ({ U, sigma, V }: ReturnType<typeof singularValueDecomposition>): Matrix =>
  multiply(
    multiply(
      U,
      matrixOf(sigma.length, sigma.length, (i, j) => (i === j ? at(sigma, i) : 0)),
    ),
    transpose(V),
  );

describe('singular values by Jacobi rotations', () => {
  const shapes = [
    [1, 1],
    [5, 1],
    [1, 7],
    [7, 5],
    [5, 7],
    [16, 16],
    [23, 13],
  ] as const;
  test.each(
    shapes,
  )('%i × %i: factors are orthonormal, the product is the matrix, values agree', (rows, columns) => {
    const A = seeded(rows * 31 + columns).matrix(rows, columns);
    const found = singularValueDecomposition(A);
    const k = Math.min(rows, columns);
    expect(relativeDifference(rebuilt(found).data, A.data)).toBeLessThan(3e-15);
    expect(relativeDifference(multiply(transpose(found.U), found.U).data, identity(k).data)).toBeLessThan(
      1e-14,
    );
    expect(relativeDifference(multiply(transpose(found.V), found.V).data, identity(k).data)).toBeLessThan(
      1e-14,
    );
    const reference = new SingularValueDecomposition(Reference.from1DArray(rows, columns, A.data), {
      autoTranspose: true,
    });
    expect(relativeDifference(found.sigma, reference.diagonal.slice(0, k))).toBeLessThan(1e-14);
    expect(relativeDifference(singularValues(A), found.sigma)).toBeLessThan(1e-15);
  });

  test('a matrix of rank 1 has one value that is not rounding, and zero has none', () => {
    const A = matrixOf(6, 4, (i, j) => (i + 1) * (2 - j));
    const { sigma } = singularValueDecomposition(A);
    expect(at(sigma, 0)).toBeCloseTo(Math.sqrt(91 * 6), 12);
    expect(Math.max(...sigma.subarray(1))).toBeLessThan(1e-14);
    expect([...singularValueDecomposition(matrixOf(3, 2, () => 0)).sigma]).toEqual([0, 0]);
  });

  test('values that are not finite are refused', () => {
    expect(() => singularValueDecomposition(matrixOf(2, 2, () => Number.NaN))).toThrow(RangeError);
  });
});

test('the normal law has mean 0 and variance 1, and a seed repeats it', () => {
  const sample = seeded(5).normals(40000);
  const mean = sample.reduce((sum, value) => sum + value, 0) / sample.length;
  const variance = sample.reduce((sum, value) => sum + (value - mean) ** 2, 0) / sample.length;
  expect(Math.abs(mean)).toBeLessThan(0.02);
  expect(Math.abs(variance - 1)).toBeLessThan(0.03);
  expect(seeded(5).normals(3)).toEqual(sample.slice(0, 3));
  expect(seeded(6).normals(3)).not.toEqual(sample.slice(0, 3));
});

test('blocks lie along the diagonal, rectangular ones too', () => {
  const stack = Float64Array.from({ length: 12 }, (_, i) => i + 1);
  expect([...blockDiagonal(stack, 2, 2, 3).data]).toEqual([
    ...[1, 2, 3, 0, 0, 0],
    ...[4, 5, 6, 0, 0, 0],
    ...[0, 0, 0, 7, 8, 9],
    ...[0, 0, 0, 10, 11, 12],
  ]);
});
