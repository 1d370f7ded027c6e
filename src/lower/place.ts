/**
 * Places one segment of the plan: operator IR → tile IR. Permutations become views; every other factor becomes a
 * contract, in one pass over a tile of rows. What no view can express becomes a copy inside the same kernel.
 */
import { at, invariant, unreachable } from '../core/invariant.ts';
import { composeMaps, type IndexMap, identityMap } from '../ir/indexMap.ts';
import { gather, type Operator, type Step } from '../ir/operator.ts';
import type { EpilogueStep, TileBuffer, TileProgram } from '../tile/tile.ts';
import { type Layout, stridedDigits } from './layout.ts';
import { diagonalOf, placeBlock, placeDense, settled } from './placeBlock.ts';
import {
  placeCopy,
  placeEpilogue,
  placeScatter,
  placeSolve,
  placeZero,
  placeZeroBeside,
} from './placeMoves.ts';
import {
  type Addend,
  completed,
  type Placement,
  plain,
  scratch,
  slice,
  sliceTarget,
  type Target,
  targetThrough,
  whole,
} from './placement.ts';
import { isRewritten, readsThrough, startsOf, writesThrough, writtenThrough } from './through.ts';

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
  const placement: Placement = { statements: [], buffers };
  placeSteps(placement, segment.steps, whole(input), whole(output), whole(origin));
  return {
    name: segment.name,
    comment: segment.comment,
    tileRows: segment.tileRows,
    slices: 1,
    buffers: [...placement.buffers.values()],
    statements: placement.statements,
  };
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
    if (operator === undefined) placeCopy(placement, current, completed(target, epilogue));
    else placeOperator(placement, operator, current, completed(target, epilogue));
    current = target;
    index = end;
  }
  if (steps.length === 0) placeCopy(placement, input, plain(output));
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
      return placeCopy(placement, source, settled(placement, target));
    case 'zero':
      return placeZero(placement, settled(placement, target));
    case 'gather': {
      const gathered = { ...source, map: composeMaps(source.map, operator.map) };
      return placeCopy(placement, gathered, settled(placement, target));
    }
    case 'scatter':
      return placeScatter(placement, operator.map, source, settled(placement, target));
    case 'block':
      return placeBlock(placement, operator, source, target);
    case 'update':
      return placeUpdate(placement, operator, readable(placement, source), target);
    case 'triangularSolve':
      return placeSolve(placement, operator, source, settled(placement, target));
    case 'compose':
      return placeChain(placement, operator.factors, source, target);
    case 'sum': {
      const shared = shareable(placement, operator.terms, source);
      const terms = operator.terms.map(term => ({ operator: term, source: shared }));
      return placeTerms(placement, terms, target);
    }
    case 'horizontal': {
      const starts = startsOf(operator.parts.map(part => part.columns));
      const terms = operator.parts.map((part, k) => ({
        operator: part,
        source: slice(source, at(starts, k), part.columns),
      }));
      return placeTerms(placement, terms, target);
    }
    case 'vertical':
    case 'directSum': {
      const rows = startsOf(operator.parts.map(part => part.rows));
      const columns = startsOf(operator.parts.map(part => part.columns));
      const shared = operator.kind === 'vertical' ? shareable(placement, operator.parts, source) : undefined;
      operator.parts.forEach((part, k) => {
        const input = shared ?? slice(source, at(columns, k), part.columns);
        placeOperator(placement, part, input, sliceTarget(target, at(rows, k), part.rows));
      });
      return;
    }
    case 'scale':
    case 'offDiagonal':
    case 'adjoint':
    case 'inverse':
    case 'assume':
      return isRewritten(operator);
    default:
      unreachable(operator);
  }
}

/** y = U (T (Vᵀ x)) + D x; the small vector Vᵀ x never leaves the tile. */
function placeUpdate(
  placement: Placement,
  { diagonal: weights, u, t, v }: Operator & { kind: 'update' },
  source: Layout,
  target: Target,
): void {
  const projected = scratch(placement, at(v.shape, 1));
  placeDense(placement, v, true, source, plain(projected));
  const mixed = t === undefined ? projected : scratch(placement, projected.map.domain);
  if (t !== undefined) placeDense(placement, t, false, projected, plain(mixed));
  const residuals = [...target.residuals, { layout: source, weights }];
  placeDense(placement, u, false, mixed, { ...target, residuals });
}

/** A value that is read more than once is brought into order once, where no view can read it. */
function readable(placement: Placement, source: Layout): Layout {
  if (stridedDigits(source.map) !== undefined) return source;
  const ordered = scratch(placement, source.map.domain);
  placeCopy(placement, source, plain(ordered));
  return ordered;
}

const shareable = (placement: Placement, readers: readonly Operator[], source: Layout): Layout =>
  readers.filter(each => !readsThrough(each, source.map)).length > 1 ? readable(placement, source) : source;

interface Term {
  readonly operator: Operator;
  readonly source: Layout;
}

/**
 * A sum: every term adds to the first; only the last term's values are complete, so it takes the epilogue, and adds the
 * terms that have a single number for each output.
 */
