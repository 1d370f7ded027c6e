/** What an expression of the language stands for once sizes are known. */
import type { Generator, Operator, Step } from '../ir/operator.ts';
import type { IndexScalar, Tensor } from '../ir/tensor.ts';

export type Value =
  /** A literal or a size: a whole number in size slots, a real number elsewhere. */
  | { readonly sort: 'number'; readonly value: number }
  /** The variable of a `tabulate`, or arithmetic on it. */
  | { readonly sort: 'index'; readonly scalar: IndexScalar }
  | { readonly sort: 'tensor'; readonly tensor: Tensor }
  | { readonly sort: 'operator'; readonly operator: Operator }
  | { readonly sort: 'map'; readonly steps: readonly Step[]; readonly rows: number; readonly columns: number }
  | { readonly sort: 'pattern'; readonly pattern: Pattern }
  | { readonly sort: 'generator'; readonly generator: Generator }
  | { readonly sort: 'string'; readonly value: string }
  /** A pointwise step of a pipe: `relu`, `bias(b)`, `gate(B)`. */
  | { readonly sort: 'step'; readonly step: Step }
  /** Already reported; silent from here on. */
  | { readonly sort: 'error' };

export interface Pattern {
  readonly rows: number;
  readonly columns: number;
  readonly edges: readonly { readonly row: number; readonly column: number }[];
}

export const failed: Value = { sort: 'error' };
export const numberValue = (value: number): Value => ({ sort: 'number', value });
export const tensorValue = (tensor: Tensor): Value => ({ sort: 'tensor', tensor });
export const operatorValue = (operator: Operator): Value => ({ sort: 'operator', operator });

/** The sort as a message names it. */
export function describe(value: Value): string {
  switch (value.sort) {
    case 'number':
      return `the number ${value.value}`;
    case 'index':
      return 'an index';
    case 'tensor':
      return value.tensor.shape.length === 0 ? 'a number' : `a tensor [${value.tensor.shape.join(', ')}]`;
    case 'operator':
      return `an operator ${value.operator.columns} -> ${value.operator.rows}`;
    case 'map':
      return `a map ${value.columns} -> ${value.rows}`;
    case 'pattern':
      return 'a pattern';
    case 'generator':
      return 'a generator';
    case 'string':
      return 'a string';
    case 'step':
      return 'a pointwise step';
    case 'error':
      return 'an error';
  }
}
