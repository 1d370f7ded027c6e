/** Copies, fills, pointwise passes and triangular solves: the statements of a tile that contract nothing. */
import { at, unreachable } from '../core/invariant.ts';
import type { IndexMap } from '../ir/indexMap.ts';
import { mapIndexScalar } from '../ir/indexMapScalar.ts';
import { axis, computed, type Tensor } from '../ir/tensor.ts';
import {
  add,
  affine,
  assign,
  comment,
  declare,
  i32,
  literal,
  load,
  loop,
  multiply,
  operation,
  store,
  variable,
} from '../kernel/build.ts';
import type { Expression, Statement, Type } from '../kernel/kernel.ts';
import type { TileStatement } from '../tile/tile.ts';
import { fresh, type Lowering, packedBuffer, packedTensor, rowStart, tileRowCount } from './context.ts';
import { applyEpilogue } from './epilogue.ts';
import { extentsOfCuts, mergeCuts, stridedDigits, stridesOf, trailingProducts } from './layout.ts';
import { readVector, writeVector } from './vectors.ts';

/** Addresses in a row for each map, at one point of the loops, with the distance of neighbouring lanes. */
interface Point {
  readonly addresses: readonly Expression[];
  readonly strides: readonly number[];
  readonly type: Type;
}

/**
 * Loops over the common domain of the maps and, inside, the rows of the tile. Strided maps whose radices nest become
 * nested loops with constant strides, four lanes at a time where neighbours are contiguous; other maps are computed.
 */
function overDomain(
  lowering: Lowering,
  maps: readonly IndexMap[],
  body: (point: Point, row: Expression) => Statement[],
): Statement[] {
  const rows = (point: Point): Statement[] => {
    const row = fresh(lowering, 'row');
    return [loop(row, literal(0), tileRowCount, 1, body(point, variable(row)), 'lane')];
  };
  const scalar: Type = { scalar: lowering.scalar, lanes: 1 };
  const digits = maps.map(stridedDigits);
  const cuts = digits.reduce<readonly number[] | undefined>(
    (merged, each) => each && merged && mergeCuts(merged, trailingProducts(each.map(digit => digit.extent))),
    [],
  );
  if (cuts === undefined) {
    const name = fresh(lowering, 'i');
    const before: Statement[] = [];
    const addresses = maps.map(map => {
      const { statements, value } = mapIndex(lowering, map, variable(name));
      before.push(...statements);
      return value;
    });
    const strides = maps.map(() => 1);
    return [
      loop(
        name,
        literal(0),
        literal(at(maps, 0).domain),
        1,
        [...before, ...rows({ addresses, strides, type: scalar })],
        'lane',
      ),
    ];
  }
  const extents = extentsOfCuts(cuts);
  const strides = digits.map(each => stridesOf(extents, each ?? []));
  const offsets = maps.map(map => (map.kind === 'strided' ? map.offset : 0));
  const lanes = lowering.machine.lanes === 2 ? 2 : 4;
  const nest = (depth: number, addresses: readonly Expression[]): Statement[] => {
    if (depth === extents.length) return rows({ addresses, strides: maps.map(() => 1), type: scalar });
    const extent = at(extents, depth);
    const steps = strides.map(each => at(each, depth));
    const innermost = depth === extents.length - 1;
    const vectors = innermost && steps.every(step => step === 1) ? extent - (extent % lanes) : 0;
    const moved = (name: string) =>
      addresses.map((address, k) => add(address, multiply(variable(name), literal(at(steps, k)))));
    const made: Statement[] = [];
    if (vectors > 0) {
      const name = fresh(lowering, 'i');
      const point: Point = {
        addresses: moved(name),
        strides: steps,
        type: { scalar: lowering.scalar, lanes },
      };
      made.push(loop(name, literal(0), literal(vectors), lanes, rows(point), 'lane'));
    }
    if (vectors < extent) {
      const name = fresh(lowering, 'i');
      made.push(loop(name, literal(vectors), literal(extent), 1, nest(depth + 1, moved(name)), 'lane'));
    }
    return made;
  };
  return nest(
    0,
    offsets.map(offset => literal(offset)),
  );
}

