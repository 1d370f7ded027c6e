/** Index scalars as sums of multiples, which addresses are made of. */
import { at } from '../core/invariant.ts';
import type { IndexScalar } from '../ir/tensor.ts';
import { add, literal, multiply, operation } from '../kernel/build.ts';
import type { Expression } from '../kernel/kernel.ts';

/** constant + Σ coefficient · term. */
export interface Terms {
  readonly constant: number;
  readonly of: ReadonlyMap<IndexScalar, number>;
}

export const isAffine = (scalar: IndexScalar & { kind: 'apply' }): boolean =>
  scalar.function === 'add' ||
  scalar.function === 'subtract' ||
  (scalar.function === 'multiply' && scalar.arguments.some(each => each.kind === 'literal'));

function plus(a: Terms, b: Terms, factor = 1): Terms {
  const of = new Map(a.of);
  for (const [term, coefficient] of b.of) of.set(term, (of.get(term) ?? 0) + factor * coefficient);
  return { constant: a.constant + factor * b.constant, of };
}

const nothing: Terms = { constant: 0, of: new Map() };

export function termsOf(scalar: IndexScalar): Terms {
  if (scalar.kind === 'literal') return { constant: scalar.value, of: new Map() };
  if (scalar.kind !== 'apply' || !isAffine(scalar)) return { constant: 0, of: new Map([[scalar, 1]]) };
  const [a, b] = [at(scalar.arguments, 0), at(scalar.arguments, 1)];
  if (scalar.function === 'multiply') {
    return a.kind === 'literal'
      ? plus(nothing, termsOf(b), a.value)
      : plus(nothing, termsOf(a), b.kind === 'literal' ? b.value : 0);
  }
  return plus(termsOf(a), termsOf(b), scalar.function === 'add' ? 1 : -1);
}

export function rowMajor(position: readonly IndexScalar[], shape: readonly number[], offset: number): Terms {
  const index = position.reduce(
    (terms, each, k) => plus(plus(nothing, terms, at(shape, k)), termsOf(each)),
    nothing,
  );
  return plus(index, { constant: offset, of: new Map() });
}

/** What is added comes before what is subtracted. */
export function linear(
  values: readonly { readonly coefficient: number; readonly value: Expression }[],
  constant: number,
): Expression {
  const scaled = (coefficient: number, value: Expression) => multiply(value, literal(coefficient));
  const sum = values
    .filter(({ coefficient }) => coefficient > 0)
    .reduce<Expression>(
      (total, { coefficient, value }) => add(total, scaled(coefficient, value)),
      literal(0),
    );
  const lifted = constant > 0 ? add(sum, literal(constant)) : sum;
  const lowered = values
    .filter(({ coefficient }) => coefficient < 0)
    .reduce<Expression>(
      (total, { coefficient, value }) => operation('subtract', [total, scaled(-coefficient, value)]),
      lifted,
    );
  return constant < 0 ? operation('subtract', [lowered, literal(-constant)]) : lowered;
}
