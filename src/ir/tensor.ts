/**
 * Tensors: the numbers inside leaves, as array comprehensions over parameters.
 *
 * A computed tensor is a shape and one scalar expression in its axes: entry [i0, i1, ...] is `body` with `axis(k)` = ik.
 * Slices, transposes, `outer`, `tabulate`, triangles, Toeplitz tables, merged factors and scaled weights are all of
 * this one form. It is evaluated by the generated pack step (never per call), in f64, rounded once when stored.
 *
 * Semantics: pure; `select` evaluates only the branch taken (so it guards `element` bounds); integer division floors and
 * `mod` is non-negative; element indices are in bounds by construction; `sum` binds `variable` in its body and is 0 when
 * its extent is 0. Deliberately missing: shapes that depend on data, assignment, complex numbers (to come).
 * Nodes are interned (core/intern.ts): structural equality is `===`.
 */
import { internTable } from '../core/intern.ts';
import { at, invariant, unreachable } from '../core/invariant.ts';

export type Dtype = 'f32' | 'f16' | 'bf16' | 'f64' | 'index';
export type Binding = 'static' | 'frozen' | 'learned' | 'call' | 'item' | 'token';

/** Scalar functions of real numbers, by arity; the closed set of language.md ("Elementwise functions"). */
export const realFunctions = {
  add: 2, subtract: 2, multiply: 2, divide: 2, power: 2, minimum: 2, maximum: 2,
  negate: 1, exp: 1, log: 1, sqrt: 1, sin: 1, cos: 1, tanh: 1, sigmoid: 1, softplus: 1, relu: 1, silu: 1, abs: 1,
  gelu: 1, geluTanh: 1,
} as const;
export type RealFunction = keyof typeof realFunctions;

/** Functions of indices; comparisons give 1 or 0. */
export const indexFunctions = {
  add: 2, subtract: 2, multiply: 2, floorDivide: 2, modulo: 2, minimum: 2, maximum: 2, less: 2, equal: 2,
} as const;
export type IndexFunction = keyof typeof indexFunctions;

export type Scalar = IndexScalar | RealScalar;

/** Integers: positions and sizes. `element` reads a tensor of dtype index. */
export type IndexScalar =
  | { readonly id: number; readonly domain: 'index'; readonly kind: 'literal'; readonly value: number }
  | { readonly id: number; readonly domain: 'index'; readonly kind: 'axis'; readonly axis: number }
  | { readonly id: number; readonly domain: 'index'; readonly kind: 'bound'; readonly variable: number }
  | { readonly id: number; readonly domain: 'index'; readonly kind: 'element'; readonly tensor: Tensor; readonly at: readonly IndexScalar[] }
  | { readonly id: number; readonly domain: 'index'; readonly kind: 'apply'; readonly function: IndexFunction; readonly arguments: readonly IndexScalar[] }
  | { readonly id: number; readonly domain: 'index'; readonly kind: 'select'; readonly condition: IndexScalar; readonly then: IndexScalar; readonly otherwise: IndexScalar };

export type RealScalar =
  | { readonly id: number; readonly domain: 'real'; readonly kind: 'literal'; readonly value: number }
  | { readonly id: number; readonly domain: 'real'; readonly kind: 'ofIndex'; readonly value: IndexScalar }
  | { readonly id: number; readonly domain: 'real'; readonly kind: 'element'; readonly tensor: Tensor; readonly at: readonly IndexScalar[] }
  | { readonly id: number; readonly domain: 'real'; readonly kind: 'apply'; readonly function: RealFunction; readonly arguments: readonly RealScalar[] }
  | { readonly id: number; readonly domain: 'real'; readonly kind: 'select'; readonly condition: IndexScalar; readonly then: RealScalar; readonly otherwise: RealScalar }
  | { readonly id: number; readonly domain: 'real'; readonly kind: 'sum'; readonly variable: number; readonly extent: number; readonly body: RealScalar };

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
  | { readonly id: number; readonly kind: 'computed'; readonly dtype: Dtype; readonly shape: readonly number[]; readonly body: Scalar }
  /** The inverse of an index tensor that holds a permutation of 0..n-1: of[inverse[i]] = i. */
  | { readonly id: number; readonly kind: 'inversePermutation'; readonly dtype: 'index'; readonly shape: readonly [number]; readonly of: Tensor }
  /** (I + strict triangle of A)^-1, [k, k], by substitution in f64; the part of A on and outside the triangle is ignored. */
  | {
      readonly id: number;
      readonly kind: 'unitTriangularInverse';
      readonly dtype: Dtype;
      readonly triangle: 'lower' | 'upper';
      readonly shape: readonly [number, number];
      readonly of: Tensor;
    };

