/** The running error bound holds for what is computed in f32, and is not so wide that a wrong sum passes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyPointwise } from '../../src/ir/pointwise.ts';
import type { Pointwise } from '../../src/ir/program.ts';
import { parameter } from '../../src/ir/tensor.ts';
import { interpretTile } from '../../src/tile/interpret.ts';
import type { TileProgram } from '../../src/tile/tile.ts';
import { analyseTile } from '../../src/verify/analyse.ts';
import { boundedPointwise } from '../../src/verify/analyseEpilogue.ts';
import { singlePrecision } from '../../src/verify/arithmetic.ts';
import { exactRows, rowsOf } from '../../src/verify/boundedRows.ts';

/** y = the inner product of w and x: one contract. */
const innerProduct = (length: number): TileProgram => ({
  name: 'inner',
  comment: [],
  tileRows: 1,
  slices: 1,
  buffers: [
    { name: 'x', role: 'input', width: length },
    { name: 'y', role: 'output', width: 1 },
  ],
  statements: [
    {
      kind: 'contract',
      title: 'row',
      axes: [{ name: 'p', extent: length, kind: 'reduce' }],
      weights: parameter('w', 'f64', 'learned', [length]),
      input: { buffer: 'x', offset: 0, strides: [1] },
      output: { buffer: 'y', offset: 0, strides: [0] },
      initial: 'zero',
      residuals: [],
      epilogue: [],
    },
  ],
});

const bounded = (pairs: readonly (readonly [number, number])[]) => {
  const environment = new Map([['w', pairs.map(([w]) => w)]]);
  const x = Float64Array.from(pairs, ([, each]) => Math.fround(each));
  const program = innerProduct(pairs.length);
  const run = { environment, batch: 1, arithmetic: singlePrecision };
  const { value, error } = rowsOf(analyseTile(program, new Map([['x', exactRows(x, x.length)]]), run), 'y');
  const computed = interpretTile(program, new Map([['x', x]]), { environment, batch: 1, round: Math.fround });
  return { value: value[0] ?? 0, error: error[0] ?? 0, computed: computed.get('y')?.data[0] ?? Number.NaN };
};

const numbers = fc.array(
  fc.tuple(fc.double({ min: -9, max: 9, noNaN: true }), fc.double({ min: -9, max: 9, noNaN: true })),
  { minLength: 1, maxLength: 40 },
);

describe('an inner product', () => {
  test('lies within its bound in f32', () => {
    fc.assert(
      fc.property(numbers, pairs => {
        const { value, error, computed } = bounded(pairs);
        expect(Math.abs(computed - value)).toBeLessThanOrEqual(error);
      }),
    );
  });
  test('without one of its terms lies outside', () => {
    const pairs = Array.from({ length: 17 }, (_, k) => [1 + k / 7, 2 - k / 5] as const);
    const { value, error } = bounded(pairs);
    expect(Math.abs(bounded(pairs.slice(0, -1)).value - value)).toBeGreaterThan(error);
  });
  test('of one unit and zeros has the error of the stored weight alone', () => {
    const { value, error } = bounded([
      [1 / 3, 0],
      [1 / 7, 1],
      [1 / 9, 0],
    ]);
    expect(value).toBe(1 / 7);
    expect(error).toBe(Math.abs(Math.fround(1 / 7) - 1 / 7));
  });
});

describe('a pointwise function', () => {
  const names: readonly Pointwise[] = ['relu', 'gelu', 'geluTanh', 'silu', 'tanh', 'sigmoid'];
  test.each(names)('%s moves within its bound when its argument does', name => {
    const argument = fc.double({ min: -120, max: 120, noNaN: true });
    fc.assert(
      fc.property(argument, fc.double({ min: 0, max: 0.5, noNaN: true }), (x, e) => {
        const { value, error } = boundedPointwise(name, { value: x, error: e }, singlePrecision);
        expect(value).toBeCloseTo(applyPointwise(name, x), 12);
        // What a kernel holds are f32 numbers within e of x.
        for (const moved of [x - e, x, x + e].map(Math.fround).filter(each => Math.abs(each - x) <= e))
          expect(Math.abs(Math.fround(applyPointwise(name, moved)) - value)).toBeLessThanOrEqual(error);
      }),
      { numRuns: 500 },
    );
  });
  test.each(names)('%s has a bound near its roundings for an exact argument', name => {
    for (const x of [-2, -0.1, 0.3, 1, 7]) {
      const { value, error } = boundedPointwise(name, { value: x, error: 0 }, singlePrecision);
      expect(error).toBeLessThanOrEqual(40 * 2 ** -24 * Math.max(Math.abs(value), Math.abs(x)));
    }
  });
});
