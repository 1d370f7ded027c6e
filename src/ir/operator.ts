/**
 * The operator IR: what is computed, as linear algebra over concrete sizes. A small closed set of leaves and the ways
 * to combine them.
 *
 * Semantics: an operator is a matrix of `rows` x `columns`; nothing has effects; `compose` applies its last
 * factor first. All numbers are real, so the adjoint is the transpose. Kronecker products, block matrices,
 * indexed sums and powers are elaborated into these nodes (a Kronecker product is two factors, see
 * constructors). Deliberately missing: batches, storage, order of evaluation, kernels.
 * Nodes are frozen, interned and made only by the constructors of this folder; the constructors check sizes by
 * `invariant` and do only trivial normalisation (flattening compositions and sums, dropping identities).
 */
import { internTable } from '../core/intern.ts';
import { at, invariant } from '../core/invariant.ts';
import { type IndexMap, isIdentity } from './indexMap.ts';
import { sameShape, type Tensor } from './tensor.ts';

export { blockDiagonal, dense, diagonal } from './blocks.ts';
export type * from './program.ts';

export type Property =
  | 'orthogonal'
  | 'symmetric'
  | 'psd'
  | 'invertible'
  | 'lowerTriangular'
  | 'upperTriangular'
  | 'unitDiagonal'
  | 'permutation';

interface Shape {
  readonly id: number;
  readonly rows: number;
  readonly columns: number;
}

export type Operator =
  | (Shape & { readonly kind: 'identity' })
  | (Shape & { readonly kind: 'zero' })
  /** y[i] = x[map(i)]; a permutation when the map is a bijection. */
  | (Shape & { readonly kind: 'gather'; readonly map: IndexMap })
  /** y[map(i)] += x[i], zeros elsewhere; the adjoint of `gather`. */
  | (Shape & { readonly kind: 'scatter'; readonly map: IndexMap })
  /**
   * KS(a,b,c,d) = I_a ⊗ W_{b×c} ⊗ I_d (Gonon et al. 2024): weights [a][d][b][c],
   * y[(g·b + q)·d + e] = Σ_p weights[g,e,q,p] · x[(g·c + p)·d + e].
   * dense = (1,m,n,1); diag = (n,1,1,1); blockdiag of k p×q blocks = (k,p,q,1).
   */
  | (Shape & {
      readonly kind: 'block';
      readonly a: number;
      readonly b: number;
      readonly c: number;
      readonly d: number;
      readonly weights: Tensor;
      readonly properties: readonly Property[];
    })
  /** D + U T Vᵀ: diagonal [n] (absent = identity), u [n,k], t [k,k] (absent = identity), v [n,k]. */
  | (Shape & {
      readonly kind: 'update';
      readonly diagonal: Tensor | undefined;
      readonly u: Tensor;
      readonly t: Tensor | undefined;
      readonly v: Tensor;
      readonly properties: readonly Property[];
    })
  /** T⁻¹ by substitution, T [n,n] a triangle (the rest of the tensor is ignored). */
  | (Shape & {
      readonly kind: 'triangularSolve';
      readonly triangle: 'lower' | 'upper';
      readonly unitDiagonal: boolean;
      /** Solves with the transpose of the triangle when true. */
      readonly transposed: boolean;
      readonly weights: Tensor;
    })
  | (Shape & { readonly kind: 'compose'; readonly factors: readonly Operator[] })
  | (Shape & { readonly kind: 'sum'; readonly terms: readonly Operator[] })
  /** factor (a tensor of shape []) times the operator. */
  | (Shape & { readonly kind: 'scale'; readonly factor: Tensor; readonly operator: Operator })
  | (Shape & { readonly kind: 'directSum'; readonly parts: readonly Operator[] })
  | (Shape & { readonly kind: 'horizontal'; readonly parts: readonly Operator[] })
  | (Shape & { readonly kind: 'vertical'; readonly parts: readonly Operator[] })
  /** The operator with its diagonal set to zero. */
  | (Shape & { readonly kind: 'offDiagonal'; readonly operator: Operator })
  | (Shape & { readonly kind: 'adjoint'; readonly operator: Operator })
  | (Shape & { readonly kind: 'inverse'; readonly operator: Operator })
  /** The user's promise about an operator, audited when values arrive. */
  | (Shape & { readonly kind: 'assume'; readonly property: Property; readonly operator: Operator });

