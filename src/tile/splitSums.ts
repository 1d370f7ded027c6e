/**
 * Long sums of few outputs, for groups of invocations: such a contract has work for some of them only, who take step
 * after step while the others wait. Its sum is cut into parts, each one more output of a contract into scratch that
 * keeps the precision of the arithmetic, and a second contract with weights of one adds the parts:
 *
 *   t[p1, q] = sum(p0) W[q, p1 p0] x[p1 p0]        y[q] = sum(p1) t[p1, q]
 *
 * As many parts as make the two cheapest, where that is worth a wait for each other, and where the scratch costs no
 * rows of a tile. A pass over a program in which every value has a buffer of its own.
 */
import { at } from '../core/invariant.ts';
import { computed, element, axis as indexAxis, indexLiteral, type Tensor } from '../ir/tensor.ts';
import { filled } from '../ir/tensorAlgebra.ts';
import { fitScratch, type ScratchMemory } from './fit.ts';
import { reuseScratch } from './reuse.ts';
import { splitAxis } from './split.ts';
import type { Axis, ContractStatement, TileBuffer, TileProgram, View } from './tile.ts';

export interface SumMachine {
  readonly memory: ScratchMemory;
  /** Accesses to memory that follow each other where a group works on a contract of a program with so many rows. */
  readonly cost: (contract: ContractStatement, buffers: readonly TileBuffer[], tileRows: number) => number;
}

/** What it costs that all wait for each other, in accesses. */
const wait = 16;

/** What two contracts may cost, as a share of what the one does: groups beside it take what half of one leaves idle. */
const worth = 1 / 2;

export function splitSums(program: TileProgram, machine: SumMachine): TileProgram {
  const room = roomFor(program, machine);
  let made = program;
  for (const statement of program.statements)
    if (statement.kind === 'contract') made = split(made, statement, machine, room);
  return made;
}

function split(
  program: TileProgram,
  contract: ContractStatement,
  machine: SumMachine,
  room: Room,
): TileProgram {
  const cost = (each: ContractStatement, buffers: readonly TileBuffer[]) =>
    machine.cost(each, buffers, room.rows);
  const most = worth * cost(contract, program.buffers);
  const candidates = partsOf(contract)
    .map(parts => inParts(program, contract, parts))
    .map(each => ({ ...each, cost: wait + cost(each.first, each.buffers) + cost(each.second, each.buffers) }))
    .filter(each => each.cost <= most)
    .sort((a, b) => a.cost - b.cost)
    .map(({ first, second, buffers }) => ({
      ...program,
      buffers,
      statements: program.statements.flatMap(each => (each === contract ? [first, second] : [each])),
    }));
  const fits = (each: TileProgram): boolean => {
    const { rows, outside } = roomFor(each, machine);
    return rows === room.rows && outside === room.outside;
  };
  return candidates.find(fits) ?? program;
}

interface Room {
  readonly rows: number;
  readonly outside: number;
}

/** Rows of a tile once scratch is shared, and how many rows of values have no room in the group's memory. */
function roomFor(program: TileProgram, { memory }: SumMachine): Room {
  const shared = reuseScratch(program);
  const { tileRows, buffers } = fitScratch(shared, memory);
  const moved = buffers.filter(({ role }, k) => role !== at(shared.buffers, k).role);
  return { rows: tileRows, outside: moved.length };
}

/** The longest axis of a sum, which is the one that is cut. */
const sumAxis = ({ axes }: ContractStatement): number =>
  [...axes.keys()]
    .filter(k => at(axes, k).kind === 'reduce')
    .reduce((best, k) => (best === -1 || at(axes, k).extent > at(axes, best).extent ? k : best), -1);

/** Numbers of parts of the same length, each more than one term. */
function partsOf(contract: ContractStatement): number[] {
  const place = sumAxis(contract);
  if (place === -1) return [];
  const { extent } = at(contract.axes, place);
  return Array.from({ length: extent }, (_, k) => k + 1).filter(
    parts => parts > 1 && 2 * parts <= extent && extent % parts === 0,
  );
}

interface Parts {
  readonly buffers: readonly TileBuffer[];
  readonly first: ContractStatement;
  readonly second: ContractStatement;
}

function inParts({ buffers }: TileProgram, contract: ContractStatement, parts: number): Parts {
  const place = sumAxis(contract);
  const cut = splitAxis(contract, place, at(contract.axes, place).extent / parts);
  const free = [...cut.axes.keys()].filter(k => at(cut.axes, k).kind !== 'reduce');
  // Neighbours of the output are neighbours in each part.
  const reach = (k: number) => Math.abs(at(cut.output.strides, k));
  const width = new Map<number, number>();
  let outputs = 1;
  for (const k of free.toSorted((a, b) => reach(a) - reach(b))) {
    width.set(k, outputs);
    outputs *= at(cut.axes, k).extent;
  }
  width.set(place, outputs);
  // Placing numbers its scratch by the buffers before it.
  const buffer = `t${buffers.length}`;
  const made: TileBuffer = { name: buffer, role: 'scratch', width: outputs * parts, isWide: true };
  const output: View = { buffer, offset: 0, strides: cut.axes.map((_, k) => width.get(k) ?? 0) };
  const axes = cut.axes.with(place, { ...at(cut.axes, place), kind: 'free' });
  const first: ContractStatement = { ...cut, axes, output, initial: 'zero', residuals: [], epilogue: [] };
  return { buffers: [...buffers, made], first, second: sumOfParts(cut, output, [place, ...free]) };
}

/** The rest of what the whole was, over the axis of the parts and the free ones. */
function sumOfParts(whole: ContractStatement, from: View, kept: readonly number[]): ContractStatement {
  const view = ({ buffer, offset, strides }: View): View => ({
    buffer,
    offset,
    strides: kept.map(k => at(strides, k)),
  });
  const weightsOf = (weights: Tensor): Tensor => {
    const position = weights.shape.map((_, k) =>
      kept.includes(k) ? indexAxis(kept.indexOf(k)) : indexLiteral(0),
    );
    return computed(
      kept.map(k => at(weights.shape, k)),
      element(weights, position),
    );
  };
  const axes = kept.map((k): Axis => at(whole.axes, k));
  return {
    ...whole,
    title: `sum [${at(axes, 0).extent}]`,
    axes,
    weights: filled(
      axes.map(({ extent }) => extent),
      1,
    ),
    input: view(from),
    output: view(whole.output),
    residuals: whole.residuals.map(({ input, weights }) => ({
      input: view(input),
      weights: weights && weightsOf(weights),
    })),
  };
}
