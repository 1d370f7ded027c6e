/** What has a single number for each output joins the contract that completes it: outputs are written once. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { axesPermutation, stridePermutation } from '../../src/ir/indexMap.ts';
import {
  compose,
  dense,
  diagonal,
  directSum,
  gather,
  horizontal,
  identity,
  type Operator,
  sum,
  update,
} from '../../src/ir/operator.ts';
import { profiles } from '../../src/plan/profile.ts';
import type { ContractStatement, TileProgram } from '../../src/tile/tile.ts';
import { readsOf, writtenBy } from '../../src/tile/traverse.ts';
import { environmentOf, inputs } from '../conformance/programs.ts';
import {
  build,
  firstDifference,
  linearProgram,
  relativeError,
  runDense,
  runKernels,
  runTiles,
} from '../conformance/stages.ts';
import { named } from '../ir/values.ts';

const lowRank = (n: number, k: number, salt = 0): Operator =>
  compose(dense(named('u', [n, k], salt)), dense(named('v', [k, n], salt)));
const updateOf = (n: number, k: number, withDiagonal: boolean, salt = 0): Operator =>
  update({
    diagonal: withDiagonal ? named('d', [n], salt) : undefined,
    u: named('u', [n, k], salt),
    t: undefined,
    v: named('v', [n, k], salt),
  });

const writesOfOutput = ({ statements }: TileProgram): number =>
  statements.filter(each => writtenBy(each) === 'y').length;

const contractsOf = ({ statements }: TileProgram): ContractStatement[] =>
  statements.filter(statement => statement.kind === 'contract');

const tileOf = (operator: Operator, storage?: 'f16'): TileProgram => {
  const profile = storage === undefined ? profiles['wasm-simd128'] : profiles.sm_90a;
  const [tile, ...more] = build(linearProgram(operator), 'apply', 'f32', profile, storage).lowered.tiles;
  if (tile === undefined || more.length > 0) throw new Error('one kernel');
  return tile;
};

describe('y is written once', () => {
  const square = dense(named('w', [24, 24], 0));
  const cases: readonly (readonly [name: string, operator: Operator, residuals: number])[] = [
    ['a diagonal and a product of low rank', sum(diagonal(named('d', [24], 0)), lowRank(24, 3)), 1],
    ['the product first', sum(lowRank(24, 3), diagonal(named('d', [24], 0))), 1],
    ['a reflection', updateOf(24, 2, false), 1],
    ['a chain of updates', compose(updateOf(24, 2, true), square, updateOf(24, 3, true, 1)), 2],
    ['the input beside a chain', sum(identity(24), lowRank(24, 5)), 1],
    [
      'two diagonals side by side',
      horizontal(diagonal(named('d', [24], 0)), diagonal(named('e', [24], 0))),
      1,
    ],
    [
      'a diagonal, a matrix and an update side by side',
      horizontal(diagonal(named('d', [24], 0)), updateOf(24, 2, true)),
      2,
    ],
    ['through a permutation', compose(gather(axesPermutation([4, 6], [1, 0])), updateOf(24, 2, true)), 1],
  ];
  test.each(cases)('%s', (_, operator, residuals) => {
    const tile = tileOf(operator);
    expect(tile.statements.map(({ kind }) => kind)).not.toContain('copy');
    expect(writesOfOutput(tile)).toBe(1);
    expect(tile.statements.some(each => readsOf(each).includes(writtenBy(each)))).toBe(false);
    expect(contractsOf(tile).reduce((total, each) => total + each.residuals.length, 0)).toBe(residuals);
  });
  test('and rounded once: what is between stays in sixteen bits', () => {
    const tile = tileOf(
      compose(updateOf(64, 16, true), dense(named('w', [64, 64], 0)), updateOf(64, 16, true, 1)),
      'f16',
    );
    expect(tile.buffers.filter(({ isWide }) => isWide)).toEqual([]);
    // From update to update it is one running sum.
    const running = tileOf(compose(...[0, 1, 2].map(salt => updateOf(64, 32, false, salt))), 'f16');
    const wide = running.buffers.flatMap(({ name, isWide }) => (isWide ? [name] : []));
    const added = contractsOf(running).flatMap(({ residuals }) => residuals.map(({ input }) => input.buffer));
    expect(added.length).toBeGreaterThan(1);
    for (const name of added.filter(each => each !== 'x')) expect(wide).toContain(name);
  });
});

test('a value that no axis goes over in its order is copied, as one with a sum before it is added to', () => {
  // 24 = 6 x 4 read across: the sum would have to be cut in two for it.
  const scattered = sum(gather(stridePermutation(24, 4)), dense(named('w', [24, 24], 0)));
  expect(tileOf(scattered).statements.map(({ kind }) => kind)).toEqual(['copy', 'contract']);
  const added = sum(dense(named('w', [24, 24], 0)), updateOf(24, 3, true));
  const last = contractsOf(tileOf(added)).at(-1);
  expect([last?.initial, last?.residuals.length]).toEqual(['output', 1]);
});

const n = 12;
const term: fc.Arbitrary<Operator> = fc.oneof(
  fc.nat(2).map(salt => diagonal(named('d', [n], salt))),
  fc.constant(identity(n)),
  fc.constantFrom(2, 3, 4).map(k => gather(stridePermutation(n, k))),
  fc.tuple(fc.nat(3), fc.boolean()).map(([k, own]) => updateOf(n, k, own, k)),
  fc.nat(2).map(salt => dense(named('w', [n, n], salt))),
  fc.nat(1).map(salt => directSum(updateOf(8, 2, true, salt), dense(named('w', [4, 4], salt)))),
);
const moved = fc
  .tuple(fc.option(fc.constantFrom(2, 3, 6)), term, fc.option(fc.constantFrom(2, 4, 6)))
  .map(([after, each, before]) =>
    compose(
      ...(after === null ? [] : [gather(stridePermutation(n, after))]),
      each,
      ...(before === null ? [] : [gather(stridePermutation(n, before))]),
    ),
  );

test('sums of anything are what the dense matrices say', { timeout: 60_000 }, () => {
  let found = 0;
  const check = (terms: readonly Operator[], factor: Operator, isStacked: boolean): void => {
    const whole = isStacked ? horizontal(...terms) : compose(factor, sum(...terms));
    const program = linearProgram(whole);
    const built = build(program);
    found += built.lowered.tiles.flatMap(contractsOf).filter(each => each.residuals.length > 0).length;
    const environment = environmentOf(program);
    const rows = inputs(3, built.lowered.program.columns, 5);
    const tiles = runTiles(built, environment, rows, value => value);
    expect(relativeError(runDense(built, environment, rows), tiles)).toBeLessThan(1e-9);
    const rounded = runTiles(built, environment, rows, Math.fround);
    expect(firstDifference(rounded, runKernels(built, environment, rows))).toBeUndefined();
  };
  fc.assert(fc.property(fc.array(moved, { minLength: 1, maxLength: 3 }), moved, fc.boolean(), check), {
    numRuns: 200,
    seed: 41,
  });
  expect(found).toBeGreaterThan(60);
});
