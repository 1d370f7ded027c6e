/** Which variant of the kernels runs: the best that a device offers enough for, given or made; all compute the same. */
import { beforeAll, describe, expect, test } from 'vitest';
import { variantFor } from '../../runtime/gpuDevice.ts';
import type { GpuVariant } from '../../runtime/types.ts';
import { withMembers } from '../../src/cli/poison.ts';
import { difference, type Imported, meaning, single } from '../runtime/support.ts';
import { type CreateAllOnGpu, creatorOf, engine, importedForGpu, newDevice, timeoutMs } from './device.ts';

/** The value in between takes 24,000 bytes for four rows. */
const text = `
op through(A: [1500, 3], B: [2, 1500]) : 3 -> 2 = dense(B) * dense(A)
op wide(W: [7, 5]) : 5 -> 7 = dense(W)
`;
const values = { 'through.A': single(4500, 1), 'through.B': single(3000, 2), 'wide.W': single(35, 3) };
const params = { A: values['through.A'], B: values['through.B'] };
const neededBytes = 24000;
/** Dot products of 1500 terms of size at most about 3. */
const tolerance = 2e-3;

describe.runIf(engine.kind === 'engine')('on a device', { timeout: timeoutMs }, () => {
  let module: Imported;
  let devices: { readonly defaults: GPUDevice; readonly everything: GPUDevice };
  beforeAll(async () => {
    module = await importedForGpu(text);
    devices = { defaults: await newDevice('defaults'), everything: await newDevice('everything') };
  }, timeoutMs);

  test.each([
    ['defaults', 'webgpu-default'],
    ['everything', 'webgpu-large'],
  ] as const)('a device with %s runs %s', async (offer, profile) => {
    const device = devices[offer];
    expect(device.limits.maxComputeWorkgroupStorageSize >= neededBytes).toBe(offer === 'everything');
    const operator = await creatorOf(module, 'Through')({ device, params });
    expect(operator.profile).toBe(profile);
    for (const batch of [1, 3, 4, 5, 17]) {
      const x = single(3 * batch, batch);
      const y = await operator.apply(x);
      expect(difference(y, meaning(module, 'through', values, x))).toBeLessThan(tolerance);
    }
    operator.update('B', params.B);
    const z = single(10, 4);
    const [back, forth] = [(await operator.adjoint?.(z)) ?? z, await operator.apply(single(15, 5))];
    const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, each, k) => sum + each * (b[k] ?? 0), 0);
    expect(Math.abs(dot(z, forth) - dot(back, single(15, 5)))).toBeLessThan(10 * tolerance);
    operator.dispose();
  });

  test('all operators of a module together', async () => {
    const create = module.exported['createOnGpu'] as CreateAllOnGpu;
    for (const [offer, profile] of [
      ['defaults', 'webgpu-default'],
      ['everything', 'webgpu-large'],
    ] as const) {
      const all = await create({ device: devices[offer], params: values });
      expect([all.profile, all['wide']?.profile]).toEqual([profile, profile]);
      const x = single(15, 6);
      for (const name of ['through', 'wide']) {
        const y = (await all[name]?.apply(x)) ?? [];
        expect(difference(y, meaning(module, name, values, x))).toBeLessThan(tolerance);
      }
      all.dispose();
    }
  });

  test.each([
    ['much', 'webgpu-large'],
    ['little', 'webgpu-default'],
  ] as const)('a device of its own, of an adapter that offers %s', async (amount, profile) => {
    const asked: GPUDeviceDescriptor[] = [];
    const limits = new Proxy(devices.everything.limits, {
      get: (target, key) =>
        key === 'maxComputeWorkgroupStorageSize' && amount === 'little'
          ? 16384
          : Reflect.get(target, key, target),
    });
    const adapter = {
      limits,
      features: new Set<string>(),
      requestDevice: async (descriptor: GPUDeviceDescriptor) => {
        asked.push(descriptor);
        return newDevice(amount === 'much' ? 'everything' : 'defaults');
      },
    };
    const gpu = { requestAdapter: async () => adapter };
    Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
    const operator = await creatorOf(module, 'Through')({ params });
    Reflect.deleteProperty(globalThis.navigator, 'gpu');
    expect(operator.profile).toBe(profile);
    expect(
      asked.map(({ requiredLimits, requiredFeatures }) => ({ requiredLimits, requiredFeatures })),
    ).toEqual([
      {
        requiredLimits: {
          ...(amount === 'much' && { maxComputeWorkgroupStorageSize: neededBytes }),
          maxBufferSize: limits.maxBufferSize,
          maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
        },
        requiredFeatures: [],
      },
    ]);
    const x = single(12, 7);
    expect(difference(await operator.apply(x), meaning(module, 'through', values, x))).toBeLessThan(
      tolerance,
    );
    operator.dispose();
  });

  test('a module without the variant for every device says what is missing', async () => {
    const large = await importedForGpu(text, { gpuProfiles: ['webgpu-large'] });
    const create = creatorOf(large, 'Through');
    await expect(create({ device: devices.defaults, params })).rejects.toMatchObject({
      code: 'unsupported',
      message:
        'through: the WebGPU device offers too little for webgpu-large: maxComputeWorkgroupStorageSize 24000',
    });
    const operator = await create({ device: devices.everything, params });
    expect(operator.profile).toBe('webgpu-large');
  });

  test('limits count, whatever else a device says of itself', async () => {
    const limits = new Proxy(devices.everything.limits, {
      get: (target, key) =>
        key === 'maxComputeWorkgroupStorageSize' ? neededBytes - 1 : Reflect.get(target, key, target),
    });
    const device = withMembers(devices.everything, { limits });
    expect((await creatorOf(module, 'Through')({ device, params })).profile).toBe('webgpu-default');
  });
});

test('a variant that needs features is for devices that have them', () => {
  const variant = (profile: string, features: readonly string[]): GpuVariant => ({
    profile,
    requires: { limits: {}, features },
    packs: [],
    operators: [],
    buffers: [],
    shaders: [],
  });
  const variants = [
    variant('both', ['shader-f16', 'subgroups']),
    variant('half', ['shader-f16']),
    variant('plain', []),
  ];
  const chosen = (...features: string[]): string =>
    variantFor('f', variants, {
      limits: {} as GPUSupportedLimits,
      features: new Set(features) as unknown as GPUSupportedFeatures,
    }).profile;
  expect(chosen()).toBe('plain');
  expect(chosen('subgroups')).toBe('plain');
  expect(chosen('subgroups', 'shader-f16')).toBe('both');
  expect(chosen('shader-f16')).toBe('half');
});
