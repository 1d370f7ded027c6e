/**
 * Places one segment of the plan: operator IR → tile IR. Permutations become views; every other factor becomes a
 * contract, in one pass over a tile of rows. What no view can express becomes a copy inside the same kernel.
 */
import { at, invariant, unreachable } from '../core/invariant.ts';
import {
  composeMaps,
  type IndexMap,
  identityMap,
  inverseMap,
  isBijection,
  isIdentity,
  sliceMap,
} from '../ir/indexMap.ts';
import { diagonal, type Operator, type Step } from '../ir/operator.ts';
import { broadcast, transposeTensor } from '../ir/tensorAlgebra.ts';
import type { EpilogueStep, TileBuffer, TileProgram, TileStatement } from '../tile/tile.ts';
import type { Layout } from './layout.ts';
import { placeBlock, placeDense } from './placeBlock.ts';

/** What a program being placed accumulates: statements in order, and buffers by name. */
export interface Placement {
  readonly statements: TileStatement[];
  readonly buffers: Map<string, TileBuffer>;
  /** Scratch rows that are free again. */
  readonly released: TileBuffer[];
}

/** How a value is written: over what is there, or added to it, and what is applied to it last. */
export interface Target extends Layout {
  readonly accumulate: boolean;
  readonly epilogue: readonly EpilogueStep[];
}

export interface SegmentInput {
  readonly name: string;
  readonly comment: readonly string[];
  readonly tileRows: number;
  readonly input: TileBuffer;
  readonly output: TileBuffer;
  /** The input of the whole map, which gates read; the same as `input` in the first segment. */
  readonly origin: TileBuffer;
  readonly steps: readonly Step[];
}

export function placeSegment(segment: SegmentInput): TileProgram {
  const { input, output, origin } = segment;
  const buffers = new Map([input, output, origin].map(buffer => [buffer.name, buffer]));
  const placement: Placement = { statements: [], buffers, released: [] };
  placeSteps(placement, segment.steps, whole(input), whole(output), whole(origin));
  return {
    name: segment.name,
    comment: segment.comment,
    tileRows: segment.tileRows,
    buffers: [...placement.buffers.values()],
    statements: placement.statements,
  };
}

const whole = (buffer: TileBuffer): Layout => ({ buffer: buffer.name, map: identityMap(buffer.width) });

/** A scratch row of this width: one that was released, or a new one. */
export function scratch(placement: Placement, width: number): Layout {
  const index = placement.released.findIndex(buffer => buffer.width === width);
  const [reused] = index === -1 ? [] : placement.released.splice(index, 1);
  if (reused !== undefined) return whole(reused);
  const name = `t${[...placement.buffers.values()].filter(buffer => buffer.role === 'scratch').length}`;
  const buffer: TileBuffer = { name, role: 'scratch', width };
  placement.buffers.set(name, buffer);
  return whole(buffer);
}

/** Gives a scratch row back once nothing reads it any more; other layouts are left alone. */
export function release(placement: Placement, layout: Layout): void {
  const buffer = placement.buffers.get(layout.buffer);
  if (buffer?.role === 'scratch' && !placement.released.includes(buffer)) placement.released.push(buffer);
}

/** A map, step by step: each linear step takes the pointwise steps that follow it as its epilogue. */
function placeSteps(
  placement: Placement,
  steps: readonly Step[],
  input: Layout,
  output: Layout,
  origin: Layout,
): void {
  let current = input;
  let index = 0;
  while (index < steps.length) {
    const step = at(steps, index);
    const operator = step.kind === 'linear' ? step.operator : undefined;
    let end = operator === undefined ? index : index + 1;
    while (end < steps.length && at(steps, end).kind !== 'linear') end++;
    const width = operator?.rows ?? current.map.domain;
    const target = end === steps.length ? output : scratch(placement, width);
    const epilogue = steps
      .slice(operator === undefined ? index : index + 1, end)
      .map(each => epilogueStep(placement, each, origin));
    if (operator === undefined) placeCopy(placement, current, { ...target, accumulate: false, epilogue });
    else placeOperator(placement, operator, current, { ...target, accumulate: false, epilogue });
    current = target;
    index = end;
  }
  if (steps.length === 0) placeCopy(placement, input, { ...output, accumulate: false, epilogue: [] });
}

