/**
 * Kernel IR → text for languages that look like C: one traversal over a small record of spellings.
 * Parentheses follow precedence; statements are lines, indented by two. Conditions and numbers are kept
 * apart, because some of these languages have truth values: a comparison that is used as a number goes
 * through `asNumber`, a number that is tested through `asCondition`.
 */
import { at, invariant, unreachable } from '../src/core/invariant.ts';
import type { Expression, OperatorName, Scalar, Statement, Type } from '../src/kernel/kernel.ts';
import type { Namer } from './names.ts';

/** Text and how tightly it binds: C's levels, from 1 (assignment) to 15 (prefix); atoms bind tightest. */
export interface Spelled {
  readonly text: string;
  readonly level: number;
}

export const atom = (text: string): Spelled => ({ text, level: 20 });

/** The spelling of one operator; `from` is the scalar type of its operands, `type` what it gives. */
export type Spelling = (operands: readonly Spelled[], type: Type, from: Scalar) => Spelled;

/** What is read or written, as the kernel says it. */
export interface Access {
  readonly buffer: string;
  readonly index: Expression;
}

/** What distinguishes one C-like language from another. */
export interface Dialect {
  readonly operators: Readonly<Record<OperatorName, Spelling>>;
  readonly literal: (value: number, type: Type) => Spelled;
  readonly declare: (name: string, type: Type, mutable: boolean, value: string) => string;
  readonly load: (
    name: string,
    type: Type,
    buffer: string,
    index: string,
    splat: boolean,
    access: Access,
  ) => string;
  readonly store: (buffer: string, index: string, value: string, type: Type, access: Access) => string;
  /** A line before a loop of such a step, where the compiler wants advice. */
  readonly advice?: (step: string, body: readonly Statement[]) => string;
  readonly forHead: (variable: string, from: string, to: string, step: string) => string;
  readonly lane: (vector: Spelled, lane: number, type: Type) => Spelled;
  readonly vector: (elements: readonly string[], type: Type) => Spelled;
  /** A comparison as 0 or 1. */
  readonly asNumber: (condition: Spelled) => Spelled;
  /** Whether a number is not 0. */
  readonly asCondition: (value: Spelled) => Spelled;
  readonly barrier: string;
  /** Where there are matrix units. */
  readonly multiplyMatrices?: (accumulator: string, a: string, b: string, part: number) => string;
}

/** How one kernel is printed: the language, and its names there. */
export interface Printer {
  readonly dialect: Dialect;
  readonly nameOf: Namer;
}

// ------------------------------------------------------------------------------------------------- spellings

/**
 * An infix operator of a precedence level; the right operand binds tighter, since it associates to the left.
 */
export const infix =
  (sign: string, level: number): Spelling =>
  operands => ({
    text: `${bracket(at(operands, 0), level)} ${sign} ${bracket(at(operands, 1), level + 1)}`,
    level,
  });

export const prefix =
  (sign: string): Spelling =>
  operands => ({ text: `${sign}${bracket(at(operands, 0), prefixLevel + 1)}`, level: prefixLevel });

export const call =
  (name: string): Spelling =>
  operands =>
    atom(`${name}(${operands.map(operand => operand.text).join(', ')})`);

/** i32 operands of divisions are not negative: by a power of two they are shifts and masks. */
export const powerOfTwo =
  (otherwise: Spelling, spelled: (value: string, exponent: number) => string): Spelling =>
  (operands, type, from) => {
    const exponent = Math.log2(Number(at(operands, 1).text));
    if (type.scalar !== 'i32' || type.lanes > 1 || !Number.isInteger(exponent))
      return otherwise(operands, type, from);
    return atom(`(${spelled(bracket(at(operands, 0), 20), exponent)})`);
  };

/** An f32 as C-like languages write it. */
export function singleText(value: number): string {
  const text = String(Math.fround(value));
  return /[.e]/.test(text) ? `${text}f` : `${text}.0f`;
}

/** Element k of a vector in memory. */
export const offset = (index: string, k: number): string => (k === 0 ? index : `${index} + ${k}`);

