/** Sizes in symbols: the normal form against arithmetic, how they read, and what is decided of two of them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide, learn, nothingKnown } from '../../src/check/decide.ts';
import { sizeText } from '../../src/check/sizeText.ts';
import { evaluate, holds, namesIn } from '../../src/check/sizeValue.ts';
import {
  add,
  choice,
  constant,
  divide,
  multiply,
  named,
  opaque,
  power,
  type Size,
  same,
  substitute,
  subtract,
  totalOver,
  unknown,
} from '../../src/check/symbolic.ts';

const [n, m, b, k, i] = ['n', 'm', 'b', 'k', 'i'].map(named) as [Size, Size, Size, Size, Size];
const two = constant(2);

describe('normal form and text', () => {
  test.each<[Size, string]>([
    [divide(n, b), 'n/b'],
    [multiply(divide(n, b), b), 'n'],
    [power(two, subtract(k, constant(1))), '2^(k - 1)'],
    [multiply(two, power(two, subtract(k, constant(1)))), '2^k'],
    [multiply(k, power(two, subtract(k, constant(1)))), 'k*2^(k - 1)'],
    [multiply(power(two, i), power(two, subtract(k, i))), '2^k'],
    [power(constant(4), k), '2^(2*k)'],
    [divide(power(constant(6), k), power(constant(3), k)), '2^k'],
    [power(n, two), 'n^2'],
    [power(n, k), 'n^k'],
    [power(n, constant(0)), '1'],
    [divide(subtract(multiply(n, n), constant(1)), add(n, constant(1))), 'n - 1'],
    [divide(multiply(n, subtract(n, constant(1))), two), '(n^2 - n)/2'],
    [subtract(constant(1), n), '1 - n'],
    [subtract(n, n), '0'],
    [divide(n, multiply(b, k)), 'n/(b*k)'],
    [multiply(opaque('ceil', n, b), b), 'b*ceil(n, b)'],
    [opaque('ceil', multiply(n, b), b), 'n'],
    [opaque('%', multiply(n, b), b), '0'],
    [opaque('min', n, n), 'n'],
    [opaque('max', constant(3), constant(5)), '5'],
    [opaque('%', n, two), '(n % 2)'],
    [choice({ left: n, comparison: '<', right: m }, n, n), 'n'],
    [choice({ left: n, comparison: '<', right: m }, n, m), '(if n < m then n else m)'],
    [totalOver('i', k, n), 'k*n'],
    [totalOver('i', k, i), '(the sum of i over i < k)'],
  ])('%#: %s', (size, text) => {
    expect(sizeText(size)).toBe(text);
  });

  test('min and max do not mind the order', () => {
    expect(same(opaque('min', n, m), opaque('min', m, n))).toBe(true);
    expect(same(opaque('ceil', n, m), opaque('ceil', m, n))).toBe(false);
  });

  test('what is unknown equals only itself', () => {
    const size = unknown('?');
    expect(same(size, size)).toBe(true);
    expect(same(size, unknown('?'))).toBe(false);
    expect(evaluate(size, new Map())).toBeUndefined();
  });
});

/** A size, and its value at given names by plain arithmetic; NaN where it makes no sense. */
interface Pair {
  readonly size: Size;
  readonly value: (names: ReadonlyMap<string, number>) => number;
}

const leafPair: fc.Arbitrary<Pair> = fc.oneof(
  fc.nat(4).map((value): Pair => ({ size: constant(value), value: () => value })),
  fc
    .constantFrom('n', 'm', 'k')
    .map((name): Pair => ({ size: named(name), value: names => names.get(name) ?? Number.NaN })),
);

const operations: Record<string, [(a: Size, b: Size) => Size, (a: number, b: number) => number]> = {
  '+': [add, (a, b) => a + b],
  '-': [subtract, (a, b) => a - b],
  '*': [multiply, (a, b) => a * b],
  '/': [divide, (a, b) => (b !== 0 && a % b === 0 ? a / b : Number.NaN)],
  ceil: [(a, b) => opaque('ceil', a, b), (a, b) => (b > 0 ? Math.ceil(a / b) : Number.NaN)],
  '%': [(a, b) => opaque('%', a, b), (a, b) => (b > 0 ? a - Math.floor(a / b) * b : Number.NaN)],
  min: [(a, b) => opaque('min', a, b), Math.min],
  max: [(a, b) => opaque('max', a, b), Math.max],
  '^': [power, (a, b) => (b >= 0 && a >= 0 && b <= 6 ? a ** b : Number.NaN)],
};

