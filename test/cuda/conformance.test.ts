/**
 * Random operators and maps as kernels of CUDA, on rows that lie apart and with pack steps shared out over a whole
 * launch: the interpreter of group kernels agrees with the tile interpreter in either order of invocations.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { profiles } from '../../src/plan/profile.ts';
import {
  batchesFor,
  environmentOf,
  isTranscendental,
  mapTrial,
  operatorTrial,
  type Trial,
} from '../conformance/programs.ts';
import { build, firstDifference, packByKernel, relativeError, runTiles } from '../conformance/stages.ts';
import { packInStages, runPadded, sharedOut } from './stages.ts';

const timeoutMs = 120_000;
/** Functions are good to a few units in the last place, and the factors after them pass that on. */
const functionTolerance = 1e-4;

interface Machine {
  readonly invocations: number;
  readonly padding: number;
  readonly name: 'sm_80' | 'sm_90a';
}

const machine: fc.Arbitrary<Machine> = fc.record({
  invocations: fc.constantFrom(1, 3, 32),
  padding: fc.constantFrom(0, 1, 3, 8),
  name: fc.constantFrom('sm_80', 'sm_90a'),
});

/** Products and sums rounded apart, as the tile interpreter rounds them; and together, as the machine does. */
function check(given: Trial, { invocations, padding, name }: Machine): void {
  const { tileRows, tileBytes } = given.profile;
  const profile = { ...profiles[name], tileRows: Math.min(tileRows, 5), tileBytes };
  const environment = environmentOf(given.program);
  const of = (fusedMultiplyAdd: boolean) =>
    build(given.program, given.mode, given.scalar, { ...profile, fusedMultiplyAdd });
  const [apart, together] = [of(false), of(true)];
  const round = given.scalar === 'f32' ? Math.fround : (value: number) => value;
  for (const rows of batchesFor({ ...given, profile }, 7)) {
    const rounded = runTiles(apart, environment, rows, round);
    const runs = (['forward', 'backward'] as const).map((order, k) =>
      runPadded(apart, sharedOut(apart, invocations), environment, rows, {
        groups: 1 + 2 * k,
        order,
        padding,
      }),
    );
    for (const made of runs) {
      if (isTranscendental(given.program))
        expect(relativeError(rounded, made)).toBeLessThan(functionTolerance);
      else expect(firstDifference(rounded, made)).toBeUndefined();
    }
    const fused = runPadded(together, sharedOut(together, invocations), environment, rows, {
      groups: 2,
      order: 'forward',
      padding,
    });
    expect(relativeError(rounded, fused)).toBeLessThan(functionTolerance);
  }
}
describe('tile interpreter = interpreter of groups, on rows that lie apart', () => {
  test(
    'operators and their adjoints',
    () => {
      fc.assert(fc.property(operatorTrial, machine, check), { numRuns: 60, seed: 21 });
    },
    timeoutMs,
  );
  test(
    'maps',
    () => {
      fc.assert(fc.property(mapTrial, machine, check), { numRuns: 40, seed: 22 });
    },
    timeoutMs,
  );
});

test(
  'pack steps in stages fill what they fill at once, whichever invocation comes first',
  () => {
    const checkPacks = (given: Trial): void => {
      const { packed } = build(given.program, given.mode, given.scalar, profiles.sm_80);
      const environment = environmentOf(given.program);
      for (const buffer of packed) {
        const expected = packByKernel(buffer, environment);
        for (const order of ['forward', 'backward'] as const)
          expect(packInStages({ groups: 2, order })(buffer, environment)).toEqual(expected);
      }
    };
    fc.assert(fc.property(operatorTrial, checkPacks), { numRuns: 80, seed: 23 });
  },
  timeoutMs,
);
