/**
 * Random operators of a given shape over random parameters: every leaf and every combinator,
 * sizes 0 and 1 included.
 */
import fc from 'fast-check';
import {
  affineMap,
  bitReversalMap,
  dataMap,
  type IndexMap,
  reverseMap,
  rotateMap,
  sliceMap,
  stridePermutation,
  tableMap,
} from '../../src/ir/indexMap.ts';
import {
  circulant,
  dct,
  hadamard,
  householder,
  kron,
  lowRank,
  pad,
  permutationByTable,
  power,
  reflection,
  signedPermutation,
  sparse,
  toeplitz,
  triangular,
  vandermonde,
} from '../../src/ir/leaves.ts';
import {
  adjoint,
  assume,
  block,
  blockDiagonal,
  compose,
  dense,
  diagonal,
  directSum,
  gather,
  horizontal,
  identity,
  inverse,
  type Operator,
  offDiagonal,
  scale,
  scatter,
  sum,
  update,
  vertical,
  zero,
} from '../../src/ir/operator.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { elementwise, scalarTensor } from '../../src/ir/tensorAlgebra.ts';
import { named } from './values.ts';

export { environmentFor } from './values.ts';

type Any = fc.Arbitrary<Operator>;

// -------------------------------------------------------------------------------------------------- parameters

const real = (shape: readonly number[]): fc.Arbitrary<Tensor> =>
  fc.nat(5).map(salt => named('w', shape, salt));
const permutationTable = (n: number): fc.Arbitrary<Tensor> =>
  fc.nat(3).map(salt => named('perm', [n], salt, 'index'));
const takeTable = (m: number, n: number): fc.Arbitrary<Tensor> =>
  fc.nat(3).map(salt => named(`take${n}of`, [m], salt, 'index'));

// ------------------------------------------------------------------------------------------------------ leaves

const divisors = (n: number): number[] => Array.from({ length: n }, (_, k) => k + 1).filter(k => n % k === 0);
const isPowerOfTwo = (n: number): boolean => n > 0 && (n & (n - 1)) === 0;

/** Permutations of n points, symbolic or a table. */
export function bijection(n: number): fc.Arbitrary<IndexMap> {
  const order = fc.shuffledSubarray(
    Array.from({ length: n }, (_, i) => i),
    { minLength: n },
  );
  const choices = [
    fc.constant(reverseMap(n)),
    fc.integer({ min: -2, max: 2 * n + 1 }).map(k => rotateMap(n, k)),
    order.map(values => tableMap(values, n)),
    permutationTable(n).map(table => dataMap(table, n, true)),
  ];
  if (n > 0) choices.push(fc.constantFrom(...divisors(n)).map(s => stridePermutation(n, s)));
  if (n > 1) choices.push(fc.nat(n).map(offset => affineMap(n, n - 1, offset)));
  if (isPowerOfTwo(n)) choices.push(fc.constant(bitReversalMap(Math.log2(n))));
  return fc.oneof(...choices);
}

const triangle = (m: number, n: number): Any =>
  fc
    .tuple(real([m, n]), fc.constantFrom('lower' as const, 'upper' as const), fc.boolean())
    .map(args => triangular(...args));

/** Leaves of one size n. */
function squareLeaf(n: number): Any {
  const vector = real([n]);
  const choices: Any[] = [
    fc.constant(identity(n)),
    vector.map(entries => diagonal(entries)),
    bijection(n).map(gather),
    bijection(n).map(scatter),
    fc.tuple(vector, real([])).map(([k, beta]) => reflection(k, beta)),
    fc.tuple(permutationTable(n), vector).map(([p, signs]) => signedPermutation(p, signs)),
    permutationTable(n).map(permutationByTable),
    fc.nat(3).chain(k => updateOf(n, k)),
  ];
  if (n > 0) choices.push(vector.map(householder), vector.map(circulant), fc.constant(dct(n)));
  if (isPowerOfTwo(n)) choices.push(fc.constant(hadamard(n)));
  return fc.oneof(...choices);
}

const updateOf = (n: number, k: number): Any =>
  fc
    .tuple(
      fc.option(real([n]), { nil: undefined }),
      real([n, k]),
      fc.option(real([k, k]), { nil: undefined }),
      real([n, k]),
    )
    .map(([entries, u, t, v]) => update({ diagonal: entries, u, t, v }));

/** KS(a,b,c,d) with a b d = m and a c d = n. */
const blockOf = (m: number, n: number): Any =>
  fc.constantFrom(...divisors(m).filter(k => n % k === 0)).chain(copies =>
    fc.constantFrom(...divisors(copies)).chain(a => {
      const [b, c, d] = [m / copies, n / copies, copies / a];
      const plain = real([a, d, b, c]).map(weights => block(a, b, c, d, weights));
      return d === 1 ? fc.oneof(plain, real([a, b, c]).map(blockDiagonal)) : plain;
    }),
  );

const pattern = (m: number, n: number): Any =>
  fc.uniqueArray(fc.nat(m * n - 1), { maxLength: 4 }).chain(places =>
    real([places.length]).map(weights =>
      sparse(
        m,
        n,
        places.map(place => ({ row: Math.floor(place / n), column: place % n })),
        weights,
      ),
    ),
  );

