/**
 * Expressions at known sizes → values: operators of the IR, tensors, maps. Errors are reported where they stand and
 * become the silent value `error`, so that one run finds several.
 */
import type { Expression } from '../../grammar/ast.ts';
import { checking } from '../core/diagnostics/check.ts';
import { power } from '../ir/leaves.ts';
import {
  adjoint,
  assume,
  compose,
  directSum,
  horizontal,
  type Operator,
  type Property,
  type Step,
  scale,
  sum,
  vertical,
} from '../ir/operator.ts';
import {
  computed,
  element,
  type IndexFunction,
  type IndexScalar,
  indexApply,
  indexLiteral,
  ofIndex,
  type RealFunction,
  type Tensor,
  tabulateVariable,
} from '../ir/tensor.ts';
import { elementwise, scalarTensor } from '../ir/tensorAlgebra.ts';
import { callNamed } from './call.ts';
import { indexTensor } from './indexing.ts';
import { applyToTensor } from './product.ts';
import { fail, nearest, type Scope, spend, textOf, withNames } from './scope.ts';
import { conditionOf, sizeOf } from './sizes.ts';
import { describe, failed, numberValue, operatorValue, tensorValue, type Value } from './value.ts';

export function evaluate(node: Expression, scope: Scope): Value {
  if (!spend(scope, node)) return failed;
  switch (node.kind) {
    case 'error':
      return failed;
    case 'number':
      return numberValue(node.value);
    case 'string':
      return { sort: 'string', value: node.value };
    case 'parenthesized':
      return evaluate(node.inner, scope);
    case 'name':
      return evaluateName(node, scope);
    case 'negate':
      return negate(node, scope);
    case 'binary':
      return evaluateBinary(node, scope);
    case 'power':
      return evaluatePower(node, scope);
    case 'adjoint': {
      const value = evaluate(node.operand, scope);
      if (value.sort === 'operator') return operatorValue(adjoint(value.operator));
      if (value.sort === 'map') return fail(scope, checking.mapMisuse, node.span, { what: "the adjoint '" });
      return wrongSort(
        node.operand,
        value,
        'an operator',
        scope,
        value.sort === 'tensor' ? `dense(${textOf(node.operand)})'` : undefined,
      );
    }
    case 'index':
      return evaluateIndex(node, scope);
    case 'call':
      return evaluateCall(node, scope);
    case 'big':
      return evaluateBig(node, scope);
    case 'bigCall':
      return evaluateBigCall(node, scope);
    case 'assume':
      return evaluateAssume(node, scope);
    case 'if': {
      const holds = conditionOf(node.condition, scope);
      return holds === undefined ? failed : evaluate(holds ? node.then : node.otherwise, scope);
    }
    case 'block':
      return evaluateBlock(node, scope);
    case 'pipe':
      return evaluatePipe(node, scope);
  }
}

export function wrongSort(
  node: Expression,
  value: Value,
  expected: string,
  scope: Scope,
  repair?: string,
): Value {
  if (value.sort === 'error') return failed;
  const hint = repair === undefined ? undefined : `did you mean ${repair}?`;
  return fail(
    scope,
    checking.wrongSort,
    node.span,
    { found: `${describe(value)}, ${textOf(node)}`, expected },
    { hint },
  );
}

function evaluateName(node: Expression & { kind: 'name' }, scope: Scope): Value {
  const bound = scope.names.get(node.text);
  if (bound !== undefined) {
    scope.session.used.add(node.text);
    return bound();
  }
  if (node.text === 'pi') return tensorValue(scalarTensor(Math.PI));
  if (node.text === 'im')
    return fail(scope, checking.notSupported, node.span, { what: 'the imaginary unit im' });
  return callNamed(node, node.text, undefined, undefined, scope);
}

/** The operator a value is, or nothing after a report. */
export function operatorOf(node: Expression, scope: Scope): Operator | undefined {
  const value = evaluate(node, scope);
  if (value.sort === 'operator') return value.operator;
  if (value.sort === 'map') fail(scope, checking.mapMisuse, node.span, { what: 'what is done here' });
  else
    wrongSort(
      node,
      value,
      'an operator',
      scope,
      value.sort === 'tensor' && value.tensor.shape.length === 2 ? `dense(${textOf(node)})` : undefined,
    );
  return undefined;
}

