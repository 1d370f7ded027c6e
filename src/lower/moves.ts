/** Copies, fills, pointwise passes and triangular solves: the statements of a tile that contract nothing. */
import { at, unreachable } from '../core/invariant.ts';
import { isOneToOne } from '../ir/indexMap.ts';
import {
  add,
  assign,
  comment,
  declare,
  literal,
  loop,
  multiply,
  operation,
  variable,
} from '../kernel/build.ts';
import type { Expression, Statement, Type } from '../kernel/kernel.ts';
import type { TileStatement } from '../tile/tile.ts';
import { type Lowering, packedTensor, rowStart, tileRowCount } from './context.ts';
import { overDomain, overRowsTogether } from './domain.ts';
import { applyEpilogue } from './epilogue.ts';
import { mapIndex } from './mapIndex.ts';
import { fresh } from './names.ts';
import { readVector, writeVector } from './vectors.ts';

export function lowerMove(
  lowering: Lowering,
  statement: Exclude<TileStatement, { kind: 'contract' }>,
): Statement[] {
  switch (statement.kind) {
    case 'copy':
      return lowerCopy(lowering, statement);
    case 'fill': {
      const { buffer, map } = statement.output;
      return overDomain({ lowering, maps: [map], isIndependent: true }, ({ addresses, strides, type }, row) =>
        writeVector(
          lowering,
          buffer,
          add(rowStart(lowering, buffer, row), at(addresses, 0)),
          literal(0, type),
          at(strides, 0),
        ),
      );
    }
    case 'pointwise': {
      const { buffer, map } = statement.output;
      return overDomain(
        { lowering, maps: [map], isIndependent: true },
        ({ addresses, strides, type }, row) => {
          const [inRow, stride] = [at(addresses, 0), at(strides, 0)];
          const index = add(rowStart(lowering, buffer, row), inRow);
          const read = readVector(lowering, buffer, index, type, stride);
          const done = applyEpilogue(lowering, statement.epilogue, read.value, { inRow, row, stride });
          return [
            ...read.statements,
            ...done.statements,
            ...writeVector(lowering, buffer, index, done.value, stride),
          ];
        },
      );
    }
    case 'substitute':
      return lowerSubstitute(lowering, statement);
    default:
      return unreachable(statement);
  }
}

function lowerCopy(
  lowering: Lowering,
  { input, output, accumulate }: TileStatement & { kind: 'copy' },
): Statement[] {
  // Where several inputs add to one output, only rows are independent.
  const isIndependent = !accumulate || isOneToOne(output.map);
  const maps = [input.map, output.map];
  const loops = overRowsTogether({ lowering, maps, isIndependent }, ({ addresses, strides, type }, rows) => {
    const each = rows.map(row => {
      const from = add(rowStart(lowering, input.buffer, row), at(addresses, 0));
      const to = add(rowStart(lowering, output.buffer, row), at(addresses, 1));
      const read = readVector(lowering, input.buffer, from, type, at(strides, 0));
      const old = accumulate ? readVector(lowering, output.buffer, to, type, at(strides, 1)) : undefined;
      const value = old === undefined ? read.value : operation('add', [old.value, read.value]);
      return {
        reads: [...read.statements, ...(old?.statements ?? [])],
        writes: writeVector(lowering, output.buffer, to, value, at(strides, 1)),
      };
    });
    return [...each.flatMap(({ reads }) => reads), ...each.flatMap(({ writes }) => writes)];
  });
  return [comment(`${output.buffer} ${accumulate ? '+=' : '='} ${input.buffer}, reordered`), ...loops];
}

/** Forward: x[i] = (b[i] − Σ_{j<i} T[i,j]·x[j]) / T[i,i]; backward runs i and j from the other end. */
function lowerSubstitute(lowering: Lowering, solve: TileStatement & { kind: 'substitute' }): Statement[] {
  const { order, direction, input, output } = solve;
  const type: Type = { scalar: lowering.precision.scalar, lanes: 1 };
  const weights = packedTensor(lowering, solve.weights, `triangle [${order}, ${order}]`);
  const [row, step, other] = [fresh(lowering, 'row'), fresh(lowering, 'step'), fresh(lowering, 'before')];
  const place = (index: Expression) =>
    direction === 'forward' ? index : operation('subtract', [literal(order - 1), index]);
  const i = fresh(lowering, 'i');
  const j = fresh(lowering, 'j');
  const sum = fresh(lowering, 'sum');
  const from = mapIndex(lowering, input.map, variable(i));
  const to = mapIndex(lowering, output.map, variable(i));
  const back = mapIndex(lowering, output.map, variable(j));
  const start = readVector(
    lowering,
    input.buffer,
    add(rowStart(lowering, input.buffer, variable(row)), from.value),
    type,
    1,
  );
  const entry = (column: Expression) => add(multiply(variable(i), literal(order)), column);
  const weight = readVector(lowering, weights.name, entry(variable(j)), type, 1, 'weight');
  const before = add(rowStart(lowering, output.buffer, variable(row)), back.value);
  const known = readVector(lowering, output.buffer, before, type, 1, 'known');
  const inner: Statement[] = [
    declare(j, place(variable(other))),
    ...back.statements,
    ...weight.statements,
    ...known.statements,
    assign(
      sum,
      operation('subtract', [variable(sum, type), operation('multiply', [weight.value, known.value])]),
    ),
  ];
  const pivot = readVector(lowering, weights.name, entry(variable(i)), type, 1, 'pivot');
  const finish: Statement[] = solve.unitDiagonal
    ? []
    : [...pivot.statements, assign(sum, operation('divide', [variable(sum, type), pivot.value]))];
  const body: Statement[] = [
    declare(i, place(variable(step))),
    ...from.statements,
    ...to.statements,
    ...start.statements,
    declare(sum, start.value, true),
    loop(other, literal(0), variable(step), 1, inner),
    ...finish,
    ...writeVector(
      lowering,
      output.buffer,
      add(rowStart(lowering, output.buffer, variable(row)), to.value),
      variable(sum, type),
      1,
    ),
  ];
  return [
    comment(`${output.buffer} = triangle^-1 ${input.buffer}, ${direction} substitution`),
    loop(row, literal(0), tileRowCount, 1, [loop(step, literal(0), literal(order), 1, body)], 'lane'),
  ];
}
