/** The bounds for WGSL hold for everything that it allows: any order of a sum, either rounding, numbers flushed to zero. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeFloat16, encodeFloat16, roundToFloat16 } from '../../src/core/float16.ts';
import { parameter } from '../../src/ir/tensor.ts';
import { profiles } from '../../src/plan/profile.ts';
import { analyseTile } from '../../src/verify/analyse.ts';
import { boundedPointwise } from '../../src/verify/analyseEpilogue.ts';
import { arithmeticOf, shaderPrecision, singlePrecision } from '../../src/verify/arithmetic.ts';
import { held } from '../../src/verify/bound.ts';
import { exactRows, rowsOf } from '../../src/verify/boundedRows.ts';

/** One of the two f32 numbers beside a value, and zero for numbers below the normal range where it is flushed. */
function roundedSomehow(value: number, up: boolean, isFlushed: boolean): number {
  const near = Math.fround(value);
  const bits = new Int32Array(Float32Array.of(near).buffer);
  const away = Math.abs(near) < Math.abs(value) ? 1 : -1;
  const other =
    near === 0 ? near : (new Float32Array(Int32Array.of((bits[0] ?? 0) + away).buffer)[0] ?? near);
  const chosen = near === value || !up ? near : other;
  return isFlushed && Math.abs(chosen) < 2 ** -126 ? 0 : chosen;
}

const sizes = fc.constantFrom(1, 1, 1, 2 ** -70, 2 ** -130);
const number = fc.tuple(fc.double({ min: -9, max: 9, noNaN: true }), sizes).map(([x, size]) => x * size);
const terms = fc.array(fc.tuple(number, number), { minLength: 1, maxLength: 40 });

function bounded(pairs: readonly (readonly [number, number])[]) {
  const environment = new Map([['w', pairs.map(([w]) => w)]]);
  const x = Float64Array.from(pairs, ([, each]) => Math.fround(each));
  const { value, error } = rowsOf(
    analyseTile(
      {
        name: 'inner',
        comment: [],
        tileRows: 1,
        slices: 1,
        buffers: [
          { name: 'x', role: 'input', width: pairs.length },
          { name: 'y', role: 'output', width: 1 },
        ],
        statements: [
          {
            kind: 'contract',
            title: 'row',
            axes: [{ name: 'p', extent: pairs.length, kind: 'reduce' }],
            weights: parameter('w', 'f64', 'learned', [pairs.length]),
            input: { buffer: 'x', offset: 0, strides: [1] },
            output: { buffer: 'y', offset: 0, strides: [0] },
            initial: 'zero',
            residuals: [],
            epilogue: [],
          },
        ],
      },
      new Map([['x', exactRows(x, x.length)]]),
      { environment, batch: 1, arithmetic: shaderPrecision },
    ),
    'y',
  );
  return { value: value[0] ?? 0, error: error[0] ?? 0 };
}

/** Sums by repeatedly adding two of what is left, chosen and rounded by chance. */
function summed(pairs: readonly (readonly [number, number])[], chance: () => number): number {
  const round = (value: number) => roundedSomehow(value, chance() < 0.5, chance() < 0.5);
  const left = pairs.map(([w, x]) => round(round(Math.fround(w)) * round(Math.fround(x))));
  while (left.length > 1) {
    const [a = 0] = left.splice(Math.floor(chance() * left.length), 1);
    const k = Math.floor(chance() * left.length);
    left[k] = round(a + (left[k] ?? 0));
  }
  return left[0] ?? 0;
}

test('an inner product in any order', () => {
  fc.assert(
    fc.property(
      terms,
      fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
      (pairs, stream) => {
        const { value, error } = bounded(pairs);
        const computed = summed(pairs, () => stream.next().value ?? 0);
        expect(Math.abs(computed - value)).toBeLessThanOrEqual(error);
      },
    ),
    { numRuns: 500 },
  );
});

test('sixteen equal terms: not much wider than what they allow', () => {
  const { value, error } = bounded(Array.from({ length: 16 }, () => [0.3, 0.7] as const));
  expect(error / value).toBeLessThan(18 * 2 ** -23);
});

describe('functions', () => {
  test.each([
    'relu',
    'tanh',
    'sigmoid',
    'silu',
    'gelu',
    'geluTanh',
  ] as const)('%s: wider than in f32', name => {
    for (let x = -40; x <= 40; x += 0.37) {
      const [shader, single] = [shaderPrecision, singlePrecision].map(each =>
        boundedPointwise(name, { value: x, error: 0 }, each),
      );
      expect(shader?.error ?? 0).toBeGreaterThanOrEqual(single?.error ?? 0);
      expect(shader?.error ?? 1).toBeLessThan(1e-4 * (1 + Math.abs(x)));
    }
  });
});

describe('stores of f16', () => {
  const precision = { scalar: 'f32', storage: 'f16' } as const;
  const { storage } = arithmeticOf({ profile: profiles['webgpu-default'], precision });
  const smallestNormal = 2 ** -14;
  /** Either number of f16 beside a value, and perhaps zero below the normal range. */
  const storedSomehow = (value: number, up: boolean, isFlushed: boolean): number => {
    const near = roundToFloat16(value);
    const away = Math.abs(near) < Math.abs(value) ? 1 : -1;
    const chosen = near === value || !up ? near : decodeFloat16(encodeFloat16(near) + away);
    return isFlushed && Math.abs(chosen) < smallestNormal ? 0 : chosen;
  };
  test('either neighbour, or zero below the normal range', () => {
    const scale = fc.constantFrom(1, 1, 2 ** -12, 2 ** -14, 2 ** -22);
    const value = fc
      .tuple(fc.double({ min: 2 ** -9, max: 9, noNaN: true }), scale)
      .map(([x, size]) => x * size);
    fc.assert(
      fc.property(value, fc.boolean(), fc.boolean(), fc.boolean(), (x, up, isFlushed, isExact) => {
        const given = isExact ? roundToFloat16(x) : x;
        const { error } = held({ value: given, error: 0 }, storage);
        expect(Math.abs(storedSomehow(given, up, isFlushed) - given)).toBeLessThanOrEqual(error);
      }),
      { numRuns: 1000 },
    );
  });
  test('what f16 holds stays as it is; what may overflow has no bound', () => {
    expect(held({ value: 1.5, error: 0 }, storage).error).toBe(0);
    expect(held({ value: 65504, error: 0 }, storage).error).toBe(0);
    expect(held({ value: 65500, error: 8 }, storage).error).toBe(Number.POSITIVE_INFINITY);
  });
});
