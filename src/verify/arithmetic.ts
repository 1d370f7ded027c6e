/** The arithmetics that kernels are emitted in, as the analysis sees them. */
import { functionErrorUlp } from '../../codegen/functions.ts';
import { doubleErrorUlp } from '../../codegen/functionsDouble.ts';
import { invariant } from '../core/invariant.ts';
import { type HalfFormat, realFormats } from '../core/precision.ts';
import type { Plan } from '../plan/plan.ts';
import { matrixUnitsFor, type Profile } from '../plan/profile.ts';
import type { Arithmetic, ExpandedFunction, Storage } from './bound.ts';

/** The analysis is computed in f64: what its own rounding loses is far below a thousandth of a bound. */
const analysisShare = 1 + 2 ** -10;

/** As WebAssembly and the host compute: every operation rounded to nearest, in the order written. */
const strict = { flush: 0, reassociates: false, divisionRoundings: 1, storage: undefined } as const;

const constantly = ({ exp, tanh, erf }: Record<ExpandedFunction, number>): Arithmetic['ulps'] => ({
  exp: () => exp,
  tanh: () => tanh,
  erf: () => erf,
});

export const singlePrecision: Arithmetic = Object.freeze({
  ...strict,
  scalar: 'f32',
  u: 2 ** -24 * analysisShare,
  eta: 2 ** -150,
  greatest: 2 ** 127,
  ulps: constantly(functionErrorUlp),
  round: Math.fround,
});

export const doublePrecision: Arithmetic = Object.freeze({
  ...strict,
  scalar: 'f64',
  u: 2 ** -53 * analysisShare,
  eta: 2 ** -1074,
  greatest: 2 ** 1023,
  ulps: constantly(doubleErrorUlp),
  round: (value: number) => value,
});

const smallestNormal = 2 ** -126;

/**
 * WGSL (section "Floating Point Accuracy"): sums, differences and products correctly rounded in either direction, so
 * that u is a whole unit in the last place; any order of a sum, fused or not; division within 2.5 units for divisors up
 * to 2^126; numbers below the normal range flushed at will; exp within 3 + 2|x| units, here halves of 2u.
 *
 * tanh and erf are expanded around that exp. Where tanh uses it (2a from 1.25 on) exp's 5.5 units, the
 * division's 2.5 and two sums count by 2/(e^2a + 1) <= 0.45, less as a grows; the polynomials have at most
 * twice the error that they have with rounding to nearest. Both stay below 16 units.
 */
export const shaderPrecision: Arithmetic = Object.freeze({
  scalar: 'f32',
  u: 2 ** -23 * analysisShare,
  eta: smallestNormal * analysisShare,
  flush: smallestNormal,
  reassociates: true,
  divisionRoundings: 2.5,
  greatest: 2 ** 126,
  ulps: { exp: (x: number) => (3 + 2 * x) / 2, tanh: () => 8, erf: () => 8 },
  round: Math.fround,
  storage: undefined,
});

/**
 * CUDA ("Mathematical Functions", CUDA C++ Programming Guide): sums, products, fused products and sums, quotients and
 * roots correctly rounded, numbers below the normal range kept; the functions off by at most two units in the last
 * place. A fused product and sum rounds once where the analysis counts twice.
 */
const cudaUlps = constantly({ exp: 2, tanh: 2, erf: 2 });
export const cudaPrecision: Arithmetic = Object.freeze({ ...singlePrecision, ulps: cudaUlps });
export const cudaDoublePrecision: Arithmetic = Object.freeze({ ...doublePrecision, ulps: cudaUlps });

/** Arithmetic without roundings: what is left of a bound is the error that its inputs bring. */
export const withoutRounding = (arithmetic: Arithmetic): Arithmetic => ({
  ...arithmetic,
  u: 0,
  eta: 0,
  flush: 0,
  ulps: constantly({ exp: 0, tanh: 0, erf: 0 }),
  round: value => value,
  storage: undefined,
});

/** Numbers of sixteen bits, rounded to nearest, even below the normal range. */
const halves = {
  f16: { u: 2 ** -11, eta: 2 ** -25, flush: 0, greatest: 65504, round: realFormats.f16.round },
  bf16: {
    u: 2 ** -8,
    eta: 2 ** -134,
    flush: 0,
    greatest: 2 ** 128 - 2 ** 120,
    round: realFormats.bf16.round,
  },
} as const satisfies Record<HalfFormat, Storage>;

/** WGSL converts to either neighbour, and takes numbers below the normal range for zero at will. */
const shaderHalf: Storage = { ...halves.f16, u: 2 ** -10, eta: 2 ** -14, flush: 2 ** -14 };

/** Matrix units add exact products in an order of their own, and may cut off what they round (kernel/matrix.ts). */
const matrixSums = { u: 2 ** -23 * analysisShare, reassociates: true } as const;

const arithmetics = {
  wasm: { f32: singlePrecision, f64: doublePrecision },
  wgsl: { f32: shaderPrecision, f64: undefined },
  cuda: { f32: cudaPrecision, f64: cudaDoublePrecision },
} as const satisfies Record<Profile['language'], Record<'f32' | 'f64', Arithmetic | undefined>>;

export function arithmeticOf({ profile, precision }: Pick<Plan, 'profile' | 'precision'>): Arithmetic {
  const { scalar, storage } = precision;
  const found = arithmetics[profile.language][scalar];
  invariant(found !== undefined, `${profile.language} has no ${scalar}`);
  if (storage !== 'f16' && storage !== 'bf16') return found;
  const isShader = found.reassociates && storage === 'f16';
  const sums = matrixUnitsFor(profile, storage) === undefined ? {} : matrixSums;
  return { ...found, ...sums, storage: isShader ? shaderHalf : halves[storage] };
}
