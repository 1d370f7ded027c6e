/**
 * Functions of f32 numbers, one or several lanes, from additions, multiplications and the bits of numbers.
 * Polynomials are fitted at Chebyshev nodes to the function named beside them; `functionErrorUlp` states
 * what that gives, and a test measures it against f64.
 */
import { at } from '../src/core/invariant.ts';
import { literal, operation } from '../src/kernel/build.ts';
import type { Expression, OperatorName, Type } from '../src/kernel/kernel.ts';

export type ExpandedFunction = 'exp' | 'log' | 'sin' | 'cos' | 'tanh' | 'erf' | 'power';

/**
 * Units in the last place from the exact result; sin and cos for |x| <= 1000 and beside 1, power beside
 * exp(|y log x|).
 */
export const functionErrorUlp = {
  exp: 2,
  log: 2,
  sin: 3,
  cos: 3,
  tanh: 3,
  erf: 4,
  power: 256,
} as const satisfies Record<ExpandedFunction, number>;

export interface Expansion {
  /** The type of the operands and the result. */
  readonly type: Type;
  /** A name for what a formula repeats. */
  readonly named: (value: Expression) => Expression;
  /** Whether the target has an exponential of its own, which then stands where a formula needs one. */
  readonly hasExp: boolean;
}

type Expand = (expansion: Expansion, operands: readonly Expression[]) => Expression;

export const expansions = {
  exp: (e, [x]) => exp(e, of(x)),
  log: (e, [x]) => log(e, of(x)),
  sin: (e, [x]) => circular(e, of(x), 0),
  cos: (e, [x]) => circular(e, of(x), 1),
  tanh: (e, [x]) => tanh(e, of(x)),
  erf: (e, [x]) => erf(e, of(x)),
  power: (e, [x, y]) => power(e, of(x), of(y)),
} satisfies Record<ExpandedFunction, Expand>;

const of = (operand: Expression | undefined): Expression => at(operand === undefined ? [] : [operand], 0);

// ---------------------------------------------------------------------------------------------------- shorthands

const apply = (operator: OperatorName, ...operands: readonly Expression[]): Expression =>
  operation(operator, operands);
const plus = (a: Expression, b: Expression): Expression => apply('add', a, b);
const minus = (a: Expression, b: Expression): Expression => apply('subtract', a, b);
const times = (a: Expression, b: Expression): Expression => apply('multiply', a, b);
const number = ({ type }: Expansion, value: number): Expression => literal(value, type);
const whole = ({ type }: Expansion, value: number): Expression =>
  literal(value, { scalar: 'i32', lanes: type.lanes });
const choose = (condition: Expression, then: Expression, otherwise: Expression): Expression =>
  apply('select', condition, then, otherwise);
const bitsOf = ({ type }: Expansion, x: Expression): Expression =>
  operation('floatToBits', [x], { scalar: 'i32', lanes: type.lanes });
const floatOf = ({ type }: Expansion, bits: Expression): Expression => operation('bitsToFloat', [bits], type);

/** c₀ + c₁x + c₂x² + ..., by Horner's rule. */
const polynomial = (e: Expansion, x: Expression, coefficients: readonly number[]): Expression =>
  coefficients.reduceRight<Expression | undefined>(
    (sum, c) => (sum === undefined ? number(e, c) : plus(times(sum, x), number(e, c))),
    undefined,
  ) ?? number(e, 0);

/** 3·2²²: a number below 2²² added to it is rounded to an integer, which then stands in its lowest bits. */
const shifter = 12582912;

/** 2^n for the integer n in the lowest bits of a shifted number, -127 < n < 128. */
const powerOfTwo = (e: Expansion, shifted: Expression): Expression =>
  floatOf(e, apply('shiftLeft', plus(bitsOf(e, shifted), whole(e, 127)), whole(e, 23)));

// ----------------------------------------------------------------------------------------------------- functions

/** ln 2 in two parts, the first of ten bits, so that its multiples are exact. */
const ln2 = { high: 0.6923828125, low: 0.0007643680599452862 };

