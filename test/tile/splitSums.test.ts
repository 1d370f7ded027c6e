/** Long sums of few outputs in parts: the same values, in the order that the tile program says, by more invocations. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { elaborateSource } from '../../src/check/source.ts';
import type { Program } from '../../src/ir/operator.ts';
import { isOnes } from '../../src/ir/tensorAlgebra.ts';
import { profiles } from '../../src/plan/profile.ts';
import { fitScratch } from '../../src/tile/fit.ts';
import { reuseScratch } from '../../src/tile/reuse.ts';
import { splitSums } from '../../src/tile/splitSums.ts';
import type { ContractStatement, TileProgram } from '../../src/tile/tile.ts';
import { verifyTile } from '../../src/tile/verify.ts';
import { environmentOf, inputs } from '../conformance/programs.ts';
import {
  build,
  firstDifference,
  relativeError,
  runDense,
  runKernels,
  runTiles,
} from '../conformance/stages.ts';
import { buildGroups, groupProfile, runGroups } from '../webgpu/stages.ts';

const precision = { scalar: 'f32', storage: 'f32' } as const;
const timeoutMs = 60_000;

const text = `
op head[n, k](W: [k, n]) : n -> k = dense(W)
op added[n, k](U: [n, k], V: [n, k], d: [n]) : n -> n = diag(d) + lowrank(U, V)
op reflections[n, k](v: [k, n]) : n -> n = prod(i < k) householder(v[i])
op both[n, k](U: [n, k], V: [n, k], W: [k, n]) : n -> k = dense(W) * (I(n) + lowrank(U, V)) + dense(W)
op blocks[n, k](B: [2, k, n]) : 2*n -> 2*k = blockdiag(B)
op biased[n, k](W: [k, n], b: [k], G: [k, n]) : n -> k = dense(W) |> bias(b) |> relu |> gate(dense(G))
`;

function programFor(operator: string, sizes: Readonly<Record<string, number>>): Program {
  const { programs, diagnostics } = elaborateSource(
    { name: 'p.sop', text },
    { instances: [{ operator, sizes }] },
  );
  const [program] = programs;
  if (program === undefined) throw new Error(diagnostics.map(({ message }) => message).join('; '));
  return program;
}

const contractsOf = ({ statements }: TileProgram): ContractStatement[] =>
  statements.filter(statement => statement.kind === 'contract');

/** Parts of each sum that is cut. */
const partsOf = (tile: TileProgram): number[] =>
  contractsOf(tile).flatMap(({ weights, axes }) => (isOnes(weights) ? [axes[0]?.extent ?? 0] : []));

const product = (extents: readonly number[]): number => extents.reduce((a, b) => a * b, 1);

/** Every contract has all the members it asks for: the shorter its sum the better. */
const longestSum = ({ axes }: ContractStatement): number =>
  product(axes.filter(({ kind }) => kind === 'reduce').map(({ extent }) => extent));

const operators = ['head', 'added', 'reflections', 'both', 'blocks', 'biased'] as const;
const trial = fc.record({
  operator: fc.constantFrom(...operators),
  n: fc.constantFrom(36, 60, 64, 67, 96, 121, 128),
  k: fc.integer({ min: 1, max: 7 }),
});

test(
  'any sum in parts is what the dense matrices say, and fits where it did',
  () => {
    const seen = new Map<string, number>();
    const check = (
      { operator, n, k }: { operator: string; n: number; k: number },
      elements: number,
    ): void => {
      const program = programFor(operator, { n, k });
      const built = build(program);
      const memory = { bytes: 4 * elements, precision, lanes: 1, rowsTogether: 2 };
      const tiles = built.lowered.tiles.map(tile => splitSums(tile, { memory, cost: longestSum }));
      expect(tiles.flatMap(verifyTile)).toEqual([]);
      tiles.forEach((tile, index) => {
        const whole = built.lowered.tiles[index];
        if (partsOf(tile).length > 0) seen.set(operator, (seen.get(operator) ?? 0) + 1);
        expect(fitScratch(reuseScratch(tile), memory).tileRows).toBe(
          whole && fitScratch(reuseScratch(whole), memory).tileRows,
        );
      });
      const environment = environmentOf(program);
      const rows = inputs(3, program.columns, 5);
      const cut = { ...built, lowered: { ...built.lowered, tiles } };
      const made = runTiles(cut, environment, rows, value => value);
      expect(relativeError(runDense(built, environment, rows), made)).toBeLessThan(1e-9);
    };
    fc.assert(fc.property(trial, fc.constantFrom(100, 400, 4000), check), { numRuns: 200, seed: 51 });
    for (const operator of operators) expect(seen.get(operator) ?? 0, operator).toBeGreaterThan(3);
  },
  timeoutMs,
);

