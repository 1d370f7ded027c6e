/**
 * The typed program: what the checker makes of a file and the files it uses, and all that elaboration reads.
 *
 * Every name is resolved to what it stands for, every expression is of one sort (size, tensor, operator, map)
 * and carries its type in symbols. What the checker could not decide without numbers stands in the tree as
 * `checked` nodes, whose constraints are tested when sizes have values; nothing else about sorts and shapes
 * can go wrong later, only what depends on numbers: divisions that must be exact, `where` conditions, ranges,
 * recursion, budgets. Names of sizes (binders, index variables) are unique within a declaration, so they stand
 * for themselves. Deliberately missing: numbers, and the AST.
 */
import type { BigWord, BinaryOperator, Binding } from '../../grammar/ast.ts';
import type { Diagnostic } from '../core/diagnostics/diagnostic.ts';
import type { Span } from '../core/span.ts';
import type { Pointwise, Property } from '../ir/operator.ts';
import type { Dtype, RealFunction } from '../ir/tensor.ts';
import type { Comparison } from './comparison.ts';
import type { LeafName } from './leafTable.ts';
import type { Size } from './symbolic.ts';
import type { Space, TensorType } from './types.ts';

// ------------------------------------------------------------------------------------------------------ sizes

/** An expression in a size slot; `size` is its normal form. */
export type SizeNode = { readonly size: Size; readonly span: Span } & (
  | { readonly kind: 'literal'; readonly value: number }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'negate'; readonly operand: SizeNode }
  | {
      readonly kind: 'arithmetic';
      readonly operator: BinaryOperator | '^' | 'ceil' | 'min' | 'max';
      readonly left: SizeNode;
      readonly right: SizeNode;
    }
  | {
      readonly kind: 'if';
      readonly condition: ConditionNode;
      readonly then: SizeNode;
      readonly otherwise: SizeNode;
    }
);

export interface ConditionNode {
  readonly left: SizeNode;
  readonly comparison: Comparison;
  readonly right: SizeNode;
  readonly span: Span;
}

/** An equation of sizes that must hold at the numbers given, and what is said when it does not. */
export interface Constraint {
  readonly left: Size;
  readonly right: Size;
  readonly fails: (left: number, right: number) => Diagnostic;
}

interface Checked<Node> {
  readonly kind: 'checked';
  readonly constraints: readonly Constraint[];
  readonly of: Node;
}

interface Choice<Node> {
  readonly kind: 'if';
  readonly condition: ConditionNode;
  readonly then: Node;
  readonly otherwise: Node;
}

// ---------------------------------------------------------------------------------------------------- tensors

export type TensorNode = { readonly type: TensorType; readonly span: Span } & (
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'size'; readonly of: SizeNode }
  /** The variable of the `tabulate` around it. */
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'parameter'; readonly parameter: TypedParameter }
  | { readonly kind: 'let'; readonly definition: Definition<TensorNode> }
  | { readonly kind: 'state'; readonly name: string }
  | { readonly kind: 'negate'; readonly operand: TensorNode }
  | {
      readonly kind: 'arithmetic';
      readonly operator: BinaryOperator;
      readonly left: TensorNode;
      readonly right: TensorNode;
    }
  | { readonly kind: 'power'; readonly base: TensorNode; readonly exponent: TensorNode }
  | { readonly kind: 'function'; readonly function: RealFunction; readonly arguments: readonly TensorNode[] }
  | {
      readonly kind: 'vectors';
      readonly word: 'dot' | 'inner' | 'outer';
      readonly left: TensorNode;
      readonly right: TensorNode;
    }
  | { readonly kind: 'normalize'; readonly operand: TensorNode }
  | { readonly kind: 'complex'; readonly word: ComplexWord; readonly arguments: readonly TensorNode[] }
  | {
      readonly kind: 'tabulate';
      readonly variable: string;
      readonly bound: SizeNode;
      readonly body: TensorNode;
    }
  | { readonly kind: 'slice'; readonly target: TensorNode; readonly parts: readonly SlicePart[] }
  /** An operator applied to the leading axis. */
  | { readonly kind: 'applied'; readonly operator: OperatorNode; readonly tensor: TensorNode }
  | Choice<TensorNode>
  | Checked<TensorNode>
);

