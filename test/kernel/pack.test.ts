/** Pack steps: the kernel, the printed function and the meaning of the tensor agree on random tensors. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { printPackFunction } from '../../codegen/javascript.ts';
import { erf } from '../../src/core/erf.ts';
import { encodeBfloat16, encodeFloat16 } from '../../src/core/float16.ts';
import { at } from '../../src/core/invariant.ts';
import {
  apply,
  axis,
  computed,
  element,
  type IndexScalar,
  indexAdd,
  indexApply,
  indexElement,
  indexLiteral,
  indexMultiply,
  inversePermutation,
  literal,
  ofIndex,
  parameter,
  type RealFunction,
  type RealScalar,
  realFunctions,
  select,
  sumOver,
  type Tensor,
  unitTriangularInverse,
} from '../../src/ir/tensor.ts';
import {
  elementwise,
  matrixProduct,
  normalize,
  transposeTensor,
  triangle,
} from '../../src/ir/tensorAlgebra.ts';
import { evaluateTensor } from '../../src/ir/tensorEvaluate.ts';
import { interpret } from '../../src/kernel/interpret.ts';

import { verifyKernel } from '../../src/kernel/verify.ts';
import { lowerPack } from '../../src/lower/pack.ts';

const sizeOf = (tensor: Tensor): number => tensor.shape.reduce((a, b) => a * b, 1);

const matrix = parameter('target', 'f32', 'learned', [4, 4]);
const grid = parameter('k', 'f32', 'learned', [3, 5]);
const order = parameter('class', 'index', 'learned', [5]);
const inputs: Record<string, Float64Array> = {
  target: Float64Array.from({ length: 16 }, (_, i) => Math.sin(i * i + 1)),
  k: Float64Array.from({ length: 15 }, (_, i) => 1.5 * Math.cos(3 * i)),
  class: Float64Array.of(3, 0, 4, 1, 2),
};
const environment = new Map(Object.entries(inputs));

type Run = (
  parameters: Record<string, Float64Array>,
  target: Float64Array | Float32Array | Int32Array,
) => void;

function packedBy(tensors: readonly Tensor[], scalar: 'f64' | 'f32' | 'i32') {
  let offset = 0;
  const regions = tensors.map(tensor => {
    const region = { offset, tensor };
    offset += sizeOf(tensor);
    return region;
  });
  const make = () =>
    scalar === 'i32'
      ? new Int32Array(offset)
      : scalar === 'f32'
        ? new Float32Array(offset)
        : new Float64Array(offset);
  const { kernel } = lowerPack({ name: 'w0', scalar, elements: offset, regions, comment: 'random' });
  const [interpreted, printed, meant] = [make(), make(), make()];
  interpret(kernel, { ...inputs, $target: interpreted }, {});
  const run = new Function('erf', `return ${printPackFunction(kernel, '')}`)(erf) as Run;
  run(inputs, printed);
  meant.set(regions.flatMap(({ tensor }) => [...evaluateTensor(tensor, environment).data]));
  return { kernel, interpreted, printed, meant };
}

/** Index expressions with values in 0..extent-1 over axes of extents 3 and 5. */
const positions = (extent: number): fc.Arbitrary<IndexScalar> =>
  fc
    .letrec<{ any: IndexScalar }>(tie => ({
      any: fc.oneof(
        { maxDepth: 3 },
        fc.integer({ min: -7, max: 7 }).map(indexLiteral),
        fc.constantFrom(axis(0), axis(1)),
        fc.nat(4).map(i => indexElement(order, [indexLiteral(i)])),
        fc
          .tuple(
            fc.constantFrom('add', 'subtract', 'multiply', 'minimum', 'maximum', 'less', 'equal'),
            tie('any'),
            tie('any'),
          )
          .map(([name, a, b]) => indexApply(name as 'add', a, b)),
        fc
          .tuple(fc.constantFrom('modulo', 'floorDivide'), tie('any'), fc.integer({ min: 1, max: 6 }))
          .map(([name, a, b]) => indexApply(name as 'modulo', a, indexLiteral(b))),
      ),
    }))
    .any.map(index => indexApply('modulo', index, indexLiteral(extent)));

const unary = Object.keys(realFunctions).filter(
  name => realFunctions[name as RealFunction] === 1,
) as RealFunction[];

const entries: fc.Arbitrary<RealScalar> = fc.letrec<{ any: RealScalar }>(tie => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.double({ min: -3, max: 3, noNaN: true }).map(literal),
    fc.tuple(positions(3), positions(5)).map(([i, j]) => element(grid, [i, j])),
    positions(5).map(ofIndex),
    fc.tuple(fc.constantFrom(...unary), tie('any')).map(([name, x]) => apply(name, x)),
    fc
      .tuple(
        fc.constantFrom('add', 'subtract', 'multiply', 'divide', 'minimum', 'maximum'),
        tie('any'),
        tie('any'),
      )
      .map(([name, x, y]) => apply(name as 'add', x, y)),
    // The condition guards the read: without it, the index is out of bounds.
    fc
      .tuple(positions(5), tie('any'))
      .map(([i, other]) =>
        select(indexApply('less', i, indexLiteral(4)), element(matrix, [i, indexLiteral(1)]), other),
      ),
    fc
      .tuple(fc.nat(4), positions(4), tie('any'))
      .map(([extent, i, factor]) => sumOver(extent, k => apply('multiply', element(matrix, [i, k]), factor))),
  ),
})).any;