/** The tensor a value is: numbers and indices count as tensors of shape []. */
export function tensorOf(node: Expression, scope: Scope): Tensor | undefined {
  const value = evaluate(node, scope);
  const tensor = asTensor(value);
  if (tensor === undefined) wrongSort(node, value, 'a tensor', scope);
  return tensor;
}

export function asTensor(value: Value): Tensor | undefined {
  if (value.sort === 'tensor') return value.tensor;
  if (value.sort === 'number') return scalarTensor(value.value);
  return value.sort === 'index' ? computed([], ofIndex(value.scalar)) : undefined;
}

function negate(node: Expression & { kind: 'negate' }, scope: Scope): Value {
  const value = evaluate(node.operand, scope);
  if (value.sort === 'number') return numberValue(-value.value);
  if (value.sort === 'index')
    return { sort: 'index', scalar: indexApply('subtract', indexLiteral(0), value.scalar) };
  if (value.sort === 'tensor') return tensorValue(elementwise('negate', value.tensor));
  if (value.sort === 'operator') return operatorValue(scale(scalarTensor(-1), value.operator));
  if (value.sort === 'map') return fail(scope, checking.mapMisuse, node.span, { what: 'negation' });
  return wrongSort(node.operand, value, 'a number, tensor or operator', scope);
}

type Binary = Expression & { kind: 'binary' };

const realNames = {
  '+': 'add',
  '-': 'subtract',
  '*': 'multiply',
  '/': 'divide',
  '%': undefined,
} as const satisfies Record<string, RealFunction | undefined>;
const indexNames = {
  '+': 'add',
  '-': 'subtract',
  '*': 'multiply',
  '/': undefined,
  '%': 'modulo',
} as const satisfies Record<string, IndexFunction | undefined>;

function evaluateBinary(node: Binary, scope: Scope): Value {
  const [left, right] = [evaluate(node.left, scope), evaluate(node.right, scope)];
  if (left.sort === 'error' || right.sort === 'error') return failed;
  if (left.sort === 'operator' || right.sort === 'operator' || left.sort === 'map' || right.sort === 'map')
    return linear(node, left, right, scope);
  const [a, b] = [indexOperand(left), indexOperand(right)];
  const indexName = indexNames[node.operator];
  if ((left.sort === 'index' || right.sort === 'index') && a && b && indexName)
    return { sort: 'index', scalar: indexApply(indexName, a, b) };
  if (left.sort === 'number' && right.sort === 'number')
    return numberValue(numbers(node.operator, left.value, right.value));
  const [x, y] = [asTensor(left), asTensor(right)];
  if (x === undefined) return wrongSort(node.left, left, 'a number, tensor or operator', scope);
  if (y === undefined) return wrongSort(node.right, right, 'a number, tensor or operator', scope);
  return tensorArithmetic(node, x, y, scope);
}

function numbers(operator: Binary['operator'], a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return a - Math.floor(a / b) * b;
  }
}

/** A whole number or an index, as an index. */
const indexOperand = (value: Value): IndexScalar | undefined =>
  value.sort === 'index'
    ? value.scalar
    : value.sort === 'number' && Number.isInteger(value.value)
      ? indexLiteral(value.value)
      : undefined;

function tensorArithmetic(node: Binary, x: Tensor, y: Tensor, scope: Scope): Value {
  const name = realNames[node.operator];
  if (name === undefined)
    return fail(scope, checking.wrongSort, node.span, {
      found: textOf(node),
      expected: 'sizes or indices around %',
    });
  const equal = x.shape.length === y.shape.length && x.shape.every((extent, k) => extent === y.shape[k]);
  // A number meets every entry in a product or quotient; sums need equal shapes.
  const scaling =
    (node.operator === '*' || node.operator === '/') && (x.shape.length === 0 || y.shape.length === 0);
  const literalSide =
    node.left.kind === 'number' ||
    node.right.kind === 'number' ||
    x.shape.length === 0 ||
    y.shape.length === 0;
  if (equal || scaling || literalSide) return tensorValue(elementwise(name, x, y));
  return fail(scope, checking.shapesDisagree, node.span, {
    what: textOf(node),
    left: `[${x.shape.join(', ')}]`,
    right: `[${y.shape.join(', ')}]`,
  });
}

