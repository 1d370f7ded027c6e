/**
 * The package as users get it: packed by npm, unpacked into an empty project, where `npx sop build` writes a
 * module that runs and whose types TypeScript accepts. Dependencies are linked from this checkout, so that no
 * network is needed.
 */
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const run = promisify(execFile);
let project: string;

const source = `
/// A layer of seven features from five.
op wide(W: [7, 5]) : 5 -> 7 = dense(W)
/// With a bias and a default.
op layer(W: [7, 5], b: [7] = normal("b", 0.5)) : 5 -> 7 = dense(W) |> bias(b) |> relu
op blend(W: [5, 5], call a: []) : 5 -> 5 = a * dense(W)
`;

const program = `
import { compile } from 'sop';
import { SopError } from 'sop/runtime';
import { createBlend, createLayer, createWide, createSync } from './generated/layers.js';

const W = Float32Array.from({ length: 35 }, (_, i) => i);
using wide = await createWide({ params: { W } });
const y: Float32Array = wide.apply(Float32Array.of(1, 0, 0, 0, 0));
const x: Float32Array = wide.adjoint(y, { rowStride: 7 });
const layer = await createLayer({ params: { W }, seed: 3 });
const all = createSync({ params: { 'wide.W': W, 'layer.W': W, 'blend.W': W.subarray(0, 25) } });
all.update('wide.W', W);
const blend = await createBlend({ params: { W: W.subarray(0, 25) } });
const half = blend.apply(Float32Array.of(2, 0, 0, 0, 0), { call: { a: 0.5 } });
const { diagnostics, artifacts } = await compile({ name: 'one.sop', text: 'op one() : 3 -> 3 = reverse(3)' });
let code = '';
try {
  wide.apply(W.subarray(0, 3));
} catch (error) {
  if (error instanceof SopError) code = error.code;
}
const seven: 7 = all.layer.outputLength;
console.log(JSON.stringify({
  y: [...y],
  x: [...x],
  layer: layer.apply(W).length,
  half: [...half],
  diagnostics: diagnostics.length,
  artifacts: artifacts.map(({ name }) => name),
  code,
  seven,
}));

export async function mistakes() {
  // @ts-expect-error W has no default
  await createWide();
  // @ts-expect-error nor here
  await createLayer({ params: {} });
  // @ts-expect-error a map has no adjoint
  layer.adjoint(y);
  // @ts-expect-error single precision
  wide.apply(new Float64Array(5));
  // @ts-expect-error a arrives with each call
  blend.apply(y);
  // @ts-expect-error no such parameter
  wide.update('V', W);
}
`;

/** A module for WebGPU, whose types need those of WebGPU; here from TypeScript's library of the page. */
const pageProgram = `
import { createBlendOnGpu, createOnGpu, createWideOnGpu, type WideOnGpu } from './page/layers.js';
import type { GpuRows } from 'sop/runtime/gpu';

const W = new Float32Array(35);
export async function onDevice(device: GPUDevice, pass: GPUComputePassEncoder, x: GPUBuffer, y: GPUBuffer) {
  using wide: WideOnGpu = await createWideOnGpu({ device, params: { W } });
  const result: Float32Array = await wide.apply(W);
  const back: Float32Array = await wide.adjoint(result, { out: W });
  const rows: GpuRows = { buffer: x, offset: 256 };
  wide.encode(pass, { x: rows, y, batch: 3 });
  wide.encodeAdjoint(pass, { x: y, y: x });
  const blend = await createBlendOnGpu({ params: { W } });
  blend.encode(pass, { x, y, call: { a: 0.5 } });
  const all = await createOnGpu({ device, params: { 'wide.W': W, 'layer.W': W, 'blend.W': W } });
  const code: string = (await all.lost).code;
  const seven: 7 = all.layer.outputLength;
  // @ts-expect-error a arrives with each call
  blend.encode(pass, { x, y });
  // @ts-expect-error W has no default
  await createWideOnGpu({ device });
  // @ts-expect-error not at once
  const now: Float32Array = wide.apply(W);
  return { back, code, seven, now };
}
`;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'sop-project-'));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', project], { cwd: root });
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf('['))) as { filename: string }[];
  const modules = join(project, 'node_modules');
  await mkdir(join(modules, 'sop'), { recursive: true });
  await mkdir(join(modules, '.bin'));
  await mkdir(join(modules, '@types'));
  await run('tar', [
    '-xzf',
    join(project, packed?.filename ?? ''),
    '-C',
    join(modules, 'sop'),
    '--strip-components=1',
  ]);
  const description = JSON.parse(await readFile(join(modules, 'sop', 'package.json'), 'utf8'));
  const linked = [...Object.keys(description.dependencies), '@types/node', 'undici-types'];
  for (const name of linked) await symlink(join(root, 'node_modules', name), join(modules, name));
  const bin = join(modules, 'sop', description.bin.sop);
  await chmod(bin, 0o755);
  await symlink(bin, join(modules, '.bin', 'sop'));
  await writeFile(join(project, 'package.json'), '{ "type": "module", "private": true }');
  await writeFile(join(project, 'layers.sop'), source);
  await writeFile(join(project, 'program.ts'), program);
  await writeFile(join(project, 'page.ts'), pageProgram);
  await run('npx', ['sop', 'build', 'layers.sop', '--out', 'generated'], { cwd: project });
  await run('npx', ['sop', 'build', 'layers.sop', '--target', 'wasm,wgsl', '--out', 'page'], {
    cwd: project,
  });
}, 120_000);
afterAll(() => rm(project, { recursive: true }));

