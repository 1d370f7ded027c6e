/** Walks over operators. */
import { at, unreachable } from '../core/invariant.ts';
import type { IndexMap } from './indexMap.ts';
import {
  adjoint,
  assume,
  compose,
  directSum,
  horizontal,
  inverse,
  type Operator,
  offDiagonal,
  scale,
  sum,
  vertical,
} from './operator.ts';
import { parametersOf, type Tensor } from './tensor.ts';

/** The operators directly inside an operator. */
export function children(operator: Operator): readonly Operator[] {
  switch (operator.kind) {
    case 'compose':
      return operator.factors;
    case 'sum':
      return operator.terms;
    case 'directSum':
    case 'horizontal':
    case 'vertical':
      return operator.parts;
    case 'scale':
    case 'offDiagonal':
    case 'adjoint':
    case 'inverse':
    case 'assume':
      return [operator.operator];
    case 'identity':
    case 'zero':
    case 'gather':
    case 'scatter':
    case 'block':
    case 'update':
    case 'triangularSolve':
      return [];
    default:
      return unreachable(operator);
  }
}

/** The same node over other operators, in the order of `children`. */
export function withChildren(operator: Operator, parts: readonly Operator[]): Operator {
  if (children(operator).every((child, k) => child === parts[k])) return operator;
  switch (operator.kind) {
    case 'compose':
      return compose(...parts);
    case 'sum':
      return sum(...parts);
    case 'directSum':
      return directSum(...parts);
    case 'horizontal':
      return horizontal(...parts);
    case 'vertical':
      return vertical(...parts);
    case 'scale':
      return scale(operator.factor, at(parts, 0));
    case 'offDiagonal':
      return offDiagonal(at(parts, 0));
    case 'adjoint':
      return adjoint(at(parts, 0));
    case 'inverse':
      return inverse(at(parts, 0));
    case 'assume':
      return assume(operator.property, at(parts, 0));
    case 'identity':
    case 'zero':
    case 'gather':
    case 'scatter':
    case 'block':
    case 'update':
    case 'triangularSolve':
      return operator;
    default:
      return unreachable(operator);
  }
}

/** Every distinct node, an operator before the operators inside it. */
export function nodesOf(operator: Operator): readonly Operator[] {
  const seen = new Set<Operator>();
  const visit = (each: Operator): void => {
    if (seen.has(each)) return;
    seen.add(each);
    children(each).forEach(visit);
  };
  visit(operator);
  return [...seen];
}

/** Tables of an index map that arrive with the parameters. */
export function tablesOf(map: IndexMap): readonly Tensor[] {
  switch (map.kind) {
    case 'data':
      return [map.table];
    case 'tensor':
    case 'compose':
      return [...tablesOf(map.outer), ...tablesOf(map.inner)];
    case 'directSum':
      return map.parts.flatMap(tablesOf);
    case 'strided':
    case 'affine':
    case 'bitLinear':
    case 'table':
      return [];
  }
}

/** The tensors that a node itself holds. */
export function tensorsAt(operator: Operator): readonly Tensor[] {
  switch (operator.kind) {
    case 'block':
    case 'triangularSolve':
      return [operator.weights];
    case 'update':
      return [operator.diagonal, operator.u, operator.t, operator.v].filter(tensor => tensor !== undefined);
    case 'gather':
    case 'scatter':
      return tablesOf(operator.map);
    case 'scale':
      return [operator.factor];
    case 'identity':
    case 'zero':
    case 'compose':
    case 'sum':
    case 'directSum':
    case 'horizontal':
    case 'vertical':
    case 'offDiagonal':
    case 'adjoint':
    case 'inverse':
    case 'assume':
      return [];
  }
}

/** The parameters of an operator, each once. */
export const parametersOfOperator = (
  operator: Operator,
): readonly (Tensor & { readonly kind: 'parameter' })[] => [
  ...new Set(nodesOf(operator).flatMap(tensorsAt).flatMap(parametersOf)),
];
