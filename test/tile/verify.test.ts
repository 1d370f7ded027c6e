/** A tile program that is wrong is refused, with the statement and the reason. */
import { expect, test } from 'vitest';
import { identityMap, sliceMap, strided } from '../../src/ir/indexMap.ts';
import { dense, inverse } from '../../src/ir/operator.ts';
import { parameter } from '../../src/ir/tensor.ts';
import { lowerOperator } from '../../src/pipeline.ts';
import { profiles } from '../../src/plan/profile.ts';
import type { ContractStatement, TileProgram, TileStatement } from '../../src/tile/tile.ts';
import { verifyTile } from '../../src/tile/verify.ts';
import { linearProgram } from '../conformance/stages.ts';

const contract: ContractStatement = {
  kind: 'contract',
  title: 'blockdiag [2, 3, 4]',
  axes: [
    { name: 'g', extent: 2, kind: 'free' },
    { name: 'q', extent: 3, kind: 'free' },
    { name: 'p', extent: 4, kind: 'reduce' },
  ],
  weights: parameter('w', 'f32', 'learned', [2, 3, 4]),
  input: { buffer: 'x', offset: 0, strides: [4, 0, 1] },
  output: { buffer: 't0', offset: 0, strides: [3, 1, 0] },
  initial: 'zero',
  residuals: [],
  epilogue: [],
};
const view = (buffer: string, width: number) => ({ buffer, map: identityMap(width) });
const copy: TileStatement = { kind: 'copy', input: view('t0', 6), output: view('y', 6), accumulate: false };
const solve: TileStatement = {
  kind: 'substitute',
  order: 6,
  direction: 'forward',
  unitDiagonal: false,
  weights: parameter('t', 'f32', 'learned', [6, 6]),
  input: view('t0', 6),
  output: view('y', 6),
};

const program = (...statements: readonly TileStatement[]): TileProgram => ({
  name: 'f',
  comment: [],
  tileRows: 4,
  slices: 1,
  buffers: [
    { name: 'x', role: 'input', width: 8 },
    { name: 'y', role: 'output', width: 6 },
    { name: 't0', role: 'scratch', width: 6 },
  ],
  statements,
});

test('a correct program has no problems', () => {
  expect(verifyTile(program(contract, copy))).toEqual([]);
  expect(verifyTile(program(contract, solve))).toEqual([]);
});

const broken: readonly (readonly [string, TileProgram, string])[] = [
  ['no rows', { ...program(contract, copy), tileRows: 0 }, 'a tile has at least one row'],
  [
    'two buffers of one name',
    { ...program(contract, copy), buffers: [...program().buffers, { name: 'x', role: 'scratch', width: 8 }] },
    'two buffers share a name',
  ],
  ['a read before the write', program(copy, contract), 'statement 0 (copy): t0 is read before it is written'],
  [
    'an accumulation before the write',
    program({ ...contract, initial: 'output' }),
    'statement 0 (contract): t0 is read before it is written',
  ],
  [
    'a write to the input',
    program(contract, { ...copy, output: view('x', 6) }),
    'statement 1 (copy): the input is written',
  ],
  [
    'an unknown buffer',
    program({ ...contract, input: { ...contract.input, buffer: 'z' } }),
    'statement 0 (contract): no buffer z',
  ],
  [
    'an offset by one',
    program({ ...contract, input: { ...contract.input, offset: 1 } }),
    'statement 0 (contract): addresses 1..8 in a row of 8 of x',
  ],
  [
    'swapped strides',
    program({ ...contract, output: { ...contract.output, strides: [1, 3, 0] } }),
    'statement 0 (contract): addresses 0..7 in a row of 6 of t0',
  ],
  [
    'outputs on top of each other',
    program({ ...contract, output: { ...contract.output, strides: [1, 1, 0] } }),
    'statement 0 (contract): two values for one output along q',
  ],
  [
    'an output that moves while it is summed',
    program({ ...contract, output: { ...contract.output, strides: [3, 1, 1] } }),
    'statement 0 (contract): the output moves along the reduced axis p',
  ],
  [
    'weights of another shape',
    program({ ...contract, weights: parameter('w', 'f32', 'learned', [2, 4, 3]) }),
    'statement 0 (contract): weights [2,4,3] do not match the axes [2,3,4]',
  ],
  [
    'a stride too few',
    program({ ...contract, input: { ...contract.input, strides: [4, 1] } }),
    'statement 0 (contract): 2 strides for 3 axes',
  ],
  [
    'a factor in place',
    program({ ...contract, input: { ...contract.input, buffer: 't0', strides: [0, 0, 1] } }),
    'statement 0 (contract): reads and writes t0',
  ],
  [
    'sides of different lengths',
    program(contract, { ...copy, input: { buffer: 't0', map: sliceMap(6, 0, 5) } }),
    'statement 1 (copy): the two sides differ in length',
  ],
  [
    'a map past the row',
    program(contract, { ...copy, output: view('y', 7), input: view('t0', 6) }),
    'statement 1 (copy): addresses up to 7 in a row of 6 of y',
  ],
  [
    'a map before the row',
    program(contract, { ...copy, input: { buffer: 't0', map: strided([{ extent: 6, stride: -1 }], 4, 6) } }),
    'statement 1 (copy): addresses -1..4 in a row of 6 of t0',
  ],
  [
    'a gate that is not there',
    program({ ...contract, epilogue: [{ kind: 'gate', buffer: 'g' }] }),
    'statement 0 (contract): no buffer g',
  ],
  [
    'a triangle of another order',
    program(contract, { ...solve, weights: parameter('t', 'f32', 'learned', [5, 5]) }),
    'statement 1 (substitute): a triangle [5,5] for 6 unknowns',
  ],
];

for (const [name, wrong, problem] of broken) {
  test(`refuses ${name}`, () => {
    expect(verifyTile(wrong)).toContain(problem);
  });
}

test('the pipeline names the pass that made a bad program', () => {
  // No rule takes this inverse apart: placing it is our mistake, and the message says whose.
  const wrong = linearProgram(inverse(dense(parameter('w', 'f32', 'learned', [3, 3]))));
  const target = { profile: profiles['wasm-simd128'], scalar: 'f32' } as const;
  expect(() => lowerOperator(wrong, 'apply', target, [])).toThrow(/inverse.*before placing/);
});
