/** Rows that lie as far apart as the call says: what is right for every distance is proved, and what is not is found. */
import { describe, expect, test } from 'vitest';
import {
  add,
  declare,
  f32,
  literal,
  load,
  loop,
  multiply,
  operation,
  store,
  variable,
} from '../../src/kernel/build.ts';
import { extentOf } from '../../src/kernel/interpret.ts';
import type { Buffer, Expression, Kernel, Statement } from '../../src/kernel/kernel.ts';
import { verifyKernel } from '../../src/kernel/verify.ts';

const rows = (name: string, pitch: string): Buffer => ({
  name,
  scalar: 'f32',
  access: 'readWrite',
  space: 'global',
  comment: '',
  extent: { fixed: 0, perUnit: 10, parameter: 'batch', pitch },
});

const [row, i, ldx, ldy] = ['row', 'i', 'ldx', 'ldy'].map(name => variable(name)) as [
  Expression,
  Expression,
  Expression,
  Expression,
];

const kernelOf = (body: readonly Statement[]): Kernel => ({
  name: 'k',
  comment: [],
  buffers: [rows('x', 'ldx'), rows('y', 'ldy')],
  parameters: [
    { name: 'batch', maximum: 1000 },
    { name: 'ldx', minimum: 10, maximum: 2 ** 24 },
    { name: 'ldy', minimum: 10, maximum: 2 ** 24 },
  ],
  body: [loop('row', literal(0), variable('batch'), 1, [loop('i', literal(0), literal(10), 1, body)])],
});

const copy = (from: Expression, to: Expression): Statement[] => [
  declare('at', add(multiply(row, ldx), from)),
  load('value', f32, 'x', variable('at')),
  store('y', to, variable('value', f32)),
];
const place = add(multiply(row, ldy), i);

test('a copy of rows stays inside both matrices, whatever the distances', () => {
  expect(verifyKernel(kernelOf(copy(i, place)))).toEqual([]);
});

describe('found', () => {
  test.each([
    ['an element behind a row', copy(add(i, literal(1)), place), 'an index of x may be past its end'],
    ['a row too many', copy(add(i, ldx), place), 'an index of x may be past its end'],
    ['the distance of another matrix', copy(i, add(multiply(row, ldx), i)), 'not affine in its pitch alone'],
    // Both ends of the distances pass: it is affine only between.
    [
      'a remainder by the distance',
      copy(operation('modulo', [i, ldx]), place),
      'an index of x is not affine in its pitch alone',
    ],
    [
      'a loop that ends with the distance',
      [loop('j', literal(0), ldx, 1, [declare('z', literal(0))])],
      `'for' depends on how far apart rows are`,
    ],
    [
      'a choice by the distance',
      [{ kind: 'if', condition: operation('less', [ldx, ldy]), then: [], otherwise: [] }],
      `'if' depends on how far apart rows are`,
    ],
  ] as const)('%s', (_, body, problem) => {
    expect(verifyKernel(kernelOf(body as readonly Statement[])).join('\n')).toContain(problem);
  });
});

test('the last row ends with its own length', () => {
  const x = rows('x', 'ldx');
  expect([0, 1, 3].map(batch => extentOf(x, { batch, ldx: 12 }))).toEqual([0, 10, 34]);
});
