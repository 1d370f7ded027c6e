/** One random program from a seed, from text through every stage to numbers; it throws where two stages disagree. */
import type { Program } from '../../src/ir/operator.ts';
import type { Environment } from '../../src/ir/tensorEvaluate.ts';
import { isLinear } from '../../src/pipeline.ts';
import { type GeneratedProgram, generateProgram } from '../check/arbitrary.ts';
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
import { environmentFor, numbers } from './values.ts';

export interface Outcome {
  readonly program: GeneratedProgram;
  /** What `error` is: of which numbers, and in parts of what. */
  readonly measure: string;
  readonly kernels: number;
  readonly error: number;
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
