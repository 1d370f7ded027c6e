/** Walks over the kernel IR: every statement of a body, the expressions of a statement, the names in an expression. */
import { unreachable } from '../core/invariant.ts';
import type { Expression, Kernel, Statement } from './kernel.ts';

/** Every statement, outer ones first. */
export function visitStatements(body: readonly Statement[], visit: (statement: Statement) => void): void {
  for (const statement of body) {
    visit(statement);
    if (statement.kind === 'for') visitStatements(statement.body, visit);
    if (statement.kind === 'if') {
      visitStatements(statement.then, visit);
      visitStatements(statement.otherwise, visit);
    }
  }
}

export function usesMatrixUnits({ body }: Kernel): boolean {
  let uses = false;
  visitStatements(body, ({ kind }) => {
    uses ||= kind === 'multiplyMatrices';
  });
  return uses;
}

/** The expressions a statement evaluates itself. */
export function expressionsOf(statement: Statement): readonly Expression[] {
  switch (statement.kind) {
    case 'declare':
    case 'assign':
      return [statement.value];
    case 'load':
      return [statement.index];
    case 'store':
      return [statement.index, statement.value];
    case 'for':
      return [statement.from, statement.to, statement.step];
    case 'if':
      return [statement.condition];
    case 'multiplyMatrices':
      return [statement.a, statement.b];
    case 'comment':
    case 'barrier':
      return [];
    default:
      return unreachable(statement);
  }
}

/** Variables of an expression, as often as they are read. */
export function namesIn(node: Expression): string[] {
  switch (node.kind) {
    case 'literal':
      return [];
    case 'variable':
      return [node.name];
    case 'lane':
      return namesIn(node.vector);
    case 'vector':
      return node.elements.flatMap(namesIn);
    case 'operation':
      return node.operands.flatMap(namesIn);
    default:
      return unreachable(node);
  }
}
