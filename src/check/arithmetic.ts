/** Chains of `+ - * / %`: numbers, tensors, sums and products of operators, operators applied to tensors. */
import type { BinaryOperator, Expression } from '../../grammar/ast.ts';
import { checking } from '../core/diagnostics/check.ts';
import { report } from '../core/diagnostics/diagnostic.ts';
import { at } from '../core/invariant.ts';
import type { Span } from '../core/span.ts';
import { leftSpine } from '../core/spine.ts';
import {
  asNumber,
  asNumbers,
  asOperator,
  type Checked,
  failed,
  operator,
  tensor,
  wrongSort,
} from './checked.ts';
import { check, joined } from './expression.ts';
import { declarationNotes, factorHint } from './repair.ts';
import { fail, requireEqual, type Scope, textOf } from './scope.ts';
import { constantOf } from './symbolic.ts';
import type { OperatorNode, SignedTerm, TensorNode } from './typed.ts';
import { numberType } from './types.ts';
import { numbersAgree, requireSameSpace } from './unify.ts';

type Binary = Expression & { kind: 'binary' };

const isProduct = (sign: BinaryOperator): boolean => sign !== '+' && sign !== '-';

/** One side of a binary operation: its source and what it was found to be. */
interface Side {
  readonly source: Expression;
  readonly checked: Checked;
}

/** a ∘ b ∘ c ... of one precedence. */
export function checkChain(node: Binary, scope: Scope): Checked {
  const isLink = (other: Expression): other is Binary =>
    other.kind === 'binary' && isProduct(other.operator) === isProduct(node.operator);
  const { first, links } = leftSpine(node, isLink);
  let left: Side = { source: first, checked: check(first, scope) };
  for (const each of links) {
    const right = { source: each.right, checked: check(each.right, scope) };
    left = { source: each, checked: binary(each, left, right, scope) };
  }
  return left.checked;
}

function binary(node: Binary, left: Side, right: Side, scope: Scope): Checked {
  const [a, b] = [left.checked.sort, right.checked.sort];
  if (a === 'error' || b === 'error') return failed;
  if (a === 'map' || b === 'map') return mapMisused(node, scope);
  if (a !== 'operator' && b !== 'operator') return numbers(node, left, right, scope);
  switch (node.operator) {
    case '+':
    case '-':
      return sum(node, left, right, scope);
    case '*':
      return product(node, left, right, scope);
    case '/': {
      const divided = asOperator(left.source, left.checked, scope);
      const divisor = divided && asNumber(right.source, right.checked, scope);
      if (divided === undefined || divisor === undefined) return failed;
      const space = { ...divided.space, complex: divided.space.complex || isComplex(divisor) };
      return operator({ kind: 'divide', operator: divided, divisor, space, span: node.span });
    }
    case '%':
      wrongSort(
        a === 'operator' ? left.source : right.source,
        a === 'operator' ? left.checked : right.checked,
        'a size',
        scope,
      );
      return failed;
  }
}

function mapMisused(node: Binary, scope: Scope): Checked {
  const hint = node.operator === '*' ? 'continue the map with |> instead' : undefined;
  fail(scope, checking.mapMisuse, node.span, { what: node.operator }, { hint });
  return failed;
}

const isComplex = (node: TensorNode): boolean => node.type.numbers === 'complex';

function numbers(node: Binary, left: Side, right: Side, scope: Scope): Checked {
  const wanted = 'a number, tensor or operator';
  const x = asNumbers(left.source, left.checked, scope, wanted);
  const y = asNumbers(right.source, right.checked, scope, wanted);
  if (x === undefined || y === undefined) return failed;
  const { operator: sign, span } = node;
  if (sign === '%' && !(x.type.numbers === 'whole' && y.type.numbers === 'whole')) {
    fail(scope, checking.wrongSort, span, { found: textOf(node), expected: 'sizes or indices around %' });
    return failed;
  }
  if (!numbersAgree(x, y, node, scope)) return failed;
  const shape = x.type.shape.length > 0 ? x.type.shape : y.type.shape;
  const together = joined(x.type.numbers, y.type.numbers);
  const kind = sign === '/' && together === 'whole' ? 'real' : together;
  return tensor({
    kind: 'arithmetic',
    operator: sign,
    left: x,
    right: y,
    type: { shape, numbers: kind },
    span,
  });
}

