/**
 * Kernel IR → text for languages that look like C: one traversal over a small record of spellings. Parentheses follow
 * precedence; statements are lines, indented by two.
 */
import { at, unreachable } from '../src/core/invariant.ts';
import type { Expression, OperatorName, Statement, Type } from '../src/kernel/kernel.ts';

/** Text and how tightly it binds; higher binds tighter, atoms bind tightest. */
export interface Spelled {
  readonly text: string;
  readonly level: number;
}

export const atom = (text: string): Spelled => ({ text, level: 20 });

/** What distinguishes one C-like language from another. */
export interface Dialect {
  readonly operators: Readonly<Record<OperatorName, (operands: readonly Spelled[], type: Type) => Spelled>>;
  readonly literal: (value: number, type: Type) => Spelled;
  readonly declare: (name: string, type: Type, mutable: boolean, value: string) => string;
  readonly load: (name: string, type: Type, buffer: string, index: string, splat: boolean) => string;
  readonly store: (buffer: string, index: string, value: string, type: Type) => string;
  readonly forHead: (variable: string, from: string, to: string, step: string) => string;
  readonly lane: (vector: Spelled, lane: number) => Spelled;
  readonly vector: (elements: readonly string[], type: Type) => Spelled;
  readonly barrier: string;
}

/** An infix operator of a precedence level; the right operand binds tighter, since it associates to the left. */
export const infix =
  (sign: string, level: number) =>
  (operands: readonly Spelled[]): Spelled => ({
    text: `${bracket(at(operands, 0), level)} ${sign} ${bracket(at(operands, 1), level + 1)}`,
    level,
  });

export const prefix =
  (sign: string, level: number) =>
  (operands: readonly Spelled[]): Spelled => ({ text: `${sign}${bracket(at(operands, 0), level + 1)}`, level });

export const call =
  (name: string) =>
  (operands: readonly Spelled[]): Spelled =>
    atom(`${name}(${operands.map(operand => operand.text).join(', ')})`);

export const bracket = (operand: Spelled, level: number): string => (operand.level < level ? `(${operand.text})` : operand.text);

export function printExpression(dialect: Dialect, node: Expression): Spelled {
  switch (node.kind) {
    case 'literal':
      return dialect.literal(node.value, node.type);
    case 'variable':
      return atom(node.name);
    case 'operation':
      return dialect.operators[node.operator](node.operands.map(operand => printExpression(dialect, operand)), node.type);
    case 'lane':
      return dialect.lane(printExpression(dialect, node.vector), node.lane);
    case 'vector':
      return dialect.vector(node.elements.map(element => printExpression(dialect, element).text), node.type);
    default:
      return unreachable(node);
  }
}

export function printStatements(dialect: Dialect, list: readonly Statement[], indent: string): string[] {
  const text = (node: Expression) => printExpression(dialect, node).text;
  const deeper = `${indent}  `;
  return list.flatMap(node => {
    switch (node.kind) {
      case 'comment':
        return [`${indent}// ${node.text}`];
      case 'declare':
        return [indent + dialect.declare(node.name, node.value.type, node.mutable, text(node.value))];
      case 'assign':
        return [`${indent}${node.name} = ${text(node.value)};`];
      case 'load':
        return [indent + dialect.load(node.name, node.type, node.buffer, text(node.index), node.splat)];
      case 'store':
        return [indent + dialect.store(node.buffer, text(node.index), text(node.value), node.value.type)];
      case 'for':
        return [
          `${indent}${dialect.forHead(node.variable, text(node.from), text(node.to), text(node.step))} {`,
          ...printStatements(dialect, node.body, deeper),
          `${indent}}`,
        ];
      case 'if': {
        const otherwise = node.otherwise.length === 0 ? [] : [`${indent}} else {`, ...printStatements(dialect, node.otherwise, deeper)];
        return [`${indent}if (${text(node.condition)}) {`, ...printStatements(dialect, node.then, deeper), ...otherwise, `${indent}}`];
      }
      case 'barrier':
        return [indent + dialect.barrier];
      default:
        return unreachable(node);
    }
  });
}
