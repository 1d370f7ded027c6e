/** Places a block factor KS(a,b,c,d) as one contract over strided views of its input and output. */
import { at, invariant } from '../core/invariant.ts';
import { type IndexMap, identityMap } from '../ir/indexMap.ts';
import { dense, diagonal, type Operator } from '../ir/operator.ts';
import {
  axis,
  computed,
  element,
  type IndexScalar,
  indexAdd,
  indexApply,
  indexLiteral,
  indexMultiply,
  type Tensor,
} from '../ir/tensor.ts';
import { transposeTensor } from '../ir/tensorAlgebra.ts';
import type { Axis, ContractStatement, Residual, View } from '../tile/tile.ts';
import {
  type Layout,
  mergeCuts,
  type SplitBlock,
  splitBlock,
  stridedDigits,
  stridesOf,
  trailingProducts,
} from './layout.ts';
import { placeCopy, placeZero } from './placeMoves.ts';
import { type Addend, layoutOf, type Placement, plain, scratch, type Target } from './placement.ts';

type Block = Operator & { kind: 'block' };

/** target (+)= matrix · source, or matrixᵀ · source. */
export function placeDense(
  placement: Placement,
  matrix: Tensor,
  transposed: boolean,
  source: Layout,
  target: Target,
): void {
  const operator = dense(transposed ? transposeTensor(matrix) : matrix);
  invariant(operator.kind === 'block', 'dense makes a block');
  placeBlock(placement, operator, source, target);
}

export function placeBlock(placement: Placement, block: Block, source: Layout, target: Target): void {
  if (block.rows === 0) return;
  if (block.columns === 0) return placeZero(placement, settled(placement, target));
  const split = splitOf(block, source.map, target.map);
  if (split !== undefined) {
    const rest = settled(placement, target, addend => !isView(addend, split, target));
    placement.statements.push(contractOf(block, split, source, rest));
    return;
  }
  // Radices that do not nest, or a map that is not strided: one side goes through natural order,
  // the narrower if either would do.
  const [readsAsIs, writesAsIs] = [
    splitOf(block, source.map, identityMap(block.rows)) !== undefined,
    splitOf(block, identityMap(block.columns), target.map) !== undefined,
  ];
  const copiesInput = readsAsIs && writesAsIs ? block.columns <= block.rows : !readsAsIs;
  const ordered = scratch(placement, copiesInput ? block.columns : block.rows);
  if (copiesInput) {
    placeCopy(placement, source, plain(ordered));
    placeBlock(placement, block, ordered, target);
  } else {
    placeBlock(placement, block, source, plain(ordered));
    placeCopy(placement, ordered, settled(placement, target));
  }
}

/** Writes residuals that what comes can not take, so that it adds to them: all of them, or those of a kind. */
export function settled(
  placement: Placement,
  target: Target,
  isWritten: (addend: Addend) => boolean = () => true,
): Target {
  const residuals = target.residuals.filter(addend => !isWritten(addend));
  let { accumulate } = target;
  for (const { layout, weights } of target.residuals.filter(isWritten)) {
    const bare = { ...target, accumulate, residuals: [], epilogue: [] };
    if (weights === undefined) placeCopy(placement, layout, bare);
    else placeBlock(placement, diagonal(weights), layout, bare);
    accumulate = true;
  }
  return { ...target, accumulate, residuals };
}

/** Whether the axes of a contract go over the digits of an addend, as they are. */
function isView({ layout }: Addend, { a, b, d }: SplitBlock, target: Target): boolean {
  const digits = stridedDigits(layout.map);
  if (digits === undefined || layout.buffer === target.buffer) return false;
  const cuts = trailingProducts([a, b, d].flatMap(({ extents }) => extents));
  const refined = mergeCuts(cuts, trailingProducts(digits.map(({ extent }) => extent)));
  return refined?.every(cut => cuts.includes(cut)) ?? false;
}

function splitOf(block: Block, source: IndexMap, target: IndexMap): SplitBlock | undefined {
  const [input, output] = [stridedDigits(source), stridedDigits(target)];
  return input && output && splitBlock(block, input, output);
}

