/**
 * Rules: rows of a table. A rule is a law, and a function that gives the other side of the law or nothing. It
 * looks at one node, at two neighbours in a product, or at two terms of a sum; the driver is in driver.ts.
 */
import { compose, type Operator, sum } from '../ir/operator.ts';
import { parametersOf, type Tensor } from '../ir/tensor.ts';

interface Row {
  /** In words, unique; what `explain` prints when it fired. */
  readonly name: string;
  /** The equation, left side to right side. */
  readonly law: string;
}

export type Pair = (left: Operator, right: Operator) => Operator | undefined;

export interface NodeRule extends Row {
  readonly kind: 'node';
  readonly apply: (operator: Operator) => Operator | undefined;
}

/** On two neighbours in a product. */
export interface FactorRule extends Row {
  readonly kind: 'factors';
  readonly apply: Pair;
}

/**
 * On two terms of a sum, wherever they stand;
 * a pair meets the rule in both orders if a label of one is one of the other.
 */
export interface TermRule extends Row {
  readonly kind: 'terms';
  readonly apply: Pair;
  readonly labels: (term: Operator) => readonly string[];
}

export type Rule = NodeRule | FactorRule | TermRule;

/** Names of the rules that fired, in order. */
export type Trace = readonly string[];

export const onFactors = (name: string, law: string, apply: Pair): FactorRule => ({
  kind: 'factors',
  name,
  law,
  apply,
});

export const onTerms = (
  name: string,
  law: string,
  labels: (term: Operator) => readonly string[],
  apply: Pair,
): TermRule => ({ kind: 'terms', name, law, labels, apply });

/**
 * The operator after one firing of the rule somewhere at its top, or nothing:
 * a rule by itself, for tests and the curious.
 */
export function applyRule(rule: Rule, operator: Operator): Operator | undefined {
  switch (rule.kind) {
    case 'node':
      return rule.apply(operator);
    case 'factors': {
      if (operator.kind !== 'compose') return undefined;
      const { factors } = operator;
      for (const [k, right] of factors.entries()) {
        const left = factors[k - 1];
        const made = left && rule.apply(left, right);
        if (made !== undefined) return compose(...factors.slice(0, k - 1), made, ...factors.slice(k + 1));
      }
      return undefined;
    }
    case 'terms': {
      if (operator.kind !== 'sum') return undefined;
      const { terms } = operator;
      for (const [k, left] of terms.entries()) {
        for (const [other, right] of terms.entries()) {
          const made = k === other ? undefined : rule.apply(left, right);
          if (made !== undefined) return sum(...terms.with(k, made).toSpliced(other, 1));
        }
      }
      return undefined;
    }
  }
}

/** Whether numbers are known before the first call, so that the pack step can compute with them. */
export const isPacked = (...tensors: readonly (Tensor | undefined)[]): boolean =>
  tensors.every(
    tensor =>
      tensor === undefined || parametersOf(tensor).every(({ binding }) => packedBindings.has(binding)),
  );

const packedBindings: ReadonlySet<string> = new Set(['static', 'frozen', 'learned']);
