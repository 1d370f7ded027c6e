/** What shaders of a poisoned device do not write is seen: in outputs, and in workspaces between kernels. */
import { expect, test } from 'vitest';
import { poisonedDevice, withMembers } from '../../src/cli/poison.ts';
import { single } from '../runtime/support.ts';
import { creatorOf, engine, importedForGpu, newDevice, timeoutMs } from './device.ts';

const text = 'op wide(W: [7, 5]) : 5 -> 7 = dense(W)';
/** No room for what lies between: a workspace. */
const spilling = 'op f(A: [4100, 3], B: [2, 4100], W: [2, 3]) : 3 -> 2 = dense(W) + dense(B) * dense(A)';

test.runIf(engine.kind === 'engine').each([
  ['an output', text, 'Wide', 'y', { W: single(35, 1) }, 5],
  [
    'a workspace',
    spilling,
    'F',
    '\\w*_t\\d+',
    { A: single(12300, 1), B: single(8200, 2), W: single(6, 3) },
    3,
  ],
] as const)(
  '%s',
  async (_, source, name, unwritten, params, columns) => {
    const module = await importedForGpu(source, { gpuProfiles: ['webgpu-default'], modes: ['apply'] });
    const { device, fillWith } = poisonedDevice(await newDevice());
    const operator = await creatorOf(module, name)({ device, params });
    const x = single(5 * columns, 2);
    const right = await operator.apply(x);
    expect(right.every(Number.isFinite)).toBe(true);
    // Later calls find what earlier ones left, unless it is poisoned again.
    expect(await operator.apply(x)).toEqual(right);
    let removed = 0;
    const silent = withMembers(device, {
      createShaderModule: (description: GPUShaderModuleDescriptor) => {
        const stores = new RegExp(`\\b${unwritten}\\[[^\\]]*\\] = [^;]*;`, 'g');
        removed += description.code.match(stores)?.length ?? 0;
        const code = description.code.replaceAll(stores, '');
        return device.createShaderModule({ ...description, code });
      },
    });
    const broken = await creatorOf(module, name)({ device: silent, params });
    for (const poison of [Number.NaN, 2 ** 100]) {
      fillWith(poison);
      const y = await broken.apply(x);
      expect(removed).toBeGreaterThan(0);
      expect(y.every(value => (Number.isNaN(poison) ? Number.isNaN(value) : Math.abs(value) > 2 ** 90))).toBe(
        true,
      );
    }
  },
  timeoutMs,
);
