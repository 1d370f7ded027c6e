/** Combinators, arithmetic of operators and tensors, `let`, `if`, recursion: text against matrices written by hand. */
import { describe, expect, test } from 'vitest';
import { codes, instantiate, matrixOf, rows } from './source.ts';

const A = rows('1 2; 3 4');
const B = rows('0 1; 5 -1');
const head = 'op f(A: [2, 2], B: [2, 2], s: [], d: [2]) : ';
const of = (type: string, body: string, values = {}) =>
  matrixOf(`${head}${type} = ${body}`, 'f', [], { A, B, s: 3, d: [2, 5], ...values });

describe('operators combined', () => {
  test.each([
    ['dense(A) + dense(B)', rows('1 3; 8 3')],
    ['dense(A) - dense(B)', rows('1 1; -2 5')],
    ['-dense(A)', rows('-1 -2; -3 -4')],
    ['dense(A) * dense(B)', rows('10 -1; 20 -1')],
    ['s * dense(A)', rows('3 6; 9 12')],
    ['dense(A) * s', rows('3 6; 9 12')],
    ['dense(A) / s * 3', rows('1 2; 3 4')],
    ['2 * dense(A) - 0.5 * dense(A)', rows('1.5 3; 4.5 6')],
    ["dense(A)' * dense(B)'", rows('3 2; 4 6')],
    ["(dense(A) * dense(B))'", rows('10 20; -1 -1')],
    ['dense(A)^0', rows('1 0; 0 1')],
    ['dense(A)^1', A],
    ['dense(A)^3', rows('37 54; 81 118')],
    ['dense(A)^2 * dense(B)', rows('50 -3; 110 -7')],
    ['sum(i < 3) dense(A)', rows('3 6; 9 12')],
    ['sum(i < 0) dense(A)', rows('0 0; 0 0')],
    ['prod(i < 0) dense(A)', rows('1 0; 0 1')],
    // factor 0 is applied first
    ['prod(i < 2) (if i == 0 then dense(A) else dense(B))', rows('3 4; 2 6')],
    ['prod(dense(B), dense(A))', rows('3 4; 2 6')],
    ['sum(dense(A), dense(B), I(2))', rows('2 3; 8 4')],
    ['dense(A) * sum(i < 2) dense(B) * diag(d)', rows('40 -10; 80 -10')],
    ['let X = dense(A); let Y = X * X; Y - X', rows('6 8; 12 18')],
    ['assume invertible(dense(A))', A],
    ['assume psd(I(2)) * assume symmetric(I(2)) * assume orthogonal(I(2))', rows('1 0; 0 1')],
    ['inv(lower(A))', rows('1 0; -0.75 0.25')],
    ['inv(unitupper(A)) * unitupper(A)', rows('1 0; 0 1')],
    ['reverse(2) * dense(A)', rows('3 4; 1 2')],
    ['diag(dense(A) * d)', rows('12 0; 0 26')],
    ['dense(dense(A) * B)', rows('10 -1; 20 -1')],
    ["dense((diag(d) * dense(A))' * B)", rows('75 -13; 100 -16')],
  ])('%s', (body, matrix) => {
    expect(of('2 -> 2', body)).toEqual(matrix);
  });

  test.each([
    ['dsum(dense(A), I(1))', '3 -> 3', rows('1 2 0; 3 4 0; 0 0 1')],
    ['dsum(i < 2) diag(d)', '4 -> 4', rows('2 0 0 0; 0 5 0 0; 0 0 2 0; 0 0 0 5')],
    ['dsum(i < 3) I(i)', '3 -> 3', rows('1 0 0; 0 1 0; 0 0 1')],
    ['dsum(i < 0) I(5)', '0 -> 0', []],
    ['hstack(i < 2) dense(A)', '4 -> 2', rows('1 2 1 2; 3 4 3 4')],
    ['vstack(i < 2) dense(A[i..i+1])', '2 -> 2', A],
    ['hstack(dense(A), zeros(2, 1))', '3 -> 2', rows('1 2 0; 3 4 0')],
    ['vstack(dense(A), zeros(0, 2))', '2 -> 2', A],
    ['[dense(A), I(2); zeros(1, 2), dense(B[0..1])]', '4 -> 3', rows('1 2 1 0; 3 4 0 1; 0 0 0 1')],
    ['[dense(A)]', '2 -> 2', A],
    ['kron(I(2), dense(A))', '4 -> 4', rows('1 2 0 0; 3 4 0 0; 0 0 1 2; 0 0 3 4')],
    ['kron(dense(A), I(2))', '4 -> 4', rows('1 0 2 0; 0 1 0 2; 3 0 4 0; 0 3 0 4')],
    ['offdiag(vstack(dense(A), dense(B)))', '2 -> 4', rows('0 2; 3 0; 0 1; 5 -1')],
    ["pad(3, 2) * dense(A) * pad(3, 2)'", '3 -> 3', rows('1 2 0; 3 4 0; 0 0 0')],
  ])('%s : %s', (body, type, matrix) => {
    expect(of(type, body)).toEqual(matrix);
  });
});

