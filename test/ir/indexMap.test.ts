/** Index maps against the tables they stand for. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  affineMap,
  axesPermutation,
  bitLinearMap,
  bitReversalMap,
  composeMaps,
  directSumMap,
  type IndexMap,
  identityMap,
  inverseMap,
  isBijection,
  isIdentity,
  mapAt,
  refineDigits,
  reverseMap,
  rotateMap,
  sliceMap,
  strided,
  stridePermutation,
  tableMap,
  tensorMap,
} from '../../src/ir/indexMap.ts';
import { mapIndexScalar } from '../../src/ir/indexMapScalar.ts';
import { axis, computed } from '../../src/ir/tensor.ts';
import { evaluateTensor } from '../../src/ir/tensorEvaluate.ts';

const table = (map: IndexMap): number[] => Array.from({ length: map.domain }, (_, i) => mapAt(map, i));
const divisors = (n: number): number[] => Array.from({ length: n }, (_, k) => k + 1).filter(k => n % k === 0);

/** A random einops permutation of n points. */
const axes = (n: number): fc.Arbitrary<IndexMap> =>
  fc
    .constantFrom(...divisors(n))
    .chain(a =>
      fc
        .constantFrom(...divisors(n / a))
        .chain(b =>
          fc
            .shuffledSubarray([0, 1, 2], { minLength: 3 })
            .map(order => axesPermutation([a, b, n / a / b], order)),
        ),
    );

/** Known permutations of n points, of every kind. */
function permutation(n: number, depth = 1): fc.Arbitrary<IndexMap> {
  const choices = [
    fc.constant(identityMap(n)),
    fc.constant(reverseMap(n)),
    fc.nat(2 * n).map(k => rotateMap(n, k)),
    fc
      .shuffledSubarray(
        Array.from({ length: n }, (_, i) => i),
        { minLength: n },
      )
      .map(values => tableMap(values, n)),
  ];
  if (n > 0) choices.push(axes(n));
  if (n === 8) {
    choices.push(fc.constant(bitReversalMap(3)));
    choices.push(
      fc
        .constantFrom([1, 3, 5], [2, 1, 4], [4, 6, 7])
        .chain(columns => fc.nat(7).map(offset => bitLinearMap(columns, offset))),
    );
  }
  if (n > 1) choices.push(fc.nat(n - 1).map(offset => affineMap(n, n - 1, offset)));
  if (depth > 0) {
    const inner = permutation(n, depth - 1);
    choices.push(fc.tuple(inner, inner).map(([f, g]) => composeMaps(f, g)));
    choices.push(fc.nat(n).chain(k => fc.tuple(permutation(k, 0), permutation(n - k, 0)).map(directSumMap)));
    if (n > 0) {
      choices.push(
        fc
          .constantFrom(...divisors(n))
          .chain(k => fc.tuple(permutation(k, 0), permutation(n / k, 0)).map(([f, g]) => tensorMap(f, g))),
      );
    }
  }
  return fc.oneof(...choices);
}

const size = fc.constantFrom(0, 1, 2, 3, 5, 6, 8, 12);
const pair = size.chain(n => fc.tuple(permutation(n), permutation(n)));

