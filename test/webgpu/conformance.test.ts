/**
 * Random operators and maps as compute shaders: the interpreter of group kernels agrees with the tile interpreter bit
 * for bit in either order of invocations, Tint accepts every shader, and Dawn's numbers agree with f64.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compose, dense, diagonal, sum } from '../../src/ir/operator.ts';
import { profiles } from '../../src/plan/profile.ts';
import { tileText } from '../../src/tile/text.ts';
import {
  batchesFor,
  environmentOf,
  isTranscendental,
  mapTrial,
  operatorTrial,
  type Trial,
} from '../conformance/programs.ts';
import { build, firstDifference, linearProgram, relativeError, runTiles } from '../conformance/stages.ts';
import { newCoverage, record } from '../fuzz/coverage.ts';
import { named } from '../ir/values.ts';
import { engineForTests, tintMessages } from './engine.ts';
import { buildGroups, groupProfile, runGroups, shaderTexts } from './stages.ts';
import { buildTrial, checkOnDawn, gpuTrials } from './trial.ts';

const timeoutMs = 120_000;
/** Functions are good to a few units in the last place, and the factors after them pass that on. */
const functionTolerance = 1e-4;

const invocations = fc.constantFrom(1, 3, 32);

const forGroups = (trial: Trial): Trial => {
  const { tileRows, tileBytes } = trial.profile;
  const room = Math.min(tileBytes, 16 * 1024);
  return {
    ...trial,
    scalar: 'f32',
    // Output in pieces of any length, so that small operators come in slices.
    profile: groupProfile({ tileRows: Math.min(tileRows, 5), tileBytes: room, sectorBytes: 4 }),
  };
};

const built = (trial: Trial, count: number) =>
  buildGroups(build(trial.program, trial.mode, trial.scalar, trial.profile), count);

function checkInterpreter(given: Trial, count: number): void {
  const trial = forGroups(given);
  const environment = environmentOf(trial.program);
  const groups = built(trial, count);
  for (const rows of batchesFor(trial, 7)) {
    const rounded = runTiles(groups, environment, rows, Math.fround);
    const [forward, backward] = (['forward', 'backward'] as const).map((order, k) =>
      runGroups(groups, environment, rows, { groups: 1 + 2 * k, order }),
    );
    if (forward === undefined || backward === undefined) throw new Error('two runs');
    expect(firstDifference(forward, backward)).toBeUndefined();
    if (isTranscendental(trial.program))
      expect(relativeError(rounded, forward)).toBeLessThan(functionTolerance);
    else expect(firstDifference(rounded, forward)).toBeUndefined();
  }
}

describe('tile interpreter = interpreter of groups, whichever invocation comes first', () => {
  test(
    'operators and their adjoints',
    () => {
      fc.assert(fc.property(operatorTrial, invocations, checkInterpreter), { numRuns: 120, seed: 11 });
    },
    timeoutMs,
  );
  test(
    'maps',
    () => {
      fc.assert(fc.property(mapTrial, invocations, checkInterpreter), { numRuns: 80, seed: 12 });
    },
    timeoutMs,
  );
});

test(
  'Tint accepts every shader',
  async () => {
    const trials = fc.sample(fc.oneof(operatorTrial, mapTrial), { numRuns: 150, seed: 13 });
    for (const trial of trials) {
      for (const code of shaderTexts(built(forGroups(trial), 64)))
        expect(await tintMessages(code)).toEqual([]);
    }
  },
  timeoutMs,
);

const engine = await engineForTests();

describe.runIf(engine.kind === 'engine')('Dawn = dense matrix, within the derived bounds', async () => {
  const device = engine.kind === 'engine' ? await engine.newDevice('everything') : undefined;
  test.each([
    ['operators and their adjoints', operatorTrial, 14],
    ['maps', mapTrial, 15],
  ] as const)(
    '%s',
    async (_, trials, seed) => {
      if (device === undefined) throw new Error('an engine has a device');
      const check = async (given: Trial): Promise<void> => {
        const { program, profile } = forGroups(given);
        const environment = environmentOf(program);
        const { problems } = await checkOnDawn(
          device,
          { environment, seed },
          buildTrial({ program }, profile),
        );
        expect(problems).toEqual([]);
      };
      await fc.assert(fc.asyncProperty(trials, check), { numRuns: 60, seed });
    },
    timeoutMs,
  );

  test.each([
    ['webgpu-default', 16],
    ['webgpu-large', 32],
  ] as const)(
    'a long sum in parts, added to a diagonal, on %s',
    async (profile, parts) => {
      if (device === undefined) throw new Error('an engine has a device');
      const [u, v] = [named('u', [512, 16], 0), named('v', [16, 512], 0)];
      const program = linearProgram(sum(diagonal(named('d', [512], 0)), compose(dense(u), dense(v))));
      const trial = buildTrial({ program }, profiles[profile]);
      for (const { tiles } of trial.instance.modes)
        expect(tiles.map(tileText).join()).toContain(`(sum [${parts}])`);
      const environment = environmentOf(program);
      const { problems } = await checkOnDawn(device, { environment, seed: 16 }, trial);
      expect(problems).toEqual([]);
    },
    timeoutMs,
  );

  test(
    'random programs, as text, on devices that offer what each profile names',
    async () => {
      const run = await gpuTrials();
      const coverage = newCoverage();
      const seeds = Array.from({ length: 100 }, (_, k) => 7000 + k);
      const work = async (): Promise<void> => {
        for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift())
          record(coverage, seed, await run(seed));
      };
      await Promise.all(Array.from({ length: 6 }, work));
      expect(coverage.programs).toBe(100);
      expect([...coverage.worst.keys()].sort()).toEqual([
        'error ÷ bound on webgpu-default',
        'error ÷ bound on webgpu-large',
      ]);
      for (const { error } of coverage.worst.values()) expect(error).toBeLessThanOrEqual(1);
    },
    timeoutMs,
  );
});
