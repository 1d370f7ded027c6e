/** An index map as an index expression: what a pack step evaluates when a map must become a table. */
import { at, unreachable } from '../core/invariant.ts';
import type { IndexMap } from './indexMap.ts';
import {
  type IndexScalar,
  indexAdd,
  indexApply,
  indexElement,
  indexLiteral,
  indexMultiply,
  indexSelect,
} from './tensor.ts';

export function mapIndexScalar(map: IndexMap, i: IndexScalar): IndexScalar {
  switch (map.kind) {
    case 'strided': {
      let inner = 1;
      const terms = map.digits.toReversed().map(({ extent, stride }) => {
        const shifted = indexApply('floorDivide', i, indexLiteral(inner));
        inner *= extent;
        const digit = inner === map.domain ? shifted : indexApply('modulo', shifted, indexLiteral(extent));
        return indexMultiply(digit, indexLiteral(stride));
      });
      return terms.reduce(indexAdd, indexLiteral(map.offset));
    }
    case 'affine': {
      const image = indexAdd(indexMultiply(i, indexLiteral(map.multiplier)), indexLiteral(map.offset));
      return indexApply('modulo', image, indexLiteral(map.range));
    }
    case 'bitLinear':
      // The bits of a value are exclusive: flipping bit b of the sum adds or subtracts its weight.
      return table(
        Array.from({ length: map.domain }, (_, k) =>
          map.columns.reduce((sum, column, bit) => ((k >> bit) & 1 ? sum ^ column : sum), map.offset),
        ),
        i,
      );
    case 'tensor': {
      const size = indexLiteral(map.inner.domain);
      const outer = mapIndexScalar(map.outer, indexApply('floorDivide', i, size));
      const inner = mapIndexScalar(map.inner, indexApply('modulo', i, size));
      return indexAdd(indexMultiply(outer, indexLiteral(map.inner.range)), inner);
    }
    case 'directSum': {
      let [domain, range] = [map.domain, map.range];
      return map.parts.toReversed().reduce<IndexScalar>((rest, part, k) => {
        domain -= part.domain;
        range -= part.range;
        const own = indexAdd(
          mapIndexScalar(part, indexApply('subtract', i, indexLiteral(domain))),
          indexLiteral(range),
        );
        return k === 0
          ? own
          : indexSelect(indexApply('less', i, indexLiteral(domain + part.domain)), own, rest);
      }, indexLiteral(0));
    }
    case 'compose':
      return mapIndexScalar(map.outer, mapIndexScalar(map.inner, i));
    case 'table':
      return table(map.values, i);
    case 'data':
      return indexElement(map.table, [i]);
    default:
      return unreachable(map);
  }
}

/** A known list, by halving: log n choices on the way to an entry. */
function table(values: readonly number[], i: IndexScalar, start = 0, end = values.length): IndexScalar {
  if (end - start <= 1) return indexLiteral(at(values, start));
  const step = at(values, start + 1) - at(values, start);
  if (arithmetic(values, start, end, step)) {
    const own = indexMultiply(indexApply('subtract', i, indexLiteral(start)), indexLiteral(step));
    return indexAdd(own, indexLiteral(at(values, start)));
  }
  const middle = (start + end) >> 1;
  return indexSelect(
    indexApply('less', i, indexLiteral(middle)),
    table(values, i, start, middle),
    table(values, i, middle, end),
  );
}

function arithmetic(values: readonly number[], start: number, end: number, step: number): boolean {
  for (let k = start + 1; k < end; k++) if (at(values, k) - at(values, k - 1) !== step) return false;
  return true;
}
