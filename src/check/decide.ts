/**
 * Whether two sizes are equal wherever the declaration makes sense. Equality is proved in normal form, with
 * the equations of `where` and `if` as rewriting knowledge; difference is proved by an example: values of the
 * names that satisfy every condition and give two different numbers. What is neither is left for the time when
 * the sizes have values.
 */
import type { Polynomial, Term } from './polynomial.ts';
import { add as addPolynomials, divide, leading } from './polynomial.ts';
import { evaluate, holds, namesIn } from './sizeValue.ts';
import { type Size, type SymbolicCondition, same, substitute, subtract } from './symbolic.ts';

export interface Knowledge {
  /** Every condition in force, also the equations. */
  readonly conditions: readonly SymbolicCondition[];
  /** Sizes the declaration mentions: they must be whole and not negative for it to make sense. */
  readonly whole: readonly Size[];
  readonly substitutions: ReadonlyMap<string, Size>;
  /** Polynomials that are zero. */
  readonly zeros: readonly Polynomial[];
}

export const nothingKnown: Knowledge = { conditions: [], whole: [], substitutions: new Map(), zeros: [] };

export type Example = ReadonlyMap<string, number>;

export type Verdict =
  | { readonly kind: 'equal' }
  | { readonly kind: 'different'; readonly example: Example; readonly left: number; readonly right: number }
  | { readonly kind: 'undecided' };

export function learn(knowledge: Knowledge, condition: SymbolicCondition): Knowledge {
  const conditions = [...knowledge.conditions, condition];
  if (condition.comparison !== '==') return { ...knowledge, conditions };
  const difference = subtract(
    substitute(condition.left, knowledge.substitutions),
    substitute(condition.right, knowledge.substitutions),
  );
  const solved = solve(difference.top);
  if (solved === undefined) {
    const zeros = difference.top.length === 0 ? knowledge.zeros : [...knowledge.zeros, difference.top];
    return { ...knowledge, conditions, zeros };
  }
  const [name, value] = solved;
  const own = new Map([[name, value]]);
  const substitutions = new Map(
    [...knowledge.substitutions].map(([each, size]) => [each, substitute(size, own)]),
  );
  const zeros = knowledge.zeros.map(zero => substitute({ top: zero, bottom: one }, own).top);
  return { ...knowledge, conditions, zeros, substitutions: substitutions.set(name, value) };
}

const one: Polynomial = [{ key: '', coefficient: 1, factors: [] }];

/** A name that stands alone in one term, and what it equals. */
function solve(zero: Polynomial): [string, Size] | undefined {
  for (const term of zero) {
    const [factor, second] = term.factors;
    if (factor === undefined || second !== undefined || Math.abs(term.coefficient) !== 1) continue;
    const [each, exponent] = factor;
    if (each.kind !== 'name' || exponent !== 1) continue;
    const rest = addPolynomials(zero, [term], -1);
    if (namesIn({ top: rest, bottom: one }).has(each.name)) continue;
    const flip = term.coefficient === 1 ? -1 : 1;
    const top = rest.map((other: Term) => ({ ...other, coefficient: flip * other.coefficient }));
    return [each.name, { top, bottom: one }];
  }
  return undefined;
}

/** More sizes that the declaration mentions. */
export const mention = (knowledge: Knowledge, sizes: readonly Size[]): Knowledge => ({
  ...knowledge,
  whole: [...knowledge.whole, ...sizes],
});

/** Zero wherever the equations hold. */
function vanishes(difference: Size, { substitutions, zeros }: Knowledge): boolean {
  let rest = substitute(difference, substitutions).top;
  for (let pass = 0; pass < 4 && rest.length > 0; pass++) {
    for (const zero of zeros) if (leading(zero) !== undefined) rest = divide(rest, zero).remainder;
  }
  return rest.length === 0;
}

export function decide(left: Size, right: Size, knowledge: Knowledge): Verdict {
  if (same(left, right) || vanishes(subtract(left, right), knowledge)) return { kind: 'equal' };
  const example = findExample([left, right], knowledge, names => {
    const [a, b] = [evaluate(left, names), evaluate(right, names)];
    return a !== undefined && b !== undefined && a >= 0 && b >= 0 && a !== b;
  });
  if (example === undefined) return { kind: 'undecided' };
  const [a, b] = [evaluate(left, example), evaluate(right, example)];
  return { kind: 'different', example, left: a ?? 0, right: b ?? 0 };
}

/** Values people would try first; 0 only where nothing else is an example. */
const candidates = [2, 3, 4, 6, 1, 12, 8, 5, 24, 7];
const tries = 600;
/** Terms evaluated in one search. */
const workLimit = 100_000;

/** Values for the names under which the declaration makes sense and `wanted` holds. */
function findExample(
  sizes: readonly Size[],
  knowledge: Knowledge,
  wanted: (names: Example) => boolean,
): Example | undefined {
  const names = new Set<string>();
  const { conditions, whole } = knowledge;
  for (const each of [...sizes, ...whole, ...conditions.flatMap(({ left, right }) => [left, right])])
    namesIn(each, names);
  let state = 1;
  const next = (): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state >> 8;
  };
  const known = knowledge.substitutions;
  const terms = [...sizes, ...whole].reduce(
    (count, { top, bottom }) => count + top.length + bottom.length,
    1,
  );
  const limit = Math.min(tries, Math.ceil(workLimit / terms));
  for (let attempt = 0; attempt < limit; attempt++) {
    const spread = attempt < limit / 2 ? 6 : candidates.length + 1;
    const point = new Map([...names].map(name => [name, candidates[next() % spread] ?? 0]));
    for (const [name, value] of known) point.set(name, evaluate(value, point) ?? -1);
    const fits =
      [...point.values()].every(value => value >= 0) &&
      whole.every(size => (evaluate(size, point) ?? -1) >= 0) &&
      conditions.every(condition => holds(condition, point) === true);
    if (fits && wanted(point)) return point;
  }
  return undefined;
}
