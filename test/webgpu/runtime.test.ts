/** Generated modules on WebGPU compute what their operators mean: on arrays, and in passes of the caller. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { GpuOperator } from '../../runtime/gpu.ts';
import { drawValues } from '../../runtime/index.ts';
import { withMembers } from '../../src/cli/poison.ts';
import { at } from '../../src/core/invariant.ts';
import { describeParameters } from '../../src/module/describe.ts';
import { difference, type Imported, meaning, single } from '../runtime/support.ts';
import {
  type CreateAllOnGpu,
  creatorOf,
  engine,
  importedForGpu,
  inOnePass,
  newDevice,
  readBuffer,
  storageBuffer,
  timeoutMs,
} from './device.ts';

const text = `
param shared: [6, 6]
op monarch12(L: [4, 3, 3], R: [3, 4, 4]) : 12 -> 12
  = swap(4, 3) * blockdiag(L) * swap(3, 4) * blockdiag(R)
op wide(W: [7, 5]) : 5 -> 7 = dense(W)
op first() : 6 -> 6 = dense(shared)
op second(d: [6]) : 6 -> 6 = dense(shared) * diag(d)
op layer(W: [7, 5], b: [7]) : 5 -> 7 = dense(W) |> bias(b) |> silu
op blend(W: [5, 5], V: [5, 5], call a: []) : 5 -> 5 = a * dense(W) + (1 - a) * dense(V)
op nothing(W: [3, 0]) : 0 -> 3 = dense(W)
`;

/** Dot products of a few terms of size about 1, by factors of the same. */
const tolerance = 2e-5;
const [L, R, W] = [single(36, 1), single(48, 2), single(35, 3)];

