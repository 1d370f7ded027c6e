/** Sizes when their names have values, and the names they depend on. */
import { comparisons } from './comparison.ts';
import type { Atom, OpaqueFunction, Polynomial, Term } from './polynomial.ts';
import type { Size, SymbolicCondition } from './symbolic.ts';

export const opaqueFunctions: Record<OpaqueFunction, (a: number, b: number) => number> = {
  ceil: (a, b) => Math.ceil(a / b),
  min: Math.min,
  max: Math.max,
  '%': (a, b) => a - Math.floor(a / b) * b,
  '^': (a, b) => a ** b,
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
};

/** The names a size depends on. */
export function namesIn(size: Size, into: Set<string> = new Set()): Set<string> {
  for (const term of [...size.top, ...size.bottom]) {
    for (const [each] of term.factors) {
      const names = atomNames.get(each) ?? namesInAtom(each);
      atomNames.set(each, names);
      for (const name of names) into.add(name);
    }
  }
  return into;
}

const atomNames = new WeakMap<Atom, ReadonlySet<string>>();

function namesInAtom(each: Atom): Set<string> {
  const all = (...sizes: readonly Size[]): Set<string> => new Set(sizes.flatMap(size => [...namesIn(size)]));
  switch (each.kind) {
    case 'name':
      return new Set([each.name]);
    case 'power':
      return all(each.base, each.exponent);
    case 'function':
      return all(each.left, each.right);
    case 'choice':
      return all(each.condition.left, each.condition.right, each.then, each.otherwise);
    case 'total': {
      const names = all(each.body);
      names.delete(each.variable);
      return new Set([...names, ...namesIn(each.bound)]);
    }
    case 'unknown':
      return new Set();
  }
}

/**
 * The value where names have values: nothing for a part unknown, a quotient that is not whole, a number
 * past 2^53.
 */
export function evaluate(size: Size, names: ReadonlyMap<string, number>): number | undefined {
  const [top, bottom] = [evaluatePolynomial(size.top, names), evaluatePolynomial(size.bottom, names)];
  if (top === undefined || bottom === undefined || bottom === 0 || top % bottom !== 0) return undefined;
  return top / bottom;
}

function evaluatePolynomial(polynomial: Polynomial, names: ReadonlyMap<string, number>): number | undefined {
  let sum = 0;
  for (const term of polynomial) {
    const value = evaluateTerm(term, names);
    if (value === undefined) return undefined;
    sum += value;
  }
  return Number.isSafeInteger(sum) ? sum : undefined;
}

function evaluateTerm(term: Term, names: ReadonlyMap<string, number>): number | undefined {
  let value = term.coefficient;
  for (const [each, exponent] of term.factors) {
    const own = evaluateAtom(each, names);
    if (own === undefined) return undefined;
    value *= own ** exponent;
  }
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Values of atoms under given names: a size may hold the same atom many times over. */
const atomValues = new WeakMap<ReadonlyMap<string, number>, Map<Atom, number | undefined>>();

function evaluateAtom(each: Atom, names: ReadonlyMap<string, number>): number | undefined {
  if (each.kind === 'name') return names.get(each.name);
  const values = atomValues.get(names) ?? new Map<Atom, number | undefined>();
  atomValues.set(names, values);
  if (!values.has(each)) values.set(each, computeAtom(each, names));
  return values.get(each);
}

function computeAtom(each: Atom, names: ReadonlyMap<string, number>): number | undefined {
  switch (each.kind) {
    case 'name':
      return names.get(each.name);
    case 'power':
      return evaluateFunction('^', each.base, each.exponent, names);
    case 'function':
      return evaluateFunction(each.function, each.left, each.right, names);
    case 'choice': {
      const taken = holds(each.condition, names);
      return taken === undefined ? undefined : evaluate(taken ? each.then : each.otherwise, names);
    }
    case 'total': {
      const bound = evaluate(each.bound, names) ?? Number.POSITIVE_INFINITY;
      if (bound > totalLimit) return undefined;
      let sum = 0;
      for (let k = 0; k < bound; k++)
        sum += evaluate(each.body, new Map(names).set(each.variable, k)) ?? Number.NaN;
      return Number.isSafeInteger(sum) ? sum : undefined;
    }
    case 'unknown':
      return undefined;
  }
}

/** More terms than an indexed sum may have anyway. */
const totalLimit = 100_000;

function evaluateFunction(
  name: OpaqueFunction,
  left: Size,
  right: Size,
  names: ReadonlyMap<string, number>,
): number | undefined {
  const [a, b] = [evaluate(left, names), evaluate(right, names)];
  if (a === undefined || b === undefined) return undefined;
  if ((name === 'ceil' || name === '%' || name === '/') && b <= 0) return undefined;
  const value = opaqueFunctions[name](a, b);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Nothing where a side has no value. */
export function holds(
  { left, comparison, right }: SymbolicCondition,
  names: ReadonlyMap<string, number>,
): boolean | undefined {
  const [a, b] = [evaluate(left, names), evaluate(right, names)];
  return a === undefined || b === undefined ? undefined : comparisons[comparison](a, b);
}
