/** The types of operands and results, operator by operator: what verify.ts asks of every operation. */
import { sameType } from './build.ts';
import { type Expression, type OperatorName, operators, type Scalar, type Type } from './kernel.ts';

type Rule = (operands: readonly Type[], result: Type) => boolean;

const alike: Rule = (operands, result) => operands.every(operand => sameType(operand, result));
const of =
  (...scalars: readonly Scalar[]): Rule =>
  (operands, result) =>
    alike(operands, result) && scalars.includes(result.scalar);
const computed: readonly Scalar[] = ['i32', 'f32', 'f64'];
const reals: readonly Scalar[] = ['f32', 'f64', 'f16', 'bf16'];
const number = of(...computed);
const integer = of('i32');
const real = of('f32', 'f64');

const oneType = (operands: readonly Type[]): boolean =>
  operands.every(operand => operands[0] && sameType(operand, operands[0]));

const comparison: Rule = (operands, result) =>
  oneType(operands) &&
  operands.every(({ scalar }) => computed.includes(scalar)) &&
  result.scalar === 'i32' &&
  result.lanes === operands[0]?.lanes;

/** From one of these scalar types to one of those, lane by lane. */
const conversion =
  (from: readonly Scalar[], to: readonly Scalar[]): Rule =>
  ([operand], result) =>
    operand !== undefined &&
    from.includes(operand.scalar) &&
    to.includes(result.scalar) &&
    operand.lanes === result.lanes;

const rules = {
  add: number,
  subtract: number,
  multiply: number,
  divide: number,
  modulo: integer,
  minimum: number,
  maximum: number,
  power: real,
  negate: number,
  absolute: number,
  squareRoot: real,
  floor: real,
  exp: real,
  log: real,
  sin: real,
  cos: real,
  tanh: real,
  erf: real,
  fusedMultiplyAdd: real,
  less: comparison,
  equal: comparison,
  and: integer,
  or: integer,
  exclusiveOr: integer,
  shiftLeft: integer,
  shiftRightUnsigned: integer,
  select: ([condition, then, otherwise], result) =>
    condition?.scalar === 'i32' &&
    condition.lanes === result.lanes &&
    alike([then ?? condition, otherwise ?? condition], result),
  toFloat: conversion(['i32'], ['f32', 'f64']),
  toInteger: conversion(['f32', 'f64'], ['i32']),
  toPrecision: conversion(reals, reals),
  bitsToFloat: conversion(['i32'], ['f32']),
  floatToBits: conversion(['f32'], ['i32']),
  splat: ([operand], result) => operand?.lanes === 1 && operand.scalar === result.scalar && result.lanes > 1,
} satisfies Record<OperatorName, Rule>;

const written = (type: Type): string => (type.lanes === 1 ? type.scalar : `${type.scalar}x${type.lanes}`);

export function operandProblem({
  operator,
  operands,
  type,
}: Expression & { kind: 'operation' }): string | undefined {
  const types = operands.map(operand => operand.type);
  if (operands.length === operators[operator].arity && rules[operator](types, type)) return undefined;
  return `${operator}(${types.map(written).join(', ')}) gives no ${written(type)}`;
}