describe('tensor expressions', () => {
  test.each([
    ['A + B', rows('1 3; 8 3')],
    ['A * B', rows('0 2; 15 -4')],
    ['A - 1', rows('0 1; 2 3')],
    ['1 - A', rows('0 -1; -2 -3')],
    ['-A', rows('-1 -2; -3 -4')],
    ['3 * A / s', rows('1 2; 3 4')],
    ['A^2', rows('1 4; 9 16')],
    ['2^A', rows('2 4; 8 16')],
    ['max(A, 2) - min(A, B)', rows('2 1; 0 5')],
    ['abs(B)', rows('0 1; 5 1')],
    ['relu(B) + 0 * exp(A)', rows('0 1; 5 0')],
    ['sqrt(A * A)', A],
    ['exp(log(A))', A],
    ['outer(d, d)', rows('4 10; 10 25')],
    ['dot(d, d) * A', rows('29 58; 87 116')],
    ['inner(d, A[0]) * A', rows('12 24; 36 48')],
    ['normalize(A * 0)', rows('0 0; 0 0')],
    ['outer(normalize(d * 0 + 1), d) * 2^(1/2)', rows('2 5; 2 5')],
    ['B * (if 1 < 2 then s else 1)', rows('0 3; 15 -3')],
    ['outer(tabulate(t < 2) t % 2 + 1, tabulate(t < 2) d[1 - t])', rows('5 2; 10 4')],
    ['outer(tabulate(t < 2) (t + 1)/2, A[1])', rows('1.5 2; 3 4')],
    ['A * cos(0) + sin(0) + tanh(0) + silu(0)', A],
    ['A * sigmoid(0) * 2 + (softplus(0) - log(2))', A],
    ['A * cos(2 * pi)', A],
  ])('dense(%s)', (tensor, matrix) => {
    expect(of('2 -> 2', `dense(${tensor})`)).toEqual(matrix);
  });

  test('slices and positions on every axis', () => {
    const T = [rows('1 2; 3 4; 5 6'), rows('7 8; 9 10; 11 12')];
    const slice = (type: string, index: string) =>
      matrixOf(`op f(T: [2, 3, 2]) : ${type} = dense(T${index})`, 'f', [], { T });
    expect(slice('2 -> 3', '[1]')).toEqual(T[1]);
    expect(slice('2 -> 2', '[.., 1]')).toEqual(rows('3 4; 9 10'));
    expect(slice('3 -> 2', '[.., .., 0]')).toEqual(rows('1 3 5; 7 9 11'));
    expect(slice('2 -> 1', '[0, 2..3]')).toEqual(rows('5 6'));
    expect(slice('2 -> 0', '[0, 3..3]')).toEqual([]);
    expect(slice('1 -> 2', '[0][0..2, 1..2]')).toEqual(rows('2; 4'));
  });

  test('positions from an index parameter', () => {
    const text = 'op f(p: index[2], K: [3, 2, 2]) : 2 -> 2 = dense(K[p[1]])';
    const K = [A, B, rows('9 9; 9 9')];
    expect(matrixOf(text, 'f', [], { p: [2, 1], K })).toEqual(B);
  });

  test('nothing broadcasts silently', () => {
    for (const body of ['A + d', 'A * d', 'max(A, d)', 'A^d', 'dot(d, A[0..1])']) {
      const { program, diagnostics } = instantiate(`${head}2 -> 2 = dense(${body})`, 'f');
      expect(program).toBeUndefined();
      expect(codes(diagnostics)[0]).toMatch(/SOP02(09|10)/);
    }
  });
});

