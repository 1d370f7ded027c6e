/** Maps from text: steps in order, against functions written by hand; defaults and bindings of parameters. */
import { describe, expect, test } from 'vitest';
import { applied, programOf, rows } from './source.ts';

const A = rows('1 2; -3 4; 0 1');
const x = [0.5, -2];
/** A x */
const y = [-3.5, -9.5, -2];

const erf = (z: number): number => {
  // Abramowitz and Stegun 7.1.6
  let [term, sum] = [z, z];
  for (let n = 1; n < 200; n++) {
    term *= (2 * z * z) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * sum;
};

const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));
const pointwise: Record<string, (z: number) => number> = {
  relu: z => Math.max(z, 0),
  gelu: z => (z / 2) * (1 + erf(z / Math.SQRT2)),
  gelu_tanh: z => (z / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (z + 0.044715 * z ** 3))),
  silu: z => z * sigmoid(z),
  tanh: Math.tanh,
  sigmoid,
};

const near = (values: readonly number[]) => values.map(value => expect.closeTo(value, 9));
const head = 'op f(A: [3, 2], B: [3, 2], b: [3], C: [1, 3]) : 2 -> ';
const run = (rowsOut: number, body: string) =>
  applied(`${head}${rowsOut} = ${body}`, 'f', x, [], {
    A,
    B: rows('1 0; 0 1; 1 1'),
    b: [1, 10, 2],
    C: rows('1 1 1'),
  });

describe('steps', () => {
  test.each(Object.entries(pointwise))('%s', (name, of) => {
    expect(run(3, `dense(A) |> ${name}`)).toEqual(near(y.map(of)));
  });

  test('bias, then an operator', () => {
    expect(run(3, 'dense(A) |> bias(b)')).toEqual([-2.5, 0.5, 0]);
    expect(run(1, 'dense(A) |> bias(2 * b) |> relu |> dense(C)')).toEqual([10.5 + 2]);
  });

  test('a gate sees the input of the whole pipe, and may be a map', () => {
    expect(run(3, 'dense(A) |> bias(b) |> gate(dense(B))')).toEqual([-1.25, -1, 0]);
    expect(run(3, 'dense(A) |> relu |> bias(b) |> gate(dense(B) |> relu)')).toEqual([0.5, 0, 0]);
    expect(run(3, 'dense(A) |> bias(b) |> gate(dense(A) |> gate(dense(B)))')).toEqual(
      [-2.5 * -3.5 * 0.5, 0.5 * -9.5 * -2, 0].map(value => value + 0),
    );
  });

  test('a map in a map, by let, by call, by if', () => {
    expect(run(3, 'let hidden = dense(A) |> bias(b); hidden |> relu')).toEqual([0, 0.5, 0]);
    expect(run(3, 'dense(A) |> (I(3) |> bias(b) |> relu)')).toEqual([0, 0.5, 0]);
    expect(run(3, 'if 2 < 1 then dense(A) else dense(A) |> relu')).toEqual([0, 0, 0]);
    const text = `op layer[n, m](W: [m, n], b: [m]) : n -> m = dense(W) |> bias(b) |> relu
op f(A: [3, 2], b: [3], C: [1, 3]) : 2 -> 1 = layer[2, 3](A, b) |> dense(C)`;
    expect(applied(text, 'f', x, [], { A, b: [1, 10, 2], C: rows('1 1 1') })).toEqual([0.5]);
  });

  test('of nothing', () => {
    expect(applied('op f(b: [0]) : 2 -> 0 = zeros(0, 2) |> bias(b) |> relu', 'f', x, [], { b: [] })).toEqual(
      [],
    );
    expect(
      applied('op f(b: [2]) : 0 -> 2 = zeros(2, 0) |> bias(b) |> relu', 'f', [], [], { b: [3, -1] }),
    ).toEqual([3, 0]);
  });
});

describe('parameters', () => {
  test('names, bindings, dtypes and shapes', () => {
    const text = `op f[n](static a: f16[n], frozen b: bf16[2*n], c: f64[n, 1], call d: [], p: index[n]) : n -> n
      = d * diag(a * b[0..n]) * diag(c[.., 0]) * perm(p)
export f[3] as g`;
    const { name, title, parameters } = programOf(text, 'g');
    expect([name, title]).toEqual(['g', 'f[n=3]']);
    expect(
      parameters.map(({ tensor, written }) => [
        tensor.name,
        tensor.dtype,
        tensor.binding,
        tensor.shape,
        written,
      ]),
    ).toEqual([
      ['g.a', 'f16', 'static', [3], 'f16[n]'],
      ['g.b', 'bf16', 'frozen', [6], 'bf16[2*n]'],
      ['g.c', 'f64', 'learned', [3, 1], 'f64[n, 1]'],
      ['g.d', 'f32', 'call', [], '[]'],
      ['g.p', 'index', 'learned', [3], 'index[n]'],
    ]);
  });

  test('defaults', () => {
    const text = `op f[n](a: [n] = normal("a", n^(-1/2)), b: [n] = uniform("b"), c: [n] = signs("c"), d: [n] = 1/4,
  e: [n, n] = orthogonal("e"), p: index[n] = permutation("p"), q: [n] = tabulate(t < n) t + 1) : n -> n
  = dense(e) * diag(a * b * c * d * q) * perm(p)`;
    const { parameters } = programOf(text, 'f', [4]);
    const found = Object.fromEntries(parameters.map(each => [each.name, each.default]));
    expect(found['a']).toEqual({ kind: 'normal', name: 'a', deviation: 0.5 });
    expect(found['b']).toEqual({ kind: 'uniform', name: 'b' });
    expect(found['c']).toEqual({ kind: 'signs', name: 'c' });
    expect(found['e']).toEqual({ kind: 'orthogonal', name: 'e' });
    expect(found['p']).toEqual({ kind: 'permutation', name: 'p' });
    const shapes = ['d', 'q'].map(name => {
      const value = found[name];
      return value?.kind === 'value' ? value.value.shape : undefined;
    });
    expect(shapes).toEqual([[4], [4]]);
  });

  test('documentation comes from the export, else from the operator', () => {
    const text =
      '/// Of the operator.\nop f[n]() : n -> n = I(n)\n/// Of the export.\nexport f[2] as g\nexport f[3] as h';
    expect(programOf(text, 'g').documentation).toBe('Of the export.');
    expect(programOf(text, 'h').documentation).toBe('Of the operator.');
  });
});
