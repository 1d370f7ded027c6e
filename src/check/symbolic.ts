/**
 * Sizes as the user wrote them, in a normal form: a quotient of polynomials (polynomial.ts) without common
 * factors. (n/b)·b is n, 2^(k−1)·2 is 2^k; `ceil`, `min`, `max`, `%` and odd powers are atoms. That a quotient
 * is a whole number is not known here: it is checked when sizes have values.
 */
import type { Comparison } from './comparison.ts';
import {
  type Atom,
  add as addPolynomials,
  atom,
  atomPolynomial,
  commonTerm,
  constantOf as constantOfPolynomial,
  constantPolynomial,
  divideByTerm,
  divide as dividePolynomials,
  leading,
  multiply as multiplyPolynomials,
  type OpaqueFunction,
  type Polynomial,
} from './polynomial.ts';
import { namesIn, opaqueFunctions } from './sizeValue.ts';

export interface Size {
  readonly top: Polynomial;
  /** Never zero; its leading coefficient is positive. */
  readonly bottom: Polynomial;
}

/** A comparison of two sizes that holds at a place: from `where`, `if` and the bounds of indices. */
export interface SymbolicCondition {
  readonly left: Size;
  readonly comparison: Comparison;
  readonly right: Size;
}

const one = constantPolynomial(1);

/** Beyond these a size becomes an atom of its own, so that hostile arithmetic stays small. */
const [termLimit, exponentLimit] = [48, 64];

export const constant = (value: number): Size => ({ top: constantPolynomial(value), bottom: one });
export const named = (name: string): Size => ofAtom(atom(`name ${name}`, { kind: 'name', name }));
const ofAtom = (each: Atom): Size => ({ top: atomPolynomial(each), bottom: one });

let unknowns = 0;

/** A size of which nothing is known: what follows an error, or has no form here. It equals only itself. */
export const unknown = (text: string): Size => {
  unknowns++;
  return ofAtom(atom(`unknown ${unknowns} ${text}`, { kind: 'unknown', text }));
};

/** False for what stands in the place of an error. */
export const isKnown = (size: Size): boolean =>
  size.top.every(term => term.factors.every(([each]) => each.kind !== 'unknown'));

export function constantOf(size: Size): number | undefined {
  const [top, bottom] = [constantOfPolynomial(size.top), constantOfPolynomial(size.bottom)];
  return top === undefined || bottom === undefined || top % bottom !== 0 ? undefined : top / bottom;
}

const tame = (polynomial: Polynomial): boolean =>
  polynomial.length <= termLimit &&
  polynomial.every(
    term =>
      Number.isSafeInteger(term.coefficient) &&
      term.factors.every(([, exponent]) => exponent <= exponentLimit),
  );

/** The quotient in lowest terms. */
function quotient(top: Polynomial, bottom: Polynomial): Size | undefined {
  if (!tame(top) || !tame(bottom) || bottom.length === 0) return undefined;
  if (top.length === 0) return { top: [], bottom: one };
  const shared = commonTerm(top, bottom);
  let [a, b] = [divideByTerm(top, shared), divideByTerm(bottom, shared)];
  if ((leading(b)?.coefficient ?? 1) < 0)
    [a, b] = [multiplyPolynomials(a, constantPolynomial(-1)), multiplyPolynomials(b, constantPolynomial(-1))];
  if (b.length > 1) {
    const { quotient: whole, remainder } = dividePolynomials(a, b);
    if (remainder.length === 0) return { top: whole, bottom: one };
  }
  return { top: a, bottom: b };
}

const sameBottom = (a: Size, b: Size): boolean => addPolynomials(a.bottom, b.bottom, -1).length === 0;

