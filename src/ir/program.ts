/**
 * Operators in their setting: the steps of a map, the parameters they read,
 * and the program of one exported operator.
 */
import type { Operator } from './operator.ts';
import type { Tensor } from './tensor.ts';

/** Functions of one number that stand after an operator in a map; relu'(0) = 0, gelu by erf. */
export type Pointwise = 'relu' | 'gelu' | 'geluTanh' | 'silu' | 'tanh' | 'sigmoid';

/**
 * One step of a map, applied left to right.
 * `gate` multiplies by an operator or map of the *input* of the whole pipe.
 */
export type Step =
  | { readonly kind: 'linear'; readonly operator: Operator }
  | { readonly kind: 'bias'; readonly bias: Tensor }
  | { readonly kind: 'pointwise'; readonly function: Pointwise }
  | { readonly kind: 'gate'; readonly steps: readonly Step[] };

/** A value for a parameter that was not given: seeded by hash(name, seed), see language.md "Defaults by generator". */
export type Generator =
  | { readonly kind: 'normal'; readonly name: string; readonly deviation: number }
  | { readonly kind: 'uniform'; readonly name: string }
  | { readonly kind: 'orthogonal'; readonly name: string }
  | { readonly kind: 'permutation'; readonly name: string }
  | { readonly kind: 'signs'; readonly name: string }
  | { readonly kind: 'value'; readonly value: Tensor };

export interface ParameterDeclaration {
  /** As the user wrote it; `tensor.name` is unique in a module: `monarch1k.L`, or plain for a parameter of the file. */
  readonly name: string;
  readonly shared: boolean;
  readonly tensor: Tensor & { readonly kind: 'parameter' };
  readonly default: Generator | undefined;
  /** The parameter's type as the user wrote it, in symbols: "[n/b, b, b]". */
  readonly written: string;
}

/** One operator of a file at concrete sizes: the result of elaboration. Linear iff `steps` is one linear step. */
export interface Program {
  /** The exported or given name, an identifier: `monarch1k`. */
  readonly name: string;
  /** As written, with sizes: `monarch[n=1024, b=32]`. */
  readonly title: string;
  readonly documentation: string;
  readonly rows: number;
  readonly columns: number;
  readonly steps: readonly Step[];
  readonly parameters: readonly ParameterDeclaration[];
}
