/** Tensor nodes at given sizes → tensors of the IR. */
import { checking } from '../core/diagnostics/check.ts';
import { at, invariant } from '../core/invariant.ts';
import { leftSpine } from '../core/spine.ts';
import { hasMatrix } from '../ir/matrix.ts';
import {
  element,
  indexElement,
  indexLiteral,
  indexOf,
  type RealFunction,
  type Tensor,
  tabulateVariable,
} from '../ir/tensor.ts';
import { type AxisPart, dot, elementwise, normalize, outer, slice } from '../ir/tensorAlgebra.ts';
import { applyToTensor } from './applied.ts';
import { operatorAt } from './elaborateOperator.ts';
import { sharedTensor } from './elaborateParameter.ts';
import { conditionAt, sizeAt, wholeAt } from './elaborateSize.ts';
import { affordable, constraintsHold, type Place, placeOf, refuse, visit } from './instance.ts';
import {
  combineIndices,
  indexFrom,
  type NumberValue,
  numberOf,
  tensorFrom,
  tensorValue,
} from './numberValue.ts';
import { textOf } from './scope.ts';
import type { SlicePart, TensorNode } from './typed.ts';
import { tensorExtent } from './weight.ts';

const tensorDepthLimit = 256;

export function tensorAt(node: TensorNode, place: Place): Tensor | undefined {
  const value = valueAt(node, place);
  return value && tensorFrom(value);
}

export function valueAt(node: TensorNode, place: Place): NumberValue | undefined {
  return visit(place, node.span, () => {
    const value = compute(node, place);
    if (value?.kind !== 'tensor') return value;
    const entries = value.tensor.shape.reduce((product, extent) => product * extent, 1);
    const { nodes, depth } = tensorExtent(value.tensor);
    if (depth > tensorDepthLimit)
      return refuse(place, checking.nesting, node.span, { limit: tensorDepthLimit });
    return affordable(place, node.span, { nodes, work: nodes }, entries) ? value : undefined;
  });
}

function compute(node: TensorNode, place: Place): NumberValue | undefined {
  switch (node.kind) {
    case 'constant':
      return numberOf(node.value);
    case 'size': {
      const value = wholeAt(node.of, place);
      return value === undefined ? undefined : numberOf(value);
    }
    case 'variable':
      return place.variables.get(node.name);
    case 'parameter': {
      const { parameter } = node;
      const tensor = place.instance.parameters.get(parameter) ?? sharedTensor(parameter, place);
      return tensor && tensorValue(tensor);
    }
    case 'let': {
      const { tensors } = place.instance;
      const { definition } = node;
      if (!tensors.has(definition))
        tensors.set(definition, valueAt(definition.value, placeOf(place.instance)));
      return tensors.get(definition);
    }
    case 'negate': {
      const value = valueAt(node.operand, place);
      return value && negated(value);
    }
    case 'arithmetic':
      return arithmetic(node, place);
    case 'power':
      return applyFunction('power', [node.base, node.exponent], place);
    case 'function':
      return applyFunction(node.function, node.arguments, place);
    case 'vectors': {
      const [a, b] = [tensorAt(node.left, place), tensorAt(node.right, place)];
      return a && b && tensorValue(node.word === 'outer' ? outer(a, b) : dot(a, b));
    }
    case 'normalize': {
      const operand = tensorAt(node.operand, place);
      return operand && tensorValue(normalize(operand));
    }
    case 'tabulate':
      return tabulated(node, place);
    case 'slice':
      return sliced(node, place);
    case 'applied':
      return applied(node, place);
    case 'if': {
      const taken = conditionAt(node.condition, place);
      return taken === undefined ? undefined : valueAt(taken ? node.then : node.otherwise, place);
    }
    case 'checked':
      return constraintsHold(place, node.constraints, node.span) ? valueAt(node.of, place) : undefined;
    case 'state':
    case 'complex':
      invariant(false, `${node.kind} is refused before elaboration`);
  }
}

function negated(value: NumberValue): NumberValue {
  const index = value.kind === 'index' ? value : undefined;
  const zero = indexFrom(numberOf(0));
  if (value.kind === 'number') return numberOf(-value.value);
  return index !== undefined && zero !== undefined
    ? combineIndices('subtract', zero, index)
    : tensorValue(elementwise('negate', tensorFrom(value)));
}

const realNames = { '+': 'add', '-': 'subtract', '*': 'multiply', '/': 'divide' } as const;
const indexNames = { '+': 'add', '-': 'subtract', '*': 'multiply', '%': 'modulo' } as const;

type Arithmetic = TensorNode & { kind: 'arithmetic' };

const isArithmetic = (node: TensorNode): node is Arithmetic => node.kind === 'arithmetic';

function arithmetic(node: Arithmetic, place: Place): NumberValue | undefined {
  const { first, links } = leftSpine(node, isArithmetic);
  let value = valueAt(first, place);
  for (const each of links) {
    const right = valueAt(each.right, place);
    if (value === undefined || right === undefined) return undefined;
    value = combined(each, value, right, place);
  }
  return value;
}

