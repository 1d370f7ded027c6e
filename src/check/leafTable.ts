/**
 * The leaves and combinators that are called like functions: one row each. `slots` says how arguments are
 * read, `space` gives the operator's sizes in symbols, `make` builds it once sizes have values.
 */
import {
  axesPermutation,
  bitReversalMap,
  dataMap,
  reverseMap,
  rotateMap,
  stridePermutation,
} from '../ir/indexMap.ts';
import * as leaves from '../ir/leaves.ts';
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
import { constant, multiply, type Size, unknown } from './symbolic.ts';
import type { PatternEntry, TypedPattern } from './typed.ts';

/** A pattern whose entries are known. */
export interface Pattern {
  readonly rows: number;
  readonly columns: number;
  readonly entries: readonly PatternEntry[];
}

/** How an argument is read, and what `space` and `make` receive for it. `whole` may be negative. */
interface Slots {
  size: { symbolic: Size; value: number };
  whole: { symbolic: Size; value: number };
  number: { symbolic: readonly []; value: Tensor };
  vector: { symbolic: readonly [Size]; value: Tensor };
  matrix: { symbolic: readonly [Size, Size]; value: Tensor };
  blocks: { symbolic: readonly [Size, Size, Size]; value: Tensor };
  indices: { symbolic: readonly [Size]; value: Tensor };
  operator: { symbolic: { readonly rows: Size; readonly columns: Size }; value: Operator };
  pattern: { symbolic: TypedPattern; value: Pattern };
}
export type Slot = keyof Slots;

/** What a slot is called in messages, and the axes of the tensors it takes. */
export const slotTable: Record<
  Slot,
  { readonly words: string; readonly axes?: number; readonly negative?: true }
> = {
  size: { words: 'a size' },
  whole: { words: 'a whole number', negative: true },
  number: { words: 'a number', axes: 0 },
  vector: { words: 'a tensor of 1 axis', axes: 1 },
  matrix: { words: 'a tensor of 2 axes', axes: 2 },
  blocks: { words: 'a tensor of 3 axes [blocks, rows, columns]', axes: 3 },
  indices: { words: 'an index tensor of 1 axis', axes: 1 },
  operator: { words: 'an operator' },
  pattern: { words: 'a pattern' },
};

/** columns -> rows, and equations between arguments with what the leaf expects. */
export interface LeafSpace {
  readonly columns: Size;
  readonly rows: Size;
  readonly equations?: readonly { readonly left: Size; readonly right: Size; readonly expected: string }[];
}

/** A row refuses its arguments by saying what it expected. */
export type Made = Operator | { readonly expected: string };

export interface LeafRow {
  readonly slots: readonly Slot[];
  readonly space: (...symbolic: never[]) => LeafSpace;
  /** Absent for a leaf that no later stage compiles yet. */
  readonly make?: (...values: never[]) => Made;
  /** Said of a leaf without `make`. */
  readonly unsupported?: string;
  /** Complex whatever its arguments are. */
  readonly complex?: boolean;
  /** Made of operators, not of sizes and tensors. */
  readonly combinator?: boolean;
}

type Symbolic<S extends readonly Slot[]> = { [K in keyof S]: Slots[S[K]]['symbolic'] };
type Values<S extends readonly Slot[]> = { [K in keyof S]: Slots[S[K]]['value'] };

const leaf = <const S extends readonly Slot[]>(
  slots: S,
  space: (...symbolic: Symbolic<S>) => LeafSpace,
  make: (...values: Values<S>) => Made,
): LeafRow => ({
  slots,
  space: space as unknown as LeafRow['space'],
  make: make as unknown as (...values: never[]) => Made,
});

const combinator = <const S extends readonly Slot[]>(
  slots: S,
  space: (...symbolic: Symbolic<S>) => LeafSpace,
  make: (...values: Values<S>) => Made,
): LeafRow => ({ ...leaf(slots, space, make), combinator: true });

const square = (n: Size): LeafSpace => ({ columns: n, rows: n });
const rectangle = ([rows, columns]: readonly [Size, Size]): LeafSpace => ({ columns, rows });

const isPowerOfTwo = (n: number): boolean => n >= 1 && Number.isInteger(Math.log2(n));
const powerOfTwo = { expected: 'a power of 2' };

