/**
 * A contract as loops: for each region of the schedule, loops over its free axes outside, then groups of
 * rows, then the reduction in registers (accumulate.ts). The weights of a region are read front to back.
 * What these loops compute is independent, so invocations may share them out (axis `lane`).
 */
import { at } from '../core/invariant.ts';
import { isOnes } from '../ir/tensorAlgebra.ts';
import {
  add,
  affine,
  comment,
  declare,
  literal,
  loop,
  multiply,
  operation,
  variable,
} from '../kernel/build.ts';
import type { Expression, Statement } from '../kernel/kernel.ts';
import type { ContractStatement } from '../tile/tile.ts';
import { accumulate, type Body, type Group, type Place } from './accumulate.ts';
import { type Lowering, packedBuffer, sliceNumber } from './context.ts';
import { rowsOf } from './domain.ts';
import { fresh } from './names.ts';
import { groupsOfTiles, isGrouped, regionsOf } from './schedule.ts';
import { layoutRegions, overlaps, type RegionLoop } from './weights.ts';

export function lowerContract(lowering: Lowering, contract: ContractStatement): Statement[] {
  const isSum = isOnes(contract.weights);
  // Rows that have no weights to share are taken one by one, by more invocations.
  const own = isSum && isGrouped(lowering.machine) ? apart(lowering) : lowering;
  const layouts = layoutRegions(contract, regionsOf(contract, own.machine), own.machine);
  const regions = layouts.map(({ offset, packed }) => ({ offset, tensor: packed }));
  const contents = { scalar: lowering.precision.storage, regions };
  const weights = isSum ? undefined : packedBuffer(lowering, contents, contract.title).name;
  return [
    comment(formulaOf(contract)),
    ...layouts.flatMap(layout => {
      const count = layout.tiles?.count ?? 1;
      const context = { lowering: own, contract, layout, weights };
      const { rowsTogether } = own.machine;
      const several =
        rowsTogether === 1
          ? []
          : rowGroups({ ...context, rows: rowsTogether, tiles: { start: 0, count, together: 1 } });
      const single = groupsOfTiles(count, layout.region, contract, own.machine);
      return [...several, ...single.flatMap(tiles => rowGroups({ ...context, rows: 1, tiles }))];
    }),
  ];
}

const apart = (lowering: Lowering): Lowering => ({
  ...lowering,
  machine: { ...lowering.machine, rowsTogether: 1, rowGroups: lowering.tileRows },
});

/** What a contract computes, for people. */
export function formulaOf({ output, initial, title, input, residuals }: ContractStatement): string {
  const added = residuals.map(
    ({ input: { buffer }, weights }) => ` + ${weights === undefined ? '' : 'diagonal * '}${buffer}`,
  );
  return `${output.buffer} ${initial === 'output' ? '+=' : '='} ${title} * ${input.buffer}${added.join('')}`;
}

/** The rows that come in groups of `rows`: loops over the free axes and, inside, over the rows. */
function rowGroups(group: Group): Statement[] {
  const { lowering, contract, layout, rows } = group;
  const places = new Map<number, Expression>();
  const { from, to, condition } = rowsOf(lowering, rows);
  const weights: [number, Expression][] = [];
  if (layout.slices !== undefined) {
    places.set(layout.slices.axis, sliceNumber);
    weights.push([layout.slices.weightStride, sliceNumber]);
  }
  const row = fresh(lowering, 'row');
  const overRows = (body: readonly Statement[]) => loop(row, from, to, rows, body, 'lane');
  // One thread reads a tile's weights once for all rows; invocations side by side read them at the same time.
  const grouped = isGrouped(lowering.machine);
  const inner = (tilePlaces: readonly Place[]): Statement[] => {
    const { lanes } = layout.region;
    const body: Body = {
      ...group,
      type: { scalar: lowering.precision.scalar, lanes: lanes === 4 || lanes === 2 ? lanes : 1 },
      row: variable(row),
      places,
      tilePlaces,
      weightAt: affine(layout.offset, weights),
    };
    return grouped ? accumulate(body) : [overRows(accumulate(body))];
  };
  const nest = (loops: readonly RegionLoop[], tilePlaces: readonly Place[]): Statement[] => {
    const [first, ...rest] = loops;
    if (first === undefined) return inner(tilePlaces);
    if (first.axis === layout.tiles?.axis) return overTiles(group, weights, first, each => nest(rest, each));
    const name = fresh(lowering, at(contract.axes, first.axis).name);
    const { statements, place } = startOf(lowering, first, variable(name));
    places.set(first.axis, place);
    weights.push([first.weightStride, variable(name)]);
    return [
      loop(name, literal(0), literal(first.count), 1, [...statements, ...nest(rest, tilePlaces)], 'lane'),
    ];
  };
  const body = nest(layout.free, [{ base: literal(0), constant: 0 }]);
  const then = grouped ? [overRows(body)] : body;
  return [{ kind: 'if', condition, then, otherwise: [] }];
}

/** The loop over groups of tiles; the last group is moved back to end with the tiles. */
function overTiles(
  { lowering, contract, tiles: { start, count, together } }: Group,
  weights: [number, Expression][],
  tiles: RegionLoop,
  inner: (tilePlaces: readonly Place[]) => Statement[],
): Statement[] {
  const statements: Statement[] = [];
  const groups: RegionLoop = {
    ...tiles,
    count: Math.ceil(count / together),
    unit: together,
    start,
    last: count - together,
  };
  const name = fresh(lowering, at(contract.axes, tiles.axis).name);
  const first = groups.count === 1 ? literal(0) : variable(name);
  const group = startOf(lowering, groups, first);
  statements.push(...group.statements);
  weights.push([tiles.weightStride, group.place]);
  const scaled = add(multiply(group.place, literal(tiles.unit)), literal(tiles.start));
  const tilePlaces = Array.from({ length: together }, (_, k): Place => {
    if (!overlaps(tiles)) return { base: scaled, constant: k * tiles.unit };
    const { statements: moved, place } = startOf(lowering, tiles, add(group.place, literal(k)));
    statements.push(...moved);
    return { base: place, constant: 0 };
  });
  const body = [...statements, ...inner(tilePlaces)];
  return groups.count === 1 ? body : [loop(name, literal(0), literal(groups.count), 1, body, 'lane')];
}

/**
 * The element where a step begins: start + step·unit, or less where the last step overlaps the one before.
 */
function startOf(lowering: Lowering, steps: RegionLoop, step: Expression) {
  const from = multiply(step, literal(steps.unit));
  if (!overlaps(steps)) return { statements: [], place: add(from, literal(steps.start)) };
  const name = fresh(lowering, 'from');
  const kept = operation('minimum', [from, literal(steps.last)]);
  return {
    statements: [declare(name, add(kept, literal(steps.start)))],
    place: variable(name),
  };
}
