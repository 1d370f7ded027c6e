/** The adjoint moves inwards until it stands at leaves, which absorb it. All numbers are real: it is the transpose. */
import { adjointLeaf, transposedProperty } from '../ir/adjointLeaf.ts';
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
} from '../ir/operator.ts';
import type { Rule } from './rule.ts';

type Kind = Operator['kind'];
type Of<K extends Kind> = Operator & { readonly kind: K };

/** A rule on the adjoint of one kind of operator. */
const onAdjointOf = <K extends Kind>(
  kind: K,
  name: string,
  law: string,
  apply: (inner: Of<K>) => Operator,
): Rule => ({
  kind: 'node',
  name,
  law,
  apply: operator =>
    operator.kind === 'adjoint' && isKind(operator.operator, kind) ? apply(operator.operator) : undefined,
});

const isKind = <K extends Kind>(operator: Operator, kind: K): operator is Of<K> => operator.kind === kind;

const each = (operators: readonly Operator[]): Operator[] => operators.map(adjoint);

export const adjointRules: readonly Rule[] = [
  {
    kind: 'node',
    name: 'adjoint of a leaf',
    law: 'KS(a,b,c,d; W)ᵀ = KS(a,c,b,d; Wᵀ), gatherᵀ = scatter, (D + U T Vᵀ)ᵀ = D + V Tᵀ Uᵀ, (T⁻¹)ᵀ = (Tᵀ)⁻¹',
    apply: operator => (operator.kind === 'adjoint' ? adjointLeaf(operator.operator) : undefined),
  },
  onAdjointOf('adjoint', 'adjoint of an adjoint', 'Aᵀᵀ = A', inner => inner.operator),
  onAdjointOf('compose', 'adjoint of a product', '(A B)ᵀ = Bᵀ Aᵀ', inner =>
    compose(...each(inner.factors.toReversed())),
  ),
  onAdjointOf('sum', 'adjoint of a sum', '(A + B)ᵀ = Aᵀ + Bᵀ', inner => sum(...each(inner.terms))),
  onAdjointOf('scale', 'adjoint of a multiple', '(c A)ᵀ = c Aᵀ', inner =>
    scale(inner.factor, adjoint(inner.operator)),
  ),
  onAdjointOf('directSum', 'adjoint of a direct sum', '(A ⊕ B)ᵀ = Aᵀ ⊕ Bᵀ', inner =>
    directSum(...each(inner.parts)),
  ),
  onAdjointOf('horizontal', 'adjoint of a row of blocks', '[A, B]ᵀ = [Aᵀ; Bᵀ]', inner =>
    vertical(...each(inner.parts)),
  ),
  onAdjointOf('vertical', 'adjoint of a column of blocks', '[A; B]ᵀ = [Aᵀ, Bᵀ]', inner =>
    horizontal(...each(inner.parts)),
  ),
  onAdjointOf('offDiagonal', 'adjoint off the diagonal', 'offdiag(A)ᵀ = offdiag(Aᵀ)', inner =>
    offDiagonal(adjoint(inner.operator)),
  ),
  onAdjointOf('inverse', 'adjoint of an inverse', '(A⁻¹)ᵀ = (Aᵀ)⁻¹', inner =>
    inverse(adjoint(inner.operator)),
  ),
  onAdjointOf(
    'assume',
    'adjoint of an assumption',
    'what is assumed of A holds of Aᵀ, triangles turned over',
    inner => assume(transposedProperty(inner.property), adjoint(inner.operator)),
  ),
];
