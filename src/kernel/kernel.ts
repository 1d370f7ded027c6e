/**
 * The kernel IR: how it is computed, scalar by scalar. One small language under every printer.
 *
 * Semantics
 * - Expressions are pure. Memory is read only by `load`, which binds a name, so no printer reasons about order.
 * - `declare` and `load` bind a name for the rest of the enclosing block; names are unique in a kernel; only names
 *   declared `mutable` may be assigned.
 * - Loop bounds and steps are evaluated once, on entry; `for v = from; v < to; v += step`, step > 0; the
 *   variable is read-only in the body. A loop's `axis` says what the iterations may become; `sequential` and
 *   `unrolled` promise order.
 * - i32 division and modulo floor for non-negative operands; operands are non-negative wherever they are used.
 * - Indices count elements of the buffer's dtype (never bytes); lanes > 1 read or write that many consecutive elements.
 *   Every index is provably inside the buffer's extent (verify.ts), where `Extent` may depend on the parameters.
 * - Arithmetic is strict: one rounding per operation, in the order written. `fusedMultiplyAdd` rounds once;
 *   it is the only way to contract a·b+c and appears only under a profile that asks for it (`relaxed` rows
 *   may round once or twice).
 * - `shared` buffers live for one group; `barrier` is legal only in uniform control flow.
 * - f16 and bf16 are formats of memory: they are loaded, stored, and converted by `toPrecision`, which widens
 *   exactly and rounds once, to nearest even. No operator computes in them.
 * - The iterations of a loop of axis `member`, as many as a subgroup has, go on together, statement by statement.
 *   `multiplyMatrices` stands inside such a loop, in control flow that is the same for all of them:
 *   accumulator += a · b, with the elements of the three matrices spread over the members as matrix.ts says. Products
 *   are exact, and the order and the rounding of their sum are the machine's.
 * Deliberately missing: allocation, recursion, pointers, early exit, data-dependent loop bounds other than parameters.
 */
import { type RealFormat, realFormats } from '../core/precision.ts';

export type Scalar = 'i32' | RealFormat;

export const bytesOf = (scalar: Scalar): number => (scalar === 'i32' ? 4 : realFormats[scalar].bytes);

export interface Type {
  readonly scalar: Scalar;
  /** Eight only of formats of sixteen bits: a lane's part of the operands of matrix units (matrix.ts). */
  readonly lanes: 1 | 2 | 4 | 8;
}

/**
 * elements = fixed + perUnit · parameter; with a pitch, `parameter` rows of perUnit elements that begin `pitch` apart,
 * where pitch is a parameter that is perUnit at least.
 */
export interface Extent {
  readonly fixed: number;
  readonly perUnit: number;
  readonly parameter: string | undefined;
  readonly pitch?: string;
}

export interface Buffer {
  readonly name: string;
  readonly scalar: Scalar;
  readonly extent: Extent;
  readonly space: 'global' | 'shared';
  readonly access: 'read' | 'write' | 'readWrite';
  /** Least and greatest value of an i32 buffer whose values are indices; whoever fills it keeps them. */
  readonly valueRange?: readonly [least: number, greatest: number];
  /** What one reads in the emitted text beside the buffer: shape, layout, where it comes from. */
  readonly comment: string;
}

/**
 * The operator table: arity and result. `same` keeps the operands' type; `i32` gives an i32 of the same lanes
 * (comparisons give 0 or 1 per lane); `select(condition, then, otherwise)` takes an i32 condition of the same lanes.
 * Each target fills every row or does not compile (`satisfies Record<OperatorName, ...>`).
 */
