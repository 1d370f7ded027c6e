/** Functions of tensors: elementwise, products of vectors, complex parts, sizes as numbers. */
import type { Expression } from '../../grammar/ast.ts';
import { checking } from '../core/diagnostics/check.ts';
import { asNumbers, type Checked, describe, failed, tensor } from './checked.ts';
import { check, joined } from './expression.ts';
import { fail, notYet, type Scope, textOf } from './scope.ts';
import { checkWhole } from './sizes.ts';
import type { TensorNode } from './typed.ts';
import { numberType } from './types.ts';
import { numbersAgree, requireSameShape } from './unify.ts';
import { complexFunctions, elementwiseFunctions, own, vectorFunctions } from './words.ts';

/** Nothing when the name is none of them. */
export function callFunction(
  node: Expression,
  name: string,
  list: readonly Expression[],
  scope: Scope,
): Checked | undefined {
  if (name === 'ceil') {
    const of = checkWhole(node, scope);
    return tensor({ kind: 'size', of, type: numberType('whole'), span: node.span });
  }
  const arity = arityOf(name);
  if (arity === undefined) return undefined;
  if (list.length !== arity) {
    const expected = `${arity} argument${arity === 1 ? '' : 's'}`;
    fail(scope, checking.wrongCount, node.span, { what: name, expected, found: list.length });
    return failed;
  }
  const tensors = list.map(each => asNumbers(each, check(each, scope), scope));
  const [a, b] = tensors;
  if (a === undefined || (arity === 2 && b === undefined)) return failed;
  return made(node, name, a, b ?? a, scope);
}

function arityOf(name: string): number | undefined {
  if (name === 'normalize' || own(complexFunctions, name) !== undefined) return 1;
  if (own(vectorFunctions, name) !== undefined) return 2;
  return own(elementwiseFunctions, name)?.arity;
}

function made(node: Expression, name: string, a: TensorNode, b: TensorNode, scope: Scope): Checked {
  const { span } = node;
  const complex = own(complexFunctions, name);
  if (complex !== undefined) {
    notYet(scope, `${name} (complex numbers)`, span);
    const numbers = complex === 'conj' ? joined(a.type.numbers, 'real') : 'real';
    return tensor({ kind: 'complex', word: complex, arguments: [a], type: { ...a.type, numbers }, span });
  }
  if (name === 'normalize') {
    if (a.type.shape.length > 0) return tensor({ kind: 'normalize', operand: a, type: real(a), span });
    fail(scope, checking.leafShape, span, { leaf: name, expected: 'a vector', found: found(a) });
    return failed;
  }
  const vectors = own(vectorFunctions, name);
  return vectors === undefined
    ? elementwise(node, name, a, b, scope)
    : vectorProduct(node, vectors, a, b, scope);
}

const real = ({ type }: TensorNode) => ({ ...type, numbers: joined(type.numbers, 'real') });
const found = (node: TensorNode): string => `${textOf(node)}, ${describe({ sort: 'tensor', node })}`;

function vectorProduct(
  node: Expression,
  word: 'dot' | 'inner' | 'outer',
  left: TensorNode,
  right: TensorNode,
  scope: Scope,
): Checked {
  const { span } = node;
  const [[m, ...more], [n, ...others]] = [left.type.shape, right.type.shape];
  if (m === undefined || n === undefined || more.length > 0 || others.length > 0) {
    const both = `${found(left)}, and ${found(right)}`;
    fail(scope, checking.leafShape, span, { leaf: word, expected: 'two vectors', found: both });
    return failed;
  }
  const numbers = joined(joined(left.type.numbers, right.type.numbers), 'real');
  if (word === 'outer')
    return tensor({ kind: 'vectors', word, left, right, type: { shape: [m, n], numbers }, span });
  if (!requireSameShape(scope, left.type.shape, right.type.shape, textOf(node), span)) return failed;
  return tensor({ kind: 'vectors', word, left, right, type: numberType(numbers), span });
}

function elementwise(node: Expression, name: string, a: TensorNode, b: TensorNode, scope: Scope): Checked {
  const row = own(elementwiseFunctions, name);
  if (row === undefined) return failed;
  const { span } = node;
  const together = joined(a.type.numbers, b.type.numbers);
  if (together === 'complex' && !row.complex) {
    fail(scope, checking.notReal, span, { what: textOf(node) }, { hint: `${name} takes real numbers` });
    return failed;
  }
  if (row.arity === 2 && !numbersAgree(a, b, node, scope)) return failed;
  const shape = a.type.shape.length > 0 ? a.type.shape : b.type.shape;
  const whole = together === 'whole' && (name === 'min' || name === 'max' || name === 'abs');
  const numbers = whole ? 'whole' : name === 'abs' ? 'real' : joined(together, 'real');
  const operands = row.arity === 1 ? [a] : [a, b];
  return tensor({
    kind: 'function',
    function: row.function,
    arguments: operands,
    type: { shape, numbers },
    span,
  });
}
