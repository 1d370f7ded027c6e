/** What the files for CUDA hold of lowered operators: kernels shared out, and where weights and workspaces lie. */
import type {
  CudaContents,
  CudaMode,
  CudaOperator,
  CudaPackStep,
  CudaParameter,
  CudaPlan,
  CudaRegion,
} from '../../codegen/cudaContents.ts';
import { distribute, spread } from '../../codegen/distribute.ts';
import { invariant, unreachable } from '../core/invariant.ts';
import type { RealFormat } from '../core/precision.ts';
import type { Program } from '../ir/operator.ts';
import { verifyGroupKernel } from '../kernel/group.ts';
import { type Buffer, bytesOf, type Kernel, type Statement } from '../kernel/kernel.ts';
import { visitStatements } from '../kernel/traverse.ts';
import type { PackedBuffer } from '../lower/context.ts';
import { lowerPack, type PackKernel, packTarget } from '../lower/pack.ts';
import type { LoweredInstance, LoweredOperator, LoweredPlan } from '../pipeline.ts';
import { formatBytes, type Plan } from '../plan/plan.ts';
import type { GroupLimits, Profile } from '../plan/profile.ts';

/** Of every piece of the packed weights and the workspaces, so that vectors in them are whole. */
const alignment = 16;
/** Indices of one launch are i32. */
const greatestIndex = 2 ** 31 - 1;

export function describeCuda(
  file: { readonly name: string; readonly source: string; readonly storage: RealFormat },
  operators: readonly LoweredInstance[],
  packed: readonly PackedBuffer[],
  profile: Profile,
): CudaContents {
  const { group } = profile;
  invariant(group !== undefined, `${profile.name} has groups of invocations`);
  return {
    ...file,
    profile: profile.name,
    operators: operators.map(instance => describeInstance(instance, packed, group)),
  };
}

function describeInstance(
  { source, modes }: LoweredInstance,
  packed: readonly PackedBuffer[],
  group: GroupLimits,
): CudaOperator {
  const kernels = modes.flatMap(({ kernels: own, few }) => [...own, ...(few?.kernels ?? [])]);
  const own = packed.filter(({ name }) =>
    kernels.some(({ buffers }) => buffers.some(each => each.name === name)),
  );
  const weights = regionsOf(own.map(({ name, scalar, elements }) => ({ name, scalar, elements })));
  const packs = own.map(buffer => packStepsOf(source, buffer, lowerPack(buffer), group));
  return {
    name: source.name,
    title: source.title,
    documentation: source.documentation,
    parameters: source.parameters.map(({ name: written, tensor }): CudaParameter => {
      const { name, dtype, shape, binding } = tensor;
      return { name, written, dtype, shape, isPerCall: binding === 'call' };
    }),
    weights: weights.regions,
    weightBytes: weights.bytes,
    packs: packs.flatMap(({ steps }) => steps),
    packWorkspaceBytes: packs.reduce((most, { workspaceBytes }) => Math.max(most, workspaceBytes), 0),
    modes: modes.map(describeMode),
  };
}

/** One after another, each at a whole vector. */
function regionsOf(parts: readonly Omit<CudaRegion, 'offsetBytes'>[]): {
  regions: CudaRegion[];
  bytes: number;
} {
  let bytes = 0;
  const regions = parts.map((part): CudaRegion => {
    const offsetBytes = bytes;
    bytes += Math.ceil((part.elements * bytesOf(part.scalar)) / alignment) * alignment;
    return { ...part, offsetBytes };
  });
  return { regions, bytes };
}

// --------------------------------------------------------------------------------------------------------- applying

function describeMode(lowered: LoweredOperator): CudaMode {
  const { mode, program, few, kernels } = lowered;
  const own = describePlan(lowered);
  const widest = own.workspaces.reduce((most, { width }) => Math.max(most, width), 1);
  return {
    mode,
    columns: program.columns,
    rows: program.rows,
    ...own,
    rowsOfLaunch: Math.min(maximumBatchOf(kernels), Math.floor(greatestIndex / widest)),
    ...(few && { few: { ...describePlan(few), rowsBelow: few.rowsBelow } }),
  };
}

