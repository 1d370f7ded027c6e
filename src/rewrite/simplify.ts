/** Laws that leave less to compute: scales into weights, permutations and diagonals together, reflections into one update. */
import { at } from '../core/invariant.ts';
import { composeMaps, isBijection } from '../ir/indexMap.ts';
import { mapIndexScalar } from '../ir/indexMapScalar.ts';
import { hasMatrix, matrixOf } from '../ir/matrix.ts';
import {
  block, type Block, compose, diagonal, directSum, gather, horizontal, type Operator, scale, scatter, sum, update, vertical,
} from '../ir/operator.ts';
import { apply, axis, element, indexApply, indexLiteral, type IndexScalar, literal, type RealScalar, select, sumOver, type Tensor, unitTriangularInverse } from '../ir/tensor.ts';
import { broadcast, elementwise, scalarTensor, tabulate } from '../ir/tensorAlgebra.ts';
import type { Rule } from './rule.ts';

const scaleRule = (name: string, law: string, push: (factor: Tensor, inner: Operator) => Operator | undefined): Rule => ({
  name,
  law,
  apply: node => (node.kind === 'scale' ? push(node.factor, node.operator) : undefined),
});

export const scaleRules: readonly Rule[] = [
  scaleRule('scale of a scale', 's (t A) = (s t) A', (s, inner) =>
    inner.kind === 'scale' ? scale(elementwise('multiply', s, inner.factor), inner.operator) : undefined,
  ),
  scaleRule('scale into weights', 's KS(W) = KS(s W)', (s, inner) =>
    inner.kind === 'block' ? block(inner.a, inner.b, inner.c, inner.d, elementwise('multiply', s, inner.weights), triangles(inner)) : undefined,
  ),
  scaleRule('scale of the identity', 's I = diag(s, ..., s)', (s, inner) =>
    inner.kind === 'identity' ? diagonal(broadcast(s, inner.rows)) : undefined,
  ),
  scaleRule('scale of zero', 's 0 = 0', (_s, inner) => (inner.kind === 'zero' ? inner : undefined)),
  scaleRule('scale of a sum', 's (A + B) = s A + s B', (s, inner) =>
    inner.kind === 'sum' ? sum(...inner.terms.map(term => scale(s, term))) : undefined,
  ),
  scaleRule('scale of an update', "s (D + U T V') = s D + (s U) T V'", (s, inner) => {
    if (inner.kind !== 'update') return undefined;
    const entries = inner.diagonal === undefined ? broadcast(s, inner.rows) : elementwise('multiply', s, inner.diagonal);
    return update({ diagonal: entries, u: elementwise('multiply', s, inner.u), t: inner.t, v: inner.v });
  }),
  scaleRule('scale of a product', 's (A B) = (s A) B, at the smallest block', (s, inner) => {
    if (inner.kind !== 'compose') return undefined;
    const blocks = inner.factors.filter(factor => factor.kind === 'block' || factor.kind === 'update' || factor.kind === 'sum');
    const smallest = blocks.reduce<Operator | undefined>((best, each) => (best && size(best) <= size(each) ? best : each), undefined);
    if (smallest === undefined) return compose(diagonal(broadcast(s, inner.rows)), inner);
    const position = inner.factors.indexOf(smallest);
    return compose(...inner.factors.map((factor, k) => (k === position ? scale(s, factor) : factor)));
  }),
  scaleRule('scale of a direct sum', 's (A ⊕ B) = s A ⊕ s B', (s, inner) =>
    inner.kind === 'directSum' ? directSum(...inner.parts.map(part => scale(s, part))) : undefined,
  ),
  scaleRule('scale of a stack', 's [A, B] = [s A, s B]', (s, inner) => {
    if (inner.kind === 'horizontal') return horizontal(...inner.parts.map(part => scale(s, part)));
    return inner.kind === 'vertical' ? vertical(...inner.parts.map(part => scale(s, part))) : undefined;
  }),
  scaleRule('scale of a permutation', 's P = diag(s) P', (s, inner) =>
    inner.kind === 'gather' ? compose(diagonal(broadcast(s, inner.rows)), inner) : undefined,
  ),
  scaleRule('scale of a scatter', 's Scat(f) = Scat(f) diag(s)', (s, inner) =>
    inner.kind === 'scatter' ? compose(inner, diagonal(broadcast(s, inner.columns))) : undefined,
  ),
];

const triangles = (inner: Block) => inner.properties.filter(property => property === 'lowerTriangular' || property === 'upperTriangular' || property === 'symmetric');

const size = (operator: Operator): number =>
  operator.kind === 'block' ? operator.weights.shape.reduce((a, b) => a * b, 1) : operator.rows * operator.columns;

/** A rule on two neighbours of a product. */
const neighbours = (name: string, law: string, merge: (left: Operator, right: Operator) => readonly Operator[] | undefined): Rule => ({
  name,
  law,
  apply: node => {
    if (node.kind !== 'compose') return undefined;
    for (let k = 0; k + 1 < node.factors.length; k++) {
      const made = merge(at(node.factors, k), at(node.factors, k + 1));
      if (made !== undefined) return compose(...node.factors.slice(0, k), ...made, ...node.factors.slice(k + 2));
    }
    return undefined;
  },
});

const isDiagonal = (operator: Operator): operator is Block => operator.kind === 'block' && operator.b === 1 && operator.c === 1;

/** The entries of a diagonal as a vector. */
const entriesOf = (d: Block): Tensor =>
  tabulate([d.rows], i =>
    element(d.weights, [indexApply('floorDivide', i, indexLiteral(d.d)), indexApply('modulo', i, indexLiteral(d.d)), indexLiteral(0), indexLiteral(0)]),
  );

