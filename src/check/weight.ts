/**
 * How many nodes an operator or a tensor has when it is written out, with what is shared counted each time.
 */
import type { Operator } from '../ir/operator.ts';
import { type Scalar, scalarChildren, type Tensor } from '../ir/tensor.ts';
import { children } from '../ir/traverse.ts';

const operators = new WeakMap<Operator, number>();
const scalars = new WeakMap<Scalar, Extent>();

/** What an operator costs: its nodes, and a share of them for the lists that are copied when it is made. */
export const costOf = (nodes: number): { nodes: number; work: number } => ({ nodes, work: nodes / 16 });

export function operatorWeight(operator: Operator): number {
  const known = operators.get(operator);
  if (known !== undefined) return known;
  const weight = children(operator).reduce((sum, child) => sum + operatorWeight(child), 1);
  operators.set(operator, weight);
  return weight;
}

interface Extent {
  readonly nodes: number;
  readonly depth: number;
}

function scalarExtent(scalar: Scalar): Extent {
  const known = scalars.get(scalar);
  if (known !== undefined) return known;
  let [nodes, depth] = [1, 0];
  for (const child of scalarChildren(scalar)) {
    const own = scalarExtent(child);
    nodes += own.nodes;
    depth = Math.max(depth, own.depth);
  }
  const extent = { nodes, depth: depth + 1 };
  scalars.set(scalar, extent);
  return extent;
}

/** Tensors read by reference are computed once and count as one. */
export const tensorExtent = (tensor: Tensor): Extent =>
  tensor.kind === 'computed' ? scalarExtent(tensor.body) : { nodes: 1, depth: 1 };

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
