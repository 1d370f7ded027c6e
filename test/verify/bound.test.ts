/** The running error bound holds for sums computed in f32, and is not so wide that a wrong sum passes. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { boundedContraction, singlePrecision } from '../../src/verify/bound.ts';

const numbers = fc.array(
  fc.tuple(fc.double({ min: -9, max: 9, noNaN: true }), fc.double({ min: -9, max: 9, noNaN: true })),
  {
    minLength: 1,
    maxLength: 40,
  },
);

const contraction = (pairs: [number, number][]) =>
  boundedContraction(
    pairs.map(([weight]) => weight),
    pairs.map(([, x]) => ({ value: Math.fround(x), error: 0 })),
    { value: 0, error: 0 },
    singlePrecision,
  );

test('an f32 sum lies within its bound', () => {
  fc.assert(
    fc.property(numbers, pairs => {
      const { value, error } = contraction(pairs);
      const computed = pairs.reduce(
        (sum, [weight, x]) => Math.fround(sum + Math.fround(Math.fround(weight) * Math.fround(x))),
        0,
      );
      expect(Math.abs(computed - value)).toBeLessThanOrEqual(error);
    }),
  );
});

test('a skipped term lies outside', () => {
  const pairs = Array.from({ length: 17 }, (_, k): [number, number] => [1 + k / 7, 2 - k / 5]);
  const { value, error } = contraction(pairs);
  expect(Math.abs(contraction(pairs.slice(0, -1)).value - value)).toBeGreaterThan(error);
});
