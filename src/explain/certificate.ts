/**
 * The certificate of a compiled operator: what each kernel computes and moves, counted from the tile programs that are
 * lowered, and why the chain is cut where it is. Text, JSON and pictures are made of this value.
 *
 * Counting: one multiply–add is 2 flops; a pointwise step is counted as applications, not flops. A kernel reads its
 * input and workspaces once and writes its output once for each row of the batch (tiles stay in the tile memory);
 * packed weights are read once for each tile of rows. The slices of a tile read the input again, from the cache.
 */
import { unreachable } from '../core/invariant.ts';
import { type Precision, type RealFormat, realFormats } from '../core/precision.ts';
import type { Step } from '../ir/operator.ts';
import { isOnes } from '../ir/tensorAlgebra.ts';
import type { LoweredOperator } from '../pipeline.ts';
import type { Cut, Plan } from '../plan/plan.ts';
import { formatBytes } from '../plan/plan.ts';
import type { Profile } from '../plan/profile.ts';
import { bytesOf } from '../tile/precision.ts';
import type { EpilogueStep, TileProgram, TileStatement } from '../tile/tile.ts';
import { weightsOf } from '../tile/traverse.ts';

export interface StepCertificate {
  /** As a formula over the kernel's buffers: `t0 = blockdiag [32, 32, 32] x`. */
  readonly formula: string;
  readonly flopsPerRow: number;
  /** Pointwise functions applied, per row. */
  readonly functionsPerRow: number;
  readonly weightBytes: number;
}

export interface KernelCertificate {
  readonly name: string;
  readonly steps: readonly StepCertificate[];
  readonly flopsPerRow: number;
  /** Bytes of input and workspace rows read, and of output and workspace rows written. */
  readonly bytesReadPerRow: number;
  readonly bytesWrittenPerRow: number;
  readonly weightBytes: number;
  readonly tileRows: number;
  /** Parts in which a tile is computed, each of which reads the input again, from the cache. */
  readonly slices: number;
  /** Bytes of the tile: every row it keeps at once. */
  readonly tileBytes: number;
}

export interface Certificate {
  readonly operator: string;
  readonly title: string;
  readonly mode: string;
  readonly profile: string;
  /** What memory holds; sixteen bits are computed with in f32. */
  readonly scalar: RealFormat;
  readonly rows: number;
  readonly columns: number;
  readonly kernels: readonly KernelCertificate[];
  readonly cuts: readonly Cut[];
  /** Why there is no cut, or what the cuts cost. */
  readonly fusion: string;
  /** Rules that fired while rewriting, with how often. */
  readonly rules: readonly (readonly [name: string, count: number])[];
  readonly total: {
    readonly launches: number;
    readonly flopsPerRow: number;
    readonly bytesPerRow: number;
    readonly weightBytes: number;
    /** What must move whatever the kernel: the input read once, the output written once. */
    readonly floorBytesPerRow: number;
  };
  /** The same steps with each operator a dense matrix of its shape. */
  readonly dense: { readonly flopsPerRow: number; readonly weightBytes: number };
}

export function certify({ mode, program, trace, plan, tiles }: LoweredOperator): Certificate {
  const size = plan.bytesPerElement;
  const kernels = tiles.map(tile => kernelCertificate(tile, plan.precision, plan.profile.tileHolds));
  const sum = (value: (kernel: KernelCertificate) => number) =>
    kernels.reduce((total, kernel) => total + value(kernel), 0);
  const { rows, columns } = program;
  return {
    operator: program.name,
    title: program.title,
    mode,
    profile: plan.profile.name,
    scalar: plan.precision.storage,
    rows,
    columns,
    kernels,
    cuts: plan.cuts,
    fusion: fusionOf(plan, tiles),
    rules: countNames(trace),
    total: {
      launches: kernels.length,
      flopsPerRow: sum(kernel => kernel.flopsPerRow),
      bytesPerRow: sum(kernel => kernel.bytesReadPerRow + kernel.bytesWrittenPerRow),
      weightBytes: sum(kernel => kernel.weightBytes),
      floorBytesPerRow: (rows + columns) * size,
    },
    dense: denseCost(program.steps, size),
  };
}

function denseCost(steps: readonly Step[], size: number): Certificate['dense'] {
  const entries = (of: readonly Step[]): number =>
    of.reduce((total, step) => {
      if (step.kind === 'linear') return total + step.operator.rows * step.operator.columns;
      return step.kind === 'gate' ? total + entries(step.steps) : total;
    }, 0);
  return { flopsPerRow: 2 * entries(steps), weightBytes: entries(steps) * size };
}

