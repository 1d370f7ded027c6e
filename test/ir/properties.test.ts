/** Properties hold in the numbers, and the conclusions that do not follow are not drawn. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { denseMatrix, type Matrix } from '../../src/ir/dense.ts';
import {
  circulant,
  dct,
  hadamard,
  householder,
  identityKron,
  lowRank,
  permutationByTable,
  reflection,
  triangular,
} from '../../src/ir/leaves.ts';
import {
  adjoint,
  assume,
  compose,
  dense,
  diagonal,
  directSum,
  identity,
  inverse,
  type Operator,
  offDiagonal,
  type Property,
  scale,
  sum,
} from '../../src/ir/operator.ts';
import { has, propertiesOf } from '../../src/ir/properties.ts';
import { parameter, type Tensor } from '../../src/ir/tensor.ts';
import { elementwise, scalarTensor } from '../../src/ir/tensorAlgebra.ts';
import { anyOperator, environmentFor, invertible, size } from './arbitrary.ts';

const real = (name: string, ...shape: readonly number[]): Tensor => parameter(name, 'f32', 'learned', shape);
const w = dense(real('w', 4, 4));
const symmetric = sum(w, adjoint(w));
const gram = compose(adjoint(w), w);

const entry = ({ data, columns }: Matrix, i: number, j: number): number =>
  data[i * columns + j] ?? Number.NaN;
const close = (a: number, b: number): boolean =>
  Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(a), Math.abs(b));

function every(matrix: Matrix, holds: (i: number, j: number) => boolean): boolean {
  for (let i = 0; i < matrix.rows; i++)
    for (let j = 0; j < matrix.columns; j++) if (!holds(i, j)) return false;
  return true;
}

/** xᵀ A x for a few x. */
function isPositive(matrix: Matrix): boolean {
  return Array.from({ length: 20 }, (_, seed) =>
    Array.from({ length: matrix.rows }, (_v, i) => Math.sin(1 + seed * 7.3 + i * i)),
  ).every(x => {
    let [value, size] = [0, 0];
    every(matrix, (i, j) => {
      const term = (x[i] ?? 0) * entry(matrix, i, j) * (x[j] ?? 0);
      value += term;
      size += Math.abs(term);
      return true;
    });
    return value >= -1e-9 * size;
  });
}

const audits: Record<Exclude<Property, 'invertible'>, (matrix: Matrix, operator: Operator) => boolean> = {
  symmetric: matrix =>
    matrix.rows === matrix.columns &&
    every(matrix, (i, j) => close(entry(matrix, i, j), entry(matrix, j, i))),
  psd: matrix => matrix.rows === matrix.columns && isPositive(matrix),
  lowerTriangular: matrix => every(matrix, (i, j) => j <= i || entry(matrix, i, j) === 0),
  upperTriangular: matrix => every(matrix, (i, j) => i <= j || entry(matrix, i, j) === 0),
  unitDiagonal: matrix => every(matrix, (i, j) => i !== j || close(entry(matrix, i, j), 1)),
  permutation: matrix => every(matrix, (i, j) => entry(matrix, i, j) === 0 || entry(matrix, i, j) === 1),
  orthogonal: (_, operator) => {
    const product = denseMatrix(compose(adjoint(operator), operator), environmentFor(operator));
    return every(product, (i, j) => close(entry(product, i, j), i === j ? 1 : 0));
  },
};

describe('what is inferred holds', () => {
  test('of random operators', () => {
    const seen = new Set<Property>();
    fc.assert(
      fc.property(
        fc.oneof(
          anyOperator,
          size.chain(n => invertible(n, 2)),
        ),
        operator => {
          const matrix = denseMatrix(operator, environmentFor(operator));
          for (const [property, reason] of propertiesOf(operator)) {
            if (property === 'invertible') continue;
            seen.add(property);
            if (!audits[property](matrix, operator)) throw new Error(`not ${property}, though ${reason}`);
          }
        },
      ),
      { numRuns: 800, seed: 11 },
    );
    expect([...seen].sort()).toEqual(Object.keys(audits).sort());
  });
  test.each([
    ['orthogonal', compose(householder(real('v', 4)), dct(4))],
    ['orthogonal', permutationByTable(parameter('p', 'index', 'static', [4]))],
    ['symmetric', reflection(real('k', 4), real('beta'))],
    ['symmetric', symmetric],
    ['psd', gram],
    ['psd', compose(adjoint(w), gram, w)],
    ['psd', scale(elementwise('exp', real('c')), gram)],
    ['psd', diagonal(elementwise('abs', real('d', 4)))],
    ['invertible', diagonal(elementwise('exp', real('d', 4)))],
    ['invertible', sum(gram, identity(4))],
    ['invertible', triangular(real('t', 4, 4), 'lower', true)],
    ['invertible', assume('invertible', w)],
    ['lowerTriangular', adjoint(triangular(real('t', 4, 4), 'upper', false))],
    ['lowerTriangular', inverse(triangular(real('t', 4, 4), 'lower', false))],
  ] as const)('%s: the positive case %#', (property, operator) => {
    expect(has(operator, property)).toBe(true);
  });
  test('each with its reason', () => {
    expect(propertiesOf(assume('orthogonal', w)).get('orthogonal')).toBe('assumed by the user');
    expect(propertiesOf(gram).get('psd')).toContain('A M Aᵀ');
  });
});

describe('what does not follow is not inferred', () => {
  test.each([
    ['a sum of invertible operators', 'invertible', sum(identity(4), scale(scalarTensor(-1), identity(4)))],
    ['psd times a negative number', 'psd', scale(scalarTensor(-1), gram)],
    ['psd times an unknown number', 'psd', scale(real('c'), gram)],
    ['a product of symmetric operators', 'symmetric', compose(symmetric, diagonal(real('d', 4)))],
    ['a product of psd operators', 'psd', compose(gram, diagonal(elementwise('exp', real('d', 4))))],
    ['invertible times an unknown number', 'invertible', scale(real('c'), identity(4))],
    ['orthogonal times two', 'orthogonal', scale(scalarTensor(2), dct(4))],
    ['a sum of orthogonal operators', 'orthogonal', sum(dct(4), identity(4))],
    ['psd off the diagonal', 'psd', offDiagonal(gram)],
    ['invertible off the diagonal', 'invertible', offDiagonal(identity(4))],
    ['a diagonal of unknown numbers', 'invertible', diagonal(real('d', 4))],
    ['a triangle with an unknown diagonal', 'invertible', triangular(real('t', 4, 4), 'lower', false)],
    ['a rectangular triangle', 'invertible', triangular(real('t', 4, 3), 'lower', true)],
    [
      'copies of a rectangular triangle',
      'lowerTriangular',
      identityKron(2, triangular(real('t', 2, 3), 'lower', false)),
    ],
    [
      'a direct sum of rectangular triangles',
      'upperTriangular',
      directSum(triangular(real('t', 3, 2), 'upper', false), triangular(real('t', 3, 2), 'upper', false)),
    ],
    ['a reflection by an unknown number', 'orthogonal', reflection(real('k', 4), real('beta'))],
    [
      'a product of invertible but rectangular parts',
      'invertible',
      compose(w, lowRank(real('u', 4, 2), real('u', 4, 2))),
    ],
    ['a Hadamard matrix without its norm', 'orthogonal', hadamard(4)],
    ['a circulant', 'symmetric', circulant(real('d', 4))],
  ] as const)('%s', (_, property, operator) => {
    expect(has(operator, property)).toBe(false);
  });
});
