/** Lowered contracts compute what the tile interpreter says, bit for bit, whatever the axes, strides and batch. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../src/ir/tensor.ts';
import { parametersOf } from '../../src/ir/tensor.ts';
import type { Environment } from '../../src/ir/tensorEvaluate.ts';
import {
  firstDifference,
  packByKernel,
  type Rows,
  relativeError,
  runKernels,
  runTiles,
  runWasm,
} from '../conformance/stages.ts';
import { valuesOf } from '../ir/values.ts';
import { buildTile, type ContractTrial, contractTrial } from './contracts.ts';

const timeoutMs = 60_000;

function environmentFor({ tile }: ContractTrial): Environment {
  const tensors = tile.statements.flatMap((statement): Tensor[] => {
    if (statement.kind !== 'contract') return [];
    const biases = statement.epilogue.flatMap(step => (step.kind === 'bias' ? [step.bias] : []));
    const diagonals = statement.residuals.flatMap(({ weights }) => weights ?? []);
    return [statement.weights, ...diagonals, ...biases];
  });
  return new Map(tensors.flatMap(parametersOf).map(each => [each.name, valuesOf(each)]));
}

/** Values of both signs, with some zeros of either sign among them. */
function rowsOf({ tile }: ContractTrial, batch: number): Rows {
  const width = tile.buffers.find(({ name }) => name === 'x')?.width ?? 0;
  let state = 12345 + batch;
  const data = Float64Array.from({ length: batch * width }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % 11 === 0 ? (state % 2 === 0 ? 0 : -0) : Math.fround(state / 2 ** 31 - 1);
  });
  return { batch, data };
}

const roundOf = ({ scalar }: ContractTrial) => (scalar === 'f32' ? Math.fround : (value: number) => value);

describe('random contracts', () => {
  test(
    'kernel interpreter = tile interpreter, packed by meaning and by pack steps',
    () => {
      const check = (trial: ContractTrial): void => {
        const built = buildTile(trial);
        const environment = environmentFor(trial);
        for (const batch of trial.batches) {
          const rows = rowsOf(trial, batch);
          const expected = runTiles(built, environment, rows, roundOf(trial));
          for (const pack of [undefined, packByKernel])
            expect(firstDifference(expected, runKernels(built, environment, rows, pack))).toBeUndefined();
        }
      };
      fc.assert(fc.property(contractTrial, check), { numRuns: 100, seed: 21 });
    },
    timeoutMs,
  );
  test(
    'WebAssembly = tile interpreter',
    async () => {
      const check = async (trial: ContractTrial): Promise<void> => {
        const built = buildTile(trial);
        const environment = environmentFor(trial);
        const batches = trial.batches.map(batch => rowsOf(trial, batch));
        const made = await runWasm(built, environment, batches);
        batches.forEach((rows, k) => {
          const expected = runTiles(built, environment, rows, roundOf(trial));
          expect(
            firstDifference(expected, made[k] ?? { batch: 0, data: new Float64Array(1) }),
          ).toBeUndefined();
        });
      };
      await fc.assert(fc.asyncProperty(contractTrial, check), { numRuns: 120, seed: 22 });
    },
    timeoutMs,
  );
  test(
    'relaxed SIMD: within the roundings it saves',
    async () => {
      const check = async (trial: ContractTrial): Promise<void> => {
        const environment = environmentFor(trial);
        const batches = trial.batches.map(batch => rowsOf(trial, batch));
        const strict = await runWasm(buildTile(trial), environment, batches);
        const relaxed = await runWasm(buildTile(trial, true), environment, batches);
        batches.forEach((_, k) => {
          const [one, other] = [strict[k], relaxed[k]];
          // Two sums of at most a few thousand products, and a gate: far below, because roundings cancel.
          expect(one && other && relativeError(one, other)).toBeLessThan(1e-4);
        });
      };
      await fc.assert(fc.asyncProperty(contractTrial, check), { numRuns: 30, seed: 23 });
    },
    timeoutMs,
  );
});
