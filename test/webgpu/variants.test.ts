/** Which variant of the kernels runs: the best that a device offers enough for, given or made; all compute the same. */
import { beforeAll, describe, expect, test } from 'vitest';
import { variantFor } from '../../runtime/gpuDevice.ts';
import type { GpuVariant } from '../../runtime/types.ts';
import { difference, type Imported, meaning, single } from '../runtime/support.ts';
import { type CreateAllOnGpu, creatorOf, engine, importedForGpu, newDevice, timeoutMs } from './device.ts';

/** A row of the value in between takes 16,448 bytes: two kernels where a group has 16 KB, one where it has more. */
const text = `
op through(A: [4112, 2], B: [2, 4112]) : 2 -> 2 = dense(B) * dense(A)
op wide(W: [7, 5]) : 5 -> 7 = dense(W)
`;
const values = { 'through.A': single(8224, 1), 'through.B': single(8224, 2), 'wide.W': single(35, 3) };
const params = { A: values['through.A'], B: values['through.B'] };
const neededBytes = 18512;
/** Dot products of 4112 terms of size at most about 2. */
const tolerance = 2e-3;

describe.runIf(engine.kind === 'engine')('on a device', { timeout: timeoutMs }, () => {
  let module: Imported;
  let devices: { readonly defaults: GPUDevice; readonly everything: GPUDevice };
  beforeAll(async () => {
    module = await importedForGpu(text, { modes: ['apply'] });
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
      const x = single(2 * batch, batch);
      const y = await operator.apply(x);
      expect(difference(y, meaning(module, 'through', values, x))).toBeLessThan(tolerance);
    }
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
      const x = single(10, 6);
      for (const name of ['through', 'wide']) {
        const y = (await all[name]?.apply(x)) ?? [];
        expect(difference(y, meaning(module, name, values, x))).toBeLessThan(tolerance);
      }
      all.dispose();
    }
  });

  test('a module without the variant for every device says what is missing', async () => {
    const large = await importedForGpu(text, { gpuProfiles: ['webgpu-large'], modes: ['apply'] });
    const create = creatorOf(large, 'Through');
    await expect(create({ device: devices.defaults, params })).rejects.toMatchObject({
      code: 'unsupported',
      message:
        'through: the WebGPU device offers less than its shaders need: adapter.requestDevice(' +
        '{ requiredLimits: { maxComputeWorkgroupStorageSize: 18512 } }) where the GPU has it',
    });
    const operator = await create({ device: devices.everything, params });
    expect(operator.profile).toBe('webgpu-large');
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
        return amount === 'much' ? devices.everything : devices.defaults;
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
});

describe('a variant', () => {
  const variant = (
    profile: string,
    features: readonly string[],
    limits: Readonly<Record<string, number>> = {},
  ): GpuVariant => ({
    profile,
    requires: { limits, features },
    packs: [],
    operators: [],
    buffers: [],
    shaders: [],
  });
  const chosen = (variants: readonly GpuVariant[], memory: number, ...features: string[]): string =>
    variantFor('f', variants, {
      limits: { maxComputeWorkgroupStorageSize: memory } as GPUSupportedLimits,
      features: new Set(features) as unknown as GPUSupportedFeatures,
    }).profile;

  test('that needs features is for devices that have them all', () => {
    const variants = [
      variant('both', ['shader-f16', 'subgroups']),
      variant('half', ['shader-f16']),
      variant('plain', []),
    ];
    expect(chosen(variants, 0)).toBe('plain');
    expect(chosen(variants, 0, 'subgroups')).toBe('plain');
    expect(chosen(variants, 0, 'subgroups', 'shader-f16')).toBe('both');
    expect(chosen(variants, 0, 'shader-f16')).toBe('half');
  });

  test('that needs memory is for devices that have no byte less', () => {
    const variants = [
      variant('large', [], { maxComputeWorkgroupStorageSize: neededBytes }),
      variant('plain', []),
    ];
    expect(chosen(variants, neededBytes)).toBe('large');
    expect(chosen(variants, neededBytes - 1)).toBe('plain');
  });
});
