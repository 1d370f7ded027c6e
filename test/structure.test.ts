/**
 * What fusion promises, counted on the plan, the tile programs and the kernels:
 * kernels, passes over memory, copies, tables.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lowerSource } from '../src/compile.ts';
import {
  axesPermutation,
  bitReversalMap,
  reverseMap,
  rotateMap,
  sliceMap,
  stridePermutation,
} from '../src/ir/indexMap.ts';
import { hadamard, householder, kron, permutationByTable, reflection } from '../src/ir/leaves.ts';
import {
  block,
  blockDiagonal,
  compose,
  dense,
  diagonal,
  directSum,
  gather,
  horizontal,
  identity,
  type Operator,
  scatter,
  sum,
  update,
  vertical,
} from '../src/ir/operator.ts';
import { parameter, type Tensor } from '../src/ir/tensor.ts';
import type { Mode } from '../src/pipeline.ts';
import type { TileProgram, TileStatement } from '../src/tile/tile.ts';
import { writtenBy } from '../src/tile/traverse.ts';
import { build, linearProgram, profileWith, programOf } from './conformance/stages.ts';
import { bijection } from './ir/arbitrary.ts';

const real = (name: string, ...shape: readonly number[]): Tensor => parameter(name, 'f32', 'learned', shape);
const swap = (r: number, c: number): Operator => gather(axesPermutation([r, c], [1, 0]));

/** b blocks of n/b, the grid swapped, n/b blocks of b, swapped back. */
const monarch = (n: number, b: number): Operator =>
  compose(
    swap(n / b, b),
    blockDiagonal(real('L', n / b, b, b)),
    swap(b, n / b),
    blockDiagonal(real('R', b, n / b, n / b)),
  );

/** k blocks of p x q, then q' blocks, n -> m. */
const rectangular = (k: number, p: number, q: number, r: number): Operator =>
  compose(swap(p, r), blockDiagonal(real('L', p, r, k)), swap(k, p), blockDiagonal(real('R', k, p, q)));

const chains: Record<string, Operator> = {
  'monarch 1024/32': monarch(1024, 32),
  'monarch 768/4': monarch(768, 4),
  'monarch 2048/32': monarch(2048, 32),
  'monarch 15/3': monarch(15, 3),
  'monarch rectangular': rectangular(4, 3, 5, 7),
  'monarch of rank r': rectangular(8, 2, 16, 4),
  'without the swap back': compose(
    blockDiagonal(real('L', 6, 4, 4)),
    swap(4, 6),
    blockDiagonal(real('R', 4, 6, 6)),
  ),
  'low rank': compose(dense(real('U', 96, 8)), dense(real('V', 8, 48))),
  'block then dense': compose(dense(real('U', 12, 6)), blockDiagonal(real('B', 3, 2, 5))),
  'butterfly pair': compose(
    block(2, 2, 2, 4, real('F', 2, 4, 2, 2)),
    block(4, 2, 2, 2, real('G', 4, 2, 2, 2)),
  ),
  'with diagonals': compose(
    diagonal(real('d', 15)),
    blockDiagonal(real('L', 5, 3, 3)),
    swap(3, 5),
    diagonal(real('e', 15)),
    blockDiagonal(real('R', 3, 5, 5)),
  ),
  'permutations at both ends': compose(
    gather(stridePermutation(24, 4)),
    blockDiagonal(real('L', 6, 4, 4)),
    gather(reverseMap(24)),
    blockDiagonal(real('R', 4, 6, 6)),
    gather(stridePermutation(24, 8)),
  ),
};

const modes: readonly Mode[] = ['apply', 'adjoint'];

/** Distinct elements of one row that a statement moves through a buffer. */
function elementsRead(statement: TileStatement): number {
  if (statement.kind === 'contract') {
    const { axes, input } = statement;
    return axes.reduce((product, { extent }, k) => product * (input.strides[k] === 0 ? 1 : extent), 1);
  }
  return 'input' in statement ? statement.input.map.domain : 0;
}

function elementsWritten(statement: TileStatement): number {
  if (statement.kind !== 'contract') return statement.output.map.domain;
  return statement.axes.reduce((product, axis) => product * (axis.kind === 'free' ? axis.extent : 1), 1);
}

function traffic({ buffers, statements }: TileProgram): { read: number; written: number } {
  const roles = new Map(buffers.map(({ name, role }) => [name, role]));
  const total = (of: readonly TileStatement[], count: (each: TileStatement) => number) =>
    of.reduce((sum, each) => sum + count(each), 0);
  const isGlobal = (name: string) => roles.get(name) !== 'scratch';
  return {
    read: total(
      statements.filter(each => 'input' in each && isGlobal(each.input.buffer)),
      elementsRead,
    ),
    written: total(
      statements.filter(each => isGlobal(writtenBy(each))),
      elementsWritten,
    ),
  };
}

