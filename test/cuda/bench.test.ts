/** What bench/gpu builds: the operators that it measures and the examples compile for CUDA, in every format. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { resourcesOf } from '../../bench/gpu/resources.ts';
import { compile } from '../../src/compile.ts';

const timeoutMs = 120_000;
const root = join(import.meta.dirname, '../..');
const sources = [
  'bench/gpu/rows.sop',
  'bench/gpu/verify/large.sop',
  ...['loldu', 'monarch', 'randlora', 'structured-ffn'].map(name => `examples/${name}/${name}.sop`),
];

describe.each(sources)('%s', path => {
  test.each([undefined, 'f16', 'bf16'] as const)(
    'with storage %s',
    async storage => {
      const source = { name: 'source.sop', text: readFileSync(join(root, path), 'utf8') };
      const { artifacts, diagnostics, operators } = await compile(source, { targets: ['cuda'], storage });
      expect(diagnostics).toEqual([]);
      expect(artifacts.map(({ name }) => name)).toEqual(['source.cu', 'source.h']);
      expect(operators.length).toBe(source.text.match(/^export /gm)?.length);
    },
    timeoutMs,
  );
});

test('registers, spills and shared memory are read from the report of the assembler', () => {
  const report = [
    "ptxas info    : Compiling entry function '_ZN3_GN20monarch_tiles_kernelILb1ELi12EEEvPKfi' for 'sm_90a'",
    'ptxas info    : Function properties for _ZN3_GN20monarch_tiles_kernelILb1ELi12EEEvPKfi',
    '    24 bytes stack frame, 8 bytes spill stores, 16 bytes spill loads',
    'ptxas info    : Used 96 registers, used 1 barriers, 2048 bytes smem',
    "ptxas info    : Compiling entry function '_Z4packPf' for 'sm_90a'",
    '    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads',
    'ptxas info    : Used 16 registers, used 0 barriers',
  ];
  expect(resourcesOf(report.join('\n'))).toEqual([
    { name: 'monarch_tiles_kernel<1, 12>', registers: 96, spillBytes: 24, sharedBytes: 2048 },
    { name: 'pack', registers: 16, spillBytes: 0, sharedBytes: 0 },
  ]);
});
