/**
 * The conformance check of one operator: its kernels, run by a backend, against the dense meaning of its
 * source. Pure; the backend does the running. A linear operator is determined by its columns, so a small one
 * is run on every basis vector; a map is run on values that reach every branch of its functions.
 */
import { at } from '../core/invariant.ts';
import { auditProperties } from './audit.ts';
import { type Findings, findings } from './findings.ts';
import { checkShared } from './groups.ts';
import { checkPacking } from './packing.ts';
import { type PreparedMode, prepareMode, referenceAllowance, type VectorSet } from './prepare.ts';
import { batchSizes, exhaustiveColumns } from './probes.ts';
import type { Audit, DualityReport, ModeReport, OperatorReport, SharedReport } from './report.ts';
import type { Backend, Subject } from './subject.ts';

export type { Backend, RunRequest, Subject } from './subject.ts';

/** References and bounds, which do not depend on the backend. */
export interface Verification extends Subject {
  readonly modes: readonly PreparedMode[];
  readonly audits: readonly Audit[];
  readonly shared: SharedReport | undefined;
}

export const verifyOperator = (subject: Subject, backend: Backend): OperatorReport =>
  runVerification(prepareVerification(subject), backend);

export function prepareVerification(subject: Subject): Verification {
  const { instance, environment, seed } = subject;
  const { source } = instance;
  const audits = auditProperties(source, environment);
  const allowance = referenceAllowance(source, environment, audits);
  const modes = instance.modes.map(lowered => prepareMode(source, lowered, environment, seed, allowance));
  return { ...subject, modes, audits, shared: checkShared(subject) };
}

/** Ends early after `enough` failures. */
export function runVerification(
  verification: Verification,
  backend: Backend,
  enough = Number.POSITIVE_INFINITY,
): OperatorReport {
  const { instance, seed, audits, shared } = verification;
  const found = findings(enough);
  const packing = checkPacking(verification, backend, found);
  const modes = verification.modes.map(mode => checkMode(mode, backend, found));
  const duality = checkDuality(verification, backend, found);
  for (const problem of shared?.problems ?? []) found.fail(problem);
  for (const { mode, uninformative, vectors } of modes) {
    if (uninformative > 0)
      found.fail(`${mode}: the bound of ${uninformative} of ${vectors} vectors is uninformative`);
  }
  for (const { operator, property, reason, measured, tolerance, holds } of audits) {
    const off = `off by ${format(measured)}, allowed ${format(tolerance)}`;
    if (!holds) found.fail(`${operator} is not ${property} (${reason}): ${off}`);
  }
  const [first] = instance.modes;
  return {
    operator: instance.source.name,
    title: instance.source.title,
    rows: instance.source.rows,
    columns: instance.source.columns,
    backend: backend.name,
    profile: first?.plan.profile.name ?? '',
    scalar: first?.plan.precision.storage ?? 'f32',
    seed,
    modes,
    ...(duality && { duality }),
    ...(packing && { packing }),
    ...(shared && { shared }),
    audits,
    failures: found.failures,
    failureCount: found.count(),
    passed: found.count() === 0,
  };
}

const format = (value: number): string => value.toExponential(2);

/** What scratch holds in the second run of a batch: large, so that a sum that starts from it is far off. */
const secondPoison = 2 ** 100;

function checkMode(mode: PreparedMode, backend: Backend, found: Findings): ModeReport {
  const { lowered, sets, reach } = mode;
  const batches = batchSizes(lowered.plan.segments.map(segment => segment.tileRows));
  const worst = { error: 0, ratio: 0 };
  for (const set of sets) {
    const runs =
      set.name === 'basis vector'
        ? [() => checkWhole(mode, backend, set, found, worst)]
        : batches.map(batch => () => checkBatch(mode, backend, set, batch, found, worst));
    for (const run of runs) if (!found.isEnough()) run();
  }
  return {
    mode: lowered.mode,
    kernels: lowered.kernels.map(kernel => kernel.name),
    batches,
    vectors: sets.reduce((total, { count }) => total + count, 0),
    everyBasisVector: mode.columns <= exhaustiveColumns && sets.some(set => set.name === 'basis vector'),
    worstError: worst.error,
    worstRatio: worst.ratio,
    uninformative: sets.reduce((total, set) => total + set.uninformative, 0),
    reach,
  };
}

/** All vectors in one batch. */
function checkWhole(
  mode: PreparedMode,
  backend: Backend,
  set: VectorSet,
  found: Findings,
  worst: Worst,
): void {
  const rows = Array.from({ length: set.count }, (_, k) => k);
  compare(mode, set, rows, runRows(mode, backend, set, rows, Number.NaN, found), found, worst);
}

interface Worst {
  error: number;
  ratio: number;
}

