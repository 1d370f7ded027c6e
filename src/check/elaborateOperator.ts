/** Operator nodes at given sizes → operators of the IR. */
import { checking } from '../core/diagnostics/check.ts';
import { at, invariant } from '../core/invariant.ts';
import { axesPermutation } from '../ir/indexMap.ts';
import { power } from '../ir/leaves.ts';
import {
  adjoint,
  assume,
  compose,
  directSum,
  gather,
  horizontal,
  identity,
  type Operator,
  scale,
  sum,
  vertical,
  zero,
} from '../ir/operator.ts';
import { elementwise, scalarTensor } from '../ir/tensorAlgebra.ts';
import { callAt } from './elaborateMap.ts';
import { conditionAt, sizeAt, wholeAt } from './elaborateSize.ts';
import { tensorAt } from './elaborateTensor.ts';
import { affordable, constraintsHold, type Place, placeOf, refuse, visit } from './instance.ts';
import { leafTable, slotTable } from './leafTable.ts';
import { textOf } from './scope.ts';
import { evaluate } from './sizeValue.ts';
import type { LeafArgument, OperatorNode, OperatorWord } from './typed.ts';
import { costOf, kronWeight, operatorWeight } from './weight.ts';

export function operatorAt(node: OperatorNode, place: Place): Operator | undefined {
  return visit(place, node.span, () => {
    const operator = compute(node, place);
    if (operator === undefined) return undefined;
    const { rows, columns } = operator;
    return affordable(place, node.span, costOf(operatorWeight(operator)), rows, columns)
      ? operator
      : undefined;
  });
}

function compute(node: OperatorNode, place: Place): Operator | undefined {
  const inside = (each: OperatorNode): Operator | undefined => operatorAt(each, place);
  switch (node.kind) {
    case 'leaf':
      return leafAt(node, place);
    case 'permute': {
      const extents = allKnown(node.extents.map(extent => sizeAt(extent, place)));
      return extents && gather(axesPermutation(extents, node.order));
    }
    case 'let': {
      const { operators } = place.instance;
      const { definition } = node;
      if (!operators.has(definition))
        operators.set(definition, operatorAt(definition.value, placeOf(place.instance)));
      return operators.get(definition);
    }
    case 'scale': {
      const [factor, operator] = [tensorAt(node.factor, place), inside(node.operator)];
      return factor && operator && scale(factor, operator);
    }
    case 'divide': {
      const [divisor, operator] = [tensorAt(node.divisor, place), inside(node.operator)];
      return divisor && operator && scale(elementwise('divide', scalarTensor(1), divisor), operator);
    }
    case 'compose':
      return combined('prod', node.factors.map(inside), node, place);
    case 'sum': {
      const terms = node.terms.map(({ negative, operator }) => {
        const term = inside(operator);
        return term && negative ? scale(scalarTensor(-1), term) : term;
      });
      return combined('sum', terms, node, place);
    }
    case 'adjoint': {
      const operator = inside(node.operator);
      return operator && adjoint(operator);
    }
    case 'power':
      return powerAt(node, place);
    case 'indexed':
      return indexedAt(node, place);
    case 'stack':
      return combined(node.word, node.parts.map(inside), node, place);
    case 'assume': {
      const operator = inside(node.operator);
      return operator && assume(node.property, operator);
    }
    case 'call':
      return calledAt(node, place);
    case 'if': {
      const taken = conditionAt(node.condition, place);
      return taken === undefined ? undefined : inside(taken ? node.then : node.otherwise);
    }
    case 'checked':
      return constraintsHold(place, node.constraints, node.span) ? inside(node.of) : undefined;
  }
}

function calledAt(node: OperatorNode & { kind: 'call' }, place: Place): Operator | undefined {
  const [only, more] = callAt(node, node.span, place) ?? [];
  if (only === undefined) return undefined;
  invariant(only.kind === 'linear' && more === undefined, `${node.callee.name} is linear`);
  return only.operator;
}

/** All of them, or nothing when one is missing. */
export function allKnown<T>(values: readonly (T | undefined)[]): readonly T[] | undefined {
  const known = values.filter(value => value !== undefined);
  return known.length === values.length ? known : undefined;
}

function leafAt(node: OperatorNode & { kind: 'leaf' }, place: Place): Operator | undefined {
  const row = leafTable[node.leaf];
  const values = allKnown(
    node.arguments.map((each, k) => argumentAt(each, slotTable[at(row.slots, k)].negative === true, place)),
  );
  if (values === undefined) return undefined;
  invariant(row.make !== undefined, `${node.leaf} is refused before elaboration`);
  if (node.leaf === 'kron') {
    const [a, b] = values as unknown as readonly [Operator, Operator];
    if (!affordable(place, node.span, costOf(kronWeight(a, b)), a.rows * b.rows, a.columns * b.columns))
      return undefined;
  }
  const made = row.make(...(values as never[]));
  if (!('expected' in made)) {
    if (made.kind === 'inverse') place.instance.session.inverses.set(made.operator, node.span);
    return made;
  }
  const { expected } = made;
  return refuse(place, checking.leafShape, node.span, {
    leaf: node.leaf,
    expected,
    found: foundText(node, values),
  });
}

