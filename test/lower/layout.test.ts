/** Maps restricted, cut into simple pieces and split for blocks: each against the map itself, entry by entry. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  affineMap,
  directSumMap,
  type IndexMap,
  identityMap,
  mapAt,
  reverseMap,
  rotateMap,
  sliceMap,
  stridePermutation,
  tableMap,
  tensorMap,
} from '../../src/ir/indexMap.ts';
import {
  commonPieces,
  isInjective,
  piecesOf,
  restrict,
  splitBlock,
  stridedDigits,
  stridesOf,
} from '../../src/lower/layout.ts';

/** Maps without tables of parameters, one inside another. */
const someMap = (depth: number): fc.Arbitrary<IndexMap> => {
  const leaf = fc.oneof(
    fc.nat(6).map(identityMap),
    fc.nat(6).map(reverseMap),
    fc.tuple(fc.integer({ min: 1, max: 7 }), fc.nat(9)).map(([n, k]) => rotateMap(n, k)),
    fc.constantFrom(
      stridePermutation(6, 2),
      stridePermutation(12, 4),
      affineMap(5, 2, 1),
      affineMap(7, 6, 3),
    ),
    fc.constantFrom(sliceMap(7, 2, 4), tableMap([3, 1, 1, 0], 5)),
  );
  if (depth === 0) return leaf;
  const inner = someMap(depth - 1);
  return fc.oneof(
    leaf,
    fc.array(inner, { minLength: 1, maxLength: 3 }).map(directSumMap),
    fc.tuple(inner, inner).map(([outer, own]) => tensorMap(outer, own)),
  );
};

const images = (map: IndexMap): number[] => Array.from({ length: map.domain }, (_, i) => mapAt(map, i));

test('a map restricted has the images of its stretch', () => {
  fc.assert(
    fc.property(someMap(2), fc.nat(), fc.nat(), (map, from, count) => {
      const start = from % (map.domain + 1);
      const length = count % (map.domain - start + 1);
      const made = restrict(map, start, length);
      expect(made.range).toBe(map.range);
      expect(images(made)).toEqual(images(map).slice(start, start + length));
    }),
    { numRuns: 600, seed: 1 },
  );
});

test('pieces cover the domain', () => {
  fc.assert(
    fc.property(someMap(2), map => {
      expect(piecesOf(map).reduce((a, b) => a + b, 0)).toBe(map.domain);
    }),
    { numRuns: 300, seed: 2 },
  );
});

test('a rotation is two strided pieces, a direct sum its parts', () => {
  const rotation = rotateMap(7, 3);
  expect(piecesOf(rotation)).toEqual([4, 3]);
  expect(restrict(rotation, 0, 4)).toBe(sliceMap(7, 3, 4));
  expect(restrict(rotation, 4, 3)).toBe(sliceMap(7, 0, 3));
  expect(piecesOf(directSumMap([rotation, reverseMap(2)]))).toEqual([4, 3, 2]);
  expect(commonPieces([4, 3, 2], [6, 3])).toEqual([4, 2, 1, 2]);
});

test('a map said to be one to one is', () => {
  fc.assert(
    fc.property(someMap(2), map => {
      if (isInjective(map)) expect(new Set(images(map)).size).toBe(map.domain);
    }),
    { numRuns: 400, seed: 3 },
  );
  expect([sliceMap(9, 2, 4), rotateMap(5, 2), stridePermutation(6, 2)].every(isInjective)).toBe(true);
});

describe('a split block', () => {
  const extents = (axes: readonly { readonly extents: readonly number[] }[]) =>
    axes.flatMap(each => each.extents);
  test('reads and writes the entries that its layouts say', () => {
    fc.assert(
      fc.property(
        fc.tuple(
          fc.constantFrom(1, 2, 3, 4),
          fc.constantFrom(1, 2, 6),
          fc.constantFrom(1, 3, 4),
          fc.constantFrom(1, 2),
        ),
        fc.nat(),
        ([a, b, c, d], pick) => {
          const n = a * c * d;
          const divisors = Array.from({ length: n }, (_, k) => k + 1).filter(k => n % k === 0);
          const map = stridePermutation(n, divisors[pick % divisors.length] ?? 1);
          const input = stridedDigits(map);
          const output = stridedDigits(identityMap(a * b * d));
          const split = input && output && splitBlock({ a, b, c, d }, input, output);
          if (split === undefined || input === undefined) return;
          const shape = extents([split.a, split.c, split.d]);
          const strides = stridesOf(shape, input);
          const walked = shape.reduce<number[]>(
            (made, extent, k) =>
              made.flatMap(base => Array.from({ length: extent }, (_, i) => base + i * (strides[k] ?? 0))),
            [0],
          );
          expect(walked).toEqual(images(map));
        },
      ),
      { numRuns: 300, seed: 4 },
    );
  });
  test('is refused where radices do not nest', () => {
    const digits = stridedDigits(stridePermutation(6, 3)) ?? [];
    expect(
      splitBlock({ a: 2, b: 1, c: 3, d: 1 }, digits, stridedDigits(identityMap(2)) ?? []),
    ).toBeUndefined();
  });
});
