/** The verifier proves the shapes of code that is emitted, and finds each fault that is put into them. */
import { describe, expect, test } from 'vitest';
import {
  add,
  assign,
  declare,
  f32,
  f32x4,
  f64,
  i32,
  literal,
  load,
  loop,
  multiply,
  operation,
  store,
  variable,
} from '../../src/kernel/build.ts';
import type { Buffer, Expression, Kernel, Statement, Type } from '../../src/kernel/kernel.ts';
import { verifyKernel } from '../../src/kernel/verify.ts';

const buffer = (
  name: string,
  access: Buffer['access'],
  scalar: Buffer['scalar'],
  extent: Partial<Buffer['extent']>,
): Buffer => ({
  name,
  scalar,
  access,
  space: 'global',
  comment: '',
  extent: { fixed: 0, perUnit: 0, parameter: undefined, ...extent },
});
const perRow = (n: number) => ({ perUnit: n, parameter: 'batch' });

const buffers = [
  buffer('x', 'read', 'f32', perRow(10)),
  buffer('y', 'write', 'f32', perRow(10)),
  buffer('w', 'read', 'f32', { fixed: 100 }),
  buffer('h', 'readWrite', 'f16', { fixed: 100 }),
  { ...buffer('to', 'read', 'i32', { fixed: 10 }), valueRange: [0, 9] as const },
  buffer('loose', 'read', 'i32', { fixed: 10 }),
];

const problemsOf = (body: readonly Statement[]): string[] =>
  verifyKernel({
    name: 'k',
    comment: [],
    buffers,
    parameters: [{ name: 'batch', maximum: 1000 }],
    body,
  } satisfies Kernel);

const v = (name: string) => variable(name);
const batch = v('batch');
const op = operation;
const minus = (a: Expression, b: Expression) => op('subtract', [a, b]);

/**
 * for tile in batch by 8, rows = min(8, batch - tile), groups of four rows and the rest, columns by four and
 * the rest.
 */
function tiled(change: { row?: number; column?: number; limit?: number; group?: number } = {}): Statement[] {
  const { row = 0, column = 0, limit = 8, group = 4 } = change;
  const at = (r: Expression, c: Expression) =>
    add(multiply(add(v('tile'), add(r, literal(row))), literal(10)), add(c, literal(column)));
  const copy = (name: string, index: Expression, type = f32) => [
    load(name, type, 'x', index),
    store('y', index, variable(name, type)),
  ];
  const columns = (r: Expression, name: string) => [
    loop(`${name}v`, literal(0), literal(8), 4, copy(`${name}a`, at(r, v(`${name}v`)), f32x4)),
    loop(`${name}s`, literal(8), literal(10), 1, copy(`${name}b`, at(r, v(`${name}s`)))),
  ];
  return [
    loop(
      'tile',
      literal(0),
      batch,
      8,
      [
        declare('rows', op('minimum', [literal(limit), minus(batch, v('tile'))])),
        declare('full', minus(v('rows'), op('modulo', [v('rows'), literal(4)]))),
        loop(
          'g',
          literal(0),
          v('full'),
          group,
          [0, 1, 2, 3].flatMap(k => columns(add(v('g'), literal(k)), `g${k}`)),
        ),
        loop('r', v('full'), v('rows'), 1, columns(v('r'), 'r')),
      ],
      'grid',
    ),
  ];
}

describe('indices that are proved', () => {
  test('tiles of rows with groups and tails', () => {
    expect(problemsOf(tiled())).toEqual([]);
  });

  const reads = (index: Expression, bufferName = 'w') => [
    loop('i', literal(0), literal(10), 1, [load('a', f32, bufferName, index)]),
  ];
  const i = v('i');
  test.each<[string, Statement[]]>([
    [
      'digits',
      reads(
        add(
          multiply(op('modulo', [i, literal(5)]), literal(20)),
          multiply(op('divide', [i, literal(5)]), literal(10)),
        ),
      ),
    ],
    ['a reversal', reads(multiply(minus(literal(9), i), literal(11)))],
    ['bits', reads(op('exclusiveOr', [i, op('shiftLeft', [op('and', [i, literal(3)]), literal(4)])]))],
    ['a shift', reads(op('shiftLeft', [op('shiftRightUnsigned', [i, literal(2)]), literal(5)]))],
    ['a clamp', reads(op('maximum', [literal(0), minus(i, literal(3))]))],
    ['a choice', reads(op('select', [op('less', [i, literal(4)]), add(i, literal(96)), i]))],
    [
      'a guard',
      [
        loop('i', literal(0), literal(200), 1, [
          {
            kind: 'if',
            condition: op('less', [i, literal(100)]),
            then: [load('a', f32, 'w', i)],
            otherwise: [load('b', f32, 'w', minus(i, literal(100)))],
          },
        ]),
      ],
    ],
    [
      'a triangle',
      [
        loop('i', literal(0), literal(10), 1, [
          loop('j', literal(0), i, 1, [
            load('a', f32, 'w', add(multiply(i, literal(10)), minus(i, add(v('j'), literal(1))))),
          ]),
        ]),
      ],
    ],
    [
      'a table with a range',
      [
        loop('i', literal(0), literal(10), 1, [
          load('t', i32, 'to', i),
          load('a', f32, 'w', multiply(v('t'), literal(11))),
        ]),
      ],
    ],
    ['a splat of the last element', [load('a', f32x4, 'w', literal(99), true)]],
  ])('%s', (_, body) => {
    expect(problemsOf(body)).toEqual([]);
  });
});

