/** How contracts become loops: what the inner loops of Monarch hold, and that no size makes many of them. */
import { describe, expect, test } from 'vitest';
import { assemble } from '../../codegen/assemble.ts';
import { printWat } from '../../codegen/wat.ts';
import { lowerSource } from '../../src/compile.ts';
import type { Kernel, Statement } from '../../src/kernel/kernel.ts';
import { groupsOfTiles, regionsOf } from '../../src/lower/schedule.ts';
import { loweringOptions } from '../../src/pipeline.ts';
import { profiles } from '../../src/plan/profile.ts';
import type { ContractStatement } from '../../src/tile/tile.ts';

const text = `op monarch[n, b](L: [n/b, b, b], R: [b, n/b, n/b]) : n -> n
  = swap(n/b, b) * blockdiag(L) * swap(b, n/b) * blockdiag(R)`;
const options = loweringOptions({ profile: profiles['wasm-simd128'], scalar: 'f32' });
const machine = { ...options.machine, rowGroups: 1 };

/** Powers of two, b ≠ n/b, and blocks that no tile divides. */
const sizes = [
  [1024, 32],
  [768, 4],
  [2048, 32],
  [960, 24],
  [1000, 8],
  [961, 31],
] as const;

function lowered(n: number, b: number) {
  const instances = [{ operator: 'monarch', sizes: { n, b } }];
  const { operators } = lowerSource({ name: 'monarch.sop', text }, { instances });
  return operators.flatMap(({ modes }) => modes);
}

/** Bodies of the loops that add products and hold no loop themselves. */
function innerLoops(body: readonly Statement[]): (readonly Statement[])[] {
  return body.flatMap(statement => {
    if (statement.kind === 'if') return innerLoops([...statement.then, ...statement.otherwise]);
    if (statement.kind !== 'for') return [];
    const inner = innerLoops(statement.body);
    if (inner.length > 0) return inner;
    return statement.body.some(({ kind }) => kind === 'assign') ? [statement.body] : [];
  });
}

const count = (body: readonly Statement[], kind: Statement['kind']): number =>
  body.filter(statement => statement.kind === kind).length;

describe.each(sizes)('monarch %i/%i', (n, b) => {
  const modes = lowered(n, b);
  const kernels: readonly Kernel[] = modes.flatMap(mode => mode.kernels);

  test('one kernel for each mode, one region for each factor', () => {
    expect(modes.map(mode => mode.kernels.length)).toEqual([1, 1]);
    const contracts = modes
      .flatMap(({ tiles }) => tiles.flatMap(({ statements }) => statements))
      .filter((statement): statement is ContractStatement => statement.kind === 'contract');
    expect(contracts).toHaveLength(4);
    for (const contract of contracts) {
      const [region, ...others] = regionsOf(contract, machine);
      expect(others).toEqual([]);
      expect(region?.lanes).toBe(4);
      expect(contract.axes[region?.vectorAxis ?? -1]?.kind).toBe('free');
    }
  });

  test('four rows share each weight; a single row has sums enough to hide an addition', () => {
    const loops = kernels.flatMap(({ body }) => innerLoops(body));
    expect(loops).toHaveLength(8);
    const [groups, single] = [0, 1].map(parity => loops.filter((_, k) => k % 2 === parity));
    // Blocks of 4 and 8 leave no second tile beside the lanes, or ask for an input of each tile.
    const isNarrow = b < 16;
    for (const loop of groups ?? []) {
      expect(count(loop, 'assign')).toBe(8);
      expect(count(loop, 'load')).toBeLessThanOrEqual(isNarrow ? 10 : 6);
    }
    for (const loop of single ?? []) {
      expect(count(loop, 'assign')).toBeGreaterThanOrEqual(isNarrow ? 2 : 6);
      expect(count(loop, 'load')).toBeLessThanOrEqual(count(loop, 'assign') * (isNarrow ? 2 : 1) + 1);
    }
  });

  test('no more code than for any other size', async () => {
    const wat = printWat(kernels, { comment: [] });
    expect((await assemble('monarch', wat, false)).length).toBeLessThan(4500);
  });
});

describe('tiles of a single row', () => {
  const contract = (initial: 'zero' | 'output'): ContractStatement => ({
    ...(lowered(64, 8)[0]?.tiles[0]?.statements[0] as ContractStatement),
    initial,
    residuals: [],
  });
  const region = { lanes: 4, vectorAxis: 0, tileAxis: 0, width: 2, spans: [] } as const;
  test.each([
    1, 2, 3, 5, 7, 8, 13, 32,
  ])('%i tiles: all of them, and none twice where it would add twice', tiles => {
    for (const initial of ['zero', 'output'] as const) {
      const groups = groupsOfTiles(tiles, region, contract(initial), machine);
      const covered = groups.map(each => each.count).reduce((a, b) => a + b);
      expect(covered).toBe(tiles);
      if (initial === 'output') for (const each of groups) expect(each.count % each.together).toBe(0);
      // Twelve sums, an input and a weight are what the registers hold.
      for (const { together } of groups) expect(together * region.width).toBeLessThanOrEqual(12);
    }
  });
});
