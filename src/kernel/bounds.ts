/**
 * Proofs that an index lies inside a buffer. Integers are affine forms over atoms (loop counters, quotients,
 * parameters); what is known are inequalities `form >= 0`. A goal is proved by eliminating its latest atom
 * with each fact about that atom in turn (Fourier and Motzkin, the useful half of it), until a number is
 * left. What has two cases (a minimum, a choice) is an atom that is replaced by either. Sound and not
 * complete: what is not proved is reported.
 */
import { at, unreachable } from '../core/invariant.ts';
import { assume, type Form, type Knowledge, newAtom, number, plus, tightened, times } from './forms.ts';
import type { Expression } from './kernel.ts';
import { isNonNegative } from './prove.ts';

export * from './forms.ts';
export { isNonNegative } from './prove.ts';

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
 * form mod divisor. As an atom of its own beside the quotient it keeps the dividend's atoms out of bounds that need
 * only that it is less than the divisor; as a difference it is nearer to bounds that need what it is.
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
