/**
 * Polynomials with whole coefficients over atoms: what is inside a symbolic size (symbolic.ts). An atom is a
 * name or a quantity that does not simplify further. Terms are keyed and sorted, so equal polynomials hold
 * equal terms in order.
 */
import { internTable } from '../core/intern.ts';
import type { Size, SymbolicCondition } from './symbolic.ts';

/**
 * Functions of sizes that have no polynomial form; the signs of arithmetic where a polynomial would grow
 * too long.
 */
export type OpaqueFunction = 'ceil' | 'min' | 'max' | '%' | '^' | '+' | '-' | '*' | '/';

export type Atom = { readonly id: number } & (
  | { readonly kind: 'name'; readonly name: string }
  /** base^exponent; the exponent is one term with coefficient 1, the base a prime or no constant. */
  | { readonly kind: 'power'; readonly base: Size; readonly exponent: Size }
  | {
      readonly kind: 'function';
      readonly function: OpaqueFunction;
      readonly left: Size;
      readonly right: Size;
    }
  | {
      readonly kind: 'choice';
      readonly condition: SymbolicCondition;
      readonly then: Size;
      readonly otherwise: Size;
    }
  /** The sum of `body` over variable = 0 ... bound - 1. */
  | { readonly kind: 'total'; readonly variable: string; readonly bound: Size; readonly body: Size }
  /** A size nothing is known of; `text` is how the user wrote it. */
  | { readonly kind: 'unknown'; readonly text: string }
);

type AtomFields = Atom extends infer Each ? (Each extends Atom ? Omit<Each, 'id'> : never) : never;

const atoms = internTable<Atom>();

export const atom = (key: string, fields: AtomFields): Atom =>
  atoms(key, id => ({ ...fields, id }) as unknown as Atom);

/** coefficient · Π atom^exponent, exponents above 0, atoms in order of their ids. */
export interface Term {
  readonly key: string;
  readonly coefficient: number;
  readonly factors: readonly (readonly [Atom, number])[];
}

/** Terms in order of their keys, coefficients other than 0. */
export type Polynomial = readonly Term[];

const keyOf = (factors: Term['factors']): string =>
  factors.map(([each, exponent]) => `${each.id}^${exponent}`).join(' ');

const termOf = (coefficient: number, factors: Term['factors']): Term => ({
  key: keyOf(factors),
  coefficient,
  factors,
});

export const constantPolynomial = (value: number): Polynomial => (value === 0 ? [] : [termOf(value, [])]);
export const atomPolynomial = (each: Atom, exponent = 1): Polynomial => [termOf(1, [[each, exponent]])];

/** The number a polynomial is, where it is one. */
export function constantOf(polynomial: Polynomial): number | undefined {
  const [first] = polynomial;
  if (first === undefined) return 0;
  return polynomial.length === 1 && first.factors.length === 0 ? first.coefficient : undefined;
}

const sorted = (terms: Iterable<Term>): Polynomial =>
  [...terms]
    .filter(term => term.coefficient !== 0)
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));

export function add(a: Polynomial, b: Polynomial, sign: 1 | -1 = 1): Polynomial {
  const sums = new Map(a.map(term => [term.key, term]));
  for (const term of b) {
    const known = sums.get(term.key);
    sums.set(term.key, { ...term, coefficient: (known?.coefficient ?? 0) + sign * term.coefficient });
  }
  return sorted(sums.values());
}

export function multiply(a: Polynomial, b: Polynomial): Polynomial {
  const sums = new Map<string, Term>();
  for (const x of a) {
    for (const y of b) {
      const product = multiplyTerms(x, y);
      const known = sums.get(product.key);
      sums.set(product.key, {
        ...product,
        coefficient: product.coefficient + (known?.coefficient ?? 0),
      });
    }
  }
  return sorted(sums.values());
}

const multiplyTerms = (x: Term, y: Term): Term => combine(x, y, x.coefficient * y.coefficient, 1);

/** x / y, or nothing when an exponent would fall below 0. Coefficients divide exactly or not at all. */
function divideTerms(x: Term, y: Term): Term | undefined {
  const quotient = combine(x, y, x.coefficient / y.coefficient, -1);
  return Number.isInteger(quotient.coefficient) && quotient.factors.every(([, exponent]) => exponent > 0)
    ? quotient
    : undefined;
}

function combine(x: Term, y: Term, coefficient: number, sign: 1 | -1): Term {
  const exponents = new Map(x.factors);
  for (const [each, exponent] of y.factors) exponents.set(each, (exponents.get(each) ?? 0) + sign * exponent);
  const factors = [...exponents].filter(([, exponent]) => exponent !== 0).sort(([p], [q]) => p.id - q.id);
  return termOf(coefficient, factors);
}

const degree = (term: Term): number => term.factors.reduce((sum, [, exponent]) => sum + exponent, 0);

/** Order by degree, then lexicographically in the order of the atoms: compatible with multiplication. */
function before(a: Term, b: Term): boolean {
  if (degree(a) !== degree(b)) return degree(a) > degree(b);
  const ids = [...new Set([...a.factors, ...b.factors].map(([each]) => each.id))].sort((p, q) => p - q);
  for (const id of ids) {
    const exponent = (term: Term) => term.factors.find(([each]) => each.id === id)?.[1] ?? 0;
    if (exponent(a) !== exponent(b)) return exponent(a) > exponent(b);
  }
  return false;
}

export const leading = (polynomial: Polynomial): Term | undefined =>
  polynomial.reduce<Term | undefined>(
    (best, term) => (best === undefined || before(term, best) ? term : best),
    undefined,
  );

/** Most divisions a remainder takes; what is not reduced by then is left as it is. */
const divisionLimit = 64;

/** What is left of a when multiples of b are taken away, and the multiple. */
export function divide(a: Polynomial, b: Polynomial): { quotient: Polynomial; remainder: Polynomial } {
  let [quotient, rest, remainder]: Polynomial[] = [[], a, []] as Polynomial[];
  const head = leading(b);
  for (let step = 0; head !== undefined && step < divisionLimit; step++) {
    const first = leading(rest ?? []);
    if (first === undefined) break;
    const ratio = divideTerms(first, head);
    if (ratio === undefined) {
      remainder = add(remainder ?? [], [first]);
      rest = add(rest ?? [], [first], -1);
    } else {
      quotient = add(quotient ?? [], [ratio]);
      rest = add(rest ?? [], multiply([ratio], b), -1);
    }
  }
  return { quotient: quotient ?? [], remainder: add(remainder ?? [], rest ?? []) };
}

function gcd(a: number, b: number): number {
  let [x, y] = [Math.abs(a), Math.abs(b)];
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}

/** The largest term that divides every term of the polynomials. */
export function commonTerm(...polynomials: readonly Polynomial[]): Term {
  const terms = polynomials.flat();
  const [first, ...rest] = terms;
  if (first === undefined) return termOf(1, []);
  const coefficient = terms.reduce((common, term) => gcd(common, term.coefficient), 0);
  const factors = first.factors.flatMap(([each, exponent]): [Atom, number][] => {
    const least = rest.reduce(
      (low, term) => Math.min(low, term.factors.find(([other]) => other === each)?.[1] ?? 0),
      exponent,
    );
    return least > 0 ? [[each, least]] : [];
  });
  return termOf(coefficient, factors);
}

export const divideByTerm = (polynomial: Polynomial, by: Term): Polynomial =>
  sorted(polynomial.map(term => divideTerms(term, by)).filter(term => term !== undefined));
