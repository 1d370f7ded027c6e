/**
 * Smart constructors of the kernel IR: they compute types and fold what is constant,
 * and are the only way to make nodes.
 */
import { invariant } from '../core/invariant.ts';
import {
  type Expression,
  type LoopAxis,
  type OperatorName,
  operators,
  type Statement,
  type Type,
} from './kernel.ts';

export const i32: Type = Object.freeze({ scalar: 'i32', lanes: 1 });
export const f32: Type = Object.freeze({ scalar: 'f32', lanes: 1 });
export const f64: Type = Object.freeze({ scalar: 'f64', lanes: 1 });
export const f32x4: Type = Object.freeze({ scalar: 'f32', lanes: 4 });

export const sameType = (a: Type, b: Type): boolean => a.scalar === b.scalar && a.lanes === b.lanes;

export const literal = (value: number, type: Type = i32): Expression =>
  Object.freeze({ kind: 'literal', type, value });
export const variable = (name: string, type: Type = i32): Expression =>
  Object.freeze({ kind: 'variable', type, name });
export function lane(vector: Expression, index: number): Expression {
  const type: Type = { scalar: vector.type.scalar, lanes: 1 };
  return Object.freeze({ kind: 'lane', type, vector, lane: index });
}

export function operation(
  operator: OperatorName,
  operands: readonly Expression[],
  written?: Type,
): Expression {
  const { arity, result } = operators[operator];
  invariant(operands.length === arity, `${operator} takes ${arity} operands, not ${operands.length}`);
  return Object.freeze({
    kind: 'operation',
    type: resultType(operator, result, operands, written),
    operator,
    operands,
  });
}

function resultType(
  operator: OperatorName,
  result: 'same' | 'i32' | 'second' | 'written',
  operands: readonly Expression[],
  written: Type | undefined,
): Type {
  if (result === 'written') {
    invariant(written !== undefined, `${operator} needs its result type`);
    return written;
  }
  const type = operands[result === 'second' ? 1 : 0]?.type;
  invariant(type !== undefined, `${operator} without operands`);
  return result === 'i32' ? { scalar: 'i32', lanes: type.lanes } : type;
}

const isLiteral = (expression: Expression, value: number): boolean =>
  expression.kind === 'literal' && expression.value === value;

/** i32 sums and products fold constants, so that generated indices read as one would write them. */
export function add(a: Expression, b: Expression): Expression {
  if (a.type.scalar === 'i32') {
    if (isLiteral(a, 0)) return b;
    if (isLiteral(b, 0)) return a;
    if (a.kind === 'literal' && b.kind === 'literal') return literal(a.value + b.value);
  }
  return operation('add', [a, b]);
}

export function multiply(a: Expression, b: Expression): Expression {
  if (a.type.scalar === 'i32') {
    if (isLiteral(a, 0) || isLiteral(b, 0)) return literal(0);
    if (isLiteral(a, 1)) return b;
    if (isLiteral(b, 1)) return a;
    if (a.kind === 'literal' && b.kind === 'literal') return literal(a.value * b.value);
  }
  return operation('multiply', [a, b]);
}

/** constant + Σ coefficient · variable, terms with coefficient 0 left out. */
export function affine(constant: number, terms: readonly (readonly [number, Expression])[]): Expression {
  const sum = terms.reduce<Expression>(
    (total, [coefficient, term]) => add(total, multiply(term, literal(coefficient))),
    literal(0),
  );
  return add(sum, literal(constant));
}

export const comment = (text: string): Statement => Object.freeze({ kind: 'comment', text });
export const declare = (name: string, value: Expression, mutable = false): Statement =>
  Object.freeze({ kind: 'declare', name, mutable, value });
export const assign = (name: string, value: Expression): Statement =>
  Object.freeze({ kind: 'assign', name, value });
export const store = (buffer: string, index: Expression, value: Expression): Statement =>
  Object.freeze({ kind: 'store', buffer, index, value });
export const load = (name: string, type: Type, buffer: string, index: Expression, splat = false): Statement =>
  Object.freeze({ kind: 'load', name, type, buffer, index, splat });

export function loop(
  name: string,
  from: Expression,
  to: Expression,
  step: number,
  body: readonly Statement[],
  axis: LoopAxis = 'sequential',
): Statement {
  invariant(step > 0, 'loops count upwards');
  return Object.freeze({ kind: 'for', variable: name, axis, from, to, step: literal(step), body });
}