describe('faults that are found', () => {
  test.each<[string, Statement[], string]>([
    ['a row too far', tiled({ row: 1 }), 'past its end'],
    ['a row too early', tiled({ row: -1 }), 'may be negative'],
    ['a column too far', tiled({ column: 1 }), 'past its end'],
    ['a group of other size', tiled({ group: 3 }), 'past its end'],
    ['a vector at the end', [load('a', f32x4, 'w', literal(97))], 'past its end'],
    [
      'a loop that is one too long',
      [loop('i', literal(0), literal(101), 1, [load('a', f32, 'w', v('i'))])],
      'past its end',
    ],
    [
      'an unguarded difference',
      [loop('i', literal(0), literal(10), 1, [load('a', f32, 'w', minus(v('i'), literal(1)))])],
      'may be negative',
    ],
    [
      'the wrong branch',
      [
        loop('i', literal(0), literal(200), 1, [
          {
            kind: 'if',
            condition: op('less', [v('i'), literal(100)]),
            then: [],
            otherwise: [load('a', f32, 'w', v('i'))],
          },
        ]),
      ],
      'past its end',
    ],
    [
      'a table without a range',
      [load('t', i32, 'loose', literal(0)), load('a', f32, 'w', v('t'))],
      'may be negative',
    ],
    [
      'division of a difference',
      [declare('d', op('divide', [minus(literal(1), batch), literal(2)]))],
      'divides a number that may be negative',
    ],
    [
      'read before declared',
      [store('y', literal(0), variable('a', f32)), declare('a', literal(1, f32))],
      'a is read where it is not declared',
    ],
    [
      'read after its block',
      [loop('i', literal(0), literal(1), 1, [declare('a', literal(1))]), declare('b', v('a'))],
      'a is read where it is not declared',
    ],
    ['bound twice', [declare('a', literal(1)), declare('a', literal(2))], 'a is bound twice'],
    ['named like a buffer', [declare('x', literal(1))], 'x is bound twice'],
    [
      'read as another type',
      [declare('a', literal(1, f32)), declare('b', v('a'))],
      'a is read as another type',
    ],
    [
      'types that clash',
      [declare('a', op('add', [literal(1, f32), literal(1, f64)]))],
      'add(f32, f64) gives no f32',
    ],
    [
      'lanes that clash',
      [declare('a', op('multiply', [literal(1, f32x4), literal(1, f32)]))],
      'multiply(f32x4, f32)',
    ],
    ['a root of an integer', [declare('a', op('squareRoot', [literal(4)]))], 'squareRoot(i32)'],
    ['assigned though fixed', [declare('a', literal(1)), assign('a', literal(2))], 'a is not mutable'],
    [
      'assigned another type',
      [declare('a', literal(1), true), assign('a', literal(2, f32))],
      'a has another type',
    ],
    ['assigned nowhere', [assign('a', literal(1))], 'a is not declared'],
    [
      'the counter assigned',
      [loop('i', literal(0), literal(2), 1, [assign('i', literal(0))])],
      'i is not mutable',
    ],
    [
      'a store to what is read',
      [loop('i', literal(0), literal(10), 1, [store('w', v('i'), literal(1, f32))])],
      'w is read-only',
    ],
    [
      'a load of what is written',
      [loop('i', literal(0), batch, 1, [load('a', f32, 'y', v('i'))])],
      'y is write-only',
    ],
    ['a buffer of another type', [load('a', f64, 'w', literal(0))], 'w holds f32, not f64'],
    ['no buffer', [load('a', f32, 'z', literal(0))], 'no buffer z'],
    ['a real index', [load('a', f32, 'w', literal(0, f32))], 'the index of w is no i32'],
    ['a real bound', [loop('i', literal(0), literal(2, f32), 1, [])], 'a bound of i is no i32'],
    ['unrolled without end', [loop('i', literal(0), batch, 1, [], 'unrolled')], 'unrolled loop i'],
    [
      'a real condition',
      [{ kind: 'if', condition: literal(1, f32), then: [], otherwise: [] }],
      'the condition is no i32',
    ],
  ])('%s', (_, body, problem) => {
    expect(problemsOf(body).join('\n')).toContain(problem);
  });
});

describe('numbers of sixteen bits', () => {
  const f16x4: Type = { scalar: 'f16', lanes: 4 };
  const held = load('held', f16x4, 'h', literal(0));
  test('are loaded, converted and stored', () => {
    const widened = declare('widened', operation('toPrecision', [variable('held', f16x4)], f32x4));
    const doubled = operation('add', [variable('widened', f32x4), variable('widened', f32x4)]);
    const stored = store('h', literal(4), operation('toPrecision', [doubled], f16x4));
    expect(problemsOf([held, widened, stored])).toEqual([]);
  });
  test.each([
    ['an f32 is stored', store('h', literal(0), literal(1, f32)), 'h holds f16, not f32'],
    [
      'an f16 is loaded as bf16',
      load('b', { scalar: 'bf16', lanes: 1 }, 'h', literal(0)),
      'h holds f16, not bf16',
    ],
  ] as const)('%s', (_, statement, problem) => {
    expect(problemsOf([statement]).join()).toContain(problem);
  });
  test.each(['add', 'multiply', 'maximum', 'less'] as const)('nothing computes with them: %s', operator => {
    const value = variable('held', f16x4);
    const problems = problemsOf([held, declare('made', operation(operator, [value, value]))]);
    expect(problems.join()).toContain(`${operator}(f16x4, f16x4) gives no`);
  });
});