test('holds the compiler and the runtime, and no tests or sources', async () => {
  const folder = join(project, 'node_modules', 'sop');
  expect((await readdir(folder)).sort()).toEqual(expect.arrayContaining(['LICENSE', 'dist', 'package.json']));
  expect((await readdir(join(folder, 'dist'))).sort()).toEqual(['codegen', 'grammar', 'runtime', 'src']);
});

test('the compiler, the runtime and the generated module run', async () => {
  const { stdout } = await run('node', ['program.ts'], { cwd: project });
  expect(JSON.parse(stdout)).toEqual({
    y: [0, 5, 10, 15, 20, 25, 30],
    x: [2275, 2380, 2485, 2590, 2695],
    layer: 49,
    half: [0, 5, 10, 15, 20],
    diagnostics: 0,
    artifacts: ['one.js', 'one.d.ts', 'one.wat', 'one.wasm'],
    code: 'input-length',
    seven: 7,
  });
}, 60_000);

describe('TypeScript accepts the types', () => {
  const resolutions = {
    nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
    bundler: { module: 'esnext', moduleResolution: 'bundler' },
  };
  const cases = Object.entries(resolutions).flatMap(([name, resolution]) =>
    ['program.ts', 'page.ts'].map(file => ({ file, name, resolution })),
  );
  test.each(cases)('$file under $name resolution', async ({ file, name, resolution }) => {
    const options = { ...resolution, target: 'es2022', lib: ['es2022', 'dom'], strict: true, noEmit: true };
    const strictness = { exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, types: ['node'] };
    const path = join(project, `tsconfig.${name}.json`);
    await writeFile(path, JSON.stringify({ compilerOptions: { ...options, ...strictness }, files: [file] }));
    const compiler = join(root, 'node_modules', '.bin', 'tsc');
    const { stdout } = await run(compiler, ['-p', path], { cwd: project }).catch(error => error);
    expect(stdout).toBe('');
  }, 60_000);

  test('a module without shaders needs no types of WebGPU', async () => {
    const runtime = join(project, 'node_modules', 'sop', 'dist', 'runtime');
    const reached = [join(project, 'generated', 'layers.d.ts'), join(runtime, 'index.d.ts')];
    for (const file of reached) {
      const text = await readFile(file, 'utf8');
      expect(text.replaceAll(/\/\*[\s\S]*?\*\//g, ''), file).not.toMatch(/GPU/);
      for (const [, name] of text.matchAll(/from '\.\/(\w+)\.[jt]s'/g)) {
        const next = join(runtime, `${name}.d.ts`);
        if (!reached.includes(next)) reached.push(next);
      }
    }
    expect(reached.length).toBeGreaterThan(5);
  });
});
