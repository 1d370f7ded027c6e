/**
 * What is true of an operator for every value of its parameters, each with the reason. Sound: a property is absent
 * unless it follows; what is only assumed by the user says so in its reason.
 *
 * Invertible means: for the values at which the operator is defined (a solve, an inverse, an assumption).
 */
import { at } from '../core/invariant.ts';
import { adjointLeaf, isAdjointOf, transposedProperty } from './adjointLeaf.ts';
import { inverseMap, isBijection } from './indexMap.ts';
import type { Operator, Property } from './operator.ts';
import { signOfTensor } from './sign.ts';
import type { Tensor } from './tensor.ts';
import { children } from './traverse.ts';

export type Properties = ReadonlyMap<Property, string>;

type Found = Map<Property, string>;

const known = new WeakMap<Operator, Properties>();

export function propertiesOf(operator: Operator): Properties {
  const before = known.get(operator);
  if (before !== undefined) return before;
  const found = closure(operator, inferred(operator));
  known.set(operator, found);
  return found;
}

export const has = (operator: Operator, property: Property): boolean => propertiesOf(operator).has(property);

/** What the properties found imply. */
function closure(operator: Operator, found: Found): Properties {
  const square = operator.rows === operator.columns;
  const imply = (conclusion: Property, reason: string, ...premises: readonly Property[]): void => {
    if (!found.has(conclusion) && premises.every(premise => found.has(premise)))
      found.set(conclusion, reason);
  };
  imply('orthogonal', 'a permutation', 'permutation');
  imply('invertible', 'orthogonal', 'orthogonal');
  imply('symmetric', 'positive semidefinite', 'psd');
  if (square) {
    imply('invertible', 'a triangle with ones on the diagonal', 'unitDiagonal', 'lowerTriangular');
    imply('invertible', 'a triangle with ones on the diagonal', 'unitDiagonal', 'upperTriangular');
    imply('symmetric', 'diagonal', 'lowerTriangular', 'upperTriangular');
  }
  return found;
}

const because = (reason: string, ...properties: readonly Property[]): Found =>
  new Map(properties.map(property => [property, reason]));

function inferred(operator: Operator): Found {
  switch (operator.kind) {
    case 'identity':
      return because(
        'the identity',
        'permutation',
        'psd',
        'lowerTriangular',
        'upperTriangular',
        'unitDiagonal',
      );
    case 'zero':
      return because(
        'zero',
        'lowerTriangular',
        'upperTriangular',
        ...(operator.rows === operator.columns ? ['psd' as const] : []),
      );
    case 'gather':
    case 'scatter': {
      if (!isBijection(operator.map)) return new Map();
      const found = because('its index map is a bijection', 'permutation');
      if (inverseMap(operator.map) === operator.map)
        found.set('symmetric', 'its index map is its own inverse');
      return found;
    }
    case 'block':
      return propertiesOfBlock(operator);
    case 'update':
      return propertiesOfUpdate(operator);
    case 'triangularSolve': {
      const lower = (operator.triangle === 'lower') !== operator.transposed;
      const own = because('a triangular solve', 'invertible', lower ? 'lowerTriangular' : 'upperTriangular');
      if (operator.unitDiagonal)
        own.set('unitDiagonal', 'the inverse of a triangle with ones on the diagonal');
      return own;
    }
    case 'compose':
      return propertiesOfProduct(operator.factors);
    case 'sum':
      return propertiesOfSum(operator.terms);
    case 'scale':
      return propertiesOfScale(operator.factor, operator.operator);
    case 'directSum':
      return propertiesOfDirectSum(operator.parts);
    case 'horizontal':
    case 'vertical':
      return new Map();
    case 'offDiagonal':
      return kept(operator, 'symmetric', 'lowerTriangular', 'upperTriangular');
    case 'adjoint':
      return new Map(
        [...propertiesOf(operator.operator)].map(([each, reason]) => [transposedProperty(each), reason]),
      );
    case 'inverse':
      return propertiesOfInverse(operator);
    case 'assume':
      return new Map([...propertiesOf(operator.operator), [operator.property, 'assumed by the user']]);
  }
}

/** Properties shared with the one operator inside. */
function kept(operator: Operator, ...properties: readonly Property[]): Found {
  const inner = propertiesOf(at(children(operator), 0));
  return new Map([...inner].filter(([property]) => properties.includes(property)));
}

function propertiesOfBlock(operator: Operator & { readonly kind: 'block' }): Found {
  const found: Found = new Map(operator.properties.map(property => [property, 'by its construction']));
  if (operator.b === 1 && operator.c === 1) {
    found.set('lowerTriangular', 'diagonal').set('upperTriangular', 'diagonal');
    const sign = signOfTensor(operator.weights);
    if (sign !== 'unknown') found.set('psd', 'a diagonal of non-negative numbers');
    if (sign === 'positive') found.set('invertible', 'a diagonal of positive numbers');
  }
  const transposed = adjointLeaf(operator);
  if (transposed?.kind === 'block' && transposed.weights === operator.weights && operator.b === operator.c) {
    found.set('symmetric', 'its weights are their own transpose');
  }
  return found;
}