describe('sizes, conditions, recursion', () => {
  test('a choice at instantiation', () => {
    const text = 'op f[n]() : n -> n = if n % 2 == 0 then reverse(n) else I(n)';
    expect(matrixOf(text, 'f', [2])).toEqual(rows('0 1; 1 0'));
    expect(matrixOf(text, 'f', { n: 1 })).toEqual(rows('1'));
    expect(matrixOf(text, 'f', [0])).toEqual([]);
  });

  test('the Hadamard matrix by recursion is the leaf', () => {
    const text = `op h[k]() : 2^k -> 2^k
      = if k == 0 then I(1) else kron([I(1), I(1); I(1), -I(1)], h[k-1]())
    op leaf[k]() : 2^k -> 2^k = hadamard(2^k)`;
    for (const k of [0, 1, 2, 3]) expect(matrixOf(text, 'h', [k])).toEqual(matrixOf(text, 'leaf', [k]));
  });

  test('a butterfly of k stages', () => {
    const text = `op butterfly[k](W: [k, 2^(k-1), 2, 2]) : 2^k -> 2^k
      = prod(i < k) kron(I(2^i), stride(2^(k-i), 2^(k-i-1))') * blockdiag(W[i])
        * kron(I(2^i), stride(2^(k-i), 2^(k-i-1)))`;
    const stage = rows('1 1; 1 -1');
    const W = [
      [stage, stage],
      [stage, stage],
    ];
    expect(matrixOf(text, 'butterfly', [2], { W })).toEqual(matrixOf('op h() : 4 -> 4 = hadamard(4)', 'h'));
  });

  test('Monarch with b ≠ n/b, and MM* of two', () => {
    const text = `op monarch[n, b](L: [n/b, b, b], R: [b, n/b, n/b]) : n -> n
      = swap(n/b, b) * blockdiag(L) * swap(b, n/b) * blockdiag(R)
    op square[n, b](L: [n/b, b, b], R: [b, n/b, n/b]) : n -> n = monarch[n, b](L, R) * monarch[n, b](L, R)'`;
    const [n, b] = [6, 2];
    const q = n / b;
    const L = Array.from({ length: q }, (_, g) =>
      Array.from({ length: b }, (_, i) => Array.from({ length: b }, (_, j) => g + 2 * i - j)),
    );
    const R = Array.from({ length: b }, (_, g) =>
      Array.from({ length: q }, (_, i) => Array.from({ length: q }, (_, j) => g - i + 3 * j)),
    );
    // y[u·b' ...]: M[(i, j), (k, l)] = L[j][i][k] · R[k][j][l] with the input (k, l), the output (j, i) swapped back.
    const expected = Array.from({ length: n }, (_, row) =>
      Array.from({ length: n }, (_, column) => {
        const [i, j] = [Math.floor(row / q), row % q];
        const [k, l] = [Math.floor(column / q), column % q];
        return (L[j]?.[i]?.[k] ?? 0) * (R[k]?.[j]?.[l] ?? 0);
      }),
    );
    const matrix = matrixOf(text, 'monarch', [n, b], { L, R });
    expect(matrix).toEqual(expected.map(row => row.map(value => value + 0)));
    const product = matrix.map(row =>
      matrix.map(other => row.reduce((sum, x, k) => sum + x * (other[k] ?? 0), 0)),
    );
    expect(matrixOf(text, 'square', [n, b], { L, R })).toEqual(product);
  });

  test('where equations carry a rectangular product', () => {
    const text = `op rect[k, q, p, l, s, r](W1: [k, q, p], W2: [l, s, r]) : k*p -> l*s where l*r == k*q
      = stride(l*s, s) * blockdiag(W2) * stride(k*q, l) * blockdiag(W1)`;
    const ones = (...shape: number[]): never =>
      shape.reduceRight<unknown>((inner, n) => Array.from({ length: n }, () => inner), 1) as never;
    const matrix = matrixOf(text, 'rect', [2, 3, 1, 3, 2, 2], { W1: ones(2, 3, 1), W2: ones(3, 2, 2) });
    expect(matrix).toEqual(Array.from({ length: 6 }, () => [1, 1]));
    expect(codes(instantiate(text, 'rect', [2, 3, 1, 3, 2, 1]).diagnostics)).toEqual(['SOP0206:1']);
  });

  test('ceil, min, max and % in shapes are compared when they have values', () => {
    const text = `op f[n, b]() : n -> ceil(n, b)*b = pad(ceil(n, b)*b, n)
    op g[n, b]() : n -> n = pad(ceil(n, b)*b, n)' * I(b*ceil(n, b)) * f[n, b]()
    op h[n, m](d: [min(n, m)]) : n -> m = if n <= m then pad(m, n) * diag(d) else diag(d) * pad(n, m)'`;
    expect(matrixOf(text, 'f', [3, 2])).toEqual(rows('1 0 0; 0 1 0; 0 0 1; 0 0 0'));
    expect(matrixOf(text, 'g', [2, 2])).toEqual(rows('1 0; 0 1'));
    expect(matrixOf(text, 'h', [1, 2], { d: [7] })).toEqual(rows('7; 0'));
    expect(matrixOf(text, 'h', [2, 1], { d: [7] })).toEqual(rows('7 0'));
  });

  test('lets are lazy: one that is not read may be impossible', () => {
    const text =
      "op f[n](W: [n, n]) : n -> n = let X = dense(W[0..n, 0..n/2]); if n == 1 then dense(W) else X * X'";
    expect(matrixOf(text, 'f', [1], { W: rows('3') })).toEqual(rows('3'));
    expect(codes(instantiate(text, 'f', [3]).diagnostics)).toEqual(['SOP0205:1']);
  });
});