/** The arguments as written, with the values of sizes. */
function foundText(node: OperatorNode & { kind: 'leaf' }, values: readonly unknown[]): string {
  const words = node.arguments.map((each, k) => {
    const text = each.kind === 'pattern' ? each.pattern.name : textOf(each.node);
    const value = values[k];
    return typeof value === 'number' && String(value) !== text ? `${text} (= ${value})` : text;
  });
  return words.join(', ');
}

function argumentAt(argument: LeafArgument, negative: boolean, place: Place): unknown {
  switch (argument.kind) {
    case 'size':
      return negative ? wholeAt(argument.node, place) : sizeAt(argument.node, place);
    case 'tensor':
      return tensorAt(argument.node, place);
    case 'operator':
      return operatorAt(argument.node, place);
    case 'pattern':
      return argument.pattern;
  }
}

const exponentLimit = 4096;

function powerAt(node: OperatorNode & { kind: 'power' }, place: Place): Operator | undefined {
  const [operator, exponent] = [operatorAt(node.operator, place), sizeAt(node.exponent, place)];
  if (operator === undefined || exponent === undefined) return undefined;
  if (exponent > exponentLimit) {
    const words = { what: 'the exponent', value: exponent, limit: exponentLimit };
    return refuse(place, checking.tooLarge, node.exponent.span, words);
  }
  const nodes = operatorWeight(operator) * exponent;
  return affordable(place, node.span, costOf(nodes)) ? power(operator, exponent) : undefined;
}

function indexedAt(node: OperatorNode & { kind: 'indexed' }, place: Place): Operator | undefined {
  const bound = sizeAt(node.bound, place);
  if (bound === undefined) return undefined;
  if (bound === 0) return empty(node, place);
  const parts: Operator[] = [];
  for (let i = 0; i < bound; i++) {
    const sizes = new Map(place.sizes).set(node.variable, i);
    const part = operatorAt(node.body, { ...place, sizes });
    if (part === undefined) return undefined;
    parts.push(part);
  }
  // Factor 0 is applied first, so it is the right-most.
  return combined(node.word, node.word === 'prod' ? parts.reverse() : parts, node, place);
}

/** No parts: the sum is zero, the product the identity. */
function empty(node: OperatorNode & { kind: 'indexed' }, place: Place): Operator | undefined {
  const [rows, columns] = [evaluate(node.space.rows, place.sizes), evaluate(node.space.columns, place.sizes)];
  if (rows === undefined || columns === undefined || (node.word === 'prod' && rows !== columns)) {
    const words = { leaf: node.word, expected: 'at least one part here', found: 'none' };
    return refuse(place, checking.leafShape, node.span, words);
  }
  return node.word === 'prod' ? identity(rows) : zero(rows, columns);
}

/** A stack, sum or product of operators; for a product the first part is the left-most. */
function combined(
  word: OperatorWord,
  given: readonly (Operator | undefined)[],
  node: OperatorNode,
  place: Place,
): Operator | undefined {
  const parts = allKnown(given);
  const [first] = parts ?? [];
  if (parts === undefined || first === undefined) return undefined;
  const nodes = parts.reduce((count, part) => count + operatorWeight(part), 1);
  if (!affordable(place, node.span, costOf(nodes))) return undefined;
  for (const [k, part] of parts.entries()) {
    const before = parts[k - 1];
    const fits =
      (word !== 'prod' || before === undefined || before.columns === part.rows) &&
      ((word !== 'sum' && word !== 'hstack') || part.rows === first.rows) &&
      ((word !== 'sum' && word !== 'vstack') || part.columns === first.columns);
    if (!fits) {
      const [left, right] = [word === 'prod' ? (before ?? first) : first, part].map(
        each => `${each.columns} -> ${each.rows}`,
      );
      return refuse(place, checking.shapesDisagree, node.span, {
        what: word,
        left: left ?? '',
        right: right ?? '',
      });
    }
  }
  switch (word) {
    case 'sum':
      return sum(...parts);
    case 'prod':
      return compose(...parts);
    case 'dsum':
      return directSum(...parts);
    case 'hstack':
      return horizontal(...parts);
    case 'vstack':
      return vertical(...parts);
  }
}