/** map(i) as arithmetic, or as a read of a packed table. */
function mapIndex(
  lowering: Lowering,
  map: IndexMap,
  i: Expression,
): { statements: Statement[]; value: Expression } {
  const pure = (value: Expression) => ({ statements: [], value });
  switch (map.kind) {
    case 'strided': {
      let inner = 1;
      const terms = map.digits.toReversed().map(({ extent, stride }): [number, Expression] => {
        const shifted = inner === 1 ? i : operation('divide', [i, literal(inner)]);
        inner *= extent;
        return [stride, inner === map.domain ? shifted : operation('modulo', [shifted, literal(extent)])];
      });
      return pure(affine(map.offset, terms));
    }
    case 'affine':
      return pure(operation('modulo', [affine(map.offset, [[map.multiplier, i]]), literal(map.range)]));
    case 'bitLinear': {
      const bits = map.columns.map((column, bit) => {
        const isSet = operation('and', [operation('shiftRightUnsigned', [i, literal(bit)]), literal(1)]);
        return multiply(isSet, literal(column));
      });
      return pure(bits.reduce((sum, each) => operation('exclusiveOr', [sum, each]), literal(map.offset)));
    }
    case 'tensor': {
      const { outer, inner } = map;
      const high = mapIndex(lowering, outer, operation('divide', [i, literal(inner.domain)]));
      const low = mapIndex(lowering, inner, operation('modulo', [i, literal(inner.domain)]));
      return {
        statements: [...high.statements, ...low.statements],
        value: add(multiply(high.value, literal(inner.range)), low.value),
      };
    }
    case 'compose': {
      const inner = mapIndex(lowering, map.inner, i);
      const outer = mapIndex(lowering, map.outer, inner.value);
      return { statements: [...inner.statements, ...outer.statements], value: outer.value };
    }
    case 'directSum':
      return partIndex(lowering, map, i);
    case 'table':
    case 'data': {
      const name = fresh(lowering, 'to');
      const regions = [{ offset: 0, tensor: tableOf(map) }];
      const contents = { scalar: 'i32' as const, regions, valueRange: [0, map.range - 1] as const };
      const table = packedBuffer(lowering, contents, `index table [${map.domain}]`);
      return { statements: [load(name, i32, table.name, i)], value: variable(name) };
    }
    default:
      return unreachable(map);
  }
}

/** Every part at an index clamped into it, and a choice between them: a table of its own is read by no other index. */
function partIndex(
  lowering: Lowering,
  { parts }: IndexMap & { kind: 'directSum' },
  i: Expression,
): { statements: Statement[]; value: Expression } {
  const statements: Statement[] = [];
  let [domain, range] = [0, 0];
  const choices = parts.map(part => {
    const after = operation('maximum', [operation('subtract', [i, literal(domain)]), literal(0)]);
    const own = mapIndex(lowering, part, operation('minimum', [after, literal(part.domain - 1)]));
    statements.push(...own.statements);
    const value = add(own.value, literal(range));
    domain += part.domain;
    range += part.range;
    return { end: domain, value };
  });
  const value = choices.reduceRight((rest, { end, value }) =>
    // The parts from here on lie behind `end`.
    ({ end, value: operation('select', [operation('less', [i, literal(end)]), value, rest.value]) }),
  );
  return { statements, value: value.value };
}

/** The values of a map as an index tensor of shape [domain]. */
function tableOf(map: IndexMap): Tensor {
  return computed([map.domain], mapIndexScalar(map, axis(0)));
}