// ------------------------------------------------------------------------------------------------ constructors

const operators = internTable<Operator>();

type WithoutId<Node> = Node extends Operator ? Omit<Node, 'id'> : never;

const make = <Made extends Operator = Operator>(key: string, fields: WithoutId<Made>): Made =>
  operators<Made>(key, id => ({ ...fields, id }) as unknown as Made);

export const identity = (n: number): Operator =>
  make(`identity ${n}`, { kind: 'identity', rows: n, columns: n });

export const zero = (rows: number, columns: number): Operator =>
  make(`zero ${rows} ${columns}`, { kind: 'zero', rows, columns });

export const gather = (map: IndexMap): Operator =>
  isIdentity(map)
    ? identity(map.domain)
    : make(`gather ${map.id}`, { kind: 'gather', rows: map.domain, columns: map.range, map });

export const scatter = (map: IndexMap): Operator =>
  isIdentity(map)
    ? identity(map.domain)
    : make(`scatter ${map.id}`, { kind: 'scatter', rows: map.range, columns: map.domain, map });

export type Block = Operator & { readonly kind: 'block' };

/** KS(a,b,c,d) with weights [a][d][b][c]. */
export function block(
  a: number,
  b: number,
  c: number,
  d: number,
  weights: Tensor,
  properties: readonly Property[] = [],
): Block {
  invariant(
    sameShape(weights.shape, [a, d, b, c]),
    `KS(${a},${b},${c},${d}) has weights [a,d,b,c], not [${weights.shape}]`,
  );
  const sorted = Object.freeze([...properties].sort());
  return make<Block>(`block ${[a, b, c, d]} ${weights.id} ${sorted}`, {
    kind: 'block',
    rows: a * b * d,
    columns: a * c * d,
    a,
    b,
    c,
    d,
    weights,
    properties: sorted,
  });
}

export interface UpdateParts {
  readonly diagonal: Tensor | undefined;
  readonly u: Tensor;
  readonly t: Tensor | undefined;
  readonly v: Tensor;
}

/** D + U T Vᵀ. */
export function update(
  { diagonal: entries, u, t, v }: UpdateParts,
  properties: readonly Property[] = [],
): Operator {
  const n = at(u.shape, 0);
  invariant(at(v.shape, 0) === n && at(u.shape, 1) === at(v.shape, 1), 'u and v are [n, k]');
  const sorted = Object.freeze([...properties].sort());
  return make(`update ${entries?.id} ${u.id} ${t?.id} ${v.id} ${sorted}`, {
    kind: 'update',
    rows: n,
    columns: n,
    diagonal: entries,
    u,
    t,
    v,
    properties: sorted,
  });
}

export interface Triangle {
  readonly triangle: 'lower' | 'upper';
  readonly unitDiagonal: boolean;
  readonly transposed: boolean;
  readonly weights: Tensor;
}

export function triangularSolve({ triangle, unitDiagonal, transposed, weights }: Triangle): Operator {
  const n = at(weights.shape, 0);
  invariant(at(weights.shape, 1) === n, 'a triangle to solve with is square');
  return make(`solve ${triangle} ${unitDiagonal} ${transposed} ${weights.id}`, {
    kind: 'triangularSolve',
    rows: n,
    columns: n,
    triangle,
    unitDiagonal,
    transposed,
    weights,
  });
}

