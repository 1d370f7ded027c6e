/**
 * Functions that a target lacks: how far their expansions are from f64, one lane and four,
 * and that nothing else changes.
 */
import { describe, expect, test } from 'vitest';
import { type ExpandedFunction, functionErrorUlp } from '../../codegen/functions.ts';
import { doubleErrorUlp } from '../../codegen/functionsDouble.ts';
import { type Capabilities, legalize } from '../../codegen/legalize.ts';
import { erf } from '../../src/core/erf.ts';
import { at } from '../../src/core/invariant.ts';
import {
  add,
  declare,
  f32,
  f32x4,
  f64,
  literal,
  load,
  loop,
  operation,
  store,
  variable,
} from '../../src/kernel/build.ts';
import { prepare } from '../../src/kernel/interpret.ts';
import type { Buffer, Kernel, Type } from '../../src/kernel/kernel.ts';
import { verifyKernel } from '../../src/kernel/verify.ts';

const nothing: Capabilities = {
  exp: false,
  log: false,
  sin: false,
  cos: false,
  tanh: false,
  erf: false,
  power: false,
};
const everything: Capabilities = {
  exp: true,
  log: true,
  sin: true,
  cos: true,
  tanh: true,
  erf: true,
  power: true,
};

const samples = 8000;

const buffer = (name: string, access: Buffer['access'], scalar: Buffer['scalar']): Buffer => ({
  name,
  scalar,
  extent: { fixed: samples, perUnit: 0, parameter: undefined },
  space: 'global',
  access,
  comment: '',
});

/** y[i] = name(x[i]), or name(x[i], 1.7). */
function kernelOf(name: ExpandedFunction, type: Type): Kernel {
  const x = variable('value', type);
  const operands = name === 'power' ? [x, literal(1.7, type)] : [x];
  return {
    name: 'map',
    comment: [],
    parameters: [],
    buffers: [buffer('x', 'read', type.scalar), buffer('y', 'write', type.scalar)],
    body: [
      loop('i', literal(0), literal(samples), type.lanes, [
        load('value', type, 'x', variable('i')),
        store('y', variable('i'), operation(name, operands)),
      ]),
    ],
  };
}

/** Results of the expansion, from one lane and from four, which must be the same numbers. */
function expanded(name: ExpandedFunction, inputs: Float32Array): Float32Array {
  const [one, four] = [f32, f32x4].map(type => {
    const kernel = legalize(kernelOf(name, type), nothing);
    expect(verifyKernel(kernel)).toEqual([]);
    const y = new Float32Array(samples);
    prepare(kernel)({ x: inputs, y }, {});
    return y;
  });
  expect(four).toEqual(one);
  return one ?? new Float32Array(0);
}

const exact: Record<ExpandedFunction, (x: number) => number> = {
  exp: Math.exp,
  log: Math.log,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  erf,
  power: x => x ** Math.fround(1.7),
};

/** The distance of neighbouring f32 numbers at a value. */
const ulp = (value: number): number =>
  2 ** (Math.max(Math.floor(Math.log2(Math.abs(value) || 1e-45)), -126) - 23);

function worstUlp(name: ExpandedFunction, sample: (i: number) => number): number {
  const inputs = Float32Array.from({ length: samples }, (_, i) => sample(i));
  const results = expanded(name, inputs);
  const circular = name === 'sin' || name === 'cos';
  return inputs.reduce((worst, x, i) => {
    const value = exact[name](x);
    // Near a multiple of π the sine is compared beside 1.
    const unit = circular ? Math.max(ulp(value), 2 ** -26) : ulp(value);
    return Math.max(worst, Math.abs(at(results, i) - value) / unit);
  }, 0);
}

const linear = (low: number, high: number) => (i: number) => low + ((high - low) * (i + 0.37)) / samples;
const logarithmic = (low: number, high: number) => (i: number) =>
  2 ** linear(Math.log2(low), Math.log2(high))(i);
const bothSigns = (sample: (i: number) => number) => (i: number) => (i % 2 === 0 ? 1 : -1) * sample(i);

const ranges: Record<ExpandedFunction, readonly ((i: number) => number)[]> = {
  exp: [linear(-87, 88.7), linear(-1, 1), bothSigns(logarithmic(1e-30, 1))],
  log: [logarithmic(1.2e-38, 3.4e38), linear(0.5, 2), logarithmic(1e-44, 1e-38), linear(0.999, 1.001)],
  sin: [linear(-1000, 1000), linear(-4, 4), bothSigns(logarithmic(1e-30, 1))],
  cos: [linear(-1000, 1000), linear(-4, 4), bothSigns(logarithmic(1e-30, 1))],
  tanh: [linear(-10, 10), linear(-1, 1), bothSigns(logarithmic(1e-30, 1))],
  erf: [linear(-5, 5), linear(-1.2, 1.2), bothSigns(logarithmic(1e-30, 1))],
  power: [logarithmic(1e-20, 1e20), linear(0, 10)],
};

