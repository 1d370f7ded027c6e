/**
 * AST → text, the form that `sop fmt` writes. The tokens are those of the source in their order; only blanks and line
 * breaks change, so the meaning cannot. Comments and blank lines between declarations and statements are kept.
 */
import { hasErrors } from '../src/core/diagnostics/diagnostic.ts';
import type { Body, Declaration, File, Parameter, ParameterType, SpaceType, Statement } from './ast.ts';
import { close, closingLine, dedent, fill, hardLine, indent, layOut, line, open, space } from './layout.ts';
import type { Parsed } from './parser.ts';
import {
  bracketed,
  enclosed,
  type Items,
  printCondition,
  printExpression,
  printNames,
  printSizes,
  separated,
  token,
} from './printExpression.ts';

/** The formatted source; nothing where the source has errors, which `parse` reported. */
export const format = ({ file, diagnostics }: Parsed): string | undefined =>
  hasErrors(diagnostics) ? undefined : print(file);

/** The text of a tree without `error` nodes. */
export function print({ declarations, trivia }: Pick<File, 'declarations' | 'trivia'>): string {
  const items: Items = [];
  for (const [k, declaration] of declarations.entries()) {
    if (k > 0) items.push(hardLine('between'));
    items.push(open);
    printDeclaration(items, declaration);
    items.push(close);
  }
  return layOut(items, trivia);
}

function word(items: Items, text: string): void {
  token(items, text);
  items.push(space);
}

function printDeclaration(items: Items, declaration: Declaration): void {
  switch (declaration.kind) {
    case 'use':
      word(items, 'use');
      word(items, `"${declaration.path}"`);
      return bracketed(items, ['(', ')'], declaration.names, ({ text }) => token(items, text));
    case 'export':
      word(items, 'export');
      token(items, declaration.name.text);
      if (declaration.sizes.length > 0) printSizes(items, declaration.sizes);
      items.push(space);
      word(items, 'as');
      return token(items, declaration.alias.text);
    case 'pattern':
      return printPattern(items, declaration);
    case 'shared':
      word(items, 'param');
      return printParameter(items, declaration.parameter);
    case 'op':
      return printOperator(items, declaration);
    case 'scan':
      return printScan(items, declaration);
  }
}

function printPattern(items: Items, pattern: Declaration & { readonly kind: 'pattern' }): void {
  word(items, 'pattern');
  token(items, pattern.name.text);
  printSizes(items, pattern.sizes);
  items.push(space);
  if (pattern.path !== undefined) {
    word(items, '=');
    return token(items, `"${pattern.path}"`);
  }
  token(items, '{');
  items.push(indent, line(' '));
  separated(items, pattern.edges ?? [], ({ from, to }) => {
    printExpression(items, from);
    items.push(space);
    word(items, '->');
    printExpression(items, to);
  });
  items.push(dedent, closingLine(' '));
  token(items, '}');
}

function printParameter(items: Items, parameter: Parameter): void {
  for (const binding of parameter.bindings) word(items, binding.word);
  token(items, parameter.name.text);
  word(items, ':');
  printType(items, parameter.type);
  if (parameter.default === undefined) return;
  items.push(space);
  word(items, '=');
  printExpression(items, parameter.default);
}

function printType(items: Items, { name, dims }: ParameterType): void {
  if (name !== undefined) token(items, name.text);
  if (dims !== undefined) printSizes(items, dims);
}

function printSpace(items: Items, { dtype, dims }: SpaceType): void {
  if (dtype !== undefined) {
    token(items, dtype.text);
    printSizes(items, dims);
  } else for (const size of dims) printExpression(items, size);
}

/** A heading that does not fit breaks here, before it breaks anywhere else. */
const printParameters = (items: Items, parameters: readonly Parameter[]): void =>
  enclosed(items, ['(', ')'], parameters, parameter => printParameter(items, parameter));

