/** One random program from a seed, from text through every stage to numbers; it throws where two stages disagree. */
import type { Program } from '../../src/ir/operator.ts';
import type { Environment } from '../../src/ir/tensorEvaluate.ts';
import { isLinear } from '../../src/pipeline.ts';
import { type GeneratedParameter, type GeneratedProgram, generateProgram } from '../check/arbitrary.ts';
import { programOf } from '../check/source.ts';
import { inputs, isTranscendental, type Trial } from '../conformance/programs.ts';
import {
  build,
  firstDifference,
  packByKernel,
  profileWith,
  relativeError,
  runDense,
  runKernels,
  runTiles,
  runWasm,
} from '../conformance/stages.ts';

export interface Outcome {
  readonly program: GeneratedProgram;
  /** What `error` is: of which numbers, and in parts of what. */
  readonly measure: string;
  readonly kernels: number;
  readonly error: number;
}

/** The text and sizes of the program, for the report of a failure. */
export const generatedFrom = (seed: number): GeneratedProgram =>
  generateProgram(Array.from({ length: 160 }, numbers(seed)));

/** Mulberry32: numbers in 0..2^32-1. */
export function numbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** Reals of magnitude 1/2 to 1 with seven bits: exact in every dtype, and triangles of them are far from singular. */
function valuesOf({ shape, values }: GeneratedParameter, next: () => number): Float64Array {
  const size = shape.reduce((a, b) => a * b, 1);
  if (values === 'real')
    return Float64Array.from(
      { length: size },
      () => (next() % 2 === 0 ? 1 : -1) * (0.5 + (next() % 64) / 128),
    );
  if (values !== 'permutation') return Float64Array.from({ length: size }, () => next() % values.below);
  const order = Float64Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i--) {
    const j = next() % (i + 1);
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
  return order;
}

export function environmentFor(
  program: Program,
  generated: GeneratedProgram,
  next: () => number,
): Environment {
  const byName = new Map(generated.parameters.map(each => [each.name, each]));
  return new Map(
    program.parameters.map(({ name, tensor }) => {
      const described = byName.get(name);
      if (described === undefined) throw new Error(`no description of ${name}`);
      return [tensor.name, valuesOf(described, next)] as const;
    }),
  );
}

/** f64 against f64 through inverses of small triangles. */
const referenceTolerance = 1e-8;
/** Single-precision functions are good to a few units in the last place; factors after them pass that on. */
const functionTolerance = 1e-3;

function check(what: string, problem: string | undefined): void {
  if (problem !== undefined) throw new Error(`${what}: ${problem}`);
}

export interface RandomProgram {
  readonly generated: GeneratedProgram;
  readonly program: Program;
  readonly environment: Environment;
  /** More random numbers. */
  readonly next: () => number;
}

export function randomProgram(seed: number): RandomProgram {
  const next = numbers(seed);
  const generated = generateProgram(Array.from({ length: 160 }, next));
  const program = programOf(generated.text, generated.operator, generated.sizes);
  return { generated, program, environment: environmentFor(program, generated, next), next };
}

/** Down to WebAssembly; its error is the largest difference from the dense reference, in parts of the largest output. */
export async function runTrial(seed: number): Promise<Outcome> {
  const { generated, program, environment, next } = randomProgram(seed);
  const tileBytes = [1, 64, 256, 512 * 1024, 512 * 1024][next() % 5] ?? 1;
  const trial: Trial = {
    program,
    mode: isLinear(program) && next() % 2 === 0 ? 'adjoint' : 'apply',
    scalar: next() % 2 === 0 ? 'f64' : 'f32',
    profile: profileWith({ tileRows: 1 + (next() % 9), tileBytes }),
  };
  const built = build(program, trial.mode, trial.scalar, trial.profile);
  const width = built.lowered.program.columns;
  const round = trial.scalar === 'f32' ? Math.fround : (value: number) => value;
  const batches = [0, 1, trial.profile.tileRows, trial.profile.tileRows + 1].map(batch =>
    inputs(batch, width, seed + batch),
  );
  const wasm = await runWasm(built, environment, batches, packByKernel);
  const errors = batches.map((rows, k) => {
    const dense = runDense(built, environment, rows);
    const exact = relativeError(
      dense,
      runTiles(built, environment, rows, value => value),
    );
    check('dense against tile', exact <= referenceTolerance ? undefined : `off by ${exact}`);
    const rounded = runTiles(built, environment, rows, round);
    const kernels = runKernels(built, environment, rows);
    if (isTranscendental(program)) {
      const error = relativeError(rounded, kernels);
      check('tile against kernel', error <= functionTolerance ? undefined : `off by ${error}`);
    } else check('tile against kernel', firstDifference(rounded, kernels));
    // Pack steps spell some functions otherwise than the reference does: the last bits may differ.
    const packed = runKernels(built, environment, rows, packByKernel);
    const packing = relativeError(kernels, packed);
    const allowed = trial.scalar === 'f32' ? functionTolerance : referenceTolerance;
    check('pack steps', packing <= allowed ? undefined : `off by ${packing}`);
    const made = wasm[k];
    check('kernel against WebAssembly', made === undefined ? 'nothing' : firstDifference(packed, made));
    return made === undefined ? 0 : relativeError(dense, made);
  });
  return {
    program: generated,
    measure: `${trial.scalar} error`,
    kernels: built.lowered.kernels.length,
    error: Math.max(...errors),
  };
}