/** condition ? then : otherwise, which associates to the right. */
export const conditional: Spelling = operands => {
  const [condition, then, otherwise] = [at(operands, 0), at(operands, 1), at(operands, 2)];
  const level = 3;
  return { text: `${bracket(condition, level + 1)} ? ${then.text} : ${bracket(otherwise, level)}`, level };
};

export const prefixLevel = 15;

export const bracket = (operand: Spelled, level: number): string =>
  operand.level < level ? `(${operand.text})` : operand.text;

// ----------------------------------------------------------------------------------------------- expressions

const comparisons: ReadonlySet<OperatorName> = new Set(['less', 'equal']);

const isComparison = (node: Expression): boolean =>
  node.kind === 'operation' && node.type.lanes === 1 && comparisons.has(node.operator);

export function printExpression(printer: Printer, node: Expression): Spelled {
  const { dialect, nameOf } = printer;
  switch (node.kind) {
    case 'literal':
      return dialect.literal(node.value, node.type);
    case 'variable':
      return atom(nameOf(node.name));
    case 'operation':
      return isComparison(node) ? dialect.asNumber(spell(printer, node)) : spell(printer, node);
    case 'lane':
      return dialect.lane(printExpression(printer, node.vector), node.lane, node.vector.type);
    case 'vector': {
      const elements = node.elements.map(element => printExpression(printer, element).text);
      return dialect.vector(elements, node.type);
    }
    default:
      return unreachable(node);
  }
}

/** An i32 as a condition: a comparison as it is written, anything else tested. */
export function printCondition(printer: Printer, node: Expression): Spelled {
  if (node.kind === 'operation' && isComparison(node)) return spell(printer, node);
  return printer.dialect.asCondition(printExpression(printer, node));
}

function spell(printer: Printer, node: Expression & { kind: 'operation' }): Spelled {
  const operands = node.operands.map((operand, k) =>
    node.operator === 'select' && k === 0 && operand.type.lanes === 1
      ? printCondition(printer, operand)
      : printExpression(printer, operand),
  );
  return printer.dialect.operators[node.operator](operands, node.type, at(node.operands, 0).type.scalar);
}

// ------------------------------------------------------------------------------------------------ statements

export const printStatements = (printer: Printer, list: readonly Statement[], indent: string): string[] =>
  list.flatMap(node => printStatement(printer, node, indent));

function printStatement(printer: Printer, node: Statement, indent: string): string[] {
  const { dialect, nameOf } = printer;
  const text = (each: Expression) => printExpression(printer, each).text;
  switch (node.kind) {
    case 'comment':
      return [`${indent}// ${node.text}`];
    case 'declare': {
      const { name, value, mutable } = node;
      return [indent + dialect.declare(nameOf(name), value.type, mutable, text(value))];
    }
    case 'assign':
      return [`${indent}${nameOf(node.name)} = ${text(node.value)};`];
    case 'load': {
      const { name, type, buffer, index, splat } = node;
      return [indent + dialect.load(nameOf(name), type, nameOf(buffer), text(index), splat, node)];
    }
    case 'store':
      return [
        indent +
          dialect.store(nameOf(node.buffer), text(node.index), text(node.value), node.value.type, node),
      ];
    case 'for': {
      const head = dialect.forHead(nameOf(node.variable), text(node.from), text(node.to), text(node.step));
      const advice =
        dialect.advice === undefined ? [] : [indent + dialect.advice(text(node.step), node.body)];
      return [...advice, ...braces(printer, head, node.body, indent)];
    }
    case 'if': {
      const head = `if (${printCondition(printer, node.condition).text})`;
      const then = braces(printer, head, node.then, indent);
      if (node.otherwise.length === 0) return then;
      return [...then.slice(0, -1), ...braces(printer, '} else', node.otherwise, indent)];
    }
    case 'barrier':
      return [indent + dialect.barrier];
    case 'multiplyMatrices': {
      invariant(dialect.multiplyMatrices !== undefined, 'the language has no matrix units');
      const { accumulator, a, b, part } = node;
      return [indent + dialect.multiplyMatrices(nameOf(accumulator), text(a), text(b), part)];
    }
    default:
      return unreachable(node);
  }
}

const braces = (printer: Printer, head: string, body: readonly Statement[], indent: string): string[] => [
  `${indent}${head} {`,
  ...printStatements(printer, body, `${indent}  `),
  `${indent}}`,
];
