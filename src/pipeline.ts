/**
 * The table of contents: every pass from text to kernels, in order. Read this first.
 *
 *   text ─parse─▶ AST ─check─▶ typed program ─elaborate─▶ operator IR ─normalise─▶ operator IR ─plan─▶ plan
 *        ─place, orient, keep sums, split sums, reuse, slice, fit, stage─▶ tile IR ─lower─▶ kernel IR
 *        ─simplify, legalize─▶ kernel IR ─print─▶ …
 *
 * A verifier runs after each of the later passes and blames it by name. No I/O here.
 */
import { type Arrangement, coalesce } from '../codegen/coalesce.ts';
import { cudaCapabilities } from '../codegen/cuda.ts';
import { distribute } from '../codegen/distribute.ts';
import { type Capabilities, legalize } from '../codegen/legalize.ts';
import { wasmCapabilities } from '../codegen/wat.ts';
import { wgslCapabilities } from '../codegen/wgsl.ts';
import { invariant } from './core/invariant.ts';
import { type HalfFormat, type Precision, type RealFormat, realFormats } from './core/precision.ts';
import { adjoint, type Program } from './ir/operator.ts';
import { type GroupKernel, verifyGroupKernel } from './kernel/group.ts';
import type { Kernel } from './kernel/kernel.ts';
import { simplify } from './kernel/simplify.ts';
import { verifyKernel } from './kernel/verify.ts';
import type { PackedBuffer } from './lower/context.ts';
import { type LoweringOptions, lowerProgram } from './lower/lower.ts';
import { planMatrix } from './lower/matrixPlan.ts';
import { placeSegment } from './lower/place.ts';
import { busyInvocations, serialAccesses } from './lower/serial.ts';
import { type Plan, planProgram, type Segment } from './plan/plan.ts';
import { type GroupLimits, matrixUnitsFor, type Profile } from './plan/profile.ts';
import { costOfRow, fewRows, manyRows, rowsThatFill, type Variant } from './plan/variants.ts';
import { verifyPlan } from './plan/verify.ts';
import { normaliseProgram, type Trace } from './rewrite/normalise.ts';
import { fitScratch, type ScratchMemory } from './tile/fit.ts';
import { orientValues } from './tile/orient.ts';
import { keepSums } from './tile/precision.ts';
import { reuseScratch } from './tile/reuse.ts';
import { sliceProgram } from './tile/slice.ts';
import { splitSums } from './tile/splitSums.ts';
import { stageRows } from './tile/stage.ts';
import type { TileBuffer, TileProgram } from './tile/tile.ts';
import { trafficOf } from './tile/traffic.ts';
import { verifyTile } from './tile/verify.ts';

export type Mode = 'apply' | 'adjoint';

export interface LoweringTarget {
  readonly profile: Profile;
  readonly scalar: 'f32' | 'f64';
  /** What memory holds, where that is not what is computed in. */
  readonly storage?: HalfFormat | undefined;
}

const precisionOf = ({ scalar, storage }: LoweringTarget): Precision => ({
  scalar,
  storage: storage ?? scalar,
});

/** The stages of one plan. */
export interface LoweredPlan {
  readonly plan: Plan;
  readonly tiles: readonly TileProgram[];
  readonly kernels: readonly Kernel[];
}

/** Every stage of one operator in one mode, kept for `explain`, `verify` and the goldens. */
export interface LoweredOperator extends LoweredPlan {
  readonly mode: Mode;
  readonly program: Program;
  /** Names of the rewrite rules that fired, in order. */
  readonly trace: Trace;
  /** Another plan for batches of fewer rows than so many, where a call may choose. */
  readonly few?: LoweredPlan & { readonly rowsBelow: number };
}

/** One operator at concrete sizes, lowered in every mode asked for that it has. */
export interface LoweredInstance {
  readonly source: Program;
  readonly modes: readonly LoweredOperator[];
}

/** A map has no adjoint; an operator has. */
export const isLinear = (program: Program): boolean => program.steps.every(step => step.kind === 'linear');

