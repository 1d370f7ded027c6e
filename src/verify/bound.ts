/**
 * The tolerance of the conformance check, derived from the emitted arithmetic: a running error analysis
 * (Higham 2002, section 3.3). Beside each exact value v the analysis carries e with |computed - v| <= e. One
 * rounding of z adds at most u|z|, and |z| <= |v| + e; below the normal range it adds at most eta.
 *
 * The reference is computed in twice the precision of f64 (exact.ts); only tensors and pointwise functions,
 * which both sides evaluate in f64 or below, bring errors of the reference's own, and are counted for both.
 */
import { erf } from '../core/erf.ts';

export interface Arithmetic {
  readonly scalar: 'f32' | 'f64';
  /** Unit roundoff. */
  readonly u: number;
  /** The largest error of one operation below the normal range. */
  readonly eta: number;
  /** Numbers up to this size may be taken for zero, as operands and as results; 0 where none is. */
  readonly flush: number;
  /** Whether sums may be computed in another order than the one written. */
  readonly reassociates: boolean;
  /** Roundings that bound one division. */
  readonly divisionRoundings: number;
  /** Where exp overflows to infinity, or divisors leave the range in which division is bounded. */
  readonly greatest: number;
  /** The emitted functions, in units of 2u, which is one in the last place where u is half of it. */
  readonly ulps: Readonly<Record<ExpandedFunction, (x: number) => number>>;
  readonly round: (value: number) => number;
  /** Of weights, and of buffers that are not wide; nothing where memory holds what is computed. */
  readonly storage: Storage | undefined;
}

/** A format of memory narrower than the arithmetic: every store rounds once more. */
export interface Storage {
  readonly u: number;
  /** The largest error of one store below the normal range. */
  readonly eta: number;
  /** Numbers below this size may be taken for zero when they are read; 0 where none is. */
  readonly flush: number;
  /** What is larger may be stored as infinity. */
  readonly greatest: number;
  /** To nearest, as pack steps round. */
  readonly round: (value: number) => number;
}

/** Functions that are emitted as polynomials; all of them increase. */
export type ExpandedFunction = 'exp' | 'tanh' | 'erf';

export interface Bounded {
  readonly value: number;
  readonly error: number;
}

/** k roundings in a row multiply by 1 + t, |t| <= gamma(k); infinite where so many leave no guarantee. */
export function gamma(roundings: number, { u }: Pick<Arithmetic, 'u'>): number {
  return roundings * u < 1 ? (roundings * u) / (1 - roundings * u) : Number.POSITIVE_INFINITY;
}

const defined = (error: number): number => (Number.isNaN(error) ? Number.POSITIVE_INFINITY : error);

export const exactly = (value: number): Bounded => ({ value, error: 0 });

/** A number that is stored once: no error where the format holds it. */
export function stored(value: number, arithmetic: Arithmetic): Bounded {
  return { value, error: Math.abs(arithmetic.round(value) - value) };
}

/** A value after it was written to memory of this format; what that holds stays as it is, unless it is flushed. */
export function held({ value, error }: Bounded, storage: Storage | undefined): Bounded {
  if (storage === undefined) return { value, error };
  const { u, eta, flush, greatest, round } = storage;
  if (error === 0 && round(value) === value)
    return { value, error: isFlushed(value, flush) ? Math.abs(value) : 0 };
  const size = Math.abs(value) + error;
  return { value, error: size > greatest ? Number.POSITIVE_INFINITY : defined(error + u * size + eta) };
}

/** Whether a number of the storage format may be read as zero. */
export const isFlushed = (value: number, flush: number): boolean => value !== 0 && Math.abs(value) < flush;

/** What computing |w|·|x| adds: its rounding, what is lost below the normal range, operands taken for zero. */
export const productRounding = (w: number, x: number, { u, eta, flush }: Arithmetic): number =>
  u * w * x + eta + flush * (w + x);

/** What a sum adds where its order is free, with so many roundings and terms of that size altogether. */
export const orderFree = (roundings: number, size: number, arithmetic: Arithmetic): number =>
  arithmetic.reassociates && roundings > 0
    ? gamma(roundings, arithmetic) * size + 3 * arithmetic.flush * roundings
    : 0;

/** One rounding of a value known up to `error`. */
export function rounded(value: number, error: number, { u, eta }: Pick<Arithmetic, 'u' | 'eta'>): Bounded {
  return { value, error: defined(error + u * (Math.abs(value) + error) + eta) };
}

const isZero = ({ value, error }: Bounded): boolean => value === 0 && error === 0;

/** Adding zero is exact; sums need no eta, since what lies below the normal range is added exactly. */
export function plus(a: Bounded, b: Bounded, { u, flush }: Arithmetic): Bounded {
  if (isZero(a)) return b;
  if (isZero(b)) return a;
  const value = a.value + b.value;
  const error = a.error + b.error + 3 * flush;
  return { value, error: defined(error + u * (Math.abs(value) + error)) };
}

export function times(a: Bounded, b: Bounded, arithmetic: Arithmetic): Bounded {
  if (isZero(a) || isZero(b)) return exactly(0);
  const [sizeOfA, sizeOfB] = [Math.abs(a.value) + a.error, Math.abs(b.value) + b.error];
  const carried = Math.abs(a.value) * b.error + Math.abs(b.value) * a.error + a.error * b.error;
  const error = carried + arithmetic.flush * (sizeOfA + sizeOfB);
  return rounded(a.value * b.value, error, arithmetic);
}

/** Without a bound where the divisor may be zero. */
export function over(a: Bounded, b: Bounded, arithmetic: Arithmetic): Bounded {
  const value = a.value / b.value;
  const { u, eta, flush, divisionRoundings } = arithmetic;
  const least = Math.abs(b.value) - b.error;
  if (!(least > flush)) return { value, error: Number.POSITIVE_INFINITY };
  const carried = (a.error + flush + Math.abs(value) * b.error) / least;
  return rounded(value, carried, { u: u * divisionRoundings, eta });
}

export const negated = ({ value, error }: Bounded): Bounded => ({ value: -value, error });

const exactFunctions: Record<ExpandedFunction, (x: number) => number> = {
  exp: Math.exp,
  tanh: Math.tanh,
  erf,
};

/** An increasing function: what its argument's error makes of it at both ends, and the units of its own. */
export function increasing(name: ExpandedFunction, x: Bounded, arithmetic: Arithmetic): Bounded {
  const { u, eta, flush, ulps } = arithmetic;
  const f = exactFunctions[name];
  const value = f(x.value);
  const error = x.error + flush;
  const spread = error === 0 ? 0 : Math.max(f(x.value + error) - value, value - f(x.value - error));
  // One unit in the last place is at most 2u|f|, and 2 eta below the normal range.
  const own = 2 * ulps[name](Math.abs(x.value) + error) * (u * (Math.abs(value) + spread) + eta);
  return { value, error: defined(spread + own) };
}
