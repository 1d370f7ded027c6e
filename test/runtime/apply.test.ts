/** Generated modules compute what their operators mean, however the rows lie and however many there are. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type Create,
  type CreateAll,
  type CreateSync,
  difference,
  type Imported,
  imported,
  meaning,
  numbers,
  single,
} from './support.ts';

const text = `
param shared: [6, 6]
op monarch12(L: [4, 3, 3], R: [3, 4, 4]) : 12 -> 12
  = swap(4, 3) * blockdiag(L) * swap(3, 4) * blockdiag(R)
op wide(W: [7, 5]) : 5 -> 7 = dense(W)
op first() : 6 -> 6 = dense(shared)
op second(d: [6]) : 6 -> 6 = dense(shared) * diag(d)
op layer(W: [7, 5], b: [7]) : 5 -> 7 = dense(W) |> bias(b) |> silu
op blend(W: [5, 5], V: [5, 5], call a: []) : 5 -> 5 = a * dense(W) + (1 - a) * dense(V)
`;

const tolerance = 5e-6;
const [L, R, W] = [single(36, 1), single(48, 2), single(35, 3)];
let module: Imported;
beforeAll(async () => {
  module = await imported(text);
});
const create = (name: string): Create => module.exported[`create${name}`] as Create;

describe('apply', () => {
  test.each([0, 1, 2, 3, 5, 17, 48])('a batch of %i', async batch => {
    const operator = await create('Monarch12')({ params: { L, R } });
    const x = single(12 * batch, 4);
    const y = operator.apply(x);
    const expected = meaning(module, 'monarch12', { 'monarch12.L': L, 'monarch12.R': R }, x);
    expect(y).toBeInstanceOf(Float32Array);
    expect(difference(y, expected)).toBeLessThan(tolerance);
  });

  test('any strides, offsets and batches, into the caller’s array', async () => {
    const operator = await create('Wide')({ params: { W } });
    await fc.assert(
      fc.asyncProperty(
        fc.nat(40),
        fc.integer({ min: 5, max: 11 }),
        fc.integer({ min: 7, max: 12 }),
        fc.nat(3),
        fc.boolean(),
        async (batch, rowStride, outRowStride, offset, isTrimmed) => {
          const trim = (stride: number, width: number) =>
            isTrimmed && batch > 0 ? (batch - 1) * stride + width : batch * stride;
          const x = single(offset + trim(rowStride, 5), 5).subarray(offset);
          const out = new Float32Array(offset + trim(outRowStride, 7)).fill(7).subarray(offset);
          expect(operator.apply(x, { rowStride, outRowStride, out })).toBe(out);
          for (let row = 0; row < batch; row++) {
            const input = x.subarray(row * rowStride, row * rowStride + 5);
            const output = out.subarray(row * outRowStride, row * outRowStride + 7);
            expect(difference(output, meaning(module, 'wide', { 'wide.W': W }, input))).toBeLessThan(
              tolerance,
            );
            const gap = out.subarray(row * outRowStride + 7, (row + 1) * outRowStride);
            expect(gap.every(value => value === 7)).toBe(true);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('the adjoint pairs with apply; maps have none', async () => {
    const operator = await create('Wide')({ params: { W } });
    const [x, y] = [single(5, 6), single(7, 7)];
    const dot = (a: ArrayLike<number>, b: Float32Array) =>
      b.reduce((sum, value, i) => sum + value * (a[i] ?? 0), 0);
    expect(dot(operator.apply(x), y)).toBeCloseTo(dot(operator.adjoint?.(y) ?? [], x), 5);
    const layer = await create('Layer')({ params: { W, b: single(7, 1) } });
    expect('adjoint' in layer).toBe(false);
  });

  test('in place and overlapping arrays', async () => {
    const operator = await create('Monarch12')({ params: { L, R } });
    const memory = single(12 * 9, 8);
    const expected = operator.apply(memory.slice(0, 12 * 8));
    operator.apply(memory.subarray(0, 12 * 8), { out: memory.subarray(6, 6 + 12 * 8) });
    expect(memory.subarray(6, 6 + 12 * 8)).toEqual(expected);
  });

  test('a batch that the memory holds only in parts', async () => {
    const small = await create('Wide')({ params: { W }, memoryLimitBytes: 131072 });
    const large = await create('Wide')({ params: { W } });
    const x = single(5 * 20011, 9);
    expect(small.apply(x)).toEqual(large.apply(x));
  });

  test('two operators, two instances, interleaved', async () => {
    const [a, b] = [
      await create('Wide')({ params: { W } }),
      await create('Wide')({ params: { W: single(35, 4) } }),
    ];
    const x = single(5 * 3, 1);
    const [first, second] = [a.apply(x), b.apply(x)];
    a.apply(single(5 * 50000, 2));
    expect(a.apply(x)).toEqual(first);
    expect(b.apply(x)).toEqual(second);
    expect(difference(first, second)).toBeGreaterThan(0.01);
  });

  test('f64 modules take and give Float64Array', async () => {
    const double = await imported(text, { scalar: 'f64' });
    const values = { 'monarch12.L': numbers(36, 1), 'monarch12.R': numbers(48, 2) };
    const operator = (double.exported['createMonarch12Sync'] as CreateSync)({
      params: { L: values['monarch12.L'], R: values['monarch12.R'] },
    });
    const x = numbers(12 * 5, 3);
    const y = operator.apply(x);
    expect(y).toBeInstanceOf(Float64Array);
    expect(difference(y, meaning(double, 'monarch12', values, x))).toBeLessThan(1e-14);
    expect(() => operator.apply(single(12, 1))).toThrow(/x is a Float64Array, got Float32Array/);
  });

  test('relaxed SIMD first, strict kernels behind it', async () => {
    const relaxed = await imported(text, { profile: 'wasm-relaxed' });
    const names = relaxed.compiled.artifacts.map(artifact => artifact.name);
    expect(names.filter(name => name.endsWith('.wat'))).toEqual(['layers.wat', 'layers.wasm-simd128.wat']);
    const x = single(12 * 5, 4);
    const expected = meaning(module, 'monarch12', { 'monarch12.L': L, 'monarch12.R': R }, x);
    const createRelaxed = relaxed.exported['createMonarch12'] as Create;
    const strict = await createRelaxed({ params: { L, R }, profile: 'wasm-simd128' });
    expect(strict.apply(x)).toEqual((await create('Monarch12')({ params: { L, R } })).apply(x));
    const best = await createRelaxed({ params: { L, R } });
    expect(difference(best.apply(x), expected)).toBeLessThan(tolerance);
  });

  test('kernels in a file beside the module', async () => {
    const apart = await imported(text, { inline: false });
    const operator = await (apart.exported['createWide'] as Create)({ params: { W } });
    expect(operator.apply(single(5, 1))).toEqual(
      (await create('Wide')({ params: { W } })).apply(single(5, 1)),
    );
    const wasm = apart.compiled.artifacts.find(({ name }) => name.endsWith('.wasm'))
      ?.contents as Uint8Array<ArrayBuffer>;
    const again = (await imported(text, { inline: false })).exported['createWideSync'] as CreateSync;
    expect(() => again({ params: { W } })).toThrow(/asynchronous/);
    expect(again({ params: { W }, wasm }).apply(single(5, 1))).toEqual(operator.apply(single(5, 1)));
  });
});

describe('parameters', () => {
  test('update repacks what reads it', async () => {
    const operator = await create('Monarch12')({ params: { L, R } });
    const x = single(24, 4);
    const next = single(48, 11);
    operator.update('R', next);
    const expected = meaning(module, 'monarch12', { 'monarch12.L': L, 'monarch12.R': next }, x);
    expect(difference(operator.apply(x), expected)).toBeLessThan(tolerance);
  });

  test('one module: shared parameters, keys, updates seen by every operator', async () => {
    const values = {
      shared: single(36, 1),
      'second.d': single(6, 2),
      'monarch12.L': L,
      'monarch12.R': R,
      'wide.W': W,
      'layer.W': W,
      'layer.b': single(7, 3),
      'blend.W': single(25, 4),
      'blend.V': single(25, 5),
    };
    const all = await (module.exported['create'] as CreateAll)({ params: values });
    const x = single(12, 6);
    const check = () => {
      for (const name of ['first', 'second', 'monarch12'])
        expect(difference(all[name]?.apply(x) ?? [], meaning(module, name, values, x))).toBeLessThan(
          tolerance,
        );
    };
    check();
    values.shared = single(36, 7);
    all.update('shared', values.shared);
    check();
    values['second.d'] = single(6, 8);
    all['second']?.update('d', values['second.d']);
    check();
    all['second']?.dispose();
    expect(() => all['second']?.apply(x)).toThrow(/second was disposed of/);
    expect(all['first']?.apply(x)).toHaveLength(12);
    all.dispose();
    expect(() => all['first']?.apply(x)).toThrow(/disposed/);
  });

  test('operators whose names differ in case only, or are names of the module’s own', async () => {
    const clashing = 'op update(d: [2]) : 2 -> 2 = diag(d)\nop Update(d: [2]) : 2 -> 2 = -1 * diag(d)';
    const { exported } = await imported(clashing);
    const d = Float32Array.of(1, 2);
    const y = async (name: string) => [...(await (exported[name] as Create)({ params: { d } })).apply(d)];
    expect(await y('createUpdate')).toEqual([1, 4]);
    expect(await y('createUpdate2')).toEqual([-1, -4]);
    const all = await (exported['create'] as CreateAll)({ params: { 'update.d': d, 'Update.d': d } });
    all.update('update.d', Float32Array.of(3, 3));
    expect([...(all['Update']?.apply(d) ?? [])]).toEqual([-1, -4]);
  });

  test('call parameters arrive with each call', async () => {
    const values = { 'blend.W': single(25, 4), 'blend.V': single(25, 5) };
    const operator = await create('Blend')({ params: { W: values['blend.W'], V: values['blend.V'] } });
    const x = single(15, 6);
    for (const a of [1, 0.25, 0]) {
      const expected = meaning(module, 'blend', { ...values, 'blend.a': [a] }, x);
      expect(difference(operator.apply(x, { call: { a } }), expected)).toBeLessThan(tolerance);
    }
    expect(() => operator.apply(x)).toThrow(/blend needs a: \[\]/);
    expect(() => operator.apply(x, { call: { b: 1 } })).toThrow(/no parameter b here; it has: a/);
  });

  test('half precision, numbers and copies', async () => {
    const halves = Uint16Array.from(
      { length: 35 },
      (_, i) => [0x3c00, 0xc000, 0x3555, 0x0001, 0x8000][i % 5] ?? 0,
    );
    const values = Float32Array.from(
      { length: 35 },
      (_, i) => [1, -2, 0.333251953125, 2 ** -24, -0][i % 5] ?? 0,
    );
    const x = single(5, 1);
    const fromHalves = await create('Wide')({ params: { W: { dtype: 'f16', data: halves } } });
    const plain = await create('Wide')({ params: { W: values } });
    expect(fromHalves.apply(x)).toEqual(plain.apply(x));
    const upper = Uint16Array.from(
      W,
      value => (new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0) >>> 16,
    );
    const truncated = Float32Array.from(
      upper,
      bits => new Float32Array(Uint32Array.of(bits << 16).buffer)[0] ?? 0,
    );
    const fromBrains = await create('Wide')({ params: { W: { dtype: 'bf16', data: upper } } });
    expect(fromBrains.apply(x)).toEqual((await create('Wide')({ params: { W: [...truncated] } })).apply(x));
    const mine = W.slice();
    const copied = await create('Wide')({ params: { W: mine } });
    const before = copied.apply(x);
    mine.fill(0);
    expect(copied.apply(x)).toEqual(before);
  });
});