function epilogueStep(placement: Placement, step: Step, origin: Layout): EpilogueStep {
  switch (step.kind) {
    case 'bias':
      return { kind: 'bias', bias: step.bias };
    case 'pointwise':
      return { kind: 'pointwise', function: step.function };
    case 'gate': {
      const gate = scratch(placement, widthOf(step.steps, origin.map.domain));
      placeSteps(placement, step.steps, origin, gate, origin);
      return { kind: 'gate', buffer: gate.buffer };
    }
    case 'linear':
      invariant(false, 'a linear step is no epilogue');
      break;
    default:
      return unreachable(step);
  }
}

const widthOf = (steps: readonly Step[], columns: number): number =>
  steps.reduce((width, step) => (step.kind === 'linear' ? step.operator.rows : width), columns);

/** target (+)= operator · source. */
export function placeOperator(
  placement: Placement,
  operator: Operator,
  source: Layout,
  target: Target,
): void {
  switch (operator.kind) {
    case 'identity':
      return placeCopy(placement, source, target);
    case 'zero':
      return placeZero(placement, target);
    case 'gather':
      return placeCopy(placement, { ...source, map: composeMaps(source.map, operator.map) }, target);
    case 'scatter':
      return placeScatter(placement, operator.map, source, target);
    case 'block':
      return placeBlock(placement, operator, source, target);
    case 'update': {
      // y = D x + U (T (Vᵀ x)); the small vector Vᵀ x never leaves the tile.
      const projected = scratch(placement, operator.v.shape[1] ?? 0);
      placeDense(placement, operator.v, true, source, plain(projected));
      const mixed = operator.t === undefined ? projected : scratch(placement, projected.map.domain);
      if (operator.t !== undefined) placeDense(placement, operator.t, false, projected, plain(mixed));
      const start = { ...target, epilogue: [] };
      if (operator.diagonal === undefined) placeCopy(placement, source, start);
      else placeBlock(placement, diagonal(operator.diagonal), source, start);
      return placeDense(placement, operator.u, false, mixed, { ...target, accumulate: true });
    }
    case 'triangularSolve':
      return placeSolve(placement, operator, source, target);
    case 'compose':
      return placeChain(placement, operator.factors, source, target);
    case 'sum':
      return placeTerms(
        placement,
        operator.terms.map(term => ({ operator: term, source })),
        target,
      );
    case 'horizontal': {
      const starts = partialSums(operator.parts.map(part => part.columns));
      const terms = operator.parts.map((part, k) => ({
        operator: part,
        source: slice(source, at(starts, k), part.columns),
      }));
      return placeTerms(placement, terms, target);
    }
    case 'vertical':
    case 'directSum': {
      const rows = partialSums(operator.parts.map(part => part.rows));
      const columns = partialSums(operator.parts.map(part => part.columns));
      operator.parts.forEach((part, k) => {
        const input = operator.kind === 'vertical' ? source : slice(source, at(columns, k), part.columns);
        placeOperator(placement, part, input, { ...target, ...slice(target, at(rows, k), part.rows) });
      });
      return;
    }
    case 'scale': {
      const inner = scratch(placement, operator.rows);
      placeOperator(placement, operator.operator, source, plain(inner));
      return placeBlock(placement, diagonal(broadcast(operator.factor, operator.rows)), inner, target);
    }
    case 'offDiagonal':
    case 'adjoint':
    case 'inverse':
    case 'assume':
      invariant(false, `${operator.kind} is rewritten before placing`);
      break;
    default:
      unreachable(operator);
  }
}

const plain = (layout: Layout): Target => ({ ...layout, accumulate: false, epilogue: [] });

const slice = (layout: Layout, start: number, length: number): Layout => ({
  buffer: layout.buffer,
  map: composeMaps(layout.map, sliceMap(layout.map.domain, start, length)),
});

function partialSums(lengths: readonly number[]): number[] {
  let total = 0;
  return lengths.map(length => {
    total += length;
    return total - length;
  });
}

