/**
 * Differences of meaning between targets: operators that a target cannot spell become ones that it can.
 * Decided by capability, never by the target's name. What an expansion uses twice gets a name in front of the
 * statement.
 */
import { invariant, unreachable } from '../src/core/invariant.ts';
import type { RealFormat } from '../src/core/precision.ts';
import { declare, lane, operation, variable } from '../src/kernel/build.ts';
import type { Expression, Kernel, OperatorName, Statement } from '../src/kernel/kernel.ts';
import { type ExpandedFunction, expansions } from './functions.ts';
import { doubleExpansions } from './functionsDouble.ts';
import { boundNames } from './names.ts';

/** Which operators a target has beside arithmetic. */
export interface Capabilities extends Readonly<Record<ExpandedFunction, boolean>> {
  /** Of numbers, of vectors; absent means that the target has it or that no kernel for it asks. */
  readonly fusedMultiplyAdd?: boolean | 'vectors';
  /** What its memory may hold, f32 and f64 when absent; no kernel computes in sixteen bits. */
  readonly formats?: readonly RealFormat[];
}

/** The same kernel where nothing is missing. */
export function legalize(kernel: Kernel, capabilities: Capabilities): Kernel {
  const context: Context = { capabilities, taken: new Set(boundNames(kernel)), count: 0 };
  const body = legalizeBlock(context, kernel.body);
  return body === kernel.body ? kernel : { ...kernel, body };
}

interface Context {
  readonly capabilities: Capabilities;
  readonly taken: ReadonlySet<string>;
  count: number;
}

function legalizeBlock(context: Context, body: readonly Statement[]): readonly Statement[] {
  const made = body.flatMap(statement => legalizeStatement(context, statement));
  const unchanged = made.length === body.length && made.every((statement, k) => statement === body[k]);
  return unchanged ? body : made;
}

function legalizeStatement(context: Context, statement: Statement): Statement[] {
  const before: Statement[] = [];
  const legal = (node: Expression) => rewrite(context, before, node);
  const result = (changed: Statement, isSame: boolean) => (isSame ? [statement] : [...before, changed]);
  switch (statement.kind) {
    case 'comment':
    case 'barrier':
    // Addresses and bounds are integers, for which nothing is missing.
    case 'load':
      return [statement];
    // Planned only where a profile has matrix units; its operands are names.
    case 'multiplyMatrices':
      return [statement];
    case 'declare':
    case 'assign':
    case 'store': {
      const value = legal(statement.value);
      return result({ ...statement, value }, value === statement.value);
    }
    case 'for': {
      const body = legalizeBlock(context, statement.body);
      return result({ ...statement, body }, body === statement.body);
    }
    case 'if': {
      const condition = legal(statement.condition);
      const then = legalizeBlock(context, statement.then);
      const otherwise = legalizeBlock(context, statement.otherwise);
      const isSame =
        condition === statement.condition && then === statement.then && otherwise === statement.otherwise;
      return result({ ...statement, condition, then, otherwise }, isSame);
    }
    default:
      return unreachable(statement);
  }
}

function rewrite(context: Context, before: Statement[], node: Expression): Expression {
  const inner = (each: Expression) => rewrite(context, before, each);
  switch (node.kind) {
    case 'literal':
    case 'variable':
      return node;
    case 'lane': {
      const vector = inner(node.vector);
      return vector === node.vector ? node : { ...node, vector };
    }
    case 'vector': {
      const elements = node.elements.map(inner);
      return elements.every((each, k) => each === node.elements[k]) ? node : { ...node, elements };
    }
    case 'operation': {
      const operands = node.operands.map(inner);
      if (isMissing(context, node)) return expand(context, before, node.operator, operands);
      return operands.every((each, k) => each === node.operands[k]) ? node : { ...node, operands };
    }
    default:
      return unreachable(node);
  }
}

const isExpanded = (operator: OperatorName): operator is ExpandedFunction => operator in expansions;

function isMissing(
  { capabilities }: Context,
  { operator, type }: Expression & { kind: 'operation' },
): boolean {
  const { fusedMultiplyAdd } = capabilities;
  if (operator === 'fusedMultiplyAdd')
    return fusedMultiplyAdd === false || (fusedMultiplyAdd === 'vectors' && type.lanes === 1);
  return isExpanded(operator) && !capabilities[operator];
}

function expand(
  context: Context,
  before: Statement[],
  operator: OperatorName,
  operands: readonly Expression[],
): Expression {
  const [a, b, c] = operands;
  invariant(a !== undefined, 'an operator has operands');
  if (b !== undefined && c !== undefined) return operation('add', [c, operation('multiply', [a, b])]);
  invariant(isExpanded(operator), `nothing stands in for ${operator}`);
  const named = (value: Expression): Expression => {
    if (value.kind === 'literal' || value.kind === 'variable') return value;
    const name = freshName(context, operator);
    before.push(declare(name, value));
    return variable(name, value.type);
  };
  return a.type.scalar === 'f64'
    ? expandDouble(operator, named, a)
    : expansions[operator]({ type: a.type, named, hasExp: context.capabilities.exp }, operands);
}

/** f64 goes lane by lane. */
function expandDouble(
  operator: ExpandedFunction,
  named: (value: Expression) => Expression,
  x: Expression,
): Expression {
  invariant(operator in doubleExpansions, `${operator} of f64 has no expansion`);
  const expansion = doubleExpansions[operator as keyof typeof doubleExpansions];
  const { type } = x;
  const whole = named(x);
  if (type.lanes === 1) return expansion(named, whole);
  const elements = Array.from({ length: type.lanes }, (_, k) => expansion(named, named(lane(whole, k))));
  return { kind: 'vector', type, elements };
}

function freshName(context: Context, stem: string): string {
  for (;;) {
    const name = `${stem}${context.count++}`;
    if (!context.taken.has(name)) return name;
  }
}