/** (eʳ − 1 − r)/r² for |r| <= ln 2 / 2. */
const expPolynomial = [0.500000001, 0.166666667, 0.0416664642, 0.00833329834, 0.00139337332, 0.000198993925];

/** eˣ = 2ⁿ·eʳ with n = round(x / ln 2); 2ⁿ in two factors, which reach beyond both ends of the range. */
function exp(e: Expansion, argument: Expression): Expression {
  const x = e.named(apply('maximum', apply('minimum', argument, number(e, 89)), number(e, -104)));
  const n = e.named(minus(plus(times(x, number(e, Math.LOG2E)), number(e, shifter)), number(e, shifter)));
  const r = e.named(minus(minus(x, times(n, number(e, ln2.high))), times(n, number(e, ln2.low))));
  const series = plus(number(e, 1), plus(r, times(times(r, r), polynomial(e, r, expPolynomial))));
  const half = e.named(plus(times(n, number(e, 0.5)), number(e, shifter)));
  const rest = plus(minus(n, minus(half, number(e, shifter))), number(e, shifter));
  return times(times(series, powerOfTwo(e, half)), powerOfTwo(e, rest));
}

const exponential = (e: Expansion, x: Expression): Expression => (e.hasExp ? apply('exp', x) : exp(e, x));

/** (log(1 + f) − f + f²/2)/f³ for √½ <= 1 + f <= √2. */
const logPolynomial = [
  0.333333312, -0.24999989, 0.200007075, -0.166684802, 0.142499365, -0.124110507, 0.116615111, -0.115712007,
  0.0714975392,
];

/** log x = k·ln 2 + log(1 + f) with x = 2ᵏ(1 + f); tiny numbers are lifted by 2²³ before. */
function log(e: Expansion, argument: Expression): Expression {
  const smallestNormal = 2 ** -126;
  const isTiny = e.named(apply('less', argument, number(e, smallestNormal)));
  const x = e.named(choose(isTiny, times(argument, number(e, 2 ** 23)), argument));
  const bits = e.named(bitsOf(e, x));
  // 1.0 is 0x3f800000 and √½ 0x3f3504f3: their distance moves the cut between two exponents from 1 to √½.
  const shifted = plus(bits, whole(e, 0x3f800000 - 0x3f3504f3));
  const k = e.named(minus(apply('shiftRightUnsigned', shifted, whole(e, 23)), whole(e, 127)));
  const f = e.named(minus(floatOf(e, minus(bits, apply('shiftLeft', k, whole(e, 23)))), number(e, 1)));
  const lifted = choose(isTiny, number(e, 23), number(e, 0));
  const exponent = e.named(minus(operation('toFloat', [k], e.type), lifted));
  const square = e.named(times(f, f));
  const tail = times(times(f, square), polynomial(e, f, logPolynomial));
  const correction = plus(minus(tail, times(square, number(e, 0.5))), times(exponent, number(e, ln2.low)));
  const value = plus(plus(correction, f), times(exponent, number(e, ln2.high)));
  const atInfinity = choose(apply('equal', argument, number(e, Number.POSITIVE_INFINITY)), argument, value);
  const atZero = choose(
    apply('equal', argument, number(e, 0)),
    number(e, Number.NEGATIVE_INFINITY),
    atInfinity,
  );
  const isNumber = apply(
    'less',
    number(e, -1e-45),
    choose(apply('less', argument, number(e, 0)), number(e, -1), argument),
  );
  return choose(isNumber, atZero, number(e, Number.NaN));
}

/** π/2 in three parts of eight, ten and eleven bits, and the rest. */
const halfPi = [1.5703125, 0.00048351287841796875, 3.1385570764541626e-7, 6.077094383272197e-11];
/** (sin r − r)/r³ and (cos r − 1 + r²/2)/r⁴ in r², |r| <= π/4. */
const sinPolynomial = [-0.166666667, 0.00833333183, -0.000198400634, 2.72469068e-6];
const cosPolynomial = [0.0416666667, -0.00138888876, 2.48005808e-5, -2.72984289e-7];

