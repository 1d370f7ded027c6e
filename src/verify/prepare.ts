/**
 * What a backend is compared with: vectors, their images under the *source* program, and the tolerance of
 * each.
 */
import { at } from '../core/invariant.ts';
import { realFormats } from '../core/precision.ts';
import type { Operator, Pointwise, Program } from '../ir/operator.ts';
import type { Environment } from '../ir/tensorEvaluate.ts';
import { nodesOf, tensorsAt } from '../ir/traverse.ts';
import { isLinear, type LoweredOperator, type LoweredPlan } from '../pipeline.ts';
import { analyseTile } from './analyse.ts';
import { arithmeticOf } from './arithmetic.ts';
import { type BoundedBuffers, givenRows, rowsOf } from './boundedRows.ts';
import { tensorError } from './boundedTensor.ts';
import { applyExactly, applyStepsExactly } from './exact.ts';
import { norm, normwiseBound } from './normwise.ts';
import { type Pair, pairOf } from './pairs.ts';
import { basisVectors, exhaustiveColumns, probeVectors } from './probes.ts';
import type { Audit, Reach } from './report.ts';

/** Vectors with what the operator makes of them. */
export interface VectorSet {
  readonly name: 'basis vector' | 'probe';
  readonly count: number;
  /** [count, columns]. */
  readonly x: Float64Array;
  /** [count, rows], in f64 and what that leaves. */
  readonly expected: Float64Array;
  readonly expectedLow: Float64Array;
  /** Of every element of `expected`. */
  readonly tolerance: Float64Array;
  /** Vectors whose bound is more than 5 % of what the operator makes of a vector of that size. */
  readonly uninformative: number;
}

export interface PreparedMode {
  readonly lowered: LoweredOperator;
  readonly rows: number;
  readonly columns: number;
  readonly sets: readonly VectorSet[];
  readonly reach: readonly Reach[];
}

const informativeShare = 0.05;

/**
 * `allowance`: what the reference itself may be off by, relative to the size of an image (see
 * `referenceAllowance`).
 */
export function prepareMode(
  source: Program,
  lowered: LoweredOperator,
  environment: Environment,
  seed: number,
  allowance = 0,
): PreparedMode {
  const linear = isLinear(source);
  const { rows, columns } = lowered.program;
  const reach = new Map<Pointwise, Reach>();
  const seen = (name: Pointwise, argument: number): void => {
    const { least, greatest } = reach.get(name) ?? { least: argument, greatest: argument };
    const wider = { least: Math.min(least, argument), greatest: Math.max(greatest, argument) };
    reach.set(name, { function: name, ...wider });
  };
  const make = (name: VectorSet['name'], x: Float64Array, count: number): VectorSet => {
    const expected = new Float64Array(count * rows);
    const expectedLow = new Float64Array(count * rows);
    for (let k = 0; k < count; k++) {
      const own = pairOf(x.subarray(k * columns, (k + 1) * columns));
      const { high, low } = reference(source, lowered, own, environment);
      expected.set(high, k * rows);
      expectedLow.set(low, k * rows);
    }
    const tolerance = tolerances(lowered, x, count, environment, seen);
    const sizes = imageSizes(x, expected, count);
    tolerance.forEach((own, k) => {
      tolerance[k] = own + allowance * at(sizes, Math.floor(k / rows));
    });
    const uninformative = sizes.filter(
      (size, k) => !(norm(partOf(tolerance, k, count)) <= informativeShare * size),
    ).length;
    return { name, count, x, expected, expectedLow, tolerance, uninformative };
  };
  const { round } = realFormats[lowered.plan.precision.storage];
  const probes = probeVectors(columns, linear, seed).map(round);
  const sets = [make('probe', probes, columns === 0 ? 1 : probes.length / columns)];
  if (linear && columns > 0 && columns <= exhaustiveColumns) {
    sets.unshift(make('basis vector', basisVectors(columns), columns));
  }
  return { lowered, rows, columns, sets, reach: [...reach.values()] };
}

