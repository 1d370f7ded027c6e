/** The two arithmetics that kernels are emitted in, as the analysis sees them. */
import { functionErrorUlp } from '../../codegen/functions.ts';
import { doubleErrorUlp } from '../../codegen/functionsDouble.ts';
import type { Arithmetic } from './bound.ts';

/** The analysis is computed in f64: what its own rounding loses is far below a thousandth of a bound. */
const analysisShare = 1 + 2 ** -10;

export const singlePrecision: Arithmetic = Object.freeze({
  scalar: 'f32',
  u: 2 ** -24 * analysisShare,
  eta: 2 ** -150,
  greatest: 2 ** 127,
  ulps: functionErrorUlp,
  round: Math.fround,
});

export const doublePrecision: Arithmetic = Object.freeze({
  scalar: 'f64',
  u: 2 ** -53 * analysisShare,
  eta: 2 ** -1074,
  greatest: 2 ** 1023,
  ulps: doubleErrorUlp,
  round: (value: number) => value,
});

/** Arithmetic without roundings: what is left of a bound is the error that its inputs bring. */
export const withoutRounding = (arithmetic: Arithmetic): Arithmetic => ({
  ...arithmetic,
  u: 0,
  eta: 0,
  ulps: { exp: 0, tanh: 0, erf: 0 },
  round: value => value,
});

export const arithmeticOf = (scalar: 'f32' | 'f64'): Arithmetic =>
  scalar === 'f32' ? singlePrecision : doublePrecision;
