/** Looking at trees: without their places, node by node, and as short text. */
import type { Declaration, Expression, File } from '../../grammar/ast.ts';
import { type Parsed, parse } from '../../grammar/parser.ts';
import { invariant } from '../../src/core/invariant.ts';
import type { Span } from '../../src/core/span.ts';

export const parseText = (text: string): Parsed => parse({ name: 'test.sop', text });

export const codesOf = ({ diagnostics }: Parsed): string[] => diagnostics.map(({ code }) => code);

/** Declarations as data, without spans: equal for two texts that mean the same. */
export const meaningOf = ({ declarations }: Pick<File, 'declarations'>): unknown =>
  JSON.parse(
    JSON.stringify(declarations, (key, value: unknown) =>
      key === 'span' || key === 'pathSpan' ? undefined : value,
    ),
  );

/** The body of an operator whose body is this text. */
export function expressionOf(text: string): Expression {
  const parsed = parseText(`op f() : n -> n = ${text}`);
  invariant(parsed.diagnostics.length === 0, `${text}: ${JSON.stringify(codesOf(parsed))}`);
  const [declaration] = parsed.file.declarations;
  invariant(declaration?.kind === 'op', 'an op');
  return declaration.body.result;
}

interface Node {
  readonly span: Span;
  readonly kind?: string;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'span' in value;

/** Everything with a place, outer before inner. */
export function nodesOf(root: unknown): Node[] {
  const found: Node[] = [];
  const queue: unknown[] = [root];
  for (let value = queue.pop(); value !== undefined; value = queue.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    if (isNode(value)) found.push(value);
    for (const [key, inner] of Object.entries(value))
      if (key !== 'span' && key !== 'pathSpan') queue.push(inner);
  }
  return found;
}

export const expressionKinds: ReadonlySet<string> = new Set([
  'name',
  'number',
  'string',
  'parenthesized',
  'negate',
  'binary',
  'power',
  'adjoint',
  'index',
  'call',
  'big',
  'bigCall',
  'assume',
  'if',
  'block',
  'pipe',
] satisfies Expression['kind'][]);

export const expressionsOf = (declarations: readonly Declaration[]): Expression[] =>
  nodesOf(declarations).filter((node): node is Expression => expressionKinds.has(node.kind ?? ''));

export const textAt = ({ span }: Node): string => span.file.text.slice(span.start, span.end);

/** Prefix notation, to see what binds to what. Parentheses of the source read `{...}`. */
export function shapeOf(node: Expression): string {
  const list = (nodes: readonly Expression[]) => nodes.map(shapeOf).join(' ');
  switch (node.kind) {
    case 'name':
    case 'number':
      return node.text;
    case 'string':
      return JSON.stringify(node.value);
    case 'parenthesized':
      return `{${shapeOf(node.inner)}}`;
    case 'negate':
      return `(- ${shapeOf(node.operand)})`;
    case 'binary':
      return `(${node.operator} ${list([node.left, node.right])})`;
    case 'power':
      return `(^ ${list([node.base, node.exponent])})`;
    case 'adjoint':
      return `(' ${shapeOf(node.operand)})`;
    case 'index': {
      const items = node.items.map(item =>
        item.kind === 'all'
          ? '..'
          : item.kind === 'at'
            ? shapeOf(item.value)
            : `${shapeOf(item.from)}..${shapeOf(item.to)}`,
      );
      return `(at ${[shapeOf(node.target), ...items].join(' ')})`;
    }
    case 'call':
      return `(call ${list([node.callee, ...node.arguments])})`;
    case 'big':
      return `(${node.word} ${node.variable.text}<${shapeOf(node.bound)} ${shapeOf(node.body)})`;
    case 'bigCall':
      return `(${node.word} ${list(node.arguments)})`;
    case 'assume':
      return `(assume ${node.property.text} ${shapeOf(node.operand)})`;
    case 'if': {
      const { left, comparison, right } = node.condition;
      return `(if ${shapeOf(left)} ${comparison} ${shapeOf(right)} ${list([node.then, node.otherwise])})`;
    }
    case 'block':
      return `[${node.rows.map(list).join('; ')}]`;
    case 'pipe':
      return `(|> ${list(node.steps)})`;
    case 'error':
      return '?';
  }
}
