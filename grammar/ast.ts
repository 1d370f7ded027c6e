/**
 * The abstract syntax tree: what the user wrote, nothing resolved.
 *
 * Every node carries its span. Comments are kept beside the tree (see `Trivia`) so that the formatter loses none.
 * The parser never fails: where text cannot be understood it leaves an `error` expression and a diagnostic.
 * Deliberately missing: sorts, shapes, meaning of names (src/check), precedence (it is in the shape of the tree;
 * parentheses the user wrote are kept as `parenthesized` so that formatting does not change the text's grouping).
 */
import type { Span } from '../src/core/span.ts';

export interface Name {
  readonly text: string;
  readonly span: Span;
}

export type BinaryOperator = '+' | '-' | '*' | '/' | '%';
export type Comparison = '==' | '!=' | '<=' | '>=' | '<' | '>';
export type BigWord = 'sum' | 'prod' | 'dsum' | 'hstack' | 'vstack' | 'tabulate';
export type Binding = 'static' | 'frozen' | 'learned' | 'item' | 'token' | 'call';

export type Expression =
  | { readonly kind: 'name'; readonly text: string; readonly span: Span }
  | { readonly kind: 'number'; readonly text: string; readonly value: number; readonly span: Span }
  | { readonly kind: 'string'; readonly value: string; readonly span: Span }
  | { readonly kind: 'parenthesized'; readonly inner: Expression; readonly span: Span }
  | { readonly kind: 'negate'; readonly operand: Expression; readonly span: Span }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
      readonly span: Span;
    }
  | { readonly kind: 'power'; readonly base: Expression; readonly exponent: Expression; readonly span: Span }
  | { readonly kind: 'adjoint'; readonly operand: Expression; readonly span: Span }
  | {
      readonly kind: 'index';
      readonly target: Expression;
      readonly items: readonly Index[];
      readonly span: Span;
    }
  | {
      readonly kind: 'call';
      readonly callee: Expression;
      readonly arguments: readonly Expression[];
      readonly span: Span;
    }
  /** `sum(i < k) body`: the body is the whole product that follows. */
  | {
      readonly kind: 'big';
      readonly word: BigWord;
      readonly variable: Name;
      readonly bound: Expression;
      readonly body: Expression;
      readonly span: Span;
    }
  /** `dsum(A, B)`: a big word called like a function. */
  | {
      readonly kind: 'bigCall';
      readonly word: BigWord;
      readonly arguments: readonly Expression[];
      readonly span: Span;
    }
  | { readonly kind: 'assume'; readonly property: Name; readonly operand: Expression; readonly span: Span }
  | {
      readonly kind: 'if';
      readonly condition: Condition;
      readonly then: Expression;
      readonly otherwise: Expression;
      readonly span: Span;
    }
  /** `[A, B; C, D]`; a one-entry block is a block of one row and one column. */
  | { readonly kind: 'block'; readonly rows: readonly (readonly Expression[])[]; readonly span: Span }
  /** `A |> relu |> B`, at least two steps. */
  | { readonly kind: 'pipe'; readonly steps: readonly Expression[]; readonly span: Span }
  /** Text that could not be parsed; a diagnostic was reported. */
  | { readonly kind: 'error'; readonly span: Span };

export type Index =
  | { readonly kind: 'at'; readonly value: Expression; readonly span: Span }
  | { readonly kind: 'slice'; readonly from: Expression; readonly to: Expression; readonly span: Span }
  | { readonly kind: 'all'; readonly span: Span };

export interface Condition {
  readonly left: Expression;
  readonly comparison: Comparison;
  readonly right: Expression;
  readonly span: Span;
}

export interface Let {
  readonly name: Name;
  readonly value: Expression;
  readonly span: Span;
}

export interface Body {
  readonly lets: readonly Let[];
  readonly result: Expression;
  readonly span: Span;
}

/** `f32[n, m]`, `[n, m]`, or the name of a pattern. `name` is a dtype or a pattern; only a pattern has no `dims`. */
export interface ParameterType {
  readonly name?: Name;
  readonly dims?: readonly Expression[];
  readonly span: Span;
}

export interface Parameter {
  readonly bindings: readonly { readonly word: Binding; readonly span: Span }[];
  readonly name: Name;
  readonly type: ParameterType;
  readonly default?: Expression;
  readonly span: Span;
}

/** Domain or codomain of an operator: `n`, or `c64[n]`. */
export interface SpaceType {
  readonly dtype?: Name;
  readonly dims: readonly Expression[];
  readonly span: Span;
}

export type Statement =
  | {
      readonly kind: 'state';
      readonly name: Name;
      readonly type: ParameterType;
      readonly initial?: Expression;
      readonly span: Span;
    }
  | { readonly kind: 'let'; readonly name: Name; readonly value: Expression; readonly span: Span }
  | { readonly kind: 'update'; readonly name: Name; readonly value: Expression; readonly span: Span }
  | {
      readonly kind: 'for';
      readonly variable: Name;
      readonly bound: Expression;
      readonly body: readonly Statement[];
      readonly span: Span;
    }
  | { readonly kind: 'yield'; readonly value: Expression; readonly span: Span };

export interface OperatorDeclaration {
  readonly kind: 'op';
  /** Text of the `///` lines before the declaration, without the slashes, joined by newlines. */
  readonly documentation: string;
  readonly name: Name;
  readonly binders: readonly Name[];
  readonly parameters: readonly Parameter[];
  readonly domain: SpaceType;
  readonly codomain: SpaceType;
  readonly where: readonly Condition[];
  readonly body: Body;
  readonly span: Span;
}

export interface ScanDeclaration {
  readonly kind: 'scan';
  readonly documentation: string;
  readonly name: Name;
  readonly binders: readonly Name[];
  readonly over: readonly Name[];
  readonly parameters: readonly Parameter[];
  readonly result: ParameterType;
  readonly reversed: boolean;
  readonly where: readonly Condition[];
  readonly body: readonly Statement[];
  readonly span: Span;
}

/** Row and column of an entry. */
export interface PatternEdge {
  readonly from: Expression;
  readonly to: Expression;
  readonly span: Span;
}

export type Declaration =
  | OperatorDeclaration
  | ScanDeclaration
  | {
      readonly kind: 'use';
      readonly path: string;
      readonly pathSpan: Span;
      readonly names: readonly Name[];
      readonly span: Span;
    }
  | {
      readonly kind: 'export';
      readonly documentation: string;
      readonly name: Name;
      readonly sizes: readonly Expression[];
      readonly alias: Name;
      readonly span: Span;
    }
  | {
      readonly kind: 'pattern';
      readonly documentation: string;
      readonly name: Name;
      readonly sizes: readonly Expression[];
      readonly edges?: readonly PatternEdge[];
      readonly path?: string;
      readonly span: Span;
    }
  | {
      readonly kind: 'shared';
      readonly documentation: string;
      readonly parameter: Parameter;
      readonly span: Span;
    };

/** A comment, without the blanks after it, and where it stands; `///` comments are also read as documentation. */
export interface Comment {
  readonly text: string;
  readonly span: Span;
  /** The number of tokens before it. */
  readonly before: number;
  /** False where something stands before it on its line. */
  readonly ownLine: boolean;
  readonly afterBlankLine: boolean;
}

export interface Trivia {
  readonly comments: readonly Comment[];
  /** Tokens, by number, with a blank line directly before them. */
  readonly blankLines: readonly number[];
}

export interface File {
  readonly source: Span['file'];
  readonly declarations: readonly Declaration[];
  readonly trivia: Trivia;
}
