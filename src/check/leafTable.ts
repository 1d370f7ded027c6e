/**
 * The leaves and combinators that are called like functions: one row each. `slots` says how arguments are read; `make`
 * receives them in order and answers with a value, or with what the leaf wanted.
 */
import { at } from '../core/invariant.ts';
import {
  axesPermutation,
  bitReversalMap,
  dataMap,
  reverseMap,
  rotateMap,
  stridePermutation,
} from '../ir/indexMap.ts';
import {
  circulant,
  dct,
  hadamard,
  householder,
  kron,
  lowRank,
  pad,
  permutationByTable,
  reflection,
  signedPermutation,
  sparse,
  toeplitz,
  triangular,
  vandermonde,
} from '../ir/leaves.ts';
import {
  adjoint,
  blockDiagonal,
  dense,
  diagonal,
  gather,
  identity,
  inverse,
  type Operator,
  offDiagonal,
  zero,
} from '../ir/operator.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { Pattern } from './value.ts';

/** How an argument is read: a whole number, a tensor of so many axes, an index tensor, an operator, a pattern. */
export type Slot = 'size' | 'number' | 'vector' | 'matrix' | 'blocks' | 'indices' | 'operator' | 'pattern';

export type Argument =
  | { readonly slot: 'size'; readonly value: number }
  | { readonly slot: 'tensor'; readonly value: Tensor }
  | { readonly slot: 'operator'; readonly value: Operator }
  | { readonly slot: 'pattern'; readonly value: Pattern };

/** A row refuses its arguments by saying what it expected. */
export type Made = Operator | { readonly expected: string };

export interface LeafRow {
  readonly slots: readonly Slot[];
  readonly make: (...values: never[]) => Made;
}

const leaf = <Values extends readonly unknown[]>(
  slots: readonly Slot[],
  make: (...values: Values) => Made,
): LeafRow => ({
  slots,
  make: make as unknown as LeafRow['make'],
});

const isPowerOfTwo = (n: number): boolean => n >= 1 && 2 ** Math.round(Math.log2(n)) === n;
const length = (tensor: Tensor): number => at(tensor.shape, 0);
const square = (operator: Operator): boolean => operator.rows === operator.columns;

export const leafTable: Readonly<Record<string, LeafRow>> = {
  I: leaf(['size'], identity),
  zeros: leaf(['size', 'size'], zero),
  dense: leaf(['matrix'], (matrix: Tensor) => dense(matrix)),
  diag: leaf(['vector'], (entries: Tensor) => diagonal(entries)),
  blockdiag: leaf(['blocks'], (blocks: Tensor) => blockDiagonal(blocks)),
  swap: leaf(['size', 'size'], (r: number, c: number) => gather(axesPermutation([r, c], [1, 0]))),
  stride: leaf(['size', 'size'], (n: number, s: number) =>
    s > 0 && n % s === 0 ? gather(stridePermutation(n, s)) : { expected: 'a stride that divides the size' },
  ),
  perm: leaf(['indices'], (p: Tensor) => permutationByTable(p)),
  signed: leaf(['indices', 'vector'], (p: Tensor, s: Tensor) =>
    length(p) === length(s) ? signedPermutation(p, s) : { expected: 'as many signs as indices' },
  ),
  reverse: leaf(['size'], (n: number) => gather(reverseMap(n))),
  rotate: leaf(['size', 'number'], (n: number, k: number) => gather(rotateMap(n, k))),
  bitrev: leaf(['size'], (n: number) =>
    isPowerOfTwo(n) ? gather(bitReversalMap(Math.round(Math.log2(n)))) : { expected: 'a power of 2' },
  ),
  take: leaf(['size', 'indices'], (n: number, index: Tensor) => gather(dataMap(index, n, false))),
  pad: leaf(['size', 'size'], (m: number, n: number) =>
    m >= n ? pad(m, n) : { expected: 'a first size no smaller than the second' },
  ),
  lowrank: leaf(['matrix', 'matrix'], (u: Tensor, v: Tensor) =>
    u.shape[1] === v.shape[1] ? lowRank(u, v) : { expected: 'U [m, r] and V [n, r] of one rank' },
  ),
  householder: leaf(['vector'], (v: Tensor) => householder(v)),
  reflect: leaf(['vector', 'number'], (k: Tensor, beta: Tensor) => reflection(k, beta)),
  lower: leaf(['matrix'], (t: Tensor) => triangular(t, 'lower', false)),
  upper: leaf(['matrix'], (t: Tensor) => triangular(t, 'upper', false)),
  unitlower: leaf(['matrix'], (t: Tensor) => triangular(t, 'lower', true)),
  unitupper: leaf(['matrix'], (t: Tensor) => triangular(t, 'upper', true)),
  toeplitz: leaf(['vector', 'vector'], (c: Tensor, r: Tensor) => toeplitz(c, r)),
  circulant: leaf(['vector'], (c: Tensor) => circulant(c)),
  hadamard: leaf(['size'], (n: number) => (isPowerOfTwo(n) ? hadamard(n) : { expected: 'a power of 2' })),
  dct: leaf(['size'], (n: number) => dct(n)),
  vandermonde: leaf(['vector', 'size'], (z: Tensor, n: number) => vandermonde(z, n)),
  sparse: leaf(['pattern', 'vector'], ({ rows, columns, edges }: Pattern, w: Tensor) =>
    edges.length === length(w)
      ? sparse(rows, columns, edges, w)
      : { expected: `one weight for each of ${edges.length} entries` },
  ),
  transpose: leaf(['operator'], adjoint),
  inv: leaf(['operator'], (a: Operator) => (square(a) ? inverse(a) : { expected: 'a square operator' })),
  kron: leaf(['operator', 'operator'], kron),
  offdiag: leaf(['operator'], offDiagonal),
};

/** Words of the language whose compilation is still to come, with what the diagnostic calls them. */
export const unsupportedWords: Readonly<Record<string, string>> = {
  dft: 'dft (complex numbers)',
  re: 're (complex numbers)',
  im: 'im (complex numbers)',
  conj: 'conj (complex numbers)',
};
