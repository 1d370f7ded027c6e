/**
 * Less to read and to run, with the same meaning: constants folded, loops with the axis `unrolled` written
 * out, names that are never read dropped. Gives back the same object where there is nothing to do.
 */
import { at, unreachable } from '../core/invariant.ts';
import { laneFunction } from './arithmetic.ts';
import { literal } from './build.ts';
import { dropUnread, namesRead, sameOr } from './deadNames.ts';
import type { Expression, Kernel, Statement } from './kernel.ts';
import { visitStatements } from './traverse.ts';

/** Statements one loop may become; longer loops stay loops. */
const unrollBudget = 256;

export function simplify(kernel: Kernel): Kernel {
  const unrolled = simplifyBlock(kernel.body, { values: new Map(), suffix: '' });
  const read = namesRead(unrolled);
  const body = dropUnread(unrolled, read);
  return body === kernel.body ? kernel : { ...kernel, body };
}

/** What stands for names: loop variables that are written out, and the copies' own names. */
interface Copy {
  readonly values: ReadonlyMap<string, Expression>;
  /** Ends the names bound in a copy of a loop's body. */
  readonly suffix: string;
}

const simplifyBlock = (body: readonly Statement[], copy: Copy): readonly Statement[] =>
  sameOr(
    body,
    body.flatMap(statement => simplifyStatement(statement, copy)),
  );

function simplifyStatement(statement: Statement, copy: Copy): readonly Statement[] {
  const fold = (node: Expression) => foldExpression(node, copy);
  const own = (name: string) => name + copy.suffix;
  switch (statement.kind) {
    case 'comment':
    case 'barrier':
      return [statement];
    case 'declare': {
      const [name, value] = [own(statement.name), fold(statement.value)];
      return [
        name === statement.name && value === statement.value ? statement : { ...statement, name, value },
      ];
    }
    case 'assign': {
      const target = copy.values.get(statement.name);
      const name = target?.kind === 'variable' ? target.name : statement.name;
      const value = fold(statement.value);
      return [
        name === statement.name && value === statement.value ? statement : { ...statement, name, value },
      ];
    }
    case 'load': {
      const [name, index] = [own(statement.name), fold(statement.index)];
      return [
        name === statement.name && index === statement.index ? statement : { ...statement, name, index },
      ];
    }
    case 'store': {
      const [index, value] = [fold(statement.index), fold(statement.value)];
      return [
        index === statement.index && value === statement.value ? statement : { ...statement, index, value },
      ];
    }
    case 'multiplyMatrices': {
      const target = copy.values.get(statement.accumulator);
      const accumulator = target?.kind === 'variable' ? target.name : statement.accumulator;
      const [a, b] = [fold(statement.a), fold(statement.b)];
      const isSame = accumulator === statement.accumulator && a === statement.a && b === statement.b;
      return [isSame ? statement : { ...statement, accumulator, a, b }];
    }
    case 'for':
      return simplifyLoop(statement, copy);
    case 'if':
      return simplifyIf(statement, copy);
    default:
      return unreachable(statement);
  }
}

function simplifyIf(statement: Statement & { kind: 'if' }, copy: Copy): readonly Statement[] {
  const condition = foldExpression(statement.condition, copy);
  const [then, otherwise] = [simplifyBlock(statement.then, copy), simplifyBlock(statement.otherwise, copy)];
  if (condition.kind === 'literal') return condition.value !== 0 ? then : otherwise;
  const isSame =
    condition === statement.condition && then === statement.then && otherwise === statement.otherwise;
  return [isSame ? statement : { ...statement, condition, then, otherwise }];
}

