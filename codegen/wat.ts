/**
 * Kernel IR → WebAssembly text: one exported function for each kernel, memory imported, nothing else.
 *
 * A kernel's arguments are the byte address of each buffer, then its parameters. A vector comparison is a mask of ones;
 * where it is used as a number it is negated to 0 or 1.
 */
import { at, invariant, unreachable } from '../src/core/invariant.ts';
import type { Buffer, Expression, Kernel, OperatorName, Statement, Type } from '../src/kernel/kernel.ts';
import { printSexpression, type Sexpression } from './sexpression.ts';

export interface WatOptions {
  readonly comment: readonly string[];
}

export function printWat(kernels: readonly Kernel[], { comment }: WatOptions): string {
  const functions = kernels.map(kernel => printKernel(kernel));
  const head = comment.map(line => `;; ${line}`.trimEnd());
  const lines = [...head, '(module', '  (import "env" "memory" (memory 1))', ...functions];
  return `${lines.join('\n')})\n`;
}

function printKernel(kernel: Kernel): string {
  const parameters = [
    ...kernel.buffers.map(({ name }) => name),
    ...kernel.parameters.map(({ name }) => name),
  ];
  const body: Sexpression[] = [
    'func',
    `$${kernel.name}`,
    ['export', `"${kernel.name}"`],
    ...kernel.buffers.flatMap((buffer): Sexpression[] => [
      `;; ${buffer.name}: ${buffer.comment}`,
      ['param', `$${buffer.name}`, 'i32'],
    ]),
    ...parameters.slice(kernel.buffers.length).map((name): Sexpression => ['param', `$${name}`, 'i32']),
    ...localsOf(kernel.body),
    ...statements(kernel.body, new Map(kernel.buffers.map(buffer => [buffer.name, buffer]))),
  ];
  const comments = kernel.comment.map(line => `  ;; ${line}`.trimEnd());
  return [...comments, printSexpression(body, 2)].join('\n');
}

/** All names of a kernel by type, in order of appearance. */
function localsOf(body: readonly Statement[]): Sexpression[] {
  const locals: Sexpression[] = [];
  const visit = (list: readonly Statement[]): void => {
    for (const statement of list) {
      if (statement.kind === 'declare') locals.push(local(statement.name, statement.value.type));
      else if (statement.kind === 'load') locals.push(local(statement.name, statement.type));
      else if (statement.kind === 'for') {
        locals.push(['local', `$${statement.variable}`, 'i32']);
        if (!isStable(statement.to)) locals.push(['local', `$${statement.variable}.to`, 'i32']);
        visit(statement.body);
      } else if (statement.kind === 'if') {
        visit(statement.then);
        visit(statement.otherwise);
      }
    }
  };
  visit(body);
  return locals;
}

const local = (name: string, type: Type): Sexpression => [
  'local',
  `$${name}`,
  type.lanes === 1 ? type.scalar : 'v128',
];

/** Bounds that cannot change while the loop runs need no copy. */
const isStable = (bound: Expression): boolean => bound.kind === 'literal' || bound.kind === 'variable';

type Buffers = ReadonlyMap<string, Buffer>;

const statements = (list: readonly Statement[], buffers: Buffers): Sexpression[] =>
  list.flatMap(each => statement(each, buffers));

function statement(node: Statement, buffers: Buffers): Sexpression[] {
  switch (node.kind) {
    case 'comment':
      return [`;; ${node.text}`];
    case 'declare':
    case 'assign':
      return [['local.set', `$${node.name}`, expression(node.value)]];
    case 'load':
      return [
        [
          'local.set',
          `$${node.name}`,
          [loadInstruction(node.type, node.splat), ...address(node.buffer, node.index, buffers)],
        ],
      ];
    case 'store':
      return [
        [
          `${spelling(node.value.type)}.store`,
          ...address(node.buffer, node.index, buffers),
          expression(node.value),
        ],
      ];
    case 'for':
      return forLoop(node, buffers);
    case 'if': {
      const otherwise: Sexpression[] =
        node.otherwise.length === 0 ? [] : [['else', ...statements(node.otherwise, buffers)]];
      return [['if', expression(node.condition), ['then', ...statements(node.then, buffers)], ...otherwise]];
    }
    case 'barrier':
      return [];
    default:
      return unreachable(node);
  }
}