export type ComplexWord = 're' | 'im' | 'conj' | 'imaginary unit';

/** One axis of a slice; `position` and `lookup` remove the axis. */
export type SlicePart = { readonly span: Span } & (
  | { readonly kind: 'all' }
  | { readonly kind: 'range'; readonly from: SizeNode; readonly to: SizeNode }
  | { readonly kind: 'position'; readonly at: SizeNode }
  /**
   * By an index that has no value yet: a tensor of dtype index, or arithmetic on the variable of a
   * `tabulate`.
   */
  | { readonly kind: 'lookup'; readonly at: TensorNode }
);

/** A `let`: computed at most once for each instance, and only when it is read. */
export interface Definition<Node> {
  readonly name: string;
  readonly value: Node;
}

// -------------------------------------------------------------------------------------------------- operators

export type OperatorNode = { readonly space: Space; readonly span: Span } & (
  | { readonly kind: 'leaf'; readonly leaf: LeafName; readonly arguments: readonly LeafArgument[] }
  | { readonly kind: 'permute'; readonly extents: readonly SizeNode[]; readonly order: readonly number[] }
  | { readonly kind: 'let'; readonly definition: Definition<OperatorNode> }
  | { readonly kind: 'scale'; readonly factor: TensorNode; readonly operator: OperatorNode }
  | { readonly kind: 'divide'; readonly operator: OperatorNode; readonly divisor: TensorNode }
  /** The last factor is applied first. */
  | { readonly kind: 'compose'; readonly factors: readonly OperatorNode[] }
  | { readonly kind: 'sum'; readonly terms: readonly SignedTerm[] }
  | { readonly kind: 'adjoint'; readonly operator: OperatorNode }
  | { readonly kind: 'power'; readonly operator: OperatorNode; readonly exponent: SizeNode }
  | {
      readonly kind: 'indexed';
      readonly word: OperatorWord;
      readonly variable: string;
      readonly bound: SizeNode;
      readonly body: OperatorNode;
    }
  | { readonly kind: 'stack'; readonly word: OperatorWord; readonly parts: readonly OperatorNode[] }
  | { readonly kind: 'assume'; readonly property: Property; readonly operator: OperatorNode }
  | ({ readonly kind: 'call' } & Call)
  | Choice<OperatorNode>
  | Checked<OperatorNode>
);

export type OperatorWord = Exclude<BigWord, 'tabulate'>;

export interface SignedTerm {
  readonly negative: boolean;
  readonly operator: OperatorNode;
}

export type LeafArgument =
  | { readonly kind: 'size'; readonly node: SizeNode }
  | { readonly kind: 'tensor'; readonly node: TensorNode }
  | { readonly kind: 'operator'; readonly node: OperatorNode }
  | { readonly kind: 'pattern'; readonly pattern: TypedPattern };

/** Another operator with sizes and arguments, in the order of its declaration. */
export interface Call {
  readonly callee: OperatorSignature;
  readonly sizes: readonly SizeNode[];
  readonly arguments: readonly TensorNode[];
}

// ------------------------------------------------------------------------------------------------------- maps

export type MapNode = { readonly space: Space; readonly span: Span } & (
  | { readonly kind: 'linear'; readonly operator: OperatorNode }
  | { readonly kind: 'pipe'; readonly steps: readonly StepNode[] }
  | { readonly kind: 'let'; readonly definition: Definition<MapNode> }
  | ({ readonly kind: 'call' } & Call)
  | Choice<MapNode>
  | Checked<MapNode>
);

export type StepNode =
  | { readonly kind: 'map'; readonly map: MapNode }
  | { readonly kind: 'bias'; readonly bias: TensorNode }
  | { readonly kind: 'pointwise'; readonly function: Pointwise }
  | { readonly kind: 'gate'; readonly map: MapNode };

