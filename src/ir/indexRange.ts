/**
 * Index arithmetic simplified by what is known of its range: (8·i + j) / 8 is i and (8·i + j) mod 8 is j where
 * 0 ≤ j < 8. What a pack step evaluates for every weight stays short, and equal tensors are found equal.
 */
import { at } from '../core/invariant.ts';
import {
  apply,
  element,
  type IndexScalar,
  indexAdd,
  indexApply,
  indexElement,
  indexLiteral,
  indexMultiply,
  indexOf,
  indexSelect,
  ofIndex,
  realOf,
  type Scalar,
  select,
  sumLike,
} from './scalar.ts';

interface Range {
  readonly least: number;
  readonly most: number;
}

const everything: Range = { least: Number.NEGATIVE_INFINITY, most: Number.POSITIVE_INFINITY };

/** Extents of the axes, and of the variables of the sums around an expression. */
interface Scope {
  readonly shape: readonly number[];
  readonly variables: Map<number, number>;
}

/** A sum of multiples of expressions that are no sums themselves. */
interface Linear {
  readonly terms: ReadonlyMap<IndexScalar, number>;
  readonly constant: number;
}

export function simplifyIndices(scalar: Scalar, shape: readonly number[]): Scalar {
  const scope: Scope = { shape, variables: new Map() };
  const made = new Map<Scalar, Scalar>();
  const visit = (each: Scalar): Scalar => {
    const known = made.get(each);
    if (known !== undefined) return known;
    const result = rebuild(each, scope, visit);
    made.set(each, result);
    return result;
  };
  return visit(scalar);
}

function rebuild(each: Scalar, scope: Scope, visit: (scalar: Scalar) => Scalar): Scalar {
  const index = (part: IndexScalar): IndexScalar => indexOf(visit(part));
  switch (each.kind) {
    case 'literal':
    case 'bound':
      return each;
    case 'axis':
      return scope.shape[each.axis] === 1 ? indexLiteral(0) : each;
    case 'ofIndex':
      return ofIndex(index(each.value));
    case 'element': {
      const moved = each.at.map(index);
      if (moved.every((part, k) => part === each.at[k])) return each;
      return each.domain === 'index' ? indexElement(each.tensor, moved) : element(each.tensor, moved);
    }
    case 'apply':
      if (each.domain === 'real')
        return apply(each.function, ...each.arguments.map(part => realOf(visit(part))));
      return simplified(
        indexApply(each.function, index(at(each.arguments, 0)), index(at(each.arguments, 1))),
        scope,
      );
    case 'select':
      return each.domain === 'index'
        ? indexSelect(index(each.condition), index(each.then), index(each.otherwise))
        : select(index(each.condition), realOf(visit(each.then)), realOf(visit(each.otherwise)));
    case 'sum':
      scope.variables.set(each.variable, each.extent);
      return sumLike(each, realOf(visit(each.body)));
  }
}

function simplified(scalar: IndexScalar, scope: Scope): IndexScalar {
  if (scalar.kind !== 'apply') return scalar;
  const [left, right] = [at(scalar.arguments, 0), at(scalar.arguments, 1)];
  switch (scalar.function) {
    case 'floorDivide':
    case 'modulo':
      return right.kind === 'literal' && right.value > 0
        ? divided(scalar, scalar.function, left, right.value, scope)
        : scalar;
    case 'less': {
      const [a, b] = [rangeOf(left, scope), rangeOf(right, scope)];
      if (a.most < b.least) return indexLiteral(1);
      return a.least >= b.most ? indexLiteral(0) : scalar;
    }
    case 'equal': {
      const [a, b] = [rangeOf(left, scope), rangeOf(right, scope)];
      if (left === right) return indexLiteral(1);
      return a.most < b.least || b.most < a.least ? indexLiteral(0) : scalar;
    }
    case 'add':
    case 'subtract': {
      // (i + 3) − 3 is i: worth collecting only when it gets shorter.
      const linear = linearOf(scalar);
      return linear.terms.size <= 1 ? written(linear) : scalar;
    }
    case 'multiply':
    case 'minimum':
    case 'maximum':
      return scalar;
  }
}

