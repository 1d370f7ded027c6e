/** Scratch in a memory of fixed size: what stays in it fits, and what is computed does not change. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fitScratch, type ScratchMemory } from '../../src/tile/fit.ts';
import type { TileProgram } from '../../src/tile/tile.ts';
import { verifyTile } from '../../src/tile/verify.ts';
import { environmentOf, mapTrial, operatorTrial, type Trial } from '../conformance/programs.ts';
import { build, firstDifference, runTiles } from '../conformance/stages.ts';

const bytesOf = ({ buffers, tileRows }: TileProgram, lanes: number): number =>
  buffers.reduce(
    (total, { role, width }) => total + (role === 'scratch' ? Math.ceil(width / lanes) * lanes : 0),
    0,
  ) * tileRows;

const memory = (elements: number): ScratchMemory => ({
  bytes: 4 * elements,
  lanes: 4,
  rowsTogether: 1,
  precision: { scalar: 'f32', storage: 'f32' },
});

const widths = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 5 });

test('what stays in scratch fits, and no more leaves it than must', () => {
  fc.assert(
    fc.property(
      widths,
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 0, max: 200 }),
      (own, tileRows, elements) => {
        const buffers = own.map((width, k) => ({ name: `t${k}`, role: 'scratch' as const, width }));
        const program: TileProgram = { name: 'p', comment: [], tileRows, slices: 1, buffers, statements: [] };
        const fitted = fitScratch(program, memory(elements));
        expect(bytesOf(fitted, 4)).toBeLessThanOrEqual(elements);
        expect(fitted.tileRows).toBeGreaterThanOrEqual(1);
        const moved = fitted.buffers.filter(({ role }) => role === 'workspace');
        // With the narrowest of those that left, one row would be too much.
        const narrowest = Math.min(...moved.map(({ width }) => width));
        const one = bytesOf({ ...fitted, tileRows: 1 }, 4);
        if (moved.length > 0) expect(one + Math.ceil(narrowest / 4) * 4).toBeGreaterThan(elements);
        else if (fitted.tileRows < tileRows) expect(one * (fitted.tileRows + 1)).toBeGreaterThan(elements);
        else expect(fitted).toBe(program);
      },
    ),
  );
});

test('509 and 515 numbers a row: four rows would fit but for their alignment', () => {
  const buffers = [509, 515].map(width => ({ name: `t${width}`, role: 'scratch' as const, width }));
  const program: TileProgram = { name: 'p', comment: [], tileRows: 4, slices: 1, buffers, statements: [] };
  expect(fitScratch(program, memory(4096))).toEqual({ ...program, tileRows: 3 });
});

test('random programs with room for a few numbers compute the same', () => {
  let moved = 0;
  const check = (trial: Trial): void => {
    const built = build(trial.program, trial.mode, trial.scalar, trial.profile);
    const environment = environmentOf(trial.program);
    const tiles = built.lowered.tiles.map(tile => fitScratch(tile, memory(6)));
    moved += tiles.filter((tile, k) => tile.buffers.length > 0 && tile !== built.lowered.tiles[k]).length;
    expect(tiles.flatMap(verifyTile)).toEqual([]);
    const columns = built.lowered.program.columns;
    const rows = { batch: 3, data: Float64Array.from({ length: 3 * columns }, (_, k) => Math.sin(k + 1)) };
    const fitted = { ...built, lowered: { ...built.lowered, tiles } };
    const [before, after] = [built, fitted].map(each => runTiles(each, environment, rows, Math.fround));
    if (before === undefined || after === undefined) throw new Error('two runs');
    expect(firstDifference(before, after)).toBeUndefined();
  };
  fc.assert(fc.property(fc.oneof(operatorTrial, mapTrial), check), { numRuns: 200, seed: 21 });
  expect(moved).toBeGreaterThan(20);
}, 60_000);