function simplifyLoop(node: Statement & { kind: 'for' }, copy: Copy): readonly Statement[] {
  const [from, to, step] = [node.from, node.to, node.step].map(bound => foldExpression(bound, copy));
  if (from === undefined || to === undefined || step === undefined) return [node];
  const known = from.kind === 'literal' && to.kind === 'literal' && step.kind === 'literal';
  if (known && from.value >= to.value) return [];
  if (known && node.axis === 'unrolled') {
    const rounds = Math.ceil((to.value - from.value) / step.value);
    if (rounds * countStatements(node.body) <= unrollBudget) {
      return Array.from({ length: rounds }, (_, k) =>
        copyOf(node, literal(from.value + k * step.value), k, copy),
      ).flat();
    }
  }
  const variable = node.variable + copy.suffix;
  const body = simplifyBlock(node.body, copy);
  const isSame =
    variable === node.variable &&
    from === node.from &&
    to === node.to &&
    step === node.step &&
    body === node.body;
  return [isSame ? node : { ...node, variable, from, to, step, body }];
}

/** One round of a loop: its variable is a number, the names it binds end in the number of the round. */
function copyOf(
  node: Statement & { kind: 'for' },
  value: Expression,
  round: number,
  outer: Copy,
): readonly Statement[] {
  const suffix = `${outer.suffix}.${round}`;
  const values = new Map(outer.values);
  values.set(node.variable, value);
  for (const [name, type] of namesBound(node.body)) {
    values.set(name, { kind: 'variable', type, name: name + suffix });
  }
  return simplifyBlock(node.body, { values, suffix });
}

function namesBound(body: readonly Statement[]): [string, Expression['type']][] {
  return body.flatMap((statement): [string, Expression['type']][] => {
    switch (statement.kind) {
      case 'declare':
        return [[statement.name, statement.value.type]];
      case 'load':
        return [[statement.name, statement.type]];
      case 'for':
        return [[statement.variable, statement.from.type], ...namesBound(statement.body)];
      case 'if':
        return namesBound([...statement.then, ...statement.otherwise]);
      case 'comment':
      case 'assign':
      case 'store':
      case 'barrier':
      case 'multiplyMatrices':
        return [];
      default:
        return unreachable(statement);
    }
  });
}

function countStatements(body: readonly Statement[]): number {
  let count = 0;
  visitStatements(body, () => {
    count++;
  });
  return count;
}

// --------------------------------------------------------------------------------------- expressions

function foldExpression(node: Expression, copy: Copy): Expression {
  switch (node.kind) {
    case 'literal':
      return node;
    case 'variable':
      return copy.values.get(node.name) ?? node;
    case 'lane': {
      const vector = foldExpression(node.vector, copy);
      return vector === node.vector ? node : { ...node, vector };
    }
    case 'vector': {
      const elements = sameOr(
        node.elements,
        node.elements.map(each => foldExpression(each, copy)),
      );
      return elements === node.elements ? node : { ...node, elements };
    }
    case 'operation': {
      const operands = sameOr(
        node.operands,
        node.operands.map(each => foldExpression(each, copy)),
      );
      const folded = operands === node.operands ? node : { ...node, operands };
      return foldedConstant(folded) ?? folded;
    }
    default:
      return unreachable(node);
  }
}

/** The number an operation of numbers gives; the neutral elements of i32 sums and products go too. */
function foldedConstant({
  operator,
  operands,
  type,
}: Expression & { kind: 'operation' }): Expression | undefined {
  if (type.lanes !== 1) return undefined;
  const values = operands.flatMap(operand => (operand.kind === 'literal' ? [operand.value] : []));
  if (values.length === operands.length) {
    const [a = 0, b = 0, c = 0] = values;
    const value = laneFunction(operator, at(operands, 0).type.scalar, type.scalar)(a, b, c);
    return literal(value, type);
  }
  const [a, b] = operands;
  if (type.scalar !== 'i32' || a === undefined || b === undefined) return undefined;
  const is = (operand: Expression, value: number) => operand.kind === 'literal' && operand.value === value;
  if (operator === 'add') return is(a, 0) ? b : is(b, 0) ? a : undefined;
  if (operator === 'multiply')
    return is(a, 1) ? b : is(b, 1) ? a : is(a, 0) || is(b, 0) ? literal(0) : undefined;
  if ((operator === 'divide' && is(b, 1)) || (operator === 'subtract' && is(b, 0))) return a;
  return undefined;
}
