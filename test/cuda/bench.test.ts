/** What bench/gpu builds: every operator that it measures is one the compiler takes, in every format. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { resourcesOf } from '../../bench/gpu/resources.ts';
import { compile } from '../../src/compile.ts';

const timeoutMs = 120_000;
const path = join(import.meta.dirname, '../../bench/gpu/rows.sop');

describe('the operators of bench/gpu', () => {
  test.each([undefined, 'f16', 'bf16'] as const)(
    'compile for CUDA with storage %s',
    async storage => {
      const source = { name: 'rows.sop', text: readFileSync(path, 'utf8') };
      const { artifacts, diagnostics, operators } = await compile(source, {
        targets: ['cuda'],
        modes: ['apply'],
        storage,
      });
      expect(diagnostics).toEqual([]);
      expect(artifacts.map(({ name }) => name)).toEqual(['rows.cu', 'rows.h']);
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