function kernelCertificate(
  tile: TileProgram,
  precision: Precision,
  holds: Profile['tileHolds'],
): KernelCertificate {
  const size = realFormats[precision.storage].bytes;
  const steps = tile.statements.map(statement => stepCertificate(statement, size));
  const written = new Set(tile.statements.map(statement => statement.output.buffer));
  const bytes = (isCounted: (name: string, role: string) => boolean) =>
    tile.buffers.reduce(
      (total, buffer) =>
        total + (isCounted(buffer.name, buffer.role) ? buffer.width * bytesOf(buffer, precision) : 0),
      0,
    );
  return {
    name: tile.name,
    steps,
    flopsPerRow: steps.reduce((total, step) => total + step.flopsPerRow, 0),
    bytesReadPerRow: bytes((name, role) => role === 'input' || (role === 'workspace' && !written.has(name))),
    bytesWrittenPerRow: bytes((name, role) => role !== 'scratch' && written.has(name)),
    weightBytes: steps.reduce((total, step) => total + step.weightBytes, 0),
    tileRows: tile.tileRows,
    slices: tile.slices,
    tileBytes: tile.tileRows * bytes((_, role) => holds === 'rows' || role === 'scratch'),
  };
}

const elements = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);

function stepCertificate(statement: TileStatement, size: number): StepCertificate {
  const target = statement.output.buffer;
  const none = { flopsPerRow: 0, functionsPerRow: 0, weightBytes: 0 };
  switch (statement.kind) {
    case 'contract': {
      const { axes, weights, title, input, initial, residuals, epilogue } = statement;
      const outputs = elements(axes.filter(axis => axis.kind !== 'reduce').map(axis => axis.extent));
      const finish = epilogueCost(epilogue, outputs, size);
      const diagonals = residuals.flatMap(residual => residual.weights ?? []);
      const added = residuals.map(
        residual => ` + ${residual.weights === undefined ? '' : 'diagonal '}${residual.input.buffer}`,
      );
      const formula = finished(`${title} ${input.buffer}${added.join('')}`, epilogue);
      const perTerm = isOnes(weights) ? 1 : 2;
      const ofResiduals = (residuals.length + diagonals.length) * outputs;
      return {
        formula: `${target} ${initial === 'output' ? '+=' : '='} ${formula}`,
        flopsPerRow: perTerm * elements(axes.map(axis => axis.extent)) + ofResiduals + finish.flopsPerRow,
        functionsPerRow: finish.functionsPerRow,
        weightBytes:
          weightsOf(statement).reduce((total, { shape }) => total + elements(shape) * size, 0) +
          finish.weightBytes,
      };
    }
    case 'copy': {
      const { input, accumulate } = statement;
      const formula = `${target} ${accumulate ? '+=' : '='} ${input.buffer}, reordered`;
      return { ...none, formula, flopsPerRow: accumulate ? input.map.domain : 0 };
    }
    case 'fill':
      return { ...none, formula: `${target} = 0` };
    case 'pointwise': {
      const cost = epilogueCost(statement.epilogue, statement.output.map.domain, size);
      return { ...cost, formula: `${target} = ${finished(target, statement.epilogue)}` };
    }
    case 'substitute': {
      const { order, direction, input } = statement;
      return {
        formula: `${target} = triangle [${order}, ${order}]⁻¹ ${input.buffer}, ${direction} substitution`,
        flopsPerRow: order * order,
        functionsPerRow: 0,
        weightBytes: order * order * size,
      };
    }
    default:
      return unreachable(statement);
  }
}

/** The steps of an epilogue around a formula, as in the language: `A x |> bias |> gelu`. */
const finished = (formula: string, epilogue: readonly EpilogueStep[]): string =>
  [
    formula,
    ...epilogue.map(step =>
      step.kind === 'pointwise' ? step.function : step.kind === 'gate' ? `gate(${step.buffer})` : 'bias',
    ),
  ].join(' |> ');

function epilogueCost(epilogue: readonly EpilogueStep[], outputs: number, size: number) {
  const functions = epilogue.filter(step => step.kind === 'pointwise').length;
  const biases = epilogue.filter(step => step.kind === 'bias').length;
  return {
    flopsPerRow: (epilogue.length - functions) * outputs,
    functionsPerRow: functions * outputs,
    weightBytes: biases * outputs * size,
  };
}

function fusionOf(plan: Plan, tiles: readonly TileProgram[]): string {
  if (plan.cuts.length > 0) return `cut into ${plan.segments.length} kernels`;
  const [only] = plan.segments;
  if (only === undefined) return 'nothing to compute';
  const { slices = 1, tileRows = only.tileRows } = tiles[0] ?? {};
  const [oversize] = plan.oversize;
  if (oversize !== undefined && slices === 1) return `one kernel: ${oversize.reason}`;
  const row = (only.liveElements * plan.bytesPerElement) / slices;
  const { tileMemory, tileBytes, name } = plan.profile;
  const tile = `${tileRows} rows x ${formatBytes(row)}${slices === 1 ? '' : ` of one of ${slices} slices`}`;
  return `one kernel: ${tile} fit ${formatBytes(tileBytes)} of ${tileMemory} on ${name}`;
}

function countNames(names: readonly string[]): (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts];
}
