/** The leaves of the language as operators: each is a block, a gather or a small product of these. */
import { at, invariant } from '../core/invariant.ts';
import { axesPermutation, dataMap, identityMap, sliceMap, tensorMap } from './indexMap.ts';
import {
  adjoint,
  assume,
  block,
  compose,
  dense,
  diagonal,
  directSum,
  gather,
  horizontal,
  identity,
  inverse,
  type Operator,
  scale,
  scatter,
  sum,
  update,
  vertical,
  zero,
} from './operator.ts';
import {
  apply,
  computed,
  element,
  type IndexScalar,
  indexApply,
  indexLiteral,
  literal,
  ofIndex,
  type RealScalar,
  select,
  sumOver,
  type Tensor,
} from './tensor.ts';
import { tabulate, transposeTensor, triangle } from './tensorAlgebra.ts';

/** I − β k kᵀ. */
export function reflection(k: Tensor, beta: Tensor): Operator {
  const n = at(k.shape, 0);
  const column = tabulate([n, 1], i => element(k, [i]));
  const scaled = tabulate([n, 1], i =>
    apply('negate', apply('multiply', element(beta, []), element(k, [i]))),
  );
  return update({ diagonal: undefined, u: scaled, t: undefined, v: column }, ['symmetric']);
}

/** I − 2 v vᵀ/(vᵀv): orthogonal for every v ≠ 0. */
export function householder(v: Tensor): Operator {
  const n = at(v.shape, 0);
  const square = computed(
    [],
    sumOver(n, i => apply('multiply', element(v, [i]), element(v, [i]))),
  );
  const beta = apply('divide', literal(-2), element(square, []));
  const column = tabulate([n, 1], i => element(v, [i]));
  const scaled = tabulate([n, 1], i => apply('multiply', beta, element(v, [i])));
  return update({ diagonal: undefined, u: scaled, t: undefined, v: column }, ['orthogonal', 'symmetric']);
}

/** U Vᵀ. */
export const lowRank = (u: Tensor, v: Tensor): Operator => compose(dense(u), dense(transposeTensor(v)));

/** One triangle of a matrix, which may be rectangular. */
export function triangular(matrix: Tensor, side: 'lower' | 'upper', unit: boolean): Operator {
  const own = side === 'lower' ? 'lowerTriangular' : 'upperTriangular';
  return dense(triangle(matrix, side, unit), unit ? [own, 'unitDiagonal'] : [own]);
}

/** Entry [i, j] is c[i−j] below and on the diagonal, r[j−i] above. */
export const toeplitz = (c: Tensor, r: Tensor): Operator =>
  dense(
    tabulate([at(c.shape, 0), at(r.shape, 0)], (i, j) =>
      select(
        indexApply('less', i, j),
        element(r, [indexApply('subtract', j, i)]),
        element(c, [indexApply('subtract', i, j)]),
      ),
    ),
  );

/** Entry [i, j] is c[(i−j) mod n]. */
export const circulant = (c: Tensor): Operator => {
  const n = at(c.shape, 0);
  const size = indexLiteral(n);
  return dense(
    tabulate([n, n], (i, j) => element(c, [indexApply('modulo', indexApply('subtract', i, j), size)])),
  );
};

/** Sylvester order: H_{2n} = H_2 ⊗ H_n, as log₂ n butterfly stages. */
export function hadamard(n: number): Operator {
  const stages: Operator[] = [];
  for (let left = 1; left < n; left *= 2) {
    const weights = tabulate([left, n / left / 2, 2, 2], (_a, _d, i, j) =>
      select(indexApply('multiply', i, j), literal(-1), literal(1)),
    );
    stages.push(block(left, 2, 2, n / left / 2, weights, ['symmetric']));
  }
  return stages.length === 0 ? identity(n) : compose(...stages);
}

/** The orthonormal DCT-II: √(2/n)·cos(π(2j+1)i/(2n)), row 0 divided by √2. */
export function dct(n: number): Operator {
  const norm = (i: IndexScalar) =>
    select(indexApply('equal', i, indexLiteral(0)), literal(Math.sqrt(1 / n)), literal(Math.sqrt(2 / n)));
  // The angle is reduced mod 4n before it is scaled, so that large n lose nothing.
  const turn = (i: IndexScalar, j: IndexScalar) =>
    indexApply(
      'modulo',
      indexApply(
        'multiply',
        indexApply('add', indexApply('multiply', j, indexLiteral(2)), indexLiteral(1)),
        i,
      ),
      indexLiteral(4 * n),
    );
  const entry = (i: IndexScalar, j: IndexScalar): RealScalar =>
    apply(
      'multiply',
      norm(i),
      apply('cos', apply('multiply', ofIndex(turn(i, j)), literal(Math.PI / (2 * n)))),
    );
  return dense(tabulate([n, n], entry), ['orthogonal']);
}

/** Row k is z_k^0 … z_k^{n−1}. */
export const vandermonde = (z: Tensor, n: number): Operator =>
  dense(tabulate([at(z.shape, 0), n], (k, j) => apply('power', element(z, [k]), ofIndex(j))));

