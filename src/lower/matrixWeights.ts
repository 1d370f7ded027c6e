/**
 * Weights as the members of a subgroup read them: for each operation the elements of A that a member holds lie
 * together, and those of the members one after another (kernel/matrix.ts). Rows and lengths that a tile has beyond
 * the weights are zero.
 */
import { at } from '../core/invariant.ts';
import {
  axis,
  computed,
  element,
  type IndexScalar,
  indexAdd,
  indexApply,
  indexLiteral,
  indexMultiply,
  literal,
  select,
  type Tensor,
  usedAxes,
} from '../ir/tensor.ts';
import { elementsOfA, elementsOfB, packed, subgroupMembers, tileRows } from '../kernel/matrix.ts';
import type { ContractStatement } from '../tile/tile.ts';
import type { MatrixPlan } from './matrixPlan.ts';

export interface MatrixWeights {
  readonly packed: Tensor;
  /** Elements that one step along an axis moves; axes that the weights do not depend on have none. */
  readonly strides: ReadonlyMap<number, number>;
  /** From one item's first tile of rows to the next, and from one tile to the next in an item. */
  readonly rowGroup: number;
  readonly tile: number;
  /** From one operation along the sum to the next. */
  readonly operation: number;
  readonly rowGroups: number;
  readonly operations: number;
}

/** Operations along the sum whose operands a member reads at once. */
export const partsOf = ({ reads, units }: MatrixPlan): number => reads / elementsOfB(units.scalar);

export function matrixWeights(contract: ContractStatement, plan: MatrixPlan): MatrixWeights {
  const { axes, weights } = contract;
  const { rowAxis, reduceAxis, tilesOfRows, reads, units } = plan;
  const parts = partsOf(plan);
  const used = usedAxes(weights);
  const loops = [...axes.keys()].filter(k => k !== rowAxis && k !== reduceAxis && used.has(k));
  const rowGroups = Math.ceil(at(axes, rowAxis).extent / (tileRows * tilesOfRows));
  const rounds = Math.ceil(at(axes, reduceAxis).extent / (4 * reads));
  const shape: number[] = [];
  const digit = (extent: number): IndexScalar => axis(shape.push(extent) - 1);
  const position: IndexScalar[] = axes.map(() => indexLiteral(0));
  for (const k of loops) position[k] = digit(at(axes, k).extent);
  const [group, tile] = [digit(rowGroups), digit(tilesOfRows)];
  const [round, part] = [digit(rounds), digit(parts)];
  // Member 4·row + inGroup holds registers (row half, then half of the sum), each of `packed` numbers.
  const [row, inGroup, upper, half] = [digit(8), digit(4), digit(2), digit(2)];
  const within = digit(packed(units.scalar));
  position[rowAxis] = plan.writesRows
    ? sum([tileRows * tilesOfRows, group], [2 * tilesOfRows, row], [2, tile], [1, half])
    : sum([tileRows * tilesOfRows, group], [tileRows, tile], [8, half], [1, row]);
  position[reduceAxis] = sum(
    [4 * reads, round],
    [reads, inGroup],
    [elementsOfB(units.scalar), part],
    [packed(units.scalar), upper],
    [1, within],
  );
  const inside = [rowAxis, reduceAxis].map(k =>
    indexApply('less', at(position, k), indexLiteral(at(axes, k).extent)),
  );
  const entry = inside.reduceRight(
    (kept, condition) => select(condition, kept, literal(0)),
    element(weights, position),
  );
  const operation = subgroupMembers * elementsOfA(units.scalar);
  const operations = rounds * parts;
  const rowGroup = tilesOfRows * operations * operation;
  const strides = new Map<number, number>();
  let elements = rowGroups * rowGroup;
  for (const k of loops.toReversed()) {
    strides.set(k, elements);
    elements *= at(axes, k).extent;
  }
  return {
    packed: computed(shape, entry),
    strides,
    rowGroup,
    tile: operations * operation,
    operation,
    rowGroups,
    operations,
  };
}

const sum = (...terms: readonly (readonly [factor: number, digit: IndexScalar])[]): IndexScalar =>
  terms
    .map(([factor, digit]) => indexMultiply(digit, indexLiteral(factor)))
    .reduce((total, term) => indexAdd(total, term));
