/** What a backend is compared with: vectors, their images under the *source* program in f64, and the tolerance of each. */
import { at } from '../core/invariant.ts';
import { applyOperator, applySteps } from '../ir/dense.ts';
import type { Operator, Pointwise, Program } from '../ir/operator.ts';
import type { Environment } from '../ir/tensorEvaluate.ts';
import { isLinear, type LoweredOperator } from '../pipeline.ts';
import { analyseTile, type BoundedBuffers, exactRows, rowsOf } from './analyse.ts';
import { arithmeticOf } from './arithmetic.ts';
import { norm, normwiseBound } from './normwise.ts';
import { basisVectors, exhaustiveColumns, probeVectors } from './probes.ts';

/** Vectors with what the operator makes of them. */
export interface VectorSet {
  readonly name: 'basis vector' | 'probe';
  readonly count: number;
  /** [count, columns]. */
  readonly x: Float64Array;
  /** [count, rows]. */
  readonly expected: Float64Array;
  /** Of every element of `expected`. */
  readonly tolerance: Float64Array;
  /** Vectors whose bound is more than 5 % of what the operator makes of a vector of that size. */
  readonly uninformative: number;
}

/** Arguments that a pointwise function was given, over all probes. */
export interface Reach {
  readonly function: Pointwise;
  readonly least: number;
  readonly greatest: number;
}

export interface PreparedMode {
  readonly lowered: LoweredOperator;
  readonly rows: number;
  readonly columns: number;
  readonly sets: readonly VectorSet[];
  readonly reach: readonly Reach[];
}

const informativeShare = 0.05;

export function prepareMode(
  source: Program,
  lowered: LoweredOperator,
  environment: Environment,
  seed: number,
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
    for (let k = 0; k < count; k++) {
      const own = x.subarray(k * columns, (k + 1) * columns);
      expected.set(reference(source, lowered, own, environment), k * rows);
    }
    const tolerance = tolerances(lowered, x, count, environment, seen);
    return {
      name,
      count,
      x,
      expected,
      tolerance,
      uninformative: uninformative(x, expected, tolerance, count),
    };
  };
  const probes = probeVectors(columns, linear, seed);
  const sets = [make('probe', probes, columns === 0 ? 1 : probes.length / columns)];
  if (linear && columns > 0 && columns <= exhaustiveColumns) {
    sets.unshift(make('basis vector', basisVectors(columns), columns));
  }
  return { lowered, rows, columns, sets, reach: [...reach.values()] };
}

/** The source program, as written: what rewriting made of it is verified too. */
function reference(
  source: Program,
  { mode }: LoweredOperator,
  x: Float64Array,
  environment: Environment,
): Float64Array {
  if (mode === 'apply') return applySteps(source.steps, x, environment);
  return source.steps.reduceRight(
    (value, step) =>
      step.kind === 'linear' ? applyOperator(step.operator, value, environment, true) : value,
    x,
  );
}

/** The smaller of the componentwise and the normwise bound. */
function tolerances(
  lowered: LoweredOperator,
  x: Float64Array,
  batch: number,
  environment: Environment,
  seen: (name: Pointwise, argument: number) => void,
): Float64Array {
  const { plan, program, tiles } = lowered;
  const arithmetic = arithmeticOf(plan.bytesPerElement === 8 ? 'f64' : 'f32');
  const buffers: BoundedBuffers = new Map([['x', exactRows(x, program.columns)]]);
  for (const tile of tiles) {
    for (const [name, rows] of analyseTile(tile, buffers, { environment, batch, arithmetic, seen }))
      buffers.set(name, rows);
  }
  const { error } = rowsOf(buffers, 'y');
  const byNorm = normwiseBound(linearOperator(program), x, { environment, arithmetic, batch });
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
 * A bound is measured against the vector's image, or against what a vector of that size has for an image where its own
 * is small by cancellation.
 */
function uninformative(
  x: Float64Array,
  expected: Float64Array,
  tolerance: Float64Array,
  count: number,
): number {
  const gain = norm(x) === 0 ? 0 : norm(expected) / norm(x);
  const part = (values: Float64Array, k: number) =>
    norm(values.subarray((k * values.length) / count, ((k + 1) * values.length) / count));
  return Array.from({ length: count }, (_, k) => k).filter(k => {
    const size = Math.max(part(expected, k), gain * part(x, k));
    return !(part(tolerance, k) <= informativeShare * size);
  }).length;
}
