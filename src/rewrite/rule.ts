/**
 * Rules and their driver. A rule is a row: its law, and a function that gives the other side of the law or nothing.
 * The driver rewrites children first and repeats at each node until no rule fires.
 */
import { at, invariant } from '../core/invariant.ts';
import { compose, type Operator, sum } from '../ir/operator.ts';
import { parametersOf, type Tensor } from '../ir/tensor.ts';
import { children, withChildren } from '../ir/traverse.ts';

export interface Rule {
  /** In words, unique; what `explain` prints when it fired. */
  readonly name: string;
  /** The equation, left side to right side. */
  readonly law: string;
  readonly apply: (operator: Operator) => Operator | undefined;
}

/** Names of the rules that fired, in order. */
export type Trace = readonly string[];

export interface Rewritten {
  readonly operator: Operator;
  readonly trace: Trace;
}

/** More steps than any program of allowed size needs: reaching it means that rules undo each other. */
const maximumSteps = 1_000_000;

export function rewrite(operator: Operator, rules: readonly Rule[]): Rewritten {
  const done = new Map<Operator, Operator>();
  const trace: string[] = [];
  const visit = (each: Operator): Operator => {
    const known = done.get(each);
    if (known !== undefined) return known;
    let current = withChildren(each, children(each).map(visit));
    for (let made = firstOf(rules, current); made !== undefined; made = firstOf(rules, current)) {
      trace.push(made.rule.name);
      invariant(trace.length < maximumSteps, `rules go on for ever, last ${made.rule.name}`);
      current = withChildren(made.operator, children(made.operator).map(visit));
    }
    done.set(each, current);
    done.set(current, current);
    return current;
  };
  return { operator: visit(operator), trace };
}

function firstOf(rules: readonly Rule[], operator: Operator): { rule: Rule; operator: Operator } | undefined {
  for (const rule of rules) {
    const made = rule.apply(operator);
    if (made === undefined || made === operator) continue;
    invariant(
      made.rows === operator.rows && made.columns === operator.columns,
      `${rule.name} changes the shape`,
    );
    return { rule, operator: made };
  }
  return undefined;
}

type Pair = (left: Operator, right: Operator) => Operator | undefined;

/** A rule on two neighbours in a product. */
export const onFactors = (name: string, law: string, apply: Pair): Rule => ({
  name,
  law,
  apply: operator => {
    if (operator.kind !== 'compose') return undefined;
    const { factors } = operator;
    for (let k = 0; k + 1 < factors.length; k++) {
      const made = apply(at(factors, k), at(factors, k + 1));
      if (made !== undefined) return compose(...factors.slice(0, k), made, ...factors.slice(k + 2));
    }
    return undefined;
  },
});

/** A rule on two terms of a sum, in whichever places they stand; the pair meets the rule in both orders. */
export const onTerms = (name: string, law: string, apply: Pair): Rule => ({
  name,
  law,
  apply: operator => {
    if (operator.kind !== 'sum') return undefined;
    const { terms } = operator;
    for (const [k, left] of terms.entries()) {
      for (const [other, right] of terms.entries()) {
        const made = k === other ? undefined : apply(left, right);
        if (made !== undefined)
          return sum(...terms.map((term, i) => (i === k ? made : term)).filter((_, i) => i !== other));
      }
    }
    return undefined;
  },
});

/** Whether numbers are known before the first call, so that the pack step can compute with them. */
export const isPacked = (...tensors: readonly (Tensor | undefined)[]): boolean =>
  tensors.every(
    tensor =>
      tensor === undefined || parametersOf(tensor).every(({ binding }) => packedBindings.has(binding)),
  );

const packedBindings: ReadonlySet<string> = new Set(['static', 'frozen', 'learned']);
