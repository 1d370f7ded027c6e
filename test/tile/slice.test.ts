/** Chains in slices compute what they compute as a whole, hold less at once, and read the input more often. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { elaborateSource } from '../../src/check/source.ts';
import type { Program } from '../../src/ir/operator.ts';
import { fitScratch } from '../../src/tile/fit.ts';
import { scratchWidth } from '../../src/tile/reuse.ts';
import { sliceProgram, unsliced } from '../../src/tile/slice.ts';
import type { TileProgram } from '../../src/tile/tile.ts';
import { verifyTile } from '../../src/tile/verify.ts';
import { environmentOf, inputs, isTranscendental } from '../conformance/programs.ts';
import { build, firstDifference, runTiles } from '../conformance/stages.ts';
import { buildGroups, groupProfile, runGroups } from '../webgpu/stages.ts';

const precision = { scalar: 'f32', storage: 'f32' } as const;
const timeoutMs = 60_000;

/** Pairs of block-diagonal factors with a swap between them, and what may surround them. */
const text = `
op plain[g, k, m, s](R: [g, m, k], L: [m, s, g]) : g*k -> m*s = blockdiag(L) * swap(g, m) * blockdiag(R)
op swapped[g, k, m, s](R: [g, m, k], L: [m, s, g]) : g*k -> s*m = swap(m, s) * blockdiag(L) * swap(g, m) * blockdiag(R)
op two[g, k, m, s](R: [g, m, k], Q: [g, m, k], L: [m, s, g]) : g*k -> m*s
  = blockdiag(L) * swap(g, m) * (blockdiag(R) + blockdiag(Q))
op between[g, k, m, s](R: [g, m, k], L: [m, s, g]) : g*k -> m*s
  = blockdiag(R) |> relu |> swap(g, m) |> blockdiag(L)
op after[g, k, m, s](R: [g, m, k], L: [m, s, g], c: [m*s]) : g*k -> m*s
  = blockdiag(R) |> swap(g, m) |> blockdiag(L) |> bias(c) |> relu
op gated[g, k, m, s](R: [g, m, k], L: [m, s, g], G: [m*s, g*k]) : g*k -> m*s
  = blockdiag(R) |> swap(g, m) |> blockdiag(L) |> gate(dense(G))
`;

const extent = fc.integer({ min: 1, max: 6 });
const trial = fc.record({
  operator: fc.constantFrom('plain', 'swapped', 'two', 'between', 'after', 'gated'),
  sizes: fc.record({ g: extent, k: extent, m: fc.integer({ min: 2, max: 12 }), s: extent }),
  mode: fc.constantFrom('apply' as const, 'adjoint' as const),
  tileRows: fc.integer({ min: 1, max: 6 }),
  elements: fc.integer({ min: 4, max: 60 }),
  pieceElements: fc.constantFrom(1, 2, 4),
});

function programFor(operator: string, sizes: Readonly<Record<string, number>>): Program {
  const { programs, diagnostics } = elaborateSource(
    { name: 'p.sop', text },
    { instances: [{ operator, sizes }] },
  );
  const [program] = programs;
  if (program === undefined) throw new Error(diagnostics.map(({ message }) => message).join('; '));
  return program;
}

const isMap = (operator: string): boolean => ['between', 'after', 'gated'].includes(operator);

test(
  'the same numbers, bit for bit, within the room asked for',
  () => {
    const seen = new Map<string, number>();
    const check = ({
      operator,
      sizes,
      mode,
      tileRows,
      elements,
      pieceElements,
    }: typeof trial extends fc.Arbitrary<infer T> ? T : never): void => {
      const program = programFor(operator, sizes);
      const built = build(program, isMap(operator) ? 'apply' : mode);
      const machine = { bytes: 4 * elements, precision, tileRows, rowsTogether: 2, pieceElements };
      const tiles = built.lowered.tiles.map(tile => sliceProgram({ ...tile, tileRows: 1 }, machine));
      expect(tiles.flatMap(verifyTile)).toEqual([]);
      for (const tile of tiles) if (tile.slices > 1) seen.set(operator, (seen.get(operator) ?? 0) + 1);
      const rows = inputs(3, built.lowered.program.columns, 5);
      const cut = { ...built, lowered: { ...built.lowered, tiles } };
      const [whole, parts] = [built, cut].map(each =>
        runTiles(each, environmentOf(program), rows, Math.fround),
      );
      if (whole === undefined || parts === undefined) throw new Error('two runs');
      expect(firstDifference(whole, parts)).toBeUndefined();
      tiles.forEach((tile, k) => {
        if (tile.slices === 1) return;
        expect(scratchWidth(tile) * tile.slices).toBe(scratchWidth(built.lowered.tiles[k] ?? tile));
        expect(scratchWidth(tile) * tile.tileRows).toBeLessThanOrEqual(elements);
        expect(fitScratch(tile, { bytes: 4 * elements, precision, lanes: 1, rowsTogether: 2 })).toBe(tile);
      });
    };
    fc.assert(fc.property(trial, check), { numRuns: 250, seed: 31 });
    for (const operator of ['plain', 'swapped', 'two', 'between', 'after'])
      expect(seen.get(operator) ?? 0, operator).toBeGreaterThan(5);
    // The gate reads the whole input, so it is a value that no slice has to itself.
    expect(seen.get('gated')).toBeUndefined();
  },
  timeoutMs,
);

test(
  'groups of invocations, in either order',
  () => {
    const check = ({
      operator,
      sizes,
      tileRows,
      elements,
    }: {
      operator: string;
      sizes: Record<string, number>;
      tileRows: number;
      elements: number;
    }): void => {
      const program = programFor(operator, sizes);
      const profile = groupProfile({ tileRows, tileBytes: 4 * elements, sectorBytes: 4 });
      const groups = buildGroups(build(program, 'apply', 'f32', profile), 3);
      const environment = environmentOf(program);
      for (const batch of [0, 1, tileRows, tileRows + 1]) {
        const rows = inputs(batch, program.columns, 7);
        const expected = runTiles(groups, environment, rows, Math.fround);
        for (const order of ['forward', 'backward'] as const) {
          const made = runGroups(groups, environment, rows, { groups: 2, order });
          if (!isTranscendental(program)) expect(firstDifference(expected, made)).toBeUndefined();
        }
      }
    };
    fc.assert(fc.property(trial, check), { numRuns: 50, seed: 32 });
  },
  timeoutMs,
);

describe('Monarch matrices where 16 KB are the memory of a group', () => {
  const sliced = (n: number, b: number): TileProgram => {
    const program = programFor('swapped', { g: b, k: n / b, m: n / b, s: b });
    const [tile, ...more] = build(program, 'apply', 'f32', groupProfile()).lowered.tiles;
    if (tile === undefined) throw new Error('one kernel');
    expect(more).toEqual([]);
    return tile;
  };
  test.each([
    [256, 16, 1, 8],
    [1024, 32, 2, 8],
    [2048, 32, 4, 8],
    [4096, 64, 8, 8],
    [768, 4, 2, 8],
  ])('%i/%i: one kernel, %i slices of %i rows', (n, b, slices, tileRows) => {
    const tile = sliced(n, b);
    expect([tile.slices, tile.tileRows]).toEqual([slices, tileRows]);
    expect(unsliced(tile)).toHaveLength(2 * slices);
    expect(scratchWidth(tile) * 4 * tileRows).toBeLessThanOrEqual(16 * 1024);
  });
});
