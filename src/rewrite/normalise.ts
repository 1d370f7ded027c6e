/** The rewriting of a program before planning: which tables, in which order, and why. */
import { children, type Operator, type Program, type Step } from '../ir/operator.ts';
import { adjointRules } from './adjoint.ts';
import { inverseRules } from './inverse.ts';
import { type Rewritten, type Rule, rewrite, type Trace } from './rule.ts';
import { diagonalRules, productRules, promiseRules, scaleRules } from './simplify.ts';

/** Inverses first, while promises and properties still stand at the nodes that have them; then what leaves less to compute. */
export const phases: readonly (readonly Rule[])[] = [
  [...adjointRules, ...inverseRules, ...diagonalRules],
  [...promiseRules, ...adjointRules, ...scaleRules, ...productRules],
];

export function normalise(operator: Operator): Rewritten {
  const trace = new Map<string, number>();
  let current = operator;
  for (const rules of phases) {
    const made = rewrite(current, rules);
    current = made.operator;
    for (const [name, count] of made.trace) trace.set(name, (trace.get(name) ?? 0) + count);
  }
  return { operator: current, trace };
}

export function normaliseProgram(program: Program): { readonly program: Program; readonly trace: Trace } {
  const trace = new Map<string, number>();
  const normaliseStep = (step: Step): Step => {
    if (step.kind === 'gate') return { kind: 'gate', steps: step.steps.map(normaliseStep) };
    if (step.kind !== 'linear') return step;
    const made = normalise(step.operator);
    for (const [name, count] of made.trace) trace.set(name, (trace.get(name) ?? 0) + count);
    return { kind: 'linear', operator: made.operator };
  };
  return { program: { ...program, steps: program.steps.map(normaliseStep) }, trace };
}

/** An inverse that no rule removed, if one is left. */
export function irreducible(operator: Operator): (Operator & { kind: 'inverse' }) | undefined {
  if (operator.kind === 'inverse') return operator;
  for (const child of children(operator)) {
    const found = irreducible(child);
    if (found !== undefined) return found;
  }
  return undefined;
}

export type { Trace };