function placeTerms(placement: Placement, terms: readonly Term[], target: Target): void {
  if (terms.length === 0) return placeZero(placement, settled(placement, target));
  const last =
    terms.findLast(each => addendOf(each) === undefined) ??
    terms.findLast(({ operator }) => operator.kind === 'block') ??
    at(terms, terms.length - 1);
  const addends = terms.flatMap(each => (each === last ? [] : (addendOf(each) ?? [])));
  const others = terms.filter(each => each === last || addendOf(each) === undefined);
  others.forEach(({ operator, source }, index) => {
    const isLast = index === others.length - 1;
    const residuals = isLast ? [...target.residuals, ...addends] : [];
    const epilogue = isLast ? target.epilogue : [];
    const accumulate = target.accumulate || index > 0;
    placeOperator(placement, operator, source, { ...target, accumulate, residuals, epilogue });
  });
}

/** A term that a contract can add to its sums. */
function addendOf({ operator, source }: Term): Addend | undefined {
  const weights = operator.kind === 'block' ? diagonalOf(operator) : undefined;
  if (weights === undefined && operator.kind !== 'identity' && operator.kind !== 'gather') return undefined;
  const map = operator.kind === 'gather' ? composeMaps(source.map, operator.map) : source.map;
  return stridedDigits(map) === undefined ? undefined : { layout: { ...source, map }, weights };
}

/**
 * A chain, last factor first. Moves before a factor become its input view, moves after the last factor its output view;
 * between two factors lies a scratch row, in an order that both can use as a view where there is one.
 */
function placeChain(
  placement: Placement,
  factors: readonly Operator[],
  source: Layout,
  target: Target,
): void {
  const { rest, last, completes } = finalTarget(placement, factors.flatMap(openGather), target);
  let current = source;
  let k = rest.length - 1;
  for (; k > 0; k--) {
    const factor = at(rest, k);
    if (factor.kind === 'gather') current = { ...current, map: composeMaps(current.map, factor.map) };
    else {
      const gap = gapAfter(rest, k);
      const next = scratch(placement, gap.width);
      if (gap.leavesGaps) placeZero(placement, plain(next));
      placeOperator(placement, factor, current, plain({ ...next, map: gap.write }));
      current = { ...next, map: gap.read };
      k = gap.consumer + 1;
    }
  }
  placeOperator(placement, at(rest, 0), current, last);
  if (!completes) placeEpilogue(placement, target);
}

/** A map that no closed form composes is two moves: each may go to its own side of a scratch row. */
function openGather(factor: Operator): readonly Operator[] {
  if (factor.kind !== 'gather' || factor.map.kind !== 'compose') return [factor];
  return [gather(factor.map.inner), gather(factor.map.outer)].flatMap(openGather);
}

/** The moves after the last factor, as the map through which it writes. A scatter leaves entries that are zero. */
function finalTarget(placement: Placement, factors: readonly Operator[], target: Target) {
  const hasScatter = factors.slice(0, -1).some(({ kind }) => kind === 'scatter');
  let last = hasScatter ? settled(placement, target) : target;
  let [k, completes] = [0, true];
  for (; k < factors.length - 1; k++) {
    const move = at(factors, k);
    const through = writtenThrough(move);
    if (through === undefined) break;
    if (move.kind === 'scatter') {
      placeZeroBeside(placement, move.map, last);
      completes = false;
    }
    last = targetThrough(last, through);
  }
  return { rest: factors.slice(k), last: completes ? last : { ...last, epilogue: [] }, completes };
}

/** Where the value between a factor and the next lies: both maps lead into a scratch row of this width. */
interface Gap {
  readonly consumer: number;
  readonly width: number;
  readonly write: IndexMap;
  readonly read: IndexMap;
  /** The producer does not reach every entry. */
  readonly leavesGaps: boolean;
}

/**
 * The moves that follow factor `producer` are divided: the first ones are how it writes,
 * the others how the next reads.
 */
function gapAfter(factors: readonly Operator[], producer: number): Gap {
  const from = at(factors, producer);
  let best: (Gap & { readonly copies: number }) | undefined;
  let write = identityMap(from.rows);
  let leavesGaps = false;
  for (let split = producer; split > 0; split--) {
    let read = identityMap(write.range);
    let consumer = split - 1;
    for (
      let move = at(factors, consumer);
      consumer > 0 && move.kind === 'gather';
      move = at(factors, consumer)
    ) {
      read = composeMaps(read, move.map);
      consumer--;
    }
    const copies = Number(!writesThrough(from, write)) + Number(!readsThrough(at(factors, consumer), read));
    const gap = { consumer, width: write.range, write, read, leavesGaps, copies };
    if (best === undefined || copies < best.copies || consumer < best.consumer) best = gap;
    const move = at(factors, split - 1);
    const through = split > 1 ? writtenThrough(move) : undefined;
    if (through === undefined) break;
    leavesGaps ||= move.kind === 'scatter';
    write = composeMaps(through, write);
  }
  invariant(best !== undefined, 'a factor has a next one');
  return best;
}
