/** A number times an operator moves into the weights of the nearest block. */
import {
  block,
  compose,
  diagonal,
  directSum,
  horizontal,
  type Operator,
  scale,
  sum,
  update,
  vertical,
  zero,
} from '../ir/operator.ts';
import type { Tensor } from '../ir/tensor.ts';
import { broadcast, elementwise } from '../ir/tensorAlgebra.ts';
import { isPacked, type Rule } from './rule.ts';

const onScale = (
  name: string,
  law: string,
  apply: (factor: Tensor, inner: Operator) => Operator | undefined,
): Rule => ({
  kind: 'node',
  name,
  law,
  apply: operator => (operator.kind === 'scale' ? apply(operator.factor, operator.operator) : undefined),
});

/** The number that a factor always is. */
const constant = (factor: Tensor): number | undefined =>
  factor.kind === 'computed' && factor.body.kind === 'literal' ? factor.body.value : undefined;

/** Whether a packed number goes into the weights: the rules for blocks and updates take it. */
const absorbs = (operator: Operator): boolean =>
  (operator.kind === 'block' && isPacked(operator.weights)) ||
  (operator.kind === 'update' && isPacked(operator.u, operator.diagonal));

const weightsIn = (operator: Operator): number =>
  operator.kind === 'block'
    ? operator.weights.shape.reduce((a, b) => a * b, 1)
    : operator.rows * operator.columns;

export const scaleRules: readonly Rule[] = [
  onScale('one times', '1 A = A', (factor, inner) => (constant(factor) === 1 ? inner : undefined)),
  onScale('zero times', '0 A = 0', (factor, inner) =>
    constant(factor) === 0 ? zero(inner.rows, inner.columns) : undefined,
  ),
  onScale('multiple of zero', 'c 0 = 0', (_, inner) => (inner.kind === 'zero' ? inner : undefined)),
  onScale('multiple of a multiple', 'c (e A) = (c e) A', (factor, inner) =>
    inner.kind === 'scale' ? scale(elementwise('multiply', factor, inner.factor), inner.operator) : undefined,
  ),
  onScale('multiple of a block', 'c KS(W) = KS(c W)', (factor, inner) => {
    if (inner.kind !== 'block' || !isPacked(factor, inner.weights)) return undefined;
    const { a, b, c, d, weights, properties } = inner;
    const kept = properties.filter(property =>
      ['symmetric', 'lowerTriangular', 'upperTriangular'].includes(property),
    );
    return block(a, b, c, d, elementwise('multiply', weights, factor), kept);
  }),
  onScale('multiple of an update', 'c (D + U T Vᵀ) = c D + (c U) T Vᵀ', (factor, inner) => {
    if (inner.kind !== 'update' || !isPacked(factor, inner.u, inner.diagonal)) return undefined;
    const own =
      inner.diagonal === undefined
        ? broadcast(factor, inner.rows)
        : elementwise('multiply', inner.diagonal, factor);
    const kept = inner.properties.filter(property => property === 'symmetric');
    return update({ ...inner, diagonal: own, u: elementwise('multiply', inner.u, factor) }, kept);
  }),
  onScale(
    'multiple of a product',
    'c (A B) = A (c B) at the factor with the fewest weights',
    (factor, inner) => {
      if (inner.kind !== 'compose' || !isPacked(factor)) return undefined;
      const able = inner.factors.filter(each => absorbs(each) || each.kind === 'sum');
      const [smallest] = able.sort((one, other) => weightsIn(one) - weightsIn(other));
      if (smallest === undefined) return undefined;
      return compose(...inner.factors.with(inner.factors.indexOf(smallest), scale(factor, smallest)));
    },
  ),
  onScale('multiple of a sum', 'c (A + B) = c A + c B', (factor, inner) =>
    inner.kind === 'sum' ? sum(...inner.terms.map(term => scale(factor, term))) : undefined,
  ),
  onScale('multiple of a direct sum', 'c (A ⊕ B) = c A ⊕ c B', (factor, inner) =>
    inner.kind === 'directSum' ? directSum(...inner.parts.map(part => scale(factor, part))) : undefined,
  ),
  onScale('multiple of a row of blocks', 'c [A, B] = [c A, c B]', (factor, inner) =>
    inner.kind === 'horizontal' ? horizontal(...inner.parts.map(part => scale(factor, part))) : undefined,
  ),
  onScale('multiple of a column of blocks', 'c [A; B] = [c A; c B]', (factor, inner) =>
    inner.kind === 'vertical' ? vertical(...inner.parts.map(part => scale(factor, part))) : undefined,
  ),
  {
    kind: 'node',
    name: 'multiple of a factor',
    law: 'A (c B) = c (A B)',
    apply: operator => {
      if (operator.kind !== 'compose' || operator.factors.every(each => each.kind !== 'scale'))
        return undefined;
      const bare = compose(...operator.factors.map(each => (each.kind === 'scale' ? each.operator : each)));
      return operator.factors.reduce(
        (made, each) => (each.kind === 'scale' ? scale(each.factor, made) : made),
        bare,
      );
    },
  },
];

/** For what no block absorbed; it would stop a multiple on its way to one, so it comes after the others. */
export const lastScaleRules: readonly Rule[] = [
  onScale('multiple as a diagonal', 'c A = Diag(c, ..., c) A', (factor, inner) =>
    compose(diagonal(broadcast(factor, inner.rows)), inner),
  ),
];