function sum(node: Binary, left: Side, right: Side, scope: Scope): Checked {
  const [a, b] = [
    asOperator(left.source, left.checked, scope),
    asOperator(right.source, right.checked, scope),
  ];
  if (a === undefined || b === undefined) return failed;
  const { span } = node;
  if (!requireSameSpace(scope, a.space, b.space, textOf(node), span)) return failed;
  const before: readonly SignedTerm[] =
    a.kind === 'sum' && left.source.kind === 'binary' ? a.terms : [{ negative: false, operator: a }];
  const terms = [...before, { negative: node.operator === '-', operator: b }];
  const space = { ...a.space, complex: a.space.complex || b.space.complex };
  return operator({ kind: 'sum', terms, space, span });
}

/** number·operator, operator·operator, operator·number, operator·tensor on its leading axis. */
function product(node: Binary, left: Side, right: Side, scope: Scope): Checked {
  const { span } = node;
  const [a, b] = [left.checked, right.checked];
  if (b.sort === 'operator' && a.sort !== 'operator') {
    const repair =
      a.sort === 'tensor' && a.node.type.shape.length > 0 ? 'a number or an operator' : undefined;
    const factor = asFactor(left, scope, repair);
    return factor === undefined ? failed : scaled(factor, b.node, span);
  }
  const first = asOperator(left.source, a, scope);
  if (first === undefined) return failed;
  if (b.sort === 'operator') return composed(node, left, first, right, b.node, scope);
  const second = asNumbers(right.source, b, scope, 'an operator or a tensor');
  if (second === undefined) return failed;
  if (second.type.shape.length === 0) return scaled(second, first, span);
  return applied(node, left, first, right, second, scope);
}

function asFactor(side: Side, scope: Scope, expected: string | undefined): TensorNode | undefined {
  if (expected === undefined) return asNumber(side.source, side.checked, scope, 'a number or an operator');
  const text = textOf(side.source);
  const axes = side.checked.sort === 'tensor' ? side.checked.node.type.shape.length : 0;
  const words = axes === 1 ? 'diag' : axes === 2 ? 'dense' : 'blockdiag';
  return wrongSort(side.source, side.checked, expected, scope, `${words}(${text})`);
}

function scaled(factor: TensorNode, of: OperatorNode, span: Span): Checked {
  const space = { ...of.space, complex: of.space.complex || isComplex(factor) };
  return operator({ kind: 'scale', factor, operator: of, space, span });
}

const factorsOf = (source: Expression, node: OperatorNode): readonly OperatorNode[] =>
  node.kind === 'compose' && source.kind === 'binary' ? node.factors : [node];

function composed(
  node: Binary,
  left: Side,
  a: OperatorNode,
  right: Side,
  b: OperatorNode,
  scope: Scope,
): Checked {
  const factors = factorsOf(left.source, a);
  const meeting = factors.at(-1) ?? a;
  const complain = (takes: string, gives: string) =>
    report(
      checking.factorsDisagree,
      node.span,
      { left: textOf(meeting), takes, right: textOf(right.source), gives },
      {
        notes: declarationNotes([meetingSource(left.source), right.source], scope),
        hint: factorHint(textOf(meeting), meeting, textOf(right.source), b, scope),
      },
    );
  if (!requireEqual(scope, a.space.columns, b.space.rows, complain)) return failed;
  const space = {
    columns: b.space.columns,
    rows: a.space.rows,
    complex: a.space.complex || b.space.complex,
  };
  return operator({ kind: 'compose', factors: [...factors, b], space, span: node.span });
}

/** The factor of a product that meets what stands to its right. */
const meetingSource = (source: Expression): Expression =>
  source.kind === 'binary' && source.operator === '*' ? source.right : source;

function applied(
  node: Binary,
  left: Side,
  a: OperatorNode,
  right: Side,
  x: TensorNode,
  scope: Scope,
): Checked {
  const [leading, ...rest] = x.type.shape;
  const complain = (takes: string, gives: string) =>
    report(
      checking.factorsDisagree,
      node.span,
      { left: textOf(left.source), takes, right: textOf(right.source), gives },
      { notes: declarationNotes([left.source, right.source], scope), hint: applicationHint(right, x, a) },
    );
  if (!requireEqual(scope, a.space.columns, leading ?? at(x.type.shape, 0), complain)) return failed;
  const kind = a.space.complex || isComplex(x) ? 'complex' : 'real';
  const type = { ...numberType(kind), shape: [a.space.rows, ...rest] };
  return tensor({ kind: 'applied', operator: a, tensor: x, type, span: node.span });
}

/** A tensor that was meant to be an operator is the likely slip. */
function applicationHint(right: Side, x: TensorNode, a: OperatorNode): string | undefined {
  const words = [undefined, 'diag', 'dense', 'blockdiag'][x.type.shape.length];
  const known = constantOf(a.space.columns) === undefined;
  return words === undefined || !known ? undefined : `as an operator it is ${words}(${textOf(right.source)})`;
}