/** + − * / % where at least one side is an operator or a map. */
function linear(node: Binary, left: Value, right: Value, scope: Scope): Value {
  if (left.sort === 'map' || (right.sort === 'map' && node.operator !== '*'))
    return fail(scope, checking.mapMisuse, node.span, { what: `${node.operator}` });
  switch (node.operator) {
    case '*':
      return product(node, left, right, scope);
    case '+':
    case '-': {
      if (left.sort !== 'operator') return wrongSort(node.left, left, 'an operator', scope);
      if (right.sort !== 'operator') return wrongSort(node.right, right, 'an operator', scope);
      const [a, b] = [left.operator, right.operator];
      if (a.rows !== b.rows || a.columns !== b.columns) {
        const shapes = {
          what: textOf(node),
          left: `${a.columns} -> ${a.rows}`,
          right: `${b.columns} -> ${b.rows}`,
        };
        return fail(scope, checking.shapesDisagree, node.span, shapes);
      }
      return operatorValue(sum(a, node.operator === '+' ? b : scale(scalarTensor(-1), b)));
    }
    case '/': {
      const by = asTensor(right);
      if (left.sort !== 'operator' || by === undefined || by.shape.length > 0)
        return wrongSort(node.right, right, 'a number', scope);
      return operatorValue(scale(elementwise('divide', scalarTensor(1), by), left.operator));
    }
    case '%':
      return wrongSort(node.left, left, 'a size', scope);
  }
}

function product(node: Binary, left: Value, right: Value, scope: Scope): Value {
  const number = asTensor(left);
  if (number !== undefined && right.sort === 'operator') {
    return number.shape.length === 0
      ? operatorValue(scale(number, right.operator))
      : wrongSort(node.left, left, 'a number or an operator', scope, `diag(${textOf(node.left)})`);
  }
  if (left.sort !== 'operator') return wrongSort(node.left, left, 'an operator', scope);
  if (right.sort === 'operator') {
    const [a, b] = [left.operator, right.operator];
    if (a.columns === b.rows) return operatorValue(compose(a, b));
    const shapes = {
      left: textOf(rightmost(node.left)),
      takes: a.columns,
      right: textOf(node.right),
      gives: b.rows,
    };
    return fail(scope, checking.factorsDisagree, node.span, shapes, {
      hint: 'the factor on the right is applied first',
    });
  }
  if (right.sort === 'map')
    return fail(
      scope,
      checking.mapMisuse,
      node.span,
      { what: '*' },
      { hint: 'continue the map with |> instead' },
    );
  const tensor = asTensor(right);
  if (tensor === undefined) return wrongSort(node.right, right, 'an operator or a tensor', scope);
  if (tensor.shape.length === 0) return operatorValue(scale(tensor, left.operator));
  if (tensor.shape[0] !== left.operator.columns) {
    return fail(scope, checking.factorsDisagree, node.span, {
      left: textOf(node.left),
      takes: left.operator.columns,
      right: textOf(node.right),
      gives: tensor.shape[0] ?? 0,
    });
  }
  return tensorValue(applyToTensor(left.operator, tensor));
}

/** The factor of a product that meets what stands to its right. */
function rightmost(node: Expression): Expression {
  return node.kind === 'binary' && node.operator === '*' ? rightmost(node.right) : node;
}

