/** Input rows in scratch: the same numbers, where there is room and where it is done once. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { elaborateSource } from '../../src/check/source.ts';
import { visitStatements } from '../../src/kernel/traverse.ts';
import { profiles } from '../../src/plan/profile.ts';
import { type Room, stageRows } from '../../src/tile/stage.ts';
import type { TileProgram } from '../../src/tile/tile.ts';
import { verifyTile } from '../../src/tile/verify.ts';
import { environmentOf, inputs, mapTrial, operatorTrial, type Trial } from '../conformance/programs.ts';
import { type Built, build, firstDifference, runTiles } from '../conformance/stages.ts';
import { runPadded, sharedOut } from '../cuda/stages.ts';

const timeoutMs = 120_000;

const room = (elements: number): Room => ({
  bytes: 4 * elements,
  lanes: 4,
  precision: { scalar: 'f32', storage: 'f32' },
});

const isStaged = ({ buffers }: TileProgram): boolean => buffers.some(({ name }) => name === 'xRows');

test('random programs compute the same', () => {
  let staged = 0;
  const check = (trial: Trial): void => {
    const built = build(trial.program, trial.mode, trial.scalar, trial.profile);
    const environment = environmentOf(trial.program);
    const tiles = built.lowered.tiles.map(tile => stageRows(tile, 'x', room(1e6)));
    staged += tiles.filter(isStaged).length;
    expect(tiles.flatMap(verifyTile)).toEqual([]);
    const rows = inputs(3, built.lowered.program.columns, 5);
    const changed = { ...built, lowered: { ...built.lowered, tiles } };
    const [before, after] = [built, changed].map(each => runTiles(each, environment, rows, Math.fround));
    if (before === undefined || after === undefined) throw new Error('two runs');
    expect(firstDifference(before, after)).toBeUndefined();
  };
  fc.assert(fc.property(fc.oneof(operatorTrial, mapTrial), check), { numRuns: 200, seed: 41 });
  expect(staged).toBeGreaterThan(50);
}, 60_000);

const pair = `op pair[g, k, m, s](R: [g, m, k], L: [m, s, g]) : g*k -> s*m
  = swap(m, s) * blockdiag(L) * swap(g, m) * blockdiag(R)`;

type Sizes = Readonly<Record<'g' | 'k' | 'm' | 's', number>>;

function builtFor(sizes: Sizes, mode: 'apply' | 'adjoint', machine: Partial<(typeof profiles)['sm_90a']>) {
  const { programs } = elaborateSource(
    { name: 'p.sop', text: pair },
    { instances: [{ operator: 'pair', sizes }] },
  );
  const [program] = programs;
  if (program === undefined) throw new Error('one program');
  const profile = { ...profiles.sm_90a, ...machine, fusedMultiplyAdd: false };
  return { program, built: build(program, mode, 'f32', profile) };
}

/** Whether a kernel reads the weights of the next steps before it uses those of the last. */
function readsAhead({ lowered }: Built): boolean {
  let found = false;
  for (const { body } of lowered.kernels)
    visitStatements(body, statement => {
      if (statement.kind === 'assign' && statement.name.startsWith('ready')) found = true;
    });
  return found;
}

test(
  'groups of invocations in either order: rows staged, weights read ahead, steps and rows that are left',
  () => {
    const extent = fc.integer({ min: 1, max: 18 });
    const trial = fc.record({
      sizes: fc.record({ g: extent, k: extent, m: extent, s: extent }),
      mode: fc.constantFrom('apply' as const, 'adjoint' as const),
      tileRows: fc.constantFrom(1, 2, 4, 8),
      rowsTogether: fc.constantFrom(2, 4, 8),
      accumulators: fc.constantFrom(8, 16),
      invocations: fc.constantFrom(1, 5, 64),
    });
    let [staged, ahead] = [0, 0];
    fc.assert(
      fc.property(trial, ({ sizes, mode, invocations, tileRows, rowsTogether, accumulators }) => {
        const machine = { tileRows, rowsTogether, accumulators } as object;
        const { program, built } = builtFor(sizes, mode, machine);
        staged += built.lowered.tiles.filter(isStaged).length;
        ahead += readsAhead(built) ? 1 : 0;
        const environment = environmentOf(program);
        for (const batch of [1, tileRows, 2 * tileRows + 1]) {
          const rows = inputs(batch, built.lowered.program.columns, 7);
          const expected = runTiles(built, environment, rows, Math.fround);
          for (const order of ['forward', 'backward'] as const) {
            const run = { groups: 2, order, padding: 1 };
            const made = runPadded(built, sharedOut(built, invocations), environment, rows, run);
            expect(firstDifference(expected, made)).toBeUndefined();
          }
        }
      }),
      { numRuns: 60, seed: 42 },
    );
    expect(staged).toBeGreaterThan(20);
    expect(ahead).toBeGreaterThan(10);
  },
  timeoutMs,
);

describe('Monarch matrices on CUDA', () => {
  const [tileOf, kernelOf] = [
    (n: number, b: number) =>
      builtFor({ g: b, k: n / b, m: n / b, s: b }, 'apply', {}).built.lowered.tiles[0],
    (n: number, b: number) =>
      sharedOut(builtFor({ g: b, k: n / b, m: n / b, s: b }, 'apply', {}).built, 256)[0],
  ];

  test.each([
    [1024, 32, true],
    [768, 4, true],
    // Two rows of so many numbers for each row of the tile are more than 96 KB.
    [2048, 32, false],
    // In slices the input would be copied for each of them.
    [4096, 64, false],
  ] as const)('%i/%i: staged %s', (n, b, expected) => {
    const tile = tileOf(n, b);
    expect(tile && isStaged(tile)).toBe(expected);
  });

  test.each([
    [1024, 32, 256],
    [768, 4, 192],
    [256, 16, 64],
  ] as const)('%i/%i: a group is %i invocations, each with work', (n, b, expected) => {
    expect(kernelOf(n, b)?.launch.invocations).toBe(expected);
  });
});