const kindsOf = (tiles: readonly TileProgram[]): string[] =>
  tiles.flatMap(tile => tile.statements.map(({ kind }) => kind));

describe('a chain of two factors is one kernel and one pass over the batch', () => {
  for (const [name, operator] of Object.entries(chains)) {
    for (const mode of modes) {
      test(`${name}, ${mode}`, () => {
        const { lowered } = build(linearProgram(operator), mode);
        const [tile, ...more] = lowered.tiles;
        expect(more).toEqual([]);
        expect(lowered.kernels).toHaveLength(1);
        expect(kindsOf(lowered.tiles)).toEqual(['contract', 'contract']);
        const { rows, columns } = lowered.program;
        expect(tile && traffic(tile)).toEqual({ read: columns, written: rows });
        expect(lowered.plan.workspaces).toEqual([]);
      });
    }
  }
});

/** Whether anything but moves happens in a tile program. */
const computes = (tile: TileProgram): boolean =>
  tile.statements.some(each => each.kind !== 'copy' && each.kind !== 'fill');

const someChain: fc.Arbitrary<Operator> = fc
  .array(fc.tuple(fc.constantFrom('block', 'move', 'diagonal', 'dense'), bijection(12)), {
    minLength: 2,
    maxLength: 6,
  })
  .map(parts =>
    compose(
      ...parts.map(([kind, map], k) => {
        if (kind === 'move') return gather(map);
        if (kind === 'dense') return dense(real(`w${k}`, 12, 12));
        if (kind === 'diagonal')
          return update({
            diagonal: real(`d${k}`, 12),
            u: real(`u${k}`, 12, 1),
            t: undefined,
            v: real(`v${k}`, 12, 1),
          });
        return blockDiagonal(real(`b${k}`, 4, 3, 3));
      }),
    ),
  );

describe('permutations', () => {
  test('no kernel only permutes unless the operator does, whatever the cuts', () => {
    fc.assert(
      fc.property(someChain, fc.constantFrom(1, 80, 120, 10_000), (operator, tileBytes) => {
        const { lowered } = build(linearProgram(operator), 'apply', 'f32', profileWith({ tileBytes }));
        const [step] = lowered.program.steps;
        const onlyMoves =
          step?.kind === 'linear' && ['gather', 'scatter', 'identity'].includes(step.operator.kind);
        if (!onlyMoves) expect(lowered.tiles.filter(tile => !computes(tile))).toEqual([]);
      }),
      { numRuns: 120, seed: 1 },
    );
  }, 60_000);
  test('none is a table in memory unless it was given as one', () => {
    const symbolic: Operator[] = [
      gather(rotateMap(13, 4)),
      gather(bitReversalMap(4)),
      kron(gather(rotateMap(3, 1)), gather(reverseMap(4))),
      kron(gather(stridePermutation(6, 2)), gather(rotateMap(5, 2))),
      directSum(gather(rotateMap(5, 1)), gather(stridePermutation(6, 3)), identity(2)),
      kron(identity(3), directSum(gather(rotateMap(5, 1)), gather(reverseMap(2)))),
      compose(gather(rotateMap(12, 5)), gather(stridePermutation(12, 4)), gather(stridePermutation(12, 2))),
      compose(blockDiagonal(real('b', 4, 3, 3)), gather(rotateMap(12, 5)), gather(stridePermutation(12, 4))),
      hadamard(16),
    ];
    for (const operator of symbolic) {
      const { packed } = build(linearProgram(operator));
      expect(packed.filter(({ scalar }) => scalar === 'i32')).toEqual([]);
    }
    const given = build(linearProgram(permutationByTable(parameter('p', 'index', 'learned', [7]))));
    expect(given.packed.map(({ scalar }) => scalar)).toEqual(['i32']);
  });
  test('one beside a matrix goes into its weights, even a table', () => {
    const table = permutationByTable(parameter('p', 'index', 'learned', [7]));
    const { lowered, packed } = build(linearProgram(compose(table, dense(real('w', 7, 5)))));
    expect(kindsOf(lowered.tiles)).toEqual(['contract']);
    expect(packed.map(({ scalar }) => scalar)).toEqual(['f32']);
  });
  test('a scratch row takes the order that both factors can use', () => {
    // 4 blocks of 3 read 12 = 3 x 4 transposed only where the writer spreads; no side needs a copy.
    const operator = compose(
      blockDiagonal(real('a', 4, 3, 3)),
      gather(stridePermutation(12, 3)),
      gather(stridePermutation(12, 2)),
      dense(real('w', 12, 5)),
    );
    expect(kindsOf(build(linearProgram(operator)).lowered.tiles)).not.toContain('copy');
  });
});

