/** Rewrite rules as rows, and the driver that applies a table to a fixpoint. */
import { invariant } from '../core/invariant.ts';
import { children, type Operator, withChildren } from '../ir/operator.ts';

export interface Rule {
  readonly name: string;
  /** The identity the rule uses, as one would write it. */
  readonly law: string;
  /** The other side of the law, or nothing where the rule does not apply. */
  readonly apply: (operator: Operator) => Operator | undefined;
}

/** Names of the rules that fired, with how often. */
export type Trace = ReadonlyMap<string, number>;

export interface Rewritten {
  readonly operator: Operator;
  readonly trace: Trace;
}

const stepLimit = 100_000;

/** Bottom-up to a fixpoint; shared nodes are rewritten once. */
export function rewrite(operator: Operator, rules: readonly Rule[]): Rewritten {
  const done = new Map<Operator, Operator>();
  const trace = new Map<string, number>();
  let steps = 0;
  const fire = (node: Operator): Operator | undefined => {
    for (const rule of rules) {
      const made = rule.apply(node);
      if (made === undefined || made === node) continue;
      invariant(made.rows === node.rows && made.columns === node.columns, `rule ${rule.name} changed the shape`);
      invariant(++steps < stepLimit, `rule ${rule.name} does not end`);
      trace.set(rule.name, (trace.get(rule.name) ?? 0) + 1);
      return made;
    }
    return undefined;
  };
  const visit = (node: Operator): Operator => {
    const known = done.get(node);
    if (known !== undefined) return known;
    const inner = withChildren(node, children(node).map(visit));
    const made = inner === node ? fire(node) : visit(inner);
    const result = made === undefined ? node : inner === node ? visit(made) : made;
    done.set(node, result);
    return result;
  };
  return { operator: visit(operator), trace };
}
