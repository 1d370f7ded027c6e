/** What checking an expression gives, and how it is read as the sort that its place wants. */
import type { Expression } from '../../grammar/ast.ts';
import { checking } from '../core/diagnostics/check.ts';
import { fail, type Scope, textOf } from './scope.ts';
import type { MapNode, OperatorNode, TensorNode, TypedPattern } from './typed.ts';
import { spaceText, tensorTypeText } from './types.ts';

export type Checked =
  | { readonly sort: 'tensor'; readonly node: TensorNode }
  | { readonly sort: 'operator'; readonly node: OperatorNode }
  | { readonly sort: 'map'; readonly node: MapNode }
  | { readonly sort: 'pattern'; readonly pattern: TypedPattern }
  | { readonly sort: 'string'; readonly value: string }
  /** Already reported; silent from here on. */
  | { readonly sort: 'error' };

export const failed: Checked = { sort: 'error' };
export const tensor = (node: TensorNode): Checked => ({ sort: 'tensor', node });
export const operator = (node: OperatorNode): Checked => ({ sort: 'operator', node });

/** The sort as a message names it. */
export function describe(checked: Checked): string {
  switch (checked.sort) {
    case 'tensor':
      return tensorTypeText(checked.node.type);
    case 'operator':
      return `an operator ${spaceText(checked.node.space)}`;
    case 'map':
      return `a map ${spaceText(checked.node.space)}`;
    case 'pattern':
      return 'a pattern';
    case 'string':
      return 'a string';
    case 'error':
      return 'an error';
  }
}

/** Reports a value of another sort, unless its error is already known. */
export function wrongSort(
  node: Expression,
  checked: Checked,
  expected: string,
  scope: Scope,
  repair?: string,
): undefined {
  if (checked.sort === 'error') return undefined;
  const found = `${describe(checked)}, ${textOf(node)}`;
  const hint = repair === undefined ? undefined : `did you mean ${repair}?`;
  return fail(scope, checking.wrongSort, node.span, { found, expected }, { hint });
}

/** The operator that a tensor was probably meant to be. */
function asOperatorText(node: Expression, checked: Checked): string | undefined {
  if (checked.sort !== 'tensor') return undefined;
  const words = [undefined, 'diag', 'dense', 'blockdiag'][checked.node.type.shape.length];
  if (words === undefined) return undefined;
  // In A * x it is the factor x that was meant, not the tensor A x.
  return checked.node.kind === 'applied' && node.kind === 'binary'
    ? `${textOf(node.left)} * ${words}(${textOf(node.right)})`
    : `${words}(${textOf(node)})`;
}

export function asOperator(node: Expression, checked: Checked, scope: Scope): OperatorNode | undefined {
  if (checked.sort === 'operator') return checked.node;
  if (checked.sort === 'map')
    return fail(scope, checking.mapMisuse, node.span, { what: 'what is done here' });
  return wrongSort(node, checked, 'an operator', scope, asOperatorText(node, checked));
}

export function asMap(node: Expression, checked: Checked, scope: Scope): MapNode | undefined {
  if (checked.sort === 'map') return checked.node;
  if (checked.sort === 'operator') return linear(checked.node);
  return wrongSort(node, checked, 'an operator or a map', scope, asOperatorText(node, checked));
}

export const linear = (node: OperatorNode): MapNode => ({
  kind: 'linear',
  operator: node,
  space: node.space,
  span: node.span,
});

/** A tensor of numbers; tensors of dtype index are not numbers. */
export function asNumbers(
  node: Expression,
  checked: Checked,
  scope: Scope,
  expected = 'a tensor',
): TensorNode | undefined {
  if (checked.sort === 'tensor' && checked.node.type.numbers !== 'index') return checked.node;
  return wrongSort(node, checked, checked.sort === 'tensor' ? 'numbers' : expected, scope);
}

/** A number: a tensor of shape []. */
export function asNumber(
  node: Expression,
  checked: Checked,
  scope: Scope,
  expected = 'a number',
): TensorNode | undefined {
  if (checked.sort === 'tensor' && checked.node.type.shape.length === 0)
    return asNumbers(node, checked, scope, expected);
  return wrongSort(node, checked, expected, scope);
}

export const isNumber = (checked: Checked): boolean =>
  checked.sort === 'tensor' && checked.node.type.shape.length === 0;