function forLoop(node: Statement & { kind: 'for' }, buffers: Buffers): Sexpression[] {
  const counter = `$${node.variable}`;
  const bound: Sexpression = isStable(node.to) ? expression(node.to) : ['local.get', `${counter}.to`];
  const below: Sexpression = ['i32.lt_s', ['local.get', counter], bound];
  const repeat: Sexpression = [
    'loop',
    `${counter}.next`,
    ...statements(node.body, buffers),
    ['local.set', counter, ['i32.add', ['local.get', counter], expression(node.step)]],
    ['br_if', `${counter}.next`, below],
  ];
  const enters = node.from.kind === 'literal' && node.to.kind === 'literal';
  if (enters && node.from.value >= node.to.value) return [];
  const start: Sexpression[] = [['local.set', counter, expression(node.from)]];
  if (!isStable(node.to)) start.push(['local.set', `${counter}.to`, expression(node.to)]);
  return [...start, enters ? repeat : ['if', below, ['then', repeat]]];
}

/** The instruction's memory immediates and address: constants go into `offset=`, the rest is scaled to bytes. */
function address(buffer: string, index: Expression, buffers: Buffers): Sexpression[] {
  const scalar = buffers.get(buffer)?.scalar;
  invariant(scalar !== undefined, `no buffer ${buffer}`);
  const shift = scalar === 'f64' ? 3 : 2;
  const { rest, constant } = splitConstant(index);
  const offset = constant * 2 ** shift;
  const inImmediate = offset >= 0 && offset < 2 ** 31;
  const dynamic = inImmediate ? rest : index;
  const base: Sexpression = ['local.get', `$${buffer}`];
  const place: Sexpression =
    dynamic === undefined
      ? base
      : ['i32.add', base, ['i32.shl', expression(dynamic), ['i32.const', String(shift)]]];
  return inImmediate && offset > 0 ? [`offset=${offset}`, place] : [place];
}

function splitConstant(index: Expression): { rest: Expression | undefined; constant: number } {
  if (index.kind === 'literal') return { rest: undefined, constant: index.value };
  if (index.kind === 'operation' && index.operator === 'add') {
    const [a, b] = [at(index.operands, 0), at(index.operands, 1)];
    const [left, right] = [splitConstant(a), splitConstant(b)];
    const constant = left.constant + right.constant;
    if (left.rest === undefined) return { rest: right.rest, constant };
    if (right.rest === undefined) return { rest: left.rest, constant };
    const same = left.rest === a && right.rest === b;
    return { rest: same ? index : { ...index, operands: [left.rest, right.rest] }, constant };
  }
  return { rest: index, constant: 0 };
}

function loadInstruction(type: Type, splat: boolean): string {
  if (type.lanes === 1) return `${type.scalar}.load`;
  return splat ? `v128.load${type.scalar === 'f64' ? 64 : 32}_splat` : 'v128.load';
}

/** The prefix of instructions that move a value of this type. */
const spelling = (type: Type): string => (type.lanes === 1 ? type.scalar : 'v128');

/** The prefix of arithmetic instructions: `f32` or `f32x4`. */
const arithmetic = (type: Type): string => (type.lanes === 1 ? type.scalar : `${type.scalar}x${type.lanes}`);

function expression(node: Expression): Sexpression {
  switch (node.kind) {
    case 'literal': {
      const scalar: Sexpression = [`${node.type.scalar}.const`, constant(node.value)];
      return node.type.lanes === 1
        ? scalar
        : ['v128.const', arithmetic(node.type), ...Array(node.type.lanes).fill(constant(node.value))];
    }
    case 'variable':
      return ['local.get', `$${node.name}`];
    case 'lane':
      return [`${arithmetic(node.vector.type)}.extract_lane`, String(node.lane), expression(node.vector)];
    case 'vector': {
      const [first, ...rest] = node.elements;
      invariant(first !== undefined, 'a vector has lanes');
      const prefix = arithmetic(node.type);
      const splat: Sexpression = [`${prefix}.splat`, expression(first)];
      return rest.reduce<Sexpression>(
        (made, element, k) => [`${prefix}.replace_lane`, String(k + 1), made, expression(element)],
        splat,
      );
    }
    case 'operation':
      return spell(node);
    default:
      return unreachable(node);
  }
}

