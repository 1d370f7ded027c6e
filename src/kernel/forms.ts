/** Integers as affine forms over atoms, and what is known of them: the terms of the proofs of bounds.ts. */

/** constant + Σ coefficient · atom; atoms are numbers that grow as they are made. */
export interface Form {
  readonly constant: number;
  readonly of: ReadonlyMap<number, number>;
}

/** An atom with two cases, each with what holds in it. */
export interface Case {
  readonly value: Form;
  readonly facts: readonly Form[];
}

export interface Knowledge {
  atoms: number;
  /** Forms that are not negative; blocks push what holds in them and cut it off at their end. */
  facts: Form[];
  readonly cases: Map<number, readonly Case[]>;
  /** Quotients by what they divide, so that equal expressions are one atom. */
  readonly quotients: Map<string, Form>;
  readonly names: Map<string, Form>;
  /** Whether a remainder is an atom of its own, or the dividend less so many divisors. */
  readonly remainders: 'atoms' | 'differences';
  /** Told about divisions and such whose operand may be negative. */
  readonly complain: (problem: string) => void;
}

export const newKnowledge = (
  complain: (problem: string) => void,
  remainders: Knowledge['remainders'] = 'differences',
): Knowledge => ({
  remainders,
  atoms: 0,
  facts: [],
  cases: new Map(),
  quotients: new Map(),
  names: new Map(),
  complain,
});

export const number = (constant: number): Form => ({ constant, of: new Map() });

/** a + factor · b. */
export function plus(a: Form, b: Form, factor = 1): Form {
  const of = new Map(a.of);
  for (const [atom, coefficient] of b.of) {
    const sum = (of.get(atom) ?? 0) + factor * coefficient;
    if (sum === 0) of.delete(atom);
    else of.set(atom, sum);
  }
  return { constant: a.constant + factor * b.constant, of };
}

export const times = (form: Form, factor: number): Form => plus(number(0), form, factor);

export function newAtom(knowledge: Knowledge): Form {
  return { constant: 0, of: new Map([[knowledge.atoms++, 1]]) };
}

/**
 * Remembers form >= 0, divided by the common factor of its coefficients and rounded down: atoms are
 * integers. Once: a proof tries every fact, and equal expressions say the same again.
 */
export function assume({ facts }: Knowledge, form: Form): void {
  const fact = tightened(form);
  if (!facts.some(known => says(known, fact))) facts.push(fact);
}

/** Whether a fact holds at least as much as another of the same atoms. */
const says = (known: Form, { constant, of }: Form): boolean =>
  known.constant <= constant &&
  known.of.size === of.size &&
  [...of].every(([atom, coefficient]) => known.of.get(atom) === coefficient);

export function tightened(form: Form): Form {
  const divisor = [...form.of.values()].reduce(greatestCommonDivisor, 0);
  if (divisor <= 1) return form;
  const of = new Map([...form.of].map(([atom, coefficient]) => [atom, coefficient / divisor]));
  return { constant: Math.floor(form.constant / divisor), of };
}

const greatestCommonDivisor = (a: number, b: number): number =>
  b === 0 ? Math.abs(a) : greatestCommonDivisor(b, a % b);
