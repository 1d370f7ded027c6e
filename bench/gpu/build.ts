/**
 * Builds what main.py measures: the operators of rows.sop as CUDA C, each a shared library of its own, and a manifest
 * that says what is in them. Needs nvcc, no GPU; what has not changed is not compiled again.
 *
 *   node build.ts [OUT] [--dtype f16,bf16,f32] [--only REGEX] [--profile sm_90a] [--jobs 2] [--source FILE]
 *
 * OUT is `generated` beside this file by default. Each operator gives OUT/DTYPE/OPERATOR.{cu,h,so}; one that cannot be
 * built stands in the manifest with the reason. The libraries take CUDA's runtime from the process that loads them.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { type CompileOptions, compile } from '../../src/compile.ts';
import { invariant } from '../../src/core/invariant.ts';
import { describeCuda } from '../../src/module/cuda.ts';
import { profiles } from '../../src/plan/profile.ts';
import { type Resources, resourcesOf, sharedBytes } from './resources.ts';

/** How each format is compiled for; another way of computing is another row. */
const formats: Readonly<Record<string, CompileOptions>> = {
  f32: {},
  f16: { storage: 'f16' },
  bf16: { storage: 'bf16' },
};

const { values: flags, positionals } = parseArgs({
  options: {
    dtype: { type: 'string', default: Object.keys(formats).join(',') },
    only: { type: 'string', default: '' },
    profile: { type: 'string', default: 'sm_90a' },
    jobs: { type: 'string', default: '2' },
    source: { type: 'string', default: join(import.meta.dirname, 'rows.sop') },
  },
  allowPositionals: true,
});
const [out = join(import.meta.dirname, 'generated')] = positionals;
const cudaProfile = flags.profile;
invariant(cudaProfile === 'sm_80' || cudaProfile === 'sm_90a', 'sm_80 or sm_90a');

/** What main.py reads. */
interface Entry {
  readonly operator: string;
  readonly dtype: string;
  /** Why there is no library, where there is none. */
  readonly problem?: string;
  /** Within OUT. */
  readonly library?: string;
  readonly columns?: number;
  readonly rows?: number;
  readonly parameters?: readonly { name: string; dtype: string; shape: readonly number[] }[];
  readonly kernels?: readonly (Resources & { readonly threads: number })[];
}

async function build(text: string, operator: string, dtype: string): Promise<Entry> {
  const entry = { operator, dtype };
  const options = formats[dtype];
  if (options === undefined) return { ...entry, problem: `${dtype}: no such format` };
  try {
    return { ...entry, ...(await built(text, operator, dtype, options)) };
  } catch (error) {
    return { ...entry, problem: error instanceof Error ? error.message : String(error) };
  }
}

async function built(text: string, operator: string, dtype: string, options: CompileOptions) {
  const source = { name: `${operator}.sop`, text };
  const { artifacts, diagnostics, operators, packed } = await compile(source, {
    ...options,
    targets: ['cuda'],
    cudaProfile,
    modes: ['apply'],
    instances: [{ operator, sizes: [] }],
  });
  if (artifacts.length === 0) return { problem: diagnostics.map(({ message }) => message).join(' ') };
  const folder = join(out, dtype);
  mkdirSync(folder, { recursive: true });
  const isNew = artifacts.some(({ name, contents }) => !holds(join(folder, name), contents));
  for (const { name, contents } of artifacts) writeFileSync(join(folder, name), contents);
  const [library, log] = ['so', 'log'].map(ending => join(folder, `${operator}.${ending}`));
  invariant(library !== undefined && log !== undefined, 'two names');
  if (isNew || !existsSync(library) || !existsSync(log)) {
    rmSync(library, { force: true });
    writeFileSync(log, await nvcc(join(folder, `${operator}.cu`), library));
  }
  const storage = options.storage ?? options.scalar ?? 'f32';
  const file = { name: operator, source: source.name, storage };
  const [described] = describeCuda(file, operators, packed, profiles[cudaProfile]).operators;
  const [mode] = described?.modes ?? [];
  invariant(described !== undefined && mode !== undefined, `${operator} is described`);
  const resources = resourcesOf(readFileSync(log, 'utf8'));
  return {
    library: `${dtype}/${operator}.so`,
    columns: mode.columns,
    rows: mode.rows,
    parameters: described.parameters.map(({ written, dtype, shape }) => ({ name: written, dtype, shape })),
    kernels: mode.kernels.flatMap(kernel =>
      resources
        .filter(({ name }) => name.startsWith(`${kernel.name}_kernel`))
        .map(each => ({
          ...each,
          sharedBytes: Math.max(each.sharedBytes, sharedBytes(kernel)),
          threads: kernel.launch.invocations,
        })),
    ),
  };
}

const holds = (path: string, contents: string | Uint8Array): boolean =>
  existsSync(path) && readFileSync(path, 'utf8') === contents;

/** With the flags that docs and tests compile with; gives what the assembler says of registers. */
function nvcc(source: string, library: string): Promise<string> {
  const code = `arch=${cudaProfile.replace('sm', 'compute')},code=${cudaProfile}`;
  const how = ['-std=c++17', '-O3', '-gencode', code, '-Xptxas', '-v', '-Werror', 'all-warnings'];
  const asLibrary = ['-shared', '-Xcompiler', '-fPIC', '-cudart', 'shared', '-o', library];
  return new Promise((resolve, reject) => {
    execFile('nvcc', [...how, ...asLibrary, source], { maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      if (error === null) resolve(stderr);
      else reject(new Error(`nvcc: ${`${stdout}${stderr}`.slice(-2000)}` || error.message));
    });
  });
}

const text = readFileSync(flags.source, 'utf8');
const names = [...text.matchAll(/^export .* as (\w+)$/gm)].flatMap(([, name]) => name ?? []);
const only = new RegExp(flags.only);
const wanted = flags.dtype
  .split(',')
  .flatMap(dtype => names.filter(name => only.test(`${name} ${dtype}`)).map(name => ({ name, dtype })));
const entries: Entry[] = [];
const worker = async () => {
  for (let next = wanted.shift(); next !== undefined; next = wanted.shift()) {
    const started = performance.now();
    const entry = await build(text, next.name, next.dtype);
    entries.push(entry);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    process.stdout.write(`${next.name} ${next.dtype}: ${entry.problem ?? `${seconds} s`}\n`);
  }
};
await Promise.all(Array.from({ length: Number(flags.jobs) }, worker));
mkdirSync(out, { recursive: true });
const path = join(out, 'manifest.json');
const isOf = ({ operator, dtype }: Entry) => `${operator} ${dtype}`;
const fresh = new Set(entries.map(isOf));
const before: readonly Entry[] = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).entries : [];
const all = [...before.filter(entry => !fresh.has(isOf(entry))), ...entries];
const manifest = { source: basename(flags.source), profile: cudaProfile, entries: all };
writeFileSync(path, `${JSON.stringify(manifest, null, 1)}\n`);
