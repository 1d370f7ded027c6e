/** Which buffers of a kernel can be arrays of vectors of four: every access is a whole vector at a multiple of four. */
import { unreachable } from '../src/core/invariant.ts';
import { add, literal, multiply, operation } from '../src/kernel/build.ts';
import type { Expression, Kernel, Statement } from '../src/kernel/kernel.ts';

export interface Alignment {
  /** Names of the buffers; those that no vector touches stay arrays of numbers. */
  readonly vectors: ReadonlySet<string>;
  /** Of each i32 name, a number that divides it. */
  readonly multiples: ReadonlyMap<string, number>;
}

/** `known` divides parameters. */
export function alignmentOf(kernel: Kernel, known: ReadonlyMap<string, number> = new Map()): Alignment {
  const multiples = new Map(known);
  const [whole, broken] = [new Set<string>(), new Set<string>()];
  const touch = (buffer: string, lanes: number, index: Expression): void => {
    (lanes === 4 && multipleOf(index, multiples) % 4 === 0 ? whole : broken).add(buffer);
  };
  const visit = (statement: Statement): void => {
    switch (statement.kind) {
      case 'declare':
        multiples.set(statement.name, statement.mutable ? 1 : multipleOf(statement.value, multiples));
        return;
      case 'load':
        touch(statement.buffer, statement.splat ? 1 : statement.type.lanes, statement.index);
        return;
      case 'store':
        touch(statement.buffer, statement.value.type.lanes, statement.index);
        return;
      case 'for': {
        const { from, step } = statement;
        multiples.set(
          statement.variable,
          greatestCommonDivisor(multipleOf(from, multiples), multipleOf(step, multiples)),
        );
        statement.body.forEach(visit);
        return;
      }
      case 'if':
        [...statement.then, ...statement.otherwise].forEach(visit);
        return;
      case 'assign':
      case 'barrier':
      case 'comment':
      case 'multiplyMatrices':
        return;
      default:
        unreachable(statement);
    }
  };
  kernel.body.forEach(visit);
  const dividesExtent = (name: string) =>
    kernel.buffers.some(
      ({ name: own, extent }) => own === name && extent.fixed % 4 === 0 && extent.perUnit % 4 === 0,
    );
  return { vectors: new Set([...whole].filter(name => !broken.has(name) && dividesExtent(name))), multiples };
}

/** Whether an index is a multiple of a number for certain. */
export const isMultiple = (index: Expression, of: number, { multiples }: Alignment): boolean =>
  multipleOf(index, multiples) % of === 0;

/** A multiple of four, divided by four: what divides evenly by itself, term by term. */
export function quarterOf(index: Expression, alignment: Alignment): Expression {
  const isMultiple = (each: Expression): boolean => multipleOf(each, alignment.multiples) % 4 === 0;
  if (index.kind === 'literal') return literal(index.value / 4);
  if (index.kind === 'operation') {
    const [a, b] = index.operands;
    if (a !== undefined && b !== undefined) {
      if (index.operator === 'add' && isMultiple(a) && isMultiple(b))
        return add(quarterOf(a, alignment), quarterOf(b, alignment));
      if (index.operator === 'multiply' && isMultiple(b)) return multiply(a, quarterOf(b, alignment));
      if (index.operator === 'multiply' && isMultiple(a)) return multiply(quarterOf(a, alignment), b);
    }
  }
  return operation('divide', [index, literal(4)]);
}

/** A number that divides the i32 expression; 0 stands for what only 0 is a multiple of. */
function multipleOf(expression: Expression, multiples: ReadonlyMap<string, number>): number {
  if (expression.type.scalar !== 'i32' || expression.type.lanes > 1) return 1;
  if (expression.kind === 'literal') return Math.abs(expression.value);
  if (expression.kind === 'variable') return multiples.get(expression.name) ?? 1;
  if (expression.kind !== 'operation') return 1;
  const [a = 1, b = 1] = expression.operands.map(operand => multipleOf(operand, multiples));
  switch (expression.operator) {
    case 'add':
    case 'subtract':
    case 'modulo':
    case 'minimum':
    case 'maximum':
      return greatestCommonDivisor(a, b);
    case 'multiply':
      return a * b;
    default:
      return 1;
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
