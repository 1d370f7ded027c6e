/**
 * Every operator and map that the language can express, through every stage: the numbers of a stage are those
 * of the one before it, bit for bit where both round, within rounding of f64 where the first is the dense
 * matrix.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { directSumMap, type IndexMap, tensorMap } from '../../src/ir/indexMap.ts';
import { gather } from '../../src/ir/operator.ts';
import { bijection } from '../ir/arbitrary.ts';
import {
  batchesFor,
  environmentOf,
  inputs,
  isTranscendental,
  mapTrial,
  operatorTrial,
  type Trial,
} from './programs.ts';
import {
  build,
  firstDifference,
  linearProgram,
  packByKernel,
  relativeError,
  runDense,
  runKernels,
  runTiles,
  runWasm,
} from './stages.ts';

const timeoutMs = 60_000;

const exact = (value: number): number => value;

/** f64 rounding over chains of a few factors of size ≤ 12 with inverses of condition ≤ 1e4. */
const referenceTolerance = 1e-9;
/** A function of the f32 kernel is off by a few units in the last place, and the factors after it pass that on. */
const functionTolerance = 1e-4;

function checkInterpreters(trial: Trial): void {
  const environment = environmentOf(trial.program);
  const built = build(trial.program, trial.mode, trial.scalar, trial.profile);
  const round = trial.scalar === 'f32' ? Math.fround : exact;
  for (const rows of batchesFor(trial, 7)) {
    const tiles = runTiles(built, environment, rows, exact);
    expect(relativeError(runDense(built, environment, rows), tiles)).toBeLessThan(referenceTolerance);
    const kernels = runKernels(built, environment, rows);
    const rounded = runTiles(built, environment, rows, round);
    if (isTranscendental(trial.program)) {
      expect(relativeError(rounded, kernels)).toBeLessThan(functionTolerance);
    } else expect(firstDifference(rounded, kernels)).toBeUndefined();
    expect(firstDifference(kernels, runKernels(built, environment, rows, packByKernel))).toBeUndefined();
  }
}

async function checkWasm(trial: Trial): Promise<void> {
  const environment = environmentOf(trial.program);
  const built = build(trial.program, trial.mode, trial.scalar, trial.profile);
  const batches = batchesFor(trial, 11);
  const made = await runWasm(built, environment, batches);
  batches.forEach((rows, k) => {
    const wasm = made[k];
    expect(wasm && firstDifference(runKernels(built, environment, rows), wasm)).toBeUndefined();
  });
}

describe('dense matrix = tile interpreter = kernel interpreter, packed by meaning and by pack steps', () => {
  test(
    'operators and their adjoints',
    () => {
      fc.assert(fc.property(operatorTrial, checkInterpreters), { numRuns: 150, seed: 1 });
    },
    timeoutMs,
  );
  test(
    'maps',
    () => {
      fc.assert(fc.property(mapTrial, checkInterpreters), { numRuns: 100, seed: 2 });
    },
    timeoutMs,
  );
});

describe('kernel interpreter = WebAssembly, bit for bit', () => {
  test(
    'operators and their adjoints',
    async () => {
      await fc.assert(fc.asyncProperty(operatorTrial, checkWasm), { numRuns: 100, seed: 3 });
    },
    timeoutMs,
  );
  test(
    'maps',
    async () => {
      await fc.assert(fc.asyncProperty(mapTrial, checkWasm), { numRuns: 80, seed: 4 });
    },
    timeoutMs,
  );
});

/** Bijections inside direct sums and Kronecker products, a few levels deep. */
const nestedMap = (depth: number): fc.Arbitrary<IndexMap> => {
  const leaf = fc.nat(5).chain(bijection);
  if (depth === 0) return leaf;
  const inner = nestedMap(depth - 1);
  return fc.oneof(
    leaf,
    fc.array(inner, { minLength: 1, maxLength: 3 }).map(directSumMap),
    fc.tuple(inner, inner).map(([outer, own]) => tensorMap(outer, own)),
  );
};

test(
  'permutations of permutations stay inside their rows, provably',
  () => {
    fc.assert(
      fc.property(
        nestedMap(3).filter(map => map.domain <= 300),
        map => {
          const program = linearProgram(gather(map));
          const [built, environment] = [build(program), environmentOf(program)];
          const rows = inputs(2, map.domain, 5);
          const dense = runDense(built, environment, rows);
          expect(firstDifference(dense, runKernels(built, environment, rows))).toBeUndefined();
        },
      ),
      { numRuns: 150, seed: 5 },
    );
  },
  timeoutMs,
);
