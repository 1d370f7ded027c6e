/**
 * The places of a kernel: every statement and every expression, each with the kernel that has something else
 * there.
 */
import type { Expression, Kernel, Statement } from '../../src/kernel/kernel.ts';

export interface StatementSite {
  readonly statement: Statement;
  /** The loops around it, outermost first. */
  readonly loops: readonly string[];
  readonly replaced: (by: readonly Statement[]) => Kernel;
}

export function* statementSites(kernel: Kernel): Generator<StatementSite> {
  yield* inBody(kernel.body, [], body => ({ ...kernel, body }));
}

function* inBody(
  body: readonly Statement[],
  loops: readonly string[],
  rebuild: (body: readonly Statement[]) => Kernel,
): Generator<StatementSite> {
  for (const [index, statement] of body.entries()) {
    const replaced = (by: readonly Statement[]) => rebuild(body.toSpliced(index, 1, ...by));
    yield { statement, loops, replaced };
    if (statement.kind === 'for') {
      yield* inBody(statement.body, [...loops, statement.variable], inner =>
        replaced([{ ...statement, body: inner }]),
      );
    }
    if (statement.kind === 'if') {
      yield* inBody(statement.then, loops, then => replaced([{ ...statement, then }]));
      yield* inBody(statement.otherwise, loops, otherwise => replaced([{ ...statement, otherwise }]));
    }
  }
}

export interface ExpressionSite {
  readonly expression: Expression;
  readonly replaced: (by: Expression) => Expression;
}

export function* expressionSites(
  expression: Expression,
  replaced: (by: Expression) => Expression = by => by,
): Generator<ExpressionSite> {
  yield { expression, replaced };
  switch (expression.kind) {
    case 'literal':
    case 'variable':
      return;
    case 'lane':
      return yield* expressionSites(expression.vector, vector => replaced({ ...expression, vector }));
    case 'operation':
      for (const [k, operand] of expression.operands.entries())
        yield* expressionSites(operand, by =>
          replaced({ ...expression, operands: expression.operands.with(k, by) }),
        );
      return;
    case 'vector':
      for (const [k, element] of expression.elements.entries())
        yield* expressionSites(element, by =>
          replaced({ ...expression, elements: expression.elements.with(k, by) }),
        );
  }
}