/**
 * sin(x + quarter·π/2): the remainder r of x by π/2 (Cody and Waite), and by the quadrant the sine or cosine
 * of it.
 */
function circular(e: Expansion, x: Expression, quarter: 0 | 1): Expression {
  const shifted = e.named(plus(times(x, number(e, 2 / Math.PI)), number(e, shifter)));
  const n = e.named(minus(shifted, number(e, shifter)));
  const r = e.named(halfPi.reduce((rest, part) => minus(rest, times(n, number(e, part))), x));
  const square = e.named(times(r, r));
  const sine = plus(r, times(times(r, square), polynomial(e, square, sinPolynomial)));
  const quartic = times(times(square, square), polynomial(e, square, cosPolynomial));
  const cosine = plus(minus(number(e, 1), times(square, number(e, 0.5))), quartic);
  const quadrant = e.named(plus(bitsOf(e, shifted), whole(e, quarter)));
  const bit = (mask: number) => apply('equal', apply('and', quadrant, whole(e, mask)), whole(e, 0));
  const value = e.named(choose(bit(1), sine, cosine));
  return choose(bit(2), value, apply('negate', value));
}

/** (tanh a − a)/a³ in a², a < 0.625. */
const tanhPolynomial = [
  -0.333333332, 0.133333043, -0.0539594067, 0.0217699655, -0.00834699205, 0.00229585198,
];

/** Near 0 a polynomial, beyond 1 − 2/(e^{2a} + 1), which reaches 1 by itself. */
function tanh(e: Expansion, x: Expression): Expression {
  const a = e.named(apply('absolute', x));
  const square = e.named(times(a, a));
  const near = plus(a, times(times(a, square), polynomial(e, square, tanhPolynomial)));
  const grown = e.named(exponential(e, apply('minimum', plus(a, a), number(e, 20))));
  const far = minus(number(e, 1), apply('divide', number(e, 2), plus(grown, number(e, 1))));
  return withSignOf(e, x, choose(apply('less', a, number(e, 0.625)), near, far));
}

/** erf a / a in a², a < 1; and log erfc a for 0.95 < a < 4, beyond which erf is 1. */
const erfPolynomial = [
  1.12837917, -0.376126269, 0.112835975, -0.0268543288, 0.00518931194, -0.000801885499, 7.88249712e-5,
];
const erfcPolynomial = [
  0.000367446915, -1.13046241, -0.631352146, -0.110631016, 0.0268181141, -0.00494377565, 0.000651936629,
  -5.63469406e-5, 2.72583874e-6, -4.98672821e-8,
];

function erf(e: Expansion, x: Expression): Expression {
  const a = e.named(apply('minimum', apply('absolute', x), number(e, 4)));
  const near = times(a, polynomial(e, e.named(times(a, a)), erfPolynomial));
  const far = minus(number(e, 1), exponential(e, polynomial(e, a, erfcPolynomial)));
  return withSignOf(e, x, choose(apply('less', a, number(e, 1)), near, far));
}

/** An odd function from its values for positive arguments; keeps the sign of zero. */
function withSignOf(e: Expansion, x: Expression, positive: Expression): Expression {
  const sign = apply('and', bitsOf(e, x), whole(e, -(2 ** 31)));
  return floatOf(e, apply('or', bitsOf(e, positive), sign));
}

/** xʸ = ±e^{y·log|x|}; negative x have powers for integers y only, and x⁰ = 1. */
function power(e: Expansion, x: Expression, y: Expression): Expression {
  const [base, exponent] = [e.named(x), e.named(y)];
  const size = e.named(exponential(e, times(exponent, log(e, e.named(apply('absolute', base))))));
  const isWhole = apply('equal', apply('floor', exponent), exponent);
  const half = e.named(times(exponent, number(e, 0.5)));
  const isEven = apply('equal', apply('floor', half), half);
  const signed = choose(isEven, size, apply('negate', size));
  const negative = choose(isWhole, signed, number(e, Number.NaN));
  const value = choose(apply('less', base, number(e, 0)), negative, size);
  return choose(apply('equal', exponent, number(e, 0)), number(e, 1), value);
}