function plus(a: Size, b: Size, sign: 1 | -1): Size {
  const name = sign === 1 ? '+' : '-';
  if (sameBottom(a, b))
    return quotient(addPolynomials(a.top, b.top, sign), a.bottom) ?? functionAtom(name, a, b);
  const crossed = addPolynomials(
    multiplyPolynomials(a.top, b.bottom),
    multiplyPolynomials(b.top, a.bottom),
    sign,
  );
  return quotient(crossed, multiplyPolynomials(a.bottom, b.bottom)) ?? functionAtom(name, a, b);
}

export const add = (a: Size, b: Size): Size => plus(a, b, 1);
export const subtract = (a: Size, b: Size): Size => plus(a, b, -1);
export const multiply = (a: Size, b: Size): Size =>
  quotient(multiplyPolynomials(a.top, b.top), multiplyPolynomials(a.bottom, b.bottom)) ??
  functionAtom('*', a, b);
export const divide = (a: Size, b: Size): Size =>
  quotient(multiplyPolynomials(a.top, b.bottom), multiplyPolynomials(a.bottom, b.top)) ??
  functionAtom('/', a, b);
export const product = (sizes: readonly Size[]): Size => sizes.reduce(multiply, constant(1));
export const total = (sizes: readonly Size[]): Size => sizes.reduce(add, constant(0));

/** Equal in normal form: whatever the names stand for. */
export const same = (a: Size, b: Size): boolean => subtract(a, b).top.length === 0;

const polynomialKey = (polynomial: Polynomial): string =>
  polynomial.map(term => `${term.coefficient}*${term.key}`).join('+');
const keyOf = (size: Size): string => `${polynomialKey(size.top)}/${polynomialKey(size.bottom)}`;

/** `ceil(a, b)`, `min`, `max`, `a % b`: folded where both are numbers or the answer is plain. */
export function opaque(name: 'ceil' | 'min' | 'max' | '%', a: Size, b: Size): Size {
  const [x, y] = [constantOf(a), constantOf(b)];
  if (x !== undefined && y !== undefined && !((name === 'ceil' || name === '%') && y === 0))
    return constant(opaqueFunctions[name](x, y));
  if ((name === 'min' || name === 'max') && same(a, b)) return a;
  if (name === 'ceil' || name === '%') {
    const ratio = divide(a, b);
    if (constantOfPolynomial(ratio.bottom) === 1) return name === 'ceil' ? ratio : constant(0);
  }
  const [left, right] = name === 'min' || name === 'max' ? [a, b].sort(byKey) : [a, b];
  return functionAtom(name, left ?? a, right ?? b);
}

const functionAtom = (name: OpaqueFunction, left: Size, right: Size): Size =>
  ofAtom(atom(`${name} ${keyOf(left)} ${keyOf(right)}`, { kind: 'function', function: name, left, right }));

/** One of two sizes, by a condition that is decided when sizes have values. */
export function choice(condition: SymbolicCondition, then: Size, otherwise: Size): Size {
  if (same(then, otherwise)) return then;
  const { left, comparison, right } = condition;
  const key = [left, right, then, otherwise].map(keyOf).join(' ');
  return ofAtom(atom(`choice ${comparison} ${key}`, { kind: 'choice', condition, then, otherwise }));
}

/** The sum of a size over variable = 0 ... bound - 1. */
export function totalOver(variable: string, bound: Size, body: Size): Size {
  if (!namesIn(body).has(variable)) return multiply(bound, body);
  const key = `total ${variable} ${keyOf(bound)} ${keyOf(body)}`;
  return ofAtom(atom(key, { kind: 'total', variable, bound, body }));
}

const byKey = (a: Size, b: Size): number => (keyOf(a) < keyOf(b) ? -1 : 1);

