/** Adjoints that a leaf has as a leaf: the base cases of pushing the adjoint inwards, and of recognising AᵀA. */
import { inverseMap, isBijection } from './indexMap.ts';
import {
  adjoint,
  block,
  gather,
  type Operator,
  type Property,
  scatter,
  triangularSolve,
  update,
  zero,
} from './operator.ts';
import { element } from './tensor.ts';
import { tabulate, transposeTensor } from './tensorAlgebra.ts';

/** Properties of the transpose: triangles change sides, all others stay. */
export function transposedProperty(property: Property): Property {
  if (property === 'lowerTriangular') return 'upperTriangular';
  if (property === 'upperTriangular') return 'lowerTriangular';
  return property;
}

/** The adjoint of a leaf; nothing for combinations of operators. */
export function adjointLeaf(operator: Operator): Operator | undefined {
  switch (operator.kind) {
    case 'identity':
      return operator;
    case 'zero':
      return zero(operator.columns, operator.rows);
    case 'gather':
      return isBijection(operator.map) ? gather(inverseMap(operator.map)) : scatter(operator.map);
    case 'scatter':
      return gather(operator.map);
    case 'block': {
      const { a, b, c, d, weights, properties } = operator;
      const transposed = tabulate([a, d, c, b], (g, e, p, q) => element(weights, [g, e, q, p]));
      return block(a, c, b, d, transposed, properties.map(transposedProperty));
    }
    case 'update': {
      const { diagonal, u, t, v, properties } = operator;
      const transposed = t === undefined ? undefined : transposeTensor(t);
      return update({ diagonal, u: v, t: transposed, v: u }, properties.map(transposedProperty));
    }
    case 'triangularSolve':
      return triangularSolve({ ...operator, transposed: !operator.transposed });
    default:
      return undefined;
  }
}

/** Whether `b` is the adjoint of `a`, seen without rewriting: for a leaf, or by an explicit adjoint node. */
export function isAdjointOf(a: Operator, b: Operator): boolean {
  if (adjointLeaf(a) === b || adjoint(a) === b || a === adjoint(b)) return true;
  if (a.kind !== 'compose' || b.kind !== 'compose' || a.factors.length !== b.factors.length) return false;
  const mirrored = b.factors.toReversed();
  return a.factors.every((factor, k) => {
    const other = mirrored[k];
    return other !== undefined && isAdjointOf(factor, other);
  });
}
