/**
 * Tensors: the numbers inside leaves, as array comprehensions over parameters.
 *
 * A computed tensor is a shape and one scalar expression in its axes: entry [i0, i1, ...] is `body` with
 * `axis(k)` = ik. Slices, transposes, `outer`, `tabulate`, triangles, Toeplitz tables, merged factors and
 * scaled weights are all of this one form. It is evaluated by the generated pack step (never per call), in
 * f64, rounded once when stored.
 *
 * Semantics: pure; `select` evaluates only the branch taken (so it guards `element` bounds); integer division
 * floors and `mod` is non-negative; element indices are in bounds by construction; `sum` binds `variable` in
 * its body and is 0 when its extent is 0. Deliberately missing: shapes that depend on data, assignment,
 * complex numbers (to come).
 * Nodes are interned (core/intern.ts): structural equality is `===`.
 */
import { internTable } from '../core/intern.ts';
import { at } from '../core/invariant.ts';
import { simplifyIndices } from './indexRange.ts';
import {
  axis,
  bound,
  freshVariable,
  type IndexScalar,
  indexLiteral,
  type RealScalar,
  type Scalar,
  substitute,
} from './scalar.ts';
import { freeAxes } from './tensorTraverse.ts';

export * from './scalar.ts';
export { freeAxes, hasSum, parametersOf, scalarChildren, tensorsIn } from './tensorTraverse.ts';

export type Dtype = 'f32' | 'f16' | 'bf16' | 'f64' | 'index';
export type Binding = 'static' | 'frozen' | 'learned' | 'call' | 'item' | 'token';

export type Tensor =
  | {
      readonly id: number;
      readonly kind: 'parameter';
      /** Unique in the program: the parameter's name, qualified by nothing (shared parameters are one node). */
      readonly name: string;
      readonly dtype: Dtype;
      readonly binding: Binding;
      readonly shape: readonly number[];
    }
  | {
      readonly id: number;
      readonly kind: 'computed';
      readonly dtype: Dtype;
      readonly shape: readonly number[];
      readonly body: Scalar;
    }
  /** The inverse of an index tensor that holds a permutation of 0..n-1: of[inverse[i]] = i. */
  | {
      readonly id: number;
      readonly kind: 'inversePermutation';
      readonly dtype: 'index';
      readonly shape: readonly [number];
      readonly of: Tensor;
    }
  /**
   * (I + strict triangle of A)^-1, [k, k], by substitution in f64;
   * the part of A on and outside the triangle is ignored.
   */
  | {
      readonly id: number;
      readonly kind: 'unitTriangularInverse';
      readonly dtype: Dtype;
      readonly triangle: 'lower' | 'upper';
      readonly shape: readonly [number, number];
      readonly of: Tensor;
    };

const tensors = internTable<Tensor>();

export const parameter = (
  name: string,
  dtype: Dtype,
  binding: Binding,
  shape: readonly number[],
): Tensor & { kind: 'parameter' } =>
  tensors(`parameter ${name} ${dtype} ${binding} ${shape}`, id => ({
    id,
    kind: 'parameter' as const,
    name,
    dtype,
    binding,
    shape: Object.freeze([...shape]),
  }));

/** Entry [i0, i1, ...] is `body` with axis(k) = ik. */
export function computed(shape: readonly number[], entry: Scalar): Tensor {
  const body = simplifyIndices(entry, shape);
  const dtype: Dtype = body.domain === 'index' ? 'index' : 'f64';
  const whole = body.kind === 'element' && isWhole(body, shape) ? body.tensor : undefined;
  return (
    whole ??
    tensors(`computed ${shape}:${body.id}`, id => ({
      id,
      kind: 'computed' as const,
      dtype,
      shape: Object.freeze([...shape]),
      body,
    }))
  );
}

/** An element at [axis 0, axis 1, ...] of a tensor of the same shape is the tensor itself. */
const isWhole = (body: Scalar & { kind: 'element' }, shape: readonly number[]): boolean =>
  sameShape(body.tensor.shape, shape) && body.at.every((index, k) => index === axisOf(k, shape));

const axisOf = (k: number, shape: readonly number[]): IndexScalar =>
  shape[k] === 1 ? indexLiteral(0) : axis(k);

export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((extent, k) => extent === b[k]);

export const inversePermutation = (of: Tensor): Tensor =>
  tensors(`inversePermutation ${of.id}`, id => ({
    id,
    kind: 'inversePermutation' as const,
    dtype: 'index' as const,
    shape: [at(of.shape, 0)] as const,
    of,
  }));

export const unitTriangularInverse = (of: Tensor, triangle: 'lower' | 'upper'): Tensor =>
  tensors(`unitTriangularInverse ${triangle} ${of.id}`, id => ({
    id,
    kind: 'unitTriangularInverse' as const,
    dtype: 'f64' as const,
    triangle,
    shape: [at(of.shape, 0), at(of.shape, 1)] as const,
    of,
  }));

/** A tensor [extent] given entry by entry in a variable, for bodies whose own parts are tensors. */
export function tabulateVariable(
  extent: number,
  body: (index: IndexScalar) => RealScalar | undefined,
): Tensor | undefined {
  const variable = freshVariable();
  const entry = body(bound(variable));
  return entry && computed([extent], substitute(entry, undefined, new Map([[variable, axis(0)]])));
}

/** The axes that the entries of a tensor depend on. */
export const usedAxes = (tensor: Tensor): ReadonlySet<number> =>
  tensor.kind === 'computed' ? freeAxes(tensor.body) : new Set(tensor.shape.keys());
