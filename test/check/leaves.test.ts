/** Every leaf of the language table, elaborated from text and compared with a matrix written by hand. */
import { describe, expect, test } from 'vitest';
import { leafTable } from '../../src/check/leafTable.ts';
import { matrixOf, rows, type Values } from './source.ts';

interface Case {
  readonly parameters?: string;
  readonly body: string;
  readonly type: string;
  readonly values?: Values;
  readonly matrix: readonly (readonly number[])[];
}

const identity = (n: number) =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => +(i === j)));
/** The matrix that sends x to y with y[i] = x[order[i]]. */
const picks = (n: number, order: readonly number[]) =>
  order.map(from => Array.from({ length: n }, (_, j) => +(j === from)));

const W = rows('1 2 3; 4 5 6');
const half = Number(Math.SQRT1_2.toPrecision(12));

const cases: Record<string, Case> = {
  I: { body: 'I(3)', type: '3 -> 3', matrix: identity(3) },
  'I of nothing': { body: 'I(0)', type: '0 -> 0', matrix: [] },
  zeros: {
    body: 'zeros(2, 3)',
    type: '3 -> 2',
    matrix: rows('0 0 0; 0 0 0'),
  },
  'zeros without columns': { body: 'zeros(2, 0)', type: '0 -> 2', matrix: rows(';') },
  dense: { parameters: 'W: [2, 3]', values: { W }, body: 'dense(W)', type: '3 -> 2', matrix: W },
  'dense without rows': {
    parameters: 'W: [0, 3]',
    values: { W: [] },
    body: 'dense(W)',
    type: '3 -> 0',
    matrix: [],
  },
  diag: {
    parameters: 'd: [3]',
    values: { d: [1, 2, 3] },
    body: 'diag(d)',
    type: '3 -> 3',
    matrix: rows('1 0 0; 0 2 0; 0 0 3'),
  },
  blockdiag: {
    parameters: 'B: [2, 1, 3]',
    values: { B: [rows('1 2 3'), rows('4 5 6')] },
    body: 'blockdiag(B)',
    type: '6 -> 2',
    matrix: rows('1 2 3 0 0 0; 0 0 0 4 5 6'),
  },
  'blockdiag of one': {
    parameters: 'B: [1, 2, 3]',
    values: { B: [W] },
    body: 'blockdiag(B)',
    type: '3 -> 2',
    matrix: W,
  },
  permute: {
    body: 'permute("a b c -> c a b", 2, 1, 3)',
    type: '6 -> 6',
    matrix: picks(6, [0, 3, 1, 4, 2, 5]),
  },
  'permute of no axes': { body: 'permute("->")', type: '1 -> 1', matrix: rows('1') },
  // y[j·2 + i] = x[i·3 + j]
  swap: { body: 'swap(2, 3)', type: '6 -> 6', matrix: picks(6, [0, 3, 1, 4, 2, 5]) },
  'swap of one row': { body: 'swap(1, 3)', type: '3 -> 3', matrix: identity(3) },
  // y[i·3 + j] = x[j·2 + i]
  stride: { body: 'stride(6, 2)', type: '6 -> 6', matrix: picks(6, [0, 2, 4, 1, 3, 5]) },
  'stride of all': { body: 'stride(5, 5)', type: '5 -> 5', matrix: identity(5) },
  perm: {
    parameters: 'p: index[3]',
    values: { p: [2, 0, 1] },
    body: 'perm(p)',
    type: '3 -> 3',
    matrix: picks(3, [2, 0, 1]),
  },
  signed: {
    parameters: 'p: index[3], s: [3]',
    values: { p: [2, 0, 1], s: [1, -1, 1] },
    body: 'signed(p, s)',
    type: '3 -> 3',
    matrix: rows('0 0 1; -1 0 0; 0 1 0'),
  },
  reverse: { body: 'reverse(3)', type: '3 -> 3', matrix: picks(3, [2, 1, 0]) },
  rotate: { body: 'rotate(5, 2)', type: '5 -> 5', matrix: picks(5, [2, 3, 4, 0, 1]) },
  'rotate backwards': { body: 'rotate(3, -1)', type: '3 -> 3', matrix: picks(3, [2, 0, 1]) },
  bitrev: { body: 'bitrev(8)', type: '8 -> 8', matrix: picks(8, [0, 4, 2, 6, 1, 5, 3, 7]) },
  'bitrev of one': { body: 'bitrev(1)', type: '1 -> 1', matrix: rows('1') },
  take: {
    parameters: 'p: index[4]',
    values: { p: [2, 0, 2, 1] },
    body: 'take(3, p)',
    type: '3 -> 4',
    matrix: picks(3, [2, 0, 2, 1]),
  },
  pad: {
    body: 'pad(3, 2)',
    type: '2 -> 3',
    matrix: rows('1 0; 0 1; 0 0'),
  },
  'pad of nothing': { body: 'pad(2, 0)', type: '0 -> 2', matrix: rows(';') },
  lowrank: {
    parameters: 'U: [2, 1], V: [3, 1]',
    values: { U: rows('1; 2'), V: rows('3; 4; 5') },
    body: 'lowrank(U, V)',
    type: '3 -> 2',
    matrix: rows('3 4 5; 6 8 10'),
  },
  'lowrank of rank 0': {
    parameters: 'U: [2, 0], V: [1, 0]',
    values: { U: [], V: [] },
    body: 'lowrank(U, V)',
    type: '1 -> 2',
    matrix: rows('0; 0'),
  },
  householder: {
    parameters: 'v: [2]',
    values: { v: [3, 4] },
    body: 'householder(v)',
    type: '2 -> 2',
    matrix: [
      [1 - 18 / 25, -24 / 25],
      [-24 / 25, 1 - 32 / 25],
    ],
  },
  reflect: {
    parameters: 'k: [2], beta: []',
    values: { k: [1, 2], beta: 0.5 },
    body: 'reflect(k, beta)',
    type: '2 -> 2',
    matrix: rows('0.5 -1; -1 -1'),
  },
  lower: {
    parameters: 'T: [2, 3]',
    values: { T: W },
    body: 'lower(T)',
    type: '3 -> 2',
    matrix: rows('1 0 0; 4 5 0'),
  },
  upper: {
    parameters: 'T: [2, 3]',
    values: { T: W },
    body: 'upper(T)',
    type: '3 -> 2',
    matrix: rows('1 2 3; 0 5 6'),
  },
  unitlower: {
    parameters: 'T: [2, 3]',
    values: { T: W },
    body: 'unitlower(T)',
    type: '3 -> 2',
    matrix: rows('1 0 0; 4 1 0'),
  },
  unitupper: {
    parameters: 'T: [2, 3]',
    values: { T: W },
    body: 'unitupper(T)',
    type: '3 -> 2',
    matrix: rows('1 2 3; 0 1 6'),
  },
  toeplitz: {
    parameters: 'c: [3], r: [2]',
    values: { c: [1, 2, 3], r: [9, 4] },
    body: 'toeplitz(c, r)',
    type: '2 -> 3',
    matrix: rows('1 4; 2 1; 3 2'),
  },
  circulant: {
    parameters: 'c: [3]',
    values: { c: [1, 2, 3] },
    body: 'circulant(c)',
    type: '3 -> 3',
    matrix: rows('1 3 2; 2 1 3; 3 2 1'),
  },
  hadamard: {
    body: 'hadamard(4)',
    type: '4 -> 4',
    matrix: rows('1 1 1 1; 1 -1 1 -1; 1 1 -1 -1; 1 -1 -1 1'),
  },
  'hadamard of one': { body: 'hadamard(1)', type: '1 -> 1', matrix: rows('1') },
  dct: {
    body: 'dct(2)',
    type: '2 -> 2',
    matrix: [
      [half, half],
      [half, -half],
    ],
  },
  'dct of one': { body: 'dct(1)', type: '1 -> 1', matrix: rows('1') },
  vandermonde: {
    parameters: 'z: [2]',
    values: { z: [2, -3] },
    body: 'vandermonde(z, 3)',
    type: '3 -> 2',
    matrix: rows('1 2 4; 1 -3 9'),
  },
  sparse: {
    parameters: 'w: [3]',
    values: { w: [7, 8, 9] },
    body: 'sparse(g, w)',
    type: '3 -> 2',
    matrix: rows('0 7 0; 9 0 8'),
  },
  transpose: {
    parameters: 'W: [2, 3]',
    values: { W },
    body: 'transpose(dense(W))',
    type: '2 -> 3',
    matrix: rows('1 4; 2 5; 3 6'),
  },
  inv: {
    parameters: 'd: [2]',
    values: { d: [2, -4] },
    body: 'inv(diag(d))',
    type: '2 -> 2',
    matrix: rows('0.5 0; 0 -0.25'),
  },
  kron: {
    parameters: 'A: [1, 2], W: [2, 3]',
    values: { A: rows('1 10'), W },
    body: 'kron(dense(A), dense(W))',
    type: '6 -> 2',
    matrix: rows('1 2 3 10 20 30; 4 5 6 40 50 60'),
  },
  offdiag: {
    parameters: 'W: [2, 3]',
    values: { W },
    body: 'offdiag(dense(W))',
    type: '3 -> 2',
    matrix: rows('0 2 3; 4 0 6'),
  },
};

const source = ({ parameters, body, type }: Case): string =>
  `pattern g[2, 3] { 0 -> 1, 1 -> 2, 1 -> 0 }\nop f(${parameters ?? ''}) : ${type} = ${body}`;

describe('leaves', () => {
  test.each(Object.entries(cases))('%s', (_name, each) => {
    expect(matrixOf(source(each), 'f', [], each.values)).toEqual(each.matrix);
  });

  test('all of the table are here', () => {
    const missing = Object.keys(leafTable).filter(name => !Object.hasOwn(cases, name) && name !== 'dft');
    expect(missing).toEqual([]);
  });

  test.each(Object.entries(cases))('%s, adjoint', (_name, each) => {
    const [columns, rows] = each.type.split(' -> ');
    const flipped = { ...each, body: `(${each.body})'`, type: `${rows} -> ${columns}` };
    const transposed = Array.from({ length: Number(columns) }, (_, j) => each.matrix.map(row => row[j]));
    expect(matrixOf(source(flipped), 'f', [], each.values)).toEqual(transposed);
  });
});
