/** Loops over the domain of index maps, for the statements of a tile that move values without contracting them. */
import { at } from '../core/invariant.ts';
import type { IndexMap } from '../ir/indexMap.ts';
import { add, literal, loop, multiply, operation, variable } from '../kernel/build.ts';
import type { Expression, LoopAxis, Statement, Type } from '../kernel/kernel.ts';
import { batchRows, fullRows, type Lowering, tileRowCount, tileStart } from './context.ts';
import { extentsOfCuts, mergeCuts, stridedDigits, stridesOf, trailingProducts } from './layout.ts';
import { mapIndex } from './mapIndex.ts';
import { fresh } from './names.ts';
import { isGrouped } from './schedule.ts';

/** Addresses in a row for each map, at one point of the loops, with the distance of neighbouring lanes. */
export interface Point {
  readonly addresses: readonly Expression[];
  readonly strides: readonly number[];
  readonly type: Type;
}

/** What is walked over: the common domain of the maps. */
export interface Walk {
  readonly lowering: Lowering;
  readonly maps: readonly IndexMap[];
  /** False where the iterations must keep their order, because one may read what another writes. */
  readonly isIndependent: boolean;
}

const axisOf = ({ isIndependent }: Walk): LoopAxis => (isIndependent ? 'lane' : 'sequential');

/**
 * Loops over the rows of the tile and the common domain of the maps. Rows are independent. One thread takes the
 * rows inside, so that an address is computed once for all; invocations take them outside, a nest for each part of
 * the domain, so that every nest is a grid of points.
 */
export function overDomain(walk: Walk, body: (point: Point, row: Expression) => Statement[]): Statement[] {
  const { lowering } = walk;
  const overRows = (make: (row: Expression) => Statement[]): Statement[] => {
    const row = fresh(lowering, 'row');
    return [loop(row, literal(0), tileRowCount, 1, make(variable(row)), 'lane')];
  };
  const over = domainOf(walk);
  if (!isGrouped(lowering.machine)) return over.loops(over.parts, point => overRows(row => body(point, row)));
  return over.parts.flatMap(part => overRows(row => over.loops([part], point => body(point, row))));
}

/**
 * The same for what needs no order: invocations side by side take the rows that share a pass, so that all are on their
 * way at once.
 */
export function overRowsTogether(
  walk: Walk,
  body: (point: Point, rows: readonly Expression[]) => Statement[],
): Statement[] {
  const { lowering } = walk;
  const { rowsTogether } = lowering.machine;
  if (!isGrouped(lowering.machine) || !walk.isIndependent)
    return overDomain(walk, (point, row) => body(point, [row]));
  const over = domainOf(walk);
  return [...new Set([rowsTogether, 1])].map((together): Statement => {
    const { from, to, condition } = rowsOf(lowering, together);
    const then = over.parts.map(part => {
      const row = fresh(lowering, 'row');
      const rows = Array.from({ length: together }, (_, k) => add(variable(row), literal(k)));
      return loop(
        row,
        from,
        to,
        together,
        over.loops([part], point => body(point, rows)),
        'lane',
      );
    });
    return { kind: 'if', condition, then, otherwise: [] };
  });
}

/**
 * Which rows of the tile come `rows` at a time, and whether there are any. Where invocations share the work a
 * whole tile has bounds that are known, and the rows of another all come alone.
 */
export function rowsOf({ machine, tileRows }: Lowering, rows: number) {
  if (!isGrouped(machine)) {
    const [from, to] = rows === 1 ? [fullRows, tileRowCount] : [literal(0), fullRows];
    return { from, to, condition: operation('less', [from, to]) };
  }
  // By the batch, not by the count of rows, which is the less of two: what it says of the rows is then plain.
  const lastRow = add(tileStart, literal(tileRows - 1));
  if (rows > 1)
    return { from: literal(0), to: literal(tileRows), condition: operation('less', [lastRow, batchRows]) };
  const [from, to] = [literal(0), tileRowCount];
  const isPart = operation('less', [batchRows, add(lastRow, literal(1))]);
  return { from, to, condition: machine.rowsTogether === 1 ? operation('less', [from, to]) : isPart };
}