function printWhere(items: Items, where: (Declaration & { readonly kind: 'op' })['where']): void {
  if (where.length === 0) return;
  items.push(indent, fill(' '));
  word(items, 'where');
  separated(items, where, condition => printCondition(items, condition));
  items.push(dedent);
}

/** On one line if it fits, else the body on the next. */
function printOperator(items: Items, operator: Declaration & { readonly kind: 'op' }): void {
  items.push(open, open);
  word(items, 'op');
  token(items, operator.name.text);
  if (operator.binders.length > 0) printNames(items, operator.binders);
  printParameters(items, operator.parameters);
  items.push(space);
  word(items, ':');
  printSpace(items, operator.domain);
  items.push(space);
  word(items, '->');
  printSpace(items, operator.codomain);
  items.push(close);
  printWhere(items, operator.where);
  items.push(close, indent, line(' '));
  word(items, '=');
  printBody(items, operator.body);
  items.push(dedent);
}

/** Lines after the first are indented past the `=`; those of a chain or a bracket alone are indented enough already. */
function printBody(items: Items, { lets, result }: Body): void {
  const isIndented = lets.length > 0 || result.kind === 'if';
  if (isIndented) items.push(indent);
  items.push(open);
  for (const { name, value } of lets) {
    printLet(items, name.text, value);
    items.push(line(' ', 'keep'));
  }
  printExpression(items, result);
  items.push(close);
  if (isIndented) items.push(dedent);
}

function printLet(items: Items, name: string, value: Parameters<typeof printExpression>[1]): void {
  word(items, 'let');
  word(items, name);
  word(items, '=');
  printExpression(items, value);
  token(items, ';');
}

function printScan(items: Items, scan: Declaration & { readonly kind: 'scan' }): void {
  items.push(open, open);
  word(items, 'scan');
  token(items, scan.name.text);
  if (scan.binders.length > 0) printNames(items, scan.binders);
  if (scan.over.length > 0) {
    items.push(space);
    word(items, 'over');
    printNames(items, scan.over);
  }
  printParameters(items, scan.parameters);
  items.push(space);
  word(items, '->');
  printType(items, scan.result);
  if (scan.reversed) {
    items.push(space);
    token(items, 'reversed');
  }
  items.push(close);
  printWhere(items, scan.where);
  items.push(close, hardLine('first'));
  printStatements(items, scan.body);
}

function printStatements(items: Items, statements: readonly Statement[]): void {
  token(items, '{');
  items.push(indent);
  for (const [k, statement] of statements.entries()) {
    items.push(hardLine(k === 0 ? 'first' : 'between'));
    printStatement(items, statement);
  }
  items.push(dedent, statements.length === 0 ? closingLine('') : hardLine('last'));
  token(items, '}');
}

function printStatement(items: Items, statement: Statement): void {
  switch (statement.kind) {
    case 'state':
      word(items, 'state');
      token(items, statement.name.text);
      word(items, ':');
      printType(items, statement.type);
      if (statement.initial === undefined) return;
      items.push(space);
      word(items, '=');
      return printExpression(items, statement.initial);
    case 'let':
      return printLet(items, statement.name.text, statement.value);
    case 'update':
      word(items, statement.name.text);
      word(items, '<-');
      return printExpression(items, statement.value);
    case 'for':
      return printLoop(items, statement);
    case 'yield':
      word(items, 'yield');
      return printExpression(items, statement.value);
  }
}

/** A single statement may stand on the line of its `for`. */
function printLoop(items: Items, loop: Statement & { readonly kind: 'for' }): void {
  items.push(open);
  word(items, 'for');
  word(items, loop.variable.text);
  word(items, '<');
  printExpression(items, loop.bound);
  items.push(space);
  const [only] = loop.body;
  if (loop.body.length !== 1 || only === undefined) printStatements(items, loop.body);
  else {
    token(items, '{');
    items.push(indent, line(' '));
    printStatement(items, only);
    items.push(dedent, closingLine(' '));
    token(items, '}');
  }
  items.push(close);
}
