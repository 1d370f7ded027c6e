/**
 * Scalar expressions: the entries of computed tensors (tensor.ts has their semantics). Indices are integers;
 * real numbers are what weights are made of. Constructors fold constants and intern.
 */
import { internTable } from '../core/intern.ts';
import { at, invariant, unreachable } from '../core/invariant.ts';
import { type IndexFunction, indexFunction, type RealFunction, realFunctions } from './scalarFunctions.ts';
import type { Tensor } from './tensor.ts';

import { hasSum } from './tensorTraverse.ts';

export * from './scalarFunctions.ts';

export type Scalar = IndexScalar | RealScalar;

/** Integers: positions and sizes. `element` reads a tensor of dtype index. */
export type IndexScalar =
  | { readonly id: number; readonly domain: 'index'; readonly kind: 'literal'; readonly value: number }
  | { readonly id: number; readonly domain: 'index'; readonly kind: 'axis'; readonly axis: number }
  | { readonly id: number; readonly domain: 'index'; readonly kind: 'bound'; readonly variable: number }
  | {
      readonly id: number;
      readonly domain: 'index';
      readonly kind: 'element';
      readonly tensor: Tensor;
      readonly at: readonly IndexScalar[];
    }
  | {
      readonly id: number;
      readonly domain: 'index';
      readonly kind: 'apply';
      readonly function: IndexFunction;
      readonly arguments: readonly IndexScalar[];
    }
  | {
      readonly id: number;
      readonly domain: 'index';
      readonly kind: 'select';
      readonly condition: IndexScalar;
      readonly then: IndexScalar;
      readonly otherwise: IndexScalar;
    };

export type RealScalar =
  | { readonly id: number; readonly domain: 'real'; readonly kind: 'literal'; readonly value: number }
  | { readonly id: number; readonly domain: 'real'; readonly kind: 'ofIndex'; readonly value: IndexScalar }
  | {
      readonly id: number;
      readonly domain: 'real';
      readonly kind: 'element';
      readonly tensor: Tensor;
      readonly at: readonly IndexScalar[];
    }
  | {
      readonly id: number;
      readonly domain: 'real';
      readonly kind: 'apply';
      readonly function: RealFunction;
      readonly arguments: readonly RealScalar[];
    }
  | {
      readonly id: number;
      readonly domain: 'real';
      readonly kind: 'select';
      readonly condition: IndexScalar;
      readonly then: RealScalar;
      readonly otherwise: RealScalar;
    }
  | {
      readonly id: number;
      readonly domain: 'real';
      readonly kind: 'sum';
      readonly variable: number;
      readonly extent: number;
      readonly body: RealScalar;
    };

const scalars = internTable<Scalar>();

// ---------------------------------------------------------------------------------------------- index scalars

export const indexLiteral = (value: number): IndexScalar =>
  scalars(`index ${value}`, id => ({ id, domain: 'index' as const, kind: 'literal' as const, value }));
export const axis = (k: number): IndexScalar =>
  scalars(`axis ${k}`, id => ({ id, domain: 'index' as const, kind: 'axis' as const, axis: k }));
export const bound = (variable: number): IndexScalar =>
  scalars(`bound ${variable}`, id => ({ id, domain: 'index' as const, kind: 'bound' as const, variable }));

/** Applies an index function, folding constants and the neutral elements of addition, multiplication and division. */
export function indexApply(name: IndexFunction, a: IndexScalar, b: IndexScalar): IndexScalar {
  if (a.kind === 'literal' && b.kind === 'literal')
    return indexLiteral(indexFunction[name](a.value, b.value));
  const is = (side: IndexScalar, value: number) => side.kind === 'literal' && side.value === value;
  if (name === 'add' && is(a, 0)) return b;
  if ((name === 'add' || name === 'subtract') && is(b, 0)) return a;
  if (name === 'multiply' && (is(a, 0) || is(b, 0))) return indexLiteral(0);
  if (name === 'multiply' && is(a, 1)) return b;
  if ((name === 'multiply' || name === 'floorDivide') && is(b, 1)) return a;
  if (name === 'modulo' && is(b, 1)) return indexLiteral(0);
  return scalars(`${name} ${a.id} ${b.id}`, id => ({
    id,
    domain: 'index' as const,
    kind: 'apply' as const,
    function: name,
    arguments: [a, b],
  }));
}

export const indexAdd = (a: IndexScalar, b: IndexScalar): IndexScalar => indexApply('add', a, b);
export const indexMultiply = (a: IndexScalar, b: IndexScalar): IndexScalar => indexApply('multiply', a, b);

// ----------------------------------------------------------------------------------------------- real scalars

export const literal = (value: number): RealScalar =>
  scalars(`real ${Object.is(value, -0) ? '-0' : value}`, id => ({
    id,
    domain: 'real' as const,
    kind: 'literal' as const,
    value,
  }));

export const ofIndex = (value: IndexScalar): RealScalar =>
  value.kind === 'literal'
    ? literal(value.value)
    : scalars(`ofIndex ${value.id}`, id => ({
        id,
        domain: 'real' as const,
        kind: 'ofIndex' as const,
        value,
      }));

export const apply = (name: RealFunction, ...operands: readonly RealScalar[]): RealScalar => {
  invariant(operands.length === realFunctions[name], `${name} takes ${realFunctions[name]} arguments`);
  return scalars(`${name}! ${operands.map(operand => operand.id)}`, id => ({
    id,
    domain: 'real' as const,
    kind: 'apply' as const,
    function: name,
    arguments: operands,
  }));
};

