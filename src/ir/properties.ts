/**
 * What is known of an operator, each fact with its reason. Sound: a property is listed only where it follows from the
 * structure for every value of the parameters, or where the user promised it (`assume`).
 */
import type { Operator, Property } from './operator.ts';
import { isBijection } from './indexMap.ts';

export type Properties = ReadonlyMap<Property, string>;

const none: Properties = new Map();

export function propertiesOf(operator: Operator): Properties {
  switch (operator.kind) {
    case 'identity':
      return facts('the identity', ['orthogonal', 'symmetric', 'psd', 'invertible', 'lowerTriangular', 'upperTriangular', 'unitDiagonal', 'permutation']);
    case 'gather':
    case 'scatter':
      return isBijection(operator.map) ? facts('a permutation', ['orthogonal', 'invertible', 'permutation']) : none;
    case 'zero':
      return operator.rows === operator.columns ? facts('zero', ['symmetric', 'psd', 'lowerTriangular', 'upperTriangular']) : none;
    case 'block': {
      const own = facts('declared by the leaf', operator.properties);
      return operator.b === 1 && operator.c === 1 ? merge(own, facts('diagonal', ['symmetric', 'lowerTriangular', 'upperTriangular'])) : own;
    }
    case 'update':
      return facts('declared by the leaf', operator.properties);
    case 'triangularSolve': {
      const lower = (operator.triangle === 'lower') !== operator.transposed;
      return facts('inverse of a triangle', [lower ? 'lowerTriangular' : 'upperTriangular', 'invertible', ...(operator.unitDiagonal ? (['unitDiagonal'] as const) : [])]);
    }
    case 'compose':
      // Products keep orthogonality, invertibility and triangles; not symmetry, not definiteness.
      return common(operator.factors, ['orthogonal', 'invertible', 'permutation', 'lowerTriangular', 'upperTriangular', 'unitDiagonal'], 'every factor is');
    case 'sum':
      // Sums of invertible or orthogonal terms need not be either.
      return common(operator.terms, ['symmetric', 'psd', 'lowerTriangular', 'upperTriangular'], 'every term is');
    case 'scale':
      // The factor may be zero or negative: definiteness and invertibility are lost.
      return common([operator.operator], ['symmetric', 'lowerTriangular', 'upperTriangular'], 'a multiple keeps it');
    case 'directSum':
      return common(operator.parts, ['orthogonal', 'symmetric', 'psd', 'invertible', 'lowerTriangular', 'upperTriangular', 'unitDiagonal', 'permutation'], 'every part is');
    case 'adjoint':
    case 'inverse': {
      const inner = propertiesOf(operator.operator);
      const kept = common([operator.operator], ['orthogonal', 'symmetric', 'psd', 'invertible', 'unitDiagonal', 'permutation'], `${operator.kind} keeps it`);
      if (operator.kind === 'inverse') return merge(kept, common([operator.operator], ['lowerTriangular', 'upperTriangular'], 'inverse keeps it'));
      const turned = facts('adjoint of the other triangle', [
        ...(inner.has('lowerTriangular') ? (['upperTriangular'] as const) : []),
        ...(inner.has('upperTriangular') ? (['lowerTriangular'] as const) : []),
      ]);
      return merge(kept, turned);
    }
    case 'assume':
      return merge(propertiesOf(operator.operator), facts('assumed by the user', operator.property === 'orthogonal' ? ['orthogonal', 'invertible'] : [operator.property]));
    case 'horizontal':
    case 'vertical':
    case 'offDiagonal':
      return none;
  }
}

export const hasProperty = (operator: Operator, property: Property): boolean => propertiesOf(operator).has(property);

const facts = (reason: string, properties: readonly Property[]): Properties => new Map(properties.map(property => [property, reason]));
const merge = (a: Properties, b: Properties): Properties => new Map([...b, ...a]);

function common(operators: readonly Operator[], kept: readonly Property[], reason: string): Properties {
  const all = operators.map(propertiesOf);
  const square = operators.every(operator => operator.rows === operator.columns);
  return facts(reason, square ? kept.filter(property => all.every(each => each.has(property))) : []);
}