export function leaf(m: number, n: number): Any {
  const choices: Any[] = [
    fc.constant(zero(m, n)),
    real([m, n]).map(weights => dense(weights)),
    fc.nat(3).chain(r => fc.tuple(real([m, r]), real([n, r])).map(([u, v]) => lowRank(u, v))),
    triangle(m, n),
    real([m]).map(z => vandermonde(z, n)),
  ];
  if (m > 0 && n > 0) {
    choices.push(
      blockOf(m, n),
      pattern(m, n),
      fc.tuple(real([m]), real([n])).map(([c, r]) => toeplitz(c, r)),
    );
    choices.push(takeTable(m, n).map(table => gather(dataMap(table, n, false))));
  }
  if (m <= n) choices.push(fc.nat(n - m).map(start => gather(sliceMap(n, start, m))));
  if (m >= n)
    choices.push(
      fc.constant(pad(m, n)),
      fc.nat(m - n).map(start => scatter(sliceMap(m, start, n))),
    );
  const rectangular = fc.oneof(...choices);
  return m === n ? fc.oneof(rectangular, squareLeaf(n)) : rectangular;
}

// ------------------------------------------------------------------------------------------------- combinators

/** Operators with an inverse that is far from singular. */
export function invertible(n: number, depth: number): Any {
  const unit = real([n, n]).map(weights => elementwise('multiply', weights, scalarTensor(0.3)));
  const choices: Any[] = [
    fc.constant(identity(n)),
    real([n]).map(entries => diagonal(elementwise('exp', entries))),
    bijection(n).map(gather),
    fc
      .tuple(unit, fc.constantFrom('lower' as const, 'upper' as const))
      .map(([t, side]) => triangular(t, side, true)),
    real([n, 1]).map(u => update({ diagonal: undefined, u, t: undefined, v: u })),
    fc
      .tuple(real([n]), real([n, 1]))
      .map(([d, u]) => update({ diagonal: elementwise('exp', d), u, t: undefined, v: u })),
  ];
  if (n > 0)
    choices.push(
      real([n]).map(householder),
      real([n]).map(v => assume('orthogonal', householder(v))),
      fc.constant(dct(n)),
    );
  if (depth <= 0) return fc.oneof(...choices);
  const inner = invertible(n, depth - 1);
  choices.push(
    fc.tuple(inner, inner).map(parts => compose(...parts)),
    fc.tuple(real([]), inner).map(([c, each]) => scale(elementwise('exp', c), each)),
    inner.map(adjoint),
    inner.map(inverse),
    fc.nat(n).chain(k => fc.tuple(invertible(k, 0), invertible(n - k, 0)).map(parts => directSum(...parts))),
  );
  if (n > 0) {
    choices.push(
      fc
        .constantFrom(...divisors(n))
        .chain(k => fc.tuple(invertible(k, 0), invertible(n / k, 0)).map(([a, b]) => kron(a, b))),
    );
  }
  return fc.oneof(...choices);
}

const factor: fc.Arbitrary<Tensor> = fc.oneof(fc.constantFrom(0, 1, -1, 2.5).map(scalarTensor), real([]));

export function operatorOf(m: number, n: number, depth = 2): Any {
  if (depth <= 0) return leaf(m, n);
  const same = operatorOf(m, n, depth - 1);
  const choices: Any[] = [
    leaf(m, n),
    fc
      .nat(4)
      .chain(k =>
        fc.tuple(operatorOf(m, k, depth - 1), operatorOf(k, n, depth - 1)).map(parts => compose(...parts)),
      ),
    fc.tuple(same, same).map(parts => sum(...parts)),
    same.map(each => sum(each, each)),
    fc.tuple(factor, same).map(([c, each]) => scale(c, each)),
    operatorOf(n, m, depth - 1).map(adjoint),
    same.map(offDiagonal),
    fc
      .tuple(fc.nat(m), fc.nat(n))
      .chain(([i, j]) =>
        fc
          .tuple(operatorOf(i, j, depth - 1), operatorOf(m - i, n - j, depth - 1))
          .map(parts => directSum(...parts)),
      ),
    fc
      .nat(n)
      .chain(j =>
        fc
          .tuple(operatorOf(m, j, depth - 1), operatorOf(m, n - j, depth - 1))
          .map(parts => horizontal(...parts)),
      ),
    fc
      .nat(m)
      .chain(i =>
        fc
          .tuple(operatorOf(i, n, depth - 1), operatorOf(m - i, n, depth - 1))
          .map(parts => vertical(...parts)),
      ),
  ];
  if (m > 0 && n > 0) {
    choices.push(
      fc
        .tuple(fc.constantFrom(...divisors(m)), fc.constantFrom(...divisors(n)))
        .chain(([i, j]) =>
          fc
            .tuple(operatorOf(i, j, depth - 1), operatorOf(m / i, n / j, depth - 1))
            .map(([a, b]) => kron(a, b)),
        ),
    );
  }
  if (m === n) {
    const square = fc.oneof(squareLeaf(n), same);
    choices.push(
      fc.tuple(square, fc.nat(2)).map(([each, k]) => power(each, k)),
      fc.array(squareLeaf(n), { minLength: 2, maxLength: 4 }).map(parts => compose(...parts)),
      invertible(n, depth - 1).map(inverse),
      fc
        .nat(n + 2)
        .chain(k => operatorOf(k, n, depth - 1))
        .map(each => compose(adjoint(each), each)),
    );
  }
  return fc.oneof(...choices);
}

/** Sizes that show mistakes: nothing, one, primes and rectangles. */
export const size = fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7, 8, 12);

export const anyOperator: Any = fc
  .tuple(size, size, fc.boolean())
  .chain(([m, n, square]) => operatorOf(m, square ? m : n));
