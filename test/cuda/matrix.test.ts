/**
 * Contracts on matrix units: the interpreter of groups, in which the members of a subgroup multiply together,
 * agrees with the tile interpreter up to the order of sums, for operators whose tiles are whole, cut short, and
 * wider than their blocks, and for rows that are not there.
 */
import { describe, expect, test } from 'vitest';
import { elaborateSource } from '../../src/check/source.ts';
import { type HalfFormat, realFormats } from '../../src/core/precision.ts';
import type { Program } from '../../src/ir/operator.ts';
import type { Environment } from '../../src/ir/tensorEvaluate.ts';
import { visitStatements } from '../../src/kernel/traverse.ts';
import type { Mode } from '../../src/pipeline.ts';
import { profiles } from '../../src/plan/profile.ts';
import {
  type Built,
  build,
  packByKernel,
  type Rows,
  relativeError,
  runTiles,
} from '../conformance/stages.ts';
import { runPadded, sharedOut } from './stages.ts';

const text = `
op monarch[n, b](L: [n/b, b, b], R: [b, n/b, n/b]) : n -> n
  = swap(n/b, b) * blockdiag(L) * swap(b, n/b) * blockdiag(R)
op product[n, m, r](A: [r, n], B: [m, r]) : n -> m = dense(B) * dense(A)
op both[n, m, r](A: [r, n], B: [m, r], W: [m, n]) : n -> m = dense(B) * dense(A) + dense(W)
op shared[a, b](A: [a, a], B: [b, b]) : a * b -> a * b = kron(dense(A), dense(B))
op added[n, r](U: [n, r], V: [n, r], d: [n]) : n -> n = diag(d) + lowrank(U, V)
op twice[n, r](U: [n, r], V: [n, r], d: [n]) : n -> n = (diag(d) + lowrank(U, V)) * (I(n) + lowrank(V, U))
op across[n, b](L: [n/b, b, b], R: [b, n/b, n/b], d: [n]) : n -> n
  = diag(d) + swap(n/b, b) * blockdiag(L) * swap(b, n/b) * blockdiag(R)
op triangle[n](W: [n, n]) : n -> n = lower(W)
op alone[n](W: [n, n]) : n -> n = reverse(n) + dense(W)
op swiglu[n, m, r](A: [r, n], B: [m, r], C: [m, n], b: [m], D: [n, m]) : n -> n
  = dense(B) * dense(A) |> bias(b) |> silu |> gate(dense(C)) |> dense(D)
`;

const seeded = (seed: number) => () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 31 - 1;
};

function environmentOf({ parameters }: Program): Environment {
  const next = seeded(7);
  return new Map(
    parameters.map(({ tensor }) => {
      const size = tensor.shape.reduce((a, b) => a * b, 1);
      return [tensor.name, Float64Array.from({ length: size }, next)];
    }),
  );
}

const operations = ({ lowered }: Built): number => {
  let count = 0;
  for (const { body } of lowered.kernels)
    visitStatements(body, ({ kind }) => {
      count += Number(kind === 'multiplyMatrices');
    });
  return count;
};

function check(operator: string, sizes: readonly number[], mode: Mode, storage: HalfFormat): void {
  const { programs, diagnostics } = elaborateSource({ name: 'matrix.sop', text }, {
    instances: [{ operator, sizes: [...sizes], name: 'f' }],
  } as never);
  expect(diagnostics).toEqual([]);
  for (const program of programs) {
    const built = build(program, mode, 'f32', profiles.sm_90a, storage);
    expect(operations(built)).toBeGreaterThan(0);
    const environment = environmentOf(program);
    const { columns } = built.lowered.program;
    const next = seeded(3);
    for (const batch of [0, 1, 3, 35]) {
      const data = Float64Array.from({ length: batch * columns }, () => realFormats[storage].round(next()));
      const rows: Rows = { batch, data };
      const expected = runTiles(built, environment, rows, Math.fround);
      for (const padding of [0, 1, 8]) {
        const run = { groups: 2, order: 'backward' as const, padding, pack: packByKernel };
        const made = runPadded(built, sharedOut(built, 64), environment, rows, run);
        expect(relativeError(expected, made)).toBeLessThan(storage === 'f16' ? 2 ** -9 : 2 ** -6);
      }
    }
  }
}

describe('matrix units = tile interpreter', () => {
  const cases: readonly (readonly [operator: string, sizes: readonly number[]])[] = [
    ['monarch', [256, 16]],
    ['monarch', [384, 12]],
    ['monarch', [480, 20]],
    ['product', [40, 24, 17]],
    ['both', [33, 50, 16]],
    ['shared', [16, 24]],
    ['triangle', [70]],
    ['alone', [10]],
    ['added', [48, 16]],
    ['added', [70, 18]],
    ['added', [640, 16]],
    // Rows of 8 stay f32, which matrix units do not multiply: more rows than single products have registers for.
    ['added', [96, 8]],
    ['twice', [64, 16]],
    ['across', [256, 16]],
    ['across', [384, 12]],
  ];
  for (const [operator, sizes] of cases)
    for (const mode of ['apply', 'adjoint'] as const)
      for (const storage of ['f16', 'bf16'] as const)
        test(`${operator}[${sizes}], ${mode}, ${storage}`, { timeout: 60_000 }, () => {
          check(operator, sizes, mode, storage);
        });
});