describe.runIf(engine.kind === 'engine')('on a device', { timeout: timeoutMs }, () => {
  let module: Imported;
  let device: GPUDevice;
  beforeAll(async () => {
    [module, device] = await Promise.all([importedForGpu(text), newDevice()]);
  }, timeoutMs);
  const create = (name: string, params: Record<string, Float32Array>, on = device) =>
    creatorOf(module, name)({ device: on, params });

  describe('apply', () => {
    test.each([0, 1, 2, 3, 5, 17, 48])('a batch of %i', async batch => {
      const operator = await create('Monarch12', { L, R });
      const x = single(12 * batch, 4);
      const y = await operator.apply(x);
      const expected = meaning(module, 'monarch12', { 'monarch12.L': L, 'monarch12.R': R }, x);
      expect(y).toBeInstanceOf(Float32Array);
      expect(difference(y, expected)).toBeLessThan(tolerance);
    });

    test('strides and offsets, into the caller’s array', async () => {
      const operator = await create('Wide', { W });
      const x = single(2 + 4 * 8, 5).subarray(2);
      const out = new Float32Array(3 + 4 * 9).fill(7).subarray(3);
      expect(await operator.apply(x, { rowStride: 8, outRowStride: 9, out })).toBe(out);
      for (let row = 0; row < 4; row++) {
        const input = x.subarray(row * 8, row * 8 + 5);
        const expected = meaning(module, 'wide', { 'wide.W': W }, input);
        expect(difference(out.subarray(row * 9, row * 9 + 7), expected)).toBeLessThan(tolerance);
        expect([...out.subarray(row * 9 + 7, row * 9 + 9)]).toEqual([7, 7]);
      }
    });

    test('calls that overlap, of growing and shrinking batches, each with its own input', async () => {
      const operator = await create('Wide', { W });
      const batches = [3, 50, 1, 200, 7];
      const inputs = batches.map((batch, k) => single(5 * batch, k));
      const pending = inputs.map(x => {
        const given = x.slice();
        const call = operator.apply(given);
        given.fill(Number.NaN);
        return call;
      });
      const results = await Promise.all(pending);
      inputs.forEach((x, k) => {
        expect(difference(at(results, k), meaning(module, 'wide', { 'wide.W': W }, x))).toBeLessThan(
          tolerance,
        );
      });
    });

    test('a batch that bindings and groups hold only in parts', async () => {
      const limits = new Proxy(device.limits, {
        get: (target, key) =>
          key === 'maxStorageBufferBindingSize'
            ? 4096
            : key === 'maxComputeWorkgroupsPerDimension'
              ? 2
              : Reflect.get(target, key, target),
      });
      const small = await create('Wide', { W }, withMembers(device, { limits }));
      const x = single(5 * 1001, 9);
      const expected = meaning(module, 'wide', { 'wide.W': W }, x);
      expect(difference(await small.apply(x), expected)).toBeLessThan(tolerance);
      const [from, to] = [storageBuffer(device, x), storageBuffer(device, new Float32Array(7 * 1001))];
      inOnePass(device, pass => small.encode(pass, { x: from, y: to, batch: 1001 }));
      expect(difference(await readBuffer(device, to, 7 * 1001), expected)).toBeLessThan(tolerance);
    });

    test('more rows than one launch takes', async () => {
      const made = await importedForGpu('op one(d: [1]) : 1 -> 1 = diag(d)', { modes: ['apply'] });
      const operator = await creatorOf(made, 'One')({ device, params: { d: [3] } });
      const x = single(2 ** 20 + 5, 1);
      expect(
        difference(
          await operator.apply(x),
          x.map(value => 3 * value),
        ),
      ).toBeLessThan(tolerance);
    });

    test('values between factors that no group has room for', async () => {
      const spilling =
        'op f(A: [4100, 3], B: [2, 4100], W: [2, 3]) : 3 -> 2 = dense(W) + dense(B) * dense(A)';
      const made = await importedForGpu(spilling, { modes: ['apply'] });
      const values = { 'f.A': single(12300, 1), 'f.B': single(8200, 2), 'f.W': single(6, 3) };
      const params = { A: values['f.A'], B: values['f.B'], W: values['f.W'] };
      const operator = await creatorOf(made, 'F')({ device, params });
      const x = single(15, 4);
      expect(difference(await operator.apply(x), meaning(made, 'f', values, x))).toBeLessThan(1e-2);
    });

    test('no input at all, and mistakes', async () => {
      const nothing = await create('Nothing', { W: new Float32Array(0) });
      expect([...(await nothing.apply(new Float32Array(0), { batch: 2 }))]).toEqual([0, 0, 0, 0, 0, 0]);
      const operator = await create('Wide', { W });
      await expect(operator.apply(new Float32Array(6))).rejects.toThrow(/x has rows of 5 numbers, got 6/);
      await expect(operator.apply(single(5, 1), { call: { a: 1 } })).rejects.toMatchObject({
        code: 'parameter-unknown',
      });
      await expect(create('Wide', {})).rejects.toMatchObject({ code: 'parameter-missing' });
    });
  });

  describe('parameters', () => {
    test('update repacks what reads it, for the calls that follow', async () => {
      const operator = await create('Monarch12', { L, R });
      const [x, next] = [single(24, 4), single(48, 11)];
      const before = operator.apply(x);
      operator.update('R', next);
      const after = operator.apply(x);
      for (const [result, values] of [
        [before, R],
        [after, next],
      ] as const) {
        const expected = meaning(module, 'monarch12', { 'monarch12.L': L, 'monarch12.R': values }, x);
        expect(difference(await result, expected)).toBeLessThan(tolerance);
      }
    });

    test('values that arrive with calls that overlap', async () => {
      const values = { 'blend.W': single(25, 4), 'blend.V': single(25, 5) };
      const operator = await create('Blend', { W: values['blend.W'], V: values['blend.V'] });
      const x = single(15, 6);
      const factors = [1, 0.25, 0];
      const results = await Promise.all(factors.map(a => operator.apply(x, { call: { a } })));
      factors.forEach((a, k) => {
        const expected = meaning(module, 'blend', { ...values, 'blend.a': [a] }, x);
        expect(difference(at(results, k), expected)).toBeLessThan(tolerance);
      });
      await expect(operator.apply(x)).rejects.toThrow(/blend needs a: \[\]/);
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
        'nothing.W': new Float32Array(0),
      };
      const all = await (module.exported['createOnGpu'] as CreateAllOnGpu)({ device, params: values });
      const x = single(60, 6);
      const check = async (...names: string[]) => {
        for (const name of names) {
          const y = (await all[name]?.apply(x)) ?? [];
          expect(difference(y, meaning(module, name, values, x)), name).toBeLessThan(tolerance);
        }
      };
      await check('first', 'second', 'monarch12', 'layer');
      values.shared = single(36, 7);
      all.update('shared', values.shared);
      await check('first', 'second');
      values['second.d'] = single(6, 8);
      all['second']?.update('d', values['second.d']);
      await check('second');
      all['second']?.dispose();
      await expect(all['second']?.apply(x)).rejects.toThrow(/second was disposed of/);
      await check('first');
      all.dispose();
      await expect(all['first']?.apply(x)).rejects.toThrow(/disposed/);
      const [d, shared] = [values['second.d'], values.shared];
      const alone = { First: { shared }, Second: { shared, d } };
      for (const [name, params] of Object.entries(alone)) {
        const y = await (await create(name, params)).apply(x);
        expect(difference(y, meaning(module, name.toLowerCase(), values, x))).toBeLessThan(tolerance);
      }
    });
  });

  describe('encode', () => {
    test('two operators and an adjoint in one pass, without copies', async () => {
      const [wide, layer] = [await create('Wide', { W }), await create('Layer', { W, b: single(7, 3) })];
      const x = single(5 * 11, 6);
      const [a, b, c, d] = [
        storageBuffer(device, x),
        storageBuffer(device, new Float32Array(7 * 11)),
        storageBuffer(device, new Float32Array(5 * 11)),
        storageBuffer(device, new Float32Array(64 + 7 * 11)),
      ];
      inOnePass(device, pass => {
        wide.encode(pass, { x: a, y: b });
        wide.encodeAdjoint?.(pass, { x: b, y: c });
        layer.encode(pass, { x: { buffer: c }, y: { buffer: d, offset: 256 }, batch: 11 });
      });
      const values = { 'wide.W': W, 'layer.W': W, 'layer.b': single(7, 3) };
      const between = Float32Array.from(meaning(module, 'wide', values, x));
      const back = await wide.adjoint?.(between);
      const expected = meaning(module, 'layer', values, back ?? x);
      const y = await readBuffer(device, d, 64 + 7 * 11);
      expect(difference(y.subarray(64), expected)).toBeLessThan(tolerance);
      expect(y.subarray(0, 64).every(value => value === 0)).toBe(true);
    });

    test('each recorded call keeps the values that came with it', async () => {
      const values = { 'blend.W': single(25, 4), 'blend.V': single(25, 5) };
      const operator = await create('Blend', { W: values['blend.W'], V: values['blend.V'] });
      const x = single(15, 6);
      const from = storageBuffer(device, x);
      const to = [1, 0.25, 0].map(a => ({ a, buffer: storageBuffer(device, new Float32Array(15)) }));
      inOnePass(device, pass => {
        for (const { a, buffer } of to) operator.encode(pass, { x: from, y: buffer, call: { a } });
      });
      for (const { a, buffer } of to) {
        const expected = meaning(module, 'blend', { ...values, 'blend.a': [a] }, x);
        expect(difference(await readBuffer(device, buffer, 15), expected)).toBeLessThan(tolerance);
      }
    });

    test('buffers that do not fit', async () => {
      const operator = await create('Wide', { W });
      const [x, y] = [storageBuffer(device, single(50, 1)), storageBuffer(device, single(70, 1))];
      const uniform = device.createBuffer({ size: 400, usage: GPUBufferUsage.UNIFORM });
      const encode = (call: Parameters<GpuOperator['encode']>[1]) => () =>
        inOnePass(device, pass => operator.encode(pass, call));
      expect(encode({ x, y, batch: 11 })).toThrow(/x holds 11 rows of 5 f32, got 200 bytes/);
      expect(encode({ x: y, y: x })).toThrow(/y holds 14 rows|x holds/);
      expect(encode({ x, y: x })).toThrow(/one buffer/);
      expect(encode({ x: uniform, y })).toThrow(/STORAGE/);
      expect(encode({ x: { buffer: x, offset: 20 }, y, batch: 1 })).toThrow(/multiple of \d+ bytes, got 20/);
      expect(encode({ x: { buffer: x, size: 44 }, y })).toThrow(/whole rows/);
    });
  });

  const instances: Readonly<Record<string, readonly (readonly [string, readonly number[]])[]>> = {
    monarch: [
      ['monarch', [12, 3]],
      ['monarch_rect', [3, 4, 2, 2, 5, 6]],
      ['monarch_rank', [2, 3, 2, 5, 3]],
      ['monarch_linear', [10, 7, 3]],
    ],
    loldu: [['loldu', [8, 12, 4]]],
    randlora: [
      ['randlora', [7, 5, 2, 3]],
      ['randlora_peft', [9, 7, 2, 3, 11, 13]],
    ],
    'structured-ffn': [
      ['lowrank_ffn', [13, 17, 5]],
      ['blockshuffle', [12, 20, 4]],
      ['swiglu', [12, 16, 8, 4]],
    ],
  };
  const examples = Object.entries(instances).flatMap(([example, list]) =>
    list.map(([operator, sizes]) => ({ example, operator, sizes })),
  );
  test.each(examples)('$example: $operator $sizes', async ({ example, operator, sizes }) => {
    const url = new URL(`../../examples/${example}/${example}.sop`, import.meta.url);
    const made = await importedForGpu(readFileSync(url, 'utf8'), { instances: [{ operator, sizes }] });
    const programs = made.compiled.operators.map(({ source }) => source);
    const values = Object.fromEntries(
      describeParameters(programs).map(({ description }) => [description.key, drawValues(description, 3)]),
    );
    const name = operator.slice(0, 1).toUpperCase() + operator.slice(1);
    const created = await creatorOf(made, name)({ device, seed: 3, draw: drawValues });
    const { inputLength, outputLength } = created;
    const x = single(inputLength * 5, 2);
    const y = await created.apply(x);
    const size = Math.max(1, ...y.map(Math.abs));
    expect(difference(y, meaning(made, operator, values, x)) / size).toBeLessThan(tolerance);
    if (created.adjoint === undefined) return;
    const z = single(outputLength * 5, 7);
    const back = await created.adjoint(z);
    const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, k) => sum + value * at(b, k), 0);
    expect(Math.abs(dot(y, z) - dot(x, back)) / size).toBeLessThan(1e-3);
  });
});
