/** The adjoint moves inwards until it stands at leaves, which absorb it. All numbers are real: adjoint = transpose. */
import { isBijection, inverseMap } from '../ir/indexMap.ts';
import {
  adjoint, assume, block, compose, directSum, gather, horizontal, inverse, offDiagonal, type Operator, type Property, scale, scatter, sum,
  triangularSolve, update, vertical, zero,
} from '../ir/operator.ts';
import { element } from '../ir/tensor.ts';
import { tabulate, transposeTensor } from '../ir/tensorAlgebra.ts';
import type { Rule } from './rule.ts';

type Kind = Operator['kind'];

/** A rule for the adjoint of one kind of node. */
const ofKind = <K extends Kind>(kind: K, law: string, turn: (inner: Operator & { kind: K }) => Operator): Rule => ({
  name: `adjoint of ${kind}`,
  law,
  apply: node => (node.kind === 'adjoint' && node.operator.kind === kind ? turn(node.operator as Operator & { kind: K }) : undefined),
});

const turned: Partial<Record<Property, Property>> = { lowerTriangular: 'upperTriangular', upperTriangular: 'lowerTriangular' };
const turnProperties = (properties: readonly Property[]): Property[] => properties.map(property => turned[property] ?? property);

export const adjointRules: readonly Rule[] = [
  ofKind('adjoint', "A'' = A", ({ operator }) => operator),
  ofKind('identity', "I' = I", inner => inner),
  ofKind('zero', "0' = 0", inner => zero(inner.columns, inner.rows)),
  ofKind('gather', "Gath(f)' = Scat(f)", inner => scatter(inner.map)),
  ofKind('scatter', "Scat(f)' = Gath(f)", inner => gather(inner.map)),
  ofKind('block', "KS(a,b,c,d; W)' = KS(a,c,b,d; W')", ({ a, b, c, d, weights, properties }) => {
    const transposed = tabulate([a, d, c, b], (g, e, p, q) => element(weights, [g, e, q, p]));
    return block(a, c, b, d, transposed, turnProperties(properties));
  }),
  ofKind('update', "(D + U T V')' = D + V T' U'", ({ diagonal, u, t, v, properties }) =>
    update({ diagonal, u: v, t: t && transposeTensor(t), v: u }, turnProperties(properties)),
  ),
  ofKind('triangularSolve', "(T^-1)' = (T')^-1", inner => triangularSolve({ ...inner, transposed: !inner.transposed })),
  ofKind('compose', "(A B)' = B' A'", ({ factors }) => compose(...factors.toReversed().map(adjoint))),
  ofKind('sum', "(A + B)' = A' + B'", ({ terms }) => sum(...terms.map(adjoint))),
  ofKind('scale', "(s A)' = s A'", ({ factor, operator }) => scale(factor, adjoint(operator))),
  ofKind('directSum', "(A ⊕ B)' = A' ⊕ B'", ({ parts }) => directSum(...parts.map(adjoint))),
  ofKind('horizontal', "[A, B]' = [A'; B']", ({ parts }) => vertical(...parts.map(adjoint))),
  ofKind('vertical', "[A; B]' = [A', B']", ({ parts }) => horizontal(...parts.map(adjoint))),
  ofKind('offDiagonal', "offdiag(A)' = offdiag(A')", ({ operator }) => offDiagonal(adjoint(operator))),
  ofKind('inverse', "(A^-1)' = (A')^-1", ({ operator }) => inverse(adjoint(operator))),
  ofKind('assume', 'orthogonality, symmetry, definiteness and invertibility pass to the adjoint', ({ property, operator }) =>
    assume(property, adjoint(operator)),
  ),
  {
    name: 'scatter of a bijection',
    law: 'Scat(f) = Gath(f^-1) for a bijection f',
    apply: node => (node.kind === 'scatter' && isBijection(node.map) ? gather(inverseMap(node.map)) : undefined),
  },
];