// ------------------------------------------------------------------------------------------------ constructors

const tensors = internTable<Tensor>();
const scalars = internTable<Scalar>();

export const parameter = (name: string, dtype: Dtype, binding: Binding, shape: readonly number[]): Tensor & { kind: 'parameter' } =>
  tensors(`parameter ${name} ${dtype} ${binding} ${shape}`, id => ({ id, kind: 'parameter' as const, name, dtype, binding, shape: Object.freeze([...shape]) }));

/** Entry [i0, i1, ...] is `body` with axis(k) = ik. */
export function computed(shape: readonly number[], body: Scalar): Tensor {
  const dtype: Dtype = body.domain === 'index' ? 'index' : 'f64';
  const whole = body.kind === 'element' && isWhole(body, shape) ? body.tensor : undefined;
  return whole ?? tensors(`computed ${shape}:${body.id}`, id => ({ id, kind: 'computed' as const, dtype, shape: Object.freeze([...shape]), body }));
}

/** An element at [axis 0, axis 1, ...] of a tensor of the same shape is the tensor itself. */
const isWhole = (body: Scalar & { kind: 'element' }, shape: readonly number[]): boolean =>
  sameShape(body.tensor.shape, shape) && body.at.every((index, k) => index === axisOf(k, shape));

const axisOf = (k: number, shape: readonly number[]): IndexScalar => (shape[k] === 1 ? indexLiteral(0) : axis(k));

export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((extent, k) => extent === b[k]);

export const inversePermutation = (of: Tensor): Tensor =>
  tensors(`inversePermutation ${of.id}`, id => ({ id, kind: 'inversePermutation' as const, dtype: 'index' as const, shape: [at(of.shape, 0)] as const, of }));

export const unitTriangularInverse = (of: Tensor, triangle: 'lower' | 'upper'): Tensor =>
  tensors(`unitTriangularInverse ${triangle} ${of.id}`, id => ({
    id, kind: 'unitTriangularInverse' as const, dtype: 'f64' as const, triangle, shape: [at(of.shape, 0), at(of.shape, 1)] as const, of,
  }));

// ---------------------------------------------------------------------------------------------- index scalars

export const indexLiteral = (value: number): IndexScalar =>
  scalars(`index ${value}`, id => ({ id, domain: 'index' as const, kind: 'literal' as const, value }));
export const axis = (k: number): IndexScalar =>
  scalars(`axis ${k}`, id => ({ id, domain: 'index' as const, kind: 'axis' as const, axis: k }));
export const bound = (variable: number): IndexScalar =>
  scalars(`bound ${variable}`, id => ({ id, domain: 'index' as const, kind: 'bound' as const, variable }));

const foldIndex: Record<IndexFunction, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  floorDivide: (a, b) => Math.floor(a / b),
  modulo: (a, b) => a - Math.floor(a / b) * b,
  minimum: Math.min,
  maximum: Math.max,
  less: (a, b) => (a < b ? 1 : 0),
  equal: (a, b) => (a === b ? 1 : 0),
};

/** Applies an index function, folding constants and the neutral elements of addition, multiplication and division. */
export function indexApply(name: IndexFunction, a: IndexScalar, b: IndexScalar): IndexScalar {
  if (a.kind === 'literal' && b.kind === 'literal') return indexLiteral(foldIndex[name](a.value, b.value));
  const is = (side: IndexScalar, value: number) => side.kind === 'literal' && side.value === value;
  if (name === 'add' && is(a, 0)) return b;
  if ((name === 'add' || name === 'subtract') && is(b, 0)) return a;
  if (name === 'multiply' && (is(a, 0) || is(b, 0))) return indexLiteral(0);
  if (name === 'multiply' && is(a, 1)) return b;
  if ((name === 'multiply' || name === 'floorDivide') && is(b, 1)) return a;
  if (name === 'modulo' && is(b, 1)) return indexLiteral(0);
  return scalars(`${name} ${a.id} ${b.id}`, id => ({ id, domain: 'index' as const, kind: 'apply' as const, function: name, arguments: [a, b] }));
}

