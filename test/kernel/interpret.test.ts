/** The interpreter against direct evaluation, and against kernels that break its rules. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InternalError } from '../../src/core/invariant.ts';
import {
  add,
  assign,
  declare,
  f32,
  f32x4,
  f64,
  i32,
  lane,
  literal,
  load,
  loop,
  multiply,
  operation,
  store,
  variable,
} from '../../src/kernel/build.ts';
import { interpret, prepare } from '../../src/kernel/interpret.ts';
import type { Buffer, Expression, Kernel, Statement } from '../../src/kernel/kernel.ts';

const rows = (name: string, scalar: Buffer['scalar'], perUnit: number, access: Buffer['access']): Buffer => ({
  name,
  scalar,
  extent: { fixed: 0, perUnit, parameter: 'batch' },
  space: 'global',
  access,
  comment: '',
});

const kernel = (buffers: readonly Buffer[], body: readonly Statement[]): Kernel => ({
  name: 'k',
  comment: [],
  buffers,
  parameters: [{ name: 'batch', maximum: 100 }],
  body,
});

const product = (a: Expression, b: Expression) => operation('multiply', [a, b]);
const at32 = (name: string) => variable(name, f32);

/** y[r] = Σ_j x[r·4 + j] · w[j], in order. */
const weightedSum = kernel(
  [
    rows('x', 'f32', 4, 'read'),
    { ...rows('w', 'f32', 4, 'read'), extent: { fixed: 4, perUnit: 0, parameter: undefined } },
    rows('y', 'f32', 1, 'write'),
  ],
  [
    loop('r', literal(0), variable('batch'), 1, [
      declare('sum', literal(0, f32), true),
      loop('j', literal(0), literal(4), 1, [
        load('a', f32, 'x', add(multiply(variable('r'), literal(4)), variable('j'))),
        load('b', f32, 'w', variable('j')),
        assign('sum', operation('add', [at32('sum'), product(at32('a'), at32('b'))])),
      ]),
      store('y', variable('r'), at32('sum')),
    ]),
  ],
);

/** One f32 expression of one number. */
function evaluate(expression: Expression, a = 0): number {
  const y = new Float32Array(1);
  const body = [load('a', f32, 'x', literal(0)), store('y', literal(0), expression)];
  interpret(
    kernel([rows('x', 'f32', 1, 'read'), rows('y', 'f32', 1, 'write')], body),
    { x: Float32Array.of(a), y },
    { batch: 1 },
  );
  return y[0] ?? Number.NaN;
}

