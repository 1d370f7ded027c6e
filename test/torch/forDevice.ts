/**
 * Writes what device.py runs on a GPU: `node test/torch/forDevice.ts FOLDER [PROFILE]`, with nvcc on the PATH.
 * Operators of every construct at small sizes, and examples at theirs; one module is left without machine code.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { processIo } from '../../src/cli/io.ts';
import { compileKernels } from '../../src/cli/nvcc.ts';
import { type Artifact, type CompileOptions, compile } from '../../src/compile.ts';
import { cudaProfiles } from '../../src/plan/profile.ts';
import { build } from './cases.ts';

const [, , folder = 'device', profile] = process.argv;
const root = join(import.meta.dirname, '../..');
const cudaProfile = cudaProfiles.find(each => each === profile);
const given: CompileOptions = { targets: ['torch'], ...(cudaProfile && { cudaProfile }) };

function write(artifacts: readonly Artifact[]): void {
  for (const { name, contents } of artifacts) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), contents);
  }
}

async function withMachineCode(artifacts: readonly Artifact[]): Promise<void> {
  const made = await compileKernels(processIo(), artifacts);
  if (made.diagnostics.length > 0) throw new Error(made.diagnostics.map(each => each.message).join('\n'));
  write([...artifacts, ...made.artifacts]);
}

async function example(path: string, name: string): Promise<readonly Artifact[]> {
  const text = readFileSync(join(root, 'examples', path), 'utf8');
  return (await compile({ name, text }, given)).artifacts;
}

const { artifacts, cases } = await build(() => ({}), given);
await withMachineCode(artifacts);
writeFileSync(join(folder, 'cases.json'), JSON.stringify(cases));
await withMachineCode(await example('monarch/monarch.sop', 'large_monarch.sop'));
await withMachineCode(await example('structured-ffn/structured-ffn.sop', 'large_ffn.sop'));
write(await example('browser/browser.sop', 'without_code.sop'));
