/**
 * The inner loop of a contract: `rows × tiles × width` accumulators that start from zero or from the output,
 * the reduction over them, and what becomes of the sums.
 */
import { at } from '../core/invariant.ts';
import { add, affine, declare, literal, variable } from '../kernel/build.ts';
import type { Expression, Statement, Type } from '../kernel/kernel.ts';
import type { ContractStatement, View } from '../tile/tile.ts';
import { type Lowering, rowDistance, rowStart } from './context.ts';
import { applyEpilogue } from './epilogue.ts';
import { fresh } from './names.ts';
import { reduction, vectorStep } from './reduction.ts';
import { addResiduals } from './residual.ts';
import type { TileGroups } from './schedule.ts';
import { readVector, writeVector } from './vectors.ts';
import type { RegionLayout } from './weights.ts';

/** How many rows and tiles the accumulators of one inner loop cover. */
export interface Group {
  readonly lowering: Lowering;
  readonly contract: ContractStatement;
  readonly layout: RegionLayout;
  /** Nothing where every weight is one. */
  readonly weights: string | undefined;
  readonly rows: number;
  readonly tiles: TileGroups;
}

/** One inner loop, inside the loops around it. */
export interface Body extends Group {
  readonly type: Type;
  readonly row: Expression;
  /** Along each axis of an outer loop, the element where the step begins. */
  readonly places: ReadonlyMap<number, Expression>;
  /** Along the tiled axis, the element where each tile begins. */
  readonly tilePlaces: readonly Place[];
  /** Address of the first weight. */
  readonly weightAt: Expression;
}

/** base + constant, so that the constant can go into an address. */
export interface Place {
  readonly base: Expression;
  readonly constant: number;
}

/** Where each tile of a view begins in its buffer, in the first row of the group, and in its row. */
export interface Anchor {
  readonly address: Expression;
  readonly inRow: Expression;
  readonly constant: number;
}

/**
 * Addresses of a view but for the reduction: one name where the tiles lie at constant distances, else one for
 * each tile.
 */
export function anchorsOf(
  body: Body,
  view: View,
  name: string,
): { statements: Statement[]; anchors: Anchor[] } {
  const { lowering, contract, layout, places, tilePlaces, row } = body;
  const { region } = layout;
  const stride = region.tileAxis === undefined ? 0 : at(view.strides, region.tileAxis);
  // Packed weights are the same for every row.
  const rowAt = lowering.buffers.has(view.buffer) ? rowStart(lowering, view.buffer, row) : literal(0);
  const outer = [...places].map(([axis, place]): [number, Expression] => [at(view.strides, axis), place]);
  // Axes with a single step have no loop; their part may still begin somewhere.
  const start = contract.axes.reduce((total, { kind }, k) => {
    const alone = kind === 'free' && k !== region.tileAxis && !places.has(k);
    return alone ? total + at(region.spans, k).start * at(view.strides, k) : total;
  }, view.offset);
  const statements: Statement[] = [];
  let previous: { base: Expression; anchor: Anchor } | undefined;
  const anchors = tilePlaces.map(({ base, constant }) => {
    if (previous !== undefined && (stride === 0 || previous.base === base))
      return { ...previous.anchor, constant: constant * stride };
    const offset = affine(start, [...outer, [stride, base]]);
    const [inRow, address] = [fresh(lowering, 'at'), fresh(lowering, name)];
    statements.push(declare(inRow, offset));
    statements.push(declare(address, add(rowAt, variable(inRow))));
    const anchor = { address: variable(address), inRow: variable(inRow), constant: constant * stride };
    previous = { base, anchor };
    return anchor;
  });
  return { statements, anchors };
}

export function accumulate(body: Body): Statement[] {
  const { lowering, contract, layout, rows, type, row } = body;
  const { region } = layout;
  const tiles = body.tiles.together;
  const { output, initial, epilogue } = contract;
  const grid = <T>(make: (row: number, tile: number, vector: number) => T): T[] =>
    Array.from({ length: rows }, (_, r) =>
      Array.from({ length: tiles }, (_, t) =>
        Array.from({ length: region.width }, (_, v) => make(r, t, v)),
      ).flat(),
    ).flat();
  const input = anchorsOf(body, contract.input, 'in');
  const target = anchorsOf(body, output, 'out');
  const stride = region.vectorAxis === undefined ? 1 : at(output.strides, region.vectorAxis);
  const sums = grid((r, t, v) => {
    const { address, inRow, constant } = at(target.anchors, t);
    const within = literal(constant + v * vectorStep(body, output));
    return {
      name: fresh(lowering, `sum${r}${t * region.width + v}`),
      index: add(add(address, rowDistance(lowering, output.buffer, literal(r))), within),
      place: { inRow: add(inRow, within), row: add(row, literal(r)), stride },
    };
  });
  const starts = sums.flatMap(({ name, index }): Statement[] => {
    if (initial === 'zero') return [declare(name, literal(0, type), true)];
    const start = readVector(lowering, output.buffer, index, type, stride);
    return [...start.statements, declare(name, start.value, true)];
  });
  const accumulators = sums.map(({ name }) => variable(name, type));
  const stores = sums.flatMap(({ name, index, place }): Statement[] => {
    const finished = applyEpilogue(lowering, epilogue, variable(name, type), place);
    return [...finished.statements, ...writeVector(lowering, output.buffer, index, finished.value, stride)];
  });
  return [
    ...input.statements,
    ...target.statements,
    ...starts,
    ...reduction(body, input.anchors, accumulators),
    ...addResiduals(body, accumulators),
    ...stores,
  ];
}