/** Twice, with other contents of scratch and output before: the results agree bit for bit. */
function checkBatch(
  mode: PreparedMode,
  backend: Backend,
  set: VectorSet,
  batch: number,
  found: Findings,
  worst: Worst,
): void {
  const rows = Array.from({ length: batch }, (_, k) => (batch + k) % set.count);
  const others = rows.map(row => (row + 7) % set.count);
  const first = runRows(mode, backend, set, rows, Number.NaN, found);
  compare(mode, set, rows, first, found, worst);
  runRows(mode, backend, set, others, Number.NaN, found);
  const second = runRows(mode, backend, set, rows, secondPoison, found);
  const changed = first && second && Array.from(first).findIndex((value, k) => !Object.is(value, second[k]));
  if (changed !== undefined && changed !== -1) {
    found.fail(
      `${mode.lowered.mode}: y depends on what memory held before (batch ${batch}, element ${changed})`,
    );
  }
}

/** A copy of what the backend gives, or nothing where it stopped. */
function runRows(
  { lowered, columns, rows: width }: PreparedMode,
  backend: Backend,
  set: VectorSet,
  rows: readonly number[],
  poison: number,
  found: Findings,
): Float64Array | undefined {
  const { mode, plan } = lowered;
  const length = rows.length * columns;
  const x = plan.precision.scalar === 'f64' ? new Float64Array(length) : new Float32Array(length);
  rows.forEach((row, k) => {
    x.set(set.x.subarray(row * columns, (row + 1) * columns), k * columns);
  });
  try {
    const y = Float64Array.from(backend.run({ mode, x, batch: rows.length, poison }));
    if (y.length === rows.length * width) return y;
    found.fail(`${mode}: ${y.length} outputs for a batch of ${rows.length}, not ${rows.length} x ${width}`);
  } catch (error) {
    found.fail(
      `${mode}: stopped in a batch of ${rows.length}: ${error instanceof Error ? error.message : error}`,
    );
  }
  return undefined;
}

function compare(
  { lowered, rows: width }: PreparedMode,
  set: VectorSet,
  rows: readonly number[],
  y: Float64Array | undefined,
  found: Findings,
  worst: Worst,
): void {
  if (y === undefined) return;
  rows.forEach((row, k) => {
    for (let i = 0; i < width; i++) {
      const [computed, exact] = [at(y, k * width + i), at(set.expected, row * width + i)];
      const tolerance = at(set.tolerance, row * width + i);
      const error = Math.abs(computed - exact - at(set.expectedLow, row * width + i));
      if (error > worst.error) worst.error = error;
      const ratio = error === 0 ? 0 : error / tolerance;
      if (ratio > worst.ratio) worst.ratio = ratio;
      if (error <= tolerance) continue;
      const where = `y[${i}] of ${set.name} ${row} in a batch of ${rows.length}`;
      const off = `off by ${format(error)}, bound ${format(tolerance)}`;
      found.fail(`${lowered.mode}: ${where} is ${computed}, exact ${exact}, ${off}`);
    }
  });
}

/** <A x, z> = <x, A' z> of the computed images, within what their bounds allow. */
function checkDuality({ modes }: Verification, backend: Backend, found: Findings): DualityReport | undefined {
  const [apply, adjoint] = ['apply', 'adjoint'].map(name =>
    modes.find(({ lowered }) => lowered.mode === name),
  );
  const [x, z] = [apply, adjoint].map(mode => mode?.sets.find(set => set.name === 'probe'));
  if (apply === undefined || adjoint === undefined || x === undefined || z === undefined) return undefined;
  if (found.isEnough()) return undefined;
  const pairs = Math.min(x.count, z.count);
  const rows = Array.from({ length: pairs }, (_, k) => k);
  const forward = runRows(apply, backend, x, rows, Number.NaN, found);
  const backward = runRows(adjoint, backend, z, rows, Number.NaN, found);
  if (forward === undefined || backward === undefined) return { pairs, worstRatio: Number.POSITIVE_INFINITY };
  let worstRatio = 0;
  for (let pair = 0; pair < pairs; pair++) {
    const left = inner(forward, x.tolerance, z.x, pair, apply.rows);
    const right = inner(backward, z.tolerance, x.x, pair, apply.columns);
    const difference = Math.abs(left.value - right.value);
    const bound = left.bound + right.bound;
    if (difference > 0) worstRatio = Math.max(worstRatio, difference / bound);
    if (!(difference <= bound))
      found.fail(
        `<Ax,z> and <x,A'z> of pair ${pair} differ by ${format(difference)}, bound ${format(bound)}`,
      );
  }
  return { pairs, worstRatio };
}

/** A row's inner product in f64, with what the bounds of one side and its own roundings allow. */
function inner(
  image: Float64Array,
  tolerance: Float64Array,
  vector: Float64Array,
  row: number,
  length: number,
): { readonly value: number; readonly bound: number } {
  let [value, bound] = [0, 0];
  for (let i = row * length; i < (row + 1) * length; i++) {
    const [a, b] = [at(image, i), at(vector, i)];
    value += a * b;
    bound += Math.abs(b) * (at(tolerance, i) + (length + 2) * 2 ** -53 * (Math.abs(a) + at(tolerance, i)));
  }
  return { value, bound };
}