function combined(node: Arithmetic, a: NumberValue, b: NumberValue, place: Place): NumberValue | undefined {
  const { operator } = node;
  if (a.kind === 'number' && b.kind === 'number') return numberOf(onNumbers(operator, a.value, b.value));
  const [i, j] = [indexFrom(a), indexFrom(b)];
  const anyIndex = a.kind === 'index' || b.kind === 'index';
  if (operator !== '/' && anyIndex && i !== undefined && j !== undefined) {
    if (operator !== '%' || (j.range !== undefined && j.range.least > 0))
      return combineIndices(indexNames[operator], i, j);
  }
  if (operator === '%')
    return refuse(place, checking.wrongSort, node.span, {
      found: textOf(node),
      expected: 'whole numbers around %, the right one above 0',
    });
  return tensorValue(elementwise(realNames[operator], tensorFrom(a), tensorFrom(b)));
}

function onNumbers(operator: Arithmetic['operator'], a: number, b: number): number {
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

function applyFunction(
  name: RealFunction,
  nodes: readonly TensorNode[],
  place: Place,
): NumberValue | undefined {
  const values = nodes.map(each => valueAt(each, place));
  const known = values.filter(value => value !== undefined);
  if (known.length < values.length) return undefined;
  const [a, b] = known;
  if (name === 'power' && a?.kind === 'number' && b?.kind === 'number') return numberOf(a.value ** b.value);
  return tensorValue(elementwise(name, ...known.map(tensorFrom)));
}

function tabulated(node: TensorNode & { kind: 'tabulate' }, place: Place): NumberValue | undefined {
  const bound = sizeAt(node.bound, place);
  if (bound === undefined) return undefined;
  const table = tabulateVariable(bound, scalar => {
    const range = { least: 0, most: bound - 1 };
    const variables = new Map(place.variables).set(node.variable, { kind: 'index', scalar, range });
    const body = tensorAt(node.body, { ...place, variables });
    return body && element(body, []);
  });
  return table && tensorValue(table);
}

function sliced(node: TensorNode & { kind: 'slice' }, place: Place): NumberValue | undefined {
  const target = tensorAt(node.target, place);
  if (target === undefined) return undefined;
  const parts = node.parts.map((part, k) => axisPart(node, part, at(target.shape, k), place));
  const known = parts.filter(part => part !== undefined);
  if (known.length < parts.length) return undefined;
  const made = slice(target, known);
  if (made.dtype !== 'index' || made.shape.length > 0) return tensorValue(made);
  return { kind: 'index', scalar: indexOf(indexElement(made, [])), range: undefined };
}

function axisPart(node: TensorNode, part: SlicePart, extent: number, place: Place): AxisPart | undefined {
  const outside = (index: number): undefined =>
    refuse(place, checking.outOfRange, part.span, {
      text: textOf(node),
      index: String(index),
      extent: String(extent),
    });
  switch (part.kind) {
    case 'all':
      return { start: 0, length: extent };
    case 'range': {
      const [from, to] = [wholeAt(part.from, place), wholeAt(part.to, place)];
      if (from === undefined || to === undefined) return undefined;
      if (from < 0 || from > to) return outside(from);
      return to > extent ? outside(to) : { start: from, length: to - from };
    }
    case 'position': {
      const index = wholeAt(part.at, place);
      if (index === undefined) return undefined;
      return index < 0 || index >= extent ? outside(index) : { at: indexLiteral(index) };
    }
    case 'lookup': {
      const value = valueAt(part.at, place);
      const index = value && (indexFrom(value) ?? lookedUp(value));
      if (index === undefined)
        return (
          value &&
          refuse(place, checking.wrongSort, part.span, { found: textOf(part), expected: 'a whole number' })
        );
      const { range } = index;
      // An empty tabulate reads nothing; values of index tensors are tested when they arrive.
      if (range === undefined || range.most < range.least) return { at: index.scalar };
      if (range.least < 0) return outside(range.least);
      return range.most >= extent ? outside(range.most) : { at: index.scalar };
    }
  }
}

/** A tensor of dtype index that holds one number. */
function lookedUp(value: NumberValue): (NumberValue & { kind: 'index' }) | undefined {
  if (value.kind !== 'tensor' || value.tensor.dtype !== 'index') return undefined;
  return { kind: 'index', scalar: indexOf(indexElement(value.tensor, [])), range: undefined };
}

function applied(node: TensorNode & { kind: 'applied' }, place: Place): NumberValue | undefined {
  const [operator, tensor] = [operatorAt(node.operator, place), tensorAt(node.tensor, place)];
  if (operator === undefined || tensor === undefined) return undefined;
  if (hasMatrix(operator)) return tensorValue(applyToTensor(operator, tensor));
  return refuse(place, checking.notSupported, node.span, { what: 'an inverse applied to a tensor' });
}