/** a^e: constants to powers of primes, so that 2^(k−1)·2 and 2^k, 4^k and 2^(2k) agree. */
export function power(base: Size, exponent: Size): Size {
  const e = constantOf(exponent);
  if (e !== undefined) return constantPower(base, e);
  const value = constantOf(base);
  if (value === 1) return base;
  if (constantOfPolynomial(exponent.bottom) !== 1 || value === 0 || (value !== undefined && value < 0))
    return powerAtom(base, exponent);
  const primes = value === undefined ? undefined : primeFactors(value);
  const bases =
    primes === undefined ? [[base, 1] as const] : primes.map(([p, m]) => [constant(p), m] as const);
  const parts = bases.flatMap(([each, multiplicity]) =>
    exponent.top.map(term => {
      const times = term.coefficient * multiplicity;
      if (term.factors.length === 0) return constantPower(each, times);
      const unit = { top: [{ ...term, coefficient: 1 }], bottom: one };
      return constantPower(powerAtom(each, unit), times);
    }),
  );
  return product(parts);
}

const powerAtom = (base: Size, exponent: Size): Size =>
  ofAtom(atom(`power ${keyOf(base)} ${keyOf(exponent)}`, { kind: 'power', base, exponent }));

function constantPower(base: Size, exponent: number): Size {
  if (!Number.isInteger(exponent) || Math.abs(exponent) > exponentLimit)
    return powerAtom(base, constant(exponent));
  let result = constant(1);
  for (let k = 0; k < Math.abs(exponent); k++) result = multiply(result, base);
  return exponent < 0 ? divide(constant(1), result) : result;
}

/** Nothing for a number too large to be worth it. */
function primeFactors(value: number): [number, number][] | undefined {
  if (value > 2 ** 20) return undefined;
  const factors: [number, number][] = [];
  let rest = value;
  for (let p = 2; rest > 1; p = p * p > rest ? rest : p + 1) {
    let multiplicity = 0;
    for (; rest % p === 0; rest /= p) multiplicity++;
    if (multiplicity > 0) factors.push([p, multiplicity]);
  }
  return factors;
}

// ------------------------------------------------------------------------------------------------- traversal

/** Rebuilds a size with names replaced. */
export function substitute(size: Size, names: ReadonlyMap<string, Size>): Size {
  if (names.size === 0) return size;
  const made = new Map<Atom, Size>();
  return substituteSize(size, names, made);
}

type Names = ReadonlyMap<string, Size>;

function substituteSize(size: Size, names: Names, made: Map<Atom, Size>): Size {
  const replaced = (each: Atom): Size => {
    const known = made.get(each) ?? substituteAtom(each, names, made);
    made.set(each, known);
    return known;
  };
  const polynomial = (terms: Polynomial): Size =>
    total(
      terms.map(term =>
        product([
          constant(term.coefficient),
          ...term.factors.map(([each, exponent]) => constantPower(replaced(each), exponent)),
        ]),
      ),
    );
  return divide(polynomial(size.top), polynomial(size.bottom));
}

function substituteAtom(each: Atom, names: Names, made: Map<Atom, Size>): Size {
  const inside = (size: Size): Size => substituteSize(size, names, made);
  switch (each.kind) {
    case 'name':
      return names.get(each.name) ?? ofAtom(each);
    case 'power':
      return power(inside(each.base), inside(each.exponent));
    case 'function': {
      const [left, right] = [inside(each.left), inside(each.right)];
      return applyFunction(each.function, left, right);
    }
    case 'choice':
      return choice(
        {
          ...each.condition,
          left: inside(each.condition.left),
          right: inside(each.condition.right),
        },
        inside(each.then),
        inside(each.otherwise),
      );
    case 'total':
      return totalOver(each.variable, inside(each.bound), inside(each.body));
    case 'unknown':
      return ofAtom(each);
  }
}

function applyFunction(name: OpaqueFunction, left: Size, right: Size): Size {
  switch (name) {
    case '^':
      return power(left, right);
    case '+':
      return add(left, right);
    case '-':
      return subtract(left, right);
    case '*':
      return multiply(left, right);
    case '/':
      return divide(left, right);
    case 'ceil':
    case 'min':
    case 'max':
    case '%':
      return opaque(name, left, right);
  }
}
