/**
 * Modules whose numbers are f16. No driver at hand has the feature: Tint checks the shaders, a device that takes commands
 * and computes nothing checks those of the runtime, and one in which the interpreter stands for shaders its numbers.
 */
import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { arrange } from '../../codegen/coalesce.ts';
import type { GpuOperator } from '../../runtime/gpu.ts';
import { packRows, paddedBytes, unpacked } from '../../runtime/gpuFormat.ts';
import { at } from '../../src/core/invariant.ts';
import { realFormats } from '../../src/core/precision.ts';
import type { GroupKernel } from '../../src/kernel/group.ts';
import { shareOut } from '../../src/pipeline.ts';
import { profiles } from '../../src/plan/profile.ts';
import { mapTrial, operatorTrial, type Trial } from '../conformance/programs.ts';
import { build } from '../conformance/stages.ts';
import { difference, type Imported, meaning, single } from '../runtime/support.ts';
import { creatorOf, engine, importedForGpu, inOnePass, newDevice, timeoutMs } from './device.ts';
import { nullDevice, tintMessages } from './engine.ts';
import { interpretedDevice } from './interpretedDevice.ts';
import { buildGroups, groupProfile, shaderTexts } from './stages.ts';

const { round } = realFormats.f16;
const rounded = (count: number, seed: number): Float32Array => single(count, seed).map(round);

afterEach(() => vi.unstubAllGlobals());

describe('rows as a device holds them', () => {
  const rows = () => {
    const x = single(5 * 4, 1);
    const bits = packRows('f16', x, 4, 4, 3, 3) as Uint16Array;
    return { x, bits, back: unpacked('f16', (bits as Uint16Array<ArrayBuffer>).buffer, 9) };
  };
  test('an odd count, with a stride, and the same where the engine has no Float16Array', () => {
    const { x, bits, back } = rows();
    expect(bits.byteLength).toBe(paddedBytes('f16', 9));
    const expected = [1, 2, 3].flatMap(row => [0, 1, 2].map(i => round(at(x, row * 4 + i))));
    expect([...back]).toEqual(expected);
    vi.stubGlobal('Float16Array', undefined);
    const without = rows();
    expect(without.bits).toEqual(bits);
    expect([...without.back]).toEqual(expected);
    expect(without.back).toBeInstanceOf(Float32Array);
  });
});

describe('Tint accepts every shader', () => {
  test.each([
    ['operators and their adjoints', operatorTrial, 31],
    ['maps', mapTrial, 32],
  ] as const)(
    '%s',
    async (_, trials, seed) => {
      const check = async ({ program, mode, profile }: Trial): Promise<void> => {
        const room = {
          tileRows: Math.min(profile.tileRows, 5),
          tileBytes: Math.min(profile.tileBytes, 16384),
        };
        const groups = buildGroups(build(program, mode, 'f32', groupProfile(room), 'f16'), 64);
        for (const text of shaderTexts(groups)) {
          expect(text).not.toMatch(/<storage, read\w*> [xy]: array<(f32|vec4<f32>)>/);
          expect(await tintMessages(text)).toEqual([]);
        }
      };
      await fc.assert(fc.asyncProperty(trials, check), { numRuns: 25, seed });
    },
    timeoutMs,
  );
});

const text = `
op wide(W: [7, 5]) : 5 -> 7 = dense(W)
op monarch12(L: [4, 3, 3], R: [3, 4, 4]) : 12 -> 12
  = swap(4, 3) * blockdiag(L) * swap(3, 4) * blockdiag(R)
op permuted(p: index[5], d: [5]) : 5 -> 5 = perm(p) * diag(d)
op blend(W: [5, 5], V: [5, 5], call a: []) : 5 -> 5 = a * dense(W) + (1 - a) * dense(V)
`;
const [W, L, R] = [rounded(35, 3), rounded(36, 1), rounded(48, 2)];

/** The kernels of an operator alone, as the module arranges its weights. */
function kernelsOf({ compiled }: Imported): ReadonlyMap<string, GroupKernel> {
  const { group } = profiles['webgpu-default'];
  if (group === undefined) throw new Error('WebGPU has groups');
  return new Map(
    compiled.operators.flatMap(({ modes }) => {
      const kernels = modes.flatMap(mode => mode.kernels);
      const own = compiled.packed.filter(({ name }) =>
        kernels.some(({ buffers }) => buffers.some(buffer => buffer.name === name)),
      );
      const { places, bindings } = arrange(own, group.bindingBytes);
      const whole = bindings.map(each => ({ ...each, elements: Math.ceil(each.elements / 4) * 4 }));
      const small = { ...group, invocations: 8 };
      return kernels.map(
        kernel => [kernel.name, shareOut(kernel, { places, bindings: whole }, small)] as const,
      );
    }),
  );
}