/** The entries of a pattern, in listed order. */
export function sparse(
  rows: number,
  columns: number,
  edges: readonly { readonly row: number; readonly column: number }[],
  weights: Tensor,
): Operator {
  const entry = (i: IndexScalar, j: IndexScalar): RealScalar =>
    edges.reduce<RealScalar>((rest, edge, k) => {
      const here = indexApply(
        'multiply',
        indexApply('equal', i, indexLiteral(edge.row)),
        indexApply('equal', j, indexLiteral(edge.column)),
      );
      return select(here, element(weights, [indexLiteral(k)]), rest);
    }, literal(0));
  return dense(tabulate([rows, columns], entry));
}

/** y[i] = x[p[i]]; that p is a bijection is checked when its values arrive. */
export const permutationByTable = (p: Tensor): Operator => gather(dataMap(p, at(p.shape, 0), true));

/** y[i] = s[i]·x[p[i]]. */
export const signedPermutation = (p: Tensor, signs: Tensor): Operator =>
  compose(diagonal(signs), permutationByTable(p));

/** n → m with zeros after. */
export const pad = (m: number, n: number): Operator => (m === n ? identity(n) : scatter(sliceMap(m, 0, n)));

/** A ⊗ B = (A ⊗ I)(I ⊗ B). */
export const kron = (a: Operator, b: Operator): Operator =>
  compose(kronIdentity(a, b.rows), identityKron(a.columns, b));

/** A ⊗ I_n, on the row-major pair (index of A, index below n). */
export function kronIdentity(a: Operator, n: number): Operator {
  if (n === 1) return a;
  if (n === 0) return zero(0, 0);
  switch (a.kind) {
    case 'identity':
      return identity(a.rows * n);
    case 'zero':
      return zero(a.rows * n, a.columns * n);
    case 'gather':
      return gather(tensorMap(a.map, identityMap(n)));
    case 'scatter':
      return scatter(tensorMap(a.map, identityMap(n)));
    case 'block': {
      const weights = tabulate([a.a, a.d * n, a.b, a.c], (g, e, i, j) =>
        element(a.weights, [g, indexApply('floorDivide', e, indexLiteral(n)), i, j]),
      );
      return block(a.a, a.b, a.c, a.d * n, weights, a.properties);
    }
    case 'compose':
      return compose(...a.factors.map(factor => kronIdentity(factor, n)));
    case 'sum':
      return sum(...a.terms.map(term => kronIdentity(term, n)));
    case 'scale':
      return scale(a.factor, kronIdentity(a.operator, n));
    case 'vertical':
      return vertical(...a.parts.map(part => kronIdentity(part, n)));
    case 'horizontal':
      return horizontal(...a.parts.map(part => kronIdentity(part, n)));
    case 'directSum':
      return directSum(...a.parts.map(part => kronIdentity(part, n)));
    case 'adjoint':
      return adjoint(kronIdentity(a.operator, n));
    case 'inverse':
      return inverse(kronIdentity(a.operator, n));
    case 'assume':
      return assume(a.property, kronIdentity(a.operator, n));
    case 'update':
    case 'triangularSolve':
    case 'offDiagonal':
      // A ⊗ I = P (I ⊗ A) Pᵀ with the stride permutations that swap the pair.
      return compose(swapPair(a.rows, n), identityKron(n, a), swapPair(n, a.columns));
  }
}

/** The grid of c rows and r columns, read with its axes swapped. */
const swapPair = (r: number, c: number): Operator => gather(axesPermutation([c, r], [1, 0]));

/** I_n ⊗ A: n copies along the diagonal, with shared weights. */
export function identityKron(n: number, a: Operator): Operator {
  if (n === 1) return a;
  if (n === 0) return zero(0, 0);
  switch (a.kind) {
    case 'identity':
      return identity(n * a.rows);
    case 'zero':
      return zero(n * a.rows, n * a.columns);
    case 'gather':
      return gather(tensorMap(identityMap(n), a.map));
    case 'scatter':
      return scatter(tensorMap(identityMap(n), a.map));
    case 'block': {
      const weights = tabulate([n * a.a, a.d, a.b, a.c], (g, e, i, j) =>
        element(a.weights, [indexApply('modulo', g, indexLiteral(a.a)), e, i, j]),
      );
      return block(n * a.a, a.b, a.c, a.d, weights, a.b === a.c ? a.properties : []);
    }
    case 'compose':
      return compose(...a.factors.map(factor => identityKron(n, factor)));
    case 'sum':
      return sum(...a.terms.map(term => identityKron(n, term)));
    case 'scale':
      return scale(a.factor, identityKron(n, a.operator));
    case 'adjoint':
      return adjoint(identityKron(n, a.operator));
    case 'inverse':
      return inverse(identityKron(n, a.operator));
    case 'assume':
      return assume(a.property, identityKron(n, a.operator));
    case 'offDiagonal':
    case 'update':
    case 'triangularSolve':
    case 'directSum':
    case 'vertical':
    case 'horizontal':
      return directSum(...Array.from({ length: n }, () => a));
  }
}

/** A^k as k equal factors. */
export function power(a: Operator, k: number): Operator {
  invariant(k >= 0 && Number.isInteger(k), 'a whole power');
  if (k === 0) return identity(a.rows);
  return compose(...Array.from({ length: k }, () => a));
}