/** Operator IR to kernels. `packed` collects the weight buffers, shared by all operators of a module. */
export function lowerOperator(
  source: Program,
  mode: Mode,
  target: LoweringTarget,
  packed: PackedBuffer[],
): LoweredOperator {
  const { program, trace } = normaliseProgram(mode === 'apply' ? source : adjointProgram(source));
  const { storage } = precisionOf(target);
  const chosen = cheapest(manyRows(target.profile, storage).map(each => planned(program, target, each)));
  const kernels = kernelsOf(chosen, packed);
  const lowered = { mode, program, trace, plan: chosen.plan, tiles: chosen.tiles, kernels };
  const variant = fewRows(target.profile, storage);
  const { profile } = chosen.plan;
  if (variant === undefined || profile.group === undefined) return lowered;
  const { group } = profile;
  const rowsBelow = rowsThatFill(
    profile,
    kernels.map(kernel => distribute(kernel, group)),
  );
  const few = planned({ ...program, name: `${program.name}_few` }, target, variant);
  return {
    ...lowered,
    few: { plan: few.plan, tiles: few.tiles, kernels: kernelsOf(few, packed), rowsBelow },
  };
}

/** A plan, and the target with the numbers that it was made with. */
interface Planned {
  readonly plan: Plan;
  readonly target: LoweringTarget;
}

interface Placed extends Planned {
  readonly tiles: readonly TileProgram[];
}

function planned(program: Program, given: LoweringTarget, { profile, fusion }: Variant): Placed {
  const plan = pass('plan', verifyPlan, planProgram(program, profile, precisionOf(given), fusion));
  const made = { plan, target: { ...given, profile } };
  return { ...made, tiles: tilesOf(made) };
}

function cheapest(plans: readonly Placed[]): Placed {
  const costOf = ({ plan, tiles }: Placed): number =>
    costOfRow(plan.profile, trafficOf(tiles, plan.precision), tiles.length);
  return plans.reduce((best, each) => (costOf(each) < costOf(best) ? each : best));
}

/** From a plan to who holds what. */
function tilesOf({ plan, target }: Planned): TileProgram[] {
  const tiles = plan.segments.map(segment => pass('place', verifyTile, placed(plan, segment)));
  return forMatrixUnits(tiles, target).map(turned => {
    const precise = target.storage === undefined ? turned : pass('keep sums', verifyTile, keepSums(turned));
    const split = pass('split sums', verifyTile, inParts(precise, target));
    const reused = pass('reuse', verifyTile, reuseScratch(split));
    const cut = pass('slice', verifyTile, inSlices(reused, target));
    const fitting = pass('fit', verifyTile, fitted(cut, target));
    return pass('stage', verifyTile, withStagedInput(fitting, target));
  });
}

function kernelsOf({ tiles, target }: Placed, packed: PackedBuffer[]): Kernel[] {
  return tiles.map(tile => {
    const { kernel } = lowerProgram(tile, loweringOptions(target), packed);
    const lowered = pass('lower', verifyKernel, kernel);
    const simplified = pass('simplify', verifyKernel, simplify(lowered));
    return pass('legalize', verifyKernel, legalize(simplified, capabilities[target.profile.language]));
  });
}

function adjointProgram(source: Program): Program {
  invariant(isLinear(source), 'only an operator has an adjoint');
  const steps = source.steps.toReversed().map(step => {
    invariant(step.kind === 'linear', 'linear');
    return { kind: 'linear' as const, operator: adjoint(step.operator) };
  });
  return {
    ...source,
    name: `${source.name}_adjoint`,
    title: `${source.title}'`,
    rows: source.columns,
    columns: source.rows,
    steps,
  };
}

function placed(plan: Plan, segment: Segment): TileProgram {
  const buffer = (name: string, width: number): TileBuffer => ({
    name,
    role: name === 'x' ? 'input' : name === 'y' ? 'output' : 'workspace',
    width,
  });
  return placeSegment({
    name: segment.name,
    comment: [`${plan.title}: ${plan.columns} -> ${plan.rows}`],
    tileRows: segment.tileRows,
    input: buffer(segment.input, segment.columns),
    output: buffer(segment.output, segment.rows),
    origin: buffer('x', plan.columns),
    steps: segment.steps,
  });
}

/** Matrix units read neighbours along a sum. */
function forMatrixUnits(tiles: readonly TileProgram[], target: LoweringTarget): readonly TileProgram[] {
  const { matrix } = loweringOptions(target).machine;
  if (matrix === undefined) return tiles;
  const oriented = orientValues(tiles, (contract, rows) => planMatrix(contract, matrix, rows) !== undefined);
  return oriented.map(tile => pass('orient', verifyTile, tile));
}

