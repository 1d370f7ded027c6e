/** Index maps as formulas. */
import { expect, test } from 'vitest';
import {
  affineMap,
  identityMap,
  reverseMap,
  rotateMap,
  sliceMap,
  stridePermutation,
  tableMap,
} from '../../src/ir/indexMap.ts';
import { mapText } from '../../src/ir/indexMapText.ts';

test('maps read as formulas', () => {
  expect(mapText(identityMap(5))).toBe('i');
  expect(mapText(sliceMap(9, 2, 4))).toBe('2 + i');
  expect(mapText(reverseMap(5))).toBe('4 - 1 i');
  expect(mapText(stridePermutation(6, 2))).toBe('(i / 3) + 2 (i % 3)');
  expect(mapText(rotateMap(7, 3))).toBe('(3 + i) % 7');
  expect(mapText(affineMap(7, 3, 1))).toBe('(1 + 3 i) % 7');
  expect(mapText(tableMap([2, 0, 1], 3))).toBe('table[3][i]');
});
