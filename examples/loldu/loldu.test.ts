/**
 * The pivoted factorisation, the operator that starts as the dense weights, and the training of its diagonal
 * alone.
 */
import { describe, expect, test } from 'vitest';
import { load, matrixOfOperator, matrixOfOperator32 } from '../host/load.ts';
import { at, frobenius, get, type Matrix, matrixOf, relativeDifference } from '../host/matrix.ts';
import { seeded } from '../host/random.ts';
import { factorise, lolduParameters, product, SingularPivotError } from './factorise.ts';
import { createLayer, evaluate, lossAndGradients, type Network, train } from './train.ts';

const source = new URL('loldu.sop', import.meta.url);
/** Shapes [rows, columns, r], with r below, at and between the sides. */
const cases = [
  [8, 8, 1],
  [8, 8, 4],
  [8, 8, 8],
  [12, 8, 1],
  [12, 8, 5],
  [12, 8, 8],
  [8, 12, 1],
  [8, 12, 4],
  [8, 12, 8],
  [7, 5, 3],
  [1, 6, 1],
  [6, 1, 1],
] as const;
const nameOf = (m: number, n: number, r: number): string => `case_${m}_${n}_${r}`;
const exports = cases.map(([m, n, r]) => `loldu[${n}, ${m}, ${r}] as ${nameOf(m, n, r)}`);
const [double, single, shipped] = await Promise.all([
  load(source, { exports, scalar: 'f64' }),
  load(source, { exports }),
  load(source, { scalar: 'f64' }),
]);

describe('the pivoted factorisation', () => {
  test.each(cases)('%i × %i: the first %i steps', (rows, columns, r) => {
    const W = seeded(rows * 100 + columns).matrix(rows, columns);
    const whole = factorise(W);
    expect(relativeDifference(product(whole, whole.D).data, W.data)).toBeLessThan(2e-15);
    const { p, L, D, U } = factorise(W, r);
    expect([L.rows, L.columns, D.length, U.rows, U.columns]).toEqual([rows, r, r, r, columns]);
    for (let i = 0; i < rows; i++) {
      for (let k = 0; k < r; k++) {
        if (i <= k) expect(get(L, i, k)).toBe(i < k ? 0 : 1);
        expect(Math.abs(get(L, i, k))).toBeLessThanOrEqual(1);
        // Later exchanges move the rows, not what they hold.
        expect(get(L, at(p, i), k)).toBe(get(whole.L, at(whole.p, i), k));
      }
    }
    for (let k = 0; k < r; k++)
      for (let j = 0; j < columns; j++)
        expect(get(U, k, j)).toBe(j < k ? 0 : j === k ? 1 : get(whole.U, k, j));
    expect([...D]).toEqual([...whole.D.subarray(0, r)]);
  });

  test('a zero in the corner is no zero pivot: rows are exchanged', () => {
    const { p, D } = factorise(matrixOf(3, 3, (i, j) => ((i + 1) % 3 === j ? j + 2 : 0)));
    expect([...D]).toEqual([2, 3, 4]);
    expect([...p]).toEqual([1, 2, 0]);
  });

  /** Rank 2 in whole numbers. */
  const singular = matrixOf(6, 5, (i, j) => (i + 1) * (j - 2) + (i % 2) * (j * j - 3));

  test('a singular matrix is refused with its rank, and factorised up to it', () => {
    expect(() => factorise(singular)).toThrow(SingularPivotError);
    expect(() => factorise(singular, 3)).toThrow('pivot 2 of 3 of the 6 × 5 matrix');
    expect(() => factorise(singular, 3)).toThrow('take r <= 2');
    const found = factorise(singular, 2);
    expect(relativeDifference(product(found, found.D).data, singular.data)).toBeLessThan(1e-15);
  });

  test('zeros, values that are not finite, and an r beyond the sides are refused', () => {
    expect(() => factorise(matrixOf(3, 3, () => 0))).toThrow(SingularPivotError);
    expect(() => factorise(matrixOf(2, 2, () => Number.NaN))).toThrow(SingularPivotError);
    expect(() => factorise(singular, 6)).toThrow('r is a whole number of at most 5, got 6');
    expect(() => factorise(singular, 1.5)).toThrow(RangeError);
  });
});

