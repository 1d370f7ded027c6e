/** What ends an operator on WebGPU, and what a device refuses: typed errors, no zeros, nothing left behind. */
import { beforeAll, describe, expect, test } from 'vitest';
import { withMembers } from '../../src/cli/poison.ts';
import { difference, type Imported, meaning, single } from '../runtime/support.ts';
import {
  type CreateAllOnGpu,
  counted,
  creatorOf,
  engine,
  importedForGpu,
  inOnePass,
  newDevice,
  storageBuffer,
  timeoutMs,
} from './device.ts';

const text = `
op wide(W: [7, 5]) : 5 -> 7 = dense(W)
op blend(W: [5, 5], call a: []) : 5 -> 5 = a * dense(W)
`;
const [W, V] = [single(35, 3), single(25, 4)];
const x = single(5 * 9, 5);

describe.runIf(engine.kind === 'engine')('on a device', { timeout: timeoutMs }, () => {
  let module: Imported;
  let device: GPUDevice;
  beforeAll(async () => {
    [module, device] = await Promise.all([importedForGpu(text), newDevice()]);
  }, timeoutMs);
  const createWide = (on: GPUDevice) => creatorOf(module, 'Wide')({ device: on, params: { W } });
  const right = (y: Float32Array) => difference(y, meaning(module, 'wide', { 'wide.W': W }, x)) < 2e-5;

  describe('a lost device', () => {
    test('refuses what is pending and what comes; a new one serves', async () => {
      const lost = await newDevice();
      const operator = await createWide(lost);
      const before = await operator.apply(x);
      const pending = [1, 2, 3].map(() => operator.apply(x));
      lost.destroy();
      for (const call of pending) {
        await expect(call).rejects.toMatchObject({ name: 'SopError', code: 'device-lost' });
      }
      const late = operator.apply(x);
      await expect(late).rejects.toThrow(
        /wide: the WebGPU device was lost \(destroyed.*create the operator anew/,
      );
      expect(await operator.lost).toMatchObject({ code: 'device-lost' });
      expect(() => operator.update('W', W)).toThrow(/lost/);
      operator.dispose();
      await expect(operator.apply(x)).rejects.toMatchObject({ code: 'disposed' });
      const again = await createWide(device);
      expect(await again.apply(x)).toEqual(before);
    });

    test('lost before it is used', async () => {
      const lost = await newDevice();
      lost.destroy();
      await expect(createWide(lost)).rejects.toMatchObject({ code: 'device-lost' });
    });

    test('lost in the very turn of the call', async () => {
      const lost = await newDevice();
      const operator = await createWide(lost);
      lost.destroy();
      await expect(operator.apply(x)).rejects.toMatchObject({ code: 'device-lost' });
    });
  });

  describe('dispose', () => {
    test('destroys every buffer, borrowed devices live on', async () => {
      const { device: watched, alive, made } = counted(device);
      const all = await (module.exported['createOnGpu'] as CreateAllOnGpu)({
        device: watched,
        params: { 'wide.W': W, 'blend.W': V },
      });
      expect(made).toEqual([
        'sop:layers/wide.weights',
        'sop:layers/blend.weights',
        'sop:layers/blend.call_weights',
      ]);
      await Promise.all([1, 4, 9, 2].map(batch => all['wide']?.apply(x.subarray(0, 5 * batch))));
      const [from, to] = [storageBuffer(device, x), storageBuffer(device, single(45, 1))];
      for (const a of [1, 2, 3])
        inOnePass(device, pass => all['blend']?.encode(pass, { x: from, y: to, batch: 1 + a, call: { a } }));
      expect(alive.size).toBeGreaterThan(3);
      const reused = made.length;
      await all['wide']?.apply(x);
      expect(made.slice(reused)).toEqual(['sop:layers/result']);
      all.dispose();
      expect([...alive].map(({ label }) => label)).toEqual([]);
      expect(right(await (await createWide(device)).apply(x))).toBe(true);
    });

    test('refuses the calls that wait', async () => {
      const { device: watched, alive } = counted(device);
      const operator = await createWide(watched);
      const pending = operator.apply(x);
      operator[Symbol.dispose]();
      await expect(pending).rejects.toMatchObject({ code: 'disposed' });
      expect(alive.size).toBe(0);
      await expect(operator.apply(x)).rejects.toThrow(/wide was disposed of/);
      operator.dispose();
    });

    test('destroys a device of its own', async () => {
      let owned: GPUDevice | undefined;
      const adapter = {
        limits: device.limits,
        requestDevice: async () => {
          owned = await newDevice();
          return owned;
        },
      };
      const gpu = { requestAdapter: async () => adapter };
      Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
      const operator = await creatorOf(module, 'Wide')({ params: { W } });
      expect(operator.device).toBe(owned);
      expect(right(await operator.apply(x))).toBe(true);
      operator.dispose();
      expect((await owned?.lost)?.reason).toBe('destroyed');
      Object.defineProperty(globalThis.navigator, 'gpu', {
        value: { requestAdapter: async () => null },
        configurable: true,
      });
      await expect(creatorOf(module, 'Wide')({ params: { W } })).rejects.toThrow(
        /wide: WebGPU offers no adapter/,
      );
      Reflect.deleteProperty(globalThis.navigator, 'gpu');
      await expect(creatorOf(module, 'Wide')({ params: { W } })).rejects.toMatchObject({
        code: 'unsupported',
      });
    });
  });

  test('one compilation of a shader for each device', async () => {
    const { device: watched, pipelines, alive } = counted(device);
    await Promise.all([createWide(watched), createWide(watched)]);
    const third = await createWide(watched);
    expect(pipelines).toEqual(['sop:wide/wide', 'sop:wide/wide_adjoint']);
    expect(right(await third.apply(x))).toBe(true);
    expect([...alive].map(({ label }) => label)).toContain('sop:wide/wide.weights');
  });

  test('a shader that the device refuses is told by its label, and tried anew', async () => {
    let isBroken = true;
    const breaking = withMembers(device, {
      createShaderModule: (description: GPUShaderModuleDescriptor) =>
        device.createShaderModule({ ...description, code: isBroken ? 'fn (' : description.code }),
    });
    await expect(createWide(breaking)).rejects.toMatchObject({
      code: 'gpu-validation',
      message: expect.stringContaining('sop:wide/wide'),
    });
    isBroken = false;
    expect(right(await (await createWide(breaking)).apply(x))).toBe(true);
  });

  test('without memory a call fails, and the next has buffers of its own', async () => {
    const { device: watched, made } = counted(device);
    const errors: (GPUError | null)[] = [];
    const short = withMembers(watched, {
      popErrorScope: async () => (await device.popErrorScope()) ?? errors.shift() ?? null,
    });
    const operator = await createWide(short);
    errors.push(new GPUOutOfMemoryError('not enough'));
    await expect(operator.apply(x)).rejects.toThrow(/wide: sop:wide: not enough/);
    errors.push(new GPUOutOfMemoryError('not enough'));
    await expect(operator.apply(x)).rejects.toMatchObject({ code: 'out-of-memory' });
    const before = made.length;
    expect(right(await operator.apply(x))).toBe(true);
    expect(made.slice(before)).toContain('sop:wide/y');
    const [from, to] = [storageBuffer(device, x), storageBuffer(device, single(63, 1))];
    const encode = () => inOnePass(device, pass => operator.encode(pass, { x: from, y: to }));
    errors.push(new GPUOutOfMemoryError('not enough'));
    const recorded = made.length;
    for (const _ of [1, 2, 3]) {
      encode();
      await device.queue.onSubmittedWorkDone();
    }
    expect(made.slice(recorded)).toEqual(['sop:wide/batch 9', 'sop:wide/batch 9']);
  });
});
