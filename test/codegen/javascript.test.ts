/** The JavaScript of pack steps: it computes what the interpreter does, whatever names and numbers it is given. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { printPackFunction } from '../../codegen/javascript.ts';
import { javascriptReserved, namer } from '../../codegen/names.ts';
import { erf } from '../../src/core/erf.ts';
import { declare, f64, literal, load, operation, store, variable } from '../../src/kernel/build.ts';
import { interpret } from '../../src/kernel/interpret.ts';
import type { Buffer, Expression, Kernel, OperatorName, Statement } from '../../src/kernel/kernel.ts';

const buffer = (name: string, access: Buffer['access']): Buffer => ({
  name,
  scalar: 'f64',
  extent: { fixed: 1, perUnit: 0, parameter: undefined },
  space: 'global',
  access,
  comment: '',
});

/** Computes one number from x. */
const kernelOf = (value: Expression, before: readonly Statement[] = []): Kernel => ({
  name: 'pack',
  comment: [],
  parameters: [],
  buffers: [buffer('x', 'read'), buffer('$target', 'write')],
  body: [load('a', f64, 'x', literal(0)), ...before, store('$target', literal(0), value)],
});

function both(kernel: Kernel, a: number): [interpreted: number | undefined, printed: number | undefined] {
  const [x, interpreted, printed] = [Float64Array.of(a), new Float64Array(1), new Float64Array(1)];
  interpret(kernel, { x, $target: interpreted }, {});
  const run = new Function('erf', `return ${printPackFunction(kernel, '')}`)(erf) as (
    p: Record<string, Float64Array>,
    t: Float64Array,
  ) => void;
  run({ x }, printed);
  return [interpreted[0], printed[0]];
}

const a = variable('a', f64);
const binary = [
  'add',
  'subtract',
  'multiply',
  'divide',
  'power',
  'minimum',
  'maximum',
] as const satisfies readonly OperatorName[];
const unary = [
  'negate',
  'absolute',
  'squareRoot',
  'floor',
  'exp',
  'log',
  'sin',
  'cos',
  'tanh',
  'erf',
] as const satisfies readonly OperatorName[];

const expressions = fc.letrec<{ real: Expression; condition: Expression }>(tie => ({
  real: fc.oneof(
    { maxDepth: 5 },
    fc.constant(a),
    fc.integer({ min: -4, max: 4 }).map(value => literal(value / 2, f64)),
    fc
      .tuple(fc.constantFrom(...binary), tie('real'), tie('real'))
      .map(([name, x, y]) => operation(name, [x, y])),
    fc.tuple(fc.constantFrom(...unary), tie('real')).map(([name, x]) => operation(name, [x])),
    fc.tuple(tie('condition'), tie('real'), tie('real')).map(parts => operation('select', parts)),
    tie('condition').map(condition => operation('toFloat', [condition], f64)),
  ),
  condition: fc.oneof(
    { maxDepth: 2 },
    fc
      .tuple(fc.constantFrom('less', 'equal'), tie('real'), tie('real'))
      .map(([name, x, y]) => operation(name as 'less', [x, y])),
    fc
      .tuple(
        fc.constantFrom('and', 'or', 'exclusiveOr', 'equal', 'subtract'),
        tie('condition'),
        tie('condition'),
      )
      .map(([name, x, y]) => operation(name as 'and', [x, y])),
  ),
})).real;

describe('printed pack functions', () => {
  test('random expressions keep their meaning: precedence, signs, truth values', () => {
    fc.assert(
      fc.property(expressions, fc.double({ min: -3, max: 3, noNaN: true }), (value, x) => {
        const [interpreted, printed] = both(kernelOf(value), x);
        expect(printed).toBe(interpreted);
      }),
      { numRuns: 500, seed: 7 },
    );
  });

  test('names that JavaScript keeps for itself, and names that differ only in illegal characters', () => {
    const names = ['class', 'Math', 'parameters', 'target', 'a.0', 'a0', 'NaN'];
    const before = names.map((name, k) =>
      declare(name, k === 0 ? a : operation('add', [variable(names[k - 1] ?? '', f64), literal(1, f64)])),
    );
    expect(both(kernelOf(variable('NaN', f64), before), 2)).toEqual([8, 8]);
  });

  test('reads as one would write it', () => {
    const difference = operation('subtract', [a, operation('subtract', [literal(1, f64), a])]);
    const text = printPackFunction(kernelOf(operation('multiply', [difference, operation('erf', [a])])), '');
    expect(text).toContain('target[0] = (a - (1 - a)) * erf(a);');
    expect(text).toMatch(/\berf\(/);
    expect(printPackFunction(kernelOf(difference), '')).not.toMatch(/erf/);
  });
});

describe('namer', () => {
  test('is one to one, stable, and avoids reserved words', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(
          fc.oneof(fc.constantFrom(...javascriptReserved), fc.string(), fc.stringMatching(/^[a-c]_?[0-2]$/)),
        ),
        names => {
          const nameOf = namer(javascriptReserved);
          const spelled = names.map(nameOf);
          expect(names.map(nameOf)).toEqual(spelled);
          expect(new Set(spelled).size).toBe(names.length);
          for (const name of spelled) {
            expect(name).toMatch(/^[A-Za-z_][A-Za-z0-9_]*$/);
            expect(javascriptReserved).not.toContain(name);
          }
        },
      ),
    );
  });
});
