/** How many nodes an operator or a tensor has when it is written out, with what is shared counted each time. */
import type { Operator } from '../ir/operator.ts';
import { type Scalar, scalarChildren, type Tensor } from '../ir/tensor.ts';
import { children } from '../ir/traverse.ts';

const operators = new WeakMap<Operator, number>();
const scalars = new WeakMap<Scalar, number>();

export function operatorWeight(operator: Operator): number {
  const known = operators.get(operator);
  if (known !== undefined) return known;
  const weight = children(operator).reduce((sum, child) => sum + operatorWeight(child), 1);
  operators.set(operator, weight);
  return weight;
}

function scalarWeight(scalar: Scalar): number {
  const known = scalars.get(scalar);
  if (known !== undefined) return known;
  const weight = scalarChildren(scalar).reduce((sum, child) => sum + scalarWeight(child), 1);
  scalars.set(scalar, weight);
  return weight;
}

/** Tensors read by reference are computed once and count as one. */
export const tensorWeight = (tensor: Tensor): number =>
  tensor.kind === 'computed' ? scalarWeight(tensor.body) : 1;

/** Nodes of `kron(A, B)`: kinds that are copied along the diagonal are counted for each copy. */
export function kronWeight(a: Operator, b: Operator): number {
  const copiesOfA = copied(a) ? b.rows : 1;
  const copiesOfB = copied(b) ? a.columns : 1;
  return operatorWeight(a) * copiesOfA + operatorWeight(b) * copiesOfB;
}

function copied(operator: Operator): boolean {
  switch (operator.kind) {
    case 'update':
    case 'triangularSolve':
    case 'offDiagonal':
    case 'directSum':
    case 'horizontal':
    case 'vertical':
      return true;
    case 'identity':
    case 'zero':
    case 'gather':
    case 'scatter':
    case 'block':
    case 'compose':
    case 'sum':
    case 'scale':
    case 'adjoint':
    case 'inverse':
    case 'assume':
      return children(operator).some(copied);
  }
}