/** Divides the part that is a multiple of n; the rest must lie in 0 ≤ rest < n. */
function divided(
  scalar: IndexScalar,
  name: 'floorDivide' | 'modulo',
  of: IndexScalar,
  n: number,
  scope: Scope,
): IndexScalar {
  const { terms, constant } = linearOf(of);
  const whole = new Map(
    [...terms].filter(([, factor]) => factor % n === 0).map(([term, factor]) => [term, factor / n]),
  );
  const multiples = Math.floor(constant / n);
  const rest: Linear = {
    terms: new Map([...terms].filter(([, factor]) => factor % n !== 0)),
    constant: constant - multiples * n,
  };
  const { least, most } = rangeOfLinear(rest, scope);
  if (least < 0 || most >= n) return scalar;
  return name === 'modulo' ? written(rest) : written({ terms: whole, constant: multiples });
}

function linearOf(scalar: IndexScalar): Linear {
  if (scalar.kind === 'literal') return { terms: new Map(), constant: scalar.value };
  if (scalar.kind === 'apply') {
    const [left, right] = [at(scalar.arguments, 0), at(scalar.arguments, 1)];
    if (scalar.function === 'add') return combined(linearOf(left), linearOf(right), 1);
    if (scalar.function === 'subtract') return combined(linearOf(left), linearOf(right), -1);
    if (scalar.function === 'multiply' && right.kind === 'literal')
      return combined(nothing, linearOf(left), right.value);
    if (scalar.function === 'multiply' && left.kind === 'literal')
      return combined(nothing, linearOf(right), left.value);
  }
  return { terms: new Map([[scalar, 1]]), constant: 0 };
}

const nothing: Linear = { terms: new Map(), constant: 0 };

function combined(a: Linear, b: Linear, factor: number): Linear {
  const terms = new Map(a.terms);
  for (const [term, count] of b.terms) {
    const total = (terms.get(term) ?? 0) + factor * count;
    if (total === 0) terms.delete(term);
    else terms.set(term, total);
  }
  return { terms, constant: a.constant + factor * b.constant };
}

function written({ terms, constant }: Linear): IndexScalar {
  const products = [...terms].map(([term, factor]) => indexMultiply(term, indexLiteral(factor)));
  const [first, ...rest] = products;
  return first === undefined
    ? indexLiteral(constant)
    : indexAdd(rest.reduce(indexAdd, first), indexLiteral(constant));
}

function rangeOfLinear({ terms, constant }: Linear, scope: Scope): Range {
  let [least, most] = [constant, constant];
  for (const [term, factor] of terms) {
    const range = rangeOf(term, scope);
    least += factor * (factor > 0 ? range.least : range.most);
    most += factor * (factor > 0 ? range.most : range.least);
  }
  return { least, most };
}

function rangeOf(scalar: IndexScalar, scope: Scope): Range {
  switch (scalar.kind) {
    case 'literal':
      return { least: scalar.value, most: scalar.value };
    case 'axis':
      return extent(scope.shape[scalar.axis]);
    case 'bound':
      return extent(scope.variables.get(scalar.variable));
    case 'element':
      return everything;
    case 'select': {
      const [a, b] = [rangeOf(scalar.then, scope), rangeOf(scalar.otherwise, scope)];
      return { least: Math.min(a.least, b.least), most: Math.max(a.most, b.most) };
    }
    case 'apply':
      return rangeOfApply(scalar, scope);
  }
}

/** Positions below an extent; nothing is known of an axis or a variable bound elsewhere. */
const extent = (n: number | undefined): Range =>
  n === undefined || n === 0 ? everything : { least: 0, most: n - 1 };

function rangeOfApply(scalar: IndexScalar & { readonly kind: 'apply' }, scope: Scope): Range {
  const [a, right] = [rangeOf(at(scalar.arguments, 0), scope), at(scalar.arguments, 1)];
  switch (scalar.function) {
    case 'less':
    case 'equal':
      return { least: 0, most: 1 };
    case 'add':
    case 'subtract':
      return rangeOfLinear(linearOf(scalar), scope);
    case 'multiply':
      // A product of two unknowns would be a term of its own for ever.
      return right.kind === 'literal' ? rangeOfLinear(linearOf(scalar), scope) : everything;
    case 'floorDivide':
      if (right.kind !== 'literal' || right.value <= 0) return everything;
      return { least: Math.floor(a.least / right.value), most: Math.floor(a.most / right.value) };
    case 'modulo':
      return right.kind === 'literal' && right.value > 0 ? { least: 0, most: right.value - 1 } : everything;
    case 'minimum': {
      const b = rangeOf(right, scope);
      return { least: Math.min(a.least, b.least), most: Math.min(a.most, b.most) };
    }
    case 'maximum': {
      const b = rangeOf(right, scope);
      return { least: Math.max(a.least, b.least), most: Math.max(a.most, b.most) };
    }
  }
}
