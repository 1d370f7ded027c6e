/**
 * Proofs that an index lies inside a buffer. Integers are affine forms over atoms (loop counters, quotients,
 * parameters); what is known are inequalities `form >= 0`. A goal is proved by eliminating its latest atom
 * with each fact about that atom in turn (Fourier and Motzkin, the useful half of it), until a number is
 * left. What has two cases (a minimum, a choice) is an atom that is replaced by either. Sound and not
 * complete: what is not proved is reported.
 */
import { at, unreachable } from '../core/invariant.ts';
import type { Expression } from './kernel.ts';

/** constant + Σ coefficient · atom; atoms are numbers that grow as they are made. */
export interface Form {
  readonly constant: number;
  readonly of: ReadonlyMap<number, number>;
}

/** An atom with two cases, each with what holds in it. */
interface Case {
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

function tightened(form: Form): Form {
  const divisor = [...form.of.values()].reduce(greatestCommonDivisor, 0);
  if (divisor <= 1) return form;
  const of = new Map([...form.of].map(([atom, coefficient]) => [atom, coefficient / divisor]));
  return { constant: Math.floor(form.constant / divisor), of };
}

const greatestCommonDivisor = (a: number, b: number): number =>
  b === 0 ? Math.abs(a) : greatestCommonDivisor(b, a % b);

// ------------------------------------------------------------------------------------------------------- proving

const latestAtom = (form: Form): number => Math.max(...form.of.keys());

/** Steps one proof may take; honest indices need a few dozen. */
const proofBudget = 20_000;

export function isNonNegative(knowledge: Knowledge, goal: Form, extra: readonly Form[] = []): boolean {
  if (followsFromRanges(knowledge, goal, extra)) return true;
  const search = (takesMany: boolean): Search => ({ knowledge, takesMany, left: proofBudget });
  return prove(search(false), goal, extra) || prove(search(true), goal, extra);
}

/**
 * The quick way, which most indices go: every atom at the worse end of what is known of it alone, after a few facts have
 * taken away those that lose most by it; choices in each of their cases.
 */
function followsFromRanges(knowledge: Knowledge, goal: Form, extra: readonly Form[]): boolean {
  const { cases } = knowledge;
  const chosen = [...goal.of.keys()].find(atom => cases.has(atom));
  if (chosen !== undefined)
    return (cases.get(chosen) ?? []).every(({ value, facts }) =>
      followsFromRanges(knowledge, replaced(goal, chosen, value), [...extra, ...facts]),
    );
  const facts = [...knowledge.facts, ...extra];
  const { least, most } = rangesOf(facts);
  const lossOf = ([atom, coefficient]: readonly [number, number]): number => {
    const end = coefficient > 0 ? least.get(atom) : most.get(atom);
    return end === undefined ? Number.NEGATIVE_INFINITY : coefficient * end;
  };
  const follows = (form: Form, left: number): boolean => {
    const losses = [...form.of].map(each => ({ atom: each[0], own: each[1], loss: lossOf(each) }));
    if (losses.reduce((total, { loss }) => total + loss, form.constant) >= 0) return true;
    const worst = losses.reduce<(typeof losses)[number] | undefined>(
      (a, b) => (a === undefined || b.loss < a.loss ? b : a),
      undefined,
    );
    if (worst === undefined || left === 0) return false;
    return facts.some(fact => {
      const times = fact.of.size > 1 ? worst.own / (fact.of.get(worst.atom) ?? 0) : 0;
      return times > 0 && Number.isFinite(times) && follows(plus(form, fact, -times), left - 1);
    });
  };
  return follows(goal, factsTaken);
}

/** Facts that the quick way puts together. */
const factsTaken = 3;

/** What the facts say of each atom, in the order in which they were found: the range of one bounds that of the next. */
function rangesOf(facts: readonly Form[]): { least: Map<number, number>; most: Map<number, number> } {
  const [least, most] = [new Map<number, number>(), new Map<number, number>()];
  for (const { constant, of } of facts) {
    for (const [atom, own] of of) {
      // own · atom >= -rest, with all other atoms at the end that asks least.
      let rest = constant;
      for (const [other, coefficient] of of) {
        if (other === atom) continue;
        const end = coefficient > 0 ? most.get(other) : least.get(other);
        rest += end === undefined ? Number.POSITIVE_INFINITY : coefficient * end;
      }
      if (!Number.isFinite(rest)) continue;
      if (own > 0)
        least.set(atom, Math.max(least.get(atom) ?? Number.NEGATIVE_INFINITY, Math.ceil(-rest / own)));
      else most.set(atom, Math.min(most.get(atom) ?? Number.POSITIVE_INFINITY, Math.floor(rest / -own)));
    }
  }
  return { least, most };
}

interface Search {
  readonly knowledge: Knowledge;
  /** Facts may be taken several times to cancel an atom that is not the latest: seldom needed, and many more ways. */
  readonly takesMany: boolean;
  left: number;
}

function prove(search: Search, wanted: Form, extra: readonly Form[]): boolean {
  const goal = tightened(wanted);
  if (goal.of.size === 0) return goal.constant >= 0;
  if (search.left-- <= 0) return false;
  const { facts, cases } = search.knowledge;
  const atom = latestAtom(goal);
  const coefficient = goal.of.get(atom) ?? 0;
  const eliminates = (fact: Form): boolean => {
    const other = fact.of.get(atom) ?? 0;
    if (other * coefficient <= 0 || latestAtom(fact) !== atom) return false;
    // Taken once, or so many times, the fact may cancel other atoms as well: what is left must then hold without them.
    for (const times of search.takesMany ? cancelling(goal, fact) : [1]) {
      const without = plus(goal, fact, -times);
      if (without.of.size < goal.of.size && prove(search, without, extra)) return true;
    }
    // For an integer g, k·g + (k − 1) >= 0 already says g >= 0.
    const scaled = plus(times(goal, Math.abs(other)), number(Math.abs(other) - 1));
    return prove(search, plus(scaled, fact, -Math.abs(coefficient)), extra);
  };
  if (facts.some(eliminates) || extra.some(eliminates)) return true;
  // What is known of a choice holds of the value chosen.
  const known = [...extra, ...facts.filter(fact => fact.of.has(atom))];
  const holdsIn = ({ value, facts: holds }: Case): boolean => {
    const inCase = known.map(fact => replaced(fact, atom, value));
    return prove(search, replaced(goal, atom, value), [...inCase, ...holds]);
  };
  return cases.get(atom)?.every(holdsIn) ?? false;
}

/** How many times a fact is taken for some atom of a goal to be gone. */
function cancelling(goal: Form, fact: Form): Iterable<number> {
  const counts = [...fact.of].map(([atom, coefficient]) => (goal.of.get(atom) ?? 0) / coefficient);
  return new Set(counts.filter(count => count > 0 && Number.isInteger(count)));
}

/** The form with a value in the place of an atom. */
function replaced(form: Form, atom: number, value: Form): Form {
  const coefficient = form.of.get(atom);
  if (coefficient === undefined) return form;
  const rest = plus(form, { constant: 0, of: new Map([[atom, coefficient]]) }, -1);
  return plus(rest, value, coefficient);
}

// ---------------------------------------------------------------------------------------------------- expressions

/** An i32 expression as a form; what is not affine becomes an atom with what is known of it. */
export function formOf(knowledge: Knowledge, node: Expression): Form {
  switch (node.kind) {
    case 'literal':
      return number(node.value);
    case 'variable':
      return knowledge.names.get(node.name) ?? newAtom(knowledge);
    case 'lane':
    case 'vector':
      return newAtom(knowledge);
    case 'operation':
      return formOfOperation(knowledge, node);
    default:
      return unreachable(node);
  }
}

function formOfOperation(knowledge: Knowledge, node: Expression & { kind: 'operation' }): Form {
  const { operator, operands } = node;
  if (at(operands, 0).type.scalar !== 'i32') return newAtom(knowledge);
  if (operator === 'select') {
    const [then, otherwise] = [formOf(knowledge, at(operands, 1)), formOf(knowledge, at(operands, 2))];
    return choice(knowledge, then, otherwise, conditionFacts(knowledge, at(operands, 0)));
  }
  const [a, b] = operands.map(operand => formOf(knowledge, operand));
  if (a === undefined || b === undefined)
    return a !== undefined && operator === 'negate' ? times(a, -1) : newAtom(knowledge);
  const divisor = b.of.size === 0 ? b.constant : undefined;
  switch (operator) {
    case 'add':
      return plus(a, b);
    case 'subtract':
      return plus(a, b, -1);
    case 'multiply':
      return divisor !== undefined
        ? times(a, divisor)
        : a.of.size === 0
          ? times(b, a.constant)
          : newAtom(knowledge);
    case 'shiftLeft':
      return divisor === undefined ? newAtom(knowledge) : times(a, 2 ** divisor);
    case 'divide':
      return divisor === undefined ? newAtom(knowledge) : quotient(knowledge, a, divisor);
    case 'shiftRightUnsigned':
      if (divisor === undefined) return newAtom(knowledge);
      // Unlike a division, it means something for the bits of any number.
      return isNonNegative(knowledge, a) ? quotient(knowledge, a, 2 ** divisor) : newAtom(knowledge);
    case 'modulo':
      return divisor === undefined ? newAtom(knowledge) : remainder(knowledge, a, divisor);
    case 'minimum': {
      const least = choice(knowledge, a, b, { holds: [plus(b, a, -1)], fails: [plus(a, b, -1)] });
      for (const each of simplestFirst(a, b)) assume(knowledge, plus(each, least, -1));
      return least;
    }
    case 'maximum': {
      const greatest = choice(knowledge, a, b, { holds: [plus(a, b, -1)], fails: [plus(b, a, -1)] });
      for (const each of simplestFirst(a, b)) assume(knowledge, plus(greatest, each, -1));
      return greatest;
    }
    case 'and':
      return divisor !== undefined && divisor >= 0 ? within(knowledge, divisor) : newAtom(knowledge);
    case 'or':
    case 'exclusiveOr':
      return bitsOf(knowledge, a, b);
    case 'less':
    case 'equal':
      return within(knowledge, 1);
    default:
      return newAtom(knowledge);
  }
}

/** Facts are tried in order: a bound by a number should be the first. */
const simplestFirst = (...forms: readonly Form[]): Form[] => forms.toSorted((a, b) => a.of.size - b.of.size);

/** An atom in 0..greatest. */
function within(knowledge: Knowledge, greatest: number): Form {
  const atom = newAtom(knowledge);
  assume(knowledge, atom);
  assume(knowledge, plus(number(greatest), atom, -1));
  return atom;
}

/** Bits of two numbers that are not negative stay below the least 2^k that is above both. */
function bitsOf(knowledge: Knowledge, a: Form, b: Form): Form {
  const both = (holds: (form: Form) => Form) => [a, b].every(form => isNonNegative(knowledge, holds(form)));
  if (!both(form => form)) return newAtom(knowledge);
  for (let mask = 1; mask < 2 ** 31; mask = 2 * mask + 1) {
    if (both(form => plus(number(mask), form, -1))) return within(knowledge, mask);
  }
  return newAtom(knowledge);
}

/** ⌊form / divisor⌋: multiples come out, the rest is an atom q with 0 <= rest − divisor·q <= divisor − 1. */
function quotient(knowledge: Knowledge, form: Form, divisor: number): Form {
  const isNatural = isNonNegative(knowledge, form);
  if (!isNatural) knowledge.complain('divides a number that may be negative');
  if (divisor <= 0) {
    knowledge.complain(`divides by ${divisor}`);
    return newAtom(knowledge);
  }
  const constant = Math.floor(form.constant / divisor);
  const multiples = [...form.of].filter(([, coefficient]) => coefficient % divisor === 0);
  const out: Form = {
    constant,
    of: new Map(multiples.map(([atom, coefficient]) => [atom, coefficient / divisor])),
  };
  const rest = plus(form, out, -divisor);
  if (rest.of.size === 0) return out;
  const key = `${divisor} ${rest.constant} ${[...rest.of].sort(([a], [b]) => a - b)}`;
  const atom = knowledge.quotients.get(key) ?? newAtom(knowledge);
  knowledge.quotients.set(key, atom);
  const remainder = plus(rest, atom, -divisor);
  // Not a consequence of the other two, which bound q by a fraction: q >= -(divisor - 1)/divisor.
  if (isNatural) assume(knowledge, plus(out, atom));
  assume(knowledge, remainder);
  assume(knowledge, plus(number(divisor - 1), remainder, -1));
  const whole = plus(out, atom);
  // What bounds the dividend bounds the quotient in whole numbers: form <= b says divisor·q <= b, which is tightened.
  for (const bound of boundsOf(knowledge, form)) assume(knowledge, plus(bound, whole, -divisor));
  return whole;
}

/**
 * form mod divisor. As an atom of its own beside the quotient it keeps the dividend's atoms out of bounds that need only
 * that it is less than the divisor; as a difference it is nearer to bounds that need what it is.
 */
function remainder(knowledge: Knowledge, form: Form, divisor: number): Form {
  const exact = plus(form, quotient(knowledge, form, divisor), -divisor);
  if (knowledge.remainders === 'differences' || exact.of.size <= 1) return exact;
  const key = `mod ${divisor} ${exact.constant} ${[...exact.of].sort(([a], [b]) => a - b)}`;
  const atom = knowledge.quotients.get(key) ?? newAtom(knowledge);
  knowledge.quotients.set(key, atom);
  // What is known ends with the block that found it out.
  assume(knowledge, atom);
  assume(knowledge, plus(number(divisor - 1), atom, -1));
  assume(knowledge, plus(exact, atom, -1));
  assume(knowledge, plus(atom, exact, -1));
  return atom;
}

/** Forms b, free of the form's atoms, with form <= b. */
function boundsOf({ facts }: Knowledge, form: Form): Form[] {
  const isFree = (bound: Form): boolean => [...form.of.keys()].every(atom => !bound.of.has(atom));
  return facts.map(fact => plus(fact, form)).filter(isFree);
}

function choice(knowledge: Knowledge, then: Form, otherwise: Form, { holds, fails }: Truth): Form {
  const atom = newAtom(knowledge);
  const cases = [
    { value: then, facts: holds },
    { value: otherwise, facts: fails },
  ];
  knowledge.cases.set(knowledge.atoms - 1, cases);
  return atom;
}

/** What a condition says where it holds and where it fails. */
export interface Truth {
  readonly holds: readonly Form[];
  readonly fails: readonly Form[];
}

export function conditionFacts(knowledge: Knowledge, condition: Expression): Truth {
  if (condition.kind !== 'operation' || at(condition.operands, 0).type.scalar !== 'i32')
    return { holds: [], fails: [] };
  const { operator, operands } = condition;
  if (operator === 'and' || operator === 'or') {
    const [a, b] = [conditionFacts(knowledge, at(operands, 0)), conditionFacts(knowledge, at(operands, 1))];
    return operator === 'and'
      ? { holds: [...a.holds, ...b.holds], fails: [] }
      : { holds: [], fails: [...a.fails, ...b.fails] };
  }
  if (operator !== 'less' && operator !== 'equal') return { holds: [], fails: [] };
  const [a, b] = [formOf(knowledge, at(operands, 0)), formOf(knowledge, at(operands, 1))];
  const difference = plus(b, a, -1);
  return operator === 'less'
    ? { holds: [tightened(plus(difference, number(-1)))], fails: [tightened(times(difference, -1))] }
    : { holds: [difference, times(difference, -1)], fails: [] };
}
