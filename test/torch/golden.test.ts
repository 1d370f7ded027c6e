/**
 * A generated PyTorch module to look at, and the table of its launches. `UPDATE_GOLDEN=1 vitest run
 * test/torch/golden.test.ts` writes them anew.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compile } from '../../src/compile.ts';

const folder = join(import.meta.dirname, 'golden');
const updates = process.env['UPDATE_GOLDEN'] === '1';

test('layers.sop', async () => {
  const source = { name: 'layers.sop', text: readFileSync(join(folder, 'layers.sop'), 'utf8') };
  const { artifacts, diagnostics } = await compile(source, {
    targets: ['torch'],
    cudaProfile: 'sm_90a',
    torchFormats: ['f32'],
  });
  expect(diagnostics).toEqual([]);
  expect(artifacts.map(({ name }) => name)).toEqual([
    'layers.py',
    ...['cu', 'h', 'json'].map(ending => `layers_kernels/layers_f32_sm_90a.${ending}`),
  ]);
  for (const { name, contents } of artifacts.filter(each => /\.(py|json)$/.test(each.name))) {
    const path = join(folder, name.replace(/^.*\//, ''));
    if (updates) writeFileSync(path, String(contents));
    expect(existsSync(path) ? readFileSync(path, 'utf8') : '').toBe(contents);
  }
});