const leafRows = {
  I: leaf(['size'], square, identity),
  zeros: leaf(['size', 'size'], (rows, columns) => ({ columns, rows }), zero),
  dense: leaf(['matrix'], rectangle, matrix => dense(matrix)),
  diag: leaf(
    ['vector'],
    ([n]) => square(n),
    entries => diagonal(entries),
  ),
  blockdiag: leaf(
    ['blocks'],
    ([k, p, q]) => ({ columns: multiply(k, q), rows: multiply(k, p) }),
    blocks => blockDiagonal(blocks),
  ),
  swap: leaf(
    ['size', 'size'],
    (r, c) => square(multiply(r, c)),
    (r, c) => gather(axesPermutation([r, c], [1, 0])),
  ),
  stride: leaf(['size', 'size'], square, (n, s) =>
    s > 0 && n % s === 0 ? gather(stridePermutation(n, s)) : { expected: 'a stride that divides the size' },
  ),
  perm: leaf(['indices'], ([n]) => square(n), leaves.permutationByTable),
  signed: leaf(
    ['indices', 'vector'],
    ([n], [m]) => ({
      ...square(n),
      equations: [{ left: n, right: m, expected: 'as many signs as indices' }],
    }),
    leaves.signedPermutation,
  ),
  reverse: leaf(['size'], square, n => gather(reverseMap(n))),
  rotate: leaf(['size', 'whole'], square, (n, k) => gather(rotateMap(n, k))),
  bitrev: leaf(['size'], square, n =>
    isPowerOfTwo(n) ? gather(bitReversalMap(Math.round(Math.log2(n)))) : powerOfTwo,
  ),
  take: leaf(
    ['size', 'indices'],
    (n, [m]) => ({ columns: n, rows: m }),
    (n, index) => gather(dataMap(index, n, false)),
  ),
  pad: leaf(
    ['size', 'size'],
    (m, n) => ({ columns: n, rows: m }),
    (m, n) => (m >= n ? leaves.pad(m, n) : { expected: 'a first size no smaller than the second' }),
  ),
  lowrank: leaf(
    ['matrix', 'matrix'],
    ([m, r], [n, s]) => ({
      columns: n,
      rows: m,
      equations: [{ left: r, right: s, expected: 'U [m, r] and V [n, r] of one rank' }],
    }),
    leaves.lowRank,
  ),
  householder: leaf(['vector'], ([n]) => square(n), leaves.householder),
  reflect: leaf(['vector', 'number'], ([n]) => square(n), leaves.reflection),
  lower: leaf(['matrix'], rectangle, t => leaves.triangular(t, 'lower', false)),
  upper: leaf(['matrix'], rectangle, t => leaves.triangular(t, 'upper', false)),
  unitlower: leaf(['matrix'], rectangle, t => leaves.triangular(t, 'lower', true)),
  unitupper: leaf(['matrix'], rectangle, t => leaves.triangular(t, 'upper', true)),
  toeplitz: leaf(['vector', 'vector'], ([m], [n]) => ({ columns: n, rows: m }), leaves.toeplitz),
  circulant: leaf(['vector'], ([n]) => square(n), leaves.circulant),
  hadamard: leaf(['size'], square, n => (isPowerOfTwo(n) ? leaves.hadamard(n) : powerOfTwo)),
  dft: {
    slots: ['size'],
    space: square as unknown as LeafRow['space'],
    unsupported: 'dft (complex numbers)',
    complex: true,
  } satisfies LeafRow,
  dct: leaf(['size'], square, leaves.dct),
  vandermonde: leaf(['vector', 'size'], ([k], n) => ({ columns: n, rows: k }), leaves.vandermonde),
  sparse: leaf(
    ['pattern', 'vector'],
    (pattern, [w]) => {
      const count = pattern.entries?.length;
      const entries = count === undefined ? unknown(`the entries of ${pattern.name}`) : constant(count);
      const expected =
        count === undefined ? 'one weight for each entry' : `one weight for each of ${count} entries`;
      return {
        columns: constant(pattern.columns),
        rows: constant(pattern.rows),
        equations: [{ left: entries, right: w, expected }],
      };
    },
    ({ rows, columns, entries }, w) => leaves.sparse(rows, columns, entries, w),
  ),
  transpose: combinator(['operator'], a => ({ columns: a.rows, rows: a.columns }), adjoint),
  inv: combinator(
    ['operator'],
    a => ({ ...a, equations: [{ left: a.columns, right: a.rows, expected: 'a square operator' }] }),
    inverse,
  ),
  kron: combinator(
    ['operator', 'operator'],
    (a, b) => ({ columns: multiply(a.columns, b.columns), rows: multiply(a.rows, b.rows) }),
    leaves.kron,
  ),
  offdiag: combinator(['operator'], a => a, offDiagonal),
} as const satisfies Record<string, LeafRow>;

export type LeafName = keyof typeof leafRows;

export const leafTable: Readonly<Record<LeafName, LeafRow>> = leafRows;

export const isLeaf = (name: string): name is LeafName => Object.hasOwn(leafTable, name);