function evaluatePower(node: Expression & { kind: 'power' }, scope: Scope): Value {
  const base = evaluate(node.base, scope);
  if (base.sort === 'map') return fail(scope, checking.mapMisuse, node.span, { what: 'a power' });
  if (base.sort !== 'operator') {
    const exponent = evaluate(node.exponent, scope);
    if (base.sort === 'number' && exponent.sort === 'number')
      return numberValue(base.value ** exponent.value);
    const [x, y] = [asTensor(base), asTensor(exponent)];
    if (x === undefined) return wrongSort(node.base, base, 'a number, tensor or operator', scope);
    if (y === undefined) return wrongSort(node.exponent, exponent, 'a number', scope);
    return tensorValue(elementwise('power', x, y));
  }
  const exponent = sizeOf(node.exponent, scope);
  const { operator } = base;
  if (exponent === undefined) return failed;
  if (operator.rows !== operator.columns) {
    return fail(scope, checking.notSquare, node.span, {
      what: 'a power',
      rows: operator.rows,
      columns: operator.columns,
    });
  }
  if (exponent > 4096)
    return fail(scope, checking.tooLarge, node.exponent.span, {
      what: 'the exponent',
      value: exponent,
      limit: 4096,
    });
  return operatorValue(power(operator, exponent));
}

function evaluateIndex(node: Expression & { kind: 'index' }, scope: Scope): Value {
  if (node.target.kind === 'name' && !scope.names.has(node.target.text)) {
    // name[sizes] without arguments: an operator that has no parameters, or whose parentheses were left out.
    return callNamed(node, node.target.text, sizeArguments(node), undefined, scope);
  }
  const target = evaluate(node.target, scope);
  if (target.sort !== 'tensor') return wrongSort(node.target, target, 'a tensor to index', scope);
  return indexTensor(node, target.tensor, scope);
}

const sizeArguments = (node: Expression & { kind: 'index' }): Expression[] =>
  node.items.map(item => (item.kind === 'at' ? item.value : { kind: 'error', span: item.span }));

function evaluateCall(node: Expression & { kind: 'call' }, scope: Scope): Value {
  const { callee } = node;
  if (callee.kind === 'name') return callNamed(node, callee.text, undefined, node.arguments, scope);
  if (callee.kind === 'index' && callee.target.kind === 'name') {
    return callNamed(node, callee.target.text, sizeArguments(callee), node.arguments, scope);
  }
  return fail(scope, checking.wrongSort, callee.span, {
    found: textOf(callee),
    expected: 'the name of an operator or function',
  });
}

function evaluateBig(node: Expression & { kind: 'big' }, scope: Scope): Value {
  const bound = sizeOf(node.bound, scope);
  if (bound === undefined) return failed;
  if (node.word === 'tabulate') {
    const table = tabulateVariable(bound, index => {
      const body = evaluate(
        node.body,
        withNames(scope, [[node.variable.text, () => ({ sort: 'index', scalar: index })]]),
      );
      const tensor = asTensor(body);
      if (tensor?.shape.length === 0) return element(tensor, []);
      wrongSort(node.body, body, 'a number for each index', scope);
      return undefined;
    });
    return table === undefined ? failed : tensorValue(table);
  }
  const parts: Operator[] = [];
  for (let i = 0; i < bound; i++) {
    const inner = withNames(scope, [[node.variable.text, () => numberValue(i)]]);
    const part = operatorOf(node.body, inner);
    if (part === undefined) return failed;
    parts.push(part);
  }
  if (parts.length === 0) {
    return fail(scope, checking.leafShape, node.span, {
      leaf: node.word,
      expected: 'at least one part',
      found: 'none',
    });
  }
  return combine(node.word, node.word === 'prod' ? parts.reverse() : parts, node, scope);
}

function evaluateBigCall(node: Expression & { kind: 'bigCall' }, scope: Scope): Value {
  if (node.word === 'tabulate')
    return fail(scope, checking.wrongCount, node.span, {
      what: 'tabulate',
      expected: 'an index and a bound: tabulate(t < n)',
      found: node.arguments.length,
    });
  const parts = node.arguments.map(part => operatorOf(part, scope));
  const known = parts.filter(part => part !== undefined);
  if (known.length < parts.length) return failed;
  return combine(node.word, known, node, scope);
}

type BigWord = (Expression & { kind: 'big' })['word'];

