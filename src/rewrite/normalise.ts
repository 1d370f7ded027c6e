/**
 * The normal form: what the planner and the placer know. After it only these kinds remain: identity, zero,
 * gather, scatter, block, update, triangularSolve, compose, sum, directSum, horizontal, vertical; and
 * `inverse` or `offDiagonal` where no rule could take it apart (`irreducible` finds the inverse).
 */
import type { Operator, Program, Step } from '../ir/operator.ts';
import { adjointRules } from './adjoint.ts';
import { type Rewritten, rewrite } from './driver.ts';
import { inverseRules } from './inverse.ts';
import { mergeRules } from './merge.ts';
import { lastOffDiagonalRules, offDiagonalRules } from './offDiagonal.ts';
import { permutationRules } from './permutations.ts';
import { preMergeRules } from './preMerge.ts';
import type { Rule, Trace } from './rule.ts';
import { lastScaleRules, scaleRules } from './scale.ts';
import { stackRules } from './stacks.ts';
import { updateRules } from './update.ts';

export type { Trace } from './rule.ts';

/** An assumption has done its work once inverses are gone. */
export const assumptionRules: readonly Rule[] = [
  {
    kind: 'node',
    name: 'assumption',
    law: 'assume(A) = A',
    apply: operator => (operator.kind === 'assume' ? operator.operator : undefined),
  },
];

const simplify: readonly Rule[] = [
  ...assumptionRules,
  ...adjointRules,
  ...inverseRules,
  ...stackRules,
  ...permutationRules,
  ...scaleRules,
  ...offDiagonalRules,
  ...updateRules,
  ...mergeRules,
];

/**
 * In order, each to its fixpoint: inverses need the structure and the assumptions that later rules merge away, and a
 * multiple should reach a block before it becomes a factor of its own. Blocks are merged when nothing else moves.
 */
export const phases: readonly (readonly Rule[])[] = [
  [...adjointRules, ...inverseRules],
  simplify,
  [...simplify, ...lastOffDiagonalRules, ...lastScaleRules],
  [...simplify, ...preMergeRules],
];

export function normalise(operator: Operator): Rewritten {
  const trace: string[] = [];
  let current = operator;
  for (const rules of phases) {
    const made = rewrite(current, rules);
    current = made.operator;
    trace.push(...made.trace);
  }
  return { operator: current, trace };
}

export function normaliseProgram(program: Program): { readonly program: Program; readonly trace: Trace } {
  const trace: string[] = [];
  const visit = (step: Step): Step => {
    switch (step.kind) {
      case 'linear': {
        const made = normalise(step.operator);
        trace.push(...made.trace);
        return { kind: 'linear', operator: made.operator };
      }
      case 'gate':
        return { kind: 'gate', steps: step.steps.map(visit) };
      case 'bias':
      case 'pointwise':
        return step;
    }
  };
  return { program: { ...program, steps: program.steps.map(visit) }, trace };
}
