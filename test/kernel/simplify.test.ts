/** Simplified kernels compute the same numbers; a kernel with nothing to simplify is the same object. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  add,
  assign,
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
import { interpret } from '../../src/kernel/interpret.ts';
import type { Expression, Kernel, Statement } from '../../src/kernel/kernel.ts';
import { simplify } from '../../src/kernel/simplify.ts';
import { expressionText, kernelText } from '../../src/kernel/text.ts';
import { verifyKernel } from '../../src/kernel/verify.ts';

const sized = { fixed: 64, perUnit: 0, parameter: undefined };
const kernelOf = (body: readonly Statement[]): Kernel => ({
  name: 'small',
  comment: ['small: 64 -> 64'],
  buffers: [
    { name: 'x', scalar: 'f32', extent: sized, space: 'global', access: 'read', comment: 'input' },
    {
      name: 'y',
      scalar: 'f32',
      extent: { fixed: 0, perUnit: 64, parameter: 'batch' },
      space: 'global',
      access: 'write',
      comment: '',
    },
  ],
  parameters: [{ name: 'batch', maximum: 4 }],
  body,
});

/** Sums over a nest of loops with the given axes, with constants and dead names in between. */
function nested(
  rounds: number,
  inner: number,
  axes: readonly ['unrolled' | 'sequential', 'unrolled' | 'sequential'],
  step: number,
): Kernel {
  const total = variable('total', f32);
  const index = operation('modulo', [add(multiply(variable('i'), literal(7)), variable('j')), literal(64)]);
  return kernelOf([
    declare('unused', operation('exp', [literal(1, f32)])),
    loop(
      'i',
      literal(0),
      literal(rounds),
      1,
      [
        declare('total', literal(0, f32), true),
        declare('deaf', literal(0, f32), true),
        loop(
          'j',
          literal(1),
          literal(inner),
          step,
          [
            load('a', f32, 'x', index),
            assign('deaf', operation('add', [variable('deaf', f32), variable('a', f32)])),
            declare(
              'scaled',
              operation('multiply', [
                variable('a', f32),
                operation('divide', [literal(1, f32), literal(3, f32)]),
              ]),
            ),
            {
              kind: 'if',
              condition: operation('less', [variable('j'), literal(3)]),
              then: [assign('total', operation('subtract', [total, variable('scaled', f32)]))],
              otherwise: [assign('total', operation('add', [total, variable('scaled', f32)]))],
            },
          ],
          axes[1],
        ),
        store('y', variable('i'), total),
      ],
      axes[0],
    ),
  ]);
}

const x = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i));
function run(kernel: Kernel): Float32Array {
  const y = new Float32Array(64);
  interpret(kernel, { x, y }, { batch: 1 });
  return y;
}

const axis = fc.constantFrom('unrolled' as const, 'sequential' as const);

describe('simplify', () => {
  test('keeps the meaning, stays valid, and is done after once', () => {
    fc.assert(
      fc.property(
        fc.nat(9),
        fc.nat(9),
        fc.tuple(axis, axis),
        fc.integer({ min: 1, max: 3 }),
        (rounds, inner, axes, step) => {
          const kernel = nested(rounds, inner, axes, step);
          const simple = simplify(kernel);
          const problems = verifyKernel(simple);
          expect(problems.filter(problem => !problem.includes('may be'))).toEqual([]);
          expect(run(simple)).toEqual(run(kernel));
          expect(simplify(simple)).toBe(simple);
          expect(kernelText(simple)).not.toMatch(/unrolled|unused|deaf/);
        },
      ),
    );
  });

  test('a long unrolled loop stays a loop', () => {
    const kernel = kernelOf([
      loop(
        'i',
        literal(0),
        literal(1000),
        1,
        [store('y', operation('modulo', [variable('i'), literal(64)]), literal(1, f32))],
        'unrolled',
      ),
    ]);
    expect(simplify(kernel)).toBe(kernel);
  });

  test('nothing to do: the same object', () => {
    const kernel = kernelOf([
      loop('i', literal(0), literal(64), 1, [
        load('a', f32, 'x', variable('i')),
        store('y', variable('i'), variable('a', f32)),
      ]),
    ]);
    expect(simplify(kernel)).toBe(kernel);
  });
});

describe('the text of a kernel', () => {
  test('reads like the program it is', () => {
    expect(kernelText(simplify(nested(2, 3, ['sequential', 'unrolled'], 1)))).toMatchInlineSnapshot(`
      "// small: 64 -> 64
      kernel small(batch <= 4)
        global read x: f32[64] // input
        global write y: f32[64 * batch]
        for i in 0..2
          var total: f32 = 0
          let a.0: f32 = x[(i * 7 + 1) % 64]
          let scaled.0: f32 = a.0 * 0.3333333432674408
          total = total - scaled.0
          let a.1: f32 = x[(i * 7 + 2) % 64]
          let scaled.1: f32 = a.1 * 0.3333333432674408
          total = total - scaled.1
          y[i] = total
      "
    `);
  });

  test('brackets follow precedence', () => {
    const [a, b, c] = ['a', 'b', 'c'].map(name => variable(name)) as [Expression, Expression, Expression];
    const text = (outer: 'subtract' | 'multiply', inner: 'subtract' | 'multiply') => [
      expressionText(operation(outer, [operation(inner, [a, b]), c])),
      expressionText(operation(outer, [a, operation(inner, [b, c])])),
    ];
    expect(text('subtract', 'subtract')).toEqual(['a - b - c', 'a - (b - c)']);
    expect(text('multiply', 'subtract')).toEqual(['(a - b) * c', 'a * (b - c)']);
    expect(text('subtract', 'multiply')).toEqual(['a * b - c', 'a - b * c']);
  });
});