describe('the operator at the start', () => {
  test.each(cases)('%i × %i with r = %i is the dense matrix, whatever s', async (rows, columns, r) => {
    const W = seeded(rows * 100 + columns).matrix(rows, columns);
    for (const alpha of [1, r, 3]) {
      const params = { ...lolduParameters(W, r, alpha) };
      const actual = matrixOfOperator(await double.operator(nameOf(rows, columns, r), { params }));
      expect(relativeDifference(actual.data, W.data)).toBeLessThan(2e-15);
      const rounded = matrixOfOperator32(await single.operator(nameOf(rows, columns, r), { params }));
      expect(relativeDifference(rounded.data, W.data)).toBeLessThan(4 * 2 ** -23);
    }
  });

  test('the residual vanishes only for a full r and s = 1', () => {
    const residual = (W: Matrix, r: number, alpha: number): number =>
      frobenius(lolduParameters(W, r, alpha).W) / frobenius(W.data);
    for (const [rows, columns] of [
      [8, 8],
      [12, 8],
      [8, 12],
    ] as const) {
      const W = seeded(rows + columns).matrix(rows, columns);
      expect(residual(W, 8, 8)).toBeLessThan(1e-15);
      expect(residual(W, 8, 1)).toBeCloseTo(7 / 8, 12);
      for (const r of [1, 4, 7]) expect(residual(W, r, r)).toBeGreaterThan(0.05);
    }
  });

  test('another z is P L diag(z) U on top of the residual', async () => {
    const W = seeded(3).matrix(12, 8);
    const parameters = lolduParameters(W, 5, 2);
    const z = seeded(4).normals(5);
    const operator = await double.operator('case_12_8_5', { params: { ...parameters } });
    operator.update('z', z);
    const low = product(factorise(W, 5), z);
    const expected = parameters.W.map((value, i) => value + at(parameters.s, 0) * at(low.data, i));
    expect(relativeDifference(matrixOfOperator(operator).data, expected)).toBeLessThan(2e-15);
  });
});

describe('training the diagonal of a network of two layers', () => {
  const random = seeded(1);
  const parameters = [
    lolduParameters(random.matrix(16, 12, 12 ** -0.5), 8, 8),
    lolduParameters(random.matrix(10, 16, 16 ** -0.5), 8, 8),
  ] as const;
  const x = random.normals(40 * 12);
  const moved = parameters.map(({ z }) => z.map(value => value * (1 + 0.2 * random.normal())));
  const create = async (): Promise<Network> => [
    await createLayer(shipped, 'layer1', parameters[0]),
    await createLayer(shipped, 'layer2', parameters[1]),
  ];
  const created = async (diagonals: readonly Float64Array[]): Promise<Network> => {
    const network = await create();
    network.forEach(({ whole }, index) => {
      whole.update('z', diagonals[index] ?? []);
    });
    return network;
  };

  test('the gradient through apply and adjoint is the difference quotient of the loss', async () => {
    const wanted = evaluate(await created(moved), x);
    const network = await create();
    const { gradients } = lossAndGradients(network, { x, wanted });
    const step = 1e-5;
    for (const [index, { whole, z }] of network.entries()) {
      for (let k = 0; k < z.length; k++) {
        const lossAt = (offset: number): number => {
          whole.update(
            'z',
            z.map((value, i) => (i === k ? value + offset : value)),
          );
          return lossAndGradients(network, { x, wanted }).loss;
        };
        const quotient = (lossAt(step) - lossAt(-step)) / (2 * step);
        whole.update('z', z);
        expect(Math.abs(at(gradients[index] ?? [], k) - quotient)).toBeLessThan(1e-8);
      }
    }
  });

  test('the loss falls to nothing, the target is found, and everything but z stays as it was', async () => {
    const wanted = evaluate(await created(moved), x);
    const network = await create();
    const frozen = structuredClone(parameters);
    const before = evaluate(network, x);
    const losses = train(network, { x, wanted }, 200, 0.02);
    expect(at(losses, 0)).toBeGreaterThan(0.1);
    expect(at(losses, 199)).toBeLessThan(1e-6 * at(losses, 0));
    network.forEach(({ z }, index) => {
      expect(z.length).toBe(8);
      expect(relativeDifference(z, moved[index] ?? [])).toBeLessThan(1e-2);
    });
    expect(parameters).toEqual(frozen);
    network.forEach(({ whole }, index) => {
      whole.update('z', parameters[index]?.z ?? []);
    });
    expect(evaluate(network, x)).toEqual(before);
  });
});