export function lowerMove(
  lowering: Lowering,
  statement: Exclude<TileStatement, { kind: 'contract' }>,
): Statement[] {
  switch (statement.kind) {
    case 'copy':
      return lowerCopy(lowering, statement);
    case 'fill': {
      const { buffer, map } = statement.output;
      return overDomain(lowering, [map], ({ addresses, strides, type }, row) =>
        writeVector(
          buffer,
          add(rowStart(lowering, buffer, row), at(addresses, 0)),
          literal(0, type),
          at(strides, 0),
        ),
      );
    }
    case 'pointwise': {
      const { buffer, map } = statement.output;
      return overDomain(lowering, [map], ({ addresses, strides, type }, row) => {
        const [inRow, stride] = [at(addresses, 0), at(strides, 0)];
        const index = add(rowStart(lowering, buffer, row), inRow);
        const read = readVector(lowering, buffer, index, type, stride);
        const done = applyEpilogue(lowering, statement.epilogue, read.value, { inRow, row, stride });
        return [...read.statements, ...done.statements, ...writeVector(buffer, index, done.value, stride)];
      });
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
  const loops = overDomain(lowering, [input.map, output.map], ({ addresses, strides, type }, row) => {
    const from = add(rowStart(lowering, input.buffer, row), at(addresses, 0));
    const to = add(rowStart(lowering, output.buffer, row), at(addresses, 1));
    const read = readVector(lowering, input.buffer, from, type, at(strides, 0));
    if (!accumulate)
      return [...read.statements, ...writeVector(output.buffer, to, read.value, at(strides, 1))];
    const old = readVector(lowering, output.buffer, to, type, at(strides, 1));
    const sum = operation('add', [old.value, read.value]);
    return [...read.statements, ...old.statements, ...writeVector(output.buffer, to, sum, at(strides, 1))];
  });
  return [comment(`${output.buffer} ${accumulate ? '+=' : '='} ${input.buffer}, reordered`), ...loops];
}

/** Forward: x[i] = (b[i] − Σ_{j<i} T[i,j]·x[j]) / T[i,i]; backward runs i and j from the other end. */
function lowerSubstitute(lowering: Lowering, solve: TileStatement & { kind: 'substitute' }): Statement[] {
  const { order, direction, input, output } = solve;
  const type: Type = { scalar: lowering.scalar, lanes: 1 };
  const weights = packedTensor(lowering, solve.weights, `triangle [${order}, ${order}]`);
  const [row, step, other] = [fresh(lowering, 'row'), fresh(lowering, 'step'), fresh(lowering, 'before')];
  const place = (index: Expression) =>
    direction === 'forward' ? index : operation('subtract', [literal(order - 1), index]);
  const i = fresh(lowering, 'i');
  const j = fresh(lowering, 'j');
  const sum = fresh(lowering, 'sum');
  const weight = fresh(lowering, 'weight');
  const known = fresh(lowering, 'known');
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
  const inner: Statement[] = [
    declare(j, place(variable(other))),
    ...back.statements,
    load(weight, type, weights.name, entry(variable(j))),
    load(known, type, output.buffer, add(rowStart(lowering, output.buffer, variable(row)), back.value)),
    assign(
      sum,
      operation('subtract', [
        variable(sum, type),
        operation('multiply', [variable(weight, type), variable(known, type)]),
      ]),
    ),
  ];
  const pivot = fresh(lowering, 'pivot');
  const finish: Statement[] = solve.unitDiagonal
    ? []
    : [
        load(pivot, type, weights.name, entry(variable(i))),
        assign(sum, operation('divide', [variable(sum, type), variable(pivot, type)])),
      ];
  const body: Statement[] = [
    declare(i, place(variable(step))),
    ...from.statements,
    ...to.statements,
    ...start.statements,
    declare(sum, start.value, true),
    loop(other, literal(0), variable(step), 1, inner),
    ...finish,
    store(
      output.buffer,
      add(rowStart(lowering, output.buffer, variable(row)), to.value),
      variable(sum, type),
    ),
  ];
  return [
    comment(`${output.buffer} = triangle^-1 ${input.buffer}, ${direction} substitution`),
    loop(row, literal(0), tileRowCount, 1, [loop(step, literal(0), literal(order), 1, body)], 'lane'),
  ];
}