// ----------------------------------------------------------------------------------------------- declarations

export type ParameterDtype = Dtype | 'c64';

export interface TypedParameter {
  readonly name: string;
  /**
   * Undefined for a parameter of an operator; else what the name is qualified by, '' for the file compiled.
   */
  readonly shared: string | undefined;
  readonly binding: Binding;
  readonly dtype: ParameterDtype;
  readonly extents: readonly SizeNode[];
  readonly type: TensorType;
  readonly default: TypedDefault | undefined;
  /** The type as written: "[n/b, b, b]". */
  readonly written: string;
  readonly span: Span;
}

export type TypedDefault =
  | {
      readonly kind: 'generator';
      readonly word: 'orthogonal' | 'uniform' | 'permutation' | 'signs';
      readonly name: string;
    }
  | { readonly kind: 'normal'; readonly name: string; readonly deviation: TensorNode }
  | { readonly kind: 'value'; readonly value: TensorNode };

export interface TypedPattern {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  /** In listed order. Absent when the file that lists them could not be read. */
  readonly entries: readonly PatternEntry[] | undefined;
}

export interface PatternEntry {
  readonly row: number;
  readonly column: number;
}

/** What callers see of an operator. */
export interface OperatorSignature {
  readonly name: string;
  readonly documentation: string;
  readonly binders: readonly string[];
  readonly parameters: readonly TypedParameter[];
  readonly columns: SizeNode;
  readonly rows: SizeNode;
  readonly complex: boolean;
  readonly where: readonly ConditionNode[];
  /** Whether the body is a map: pointwise steps, not linear. */
  readonly isMap: boolean;
  readonly span: Span;
}

/** A construct that no later stage compiles yet. */
export interface Unsupported {
  readonly what: string;
  readonly span: Span;
}

export interface TypedOperator {
  readonly signature: OperatorSignature;
  /** Absent after an error. */
  readonly body: MapNode | undefined;
  readonly unsupported: readonly Unsupported[];
  readonly calls: readonly OperatorSignature[];
}

export interface TypedScan {
  readonly name: string;
  readonly documentation: string;
  readonly binders: readonly string[];
  /** Sizes of independent copies, prepended to every parameter. */
  readonly over: readonly string[];
  readonly parameters: readonly TypedParameter[];
  readonly result: TensorType;
  readonly reversed: boolean;
  readonly where: readonly ConditionNode[];
  readonly body: readonly StatementNode[];
  readonly unsupported: readonly Unsupported[];
  readonly span: Span;
}

export type StatementNode =
  | {
      readonly kind: 'state';
      readonly name: string;
      readonly type: TensorType;
      readonly initial: TensorNode | undefined;
    }
  /** Read where it is named. */
  | { readonly kind: 'let'; readonly name: string }
  | { readonly kind: 'update'; readonly name: string; readonly value: TensorNode }
  | {
      readonly kind: 'for';
      readonly variable: string;
      readonly bound: SizeNode;
      readonly body: readonly StatementNode[];
    }
  | { readonly kind: 'yield'; readonly value: TensorNode };

export interface TypedExport {
  readonly alias: string;
  readonly documentation: string;
  readonly of:
    | { readonly kind: 'op'; readonly signature: OperatorSignature }
    | { readonly kind: 'scan'; readonly scan: TypedScan };
  readonly sizes: readonly SizeNode[];
  readonly span: Span;
}

export interface TypedProgram {
  /** The operators that the file defines or uses, by the name it knows them by. */
  readonly operators: ReadonlyMap<string, OperatorSignature>;
  readonly scans: ReadonlyMap<string, TypedScan>;
  readonly exports: readonly TypedExport[];
  /** Operators of the file itself, in order. */
  readonly own: readonly OperatorSignature[];
  /** Bodies of every operator reached, of this file and the files it uses. */
  readonly bodies: ReadonlyMap<OperatorSignature, TypedOperator>;
}
