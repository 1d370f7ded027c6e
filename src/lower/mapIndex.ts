/** Index maps as integer arithmetic of kernels. */
import { unreachable } from '../core/invariant.ts';
import type { IndexMap } from '../ir/indexMap.ts';
import { mapIndexScalar } from '../ir/indexMapScalar.ts';
import { axis, computed, type Tensor } from '../ir/tensor.ts';
import { add, affine, i32, literal, load, multiply, operation, variable } from '../kernel/build.ts';
import type { Expression, Statement } from '../kernel/kernel.ts';
import { fresh, type Lowering, packedBuffer } from './context.ts';

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