export const indexAdd = (a: IndexScalar, b: IndexScalar): IndexScalar => indexApply('add', a, b);
export const indexMultiply = (a: IndexScalar, b: IndexScalar): IndexScalar => indexApply('multiply', a, b);

// ----------------------------------------------------------------------------------------------- real scalars

export const literal = (value: number): RealScalar =>
  scalars(`real ${Object.is(value, -0) ? '-0' : value}`, id => ({ id, domain: 'real' as const, kind: 'literal' as const, value }));

export const ofIndex = (value: IndexScalar): RealScalar =>
  value.kind === 'literal'
    ? literal(value.value)
    : scalars(`ofIndex ${value.id}`, id => ({ id, domain: 'real' as const, kind: 'ofIndex' as const, value }));

export const apply = (name: RealFunction, ...operands: readonly RealScalar[]): RealScalar => {
  invariant(operands.length === realFunctions[name], `${name} takes ${realFunctions[name]} arguments`);
  return scalars(`${name}! ${operands.map(operand => operand.id)}`, id => ({ id, domain: 'real' as const, kind: 'apply' as const, function: name, arguments: operands }));
};

export function select(condition: IndexScalar, then: RealScalar, otherwise: RealScalar): RealScalar {
  if (condition.kind === 'literal') return condition.value === 0 ? otherwise : then;
  return scalars(`select ${condition.id} ${then.id} ${otherwise.id}`, id => ({ id, domain: 'real' as const, kind: 'select' as const, condition, then, otherwise }));
}

export function indexSelect(condition: IndexScalar, then: IndexScalar, otherwise: IndexScalar): IndexScalar {
  if (condition.kind === 'literal') return condition.value === 0 ? otherwise : then;
  return scalars(`indexSelect ${condition.id} ${then.id} ${otherwise.id}`, id => ({ id, domain: 'index' as const, kind: 'select' as const, condition, then, otherwise }));
}

let nextVariable = 0;

/** Σ_{i < extent} body(i). */
export function sumOver(extent: number, body: (index: IndexScalar) => RealScalar): RealScalar {
  const variable = nextVariable++;
  const term = body(bound(variable));
  return scalars(`sum ${variable} ${extent} ${term.id}`, id => ({ id, domain: 'real' as const, kind: 'sum' as const, variable, extent, body: term }));
}

/** tensor[position] of real numbers; a computed tensor without sums is read by substitution, others are materialised once. */
export function element(tensor: Tensor, position: readonly IndexScalar[]): RealScalar {
  const exact = exactPosition(tensor, position);
  if (tensor.kind === 'computed' && !hasSum(tensor.body)) return realOf(substitute(tensor.body, exact));
  return scalars(elementKey(tensor, exact), id => ({ id, domain: 'real' as const, kind: 'element' as const, tensor, at: exact }));
}

/** The same for a tensor of dtype index. */
export function indexElement(tensor: Tensor, position: readonly IndexScalar[]): IndexScalar {
  const exact = exactPosition(tensor, position);
  if (tensor.kind === 'computed') return indexOf(substitute(tensor.body, exact));
  return scalars(elementKey(tensor, exact), id => ({ id, domain: 'index' as const, kind: 'element' as const, tensor, at: exact }));
}

const elementKey = (tensor: Tensor, position: readonly IndexScalar[]): string =>
  `element ${tensor.id} ${position.map(index => index.id)}`;

/** An axis of extent 1 has one position, however it is written. */
function exactPosition(tensor: Tensor, position: readonly IndexScalar[]): readonly IndexScalar[] {
  invariant(position.length === tensor.shape.length, `${position.length} indices for shape [${tensor.shape}]`);
  return position.map((index, k) => (tensor.shape[k] === 1 ? indexLiteral(0) : index));
}

export function realOf(scalar: Scalar): RealScalar {
  return scalar.domain === 'real' ? scalar : ofIndex(scalar);
}

export function indexOf(scalar: Scalar): IndexScalar {
  invariant(scalar.domain === 'index', 'an index');
  return scalar;
}

const noVariables: ReadonlyMap<number, IndexScalar> = new Map();

/** A tensor [extent] given entry by entry in a variable, for bodies whose own parts are tensors. */
export function tabulateVariable(extent: number, body: (index: IndexScalar) => RealScalar | undefined): Tensor | undefined {
  const variable = nextVariable++;
  const entry = body(bound(variable));
  return entry && computed([extent], substitute(entry, undefined, new Map([[variable, axis(0)]])));
}

