/** How much of a row an operator keeps alive beside its input and output while one tile passes through it. */
import { at, unreachable } from '../core/invariant.ts';
import type { Operator, Step } from '../ir/operator.ts';

const largest = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0);

/** Scratch elements for one row at the widest moment. */
export function scratchElements(operator: Operator): number {
  switch (operator.kind) {
    case 'identity':
    case 'zero':
    case 'gather':
    case 'scatter':
    case 'block':
      return 0;
    case 'triangularSolve':
      return operator.rows;
    case 'update':
      return (operator.v.shape[1] ?? 0) * 2;
    case 'compose': {
      const factors = operator.factors.filter(factor => factor.kind !== 'gather').toReversed();
      // While factor k runs, the scratch before and after it are alive.
      return largest(
        factors.map((factor, k) => {
          const before = k === 0 ? 0 : at(factors, k - 1).rows;
          const after = k === factors.length - 1 ? 0 : factor.rows;
          return before + after + scratchElements(factor);
        }),
      );
    }
    case 'sum':
      return largest(operator.terms.map(scratchElements));
    case 'directSum':
    case 'horizontal':
    case 'vertical':
      return largest(operator.parts.map(scratchElements));
    case 'scale':
      return operator.rows + scratchElements(operator.operator);
    case 'offDiagonal':
    case 'adjoint':
    case 'inverse':
    case 'assume':
      return scratchElements(operator.operator);
    default:
      return unreachable(operator);
  }
}

/** Elements of one row that are alive at once while the steps run: input, output, gates, scratch. */
export function liveElements(steps: readonly Step[], columns: number): number {
  let width = columns;
  let gates = 0;
  let widest = columns;
  for (const step of steps) {
    if (step.kind === 'gate') gates += width + liveElements(step.steps, columns) - columns;
    if (step.kind !== 'linear') continue;
    widest = Math.max(widest, width + step.operator.rows + scratchElements(step.operator) + gates);
    width = step.operator.rows;
  }
  return Math.max(widest, width + gates);
}