const pair: fc.Arbitrary<Pair> = fc.letrec<{ pair: Pair }>(tie => ({
  pair: fc.oneof(
    { maxDepth: 4 },
    leafPair,
    fc.tuple(fc.constantFrom(...Object.keys(operations)), tie('pair'), tie('pair')).map(([name, a, b]) => {
      const [make, compute] = operations[name] ?? [add, Number.NaN];
      return {
        size: make(a.size, b.size),
        value: (names: ReadonlyMap<string, number>) =>
          typeof compute === 'function' ? compute(a.value(names), b.value(names)) : Number.NaN,
      };
    }),
  ),
})).pair;

const point = fc
  .tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 }), fc.nat(4))
  .map(values => new Map(['n', 'm', 'k'].map((name, at) => [name, values[at] ?? 0])));

describe('against plain arithmetic', () => {
  test('a size has the value of the expression wherever that makes sense', () => {
    fc.assert(
      fc.property(pair, point, ({ size, value }, names) => {
        const expected = value(names);
        fc.pre(Number.isSafeInteger(expected));
        const found = evaluate(size, names);
        // Sizes past 2^53 on the way have no value; a wrong value is never given.
        expect(found === undefined || found === expected).toBe(true);
        if (Math.abs(expected) < 1000 && found === undefined)
          expect(sizeText(size).length).toBeGreaterThan(20);
      }),
      { numRuns: 600 },
    );
  });

  test('names are replaced everywhere', () => {
    fc.assert(
      fc.property(pair, point, ({ size }, names) => {
        const before = evaluate(size, names);
        const moved = substitute(size, new Map([...names].map(([name, value]) => [name, constant(value)])));
        expect([...namesIn(moved)]).toEqual([]);
        const after = evaluate(moved, new Map());
        if (before !== undefined && after !== undefined) expect(after).toBe(before);
      }),
      { numRuns: 300 },
    );
  });

  test('what is decided is so', () => {
    fc.assert(
      fc.property(pair, pair, point, (a, c, names) => {
        const verdict = decide(a.size, c.size, nothingKnown);
        if (verdict.kind === 'equal') {
          const [x, y] = [a.value(names), c.value(names)];
          if (Number.isSafeInteger(x) && Number.isSafeInteger(y)) expect(x).toBe(y);
        }
        if (verdict.kind === 'different') {
          expect(verdict.left).not.toBe(verdict.right);
          expect([evaluate(a.size, verdict.example), evaluate(c.size, verdict.example)]).toEqual([
            verdict.left,
            verdict.right,
          ]);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('with knowledge', () => {
  const where = (...conditions: [Size, '==' | '<=' | '<', Size][]) =>
    conditions.reduce(
      (known, [left, comparison, right]) => learn(known, { left, comparison, right }),
      nothingKnown,
    );

  test('equations rewrite', () => {
    const [l, r, q] = ['l', 'r', 'q'].map(named) as [Size, Size, Size];
    expect(decide(multiply(l, r), multiply(k, q), where([multiply(l, r), '==', multiply(k, q)])).kind).toBe(
      'equal',
    );
    expect(decide(power(two, k), constant(1), where([k, '==', constant(0)])).kind).toBe('equal');
    expect(decide(n, multiply(two, m), where([n, '==', multiply(two, b)], [b, '==', m])).kind).toBe('equal');
    expect(
      decide(opaque('%', n, two), constant(0), where([opaque('%', n, two), '==', constant(0)])).kind,
    ).toBe('equal');
  });

  test('examples respect the conditions, and none is given where there is none', () => {
    const conditions = where([m, '<=', n], [multiply(two, m), '==', add(n, b)]);
    const verdict = decide(n, m, conditions);
    expect(verdict.kind).toBe('different');
    if (verdict.kind === 'different')
      for (const condition of conditions.conditions) expect(holds(condition, verdict.example)).toBe(true);
    expect(decide(opaque('min', n, m), n, where([n, '<=', m])).kind).toBe('undecided');
  });
});