export function select(condition: IndexScalar, then: RealScalar, otherwise: RealScalar): RealScalar {
  if (condition.kind === 'literal') return condition.value === 0 ? otherwise : then;
  return scalars(`select ${condition.id} ${then.id} ${otherwise.id}`, id => ({
    id,
    domain: 'real' as const,
    kind: 'select' as const,
    condition,
    then,
    otherwise,
  }));
}

export function indexSelect(condition: IndexScalar, then: IndexScalar, otherwise: IndexScalar): IndexScalar {
  if (condition.kind === 'literal') return condition.value === 0 ? otherwise : then;
  return scalars(`indexSelect ${condition.id} ${then.id} ${otherwise.id}`, id => ({
    id,
    domain: 'index' as const,
    kind: 'select' as const,
    condition,
    then,
    otherwise,
  }));
}

let nextVariable = 0;

/** A variable that no other expression uses. */
export const freshVariable = (): number => nextVariable++;

/** Σ_{i < extent} body(i). */
export function sumOver(extent: number, body: (index: IndexScalar) => RealScalar): RealScalar {
  const variable = freshVariable();
  const term = body(bound(variable));
  return scalars(`sum ${variable} ${extent} ${term.id}`, id => ({
    id,
    domain: 'real' as const,
    kind: 'sum' as const,
    variable,
    extent,
    body: term,
  }));
}

type Sum = RealScalar & { readonly kind: 'sum' };

/** The same sum over another body. */
export const sumLike = ({ variable, extent }: Sum, body: RealScalar): RealScalar =>
  scalars(`sum ${variable} ${extent} ${body.id}`, id => ({
    id,
    domain: 'real' as const,
    kind: 'sum' as const,
    variable,
    extent,
    body,
  }));

/**
 * tensor[position] of real numbers; a computed tensor without sums is read by substitution,
 * others are materialised once.
 */
export function element(tensor: Tensor, position: readonly IndexScalar[]): RealScalar {
  const exact = exactPosition(tensor, position);
  if (tensor.kind === 'computed' && !hasSum(tensor.body)) return realOf(substitute(tensor.body, exact));
  return scalars(elementKey(tensor, exact), id => ({
    id,
    domain: 'real' as const,
    kind: 'element' as const,
    tensor,
    at: exact,
  }));
}

/** The same for a tensor of dtype index. */
export function indexElement(tensor: Tensor, position: readonly IndexScalar[]): IndexScalar {
  const exact = exactPosition(tensor, position);
  if (tensor.kind === 'computed') return indexOf(substitute(tensor.body, exact));
  return scalars(elementKey(tensor, exact), id => ({
    id,
    domain: 'index' as const,
    kind: 'element' as const,
    tensor,
    at: exact,
  }));
}

const elementKey = (tensor: Tensor, position: readonly IndexScalar[]): string =>
  `element ${tensor.id} ${position.map(index => index.id)}`;

/** An axis of extent 1 has one position, however it is written. */
function exactPosition(tensor: Tensor, position: readonly IndexScalar[]): readonly IndexScalar[] {
  invariant(
    position.length === tensor.shape.length,
    `${position.length} indices for shape [${tensor.shape}]`,
  );
  return position.map((index, k) => (tensor.shape[k] === 1 ? indexLiteral(0) : index));
}

export function realOf(scalar: Scalar): RealScalar {
  return scalar.domain === 'real' ? scalar : ofIndex(scalar);
}

export function indexOf(scalar: Scalar): IndexScalar {
  invariant(scalar.domain === 'index', 'an index');
  return scalar;
}

const noVariables: ReadonlyMap<number, IndexScalar> = new Map();

/** Replaces axis(k) by position[k] where a position is given, and variables by what stands for them. */
export function substitute(
  scalar: Scalar,
  position: readonly IndexScalar[] | undefined,
  variables: ReadonlyMap<number, IndexScalar> = noVariables,
): Scalar {
  const made = new Map<Scalar, Scalar>();
  const index = (each: IndexScalar): IndexScalar => indexOf(visit(each));
  const real = (each: RealScalar): RealScalar => realOf(visit(each));
  const visit = (each: Scalar): Scalar => {
    const known = made.get(each);
    if (known !== undefined) return known;
    const result = rebuild(each);
    made.set(each, result);
    return result;
  };
  const rebuild = (each: Scalar): Scalar => {
    switch (each.kind) {
      case 'literal':
        return each;
      case 'bound':
        return variables.get(each.variable) ?? each;
      case 'axis':
        return position === undefined ? each : at(position, each.axis);
      case 'ofIndex':
        return ofIndex(index(each.value));
      case 'element': {
        const moved = each.at.map(index);
        // A tensor read by reference may hold the variables too: it is read by substitution instead.
        if (variables.size > 0 && each.tensor.kind === 'computed')
          return substitute(each.tensor.body, moved, variables);
        return each.domain === 'index' ? indexElement(each.tensor, moved) : element(each.tensor, moved);
      }
      case 'apply':
        return each.domain === 'index'
          ? indexApply(each.function, index(at(each.arguments, 0)), index(at(each.arguments, 1)))
          : apply(each.function, ...each.arguments.map(real));
      case 'select':
        return each.domain === 'index'
          ? indexSelect(index(each.condition), index(each.then), index(each.otherwise))
          : select(index(each.condition), real(each.then), real(each.otherwise));
      case 'sum': {
        const body = real(each.body);
        return body === each.body ? each : sumLike(each, body);
      }
      default:
        return unreachable(each);
    }
  };
  return visit(scalar);
}
