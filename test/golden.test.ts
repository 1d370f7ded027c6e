/**
 * One input, every stage side by side, to look at: `<case>/input.sop` and beside it the rewritten operator,
 * the plan, the tile program, the kernel, the WebAssembly text, and CUDA C with its header.
 * `UPDATE_GOLDEN=1 vitest run test/golden.test.ts` writes them anew; the diff is what a change means.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { assemble } from '../codegen/assemble.ts';
import { printWat } from '../codegen/wat.ts';
import { compile, lowerSource } from '../src/compile.ts';
import { programText, stepText } from '../src/ir/text.ts';
import { kernelText } from '../src/kernel/text.ts';
import { planText } from '../src/plan/text.ts';
import { tileText } from '../src/tile/text.ts';

const folder = join(import.meta.dirname, 'golden');
const cases = readdirSync(folder, { withFileTypes: true }).filter(each => each.isDirectory());
const updates = process.env['UPDATE_GOLDEN'] === '1';

async function stagesOf(path: string): Promise<Record<string, string>> {
  const source = { name: 'input.sop', text: readFileSync(path, 'utf8') };
  const { diagnostics, operators } = lowerSource(source, { modes: ['apply'] });
  const { artifacts } = await compile(source, { modes: ['apply'], targets: ['cuda'] });
  expect(diagnostics).toEqual([]);
  const lowered = operators.flatMap(({ modes }) => modes);
  const text = (of: (each: (typeof lowered)[number]) => string) => lowered.map(of).join('\n');
  return {
    'operator.txt': text(({ program }) => programText(program)),
    'plan.txt': text(({ plan }) => planText(plan, stepText)),
    'tile.txt': text(({ tiles }) => tiles.map(tileText).join('\n')),
    'kernel.txt': text(({ kernels }) => kernels.map(kernelText).join('\n')),
    'module.wat': printWat(
      lowered.flatMap(({ kernels }) => kernels),
      { comment: ['golden'] },
    ),
    ...Object.fromEntries(artifacts.map(({ name, contents }) => [name, String(contents)])),
  };
}

describe.each(cases.map(({ name }) => name))('%s', async name => {
  const stages = await stagesOf(join(folder, name, 'input.sop'));
  for (const [file, contents] of Object.entries(stages)) {
    test(file, () => {
      const path = join(folder, name, file);
      if (updates) writeFileSync(path, contents);
      expect(existsSync(path) ? readFileSync(path, 'utf8') : '').toBe(contents);
    });
  }
  test('the WebAssembly text is valid', async () => {
    const text = readFileSync(join(folder, name, 'module.wat'), 'utf8');
    expect(WebAssembly.validate(Uint8Array.from(await assemble(name, text, false)))).toBe(true);
  });
});
