/** Products of low-rank updates become one update: k reflections are two thin contractions instead of k passes. */
import { at, invariant } from '../core/invariant.ts';
import { compose, diagonal, identity, type Operator, update } from '../ir/operator.ts';
import {
  apply,
  element,
  indexApply,
  indexLiteral,
  literal,
  select,
  type Tensor,
  unitTriangularInverse,
} from '../ir/tensor.ts';
import { elementwise, matrixProduct, tabulate, transposeTensor } from '../ir/tensorAlgebra.ts';
import { concatenate } from '../ir/tensorStack.ts';
import { diagonalEntries } from './diagonals.ts';
import { isPacked, onFactors, type Rule } from './rule.ts';

type Update = Operator & { readonly kind: 'update' };

const rank = (operator: Update): number => at(operator.u.shape, 1);
const isPackedUpdate = (operator: Operator): operator is Update =>
  operator.kind === 'update' && isPacked(operator.u, operator.v, operator.t, operator.diagonal);

/** U T: the core goes into the left factor. */
const left = ({ u, t }: Update): Tensor => (t === undefined ? u : matrixProduct(u, t));

/** Diag(d) M. */
const scaleRows = (d: Tensor | undefined, matrix: Tensor): Tensor =>
  d === undefined
    ? matrix
    : tabulate(matrix.shape, (i, j) => apply('multiply', element(d, [i]), element(matrix, [i, j])));

export const updateRules: readonly Rule[] = [
  {
    kind: 'node',
    name: 'update of rank zero',
    law: 'D + (n × 0)(0 × n) = D',
    apply: operator => {
      if (operator.kind !== 'update' || rank(operator) > 0) return undefined;
      return operator.diagonal === undefined ? identity(operator.rows) : diagonal(operator.diagonal);
    },
  },
  {
    kind: 'node',
    name: 'product of updates',
    law: '∏(I + UᵢVᵢᵀ) = I + U (I − strictUpper(VᵀU))⁻¹ Vᵀ with U = [U₀, U₁, ...], V = [V₀, V₁, ...] (compact WY)',
    apply: operator => (operator.kind === 'compose' ? mergedRuns(operator.factors) : undefined),
  },
  onFactors(
    'product of two updates with diagonals',
    '(D₁+U₁V₁ᵀ)(D₂+U₂V₂ᵀ) = D₁D₂ + [U₁, D₁U₂] [[I, V₁ᵀU₂],[0, I]] [D₂V₁, V₂]ᵀ',
    (first, second) => {
      if (!isPackedUpdate(first) || !isPackedUpdate(second)) return undefined;
      if (first.diagonal === undefined && second.diagonal === undefined) return undefined;
      if (rank(first) + rank(second) > limit(first)) return undefined;
      return withDiagonals(first, second);
    },
  ),
  onFactors('diagonal after update', 'Diag(d)(D + U T Vᵀ) = dD + (dU) T Vᵀ', (first, second) => {
    const d = diagonalEntries(first);
    if (d === undefined || !isPackedUpdate(second) || !isPacked(d)) return undefined;
    const own = second.diagonal === undefined ? d : elementwise('multiply', d, second.diagonal);
    return update({ ...second, diagonal: own, u: scaleRows(d, second.u) });
  }),
  onFactors('update after diagonal', '(D + U T Vᵀ) Diag(d) = Dd + U T (dV)ᵀ', (first, second) => {
    const d = diagonalEntries(second);
    if (d === undefined || !isPackedUpdate(first) || !isPacked(d)) return undefined;
    const own = first.diagonal === undefined ? d : elementwise('multiply', first.diagonal, d);
    return update({ ...first, diagonal: own, v: scaleRows(d, first.v) });
  }),
];

/**
 * Above rank n/2 two thin contractions cost what the dense matrix costs;
 * the core costs k² and loses accuracy with k.
 */
const limit = (operator: Operator): number => Math.min(64, operator.rows / 2);

/** Every run of plain updates that stays within the limit, from the left; nothing where no two can join. */
function mergedRuns(factors: readonly Operator[]): Operator | undefined {
  const runs: Operator[][] = [];
  let total = 0;
  for (const factor of factors) {
    const own = isPlain(factor) ? rank(factor) : 0;
    const last = runs.at(-1);
    const joins = isPlain(factor) && isPlain(last?.[0]) && total + own <= limit(factor);
    if (joins) last?.push(factor);
    else runs.push([factor]);
    total = joins ? total + own : own;
  }
  if (runs.length === factors.length) return undefined;
  return compose(...runs.map(run => (run.length === 1 ? at(run, 0) : merged(run.filter(isPlain)))));
}

const isPlain = (operator: Operator | undefined): operator is Update =>
  operator !== undefined && isPackedUpdate(operator) && operator.diagonal === undefined;

function merged(run: readonly Update[]): Operator {
  const u = concatenate(run.map(left), 1);
  const v = concatenate(
    run.map(each => each.v),
    1,
  );
  const orthogonal = run.every(each => each.properties.includes('orthogonal'));
  return update(
    { diagonal: undefined, u, t: core(u, v, run.map(rank)), v },
    orthogonal ? ['orthogonal'] : [],
  );
}

function withDiagonals(first: Update, second: Update): Operator {
  const [u1, u2] = [left(first), left(second)];
  const t = core(concatenate([u1, u2], 1), concatenate([first.v, second.v], 1), [rank(first), rank(second)]);
  const [d1, d2] = [first.diagonal, second.diagonal];
  invariant(d1 !== undefined || d2 !== undefined, 'a diagonal');
  return update({
    diagonal: d1 === undefined ? d2 : d2 === undefined ? d1 : elementwise('multiply', d1, d2),
    u: concatenate([u1, scaleRows(d1, u2)], 1),
    t,
    v: concatenate([scaleRows(d2, first.v), second.v], 1),
  });
}

/** (I − N)⁻¹ with N the part of VᵀU above its diagonal blocks. */
function core(u: Tensor, v: Tensor, ranks: readonly number[]): Tensor {
  const product = matrixProduct(transposeTensor(v), u);
  const total = ranks.reduce((a, b) => a + b, 0);
  const ends = ranks.map((_, k) => ranks.slice(0, k + 1).reduce((a, b) => a + b, 0));
  const negated = tabulate([total, total], (i, j) => {
    const entry = apply('negate', element(product, [i, j]));
    if (ranks.every(each => each === 1)) return entry;
    // i and j in one diagonal block: the first block end above i lies above j too.
    const endOf = ends
      .slice(0, -1)
      .reduceRight(
        (rest, end) =>
          select(
            indexApply('less', i, indexLiteral(end)),
            select(indexApply('less', j, indexLiteral(end)), literal(0), entry),
            rest,
          ),
        literal(0) as ReturnType<typeof literal>,
      );
    return endOf;
  });
  return unitTriangularInverse(negated, 'upper');
}
