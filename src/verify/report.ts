/** What `sop verify` says: one record per operator, for JSON, and the same in a few lines. */
import type { RealFormat } from '../core/precision.ts';
import type { Pointwise, Property } from '../ir/operator.ts';
import type { Mode } from '../pipeline.ts';

/** Arguments that a pointwise function was given, over all probes. */
export interface Reach {
  readonly function: Pointwise;
  readonly least: number;
  readonly greatest: number;
}

export interface ModeReport {
  readonly mode: Mode;
  readonly kernels: readonly string[];
  /** Batch sizes run, each twice. */
  readonly batches: readonly number[];
  readonly vectors: number;
  readonly everyBasisVector: boolean;
  /** The largest |computed - exact|. */
  readonly worstError: number;
  /** The largest |computed - exact| / bound; above 1 is a failure. */
  readonly worstRatio: number;
  /** Vectors whose bound says nothing. */
  readonly uninformative: number;
  /** Arguments that pointwise functions were given. */
  readonly reach: readonly Reach[];
}

export interface DualityReport {
  readonly pairs: number;
  readonly worstRatio: number;
}

export interface PackingReport {
  readonly buffers: number;
  readonly elements: number;
}

/** The memory of groups: written before it is read. */
export interface SharedReport {
  readonly kernels: number;
  readonly problems: readonly string[];
}

/** A property that was inferred or assumed, measured on the parameters at hand. */
export interface Audit {
  readonly operator: string;
  readonly property: Property;
  readonly reason: string;
  /** By the user, or inferred from something that is. */
  readonly assumed: boolean;
  readonly measured: number;
  readonly tolerance: number;
  readonly holds: boolean;
}

export interface OperatorReport {
  readonly operator: string;
  readonly title: string;
  readonly rows: number;
  readonly columns: number;
  readonly backend: string;
  readonly profile: string;
  /** What memory holds; sixteen bits are computed with in f32. */
  readonly scalar: RealFormat;
  readonly seed: number;
  readonly modes: readonly ModeReport[];
  /** Absent for maps. */
  readonly duality?: DualityReport;
  /** Absent where the backend does not show its packed weights. */
  readonly packing?: PackingReport;
  /** Absent where one thread runs a kernel. */
  readonly shared?: SharedReport;
  readonly audits: readonly Audit[];
  /** The first failures in words. */
  readonly failures: readonly string[];
  readonly failureCount: number;
  readonly passed: boolean;
}

const number = (value: number): string => (value === 0 ? '0' : value.toExponential(1));

export function reportLines(report: OperatorReport): string[] {
  const { title, rows, columns, backend, profile, scalar, seed } = report;
  const run = `${scalar}, ${backend}, ${profile}, seed ${seed}`;
  const head = `${report.passed ? 'ok  ' : 'FAIL'} ${title}: ${columns} -> ${rows}, ${run}`;
  const modes = report.modes.map(mode => {
    const vectors = `${mode.vectors} vectors${mode.everyBasisVector ? ' (every basis vector)' : ''}`;
    const worst = `worst error ${number(mode.worstError)}, ${mode.worstRatio.toFixed(2)} of its bound`;
    return `     ${mode.mode}: ${vectors}, batches ${mode.batches.join(' ')}, ${worst}`;
  });
  const reach = report.modes.flatMap(mode =>
    mode.reach.map(
      each => `     ${each.function} on ${each.least.toPrecision(3)} .. ${each.greatest.toPrecision(3)}`,
    ),
  );
  const { duality, packing, shared, audits } = report;
  const rest = [
    ...(duality
      ? [`     <Ax,z> = <x,A'z> on ${duality.pairs} pairs, ${duality.worstRatio.toFixed(2)} of its bound`]
      : []),
    ...(packing
      ? [`     ${packing.elements} packed weights in ${packing.buffers} buffers, each rounded once`]
      : []),
    ...(shared?.problems.length === 0
      ? [`     ${shared.kernels} kernels write the memory of a group before they read it`]
      : []),
    ...(audits.length > 0 ? [`     ${audits.length} properties measured`] : []),
  ];
  const more = report.failureCount - report.failures.length;
  const failures = [...report.failures, ...(more > 0 ? [`and ${more} more`] : [])].map(
    each => `     ! ${each}`,
  );
  return [head, ...modes, ...reach, ...rest, ...failures];
}
