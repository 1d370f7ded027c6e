/** Index maps as integer arithmetic of kernels. */
import { unreachable } from '../core/invariant.ts';
import type { IndexMap } from '../ir/indexMap.ts';
import { mapIndexScalar } from '../ir/indexMapScalar.ts';
import { axis, computed, type Tensor } from '../ir/tensor.ts';
import { add, affine, declare, i32, literal, load, multiply, operation, variable } from '../kernel/build.ts';
import type { Expression, Statement } from '../kernel/kernel.ts';
import { type Lowering, packedBuffer } from './context.ts';
import { fresh } from './names.ts';

/** map(i) as arithmetic, or as a read of a packed table. */
export function mapIndex(
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
      const statements = [...high.statements, ...low.statements];
      // Clamped, which changes nothing and shows the range however deep the parts are nested.
      const [row, place] = [clamped(high.value, outer.range), clamped(low.value, inner.range)];
      return { statements, value: add(multiply(row, literal(inner.range)), place) };
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

/**
 * Every part at an index clamped into it, and a choice between them: a table of its own is read by no other index. The
 * result is clamped too, which changes nothing and shows that it is in range however deep the parts are nested.
 */
function partIndex(
  lowering: Lowering,
  { parts, range: total }: IndexMap & { kind: 'directSum' },
  i: Expression,
): { statements: Statement[]; value: Expression } {
  const statements: Statement[] = [];
  const named = (stem: string, value: Expression): Expression => {
    if (value.kind !== 'operation') return value;
    const name = fresh(lowering, stem);
    statements.push(declare(name, value));
    return variable(name);
  };
  const place = named('place', i);
  let [domain, range] = [0, 0];
  const choices = parts.flatMap(part => {
    const inPart = clamped(operation('subtract', [place, literal(domain)]), part.domain);
    const start = range;
    domain += part.domain;
    range += part.range;
    if (part.domain === 0) return [];
    const own = mapIndex(lowering, part, named('inPart', inPart));
    statements.push(...own.statements);
    return [{ end: domain, value: add(own.value, literal(start)) }];
  });
  // The parts from here on lie behind `end`.
  const chosen = choices.reduceRight((rest, { end, value }) => ({
    end,
    value: operation('select', [operation('less', [place, literal(end)]), value, rest.value]),
  }));
  return { statements, value: named('image', clamped(chosen.value, total)) };
}

/** The nearest index in 0..extent-1. */
const clamped = (value: Expression, extent: number): Expression =>
  operation('minimum', [operation('maximum', [value, literal(0)]), literal(extent - 1)]);

/** The values of a map as an index tensor of shape [domain]. */
function tableOf(map: IndexMap): Tensor {
  return computed([map.domain], mapIndexScalar(map, axis(0)));
}