function describePlan({ plan, kernels }: LoweredPlan): CudaPlan {
  const { group } = plan.profile;
  invariant(group !== undefined, 'kernels of groups');
  // Rows that lie between kernels, or between the statements of one whose group has no room for them.
  const rows = kernels
    .flatMap(({ buffers }) => buffers)
    .filter(({ extent }) => extent.parameter !== undefined);
  const workspaces = [...new Map(rows.map(each => [each.name, each])).values()]
    .filter(({ name }) => name !== 'x' && name !== 'y')
    .map(({ name, scalar, extent }) => ({ name, scalar, width: extent.perUnit }));
  return {
    plan: planLines(plan),
    workspaces,
    kernels: kernels.map(kernel => {
      const shared = distribute(kernel, group);
      const [problem] = verifyGroupKernel(shared);
      invariant(problem === undefined, `after distribute: ${problem}`);
      return shared;
    }),
  };
}

const maximumBatchOf = (kernels: readonly Kernel[]): number =>
  Math.min(
    ...kernels.flatMap(({ parameters }) =>
      parameters.filter(({ name }) => name === 'batch').map(each => each.maximum),
    ),
  );

function planLines({ segments, cuts, bytesPerElement }: Plan): string[] {
  return [
    ...segments.map(({ name, input, columns, output, rows, tileRows, liveElements }) => {
      const row = formatBytes(liveElements * bytesPerElement);
      return `${name}: ${input}[${columns}] -> ${output}[${rows}], tiles of ${tileRows} rows, ${row} of a row between`;
    }),
    ...cuts.map(({ between, reason }) => `not fused ${between.join(' and ')}: ${reason}`),
  ];
}

// ---------------------------------------------------------------------------------------------------------- packing

/** A parameter under the name that its user gave it; the sign keeps it apart from the names of the kernel. */
function bufferNames({ parameters }: Program): (name: string) => string {
  const written = new Map(parameters.map(({ name, tensor }) => [tensor.name, name]));
  return name => (written.has(name) ? `$${written.get(name)}` : name);
}

/** A launch for each stage of a pack step; temporaries lie in the workspace, which the next pack step takes again. */
function packStepsOf(
  source: Program,
  { name }: PackedBuffer,
  { kernel, stages, reads }: PackKernel,
  group: GroupLimits,
): { readonly steps: CudaPackStep[]; readonly workspaceBytes: number } {
  const asBuffer = bufferNames(source);
  const temporaries = regionsOf(
    kernel.buffers
      .filter(({ space }) => space === 'shared')
      .map(buffer => ({ name: buffer.name, scalar: buffer.scalar, elements: buffer.extent.fixed })),
  );
  const steps = stages.map((body, k): CudaPackStep => {
    const used = new Set<string>();
    visitStatements(body, statement => {
      if (statement.kind === 'load' || statement.kind === 'store') used.add(statement.buffer);
    });
    const buffers = kernel.buffers.filter(each => used.has(each.name));
    const stage: Kernel = {
      ...kernel,
      name: `${source.name}_pack_${name}${stages.length === 1 ? '' : `_${k}`}`,
      buffers: buffers.map((buffer): Buffer => ({ ...buffer, name: asBuffer(buffer.name), space: 'global' })),
      body: renamed(body, asBuffer),
    };
    const places = buffers.map((buffer): CudaPackStep['places'][number] => {
      if (buffer.name === packTarget) return { kind: 'weights', name };
      if (reads.includes(buffer.name)) return { kind: 'parameter', name: buffer.name };
      const region = temporaries.regions.find(each => each.name === buffer.name);
      invariant(region !== undefined, `${buffer.name} has its place`);
      return { kind: 'temporary', offsetBytes: region.offsetBytes };
    });
    const kernelOfAll = spread(stage, group);
    const groups = Math.ceil(kernelOfAll.points / group.invocations);
    return { fills: name, kernel: kernelOfAll, places, groups: Math.min(groups, packGroups) };
  });
  return { steps, workspaceBytes: temporaries.bytes };
}

/** Enough for every multiprocessor there is, several times. */
const packGroups = 4096;

const renamed = (body: readonly Statement[], asBuffer: (name: string) => string): Statement[] =>
  body.map((statement): Statement => {
    switch (statement.kind) {
      case 'load':
      case 'store':
        return { ...statement, buffer: asBuffer(statement.buffer) };
      case 'for':
        return { ...statement, body: renamed(statement.body, asBuffer) };
      case 'if':
        return {
          ...statement,
          then: renamed(statement.then, asBuffer),
          otherwise: renamed(statement.otherwise, asBuffer),
        };
      case 'assign':
      case 'barrier':
      case 'comment':
      case 'declare':
      case 'multiplyMatrices':
        return statement;
      default:
        return unreachable(statement);
    }
  });
