/** `sop build --target torch` as files: where nvcc is and where it is not, and what --map leaves there. */
import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { expect, test } from 'vitest';
import { workplace } from '../cli/harness.ts';
import { hasNvcc } from '../cuda/nvcc.ts';

const source = `op scale[n](d: [n]) : n -> n = diag(d)
op wide[n, m](W: [m, n]) : n -> m = dense(W)
export scale[3] as scale3
export wide[12, 20] as wide12
`;
const { sop, path } = workplace({ 'two-layers.sop': source });

const stems = ['f32', 'f16', 'bf16'].flatMap(format =>
  ['sm_90a', 'sm_80'].map(profile => `two_layers_${format}_${profile}`),
);
const endingsOf = (names: readonly string[], endings: readonly string[]): string[] =>
  names.flatMap(name => endings.map(ending => `${name}.${ending}`)).sort();

test('without nvcc kernels are source, and one sentence says so', async () => {
  const { code, err, out } = await sop('build two-layers.sop --target torch --out module');
  expect(code).toBe(0);
  expect(err).toContain(
    'warning[SOP0342]: no nvcc is on this machine: the kernels are written as source only, without machine code',
  );
  expect(readdirSync(path('module')).sort()).toEqual(['two_layers.py', 'two_layers_kernels']);
  expect(readdirSync(path('module/two_layers_kernels')).sort()).toEqual(
    endingsOf(stems, ['cu', 'h', 'json']),
  );
  expect(out).toContain('module/two_layers.py');
  const module = readFileSync(path('module/two_layers.py'), 'utf8');
  expect(module).toContain('class Scale3(_Module):');
  expect(module).toContain('def wide12(x: Tensor, W: Tensor');
});

test('--dtype and --profile leave out the rest', async () => {
  const { code } = await sop('build two-layers.sop --target torch --dtype f64 --profile sm_80 --out double');
  expect(code).toBe(0);
  expect(readdirSync(path('double/two_layers_kernels')).sort()).toEqual(
    endingsOf(['two_layers_f64_sm_80'], ['cu', 'h', 'json']),
  );
});

test('--map names tensors of published checkpoints; parameters that are not there are refused', async () => {
  const { code } = await sop(
    'build two-layers.sop --target torch --dtype f32 --map W=mlp.weight:T --map scale3.d=norm.weight --out mapped',
  );
  expect(code).toBe(0);
  const module = readFileSync(path('mapped/two_layers.py'), 'utf8');
  expect(module).toContain('_published = {"W": ("mlp.weight", True)}');
  expect(module).toContain('_published = {"d": ("norm.weight", False)}');
  const wrong = await sop('build two-layers.sop --target torch --map V=mlp.weight --out never');
  expect(wrong.code).toBe(2);
  expect(wrong.err).toContain("error[SOP0336]: scale3 has no parameter 'V'; it has d");
});

test.runIf(hasNvcc)(
  'with nvcc machine code lies beside the source',
  async () => {
    const line = 'build two-layers.sop --target torch --dtype f16 --profile sm_80 --out code';
    const { code, err } = await sop(line, { env: process.env });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const folder = path('code/two_layers_kernels');
    expect(readdirSync(folder).sort()).toEqual(
      endingsOf(['two_layers_f16_sm_80'], ['cu', 'cubin', 'h', 'json']),
    );
    const cubin = readFileSync(`${folder}/two_layers_f16_sm_80.cubin`);
    expect(cubin.subarray(0, 4)).toEqual(Buffer.from('\x7fELF'));
    const table = readFileSync(`${folder}/two_layers_f16_sm_80.json`, 'utf8');
    const kernels = [...table.matchAll(/"kernel": "(\w+)"/g)].map(([, name]) => name ?? '');
    expect(kernels.length).toBeGreaterThan(3);
    // As the module finds them: by length and name, within what C++ makes of them.
    for (const name of kernels) expect(cubin.includes(`${name.length}${name}`)).toBe(true);
  },
  60_000,
);
