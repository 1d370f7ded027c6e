/**
 * The dense matrix of an operator as a tensor expression, for the rules that need entries of operators of parameters:
 * diagonals, operators applied to tensors. What cannot be written down without solving gives nothing.
 */
import { at, invariant } from '../core/invariant.ts';
import { mapIndexScalar } from './indexMapScalar.ts';
import type { Operator } from './operator.ts';
import {
  apply,
  element,
  type IndexScalar,
  indexAdd,
  indexApply,
  indexLiteral,
  literal,
  type RealScalar,
  select,
  type Tensor,
  unitTriangularInverse,
} from './tensor.ts';
import { elementwise, filled, matrixProduct, tabulate, transposeTensor } from './tensorAlgebra.ts';

const both = (a: IndexScalar, b: IndexScalar): IndexScalar => indexApply('multiply', a, b);
const equal = (a: IndexScalar, b: IndexScalar): IndexScalar => indexApply('equal', a, b);
const part = (i: IndexScalar, unit: number, extent: number): IndexScalar =>
  indexApply('modulo', indexApply('floorDivide', i, indexLiteral(unit)), indexLiteral(extent));

/** Whether `matrixOf` can write the operator down. */
export function hasMatrix(operator: Operator): boolean {
  switch (operator.kind) {
    case 'inverse':
      return false;
    case 'compose':
      return operator.factors.every(hasMatrix);
    case 'sum':
      return operator.terms.every(hasMatrix);
    case 'directSum':
    case 'horizontal':
    case 'vertical':
      return operator.parts.every(hasMatrix);
    case 'scale':
    case 'offDiagonal':
    case 'adjoint':
    case 'assume':
      return hasMatrix(operator.operator);
    case 'identity':
    case 'zero':
    case 'gather':
    case 'scatter':
    case 'block':
    case 'update':
    case 'triangularSolve':
      return true;
  }
}

export function matrixOf(operator: Operator): Tensor {
  const { rows, columns } = operator;
  const shape = [rows, columns];
  const where = (
    condition: (i: IndexScalar, j: IndexScalar) => IndexScalar,
    entry: (i: IndexScalar, j: IndexScalar) => RealScalar,
  ) => tabulate(shape, (i, j) => select(condition(i, j), entry(i, j), literal(0)));
  const one = () => literal(1);
  switch (operator.kind) {
    case 'identity':
      return where(equal, one);
    case 'zero':
      return filled(shape, 0);
    case 'inverse':
      return invariant(false, 'no matrix is written down for an inverse') as never;
    case 'triangularSolve':
      return matrixOfSolve(operator);
    case 'gather':
      return where((i, j) => equal(mapIndexScalar(operator.map, i), j), one);
    case 'scatter':
      return where((i, j) => equal(i, mapIndexScalar(operator.map, j)), one);
    case 'block': {
      const { a, b, c, d, weights } = operator;
      return where(
        (i, j) => both(equal(part(i, b * d, a), part(j, c * d, a)), equal(part(i, 1, d), part(j, 1, d))),
        (i, j) => element(weights, [part(i, b * d, a), part(i, 1, d), part(i, d, b), part(j, d, c)]),
      );
    }
    case 'update': {
      const left = operator.t === undefined ? operator.u : matrixProduct(operator.u, operator.t);
      const product = matrixProduct(left, transposeTensor(operator.v));
      const diagonal = (i: IndexScalar) =>
        operator.diagonal === undefined ? literal(1) : element(operator.diagonal, [i]);
      return tabulate(shape, (i, j) =>
        apply('add', element(product, [i, j]), select(equal(i, j), diagonal(i), literal(0))),
      );
    }
    case 'compose':
      return operator.factors.map(matrixOf).reduce(matrixProduct);
    case 'sum':
      return operator.terms.map(matrixOf).reduce((a, b) => elementwise('add', a, b));
    case 'scale':
      return elementwise('multiply', operator.factor, matrixOf(operator.operator));
    case 'directSum':
    case 'horizontal':
    case 'vertical':
      return stacked(operator);
    case 'offDiagonal': {
      const inner = matrixOf(operator.operator);
      return tabulate(shape, (i, j) => select(equal(i, j), literal(0), element(inner, [i, j])));
    }
    case 'adjoint':
      return transposeTensor(matrixOf(operator.operator));
    case 'assume':
      return matrixOf(operator.operator);
  }
}

/** With D the diagonal of T: T⁻¹ = (D⁻¹T)⁻¹ D⁻¹, where D⁻¹T has ones on its diagonal. */
function matrixOfSolve({
  rows,
  triangle,
  unitDiagonal,
  transposed,
  weights,
}: Operator & { readonly kind: 'triangularSolve' }): Tensor {
  const pivot = (i: IndexScalar) => (unitDiagonal ? literal(1) : element(weights, [i, i]));
  const scaled = tabulate([rows, rows], (i, j) => apply('divide', element(weights, [i, j]), pivot(i)));
  const inverse = unitTriangularInverse(scaled, triangle);
  const solved = tabulate([rows, rows], (i, j) => apply('divide', element(inverse, [i, j]), pivot(j)));
  return transposed ? transposeTensor(solved) : solved;
}

/** Each part shifted to its place, and a choice between them. */
function stacked(operator: Operator & { readonly parts: readonly Operator[] }): Tensor {
  const matrices = operator.parts.map(matrixOf);
  return tabulate([operator.rows, operator.columns], (i, j) => {
    let [row, column] = [operator.rows, operator.columns];
    return operator.parts.toReversed().reduce<RealScalar>((rest, each, k) => {
      if (operator.kind !== 'horizontal') row -= each.rows;
      if (operator.kind !== 'vertical') column -= each.columns;
      const [r, c] =
        operator.kind === 'horizontal'
          ? [0, column]
          : operator.kind === 'vertical'
            ? [row, 0]
            : [row, column];
      const inside = both(within(i, r, each.rows), within(j, c, each.columns));
      const entry = element(at(matrices, matrices.length - 1 - k), [
        indexAdd(i, indexLiteral(-r)),
        indexAdd(j, indexLiteral(-c)),
      ]);
      return select(inside, entry, rest);
    }, literal(0));
  });
}

/** start ≤ i < start + length, as 1 or 0. */
const within = (i: IndexScalar, start: number, length: number): IndexScalar =>
  both(indexApply('less', indexLiteral(start - 1), i), indexApply('less', i, indexLiteral(start + length)));
