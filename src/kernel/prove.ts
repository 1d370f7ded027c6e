/** Proofs that a form is not negative (bounds.ts): by the ranges of its atoms, else by elimination. */
import { type Case, type Form, type Knowledge, number, plus, tightened, times } from './forms.ts';

const latestAtom = (form: Form): number => Math.max(...form.of.keys());

/** Steps one proof may take; honest indices need a few dozen. */
const proofBudget = 20_000;

export function isNonNegative(knowledge: Knowledge, goal: Form, extra: readonly Form[] = []): boolean {
  if (followsFromRanges(knowledge, goal, extra)) return true;
  const search = (takesMany: boolean): Search => ({ knowledge, takesMany, left: proofBudget });
  return prove(search(false), goal, extra) || prove(search(true), goal, extra);
}

/**
 * The quick way, which most indices go: every atom at the worse end of what is known of it alone, after a few facts
 * have taken away those that lose most by it; choices in each of their cases.
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
