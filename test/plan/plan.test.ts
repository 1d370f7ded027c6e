/** Cuts, tiles and scratch: what the planner promises, on machines large and tiny. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stridePermutation } from '../../src/ir/indexMap.ts';
import { blockDiagonal, compose, dense, gather, type Operator } from '../../src/ir/operator.ts';
import { parameter, type Tensor } from '../../src/ir/tensor.ts';
import { stepText } from '../../src/ir/text.ts';
import { type Plan, planProgram } from '../../src/plan/plan.ts';
import type { Profile } from '../../src/plan/profile.ts';
import { planText } from '../../src/plan/text.ts';
import { normaliseProgram } from '../../src/rewrite/normalise.ts';
import { reuseScratch } from '../../src/tile/reuse.ts';
import type { TileProgram } from '../../src/tile/tile.ts';
import { buffersOf } from '../../src/tile/traverse.ts';
import { operatorTrial } from '../conformance/programs.ts';
import { build, linearProgram, profileWith } from '../conformance/stages.ts';

const real = (name: string, ...shape: readonly number[]): Tensor => parameter(name, 'f32', 'learned', shape);

const planOf = (operator: Operator, profile: Profile, scalar: 'f32' | 'f64' = 'f32'): Plan =>
  planProgram(normaliseProgram(linearProgram(operator)).program, profile, { scalar, storage: scalar });

/** Alternating block diagonals and strides: widths n all along. */
const chain = (n: number, length: number): Operator =>
  compose(
    ...Array.from({ length }, (_, k) => [
      blockDiagonal(real(`w${k}`, n / 4, 4, 4)),
      gather(stridePermutation(n, 4)),
    ]).flat(),
  );

describe('cuts', () => {
  test('none where everything fits', () => {
    const plan = planOf(chain(64, 6), profileWith({}));
    expect(plan.segments).toHaveLength(1);
    expect(plan.cuts).toEqual([]);
    expect(plan.workspaces).toEqual([]);
  });
  test('where a row of two factors does not fit, with the reason in bytes', () => {
    const plan = planOf(chain(64, 3), profileWith({ tileBytes: 600 }));
    expect(plan.segments.map(({ name, input, output }) => [name, input, output])).toEqual([
      ['f_0', 'x', 'v0'],
      ['f_1', 'v0', 'v1'],
      ['f_2', 'v1', 'y'],
    ]);
    expect(plan.workspaces).toEqual([
      { name: 'v0', width: 64 },
      { name: 'v1', width: 64 },
    ]);
    expect(plan.cuts).toEqual([
      {
        between: ['f_0', 'f_1'],
        reason: 'one row of both together is 768 B > 600 B of second-level cache on wasm-simd128',
      },
      {
        between: ['f_1', 'f_2'],
        reason: 'one row of both together is 768 B > 600 B of second-level cache on wasm-simd128',
      },
    ]);
  });
  test('at the narrowest value', () => {
    const narrow = compose(
      dense(real('a', 40, 30)),
      dense(real('b', 30, 5)),
      dense(real('c', 5, 30)),
      dense(real('d', 30, 40)),
    );
    const plan = planOf(narrow, profileWith({ tileBytes: 4 * 90 }));
    expect(plan.workspaces).toEqual([{ name: 'v0', width: 5 }]);
  });
  test('a row that nothing can cut is said to stream', () => {
    const plan = planOf(dense(real('w', 100, 200)), profileWith({ tileBytes: 1000 }));
    expect(plan.segments[0]?.tileRows).toBe(1);
    expect(plan.oversize).toEqual([
      {
        segment: 'f',
        reason:
          'one row is 1.2 KB > 1000 B of second-level cache on wasm-simd128, and nothing in it can be cut',
      },
    ]);
  });
  test('twice the bytes of a number, more cuts', () => {
    const profile = profileWith({ tileBytes: 4 * 64 * 3 });
    expect(planOf(chain(64, 2), profile, 'f32').segments).toHaveLength(1);
    expect(planOf(chain(64, 2), profile, 'f64').segments).toHaveLength(2);
  });
  test('a long chain is planned in one go', () => {
    expect(planOf(chain(8, 5000), profileWith({})).segments).toHaveLength(1);
  });
});

describe('tiles', () => {
  const rowsFor = (tileBytes: number): number | undefined =>
    planOf(chain(64, 2), profileWith({ tileBytes, tileRows: 16 })).segments[0]?.tileRows;
  test('take the rows that fit, in whole groups that share weights', () => {
    const row = 4 * 64 * 3;
    expect([1, 3, 4, 7, 8, 15, 16, 1000].map(rows => rowsFor(rows * row))).toEqual([
      1, 3, 4, 4, 8, 12, 16, 16,
    ]);
  });
});

describe('scratch', () => {
  const widths = ({ buffers }: TileProgram): number[] =>
    buffers.filter(({ role }) => role === 'scratch').map(({ width }) => width);
  const total = (tile: TileProgram): number => widths(tile).reduce((a, b) => a + b, 0);
  test('a chain of any length needs two rows', () => {
    const { lowered } = build(linearProgram(chain(16, 9)));
    expect(lowered.tiles.map(widths)).toEqual([[16, 16]]);
  });
  test('every row is used, and sharing once more saves nothing', () => {
    fc.assert(
      fc.property(operatorTrial, ({ program, mode, scalar, profile }) => {
        for (const tile of build(program, mode, scalar, profile).lowered.tiles) {
          const again = reuseScratch(tile);
          expect(total(again)).toBe(total(tile));
          const used = new Set(tile.statements.flatMap(buffersOf));
          for (const { name, role } of tile.buffers) if (role === 'scratch') expect(used).toContain(name);
        }
      }),
      { numRuns: 150, seed: 5 },
    );
  }, 60_000);
});

test('planning is pure, and a plan reads like one', () => {
  const profile = profileWith({ tileBytes: 600 });
  const [one, other] = [planOf(chain(64, 2), profile), planOf(chain(64, 2), profile)];
  expect(one).toEqual(other);
  expect(planText(one, stepText)).toBe(
    [
      'plan f: 64 -> 64, f32 on wasm-simd128',
      '  kernel f_0: x[64] -> v0[64], 1 rows x 512 B',
      '    gather[64, 64](i -> (i / 16) + 4 (i % 16)) * blockdiag[16, 4, 4](w1) * gather[64, 64](i -> (i / 16) + 4 (i % 16))',
      '  kernel f_1: v0[64] -> y[64], 1 rows x 512 B',
      '    blockdiag[16, 4, 4](w0)',
      '  workspace v0[64]',
      '  cut between f_0 and f_1: one row of both together is 768 B > 600 B of second-level cache on wasm-simd128',
      '',
    ].join('\n'),
  );
});