describe('a module', { timeout: timeoutMs }, () => {
  let module: Imported;
  beforeAll(async () => {
    module = await importedForGpu(text, { storage: 'f16' });
  }, timeoutMs);
  const create = (name: string, params: Record<string, ArrayLike<number>>, device: GPUDevice) =>
    creatorOf(module, name)({ device, params: params as Record<string, Float32Array> });

  describe('computes', () => {
    const on = () => interpretedDevice(kernelsOf(module));
    /** One rounding of the output, and of what lies between two factors. */
    const tolerance = 3 * 2 ** -10;

    test.each([0, 1, 2, 3, 5, 17])('a batch of %i', async batch => {
      const [wide, monarch] = [await create('Wide', { W }, on()), await create('Monarch12', { L, R }, on())];
      const x = rounded(5 * batch, 4);
      const y = await wide.apply(x);
      expect(y).toBeInstanceOf(Float32Array);
      expect(y.every(value => value === round(value))).toBe(true);
      expect(difference(y, meaning(module, 'wide', { 'wide.W': W }, x))).toBeLessThan(tolerance);
      const [z, values] = [rounded(12 * batch, 5), { 'monarch12.L': L, 'monarch12.R': R }];
      const expected = meaning(module, 'monarch12', values, z);
      expect(difference(await monarch.apply(z), expected)).toBeLessThan(3 * tolerance);
    });

    test('arrays of f16 in and out, rows apart', async () => {
      const wide = await create('Wide', { W }, on());
      const x = rounded(3 * 8, 6);
      const out = new Float16Array(3 * 9).fill(7);
      expect(await wide.apply(Float16Array.from(x), { rowStride: 8, outRowStride: 9, out })).toBe(out);
      for (let row = 0; row < 3; row++) {
        const expected = meaning(module, 'wide', { 'wide.W': W }, x.subarray(row * 8, row * 8 + 5));
        const y = Float32Array.from(out.subarray(row * 9, row * 9 + 7));
        expect(difference(y, expected)).toBeLessThan(tolerance);
        expect([...out.subarray(row * 9 + 7, row * 9 + 9)]).toEqual([7, 7]);
      }
    });

    test('index tables beside numbers, and new weights', async () => {
      const [d, p] = [rounded(5, 7), Int32Array.of(3, 0, 4, 1, 2)];
      const permuted = await create('Permuted', { p, d }, on());
      const x = rounded(5 * 3, 8);
      const values = { 'permuted.p': p, 'permuted.d': d };
      expect(difference(await permuted.apply(x), meaning(module, 'permuted', values, x))).toBeLessThan(
        tolerance,
      );
      const other = rounded(5, 9);
      permuted.update('d', other);
      const expected = meaning(module, 'permuted', { ...values, 'permuted.d': other }, x);
      expect(difference(await permuted.apply(x), expected)).toBeLessThan(tolerance);
    });
  });

  test('every command is valid: calls, values that come with them, buffers of the caller', async () => {
    const device = await nullDevice(['shader-f16']);
    const problems: string[] = [];
    device.addEventListener('uncapturederror', event =>
      problems.push((event as GPUUncapturedErrorEvent).error.message),
    );
    const [wide, blend] = [
      await create('Wide', { W }, device),
      await create('Blend', { W: rounded(25, 1), V: rounded(25, 2) }, device),
    ];
    for (const batch of [1, 2, 3, 17]) {
      expect(await wide.apply(rounded(5 * batch, 4))).toHaveLength(7 * batch);
      expect(await wide.adjoint?.(rounded(7 * batch, 4))).toHaveLength(5 * batch);
      expect(await blend.apply(rounded(5 * batch, 4), { call: { a: 0.5 } })).toHaveLength(5 * batch);
    }
    const { STORAGE } = GPUBufferUsage;
    const [x, y] = [16 * 5 * 2, 16 * 7 * 2].map(size => device.createBuffer({ size, usage: STORAGE }));
    if (x === undefined || y === undefined) throw new Error('two buffers');
    device.pushErrorScope('validation');
    inOnePass(device, pass => wide.encode(pass, { x, y }));
    inOnePass(device, pass => wide.encode(pass, { x, y, batch: 3 }));
    expect(await device.popErrorScope()).toBeNull();
    const encode = (call: Parameters<GpuOperator['encode']>[1]) => () =>
      inOnePass(device, pass => wide.encode(pass, call));
    expect(encode({ x, y, batch: 17 })).toThrow(/x holds 17 rows of 5 f16, got 160 bytes/);
    expect(problems).toEqual([]);
  });

  test('an odd count of f16 in a buffer that is padded to four bytes', async () => {
    const device = await nullDevice(['shader-f16']);
    const wide = await create('Wide', { W }, device);
    const { STORAGE } = GPUBufferUsage;
    const make = (size: number) => device.createBuffer({ size, usage: STORAGE });
    const encode = (bytesOfX: number, bytesOfY: number) => () =>
      inOnePass(device, pass => wide.encode(pass, { x: make(bytesOfX), y: make(bytesOfY) }));
    // Three rows of 5 are 30 bytes, three of 7 are 42.
    device.pushErrorScope('validation');
    encode(32, 44)();
    expect(await device.popErrorScope()).toBeNull();
    expect(encode(32, 40)).toThrow(/y holds 3 rows of 7 f16, got 40 bytes/);
    expect(encode(36, 44)).toThrow(/x holds whole rows of 5 f16, got 36 bytes/);
  });

  test('a device without the feature is refused in words that help', async () => {
    const device = await nullDevice();
    const refused = expect(create('Wide', { W }, device)).rejects;
    await refused.toMatchObject({ code: 'unsupported', message: expect.stringContaining("'shader-f16'") });
  });

  test.runIf(engine.kind === 'engine')('and the software driver has none', async () => {
    const device = await newDevice();
    if (device.features.has('shader-f16')) return;
    await expect(create('Wide', { W }, device)).rejects.toThrow(/requiredFeatures: \['shader-f16'\]/);
  });

  test('arrays of f16 only where numbers are f16', async () => {
    const single = await importedForGpu('op f(d: [3]) : 3 -> 3 = diag(d)');
    const f = await creatorOf(single, 'F')({ device: await nullDevice(), params: { d: [1, 2, 3] } });
    await expect(f.apply(new Float16Array(3))).rejects.toMatchObject({ code: 'input-dtype' });
  });
});