function propertiesOfUpdate(operator: Operator & { readonly kind: 'update' }): Found {
  const found: Found = new Map(operator.properties.map(property => [property, 'by its construction']));
  const { diagonal, u, t, v } = operator;
  if (t !== undefined || u !== v) return found;
  found.set('symmetric', 'D + U Uᵀ');
  const sign = diagonal === undefined ? 'positive' : signOfTensor(diagonal);
  if (sign !== 'unknown') found.set('psd', 'D + U Uᵀ with D ≥ 0');
  if (sign === 'positive') found.set('invertible', 'D + U Uᵀ with D > 0');
  return found;
}

const everyHas = (parts: readonly Operator[], property: Property): boolean =>
  parts.every(part => has(part, property));

function forAll(parts: readonly Operator[], reason: string, ...properties: readonly Property[]): Found {
  return because(reason, ...properties.filter(property => everyHas(parts, property)));
}

const isSquare = (operator: Operator): boolean => operator.rows === operator.columns;

/** A product of symmetric operators need not be symmetric; a palindrome A M Aᵀ is as M is. */
function propertiesOfProduct(factors: readonly Operator[]): Found {
  const found = forAll(
    factors,
    'every factor is',
    'permutation',
    'orthogonal',
    'lowerTriangular',
    'upperTriangular',
  );
  if (factors.every(isSquare) && everyHas(factors, 'invertible')) found.set('invertible', 'every factor is');
  const triangular = found.has('lowerTriangular') || found.has('upperTriangular');
  if (triangular && factors.every(isSquare) && everyHas(factors, 'unitDiagonal')) {
    found.set('unitDiagonal', 'every factor is a triangle with ones on the diagonal');
  }
  const half = Math.floor(factors.length / 2);
  const mirrored = factors
    .slice(0, half)
    .every((factor, k) => isAdjointOf(factor, at(factors, factors.length - 1 - k)));
  if (!mirrored) return found;
  const middle = factors.length % 2 === 1 ? at(factors, half) : undefined;
  if (middle === undefined || has(middle, 'psd'))
    found.set('psd', 'of the form A M Aᵀ with M positive semidefinite');
  else if (has(middle, 'symmetric')) found.set('symmetric', 'of the form A M Aᵀ with M symmetric');
  return found;
}

/** A sum of invertible operators need not be invertible (A − A); of positive definite ones it is. */
function propertiesOfSum(terms: readonly Operator[]): Found {
  const found = forAll(terms, 'every term is', 'symmetric', 'psd', 'lowerTriangular', 'upperTriangular');
  if (!found.has('symmetric') && comesInPairs(terms.filter(term => !has(term, 'symmetric')))) {
    found.set('symmetric', 'of the form A + Aᵀ');
  }
  if (found.has('psd') && terms.some(term => has(term, 'invertible'))) {
    found.set('invertible', 'positive semidefinite terms, one of them definite');
  }
  return found;
}

/** Whether the terms are pairs of an operator and its adjoint. */
function comesInPairs(terms: readonly Operator[]): boolean {
  const [first, ...rest] = terms;
  if (first === undefined) return true;
  const partner = rest.findIndex(term => isAdjointOf(first, term));
  return partner !== -1 && comesInPairs(rest.toSpliced(partner, 1));
}

function propertiesOfScale(factor: Tensor, inner: Operator): Found {
  const found = forAll([inner], 'a multiple of one', 'symmetric', 'lowerTriangular', 'upperTriangular');
  const sign = signOfTensor(factor);
  const value = factor.kind === 'computed' && factor.body.kind === 'literal' ? factor.body.value : undefined;
  if (sign !== 'unknown' && has(inner, 'psd')) found.set('psd', 'a non-negative multiple of one');
  if ((sign === 'positive' || (value !== undefined && value !== 0)) && has(inner, 'invertible')) {
    found.set('invertible', 'a multiple of one by a number that is not zero');
  }
  if ((value === 1 || value === -1) && has(inner, 'orthogonal')) found.set('orthogonal', 'plus or minus one');
  return found;
}

/** Along the diagonal of a direct sum, rectangular parts shift the main diagonal: triangles count only when square. */
function propertiesOfDirectSum(parts: readonly Operator[]): Found {
  const found = forAll(parts, 'every part is', 'permutation', 'orthogonal', 'symmetric', 'psd');
  if (!parts.every(isSquare)) return found;
  const square = forAll(
    parts,
    'every part is',
    'invertible',
    'lowerTriangular',
    'upperTriangular',
    'unitDiagonal',
  );
  return new Map([...found, ...square]);
}

function propertiesOfInverse(operator: Operator & { readonly kind: 'inverse' }): Found {
  const inner = propertiesOf(operator.operator);
  const found = kept(
    operator,
    'orthogonal',
    'permutation',
    'symmetric',
    'psd',
    'lowerTriangular',
    'upperTriangular',
  );
  found.set('invertible', 'an inverse');
  const triangular = inner.has('lowerTriangular') || inner.has('upperTriangular');
  if (triangular && inner.has('unitDiagonal'))
    found.set('unitDiagonal', 'the inverse of a triangle with ones on the diagonal');
  return found;
}