function contractOf(block: Block, split: SplitBlock, source: Layout, target: Target): ContractStatement {
  const names = (letter: string, extents: readonly number[]) =>
    extents.map((extent, k) => ({ name: extents.length === 1 ? letter : `${letter}${k}`, extent }));
  const free = (letter: string, extents: readonly number[]): Axis[] =>
    names(letter, extents).map(digit => ({ ...digit, kind: 'free' }));
  const a = free('g', split.a.extents);
  const b = free('q', split.b.extents);
  const c = names('p', split.c.extents).map((digit): Axis => ({ ...digit, kind: 'reduce' }));
  const d = free('e', split.d.extents);
  const axes = [...a, ...b, ...c, ...d];
  const inputStrides = strides([a, c, d], source);
  const outputStrides = strides([a, b, d], target);
  const view = (layout: Layout, byAxis: ReadonlyMap<Axis, number>): View => ({
    buffer: layout.buffer,
    offset: layout.map.kind === 'strided' ? layout.map.offset : 0,
    strides: axes.map(each => byAxis.get(each) ?? 0),
  });
  const residualOf = ({ layout, weights }: Addend): Residual => ({
    input: view(layout, strides([a, b, d], layout)),
    weights: weights && alongOutputs(axes, weights, [...a, ...b, ...d]),
  });
  return {
    kind: 'contract',
    title: titleOf(block),
    axes,
    weights: weightsOver(axes, block, { a, b, c, d }),
    input: view(source, inputStrides),
    output: view(layoutOf(target), outputStrides),
    initial: target.accumulate ? 'output' : 'zero',
    residuals: target.residuals.map(residualOf),
    epilogue: target.epilogue,
  };
}

function strides(groups: readonly (readonly Axis[])[], layout: Layout): Map<Axis, number> {
  const axes = groups.flat();
  const digits = stridedDigits(layout.map);
  invariant(digits !== undefined, 'a split block has strided layouts');
  const values = stridesOf(
    axes.map(each => each.extent),
    digits,
  );
  return new Map(axes.map((each, k) => [each, at(values, k)]));
}

/** The weights as a tensor over the contract's axes: entry [axes] is weights[g, e, q, p]. */
function weightsOver(
  axes: readonly Axis[],
  block: Block,
  groups: Record<'a' | 'b' | 'c' | 'd', readonly Axis[]>,
): Tensor {
  const position = [groups.a, groups.d, groups.b, groups.c].map(group => indexOver(axes, group));
  return computed(
    axes.map(each => each.extent),
    element(block.weights, position),
  );
}

/** A weight for each output, over the contract's axes. */
const alongOutputs = (axes: readonly Axis[], weights: Tensor, outputs: readonly Axis[]): Tensor =>
  computed(
    axes.map(({ kind, extent }) => (kind === 'reduce' ? 1 : extent)),
    element(weights, [indexOver(axes, outputs)]),
  );

/** Where a point of the axes lies along some of them, row-major. */
const indexOver = (axes: readonly Axis[], group: readonly Axis[]): IndexScalar =>
  group.reduce<IndexScalar>(
    (outer, each) => indexAdd(indexMultiply(outer, indexLiteral(each.extent)), axis(axes.indexOf(each))),
    indexLiteral(0),
  );

/** The entries of a block factor that is a diagonal matrix. */
export function diagonalOf({ a, b, c, d, weights }: Block): Tensor | undefined {
  if (b !== 1 || c !== 1) return undefined;
  const [outer, inner] = [
    indexApply('floorDivide', axis(0), indexLiteral(d)),
    indexApply('modulo', axis(0), indexLiteral(d)),
  ];
  return computed([a * d], element(weights, [outer, inner, indexLiteral(0), indexLiteral(0)]));
}

function titleOf({ a, b, c, d }: Block): string {
  if (b === 1 && c === 1) return `diagonal [${a * d}]`;
  if (a === 1 && d === 1) return `dense [${b}, ${c}]`;
  return d === 1 ? `blockdiag [${a}, ${b}, ${c}]` : `block (${a}, ${b}, ${c}, ${d})`;
}