/** Where a group has more invocations than a contract has outputs. */
function inParts(tile: TileProgram, target: LoweringTarget): TileProgram {
  const memory = scratchMemory(target);
  const { machine: given, precision } = loweringOptions(target);
  if (memory === undefined) return tile;
  const machine = { ...given, invocations: busyInvocations(tile, given) };
  return splitSums(tile, {
    memory,
    cost: (contract, buffers, tileRows) =>
      serialAccesses(contract, { machine, precision, buffers, tileRows }),
  });
}

/** The memory of a group is small: in slices of a row more rows share the weights. */
function inSlices(tile: TileProgram, target: LoweringTarget): TileProgram {
  const precision = precisionOf(target);
  const { group, tileBytes: bytes, tileRows, rowsTogether } = target.profile;
  if (group === undefined) return tile;
  const pieceElements = group.sectorBytes / realFormats[precision.storage].bytes;
  return sliceProgram(tile, { bytes, precision, tileRows, rowsTogether, pieceElements });
}

/** A cache holds what it can; the memory of a group must hold all. */
function fitted(tile: TileProgram, target: LoweringTarget): TileProgram {
  const memory = scratchMemory(target);
  return memory === undefined ? tile : fitScratch(tile, memory);
}

/** Of a group. */
function scratchMemory(target: LoweringTarget): ScratchMemory | undefined {
  const precision = precisionOf(target);
  const { group, tileBytes: bytes, vectorLanes: lanes, rowsTogether } = target.profile;
  return group && { bytes, lanes, rowsTogether, precision };
}

/** Where members of a group read the same numbers again and again, they read them from its own memory. */
function withStagedInput(tile: TileProgram, target: LoweringTarget): TileProgram {
  const memory = scratchMemory(target);
  const hasUnits = matrixUnitsFor(target.profile, precisionOf(target).storage) !== undefined;
  const isStaged = memory !== undefined && target.profile.group?.stagesInput === true && !hasUnits;
  return isStaged ? stageRows(tile, 'x', memory) : tile;
}

export function loweringOptions(target: LoweringTarget): LoweringOptions {
  const { profile, scalar, storage } = target;
  const precision = precisionOf(target);
  const units = matrixUnitsFor(profile, precision.storage);
  return {
    machine: {
      matrix:
        units && storage !== undefined ? { scalar: storage, accumulators: units.accumulators } : undefined,
      lanes: scalar === 'f64' ? profile.vectorLanes / 2 : profile.vectorLanes,
      accumulators: profile.accumulators,
      // Matrix units share weights among more rows than single products have registers for.
      rowsTogether: Math.min(profile.rowsTogether, profile.accumulators),
      lineElements: profile.lineBytes / realFormats[precision.storage].bytes,
      registers: profile.group?.registers,
      invocations: profile.group?.invocations ?? 1,
    },
    fusedMultiplyAdd: profile.fusedMultiplyAdd,
    precision,
    stridedRows: profile.stridedRows,
    maximumBatch: 2 ** 20,
  };
}

const capabilities: Readonly<Record<Profile['language'], Capabilities>> = {
  wasm: wasmCapabilities,
  wgsl: wgslCapabilities,
  cuda: cudaCapabilities,
};

/** The formats in which kernels of a profile may hold their numbers. */
export const formatsOf = ({ language }: Profile): readonly RealFormat[] =>
  capabilities[language].formats ?? ['f32', 'f64'];

/**
 * For machines with groups of invocations: the kernel with its loops shared out and its packed buffers in the bindings
 * of a module. Comes after all operators of a module are lowered, since they share the packed buffers.
 */
export const shareOut = (kernel: Kernel, arrangement: Arrangement, group: GroupLimits): GroupKernel =>
  coalesce(pass('distribute', verifyGroupKernel, distribute(kernel, group)), arrangement);

/** Runs a verifier over what a pass made; a problem is our bug and names the pass. */
function pass<Node>(name: string, verify: (node: Node) => readonly string[], node: Node): Node {
  const [problem] = verify(node);
  invariant(problem === undefined, `after ${name}: ${problem}`);
  return node;
}