test(
  'kernels and groups of invocations agree with the tile program, in either order',
  () => {
    let found = 0;
    const check = ({ operator, n, k }: { operator: string; n: number; k: number }): void => {
      const program = programFor(operator, { n, k });
      const built = build(program, 'apply', 'f32', groupProfile({ tileRows: 4 }));
      found += built.lowered.tiles.flatMap(partsOf).length;
      const environment = environmentOf(program);
      const groups = buildGroups(built, 16);
      for (const batch of [0, 1, 4, 6]) {
        const rows = inputs(batch, program.columns, 7);
        const expected = runTiles(built, environment, rows, Math.fround);
        expect(firstDifference(expected, runKernels(built, environment, rows))).toBeUndefined();
        for (const order of ['forward', 'backward'] as const)
          expect(
            firstDifference(expected, runGroups(groups, environment, rows, { groups: 2, order })),
          ).toBeUndefined();
      }
    };
    fc.assert(fc.property(trial, check), { numRuns: 40, seed: 52 });
    expect(found).toBeGreaterThan(20);
  },
  timeoutMs,
);

describe('as many parts as a group has invocations for', () => {
  const parts = (
    operator: string,
    sizes: Readonly<Record<string, number>>,
    profile: keyof typeof profiles,
    storage?: 'f16',
  ): number[] =>
    build(programFor(operator, sizes), 'apply', 'f32', profiles[profile], storage).lowered.tiles.flatMap(
      partsOf,
    );
  const low = { n: 1024, k: 16 };
  test.each([
    // 4 vectors of outputs and a group of rows are 4 of 256 invocations.
    ['added', low, 'sm_90a', undefined, [64]],
    ['added', { n: 1024, k: 64 }, 'sm_90a', undefined, [16]],
    ['added', { n: 1024, k: 256 }, 'sm_90a', undefined, [4]],
    // One of 8 subgroups has the tile of 16 outputs and 32 rows.
    ['added', low, 'sm_90a', 'f16', [8]],
    // 32 parts would take all of the 16 KB and leave no room for what they add up to.
    ['added', low, 'webgpu-default', undefined, [16]],
    ['added', low, 'webgpu-large', undefined, [32]],
    // The triangular core is too short to wait for.
    ['reflections', low, 'sm_90a', undefined, [64]],
    // Half of the invocations have work, which other groups make up for.
    ['added', { n: 1024, k: 512 }, 'sm_90a', undefined, []],
    // All contracts have work for 64, and so many are a group.
    ['blocks', { n: 128, k: 128 }, 'sm_90a', undefined, []],
    ['head', { n: 1024, k: 1024 }, 'sm_90a', undefined, []],
    ['head', { n: 8, k: 3 }, 'sm_90a', undefined, []],
    ['added', low, 'wasm-simd128', undefined, []],
  ] as const)('%s %o on %s, %s', (operator, sizes, profile, storage, expected) => {
    expect(parts(operator, sizes, profile, storage)).toEqual(expected);
  });
  test('parts have no weights of their own, and keep the precision of the arithmetic', () => {
    const { lowered, packed } = build(programFor('added', low), 'apply', 'f32', profiles.sm_90a, 'f16');
    // One for each factor, and V once more in the pieces of the plan for few rows.
    expect(packed).toHaveLength(4);
    const [tile] = lowered.tiles;
    expect(tile?.buffers.filter(({ isWide }) => isWide).map(({ width }) => width)).toEqual([128]);
  });
});
