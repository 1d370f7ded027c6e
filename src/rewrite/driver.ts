/**
 * The driver: rewrites children first and repeats at each node until no rule fires. A product is read once,
 * factor by factor, like a peephole: what a pair becomes meets its neighbours again, the rest is left alone,
 * so a chain of any length takes steps in proportion to its length and to what fires.
 */
import { at, invariant } from '../core/invariant.ts';
import { compose, identity, type Operator, sum, zero } from '../ir/operator.ts';
import { children, withChildren } from '../ir/traverse.ts';
import type { FactorRule, NodeRule, Rule, TermRule, Trace } from './rule.ts';

export interface Rewritten {
  readonly operator: Operator;
  readonly trace: Trace;
}

/** More steps than any program of allowed size needs: reaching it means that rules undo each other. */
const maximumSteps = 1_000_000;

interface Rewriting {
  readonly nodeRules: readonly NodeRule[];
  readonly factorRules: readonly FactorRule[];
  readonly termRules: readonly TermRule[];
  /** Normal forms of the operators seen. */
  readonly done: Map<Operator, Operator>;
  readonly trace: string[];
}

export function rewrite(operator: Operator, rules: readonly Rule[]): Rewritten {
  const trace: string[] = [];
  const rewriting: Rewriting = {
    nodeRules: rules.filter(rule => rule.kind === 'node'),
    factorRules: rules.filter(rule => rule.kind === 'factors'),
    termRules: rules.filter(rule => rule.kind === 'terms'),
    done: new Map(),
    trace,
  };
  return { operator: visit(rewriting, operator), trace };
}

function visit(rewriting: Rewriting, operator: Operator): Operator {
  const { done } = rewriting;
  const known = done.get(operator);
  if (known !== undefined) return known;
  const inside = (each: Operator): Operator =>
    withChildren(
      each,
      children(each).map(child => visit(rewriting, child)),
    );
  let current = inside(operator);
  for (let made = step(rewriting, current); made !== undefined; made = step(rewriting, current)) {
    const normal = done.get(made);
    current = normal ?? inside(made);
    if (normal !== undefined) break;
  }
  done.set(operator, current);
  done.set(current, current);
  return current;
}

/** The first node rule that fires, else what pairs of factors or terms become. */
function step(rewriting: Rewriting, operator: Operator): Operator | undefined {
  for (const rule of rewriting.nodeRules) {
    const made = rule.apply(operator);
    if (made !== undefined && made !== operator) return fired(rewriting, rule, operator, made);
  }
  const made =
    operator.kind === 'compose'
      ? reduceProduct(rewriting, operator.factors)
      : operator.kind === 'sum'
        ? reduceSum(rewriting, operator.terms)
        : operator;
  return made === operator ? undefined : made;
}

function fired({ trace }: Rewriting, rule: Rule, before: Shape, made: Operator): Operator {
  trace.push(rule.name);
  invariant(trace.length < maximumSteps, `rules go on for ever, last ${rule.name}`);
  invariant(
    made.rows === before.rows && made.columns === before.columns,
    `${rule.name} changes the shape: ${before.rows} x ${before.columns} to ${made.rows} x ${made.columns}`,
  );
  return made;
}

type Shape = Pick<Operator, 'rows' | 'columns'>;

function reduceProduct(rewriting: Rewriting, factors: readonly Operator[]): Operator {
  const [before, work] = [[] as Operator[], factors.toReversed()];
  for (let right = work.pop(); right !== undefined; right = work.pop()) {
    const left = before.at(-1);
    const made = left && mergedFactors(rewriting, left, right);
    if (made !== undefined) {
      before.pop();
      const parts = made.kind === 'compose' ? made.factors : [made];
      work.push(...parts.toReversed());
    } else if (right.kind !== 'identity') before.push(right);
  }
  return before.length === 0 ? identity(at(factors, 0).rows) : compose(...before);
}

function mergedFactors(rewriting: Rewriting, left: Operator, right: Operator): Operator | undefined {
  for (const rule of rewriting.factorRules) {
    const made = rule.apply(left, right);
    if (made === undefined) continue;
    return visit(rewriting, fired(rewriting, rule, { rows: left.rows, columns: right.columns }, made));
  }
  return undefined;
}

/** Terms by label, so that a term looks only at those it could meet. */
function reduceSum(rewriting: Rewriting, terms: readonly Operator[]): Operator {
  const kept = new Map<number, Operator>();
  const byLabel = new Map<string, Set<number>>();
  const labelsOf = (term: Operator) => new Set(rewriting.termRules.flatMap(rule => rule.labels(term)));
  // A queue: what terms become meets others only after all were seen, so that n alike become one in log n rounds.
  const work = [...terms];
  let count = 0;
  for (const term of work) {
    const labels = labelsOf(term);
    const candidates = [...labels].flatMap(label => [...(byLabel.get(label) ?? [])]);
    const met = firstMeeting(rewriting, kept, candidates, term);
    if (met === undefined) {
      kept.set(count, term);
      for (const label of labels) byLabel.set(label, (byLabel.get(label) ?? new Set()).add(count));
      count++;
    } else {
      const { partner, made } = met;
      const gone = kept.get(partner);
      if (gone !== undefined) for (const label of labelsOf(gone)) byLabel.get(label)?.delete(partner);
      kept.delete(partner);
      work.push(...(made.kind === 'sum' ? made.terms : [made]));
    }
  }
  const left = [...kept.values()];
  const [first] = terms;
  invariant(first !== undefined, 'a sum has terms');
  return left.length === 0 ? zero(first.rows, first.columns) : sum(...left);
}

function firstMeeting(
  rewriting: Rewriting,
  kept: ReadonlyMap<number, Operator>,
  candidates: readonly number[],
  term: Operator,
): { readonly partner: number; readonly made: Operator } | undefined {
  for (const partner of candidates) {
    const other = kept.get(partner);
    if (other === undefined) continue;
    for (const rule of rewriting.termRules) {
      const made = rule.apply(other, term) ?? rule.apply(term, other);
      if (made !== undefined) return { partner, made: visit(rewriting, fired(rewriting, rule, term, made)) };
    }
  }
  return undefined;
}
