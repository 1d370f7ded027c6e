import { describe, expect, test } from 'vitest';
import {
  decodeBfloat16,
  decodeFloat16,
  encodeBfloat16,
  encodeFloat16,
  roundToBfloat16,
  roundToFloat16,
} from '../../src/core/float16.ts';

const all = Array.from({ length: 65536 }, (_, bits) => bits);
const view = new DataView(new ArrayBuffer(8));

/** A bfloat16 is the upper half of an f32. */
function bfloat16ByFloat32(bits: number): number {
  view.setUint32(0, bits * 65536);
  return view.getFloat32(0);
}

function float16ByEngine(bits: number): number {
  view.setUint16(0, bits);
  return (view as DataView & { getFloat16(offset: number): number }).getFloat16(0);
}

const formats = [
  {
    name: 'float16',
    decode: decodeFloat16,
    encode: encodeFloat16,
    round: roundToFloat16,
    oracle: float16ByEngine,
    infinity: 0x7c00,
  },
  {
    name: 'bfloat16',
    decode: decodeBfloat16,
    encode: encodeBfloat16,
    round: roundToBfloat16,
    oracle: bfloat16ByFloat32,
    infinity: 0x7f80,
  },
];

describe.each(formats)('$name', ({ decode, encode, round, oracle, infinity }) => {
  test('all 65536 patterns decode as the engine reads them', () => {
    expect(all.filter(bits => !Object.is(decode(bits), oracle(bits)))).toEqual([]);
  });

  test('all numbers encode to their own pattern, and NaN to a NaN', () => {
    const wrong = all.filter(bits => {
      const value = decode(bits);
      return Number.isNaN(value) ? !Number.isNaN(decode(encode(value))) : encode(value) !== bits;
    });
    expect(wrong).toEqual([]);
  });

  test('between two neighbours the nearer is taken, the even one from the middle', () => {
    const wrong: number[] = [];
    for (let bits = 0; bits < infinity - 1; bits++) {
      const [low, high] = [decode(bits), decode(bits + 1)];
      const middle = (low + high) / 2;
      const nudge = (high - low) * 2 ** -30;
      const even = bits % 2 === 0 ? bits : bits + 1;
      const good =
        encode(middle) === even &&
        encode(middle - nudge) === bits &&
        encode(middle + nudge) === bits + 1 &&
        encode(-middle) === (even | 0x8000);
      if (!good) wrong.push(bits);
    }
    expect(wrong).toEqual([]);
  });

  test('rounding gives the number of the pattern', () => {
    const wrong: number[] = [];
    const check = (value: number): void => {
      if (!Object.is(round(value), decode(encode(value)))) wrong.push(value);
    };
    for (let bits = 0; bits < infinity; bits++) {
      const [low, high] = [decode(bits), decode(bits + 1)];
      const middle = bits === infinity - 1 ? low * (1 + 2 ** -12) : (low + high) / 2;
      for (const value of [low, middle, middle * (1 + 2 ** -40), middle * (1 - 2 ** -40)]) {
        check(value);
        check(-value);
      }
    }
    for (const value of [Number.MAX_VALUE, Number.MIN_VALUE, Number.NEGATIVE_INFINITY, Number.NaN])
      check(value);
    expect(wrong).toEqual([]);
  });

  test('beyond the largest number: half a unit rounds to infinity, less does not', () => {
    const [largest, before] = [decode(infinity - 1), decode(infinity - 2)];
    const edge = largest + (largest - before) / 2;
    expect(encode(edge)).toBe(infinity);
    expect(encode(edge * (1 - 2 ** -50))).toBe(infinity - 1);
    expect(encode(Number.MAX_VALUE)).toBe(infinity);
    expect(encode(Number.NEGATIVE_INFINITY)).toBe(infinity | 0x8000);
  });

  test('below the smallest number: half of it rounds to zero, more does not', () => {
    const smallest = decode(1);
    expect(encode(smallest / 2)).toBe(0);
    expect(encode((smallest / 2) * (1 + 2 ** -50))).toBe(1);
    expect(encode(-Number.MIN_VALUE)).toBe(0x8000);
    expect(encode(-0)).toBe(0x8000);
  });
});