// ------------------------------------------------------------------------------------------------- traversal

/** The scalars directly inside a scalar. */
export function scalarChildren(scalar: Scalar): readonly Scalar[] {
  switch (scalar.kind) {
    case 'literal':
    case 'axis':
    case 'bound':
      return [];
    case 'ofIndex':
      return [scalar.value];
    case 'element':
      return scalar.at;
    case 'apply':
      return scalar.arguments;
    case 'select':
      return [scalar.condition, scalar.then, scalar.otherwise];
    case 'sum':
      return [scalar.body];
    default:
      return unreachable(scalar);
  }
}

/** Collects over the distinct scalars of an expression, each once. */
function everyScalar(scalar: Scalar, visit: (scalar: Scalar) => void, seen = new Set<Scalar>()): void {
  if (seen.has(scalar)) return;
  seen.add(scalar);
  visit(scalar);
  for (const child of scalarChildren(scalar)) everyScalar(child, visit, seen);
}

export function hasSum(scalar: Scalar): boolean {
  let found = false;
  everyScalar(scalar, each => {
    found ||= each.kind === 'sum';
  });
  return found;
}

/** The axes a scalar depends on. */
export function freeAxes(scalar: Scalar): ReadonlySet<number> {
  const axes = new Set<number>();
  everyScalar(scalar, each => {
    if (each.kind === 'axis') axes.add(each.axis);
  });
  return axes;
}

/** Tensors an expression reads by reference. */
export function tensorsIn(scalar: Scalar): readonly Tensor[] {
  const found = new Set<Tensor>();
  everyScalar(scalar, each => {
    if (each.kind === 'element') found.add(each.tensor);
  });
  return [...found];
}

/** The parameters a tensor is computed from. */
export function parametersOf(tensor: Tensor): readonly (Tensor & { kind: 'parameter' })[] {
  const found = new Set<Tensor & { kind: 'parameter' }>();
  const seen = new Set<Tensor>();
  const visit = (each: Tensor): void => {
    if (seen.has(each)) return;
    seen.add(each);
    if (each.kind === 'parameter') found.add(each);
    else if (each.kind === 'computed') tensorsIn(each.body).forEach(visit);
    else visit(each.of);
  };
  visit(tensor);
  return [...found];
}

/** Replaces axis(k) by position[k] where a position is given, and variables by what stands for them. */
export function substitute(scalar: Scalar, position: readonly IndexScalar[] | undefined, variables: ReadonlyMap<number, IndexScalar> = noVariables): Scalar {
  const made = new Map<Scalar, Scalar>();
  const index = (each: IndexScalar): IndexScalar => indexOf(visit(each));
  const real = (each: RealScalar): RealScalar => realOf(visit(each));
  const visit = (each: Scalar): Scalar => {
    const known = made.get(each);
    if (known !== undefined) return known;
    const result = rebuild(each);
    made.set(each, result);
    return result;
  };
  const rebuild = (each: Scalar): Scalar => {
    switch (each.kind) {
      case 'literal':
        return each;
      case 'bound':
        return variables.get(each.variable) ?? each;
      case 'axis':
        return position === undefined ? each : at(position, each.axis);
      case 'ofIndex':
        return ofIndex(index(each.value));
      case 'element': {
        const moved = each.at.map(index);
        // A tensor read by reference may hold the variables too: it is read by substitution instead.
        if (variables.size > 0 && each.tensor.kind === 'computed') return substitute(each.tensor.body, moved, variables);
        return each.domain === 'index' ? indexElement(each.tensor, moved) : element(each.tensor, moved);
      }
      case 'apply':
        return each.domain === 'index'
          ? indexApply(each.function, index(at(each.arguments, 0)), index(at(each.arguments, 1)))
          : apply(each.function, ...each.arguments.map(real));
      case 'select':
        return each.domain === 'index'
          ? indexSelect(index(each.condition), index(each.then), index(each.otherwise))
          : select(index(each.condition), real(each.then), real(each.otherwise));
      case 'sum': {
        const { variable, extent } = each;
        const body = real(each.body);
        if (body === each.body) return each;
        return scalars(`sum ${variable} ${extent} ${body.id}`, id => ({ id, domain: 'real' as const, kind: 'sum' as const, variable, extent, body }));
      }
      default:
        return unreachable(each);
    }
  };
  return visit(scalar);
}
