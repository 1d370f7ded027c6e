/** The command line on WebGPU: the same answers as in WebAssembly, an end of the process, and what is said without a driver. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { engineForTests } from '../webgpu/engine.ts';
import { workplace } from './harness.ts';

const source = `
op monarch[n, b](L: [n/b, b, b], R: [b, n/b, n/b]) : n -> n
  = swap(n/b, b) * blockdiag(L) * swap(b, n/b) * blockdiag(R)
op layer[n](W: [n, n], b: [n]) : n -> n = dense(W) |> bias(b) |> gelu
op blend[n](call a: [], d: [n]) : n -> n = a * diag(d)
op through[n](A: [n, 2], B: [2, n]) : 2 -> 2 = dense(B) * dense(A)
export monarch[12, 3] as monarch12
`;
const { sop, folder, path } = workplace({ 'm.sop': source });
const run = promisify(execFile);
const main = resolve(import.meta.dirname, '../../src/cli/main.ts');

const engine = await engineForTests();

describe.runIf(engine.kind === 'engine')('with an engine', { timeout: 60_000 }, () => {
  test('run: apply, adjoint and properties agree with the definition', async () => {
    const values = async (line: string): Promise<number[]> => {
      const { code, out, err } = await sop(`run m.sop ${line} --json`);
      expect([code, err]).toEqual([0, '']);
      return JSON.parse(out).output.values;
    };
    for (const line of [
      '--op monarch12 --batch 5',
      '--op monarch12 --mode adjoint --batch 2',
      '--op monarch12 --mode diag',
      '--op layer -D n=5 --batch 3',
      '--op blend -D n=7 --batch 0',
    ]) {
      const [reference, onGpu] = [
        await values(`${line} --backend reference`),
        await values(`${line} --backend webgpu`),
      ];
      expect(onGpu.length).toBe(reference.length);
      reference.forEach((value, k) => {
        expect(Math.abs(value - (onGpu[k] ?? Number.NaN))).toBeLessThan(1e-4);
      });
    }
    const { out } = await sop('run m.sop --op monarch12 --backend webgpu');
    expect(out).toContain('apply (webgpu-default, f32)');
  });

  test('verify: within the bounds of shaders', async () => {
    const { code, out } = await sop('verify m.sop --op monarch12 --backend webgpu --json');
    expect(code).toBe(0);
    const [{ backend, profile, passed, modes }] = JSON.parse(out).operators;
    expect({ backend, profile, passed }).toEqual({
      backend: 'generated module on WebGPU',
      profile: 'webgpu-default',
      passed: true,
    });
    for (const { worstRatio } of modes) {
      expect(worstRatio).toBeGreaterThan(0);
      expect(worstRatio).toBeLessThanOrEqual(1);
    }
    expect((await sop('verify m.sop --op blend -D n=3 --backend webgpu')).code).toBe(0);
  });

  test('build: shaders beside the module, verified; both targets in one module', async () => {
    const { code, out } = await sop('build m.sop --target wasm,wgsl --verify --out both');
    expect(code).toBe(0);
    expect(readdirSync(path('both')).sort()).toEqual([
      'm.conformance.json',
      'm.d.ts',
      'm.js',
      'm.monarch12.wgsl',
      'm.monarch12_adjoint.wgsl',
      'm.wasm',
      'm.wat',
      'm.webgpu.conformance.json',
    ]);
    expect(out).toContain('m.monarch12.wgsl');
    expect((await sop('build m.sop --target wgsl --out shaders')).code).toBe(0);
    expect(readdirSync(path('shaders')).filter(name => /wasm|wat/.test(name))).toEqual([]);
    expect(readFileSync(path('shaders/m.js'), 'utf8')).not.toContain('createMonarch12 =');
  });

  test('the best variant for the device runs, unless a profile is asked for', async () => {
    const of = '--op through -D n=4112';
    const [best, ...asked] = ['', ' --profile webgpu-default', ' --profile webgpu-large'];
    for (const [flags, profile, kernels] of [
      [best, 'webgpu-large', 2],
      [asked[0], 'webgpu-default', 4],
      [asked[1], 'webgpu-large', 2],
    ] as const) {
      const { out } = await sop(`run m.sop ${of}${flags} --backend webgpu`);
      expect(out).toContain(`apply (${profile}, f32)`);
      const verified = await sop(`verify m.sop ${of}${flags} --backend webgpu`);
      expect(verified.out).toContain(`generated module on WebGPU, ${profile}`);
      expect(verified.out).toContain(`${kernels} kernels write the memory of a group before they read it`);
      expect(verified.code).toBe(0);
      const benched = await sop(`bench m.sop ${of}${flags} --backend webgpu --batch 3 --rounds 1`);
      expect(benched.out).toContain(`batch 3, ${profile}, f32`);
    }
    const [files, alone] = ['variants', 'large'];
    expect((await sop(`build m.sop ${of} --target wgsl --out ${files}`)).code).toBe(0);
    const names = [
      'through.webgpu-large',
      'through_adjoint.webgpu-large',
      ...['through_0', 'through_1', 'through_adjoint_0', 'through_adjoint_1'],
    ];
    const shaders = names.map(name => `m.${name}.wgsl`).sort();
    expect(readdirSync(path(files)).sort()).toEqual(['m.d.ts', 'm.js', ...shaders]);
    expect(readFileSync(path(`${files}/m.d.ts`), 'utf8')).toContain(
      "readonly profile: 'webgpu-large' | 'webgpu-default';",
    );
    expect((await sop(`build m.sop ${of} --target wgsl --profile webgpu-large --out ${alone}`)).code).toBe(0);
    const large = shaders.filter(name => name.includes('large'));
    expect(readdirSync(path(alone)).sort()).toEqual(['m.d.ts', 'm.js', ...large]);
    for (const [profile, why] of [
      ['webgpu-default', '16.1 KB > 16 KB'],
      ['webgpu-large', 'fit 32 KB'],
    ] as const) {
      const { out } = await sop(`explain m.sop ${of} --profile ${profile}`);
      expect(out).toContain(`of workgroup memory on ${profile}`);
      expect(out).toContain(why);
    }
  });

  test('bench', async () => {
    const { code, out } = await sop(
      'bench m.sop --op monarch12 --backend webgpu --batch 3 --rounds 2 --json',
    );
    expect(code).toBe(0);
    const { how, results } = JSON.parse(out);
    expect(how).toBe('webgpu-default, f32');
    for (const { medianMs, error } of results) {
      expect(medianMs).toBeGreaterThan(0);
      expect(error.relative).toBeLessThan(1e-5);
    }
  });

  test('the process ends by itself, its output whole', async () => {
    const { stdout } = await run(
      process.execPath,
      [main, 'run', 'm.sop', '--op', 'monarch12', '--batch', '4000', '--backend', 'webgpu', '--json'],
      { cwd: folder, maxBuffer: 2 ** 26, timeout: 50_000 },
    );
    expect(JSON.parse(stdout).output.shape).toEqual([4000, 12]);
  });
});

test('without a driver', async () => {
  const env = { ...process.env, VK_DRIVER_FILES: '/nowhere.json', VK_ICD_FILENAMES: '/nowhere.json' };
  const line = [main, 'run', 'm.sop', '--op', 'monarch12', '--backend', 'webgpu'];
  const ended = await run(process.execPath, line, { cwd: folder, env, timeout: 25_000 }).catch(
    error => error,
  );
  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(/error\[SOP0340\]: nothing here runs WebGPU: /);
});

test('double precision is refused', async () => {
  const { code, err } = await sop('build m.sop --target wgsl --dtype f64');
  expect(code).toBe(1);
  expect(err).toContain('error[SOP0339]: webgpu-default has no f64; it has f32, f16');
});
