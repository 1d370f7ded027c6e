/** How WebAssembly spells the operators, loads and numbers of the kernel IR. */
import { at, invariant } from '../src/core/invariant.ts';
import type { Expression, OperatorName, Type } from '../src/kernel/kernel.ts';
import type { Sexpression } from './sexpression.ts';

export function loadInstruction(type: Type, splat: boolean): string {
  invariant(type.scalar !== 'f16' && type.scalar !== 'bf16', 'WebAssembly has no numbers of sixteen bits');
  if (type.lanes === 1) return `${type.scalar}.load`;
  return splat ? `v128.load${type.scalar === 'f64' ? 64 : 32}_splat` : 'v128.load';
}

/** The prefix of instructions that move a value of this type. */
export const spelling = (type: Type): string => (type.lanes === 1 ? type.scalar : 'v128');

/** The prefix of arithmetic instructions: `f32` or `f32x4`. */
export const arithmetic = (type: Type): string =>
  type.lanes === 1 ? type.scalar : `${type.scalar}x${type.lanes}`;

export function constant(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (value === Number.POSITIVE_INFINITY) return 'inf';
  if (value === Number.NEGATIVE_INFINITY) return '-inf';
  return Object.is(value, -0) ? '-0' : String(value);
}

type Operation = Expression & { kind: 'operation' };
type Print = (node: Expression) => Sexpression;
type Spelling = (node: Operation, print: Print) => Sexpression;

const operand = (node: Operation, index: number): Expression => at(node.operands, index);
const operandType = (node: Operation): Type => operand(node, 0).type;

/** prefix.name applied to all operands; `names` gives the integer spelling where it differs. */
const plain =
  (float: string, integer = float): Spelling =>
  (node, print) => {
    const type = operandType(node);
    return [`${arithmetic(type)}.${type.scalar === 'i32' ? integer : float}`, ...node.operands.map(print)];
  };

const comparison =
  (float: string, integer: string): Spelling =>
  (node, print) => {
    const mask = plain(float, integer)(node, print);
    return node.type.lanes === 1 ? mask : [`${arithmetic(node.type)}.neg`, mask];
  };

/** On i32, minimum and maximum are a choice; vectors of i32 have instructions of their own. */
const extreme =
  (float: string, integer: string, compare: string): Spelling =>
  (node, print) => {
    const type = node.type;
    if (type.scalar !== 'i32' || type.lanes > 1) return plain(float, integer)(node, print);
    const [a, b] = node.operands.map(print);
    invariant(a !== undefined && b !== undefined, 'two operands');
    return ['select', a, b, [`i32.${compare}`, a, b]];
  };

/** Bitwise operations have one spelling for all vectors. */
const bitwise =
  (name: string): Spelling =>
  (node, print) => [`${spelling(node.type)}.${name}`, ...node.operands.map(print)];

const choose: Spelling = (node, print) => {
  const [condition, then, otherwise] = [operand(node, 0), operand(node, 1), operand(node, 2)];
  if (node.type.lanes === 1) return ['select', print(then), print(otherwise), print(condition)];
  const isComparison =
    condition.kind === 'operation' && (condition.operator === 'less' || condition.operator === 'equal');
  const mask: Sexpression = isComparison
    ? (condition.operator === 'less' ? plain('lt', 'lt_s') : plain('eq'))(condition, print)
    : ['i32x4.ne', print(condition), ['v128.const', 'i32x4', '0', '0', '0', '0']];
  return ['v128.bitselect', print(then), print(otherwise), mask];
};

const convert: Spelling = (node, print) => {
  const from = operandType(node);
  const name =
    node.type.scalar === 'i32'
      ? `trunc${from.lanes > 1 ? '_sat' : ''}_${arithmetic(from)}_s`
      : `convert_${arithmetic(from)}_s`;
  return [`${arithmetic(node.type)}.${name}`, ...node.operands.map(print)];
};

const reinterpret: Spelling = (node, print) =>
  node.type.lanes > 1
    ? print(operand(node, 0))
    : [`${node.type.scalar}.reinterpret_${operandType(node).scalar}`, ...node.operands.map(print)];

const shift =
  (name: string): Spelling =>
  (node, print) => {
    const [value, count] = [operand(node, 0), operand(node, 1)];
    // A vector shifts all lanes by one number.
    const by =
      node.type.lanes > 1 && count.kind === 'literal'
        ? { ...count, type: { scalar: 'i32', lanes: 1 } as const }
        : count;
    return [`${arithmetic(node.type)}.${name}`, print(value), print(by)];
  };

/** No instruction: `legalize` has replaced it before printing. */
const absent: Spelling = node => invariant(false, `${node.operator} reached the WASM printer`) as never;

const spellings = {
  add: plain('add'),
  subtract: plain('sub'),
  multiply: plain('mul'),
  divide: plain('div', 'div_u'),
  modulo: plain('rem', 'rem_u'),
  minimum: extreme('min', 'min_s', 'lt_s'),
  maximum: extreme('max', 'max_s', 'gt_s'),
  power: absent,
  negate: (node, print) =>
    node.type.scalar === 'i32' && node.type.lanes === 1
      ? ['i32.sub', ['i32.const', '0'], print(operand(node, 0))]
      : plain('neg')(node, print),
  absolute: plain('abs'),
  squareRoot: plain('sqrt'),
  floor: plain('floor'),
  exp: absent,
  log: absent,
  sin: absent,
  cos: absent,
  tanh: absent,
  erf: absent,
  fusedMultiplyAdd: plain('relaxed_madd'),
  less: comparison('lt', 'lt_s'),
  equal: comparison('eq', 'eq'),
  and: bitwise('and'),
  or: bitwise('or'),
  exclusiveOr: bitwise('xor'),
  shiftLeft: shift('shl'),
  shiftRightUnsigned: shift('shr_u'),
  select: choose,
  toFloat: convert,
  toInteger: convert,
  toPrecision: (node, print) => [
    `${node.type.scalar}.${node.type.scalar === 'f64' ? 'promote_f32' : 'demote_f64'}`,
    print(operand(node, 0)),
  ],
  bitsToFloat: reinterpret,
  floatToBits: reinterpret,
  splat: (node, print) => [`${arithmetic(node.type)}.splat`, print(operand(node, 0))],
} satisfies Record<OperatorName, Spelling>;

export const spell = (node: Operation, print: Print): Sexpression => spellings[node.operator](node, print);
