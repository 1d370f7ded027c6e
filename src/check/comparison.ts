/** The six comparisons of sizes. */
import type { Comparison } from '../../grammar/ast.ts';

export type { Comparison } from '../../grammar/ast.ts';

export const comparisons: Record<Comparison, (a: number, b: number) => boolean> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<=': (a, b) => a <= b,
  '>=': (a, b) => a >= b,
  '<': (a, b) => a < b,
  '>': (a, b) => a > b,
};

export const opposite: Record<Comparison, Comparison> = {
  '==': '!=',
  '!=': '==',
  '<=': '>',
  '>=': '<',
  '<': '>=',
  '>': '<=',
};