describe('pack steps', () => {
  test('random tensors: interpreted, printed and meant are the same numbers', () => {
    fc.assert(
      fc.property(entries, body => {
        const { interpreted, printed, meant } = packedBy([computed([3, 5], body)], 'f64');
        expect(printed).toEqual(interpreted);
        printed.forEach((value, i) => {
          const expected = at(meant, i);
          // softplus goes by log, the reference by log1p: amplified where the result cancels.
          if (Object.is(value, expected) || value === expected) return;
          expect(Math.abs(value - expected) / (1 + Math.abs(expected))).toBeLessThan(1e-9);
        });
      }),
      { numRuns: 150, seed: 11 },
    );
  });

  test('tensors read by reference, several regions, each target type', () => {
    const tensors = [
      normalize(grid),
      triangle(matrix, 'lower', true),
      unitTriangularInverse(matrix, 'upper'),
      transposeTensor(grid),
      unitTriangularInverse(matrixProduct(matrix, transposeTensor(matrix)), 'lower'),
      elementwise('gelu', grid),
      matrix,
      matrixProduct(matrix, elementwise('exp', matrix)),
      computed([0, 3], literal(1)),
      computed([], literal(7)),
    ];
    for (const scalar of ['f64', 'f32'] as const) {
      const { interpreted, printed, meant } = packedBy(tensors, scalar);
      expect(printed).toEqual(interpreted);
      expect(printed).toEqual(meant);
    }
  });

  test('index tables', () => {
    const rotated = computed(
      [5],
      indexApply('modulo', indexApply('subtract', axis(0), indexLiteral(2)), indexLiteral(5)),
    );
    const { printed, interpreted, meant } = packedBy([inversePermutation(order), order, rotated], 'i32');
    expect(printed).toEqual(meant);
    expect(interpreted).toEqual(meant);
    expect([...printed.subarray(0, 5)]).toEqual([1, 3, 4, 0, 2]);
  });

  test('a plain layout is a strided copy with its addresses outside the inner loop, proved inside its buffers', () => {
    const weights = parameter('L', 'f32', 'learned', [4, 8, 8]);
    const column = indexAdd(indexMultiply(axis(1), indexLiteral(4)), axis(3));
    const { kernel } = lowerPack({
      name: 'w0',
      scalar: 'f32',
      elements: 256,
      comment: 'weights',
      regions: [{ offset: 0, tensor: computed([4, 2, 8, 4], element(weights, [axis(0), column, axis(2)])) }],
    });
    expect(verifyKernel(kernel)).toEqual([]);
    expect(printPackFunction(kernel, '')).toMatchInlineSnapshot(`
      "(parameters, target) => {
        const L = parameters.L; // [4, 8, 8]
        for (let i = 0; i < 4; i++) {
          for (let j = 0; j < 2; j++) {
            for (let k = 0; k < 8; k++) {
              const start = i * 64 + j * 32 + k;
              const start_1 = i * 64 + j * 32 + k * 4;
              for (let l = 0; l < 4; l++) {
                const x = L[start + l * 8];
                target[start_1 + l] = x;
              }
            }
          }
        }
      }"
    `);
  });

  test('the guard of a triangle proves its reads', () => {
    const shifted = computed(
      [4, 4],
      select(
        indexApply('less', axis(1), axis(0)),
        element(matrix, [indexApply('subtract', axis(0), axis(1)), axis(1)]),
        literal(0),
      ),
    );
    expect(verifyKernel(packedBy([shifted], 'f64').kernel)).toEqual([]);
  });
});

describe('packed in sixteen bits, rounded once', () => {
  // Above the middle of two numbers by less than an f32 shows: rounded to f32 first, they would fall to the even one.
  const cases = [
    { scalar: 'f16', value: 1 + 2 ** -11 + 2 ** -40, packed: 1 + 2 ** -10, bits: 0x3c01 },
    { scalar: 'bf16', value: 1 + 2 ** -8 + 2 ** -40, packed: 1 + 2 ** -7, bits: 0x3f81 },
    { scalar: 'f16', value: 3 * 2 ** -25, packed: 2 ** -23, bits: 2 },
    { scalar: 'f16', value: 70000, packed: Number.POSITIVE_INFINITY, bits: 0x7c00 },
  ] as const;
  test.each(cases)('$value in $scalar', ({ scalar, value, packed, bits }) => {
    const tensor = parameter('p', 'f64', 'learned', [1]);
    const regions = [{ offset: 0, tensor }];
    const { kernel } = lowerPack({ name: 'w0', scalar, elements: 1, regions, comment: '' });
    expect(verifyKernel(kernel)).toEqual([]);
    const interpreted = new Float32Array(1);
    interpret(kernel, { p: Float64Array.of(value), $target: interpreted }, {});
    expect(interpreted[0]).toBe(packed);
    const encoders = { encodeFloat16, encodeBfloat16 };
    const text = `return ${printPackFunction(kernel, '')}`;
    const run = new Function(...Object.keys(encoders), text)(...Object.values(encoders));
    const printed = new Uint16Array(1);
    run({ p: [value] }, printed);
    expect(printed[0]).toBe(bits);
  });
});
