/** NVIDIA's compiler, where the machine has it: the kernels of a PyTorch module as machine code beside their source. */
import { spawn } from 'node:child_process';
import { access, constants, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import process from 'node:process';
import type { Artifact } from '../compile.ts';
import { data } from '../core/diagnostics/data.ts';
import { type Diagnostic, report } from '../core/diagnostics/diagnostic.ts';
import type { Io } from './io.ts';
import { progressOf } from './progress.ts';

interface Compiled {
  readonly artifacts: readonly Artifact[];
  readonly diagnostics: readonly Diagnostic[];
}

/** A `.cubin` for each `.cu`, which the last part of its name says the architecture of. */
export async function compileKernels(io: Io, artifacts: readonly Artifact[]): Promise<Compiled> {
  const nvcc = await findNvcc(io.env);
  if (nvcc === undefined) return { artifacts: [], diagnostics: [report(data.noCompiler, undefined, {})] };
  const folder = await mkdtemp(join(tmpdir(), 'sop-nvcc-'));
  try {
    const texts = artifacts.filter(({ name }) => /\.(cu|h)$/.test(name));
    for (const { name, contents } of texts) await writeFile(join(folder, basename(name)), contents);
    const waiting = texts.filter(({ name }) => /_sm_\w+\.cu$/.test(name));
    const progress = progressOf(io);
    const made = await inTurns(waiting, ({ name }) => {
      progress.step(`nvcc ${basename(name)}`);
      return compileOne(nvcc, folder, name);
    });
    progress.done();
    return {
      artifacts: made.flatMap(each => each.artifacts),
      diagnostics: made.flatMap(each => each.diagnostics),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function findNvcc(env: Io['env']): Promise<string | undefined> {
  const homes = [env['CUDA_HOME'], env['CUDA_PATH']].flatMap(home => (home ? [join(home, 'bin')] : []));
  const folders = [...(env['PATH'] ?? '').split(delimiter).filter(each => each !== ''), ...homes];
  for (const folder of folders) {
    const path = join(folder, process.platform === 'win32' ? 'nvcc.exe' : 'nvcc');
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return undefined;
}

async function compileOne(nvcc: string, folder: string, path: string): Promise<Compiled> {
  const file = basename(path);
  const architecture = /_(sm_\w+)\.cu$/.exec(file)?.[1] ?? '';
  const cubin = file.replace(/\.cu$/, '.cubin');
  const words = ['-cubin', '-std=c++17', `-arch=${architecture}`, '-o', cubin, file];
  const { code, errors } = await run(nvcc, words, folder);
  if (code === 0) {
    const contents = await readFile(join(folder, cubin));
    return { artifacts: [{ name: path.replace(/\.cu$/, '.cubin'), contents }], diagnostics: [] };
  }
  const why = errors.split('\n').find(line => line.trim() !== '') ?? `exit code ${code}`;
  return { artifacts: [], diagnostics: [report(data.compilerFailed, undefined, { path, why })] };
}

function run(
  program: string,
  words: readonly string[],
  cwd: string,
): Promise<{ readonly code: number | null; readonly errors: string }> {
  return new Promise(resolve => {
    const child = spawn(program, words, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    child.on('error', error => resolve({ code: null, errors: error.message }));
    child.on('close', code => resolve({ code, errors }));
  });
}

/** As many at a time as the machine has processors; results in the order of what they are of. */
async function inTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = items.entries();
  const worker = async (): Promise<void> => {
    for (const [k, item] of waiting) results[k] = await work(item);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return results;
}