function constant(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (value === Number.POSITIVE_INFINITY) return 'inf';
  if (value === Number.NEGATIVE_INFINITY) return '-inf';
  return Object.is(value, -0) ? '-0' : String(value);
}

type Operation = Expression & { kind: 'operation' };
type Spelling = (node: Operation) => Sexpression;

const operand = (node: Operation, index: number): Expression => at(node.operands, index);
const operandType = (node: Operation): Type => operand(node, 0).type;

/** prefix.name applied to all operands; `names` gives the integer spelling where it differs. */
const plain =
  (float: string, integer = float): Spelling =>
  node => {
    const type = operandType(node);
    return [
      `${arithmetic(type)}.${type.scalar === 'i32' ? integer : float}`,
      ...node.operands.map(expression),
    ];
  };

const comparison =
  (float: string, integer: string): Spelling =>
  node => {
    const mask = plain(float, integer)(node);
    return node.type.lanes === 1 ? mask : [`${arithmetic(node.type)}.neg`, mask];
  };

/** On i32, minimum and maximum are a choice; vectors of i32 have instructions of their own. */
const extreme =
  (float: string, integer: string, compare: string): Spelling =>
  node => {
    const type = node.type;
    if (type.scalar !== 'i32' || type.lanes > 1) return plain(float, integer)(node);
    const [a, b] = node.operands.map(expression);
    invariant(a !== undefined && b !== undefined, 'two operands');
    return ['select', a, b, [`i32.${compare}`, a, b]];
  };

/** Bitwise operations have one spelling for all vectors. */
const bitwise =
  (name: string): Spelling =>
  node => [`${spelling(node.type)}.${name}`, ...node.operands.map(expression)];

const choose: Spelling = node => {
  const [condition, then, otherwise] = [operand(node, 0), operand(node, 1), operand(node, 2)];
  if (node.type.lanes === 1)
    return ['select', expression(then), expression(otherwise), expression(condition)];
  const isComparison =
    condition.kind === 'operation' && (condition.operator === 'less' || condition.operator === 'equal');
  const mask: Sexpression = isComparison
    ? (condition.operator === 'less' ? plain('lt', 'lt_s') : plain('eq'))(condition)
    : ['i32x4.ne', expression(condition), ['v128.const', 'i32x4', '0', '0', '0', '0']];
  return ['v128.bitselect', expression(then), expression(otherwise), mask];
};

const convert: Spelling = node => {
  const from = operandType(node);
  const name =
    node.type.scalar === 'i32'
      ? `trunc${from.lanes > 1 ? '_sat' : ''}_${arithmetic(from)}_s`
      : `convert_${arithmetic(from)}_s`;
  return [`${arithmetic(node.type)}.${name}`, ...node.operands.map(expression)];
};

const reinterpret: Spelling = node =>
  node.type.lanes > 1
    ? expression(operand(node, 0))
    : [`${node.type.scalar}.reinterpret_${operandType(node).scalar}`, ...node.operands.map(expression)];

const shift =
  (name: string): Spelling =>
  node => {
    const [value, count] = [operand(node, 0), operand(node, 1)];
    // A vector shifts all lanes by one number.
    const by =
      node.type.lanes > 1 && count.kind === 'literal'
        ? { ...count, type: { scalar: 'i32', lanes: 1 } as const }
        : count;
    return [`${arithmetic(node.type)}.${name}`, expression(value), expression(by)];
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
  negate: node =>
    node.type.scalar === 'i32' && node.type.lanes === 1
      ? ['i32.sub', ['i32.const', '0'], expression(operand(node, 0))]
      : plain('neg')(node),
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
  toPrecision: node => [
    `${node.type.scalar}.${node.type.scalar === 'f64' ? 'promote_f32' : 'demote_f64'}`,
    expression(operand(node, 0)),
  ],
  bitsToFloat: reinterpret,
  floatToBits: reinterpret,
  splat: node => [`${arithmetic(node.type)}.splat`, expression(operand(node, 0))],
} satisfies Record<OperatorName, Spelling>;

const spell = (node: Operation): Sexpression => spellings[node.operator](node);

/** What WebAssembly with 128-bit SIMD can spell; `legalize` replaces the rest. */
export const wasmCapabilities = {
  exp: false,
  log: false,
  sin: false,
  cos: false,
  tanh: false,
  erf: false,
  power: false,
} as const;
