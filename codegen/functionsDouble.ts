/**
 * Functions of f64 numbers, one lane at a time, for the pointwise steps of f64 kernels. Kernels have no
 * 64-bit integers: powers of two are made as f32 and widened.
 */
import { f32, f64, i32, literal, operation } from '../src/kernel/build.ts';
import type { Expression, OperatorName } from '../src/kernel/kernel.ts';
import type { ExpandedFunction } from './functions.ts';

/** Units in the last place of f64, measured beside the reference, whose erf is itself good to a few. */
export const doubleErrorUlp = { exp: 3, tanh: 5, erf: 12 } as const satisfies Partial<
  Record<ExpandedFunction, number>
>;

type Named = (value: Expression) => Expression;
type Expand = (named: Named, x: Expression) => Expression;

export const doubleExpansions = {
  exp: (named, x) => exp(named, x),
  tanh: (named, x) => tanh(named, x),
  erf: (named, x) => erf(named, x),
} satisfies Record<keyof typeof doubleErrorUlp, Expand>;

const apply = (operator: OperatorName, ...operands: readonly Expression[]): Expression =>
  operation(operator, operands);
const plus = (a: Expression, b: Expression): Expression => apply('add', a, b);
const minus = (a: Expression, b: Expression): Expression => apply('subtract', a, b);
const times = (a: Expression, b: Expression): Expression => apply('multiply', a, b);
const over = (a: Expression, b: Expression): Expression => apply('divide', a, b);
const number = (value: number): Expression => literal(value, f64);

/** c₀ + c₁x + c₂x² + ..., by Horner's rule. */
const polynomial = (x: Expression, coefficients: readonly number[]): Expression =>
  coefficients.reduceRight<Expression | undefined>(
    (sum, c) => (sum === undefined ? number(c) : plus(times(sum, x), number(c))),
    undefined,
  ) ?? number(0);

const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));
const firstTerms = (count: number, term: (n: number) => number): number[] =>
  Array.from({ length: count }, (_, n) => term(n));

/** 3·2⁵¹: what is added to it is rounded to an integer. */
const shifter = 6755399441055744;
const rounded = (x: Expression): Expression => minus(plus(x, number(shifter)), number(shifter));

/** ln 2 in two parts, the first of 32 bits, so that its multiples are exact. */
const ln2 = { high: Math.floor(Math.LN2 * 2 ** 32) / 2 ** 32, low: 1.9082149292705877e-10 };

/** 2^k of an integer in an f64, |k| <= 126; NaN gives some number. */
function powerOfTwo(k: Expression): Expression {
  const defined = apply('select', apply('equal', k, k), k, number(0));
  const exponent = plus(operation('toInteger', [defined], i32), literal(127));
  return operation(
    'toPrecision',
    [operation('bitsToFloat', [apply('shiftLeft', exponent, literal(23))], f32)],
    f64,
  );
}

/**
 * eˣ = 2ⁿ·eʳ with 2ⁿ = 2^rest · (2^(8h))², which reaches both ends of the range without leaving it in
 * between.
 */
function exp(named: Named, argument: Expression): Expression {
  const x = named(apply('maximum', apply('minimum', argument, number(710)), number(-746)));
  const n = named(rounded(times(x, number(Math.LOG2E))));
  const r = named(minus(minus(x, times(n, number(ln2.high))), times(n, number(ln2.low))));
  const series = polynomial(
    r,
    firstTerms(14, k => 1 / factorial(k)),
  );
  const h = named(rounded(times(n, number(1 / 16))));
  const second = named(powerOfTwo(h));
  const fourth = named(times(second, second));
  const eighth = named(times(fourth, fourth));
  const large = named(times(eighth, eighth));
  const rest = powerOfTwo(minus(n, times(h, number(16))));
  return times(times(times(series, rest), large), large);
}

/** Near 0 by m/(m + 2) with m = e^{2x} − 1 as a series, beyond ±(1 − 2/(e^{2|x|} + 1)). */
function tanh(named: Named, x: Expression): Expression {
  const a = named(apply('absolute', x));
  const twice = named(plus(x, x));
  const m = named(
    times(
      twice,
      polynomial(
        twice,
        firstTerms(17, k => 1 / factorial(k + 1)),
      ),
    ),
  );
  const near = over(m, plus(m, number(2)));
  const far = minus(number(1), over(number(2), plus(exp(named, plus(a, a)), number(1))));
  return apply('select', apply('less', a, number(0.35)), near, signed(x, named(far)));
}

/**
 * e^{a²}·erfc a for 0.95 <= a <= 6.1 in t = (a − 2)/(a + 2): the Chebyshev expansion to degree 17, computed
 * from the series of erf with 60 digits.
 */
const erfcPolynomial = [
  0.25539567631050575, -0.4271858474139584, 0.24165819424246654, -0.07897858101573202, 0.003732892404317484,
  0.006997461739201791, -0.0008471432504039203, -0.000981977027085302, 4.355558997840491e-5,
  0.00017436118583268558, 2.7525623934342534e-5, -2.758019622455368e-5, -1.396882155025075e-5,
  1.3950750181976145e-6, 3.789827512877851e-6, 1.1712591808695188e-6, -5.269947993190744e-7,
  -4.215602725256896e-7,
];

/** Near 0 the Taylor series 2/√π Σ (−1)ⁿ x^{2n+1}/(n!(2n+1)), beyond ±(1 − erfc |x|); 1 from 6 on. */
function erf(named: Named, x: Expression): Expression {
  const a = named(apply('minimum', apply('absolute', x), number(6)));
  const square = named(times(a, a));
  const terms = firstTerms(
    20,
    n => (n % 2 === 0 ? 2 : -2) / Math.sqrt(Math.PI) / (factorial(n) * (2 * n + 1)),
  );
  const near = times(x, polynomial(square, terms));
  const t = named(over(minus(a, number(2)), plus(a, number(2))));
  const far = minus(number(1), times(polynomial(t, erfcPolynomial), exp(named, apply('negate', square))));
  return apply('select', apply('less', a, number(1)), near, signed(x, named(far)));
}

const signed = (x: Expression, positive: Expression): Expression =>
  apply('select', apply('less', x, number(0)), apply('negate', positive), positive);