/**
 * A chain, last factor first. Gathers before a factor become its input view, bijections after the last factor its output
 * view; between two factors lies a scratch row in the natural order of the first.
 */
function placeChain(
  placement: Placement,
  factors: readonly Operator[],
  source: Layout,
  target: Target,
): void {
  const bijections = factors.findIndex(factor => !(factor.kind === 'gather' && isBijection(factor.map)));
  if (bijections === -1) {
    const map = factors.map(mapOfGather).reduce(composeMaps);
    return placeCopy(placement, { ...source, map: composeMaps(source.map, map) }, target);
  }
  const finalMap = factors
    .slice(0, bijections)
    .map(mapOfGather)
    .reduce(composeMaps, identityMap(target.map.domain));
  const last: Target = { ...target, map: composeMaps(target.map, inverseMap(finalMap)) };
  let current = source;
  for (let k = factors.length - 1; k > bijections; k--) {
    const factor = at(factors, k);
    if (factor.kind === 'gather') {
      current = { ...current, map: composeMaps(current.map, factor.map) };
    } else {
      const next = scratch(placement, factor.rows);
      placeOperator(placement, factor, current, plain(next));
      if (current.buffer !== source.buffer) release(placement, current);
      current = next;
    }
  }
  placeOperator(placement, at(factors, bijections), current, last);
  if (current.buffer !== source.buffer) release(placement, current);
}

function mapOfGather(factor: Operator): IndexMap {
  invariant(factor.kind === 'gather', 'only gathers are left of the last factor');
  return factor.map;
}

/** A sum: every term adds to the first; only the last term's values are complete, so it takes the epilogue. */
function placeTerms(
  placement: Placement,
  terms: readonly { readonly operator: Operator; readonly source: Layout }[],
  target: Target,
): void {
  if (terms.length === 0) return placeZero(placement, target);
  terms.forEach(({ operator, source }, index) => {
    const epilogue = index === terms.length - 1 ? target.epilogue : [];
    placeOperator(placement, operator, source, {
      ...target,
      accumulate: target.accumulate || index > 0,
      epilogue,
    });
  });
}

export function placeCopy(placement: Placement, source: Layout, target: Target): void {
  const { statements } = placement;
  if (target.map.domain > 0)
    statements.push({ kind: 'copy', input: source, output: layoutOf(target), accumulate: target.accumulate });
  placeEpilogue(placement, target);
}

export function placeZero(placement: Placement, target: Target): void {
  if (!target.accumulate && target.map.domain > 0)
    placement.statements.push({ kind: 'fill', output: layoutOf(target) });
  placeEpilogue(placement, target);
}

function placeEpilogue(placement: Placement, target: Target): void {
  if (target.epilogue.length === 0 || target.map.domain === 0) return;
  placement.statements.push({ kind: 'pointwise', output: layoutOf(target), epilogue: target.epilogue });
}

export const layoutOf = ({ buffer, map }: Layout): Layout => ({ buffer, map });

/** y[map(i)] += x[i]: zeros first, since a scatter need not reach every row. */
function placeScatter(placement: Placement, map: IndexMap, source: Layout, target: Target): void {
  placeZero(placement, { ...target, epilogue: [] });
  const spread = { ...target, map: composeMaps(target.map, map), accumulate: true, epilogue: [] };
  placeCopy(placement, source, spread);
  placeEpilogue(placement, target);
}

function placeSolve(
  placement: Placement,
  solve: Operator & { kind: 'triangularSolve' },
  source: Layout,
  target: Target,
): void {
  const order = solve.rows;
  const lower = (solve.triangle === 'lower') !== solve.transposed;
  const needsScratch = target.accumulate || !isIdentity(target.map);
  const solution = needsScratch ? scratch(placement, order) : layoutOf(target);
  placement.statements.push({
    kind: 'substitute',
    order,
    direction: lower ? 'forward' : 'backward',
    unitDiagonal: solve.unitDiagonal,
    weights: solve.transposed ? transposeTensor(solve.weights) : solve.weights,
    input: source,
    output: solution,
  });
  if (needsScratch) placeCopy(placement, solution, target);
  else placeEpilogue(placement, target);
}
