/** Hostile sources: everything ends soon, with a diagnostic where a limit is met. */
import { describe, expect, test } from 'vitest';
import { codes, errors, instantiate, type Sizes } from './source.ts';

const times = (count: number, part: (index: number) => string, between = ' '): string =>
  Array.from({ length: count }, (_, index) => part(index)).join(between);

const said = (text: string, sizes: Sizes = []) => {
  const { program, diagnostics } = instantiate(text, 'f', sizes);
  const found = errors(diagnostics);
  return program === undefined ? [...new Set(found.map(each => each.code))] : 'a program';
};

const doubling = (first: string, next: (name: string) => string) =>
  `op f(W: [4, 4]) : 4 -> 4 = let a0 = ${first}; ${times(40, k => `let a${k + 1} = ${next(`a${k}`)};`)} a40`;

describe('what would grow without end', () => {
  test.each([
    ['products of lets', doubling('dense(W)', a => `${a} * ${a}`), ['SOP0219']],
    ['sums of lets', doubling('dense(W)', a => `${a} * dense(W) + ${a}`), ['SOP0219']],
    ['tensors of lets', doubling('W', a => `${a} + ${a}`).replace(/a40$/, 'dense(a40)'), ['SOP0219']],
    ['maps of lets', doubling('dense(W) |> relu', a => `${a} |> ${a}`), ['SOP0219']],
    ['gates of lets', doubling('dense(W) |> relu', a => `${a} |> gate(${a})`), 'a program'],
    [
      'calls of calls, equal arguments',
      `${times(40, k => `op g${k + 1}(W: [4, 4]) : 4 -> 4 = g${k}(W) * g${k}(W)`, '\n')}
op g0(W: [4, 4]) : 4 -> 4 = dense(W)
op f(W: [4, 4]) : 4 -> 4 = g40(W)`,
      ['SOP0219'],
    ],
    [
      'calls of calls, other arguments',
      `op g[k](W: [4, 4]) : 4 -> 4 = if k == 0 then dense(W) else g[k-1](W + 1) + g[k-1](2 * W)
op f(W: [4, 4]) : 4 -> 4 = g[40](W)`,
      ['SOP0219'],
    ],
    ['powers of powers', 'op f(W: [4, 4]) : 4 -> 4 = (dense(W)^4000)^4000', ['SOP0219']],
    ['a large power', 'op f(W: [4, 4]) : 4 -> 4 = dense(W)^5000', ['SOP0216']],
    [
      'copies along a diagonal',
      'op f() : 3*2^20 -> 3*2^20 = kron(I(2^20), dsum(I(1), reverse(2)))',
      ['SOP0219'],
    ],
    ['parts of an indexed sum', 'op f(w: []) : 1 -> 1 = sum(i < 2^30) w * I(1)', ['SOP0219']],
    [
      'a chain of lets',
      `op f(W: [4]) : 4 -> 4 = let a0 = W; ${times(2000, k => `let a${k + 1} = a${k} + 1;`)} diag(a2000)`,
      ['SOP0231'],
    ],
    ['indices of indices', `op f(W: [4]) : 4 -> 4 = diag(W${'[0]'.repeat(800)})`, ['SOP0231']],
  ])('%s', (_name, text, expected) => {
    expect(said(text)).toEqual(expected);
  });
});

describe('recursion', () => {
  test('without end, through another operator, away from its end', () => {
    expect(said('op f(W: [2, 2]) : 2 -> 2 = f(W) * dense(W)')).toEqual(['SOP0212']);
    expect(said('op f() : 2 -> 2 = g()\nop g() : 2 -> 2 = f()')).toEqual(['SOP0212']);
    expect(said('op f[n]() : 2 -> 2 = if n == 1 then I(2) else f[n+1]()', [2])).toEqual(['SOP0212']);
  });
  test('up to 64 deep', () => {
    const text =
      'op f[n](W: [2, 2]) : 2 -> 2 = if n == 0 then I(2) else (dense(W) + kron(I(1), f[n-1](W))) * I(2)';
    expect(said(text, [64])).toBe('a program');
    expect(said(text, [65])).toEqual(['SOP0212']);
  });
});