/**
 * Two things the bounds of the emitted program cannot know. An assumed property holds as well as the audit
 * measured it, and rewriting by it changes the operator that much. The inverse of tensors that are evaluated
 * in f64 is the inverse of rounded numbers.
 */
export function referenceAllowance(
  source: Program,
  environment: Environment,
  audits: readonly Audit[],
): number {
  const assumed = audits
    .filter(({ assumed: own, holds }) => own && holds)
    .reduce((total, { measured }) => total + measured * Math.max(source.rows, source.columns), 0);
  const rounded = source.steps.some(
    step =>
      step.kind === 'linear' &&
      nodesOf(step.operator).some(node => node.kind === 'inverse' && readsRounded(node, environment)),
  );
  return assumed + (rounded ? 64 * 2 ** -53 : 0);
}

const readsRounded = (operator: Operator, environment: Environment): boolean =>
  nodesOf(operator).some(node =>
    tensorsAt(node).some(tensor => tensorError(tensor, environment) !== undefined),
  );

/** The source program, as written: what rewriting made of it is verified too. */
function reference(source: Program, { mode }: LoweredOperator, x: Pair, environment: Environment): Pair {
  if (mode === 'apply') return applyStepsExactly(source.steps, x, environment);
  return source.steps.reduceRight(
    (value, step) => (step.kind === 'linear' ? applyExactly(step.operator, value, environment, true) : value),
    x,
  );
}

/** Of every plan that a call may take, the largest. */
function tolerances(
  lowered: LoweredOperator,
  x: Float64Array,
  batch: number,
  environment: Environment,
  seen: (name: Pointwise, argument: number) => void,
): Float64Array {
  const { program, few } = lowered;
  const boundOf = (plan: LoweredPlan) => boundOfPlan(program, plan, x, batch, environment, seen);
  const many = boundOf(lowered);
  if (few === undefined) return many;
  const fewer = boundOf(few);
  return many.map((own, k) => Math.max(own, at(fewer, k)));
}

/** The smaller of the componentwise and the normwise bound. */
function boundOfPlan(
  program: Program,
  { plan, tiles }: LoweredPlan,
  x: Float64Array,
  batch: number,
  environment: Environment,
  seen: (name: Pointwise, argument: number) => void,
): Float64Array {
  const arithmetic = arithmeticOf(plan);
  const buffers: BoundedBuffers = new Map([['x', givenRows(x, program.columns, arithmetic)]]);
  for (const tile of tiles) {
    for (const [name, rows] of analyseTile(tile, buffers, { environment, batch, arithmetic, seen }))
      buffers.set(name, rows);
  }
  const { error } = rowsOf(buffers, 'y');
  const byNorm = normwiseBound(linearOperator(program), x, {
    environment,
    // A factor alone may be summed in other parts than in its kernel (tile/splitSums.ts): a bound for any order.
    arithmetic: { ...arithmetic, reassociates: arithmetic.reassociates || plan.profile.group !== undefined },
    batch,
    isOneKernel: tiles.length === 1,
  });
  return error.map((own, k) => {
    const bound = Number.isNaN(own) ? Number.POSITIVE_INFINITY : own;
    return byNorm === undefined ? bound : Math.min(bound, at(byNorm, Math.floor(k / program.rows)));
  });
}

function linearOperator({ steps }: Program): Operator | undefined {
  const [only, ...others] = steps;
  return only?.kind === 'linear' && others.length === 0 ? only.operator : undefined;
}

/**
 * How large a vector's image is for the purpose of comparing with it: its own norm, or what a vector of that
 * size has for an image where its own is small by cancellation.
 */
function imageSizes(x: Float64Array, expected: Float64Array, count: number): number[] {
  const gain = norm(x) === 0 ? 0 : norm(expected) / norm(x);
  const part = (values: Float64Array, k: number) => norm(partOf(values, k, count));
  return Array.from({ length: count }, (_, k) => Math.max(part(expected, k), gain * part(x, k)));
}

const partOf = (values: Float64Array, k: number, count: number): Float64Array =>
  values.subarray((k * values.length) / count, ((k + 1) * values.length) / count);
