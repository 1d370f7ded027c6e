/** Tensors from tensors: the vocabulary in which leaves and rules speak. */
import { at, invariant } from '../core/invariant.ts';
import {
  apply,
  axis,
  computed,
  element,
  type IndexScalar,
  indexAdd,
  indexApply,
  indexElement,
  indexLiteral,
  literal,
  type RealFunction,
  type RealScalar,
  sameShape,
  select,
  sumOver,
  type Tensor,
} from './tensor.ts';

/** Entry [i0, i1, ...] is body(i0, i1, ...). */
export function tabulate(shape: readonly number[], body: (...indices: IndexScalar[]) => RealScalar): Tensor {
  return computed(shape, body(...shape.map((extent, k) => (extent === 1 ? indexLiteral(0) : axis(k)))));
}

export const scalarTensor = (value: number): Tensor => computed([], literal(value));

export const filled = (shape: readonly number[], value: number): Tensor => computed(shape, literal(value));

/** Whether every entry is one, by the form of the tensor. */
export const isOnes = (tensor: Tensor): boolean =>
  tensor.kind === 'computed' && tensor.body.kind === 'literal' && tensor.body.value === 1;

/** A number repeated to [n]. */
export const broadcast = (scalar: Tensor, n: number): Tensor => computed([n], element(scalar, []));

export const transposeTensor = (matrix: Tensor): Tensor =>
  tabulate([at(matrix.shape, 1), at(matrix.shape, 0)], (i, j) => element(matrix, [j, i]));

/** Applies a function to tensors of one shape entry by entry; tensors of shape [] meet every entry. */
export function elementwise(name: RealFunction, ...operands: readonly Tensor[]): Tensor {
  const shape = operands.find(operand => operand.shape.length > 0)?.shape ?? [];
  const position = shape.map((_, k) => axis(k));
  const read = (operand: Tensor): RealScalar => {
    invariant(
      operand.shape.length === 0 || sameShape(operand.shape, shape),
      `shapes [${operand.shape}] and [${shape}]`,
    );
    return element(operand, operand.shape.length === 0 ? [] : position);
  };
  return computed(shape, apply(name, ...operands.map(read)));
}

/** u vᵀ. */
export const outer = (u: Tensor, v: Tensor): Tensor =>
  tabulate([at(u.shape, 0), at(v.shape, 0)], (i, j) => apply('multiply', element(u, [i]), element(v, [j])));

/** Σ uᵢ vᵢ. */
export const dot = (u: Tensor, v: Tensor): Tensor =>
  computed(
    [],
    sumOver(at(u.shape, 0), i => apply('multiply', element(u, [i]), element(v, [i]))),
  );

/** A B for matrices. */
export const matrixProduct = (a: Tensor, b: Tensor): Tensor =>
  tabulate([at(a.shape, 0), at(b.shape, 1)], (i, j) =>
    sumOver(at(a.shape, 1), k => apply('multiply', element(a, [i, k]), element(b, [k, j]))),
  );

/** v / max(‖v‖, 1e-12) along the last axis; the norms are computed once. */
export function normalize(v: Tensor): Tensor {
  const last = v.shape.length - 1;
  invariant(last >= 0, 'normalize takes a vector');
  const rows = v.shape.slice(0, last);
  const squares = computed(
    rows,
    sumOver(at(v.shape, last), i => {
      const entry = element(v, [...rows.map((_, k) => axis(k)), i]);
      return apply('multiply', entry, entry);
    }),
  );
  const position = v.shape.map((_, k) => axis(k));
  const norm = apply('maximum', apply('sqrt', element(squares, position.slice(0, last))), literal(1e-12));
  return computed(v.shape, apply('divide', element(v, position), norm));
}

/** One part of each axis: a single position (the axis disappears) or a range from `start` of `length`. */
export type AxisPart = { readonly at: IndexScalar } | { readonly start: number; readonly length: number };

export function slice(tensor: Tensor, parts: readonly AxisPart[]): Tensor {
  const shape: number[] = [];
  const position = parts.map(part => {
    if ('at' in part) return part.at;
    const own = axis(shape.push(part.length) - 1);
    return indexAdd(own, indexLiteral(part.start));
  });
  return computed(
    shape,
    tensor.dtype === 'index' ? indexElement(tensor, position) : element(tensor, position),
  );
}

/** The triangle of a matrix, zeros elsewhere; strict with ones on the diagonal when `unit`. */
export function triangle(matrix: Tensor, side: 'lower' | 'upper', unit: boolean): Tensor {
  return tabulate(matrix.shape, (i, j) => {
    const strictly = side === 'lower' ? indexApply('less', j, i) : indexApply('less', i, j);
    const diagonal = unit ? literal(1) : element(matrix, [i, j]);
    return select(strictly, element(matrix, [i, j]), select(indexApply('equal', i, j), diagonal, literal(0)));
  });
}

/** The numbers of a list, one by one; for small constant tables. */
export const isScalar = (tensor: Tensor): boolean => tensor.shape.length === 0;
