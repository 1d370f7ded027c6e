/**
 * Compiles a .sop file in this process and imports the module it becomes: what `sop build` writes, without
 * the files staying behind. A program of your own would run `sop build layer.sop --out generated` once and
 * write `import { createLayer } from './generated/layer.js'`.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { CreateOptions, Operator } from '../../runtime/index.ts';
import { compile } from '../../src/compile.ts';
import { identity, type Matrix, transpose, wrap } from './matrix.ts';

/** The operators of a .sop file by name: `operator('monarch768', { params: { L, R } })`. */
export interface Loaded {
  readonly operator: (name: string, options?: CreateOptions) => Promise<Operator>;
  /**
   * All of them at once, sharing the parameters of the file; the others' names are prefixed: `'layer1.W'`.
   */
  readonly all: (options?: CreateOptions) => Promise<Readonly<Record<string, Operator>>>;
}

export interface LoadOptions {
  /**
   * Only these are compiled: names of the file's exports, or more of them as it would write them,
   * `monarch[12, 3] as small`.
   */
  readonly exports?: readonly string[];
  readonly scalar?: 'f32' | 'f64';
}

/** @param file URL of the .sop file. What the compiler has to say against it becomes one Error. */
export async function load(file: URL, { exports = [], scalar = 'f32' }: LoadOptions = {}): Promise<Loaded> {
  const name = fileURLToPath(file);
  const added = exports.filter(each => each.includes(' as '));
  const text = [await readFile(file, 'utf8'), ...added.map(each => `export ${each}`), ''].join('\n');
  const instances = exports.map(each => ({ operator: each.split(' as ')[1] ?? each, sizes: [] }));
  const runtime = new URL('../../runtime/index.ts', import.meta.url).href;
  const { artifacts, diagnostics } = await compile(
    { name, text },
    { scalar, runtime, ...(exports.length > 0 && { instances }) },
  );
  const script = artifacts.find(artifact => artifact.name.endsWith('.js'));
  if (script === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  const generated = await importText(String(script.contents));
  const exported = (operator: string): unknown => {
    const create = generated[`create${operator.slice(0, 1).toUpperCase()}${operator.slice(1)}`];
    if (create === undefined) throw new Error(`${basename(name)} exports no ${operator}`);
    return create;
  };
  return {
    operator: (operator, parameters) => (exported(operator) as Create<Operator>)(parameters),
    all: exported('') as Create<Readonly<Record<string, Operator>>>,
  };
}

/** The generated module: `create` for all operators, a `create…` for each. */
type Generated = Readonly<Record<string, unknown>>;
type Create<Created> = (options?: CreateOptions) => Promise<Created>;

async function importText(text: string): Promise<Generated> {
  const folder = await mkdtemp(join(tmpdir(), 'sop-'));
  try {
    const path = join(folder, 'generated.mjs');
    await writeFile(path, text);
    return (await import(pathToFileURL(path).href)) as Generated;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The matrix of an f64 operator: its action on every basis vector, which come as one batch. */
export function matrixOfOperator({ apply, inputLength, outputLength }: Operator): Matrix {
  return transpose(wrap(inputLength, outputLength, apply(identity(inputLength).data)));
}

/** The same in single precision, as the operators are built by default. */
export function matrixOfOperator32({ apply, inputLength, outputLength }: Operator): Matrix {
  const basis = Float32Array.from(identity(inputLength).data);
  return transpose(wrap(inputLength, outputLength, apply(basis)));
}
