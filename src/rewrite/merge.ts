/** Neighbours that become one leaf at no cost: diagonals into blocks, terms of equal support into one. */
import { at } from '../core/invariant.ts';
import { type Block, block, compose, diagonal, type Operator, type Property, scale } from '../ir/operator.ts';
import {
  apply,
  element,
  type IndexScalar,
  indexAdd,
  indexApply,
  indexLiteral,
  indexMultiply,
  literal,
  type RealScalar,
  select,
  type Tensor,
} from '../ir/tensor.ts';
import { elementwise, scalarTensor, tabulate } from '../ir/tensorAlgebra.ts';
import { diagonalEntries, hasOwnWeights } from './diagonals.ts';
import { isPacked, onFactors, onTerms, type Rule } from './rule.ts';

/** (g·extent + q)·d + e: a row or column of KS. */
const place = (g: IndexScalar, extent: number, q: IndexScalar, d: number, e: IndexScalar): IndexScalar =>
  indexAdd(indexMultiply(indexAdd(indexMultiply(g, indexLiteral(extent)), q), indexLiteral(d)), e);

const triangles = (properties: readonly Property[]): Property[] =>
  properties.filter(property => property === 'lowerTriangular' || property === 'upperTriangular');

/** Entries of a diagonal that may be multiplied into the weights of a block. */
function absorbed(entries: Operator, into: Operator) {
  const vector = diagonalEntries(entries);
  if (vector === undefined || into.kind !== 'block' || (into.b === 1 && into.c === 1)) return undefined;
  return hasOwnWeights(into) && isPacked(vector, into.weights) ? { vector, into } : undefined;
}

/** The same operation on every weight, in place. */
const reweighted = (
  { a, b, c, d, properties }: Block,
  weight: (g: IndexScalar, e: IndexScalar, q: IndexScalar, p: IndexScalar) => RealScalar,
) => block(a, b, c, d, tabulate([a, d, b, c], weight), triangles(properties));

/** Every run of diagonals as one; nothing where no two are neighbours. */
function mergedDiagonals(factors: readonly Operator[]): Operator | undefined {
  const runs: { readonly factor: Operator; readonly entries: Tensor[] }[] = [];
  for (const factor of factors) {
    const entries = diagonalEntries(factor);
    const usable = entries !== undefined && isPacked(entries) ? [entries] : [];
    const last = runs.at(-1);
    if (usable.length > 0 && last !== undefined && last.entries.length > 0) last.entries.push(...usable);
    else runs.push({ factor, entries: usable });
  }
  if (runs.length === factors.length) return undefined;
  return compose(
    ...runs.map(({ factor, entries }) => (entries.length > 1 ? diagonal(product(entries)) : factor)),
  );
}

/** By halves, so that the expression for a long product is no deeper than its logarithm. */
function product(tensors: readonly Tensor[]): Tensor {
  if (tensors.length === 1) return at(tensors, 0);
  const middle = tensors.length >> 1;
  return elementwise('multiply', product(tensors.slice(0, middle)), product(tensors.slice(middle)));
}

const supportLabel = (term: Operator): string[] =>
  term.kind === 'block' ? [`support ${[term.a, term.b, term.c, term.d]}`] : [];

/** What is a diagonal, and what has room for one in its blocks. */
function diagonalLabel(term: Operator): string[] {
  const hasRoom = term.kind === 'identity' || (term.kind === 'block' && term.b === term.c);
  return hasRoom ? ['diagonal'] : [];
}

export const mergeRules: readonly Rule[] = [
  {
    kind: 'node',
    name: 'diagonal in one piece',
    law: 'KS(a,1,1,d) = KS(a·d,1,1,1)',
    apply: operator => {
      const entries = operator.kind === 'block' && operator.d > 1 ? diagonalEntries(operator) : undefined;
      return entries === undefined || operator.kind !== 'block'
        ? undefined
        : diagonal(entries, operator.properties);
    },
  },
  {
    kind: 'node',
    name: 'diagonal after diagonal',
    law: 'Diag(d) Diag(e) = Diag(d e)',
    apply: operator => (operator.kind === 'compose' ? mergedDiagonals(operator.factors) : undefined),
  },
  onFactors('diagonal after block', 'Diag(d) KS(W) = KS(d W), d along the rows', (left, right) => {
    const made = absorbed(left, right);
    if (made === undefined) return undefined;
    const { into, vector } = made;
    return reweighted(into, (g, e, q, p) =>
      apply(
        'multiply',
        element(vector, [place(g, into.b, q, into.d, e)]),
        element(into.weights, [g, e, q, p]),
      ),
    );
  }),
  onFactors('block after diagonal', 'KS(W) Diag(d) = KS(W d), d along the columns', (left, right) => {
    const made = absorbed(right, left);
    if (made === undefined) return undefined;
    const { into, vector } = made;
    return reweighted(into, (g, e, q, p) =>
      apply(
        'multiply',
        element(into.weights, [g, e, q, p]),
        element(vector, [place(g, into.c, p, into.d, e)]),
      ),
    );
  }),
  onTerms(
    'equal terms',
    'A + A = 2 A',
    term => [`operator ${term.id}`],
    (left, right) => (left === right ? scale(scalarTensor(2), left) : undefined),
  ),
  onTerms('blocks of one support', 'KS(V) + KS(W) = KS(V + W)', supportLabel, (left, right) => {
    if (left.kind !== 'block' || right.kind !== 'block' || !isPacked(left.weights, right.weights))
      return undefined;
    const { a, b, c, d } = left;
    if (a !== right.a || b !== right.b || c !== right.c || d !== right.d) return undefined;
    const kept = left.properties.filter(
      property => right.properties.includes(property) && additive.has(property),
    );
    return block(a, b, c, d, elementwise('add', left.weights, right.weights), kept);
  }),
  onTerms('identity into a block', 'I + KS(W) = KS(I + W)', diagonalLabel, (left, right) => {
    if (left.kind !== 'identity' || right.kind !== 'block' || right.b !== right.c || !isPacked(right.weights))
      return undefined;
    const kept = right.properties.filter(property => additive.has(property));
    const weights = tabulate(right.weights.shape, (g, e, q, p) =>
      apply(
        'add',
        element(right.weights, [g, e, q, p]),
        select(indexApply('equal', q, p), literal(1), literal(0)),
      ),
    );
    return block(right.a, right.b, right.c, right.d, weights, kept);
  }),
  onTerms(
    'diagonal into a block',
    'Diag(d) + KS(W) = KS(W + d on its diagonal)',
    diagonalLabel,
    (left, right) => {
      const made = absorbed(left, right);
      if (made === undefined || made.into.b !== made.into.c) return undefined;
      const { into, vector } = made;
      return reweighted(into, (g, e, q, p) => {
        const own = element(into.weights, [g, e, q, p]);
        const sum = apply('add', own, element(vector, [place(g, into.b, q, into.d, e)]));
        return select(indexApply('equal', q, p), sum, own);
      });
    },
  ),
];

/** What a sum inherits when every term has it. */
const additive: ReadonlySet<Property> = new Set(['symmetric', 'psd', 'lowerTriangular', 'upperTriangular']);