export const productRules: readonly Rule[] = [
  neighbours('gathers compose', 'Gath(f) Gath(g) = Gath(g ∘ f)', (left, right) =>
    left.kind === 'gather' && right.kind === 'gather' ? [gather(composeMaps(right.map, left.map))] : undefined,
  ),
  neighbours('scatters compose', 'Scat(f) Scat(g) = Scat(f ∘ g)', (left, right) =>
    left.kind === 'scatter' && right.kind === 'scatter' ? [scatter(composeMaps(left.map, right.map))] : undefined,
  ),
  neighbours('diagonals multiply', 'diag(a) diag(b) = diag(a b)', (left, right) =>
    isDiagonal(left) && isDiagonal(right) ? [diagonal(elementwise('multiply', entriesOf(left), entriesOf(right)))] : undefined,
  ),
  neighbours('gather past a diagonal', 'Gath(f) diag(d) = diag(d ∘ f) Gath(f)', (left, right) => {
    if (left.kind !== 'gather' || !isBijection(left.map) || !isDiagonal(right)) return undefined;
    const entries = entriesOf(right);
    const { map } = left;
    return [diagonal(tabulate([left.rows], i => element(entries, [mapIndexScalar(map, i)]))), left];
  }),
  {
    name: 'updates to WY',
    law: "∏(I + uᵢvᵢ') = I + U T V', T = (I − strict upper(V'U))^-1 with factor 0 left-most (Bischof and Van Loan 1987)",
    apply: node => (node.kind === 'compose' ? mergeUpdates(node.factors) : undefined),
  },
];

/** Columns beyond which a product of reflections is left in pieces: T costs k² and loses accuracy slowly. */
const widestUpdate = 64;

type Update = Operator & { kind: 'update' };
const isReflector = (operator: Operator | undefined): operator is Update =>
  operator?.kind === 'update' && operator.diagonal === undefined && operator.t === undefined;

const widthOf = (factor: Update): number => factor.u.shape[1] ?? 0;

function mergeUpdates(factors: readonly Operator[]): Operator | undefined {
  for (let start = 0; start < factors.length; start++) {
    const run: Update[] = [];
    let width = 0;
    for (let factor = factors[start]; isReflector(factor) && width + widthOf(factor) <= widestUpdate; factor = factors[start + run.length]) {
      run.push(factor);
      width += widthOf(factor);
    }
    const [first] = run;
    if (first === undefined || run.length < 2) continue;
    const orthogonal = run.every(each => each.properties.includes('orthogonal'));
    const u = sideBySide(run.map(each => each.u));
    const v = sideBySide(run.map(each => each.v));
    const negated = tabulate([width, width], (i, j) =>
      apply('negate', sumOver(first.rows, k => apply('multiply', element(v, [k, i]), element(u, [k, j])))),
    );
    const merged = update({ diagonal: undefined, u, t: unitTriangularInverse(negated, 'upper'), v }, orthogonal ? ['orthogonal'] : []);
    return compose(...factors.slice(0, start), merged, ...factors.slice(start + run.length));
  }
  return undefined;
}

/** [A, B, ...] for tensors of equal height, chosen by halving. */
function sideBySide(parts: readonly Tensor[]): Tensor {
  const starts: number[] = [];
  let width = 0;
  for (const part of parts) {
    starts.push(width);
    width += part.shape[1] ?? 0;
  }
  const choose = (i: IndexScalar, j: IndexScalar, from: number, to: number): RealScalar => {
    if (to - from === 1) return element(at(parts, from), [i, indexApply('subtract', j, indexLiteral(at(starts, from)))]);
    const middle = (from + to) >> 1;
    return select(indexApply('less', j, indexLiteral(at(starts, middle))), choose(i, j, from, middle), choose(i, j, middle, to));
  };
  return tabulate([parts[0]?.shape[0] ?? 0, width], (i, j) => choose(i, j, 0, parts.length));
}

export const diagonalRules: readonly Rule[] = [
  {
    name: 'off-diagonal of a block',
    law: 'offdiag(I ⊗ W ⊗ I) = I ⊗ offdiag(W) ⊗ I for square W',
    apply: node => {
      if (node.kind !== 'offDiagonal' || node.operator.kind !== 'block' || node.operator.b !== node.operator.c) return undefined;
      const { a, b, c, d, weights } = node.operator;
      const entry = tabulate([a, d, b, c], (g, e, i, j) => select(indexApply('equal', i, j), literal(0), element(weights, [g, e, i, j])));
      return block(a, b, c, d, entry);
    },
  },
  {
    name: 'off-diagonal by subtraction',
    law: 'offdiag(A) = A − diag(A)',
    apply: node => {
      if (node.kind !== 'offDiagonal' || !hasMatrix(node.operator) || node.rows !== node.columns) return undefined;
      return sum(node.operator, scale(scalarTensor(-1), diagonal(diagonalOf(node.operator))));
    },
  },
];

/** The diagonal as a tensor; of a product, one sum for each entry instead of the whole product. */
function diagonalOf(operator: Operator): Tensor {
  const [first, ...rest] = operator.kind === 'compose' ? operator.factors : [operator];
  if (first === undefined || rest.length === 0) return tabulate([operator.rows], i => element(matrixOf(operator), [i, i]));
  const [left, right] = [matrixOf(first), matrixOf(compose(...rest))];
  return tabulate([operator.rows], () => sumOver(first.columns, k => apply('multiply', element(left, [axis(0), k]), element(right, [k, axis(0)]))));
}

export const promiseRules: readonly Rule[] = [
  { name: 'promises kept', law: 'assume(A) = A', apply: node => (node.kind === 'assume' ? node.operator : undefined) },
];