describe('sums, stacks and updates', () => {
  const [a, b] = [monarch(24, 4), compose(dense(real('u', 24, 3)), dense(real('v', 3, 24)))];
  test('terms share their input and add in place', () => {
    const { lowered } = build(linearProgram(sum(a, b)));
    expect(lowered.kernels).toHaveLength(1);
    expect(kindsOf(lowered.tiles)).toEqual(['contract', 'contract', 'contract', 'contract']);
    const last = lowered.tiles[0]?.statements.at(-1);
    expect(last?.kind === 'contract' && last.initial).toBe('output');
  });
  test('a diagonal costs nothing beside a block', () => {
    const { lowered } = build(linearProgram(compose(a, diagonal(real('d', 24)))));
    expect(kindsOf(lowered.tiles)).toEqual(['contract', 'contract']);
  });
  test('parts of block matrices are written where they belong', () => {
    const rows = horizontal(blockDiagonal(real('p', 2, 3, 4)), blockDiagonal(real('q', 3, 2, 3)));
    const blocks = vertical(rows, compose(dense(real('u', 5, 2)), dense(real('v', 2, 17))));
    for (const operator of [blocks, directSum(blocks, a), kron(identity(3), a)]) {
      const { lowered } = build(linearProgram(operator));
      expect(lowered.kernels).toHaveLength(1);
      expect(new Set(kindsOf(lowered.tiles))).toEqual(new Set(['contract']));
    }
  });
  test('updates and products of reflections are one kernel, the product one update', () => {
    const vectors = Array.from({ length: 4 }, (_, k) => real(`k${k}`, 32));
    const product = compose(...vectors.map(householder));
    const generalized = compose(...vectors.map((k, i) => reflection(k, real(`beta${i}`))));
    const plus = update({
      diagonal: real('d', 32),
      u: real('u', 32, 3),
      t: real('t', 3, 3),
      v: real('v', 32, 3),
    });
    for (const operator of [product, generalized, plus, compose(plus, plus)]) {
      const { lowered } = build(linearProgram(operator));
      expect(lowered.kernels).toHaveLength(1);
      const [step] = lowered.program.steps;
      expect(step?.kind === 'linear' && step.operator.kind).toBe('update');
      expect(kindsOf(lowered.tiles).filter(kind => kind === 'contract').length).toBeLessThanOrEqual(4);
    }
  });
  test('padding and slices at the ends are addresses', () => {
    const padded = compose(scatter(sliceMap(30, 3, 24)), a);
    expect(kindsOf(build(linearProgram(padded)).lowered.tiles)).toEqual([
      'fill',
      'fill',
      'contract',
      'contract',
    ]);
    const sliced = compose(a, gather(sliceMap(30, 3, 24)));
    expect(kindsOf(build(linearProgram(sliced)).lowered.tiles)).toEqual(['contract', 'contract']);
  });
  test('a map of one factor is one statement', () => {
    const steps = [
      { kind: 'linear', operator: dense(real('w', 8, 5)) },
      { kind: 'bias', bias: real('b', 8) },
      { kind: 'pointwise', function: 'gelu' },
    ] as const;
    expect(kindsOf(build(programOf(5, steps)).lowered.tiles)).toEqual(['contract']);
  });
});

describe('the Monarch family of the examples, from its text', () => {
  const path = join(import.meta.dirname, '../examples/monarch/monarch.sop');
  const source = { name: 'monarch.sop', text: readFileSync(path, 'utf8') };
  const instances = [
    { operator: 'monarch', sizes: { n: 12, b: 3 } },
    { operator: 'monarch_rect', sizes: { k: 2, q: 6, p: 3, l: 4, s: 5, r: 3 } },
    { operator: 'monarch_rank', sizes: { k: 3, r: 2, j: 4, i: 5, l: 7 } },
    { operator: 'monarch_b1b2', sizes: { k: 3, j: 2, y: 2, i: 4, l: 5, z: 3 } },
    { operator: 'monarch_linear', sizes: { m: 10, n: 13, nb: 3 } },
  ];
  for (const instance of instances) {
    test(instance.operator, () => {
      const { operators, diagnostics } = lowerSource(source, { instances: [instance] });
      expect(diagnostics).toEqual([]);
      for (const { tiles, kernels, plan } of operators.flatMap(each => each.modes)) {
        expect(kernels).toHaveLength(1);
        expect(plan.workspaces).toEqual([]);
        const kinds = kindsOf(tiles);
        expect(kinds.filter(kind => kind === 'contract')).toHaveLength(2);
        if (instance.operator !== 'monarch_linear') expect(kinds).toHaveLength(2);
      }
    });
  }
});