/** A stack, sum or product of operators; for a product the first factor is the left-most. */
function combine(word: BigWord, parts: readonly Operator[], node: Expression, scope: Scope): Value {
  const [first] = parts;
  if (first === undefined || word === 'tabulate') return failed;
  const disagree = (other: Operator) =>
    fail(scope, checking.shapesDisagree, node.span, {
      what: word,
      left: `${first.columns} -> ${first.rows}`,
      right: `${other.columns} -> ${other.rows}`,
    });
  for (const [k, part] of parts.entries()) {
    const before = parts[k - 1];
    if (word === 'prod' && before !== undefined && before.columns !== part.rows) return disagree(part);
    if ((word === 'sum' || word === 'hstack') && part.rows !== first.rows) return disagree(part);
    if ((word === 'sum' || word === 'vstack') && part.columns !== first.columns) return disagree(part);
  }
  switch (word) {
    case 'sum':
      return operatorValue(sum(...parts));
    case 'prod':
      return operatorValue(compose(...parts));
    case 'dsum':
      return operatorValue(directSum(...parts));
    case 'hstack':
      return operatorValue(horizontal(...parts));
    case 'vstack':
      return operatorValue(vertical(...parts));
  }
}

function evaluateAssume(node: Expression & { kind: 'assume' }, scope: Scope): Value {
  const operator = operatorOf(node.operand, scope);
  const properties: readonly Property[] = ['orthogonal', 'symmetric', 'psd', 'invertible'];
  const property = properties.find(each => each === node.property.text);
  if (property === undefined) {
    const near = nearest(node.property.text, properties);
    return fail(
      scope,
      checking.unknownName,
      node.property.span,
      { name: node.property.text },
      { hint: near && `did you mean '${near}'?` },
    );
  }
  return operator === undefined ? failed : operatorValue(assume(property, operator));
}

function evaluateBlock(node: Expression & { kind: 'block' }, scope: Scope): Value {
  const rows: Operator[] = [];
  for (const row of node.rows) {
    const parts = row.map(part => operatorOf(part, scope)).filter(part => part !== undefined);
    const [first] = parts;
    if (first === undefined || parts.length < row.length) return failed;
    const odd = parts.find(part => part.rows !== first.rows);
    if (odd !== undefined)
      return fail(scope, checking.shapesDisagree, node.span, {
        what: 'a row of blocks',
        left: `${first.rows} rows`,
        right: `${odd.rows} rows`,
      });
    rows.push(horizontal(...parts));
  }
  const [top] = rows;
  if (top === undefined) return failed;
  const odd = rows.find(row => row.columns !== top.columns);
  if (odd !== undefined)
    return fail(scope, checking.shapesDisagree, node.span, {
      what: 'a stack of blocks',
      left: `${top.columns} columns`,
      right: `${odd.columns} columns`,
    });
  return operatorValue(vertical(...rows));
}

function evaluatePipe(node: Expression & { kind: 'pipe' }, scope: Scope): Value {
  const [first, ...rest] = node.steps;
  if (first === undefined) return failed;
  const start = evaluate(first, scope);
  const map = mapOf(start);
  if (map === undefined) return wrongSort(first, start, 'an operator or a map', scope);
  const steps: Step[] = [...map.steps];
  let width = map.rows;
  const piped = withNames(scope, [['|>input', () => numberValue(map.columns)]]);
  for (const part of rest) {
    const value = evaluate(part, withNames(piped, [['|>width', () => numberValue(width)]]));
    const next = value.sort === 'step' ? { steps: [value.step], rows: width, columns: width } : mapOf(value);
    if (next === undefined) return wrongSort(part, value, 'an operator, a map or a pointwise step', scope);
    if (next.columns !== width) {
      return fail(scope, checking.factorsDisagree, part.span, {
        left: textOf(part),
        takes: next.columns,
        right: 'the pipe before it',
        gives: width,
      });
    }
    steps.push(...next.steps);
    width = next.rows;
  }
  return { sort: 'map', steps, rows: width, columns: map.columns };
}

export function mapOf(value: Value): { steps: readonly Step[]; rows: number; columns: number } | undefined {
  if (value.sort === 'map') return value;
  if (value.sort !== 'operator') return undefined;
  const { operator } = value;
  return { steps: [{ kind: 'linear', operator }], rows: operator.rows, columns: operator.columns };
}