describe('maps and their tables', () => {
  test('composition', () => {
    fc.assert(
      fc.property(pair, ([f, g]) => {
        expect(table(composeMaps(f, g))).toEqual(table(g).map(i => mapAt(f, i)));
      }),
      { numRuns: 400 },
    );
  });
  test('composition with slices', () => {
    fc.assert(
      fc.property(
        size.chain(n => fc.tuple(permutation(n), fc.nat(n), fc.nat(n))),
        ([f, a, b]) => {
          const slice = sliceMap(f.domain, Math.min(a, b), Math.abs(a - b));
          expect(table(composeMaps(f, slice))).toEqual(table(f).slice(Math.min(a, b), Math.max(a, b)));
        },
      ),
      { numRuns: 300 },
    );
  });
  test('inverse', () => {
    fc.assert(
      fc.property(
        size.chain(n => permutation(n)),
        f => {
          expect(isBijection(f)).toBe(true);
          expect(table(inverseMap(f)).map(i => mapAt(f, i))).toEqual(table(identityMap(f.domain)));
        },
      ),
      { numRuns: 400 },
    );
  });
  test('products and sums', () => {
    fc.assert(
      fc.property(fc.tuple(permutation(3), permutation(4)), ([f, g]) => {
        expect(table(tensorMap(f, g))).toEqual(table(f).flatMap(i => table(g).map(j => i * 4 + j)));
        expect(table(directSumMap([f, g]))).toEqual([...table(f), ...table(g).map(j => j + 3)]);
      }),
    );
  });
  test('the expression of a map has the same values', () => {
    fc.assert(
      fc.property(
        size.chain(n => permutation(n)),
        f => {
          const values = evaluateTensor(computed([f.domain], mapIndexScalar(f, axis(0))), new Map()).data;
          expect([...values]).toEqual(table(f));
        },
      ),
      { numRuns: 300 },
    );
  });
  test('what is no bijection is not taken for one', () => {
    const wrong = [
      strided(
        [
          { extent: 2, stride: 1 },
          { extent: 2, stride: 1 },
        ],
        0,
        4,
      ),
      strided([{ extent: 4, stride: 0 }], 0, 4),
      tableMap([0, 0, 1], 3),
      bitLinearMap([1, 2, 3], 0),
      affineMap(6, 2, 0),
      sliceMap(4, 1, 2),
    ];
    expect(wrong.filter(isBijection)).toEqual([]);
  });
});

describe('one form for one map', () => {
  test('stride permutations multiply: L(n,a) L(n,b) = L(n,ab)', () => {
    for (const [n, a, b] of [
      [24, 2, 3],
      [24, 4, 2],
      [30, 5, 3],
      [16, 4, 4],
      [7, 1, 7],
    ] as const) {
      expect(composeMaps(stridePermutation(n, b), stridePermutation(n, a))).toBe(stridePermutation(n, a * b));
    }
  });
  test('stride permutations by their definition, and L(n,s) L(n,n/s) = I', () => {
    for (const [n, s] of [
      [12, 3],
      [12, 4],
      [15, 5],
      [1, 1],
      [7, 7],
    ] as const) {
      const f = stridePermutation(n, s);
      for (let i = 0; i < s; i++)
        for (let j = 0; j < n / s; j++) expect(mapAt(f, i * (n / s) + j)).toBe(j * s + i);
      expect(isIdentity(composeMaps(f, stridePermutation(n, n / s)))).toBe(true);
    }
  });
  test('axes that stay together are one digit', () => {
    expect(axesPermutation([2, 3, 4], [2, 0, 1])).toBe(axesPermutation([6, 4], [1, 0]));
    expect(axesPermutation([2, 1, 3], [1, 0, 2])).toBe(identityMap(6));
  });
  test('permutations of axes with nesting radices stay strided', () => {
    const f = composeMaps(axesPermutation([2, 3, 4], [2, 1, 0]), axesPermutation([4, 3, 2], [1, 0, 2]));
    expect(f.kind).toBe('strided');
  });
  test('reversal and bit reversal are their own inverses', () => {
    for (const f of [reverseMap(7), bitReversalMap(4)]) expect(composeMaps(f, f)).toBe(identityMap(f.domain));
  });
});

describe('refinement of digits', () => {
  test('nesting and not nesting', () => {
    expect(refineDigits([2, 6], [4, 3])).toEqual([2, 2, 3]);
    expect(refineDigits([2, 3], [3, 2])).toBeUndefined();
    expect(refineDigits([1, 8], [8, 1])).toEqual([8]);
    expect(refineDigits([1], [1])).toEqual([]);
    expect(refineDigits([4, 1, 6], [2, 12], [24])).toEqual([2, 2, 6]);
  });
});
