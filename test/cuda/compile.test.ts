/**
 * NVIDIA's compiler takes every generated file without a warning, and no kernel of an example spills registers. The
 * larger examples for both architectures take minutes: `SOP_CUDA=all vitest run test/cuda/compile.test.ts`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Artifact, type CompileOptions, compile } from '../../src/compile.ts';
import type { HalfFormat } from '../../src/core/precision.ts';
import { generateProgram } from '../check/arbitrary.ts';
import { numbers } from '../fuzz/values.ts';
import { compileFiles, hasNvcc } from './nvcc.ts';

const timeoutMs = 300_000;
const root = join(import.meta.dirname, '../..');
const everything = process.env['SOP_CUDA'] === 'all';
const larger = [
  'examples/loldu/loldu.sop',
  'examples/randlora/randlora.sop',
  'examples/structured-ffn/structured-ffn.sop',
];
const examples = [
  'examples/monarch/monarch.sop',
  'bench/gpu/verify/large.sop',
  ...(everything ? larger : []),
];
const architectures = everything ? (['sm_80', 'sm_90a'] as const) : (['sm_90a'] as const);

async function exampleFiles(cudaProfile: 'sm_80' | 'sm_90a', storage?: HalfFormat): Promise<Artifact[]> {
  const made = examples.map(async path => {
    const text = readFileSync(join(root, path), 'utf8');
    return (await compile({ name: path, text }, { targets: ['cuda'], cudaProfile, storage })).artifacts;
  });
  return (await Promise.all(made)).flat();
}

/** Under the names of their folders. */
function goldenFiles(): Artifact[] {
  const folder = join(root, 'test/golden');
  return readdirSync(folder).flatMap(name =>
    ['cu', 'h'].map(ending => {
      const contents = readFileSync(join(folder, name, `input.${ending}`), 'utf8');
      const file = `golden_${name.replaceAll('-', '_')}`;
      return {
        name: `${file}.${ending}`,
        contents: contents
          .replaceAll('input.h', `${file}.h`)
          .replaceAll('sop_input', `sop_${file}`)
          .replaceAll('SOP_INPUT', `SOP_${file}`),
      };
    }),
  );
}

const formats = [
  { scalar: 'f32' },
  { scalar: 'f64' },
  { storage: 'f16' },
  { storage: 'bf16' },
] as const satisfies readonly CompileOptions[];

/** Operators have the number of their program in their names; formats take turns. */
async function randomFiles(seeds: readonly number[], cudaProfile: 'sm_80' | 'sm_90a'): Promise<Artifact[]> {
  const made = seeds.map(async seed => {
    const { text, operator, sizes } = generateProgram(Array.from({ length: 160 }, numbers(seed)));
    const name = `${operator}${seed}`;
    const source = { name: `random${seed}.sop`, text: text.replaceAll(`op ${operator}`, `op ${name}`) };
    const instances = [{ operator: name, sizes }];
    const format = formats[seed % formats.length];
    return (await compile(source, { targets: ['cuda'], cudaProfile, ...format, instances })).artifacts;
  });
  return (await Promise.all(made)).flat();
}

const seedsOf = (first: number, count: number) => Array.from({ length: count }, (_, k) => first + k);

describe.runIf(hasNvcc)('nvcc', () => {
  test.each(architectures)(
    'examples and goldens for %s: no warning, no spill',
    async architecture => {
      const files = [...(await exampleFiles(architecture)), ...goldenFiles()];
      const { problems, spills, kernels } = compileFiles(files, architecture, 'code');
      expect(problems).toBe('');
      expect(kernels).toBeGreaterThan(30);
      expect(spills).toEqual([]);
    },
    timeoutMs,
  );
  test.each(['f16', 'bf16'] as const)(
    'examples in %s: no warning, no spill',
    async storage => {
      const files = await exampleFiles('sm_90a', storage);
      const { problems, spills, kernels } = compileFiles(files, 'sm_90a', 'code');
      expect(problems).toBe('');
      expect(kernels).toBeGreaterThan(10);
      expect(spills).toEqual([]);
    },
    timeoutMs,
  );
  test.each([
    ['sm_80', 1],
    ['sm_90a', 21],
  ] as const)(
    'random programs for %s: no warning',
    async (architecture, first) => {
      const files = await randomFiles(seedsOf(first, 20), architecture);
      expect(files.length).toBe(40);
      expect(compileFiles(files, architecture, 'check').problems).toBe('');
    },
    timeoutMs,
  );
});

test.runIf(!hasNvcc)('nvcc is not on this machine: generated files were not compiled', ({ skip }) => {
  skip('no nvcc');
});