/** Whole vectors of neighbours, and what is left or has no neighbours. */
type Part = 'vectors' | 'rest';

interface Domain {
  /** The parts that are not empty. */
  readonly parts: readonly Part[];
  readonly loops: (parts: readonly Part[], body: (point: Point) => Statement[]) => Statement[];
}

/**
 * Strided maps whose radices nest become nested loops with constant strides, several lanes at a time where neighbours
 * are contiguous; other maps are computed.
 */
function domainOf(walk: Walk): Domain {
  const { maps } = walk;
  const digits = maps.map(stridedDigits);
  const cuts = digits.reduce<readonly number[] | undefined>(
    (merged, each) => each && merged && mergeCuts(merged, trailingProducts(each.map(digit => digit.extent))),
    [],
  );
  return cuts === undefined
    ? { parts: ['rest'], loops: (_, body) => overIndices(walk, body) }
    : stridedDomain(walk, extentsOfCuts(cuts));
}

function overIndices(walk: Walk, body: (point: Point) => Statement[]): Statement[] {
  const { lowering, maps } = walk;
  const name = fresh(lowering, 'i');
  const before: Statement[] = [];
  const addresses = maps.map(map => {
    const { statements, value } = mapIndex(lowering, map, variable(name));
    before.push(...statements);
    return value;
  });
  const point: Point = {
    addresses,
    strides: maps.map(() => 1),
    type: { scalar: lowering.precision.scalar, lanes: 1 },
  };
  return [loop(name, literal(0), literal(at(maps, 0).domain), 1, [...before, ...body(point)], axisOf(walk))];
}

function stridedDomain(walk: Walk, extents: readonly number[]): Domain {
  const { lowering, maps } = walk;
  const { machine } = lowering;
  const { scalar } = lowering.precision;
  const strides = maps.map(map => stridesOf(extents, stridedDigits(map) ?? []));
  const stepsAt = (depth: number) => strides.map(each => at(each, depth));
  const lanes = machine.lanes === 2 ? 2 : 4;
  const [last, inner] = [extents.length - 1, extents.at(-1) ?? 1];
  const vectors = last >= 0 && stepsAt(last).every(step => step === 1) ? inner - (inner % lanes) : 0;
  const parts: Part[] = [
    ...(vectors > 0 ? (['vectors'] as const) : []),
    ...(vectors < inner ? (['rest'] as const) : []),
  ];
  const loops: Domain['loops'] = (chosen, body) => {
    const nest = (depth: number, addresses: readonly Expression[]): Statement[] => {
      const scalars: Point = { addresses, strides: maps.map(() => 1), type: { scalar, lanes: 1 } };
      if (depth > last) return body(scalars);
      const [extent, steps] = [at(extents, depth), stepsAt(depth)];
      const moved = (name: string) =>
        addresses.map((address, k) => add(address, multiply(variable(name), literal(at(steps, k)))));
      const stretch = (from: number, to: number, step: number, make: (name: string) => Statement[]) => {
        const name = fresh(lowering, 'i');
        return loop(name, literal(from), literal(to), step, make(name), axisOf(walk));
      };
      if (depth < last) return [stretch(0, extent, 1, name => nest(depth + 1, moved(name)))];
      return chosen.map(part =>
        part === 'vectors'
          ? stretch(0, vectors, lanes, name =>
              body({ addresses: moved(name), strides: steps, type: { scalar, lanes } }),
            )
          : stretch(vectors, extent, 1, name => nest(depth + 1, moved(name))),
      );
    };
    return nest(
      0,
      maps.map(map => literal(map.kind === 'strided' ? map.offset : 0)),
    );
  };
  return { parts, loops };
}
