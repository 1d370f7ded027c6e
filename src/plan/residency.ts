/** How much of a row an operator keeps alive beside its input and output while one tile passes through it. */
import { at, unreachable } from '../core/invariant.ts';
import { isBijection } from '../ir/indexMap.ts';
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
      return at(operator.v.shape, 1) * (operator.t === undefined ? 1 : 2);
    case 'compose':
      return operator.factors.map(residentOf).reduce(prepend, emptyStretch).inner;
    case 'sum':
      return largest(operator.terms.map(scratchElements));
    case 'directSum':
    case 'horizontal':
    case 'vertical':
      return largest(operator.parts.map(scratchElements));
    case 'scale':
    case 'offDiagonal':
    case 'adjoint':
    case 'inverse':
    case 'assume':
      return scratchElements(operator.operator);
    default:
      return unreachable(operator);
  }
}

/** What a factor does to residency. A move that can be the view of its neighbour keeps nothing alive. */
export interface Resident {
  readonly rows: number;
  readonly columns: number;
  readonly scratch: number;
  /** `output`: the factor before writes through it; `input`: the one after reads through it. */
  readonly move: 'none' | 'input' | 'output';
}

export const residentOf = (operator: Operator): Resident => ({
  rows: operator.rows,
  columns: operator.columns,
  scratch: scratchElements(operator),
  move: moveOf(operator),
});

function moveOf(operator: Operator): Resident['move'] {
  if (operator.kind === 'scatter' || operator.kind === 'identity') return 'output';
  if (operator.kind !== 'gather') return 'none';
  return isBijection(operator.map) ? 'output' : 'input';
}

/** The last factors of a chain: what grows as one more is put in front. */
export interface Stretch {
  /** Elements alive at the widest moment, beside the chain's input and output. */
  readonly inner: number;
  /** Elements alive while its first computing factor runs, without what that reads; nothing where none computes. */
  readonly head: number | undefined;
  /** Width of the value that the next factor in front leaves; 0 where that is the chain's output. */
  readonly gap: number;
}

export const emptyStretch: Stretch = { inner: 0, head: undefined, gap: 0 };

export function prepend(stretch: Stretch, { rows, columns, scratch, move }: Resident): Stretch {
  const { inner, head, gap } = stretch;
  if (move === 'output' && gap === 0 && head === undefined) return stretch;
  if (move !== 'none') return { ...stretch, gap: Math.max(gap, columns) };
  const between = head === undefined && gap === 0 ? 0 : Math.max(rows, gap);
  const own = between + scratch;
  return { inner: Math.max(inner, own, between + (head ?? 0)), head: own, gap: columns };
}

/** Elements of one row that a map keeps alive to compute its value, output included, beside an input of this width. */
export function rowElements(steps: readonly Step[], columns: number): number {
  let [width, widest, gates] = [columns, 0, 0];
  for (const step of steps) {
    if (step.kind === 'gate') gates += width + rowElements(step.steps, columns);
    if (step.kind !== 'linear') continue;
    const { operator } = step;
    widest = Math.max(widest, width + operator.rows + scratchElements(operator) + gates);
    width = operator.rows;
  }
  return Math.max(widest, width + gates);
}