export const operators = {
  add: { arity: 2, result: 'same' },
  subtract: { arity: 2, result: 'same' },
  multiply: { arity: 2, result: 'same' },
  /** i32: floor division of non-negative numbers. */
  divide: { arity: 2, result: 'same' },
  /** i32 only, non-negative operands. */
  modulo: { arity: 2, result: 'same' },
  /** NaN if either is NaN. */
  minimum: { arity: 2, result: 'same' },
  maximum: { arity: 2, result: 'same' },
  power: { arity: 2, result: 'same' },
  negate: { arity: 1, result: 'same' },
  absolute: { arity: 1, result: 'same' },
  squareRoot: { arity: 1, result: 'same' },
  floor: { arity: 1, result: 'same' },
  exp: { arity: 1, result: 'same' },
  log: { arity: 1, result: 'same' },
  sin: { arity: 1, result: 'same' },
  cos: { arity: 1, result: 'same' },
  tanh: { arity: 1, result: 'same' },
  erf: { arity: 1, result: 'same' },
  fusedMultiplyAdd: { arity: 3, result: 'same' },
  less: { arity: 2, result: 'i32' },
  equal: { arity: 2, result: 'i32' },
  /** i32 only. */
  and: { arity: 2, result: 'same' },
  or: { arity: 2, result: 'same' },
  exclusiveOr: { arity: 2, result: 'same' },
  shiftLeft: { arity: 2, result: 'same' },
  shiftRightUnsigned: { arity: 2, result: 'same' },
  select: { arity: 3, result: 'second' },
  /** i32 → f32/f64 of the same lanes (type written at the node). */
  toFloat: { arity: 1, result: 'written' },
  /** f32/f64 → i32, truncating; operands are in range. */
  toInteger: { arity: 1, result: 'written' },
  /** A real number → another format of reals, of the same lanes. */
  toPrecision: { arity: 1, result: 'written' },
  /** The bits of an i32 as f32, and back. */
  bitsToFloat: { arity: 1, result: 'written' },
  floatToBits: { arity: 1, result: 'written' },
  /** One lane → all lanes (type written at the node). */
  splat: { arity: 1, result: 'written' },
} as const satisfies Record<string, { arity: 1 | 2 | 3; result: 'same' | 'i32' | 'second' | 'written' }>;
export type OperatorName = keyof typeof operators;

export type Expression =
  | { readonly kind: 'literal'; readonly type: Type; readonly value: number }
  | { readonly kind: 'variable'; readonly type: Type; readonly name: string }
  | {
      readonly kind: 'operation';
      readonly type: Type;
      readonly operator: OperatorName;
      readonly operands: readonly Expression[];
    }
  /** One lane of a vector. */
  | { readonly kind: 'lane'; readonly type: Type; readonly vector: Expression; readonly lane: number }
  /** A vector of its lanes. */
  | { readonly kind: 'vector'; readonly type: Type; readonly elements: readonly Expression[] };

/**
 * What a loop's iterations may become. Those of `subgroup` are independent, each for the members of one subgroup, which
 * are the iterations of `member` inside it. `unrolled` bounds are literals.
 */
export type LoopAxis = 'grid' | 'group' | 'lane' | 'subgroup' | 'member' | 'sequential' | 'unrolled';

export type Statement =
  | { readonly kind: 'comment'; readonly text: string }
  | { readonly kind: 'declare'; readonly name: string; readonly mutable: boolean; readonly value: Expression }
  | { readonly kind: 'assign'; readonly name: string; readonly value: Expression }
  /** `splat` reads one element and copies it to all lanes. */
  | {
      readonly kind: 'load';
      readonly name: string;
      readonly type: Type;
      readonly buffer: string;
      readonly index: Expression;
      readonly splat: boolean;
    }
  | {
      readonly kind: 'store';
      readonly buffer: string;
      readonly index: Expression;
      readonly value: Expression;
    }
  | {
      readonly kind: 'for';
      readonly variable: string;
      readonly axis: LoopAxis;
      readonly from: Expression;
      readonly to: Expression;
      readonly step: Expression;
      readonly body: readonly Statement[];
    }
  | {
      readonly kind: 'if';
      readonly condition: Expression;
      readonly then: readonly Statement[];
      readonly otherwise: readonly Statement[];
    }
  /** `part` counts the operands that the lanes of `b` hold one after another. */
  | {
      readonly kind: 'multiplyMatrices';
      readonly accumulator: string;
      readonly a: Expression;
      readonly b: Expression;
      readonly part: number;
    }
  | { readonly kind: 'barrier' };

export interface Parameter {
  readonly name: string;
  /** 0 when absent. */
  readonly minimum?: number;
  readonly maximum: number;
}

export interface Kernel {
  /** An identifier, named after the operator: `monarch1k_apply`. */
  readonly name: string;
  /** Lines for the head of the emitted text: the operator, the plan. */
  readonly comment: readonly string[];
  readonly buffers: readonly Buffer[];
  /** i32 arguments that are known only at the call, such as `batch`; each with its legal values, 0 and more. */
  readonly parameters: readonly Parameter[];
  readonly body: readonly Statement[];
}
