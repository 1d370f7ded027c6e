/** What is said of mistakes: code, place, words in the user's symbols, the likely repair. */
import { describe, expect, test } from 'vitest';
import { blocks, type Mistake, mistakes } from './mistakes.ts';
import { check, codes, errors, instantiate, pointedAt } from './source.ts';

const sourceOf = ({ text }: Mistake): string => `op f${text}`;

describe('one mistake, one message', () => {
  test.each(Object.entries(mistakes))('%s', (_name, mistake) => {
    const { diagnostics } = check(sourceOf(mistake));
    const found = errors(diagnostics);
    expect(found.map(each => `${each.code} ${each.message}`)).toEqual([
      expect.stringContaining(mistake.code),
    ]);
    const [only] = found;
    if (only === undefined) return;
    expect(pointedAt(only).startsWith(mistake.at)).toBe(true);
    if (mistake.says !== undefined) expect(only.message).toMatch(mistake.says);
    if (mistake.hint !== undefined) expect(only.hint).toMatch(mistake.hint);
    if (mistake.note !== undefined)
      expect(only.notes.map(each => each.message).join('\n')).toMatch(mistake.note);
  });
});

test('several mistakes in one run, without echoes', () => {
  const text = `op f[n](W: [n, n]) : n -> n = let X = dens(W); X * X + diag(W)
op g[n](W: [n, n]) : n -> n = f[n](V) * f[n, n](W)
op h[n](W: [n, n]) : n -> n = f[n](W)
export k[3] as k3`;
  expect(codes(errors(check(text).diagnostics))).toEqual([
    'SOP0201:1',
    'SOP0210:1',
    'SOP0201:2',
    'SOP0204:2',
    'SOP0201:4',
  ]);
});

test('what is not used is a warning', () => {
  const { diagnostics } = check('op f[n](W: [n, n], d: [n]) : n -> n = let X = dense(W); I(n)\nparam V: [2]');
  expect(codes(diagnostics)).toEqual(['SOP0223:1', 'SOP0223:1', 'SOP0223:2']);
  expect(diagnostics.map(pointedAt)).toEqual(['d', 'X', 'V']);
  expect(errors(diagnostics)).toEqual([]);
});

describe('what depends on numbers', () => {
  const said = (text: string, sizes: readonly number[]) => {
    const { program, diagnostics } = instantiate(`op f${text}`, 'f', sizes);
    expect(program).toBeUndefined();
    return errors(diagnostics)[0];
  };

  test('an inexact division is spoken of in symbols and in numbers', () => {
    const found = said(`${blocks}blockdiag(L) * blockdiag(R)`, [12, 5]);
    expect([found?.code, found?.message]).toEqual(['SOP0205', 'n/b: 12/5 is not a whole number']);
    expect(found?.notes[0]?.message).toBe('with n = 12, b = 5');
    expect(found?.hint).toMatch(/ceil/);
  });

  test.each([
    ['[n]() : n -> n where n % 2 == 0, n > 4 = I(n)', [4], 'SOP0206', /n > 4 does not hold: 4 against 4/],
    ['[n](x: [n]) : 1 -> 1 = diag(x[3..4])', [3], 'SOP0208', /position 4 of an axis of 3/],
    ['[n, k](x: [n]) : 1 -> 1 = diag(x[k..k+1])', [3, 3], 'SOP0208', /position 4/],
    ['[n](x: [n]) : n -> n = diag(tabulate(t < n) x[t + 1])', [3], 'SOP0208', /x\[t \+ 1\] reads position 3/],
    ['[n](x: [n]) : n -> n = diag(tabulate(t < n) x[t - 1])', [3], 'SOP0208', /position -1/],
    ['[n]() : n -> n = stride(n, 2)', [5], 'SOP0210', /not n \(= 5\), 2/],
    ['[n]() : n -> n = hadamard(n)', [6], 'SOP0210', /power of 2/],
    ['[n]() : n -> n = bitrev(n)', [0], 'SOP0210', /power of 2/],
    ['[n, m]() : n -> m = pad(m, n)', [3, 2], 'SOP0210', /no smaller/],
    ['[n]() : n-3 -> n-3 = I(n-3)', [2], 'SOP0216', /n-3 is -1, below 0/],
    ['[n]() : n*n -> n*n = I(n*n)', [2 ** 20], 'SOP0216', /the limit is/],
    ['[k]() : 2^(k-1) -> 2^(k-1) = I(2^(k-1))', [0], 'SOP0232', /is 0.5, not a whole number/],
    ['[n]() : n -> n = f[n]()', [2], 'SOP0212', /more than 64 deep/],
    ['[n]() : n -> ceil(n, 2)*2 = I(n)', [3], 'SOP0207', /n -> n/],
    ['[n](x: [min(n, 4)]) : n -> n = diag(x)', [5], 'SOP0207', /min\(n, 4\)/],
  ] as const)('op f%s at %j', (text, sizes, code, words) => {
    const found = said(text, sizes);
    expect(found?.code).toBe(code);
    expect(found?.message).toMatch(words);
  });

  test('sizes not given, and given wrongly', () => {
    const text = 'op f[n, b]() : n -> n = I(n)';
    expect(instantiate(text, 'f', { n: 3 }).diagnostics[0]?.hint).toMatch(/-D b=\.\.\./);
    expect(codes(instantiate(text, 'f', { n: 3, b: -1 }).diagnostics)).toEqual(['SOP0216:1']);
    expect(codes(instantiate(text, 'f', { n: 3, b: 0.5 }).diagnostics)).toEqual(['SOP0232:1']);
    expect(codes(instantiate(text, 'g').diagnostics)).toEqual(['SOP0218']);
  });
});