describe('sizes', () => {
  test.each([
    ['a literal beyond 2^53', 'op f() : 4 -> 4 = I(99999999999999999999)', [], ['SOP0216']],
    ['a size beyond 2^31', 'op f[n]() : n -> n = I(n)', [2 ** 31 + 1], ['SOP0216']],
    ['arithmetic beyond 2^53', 'op f[n]() : n -> n = pad(n, n^9 / n^8)', [10_000], ['SOP0216']],
    ['a power that is infinite', 'op f[n]() : 2^n -> 2^n = I(2^n)', [5000], ['SOP0216']],
    ['a tensor beyond 2^31 entries', 'op f[n](W: [n, n]) : n -> n = dense(W)', [2 ** 20], ['SOP0216']],
    ['a product of tensors beyond', 'op f[n](w: [n]) : n -> n = dense(outer(w, w))', [2 ** 20], ['SOP0216']],
    [
      'a side beyond 2^31',
      "op f[n]() : n -> n = pad(n^3, n)' * kron(I(n^2), I(n)) * pad(n^3, n)",
      [2 ** 12],
      ['SOP0216'],
    ],
    ['a division by nothing', 'op f[n](W: [n]) : n -> n = diag(W[0..n/(n-n)])', [4], ['SOP0205']],
    [
      'a remainder by nothing',
      'op f[n]() : n -> n = if n % (n-n) == 0 then I(n) else I(n)',
      [4],
      ['SOP0205'],
    ],
    [
      'nothing',
      `op f[n](W: [n, n], w: [n]) : n -> n = dense(W) * diag(w) * dct(n) * householder(w) * circulant(w)
  * toeplitz(w, w) * rotate(n, 1) * (hstack(i < n) zeros(n, 1)) * (dsum(i < n) I(1)) * (prod(i < n) reverse(n))`,
      [0],
      'a program',
    ],
    [
      'long sums',
      `op f[${times(60, k => `a${k}`, ', ')}]() : 60 -> 60 = I(${times(60, k => `a${k}`, ' + ')})`,
      Array(60).fill(1),
      ['SOP0207'],
    ],
    [
      'long products',
      `op f[${times(16, k => `a${k}`, ', ')}]() : 1 -> 1 = I(${times(16, k => `(a${k} + 1)`, ' * ')})`,
      Array(16).fill(0),
      ['SOP0207'],
    ],
    [
      'long products of what is opaque',
      `op f[${times(16, k => `a${k}`, ', ')}]() : 1 -> 1 = I(${times(16, k => `(a${k} % 3 + 1)`, ' * ')})`,
      Array(16).fill(0),
      ['SOP0207'],
    ],
  ] as const)('%s', (_name, text, sizes, expected) => {
    expect(said(text, sizes)).toEqual(expected);
  });
});

test('patterns of a thousand entries are compiled, larger ones are not yet', () => {
  const pattern = (count: number) =>
    `pattern g[64, 64] { ${times(count, k => `${Math.floor(k / 64)} -> ${k % 64}`, ', ')} }
op f(w: g) : 64 -> 64 = sparse(g, w)`;
  expect(said(pattern(1024))).toBe('a program');
  expect(said(pattern(1025))).toEqual(['SOP0211']);
});

describe('what is long and honest', () => {
  test('ten thousand factors, and twice as many in about twice the time', () => {
    const text = 'op f[k](w: [2]) : 2 -> 2 = prod(i < k) diag(w)';
    const time = (count: number): number => {
      const start = performance.now();
      expect(said(text, [count])).toBe('a program');
      return performance.now() - start;
    };
    time(10_000);
    const [once, twice] = [time(10_000), time(20_000)];
    expect(twice).toBeLessThan(8 * once + 200);
  });

  test('thousands of operators', () => {
    expect(
      said(`${times(1000, k => `op g${k}[n]() : n -> n = I(n)`, '\n')}\nop f() : 2 -> 2 = g999[2]()`),
    ).toBe('a program');
  });

  test('many messages, each found once', () => {
    const { diagnostics } = instantiate(
      times(300, k => `op g${k}[n, m](W: [m, n]) : n -> n = dense(W)`, '\n'),
      'g0',
    );
    expect(new Set(codes(errors(diagnostics))).size).toBe(300);
  });
});