describe('interpret', () => {
  test('rounds after each operation', () => {
    const run = prepare(weightedSum);
    const floats = fc.array(fc.float({ noNaN: true, min: -100, max: 100 }), { minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(floats, numbers => {
        const [x, w, y] = [
          Float32Array.from(numbers.slice(0, 12)),
          Float32Array.from(numbers.slice(12)),
          new Float32Array(3),
        ];
        run({ x, w, y }, { batch: 3 });
        for (let r = 0; r < 3; r++) {
          let sum = 0;
          for (let j = 0; j < 4; j++) sum = Math.fround(sum + Math.fround((x[4 * r + j] ?? 0) * (w[j] ?? 0)));
          expect(y[r]).toBe(sum);
        }
      }),
    );
  });

  test('a fused multiply-add rounds once, also where f64 would round twice', () => {
    const fused = (a: number, b: number, c: number) =>
      evaluate(operation('fusedMultiplyAdd', [literal(a, f32), literal(b, f32), literal(c, f32)]));
    expect(fused(1 + 2 ** -20, 1 + 2 ** -20, -1)).toBe(2 ** -19 + 2 ** -40);
    expect(fused(2 ** -35, 2 ** -35, 1)).toBe(1);
    // (1 + 2⁻¹²)² is a tie of two f32 numbers; 2⁻⁶⁰ breaks it, but is lost in f64.
    expect(fused(1 + 2 ** -12, 1 + 2 ** -12, 2 ** -60)).toBe(1 + 2 ** -11 + 2 ** -23);
    expect(fused(1 + 2 ** -12, 1 + 2 ** -12, -(2 ** -60))).toBe(1 + 2 ** -11);
  });

  test('minimum of two positive numbers is not compared with anything else', () => {
    expect(evaluate(operation('minimum', [at32('a'), literal(2, f32)]), 3)).toBe(2);
    expect(evaluate(operation('maximum', [at32('a'), literal(-2, f32)]), -3)).toBe(-2);
    expect(evaluate(operation('maximum', [at32('a'), literal(0, f32)]), Number.NaN)).toBeNaN();
  });

  test('the bits of a number, and back', () => {
    const bits = operation('floatToBits', [at32('a')], i32);
    const doubled = operation('bitsToFloat', [operation('add', [bits, literal(1 << 23)])], f32);
    expect(evaluate(doubled, 1.25)).toBe(2.5);
  });

  test('vectors go lane by lane; an assignment may permute its own lanes', () => {
    const v = variable('v', f32x4);
    const reversed: Expression = { kind: 'vector', type: f32x4, elements: [3, 2, 1, 0].map(k => lane(v, k)) };
    const body = [
      load('w', f32x4, 'x', literal(0)),
      declare('v', variable('w', f32x4), true),
      assign('v', reversed),
      store('y', literal(0), v),
    ];
    const y = new Float32Array(4);
    interpret(
      kernel([rows('x', 'f32', 4, 'read'), rows('y', 'f32', 4, 'write')], body),
      { x: Float32Array.of(1, 2, 3, 4), y },
      { batch: 1 },
    );
    expect([...y]).toEqual([4, 3, 2, 1]);
  });

  test('a splat, a shared buffer and a branch', () => {
    const shared: Buffer = {
      name: 's',
      scalar: 'f64',
      extent: { fixed: 2, perUnit: 0, parameter: undefined },
      space: 'shared',
      access: 'readWrite',
      comment: '',
    };
    const body: Statement[] = [
      load('four', f32x4, 'x', literal(1), true),
      store('s', literal(0), literal(7, f64)),
      load('kept', f64, 's', literal(0)),
      load('poison', f64, 's', literal(1)),
      {
        kind: 'if',
        condition: operation('equal', [variable('poison', f64), variable('poison', f64)]),
        then: [store('y', literal(0), literal(-1, f32))],
        otherwise: [store('y', literal(0), variable('four', f32x4))],
      },
      {
        kind: 'if',
        condition: operation('less', [variable('kept', f64), literal(8, f64)]),
        then: [store('y', literal(3), literal(9, f32))],
        otherwise: [],
      },
    ];
    const y = new Float32Array(4);
    interpret(
      kernel([rows('x', 'f32', 4, 'read'), rows('y', 'f32', 4, 'write'), shared], body),
      { x: Float32Array.of(1, 2, 3, 4), y },
      { batch: 1 },
    );
    expect([...y]).toEqual([2, 2, 2, 9]);
  });
});

describe('our own mistakes', () => {
  const x = { x: new Float32Array(40) };
  const reading = (index: Expression) =>
    kernel([rows('x', 'f32', 4, 'read')], [load('a', f32x4, 'x', index)]);

  test('an access outside the extent names buffer and index, even where the array is longer', () => {
    expect(() => interpret(reading(literal(5)), x, { batch: 2 })).toThrow(
      'load of x[5..8] outside its 8 elements',
    );
    expect(() => interpret(reading(literal(-1)), x, { batch: 2 })).toThrow(InternalError);
    expect(() => interpret(reading(literal(4)), x, { batch: 2 })).not.toThrow();
  });

  test('a name out of its scope', () => {
    const body = [
      loop('i', literal(0), literal(1), 1, [declare('a', literal(1))]),
      declare('b', variable('a')),
    ];
    expect(() => prepare(kernel([], body))).toThrow('a is read or assigned where it is not declared');
    expect(() => prepare(kernel([], [assign('c', literal(1))]))).toThrow(InternalError);
  });

  test('memory that is missing, short or of another type, and arguments out of range', () => {
    expect(() => interpret(reading(literal(0)), {}, { batch: 1 })).toThrow('no memory for buffer x');
    expect(() => interpret(reading(literal(0)), { x: new Float64Array(8) }, { batch: 1 })).toThrow(
      'buffer x holds f32',
    );
    expect(() => interpret(reading(literal(0)), { x: new Float32Array(7) }, { batch: 2 })).toThrow(
      'needs 8 elements',
    );
    expect(() => interpret(reading(literal(0)), x, { batch: 101 })).toThrow('batch = 101');
    expect(() => interpret(reading(literal(0)), x, {})).toThrow('batch = undefined');
  });
});