describe('expansions', () => {
  test.each(Object.keys(functionErrorUlp) as ExpandedFunction[])('%s stays within its stated error', name => {
    const worst = Math.max(...ranges[name].map(range => worstUlp(name, range)));
    expect(worst).toBeLessThanOrEqual(functionErrorUlp[name]);
    expect(worst).toBeGreaterThan(functionErrorUlp[name] / 8);
  });

  test.each(Object.keys(doubleErrorUlp) as (keyof typeof doubleErrorUlp)[])('%s of f64', name => {
    const f64x2: Type = { scalar: 'f64', lanes: 2 };
    const [one, two] = [f64, f64x2].map(type => legalize(kernelOf(name, type), nothing));
    if (one === undefined || two === undefined) throw new Error('two kernels');
    expect([...verifyKernel(one), ...verifyKernel(two)]).toEqual([]);
    const worst = [...ranges[name], linear(-700, 700), linear(-30, 30)].map(range => {
      const x = Float64Array.from({ length: samples }, (_, i) => range(i));
      x.set([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -800, 800, 0, -0]);
      const [y, other] = [new Float64Array(samples), new Float64Array(samples)];
      prepare(one)({ x, y }, {});
      prepare(two)({ x, y: other }, {});
      expect(other).toEqual(y);
      expect([...y.subarray(0, 7)]).toEqual([...x.subarray(0, 7)].map(exact[name]));
      return x.subarray(7).reduce((most, value, i) => {
        const expected = exact[name](value);
        return Math.max(most, Math.abs(at(y, i + 7) - expected) / (ulp(expected) * 2 ** -29));
      }, 0);
    });
    expect(Math.max(...worst)).toBeLessThanOrEqual(doubleErrorUlp[name]);
  });

  test('at the ends of the range', () => {
    const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
    const special: Record<ExpandedFunction, readonly (readonly [number, number])[]> = {
      exp: [
        [nan, nan],
        [inf, inf],
        [-inf, 0],
        [89, inf],
        [200, inf],
        [-200, 0],
        [0, 1],
      ],
      log: [
        [nan, nan],
        [inf, inf],
        [0, -inf],
        [-0, -inf],
        [-1, nan],
        [-inf, nan],
        [1, 0],
        [-1e-45, nan],
      ],
      sin: [
        [nan, nan],
        [inf, nan],
        [0, 0],
      ],
      cos: [
        [nan, nan],
        [-inf, nan],
        [0, 1],
      ],
      tanh: [
        [nan, nan],
        [inf, 1],
        [-inf, -1],
        [-0, -0],
        [50, 1],
      ],
      erf: [
        [nan, nan],
        [inf, 1],
        [-inf, -1],
        [-0, -0],
        [-7, -1],
      ],
      power: [
        [nan, nan],
        [-2, nan],
        [0, 0],
        [inf, inf],
        [1, 1],
      ],
    };
    for (const name of Object.keys(special) as ExpandedFunction[]) {
      const cases = special[name];
      const inputs = new Float32Array(samples);
      cases.forEach(([x], i) => {
        inputs[i] = x;
      });
      const results = expanded(name, inputs);
      expect([name, ...results.subarray(0, cases.length)]).toEqual([
        name,
        ...cases.map(([, value]) => value),
      ]);
    }
  });

  test('a kernel that lacks nothing is the same object', () => {
    const kernel = kernelOf('exp', f32);
    expect(legalize(kernel, everything)).toBe(kernel);
  });

  test('fused multiply-add becomes two roundings only where a target lacks it', () => {
    const fused: Kernel = {
      ...kernelOf('exp', f32),
      body: [
        load('value', f32, 'x', literal(0)),
        declare(
          'square',
          operation('fusedMultiplyAdd', [variable('value', f32), variable('value', f32), literal(-1, f32)]),
        ),
        store('y', add(literal(0), literal(0)), variable('square', f32)),
      ],
    };
    const run = (kernel: Kernel): number => {
      const y = new Float32Array(samples);
      prepare(kernel)({ x: new Float32Array(samples).fill(1 + 2 ** -20), y }, {});
      return at(y, 0);
    };
    expect(legalize(fused, nothing)).toBe(fused);
    expect(run(fused)).toBe(2 ** -19 + 2 ** -40);
    expect(run(legalize(fused, { ...nothing, fusedMultiplyAdd: false }))).toBe(2 ** -19);
  });
});
