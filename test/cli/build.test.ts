import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeFiles } from '../../src/cli/files.ts';
import { workplace } from './harness.ts';

const source = `/// Scales.
op scale[n](d: [n]) : n -> n = diag(d)
op wide[n, m](W: [m, n]) : n -> m = dense(W)
export scale[3] as scale3
export wide[5, 2] as wide5
`;
const { sop, path, write, folder } = workplace({ 'layer.sop': source });

const filesIn = (name: string): string[] => readdirSync(path(name)).sort();

test('the files lie beside the source, and the output says what they are', async () => {
  const { code, out, err } = await sop('build layer.sop');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(filesIn('generated')).toEqual(expect.arrayContaining(['layer.js', 'layer.wat']));
  expect(out).toContain('scale3: scale[n=3], 3 -> 3\n');
  expect(out).toContain('wide5: wide[n=5, m=2], 5 -> 2\n');
  for (const name of filesIn('generated')) expect(out).toContain(`generated/${name}`);
  const text = readFileSync(path('generated/layer.js'), 'utf8');
  expect(text).toContain('layer.sop');
  expect(text).not.toContain(folder);
});

test('the same source gives the same bytes wherever the command runs', async () => {
  write('package.json', '{}');
  write('deep/layer.sop', source);
  await sop('build deep/layer.sop --out one');
  await sop(['build', join(folder, 'deep/layer.sop'), '--out', join(folder, 'two')]);
  for (const name of filesIn('one'))
    expect(readFileSync(path(`two/${name}`))).toEqual(readFileSync(path(`one/${name}`)));
});

test('--op and -D choose, --out leads elsewhere, --json tells programs', async () => {
  const { code, out } = await sop(
    'build layer.sop --op wide -D n=7 -D m=3 --out some/where --dtype f64 --json',
  );
  expect(code).toBe(0);
  const told = JSON.parse(out);
  expect(told).toMatchObject({ ok: true, diagnostics: [] });
  expect(told.operators).toEqual([{ name: 'wide', title: 'wide[n=7, m=3]', columns: 7, rows: 3 }]);
  for (const { path: file, sizeBytes } of told.files)
    expect(readFileSync(path(file))).toHaveLength(sizeBytes);
  expect(readFileSync(path('some/where/layer.js'), 'utf8')).toContain(`scalar: 'f64'`);
});

test('--no-inline leaves the kernels in a file that the module reads', async () => {
  await sop('build layer.sop --out inlined');
  await sop('build layer.sop --out apart --no-inline');
  const [inlined, apart] = ['inlined', 'apart'].map(name => readFileSync(path(`${name}/layer.js`), 'utf8'));
  expect(apart).toContain('./layer.wasm');
  expect(inlined).not.toContain('./layer.wasm');
  expect(apart?.length).toBeLessThan(inlined?.length ?? 0);
  expect(readFileSync(path('apart/layer.wasm')).subarray(0, 4)).toEqual(Buffer.from('\0asm'));
});

test('a mistake in the source writes nothing', async () => {
  write('wrong.sop', 'op f(d: [2]) : 2 -> 3 = diag(d)\n');
  const { code, err } = await sop('build wrong.sop --out never');
  expect(code).toBe(1);
  expect(err).toContain('wrong.sop:1:');
  expect(readdirSync(folder)).not.toContain('never');
});

test('when one file cannot be written none is, and no trace is left', async () => {
  mkdirSync(path('blocked/layer.wat/child'), { recursive: true });
  const { code, err } = await sop('build layer.sop --out blocked');
  expect(code).toBe(1);
  expect(err).toContain('error[SOP0314]: cannot write blocked/layer.wat: it is a folder');
  expect(filesIn('blocked')).toEqual(['layer.wat']);
  write('file', '');
  expect((await sop('build layer.sop --out file/below')).err).toContain('a part of its path is no folder');
  expect((await sop('build layer.sop --out file')).code).toBe(1);
});

test('an older file stays whole until the new one takes its place', async () => {
  write('kept/a', 'old');
  mkdirSync(path('kept/b'));
  const files = [
    { path: path('kept/a'), contents: 'new' },
    { path: path('kept/b'), contents: 'new' },
  ];
  await expect(writeFiles(folder, files)).rejects.toThrow('cannot write kept/b');
  expect(readFileSync(path('kept/a'), 'utf8')).toBe('old');
  expect(filesIn('kept')).toEqual(['a', 'b']);
  await writeFiles(folder, files.slice(0, 1));
  expect(readFileSync(path('kept/a'), 'utf8')).toBe('new');
});

test('memory of f16 for WebGPU; where nothing holds it, a refusal says what there is', async () => {
  const { code, err } = await sop('build layer.sop --target wgsl --dtype f16 --out half');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(readFileSync(path('half/layer.js'), 'utf8')).toContain(`storage: 'f16'`);
  expect(readFileSync(path('half/layer.scale3.wgsl'), 'utf8')).toMatch(/^enable f16;\n/);
  const types = readFileSync(path('half/layer.d.ts'), 'utf8');
  expect(types).toContain('apply<Numbers extends GpuVector>(x: Numbers, options?: CallOptions<Numbers>)');
  const { out } = await sop('explain layer.sop --op scale3 --profile webgpu-default --dtype f16');
  expect(out).toContain('f16 on webgpu-default');
  expect(out).toContain('a row: reads 6 B, writes 6 B');
  const refused = [
    ['build layer.sop --dtype f16', 'wasm-simd128 has no f16; it has f32, f64'],
    ['build layer.sop --target wgsl --dtype bf16', 'webgpu-default has no bf16; it has f32, f16'],
    ['run layer.sop --op scale3 --dtype bf16', 'wasm-simd128 has no bf16; it has f32, f64'],
    ['verify layer.sop --dtype f16', 'wasm-simd128 has no f16; it has f32, f64'],
  ] as const;
  for (const [line, message] of refused) {
    const ended = await sop(line);
    expect(ended.code).toBe(1);
    expect(ended.err).toContain(`error[SOP0339]: ${message}`);
  }
});

test('--target cuda writes kernels and their header, for the machine that --profile names', async () => {
  expect((await sop('build layer.sop --target cuda --profile sm_80 --out device')).code).toBe(0);
  expect(filesIn('device')).toEqual(['layer.cu', 'layer.h']);
  expect(readFileSync(path('device/layer.cu'), 'utf8')).toContain('f32 for sm_80');
  await sop('build layer.sop --target wasm,cuda --dtype f64 --out both');
  expect(filesIn('both')).toEqual([
    'layer.cu',
    'layer.d.ts',
    'layer.h',
    'layer.js',
    'layer.wasm',
    'layer.wat',
  ]);
  expect(readFileSync(path('both/layer.h'), 'utf8')).toContain('const double* x');
  expect((await sop('explain layer.sop --profile sm_90a')).out).toContain('sm_90a');
});