/** The product, last factor applied first; nested products are flattened and identities dropped. */
export function compose(...factors: readonly Operator[]): Operator {
  const flat = factors.flatMap(factor => (factor.kind === 'compose' ? factor.factors : [factor]));
  const [first, last] = [flat[0], flat.at(-1)];
  invariant(first !== undefined && last !== undefined, 'a product has factors');
  flat.slice(1).forEach((factor, k) => {
    const left = at(flat, k);
    invariant(
      left.columns === factor.rows,
      `${left.rows}x${left.columns} times ${factor.rows}x${factor.columns}`,
    );
  });
  const kept = flat.filter(factor => factor.kind !== 'identity');
  const [only] = kept;
  if (only === undefined) return first;
  if (kept.length === 1) return only;
  if (kept.some(factor => factor.kind === 'zero')) return zero(first.rows, last.columns);
  return make(`compose ${ids(kept)}`, {
    kind: 'compose',
    rows: first.rows,
    columns: last.columns,
    factors: Object.freeze(kept),
  });
}

/** The sum; nested sums are flattened and zeros dropped. */
export function sum(...terms: readonly Operator[]): Operator {
  const flat = terms.flatMap(term => (term.kind === 'sum' ? term.terms : [term]));
  const [first] = flat;
  invariant(first !== undefined, 'a sum has terms');
  const { rows, columns } = first;
  invariant(
    flat.every(term => term.rows === rows && term.columns === columns),
    'terms of one shape',
  );
  const kept = flat.filter(term => term.kind !== 'zero');
  const [only] = kept;
  if (only === undefined) return first;
  if (kept.length === 1) return only;
  return make(`sum ${ids(kept)}`, { kind: 'sum', rows, columns, terms: Object.freeze(kept) });
}

export const scale = (factor: Tensor, operator: Operator): Operator => {
  invariant(factor.shape.length === 0, 'a scale is a number');
  return make(`scale ${factor.id} ${operator.id}`, {
    kind: 'scale',
    rows: operator.rows,
    columns: operator.columns,
    factor,
    operator,
  });
};

const ids = (operatorList: readonly Operator[]): string => operatorList.map(each => each.id).join(' ');
const total = (parts: readonly Operator[], side: 'rows' | 'columns'): number =>
  parts.reduce((n, part) => n + part[side], 0);

function stacked(
  kind: 'directSum' | 'horizontal' | 'vertical',
  rows: number,
  columns: number,
  parts: readonly Operator[],
): Operator {
  const [only] = parts;
  invariant(only !== undefined, 'a stack has parts');
  if (parts.length === 1) return only;
  return make(`${kind} ${ids(parts)}`, { kind, rows, columns, parts: Object.freeze([...parts]) });
}

export const directSum = (...parts: readonly Operator[]): Operator =>
  stacked('directSum', total(parts, 'rows'), total(parts, 'columns'), parts);

/** [A, B]: side by side. */
export function horizontal(...parts: readonly Operator[]): Operator {
  const rows = parts[0]?.rows ?? 0;
  invariant(
    parts.every(part => part.rows === rows),
    'parts of equal height',
  );
  return stacked('horizontal', rows, total(parts, 'columns'), parts);
}

/** [A; B]: one above the other. */
export function vertical(...parts: readonly Operator[]): Operator {
  const columns = parts[0]?.columns ?? 0;
  invariant(
    parts.every(part => part.columns === columns),
    'parts of equal width',
  );
  return stacked('vertical', total(parts, 'rows'), columns, parts);
}

const wrapped = (
  kind: 'offDiagonal' | 'adjoint' | 'inverse',
  rows: number,
  columns: number,
  operator: Operator,
): Operator => make(`${kind} ${operator.id}`, { kind, rows, columns, operator });

export const offDiagonal = (operator: Operator): Operator =>
  wrapped('offDiagonal', operator.rows, operator.columns, operator);
export const adjoint = (operator: Operator): Operator =>
  wrapped('adjoint', operator.columns, operator.rows, operator);

export function inverse(operator: Operator): Operator {
  invariant(operator.rows === operator.columns, 'only a square operator has an inverse');
  return wrapped('inverse', operator.rows, operator.columns, operator);
}

export const assume = (property: Property, operator: Operator): Operator =>
  make(`assume ${property} ${operator.id}`, {
    kind: 'assume',
    rows: operator.rows,
    columns: operator.columns,
    property,
    operator,
  });
