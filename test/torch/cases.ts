/** Modules for PyTorch, and what their operators give in f64 by the meaning of the IR, for Python to compare. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawValues, random } from '../../runtime/generators.ts';
import { type ElaborateOptions, elaborateSource } from '../../src/check/source.ts';
import { type Artifact, type CompileOptions, compile } from '../../src/compile.ts';
import { at } from '../../src/core/invariant.ts';
import { applyOperator, applySteps } from '../../src/ir/dense.ts';
import type { Program } from '../../src/ir/operator.ts';
import type { Environment } from '../../src/ir/tensorEvaluate.ts';
import { describeParameters } from '../../src/module/describe.ts';
import { isLinear } from '../../src/pipeline.ts';

const root = join(import.meta.dirname, '../..');
const sized = (operator: string, sizes: Readonly<Record<string, number>>) => ({ operator, sizes });

/** Examples at sizes that are quick, where block counts differ from block sizes. */
const files: readonly { readonly path: string; readonly instances?: ElaborateOptions['instances'] }[] = [
  {
    path: 'examples/monarch/monarch.sop',
    instances: [
      sized('monarch', { n: 32, b: 4 }),
      sized('monarch_rect', { k: 4, q: 6, p: 3, l: 3, s: 5, r: 8 }),
      sized('monarch_rank', { k: 3, r: 2, j: 4, i: 5, l: 7 }),
      sized('monarch_b1b2', { k: 3, j: 2, y: 2, i: 4, l: 5, z: 3 }),
      sized('monarch_linear', { m: 10, n: 13, nb: 3 }),
      sized('mmstar', { n: 12, b: 3 }),
    ],
  },
  {
    path: 'examples/structured-ffn/structured-ffn.sop',
    instances: [
      sized('lowrank_ffn', { n: 12, m: 20, r: 5 }),
      sized('blockdense', { n: 12, m: 20, r: 8, g: 4 }),
      sized('blockshuffle', { n: 18, m: 24, g: 3 }),
      sized('guided', { n: 12, m: 20, r: 8, g: 4 }),
      sized('guided_shuffle', { n: 12, m: 24, g: 3 }),
      sized('merged', { n: 12, m: 20 }),
      sized('swiglu', { n: 12, m: 20, r: 8, g: 4 }),
    ],
  },
  { path: 'examples/randlora/randlora.sop' },
  { path: 'examples/loldu/loldu.sop' },
  { path: 'test/torch/constructs.sop' },
];

const options: CompileOptions = {
  targets: ['torch'],
  published: new Map([['monarch.L', { tensor: 'blkdiag2', isTransposed: true }]]),
};

export interface Case {
  readonly module: string;
  readonly operator: string;
  /** By the names of a state dict; of each call those that go with calls. */
  readonly parameters: Readonly<Record<string, readonly number[]>>;
  /** Of the parameters whose values the file gives, for the seed 5. */
  readonly defaults: Readonly<Record<string, readonly number[]>>;
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** What the adjoint makes of y; absent for maps. */
  readonly back: readonly number[] | undefined;
}

export const rows = 3;
export const seed = 5;

/** Without a GPU kernels of one format say what those of all do. */
export async function build(
  defaultsOf: (program: Program) => Record<string, readonly number[]>,
  given: Pick<CompileOptions, 'torchFormats' | 'cudaProfile'> = {
    torchFormats: ['f32'],
    cudaProfile: 'sm_90a',
  },
): Promise<{ readonly artifacts: Artifact[]; readonly cases: Case[] }> {
  const made = await Promise.all(
    files.map(async ({ path, instances }) => {
      const source = { name: path, text: readFileSync(join(root, path), 'utf8') };
      const chosen = { ...options, ...given, ...(instances && { instances }) };
      const { artifacts, diagnostics } = await compile(source, chosen);
      const [problem] = diagnostics;
      if (problem !== undefined) throw new Error(`${path}: ${problem.message}`);
      const module = at(artifacts, 0).name.replace('.py', '');
      const { programs } = elaborateSource(source, chosen);
      const cases = programs.map(
        (program): Case => ({
          module,
          operator: program.name,
          defaults: defaultsOf(program),
          ...valuesOf(program),
        }),
      );
      return { artifacts, cases };
    }),
  );
  return {
    artifacts: made.flatMap(({ artifacts }) => artifacts),
    cases: made.flatMap(({ cases }) => cases),
  };
}

function valuesOf(program: Program): Pick<Case, 'parameters' | 'x' | 'y' | 'back'> {
  const contents = describeParameters([program]);
  const drawn = program.parameters.map(({ name, tensor }, k) => {
    const values = Float64Array.from(drawValues(at(contents, k).description, seed));
    // Triangles that are solved with are far from singular.
    const [n = 0] = tensor.shape;
    if (tensor.shape.length === 2 && n === tensor.shape[1] && tensor.dtype !== 'index')
      for (let i = 0; i < n; i++) values[i * n + i] = at(values, i * n + i) + 2;
    if (tensor.shape.length === 1 && tensor.dtype !== 'index')
      values.forEach((value, i) => {
        values[i] = value + (value < 0 ? -0.5 : 0.5);
      });
    return { name, key: tensor.name, values };
  });
  const environment: Environment = new Map(drawn.map(({ key, values }) => [key, values]));
  const next = random(`x ${program.name}`, seed);
  const x = Float64Array.from({ length: rows * program.columns }, () => 2 * next() - 1);
  const eachRow = (values: Float64Array, width: number, one: (row: Float64Array) => Float64Array) =>
    Array.from({ length: rows }, (_, k) => [...one(values.subarray(k * width, (k + 1) * width))]).flat();
  const y = eachRow(x, program.columns, row => applySteps(program.steps, row, environment));
  const backwards = (row: Float64Array): Float64Array =>
    program.steps.reduceRight(
      (value, step) =>
        step.kind === 'linear' ? applyOperator(step.operator, value, environment, true) : value,
      row,
    );
  return {
    parameters: Object.fromEntries(drawn.map(({ name, values }) => [name, [...values]])),
    x: [...x],
    y,
    back: isLinear(program) ? eachRow(Float64Array.from(y), program.rows, backwards) : undefined,
  };
}
