/**
 * What a contract costs a group of invocations: the accesses to memory that follow each other, where all take what work
 * there is side by side. Passes over tiles weigh by it; nothing is lowered here.
 */
import { at } from '../core/invariant.ts';
import type { Precision } from '../core/precision.ts';
import { isOnes } from '../ir/tensorAlgebra.ts';
import { subgroupMembers, tileColumns, tileRows as tileHeight } from '../kernel/matrix.ts';
import { formatOf } from '../tile/precision.ts';
import type { ContractStatement, TileBuffer, TileProgram } from '../tile/tile.ts';
import { type MatrixPlan, planMatrix } from './matrixPlan.ts';
import { partsOf } from './matrixWeights.ts';
import type { Machine } from './schedule.ts';

export interface Workplace {
  readonly machine: Omit<Machine, 'rowGroups'>;
  readonly precision: Precision;
  readonly buffers: readonly TileBuffer[];
  readonly tileRows: number;
}

export function serialAccesses(contract: ContractStatement, place: Workplace): number {
  const { machine, precision, buffers, tileRows } = place;
  const input = buffers.find(({ name }) => name === contract.input.buffer);
  const { matrix } = machine;
  const isHeld = matrix !== undefined && input !== undefined && formatOf(input, precision) === matrix.scalar;
  const plan = isHeld ? planMatrix(contract, matrix, tileRows) : undefined;
  return plan === undefined ? ofInvocations(contract, place) : ofSubgroups(contract, plan, place);
}

/** Points of the loops of a contract that invocations take side by side, and the rows of each. */
function sharesOf(
  { axes, weights }: ContractStatement,
  { lanes, rowsTogether }: Pick<Machine, 'lanes' | 'rowsTogether'>,
  tileRows: number,
) {
  const rows = isOnes(weights) ? 1 : Math.min(rowsTogether, tileRows);
  const free = axes.filter(({ kind }) => kind === 'free').map(({ extent }) => extent);
  const vectors = Math.ceil(product(free) / (free.some(extent => extent >= lanes) ? lanes : 1));
  return { rows, points: vectors * Math.ceil(tileRows / rows) };
}

/** Invocations that the group of a program has: as many as its largest contract has work for. */
export function busyInvocations(
  { statements, tileRows }: TileProgram,
  machine: Omit<Machine, 'rowGroups'>,
): number {
  if (machine.matrix !== undefined) return machine.invocations;
  const points = statements.map(each =>
    each.kind === 'contract' ? sharesOf(each, machine, tileRows).points : machine.invocations,
  );
  const busy = Math.ceil(Math.max(...points) / subgroupMembers) * subgroupMembers;
  return Math.min(machine.invocations, busy);
}

/** A step loads a vector of weights for some rows, and a number of each, or of several steps at once. */
function ofInvocations(contract: ContractStatement, { machine, tileRows }: Workplace): number {
  const { axes, input } = contract;
  const { lanes, invocations } = machine;
  const { rows, points } = sharesOf(contract, machine, tileRows);
  const steps = axes.reduce((total, { kind, extent }) => total * (kind === 'reduce' ? extent : 1), 1);
  const rounds = Math.ceil(points / invocations);
  const isAlong = axes.some(
    ({ kind, extent }, k) => kind === 'reduce' && extent >= lanes && at(input.strides, k) === 1,
  );
  const perStep = (isOnes(contract.weights) ? 0 : 1) + rows / (isAlong ? lanes : 1);
  return rounds * (steps * perStep + rows);
}

/** A step loads what its operations multiply: tiles of weights and tiles of columns. */
function ofSubgroups(
  contract: ContractStatement,
  plan: MatrixPlan,
  { machine, tileRows }: Workplace,
): number {
  const { axes } = contract;
  const extentOf = (k: number): number => at(axes, k).extent;
  const { blocks, tilesOfRows, tilesOfColumns, reads, reading } = plan;
  const tiles = Math.ceil(extentOf(plan.rowAxis) / (tileHeight * tilesOfRows));
  const columns = Math.ceil(tileRows / (tileColumns * tilesOfColumns));
  const around = [
    ...plan.outer.map(extentOf),
    ...plan.neighbours.map(({ axis, count }) => extentOf(axis) / count),
  ];
  const items = product(around) * tiles * columns;
  const rounds = Math.ceil(items / (machine.invocations / subgroupMembers));
  const steps = Math.ceil(extentOf(plan.reduceAxis) / (4 * reads)) * product(plan.reduceOuter.map(extentOf));
  const inputs = tilesOfColumns * (reading === 'along' ? blocks : reads);
  return (
    rounds * (steps * (blocks * tilesOfRows * partsOf(plan) + inputs) + tilesOfColumns * blocks * tilesOfRows)
  );
}

const product = (extents: readonly number[]): number => extents.reduce((a, b) => a * b, 1);
