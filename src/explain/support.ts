/**
 * Where an operator may be non-zero, on a coarse grid for pictures: cell (i, j) is set when some sampled entry in it
 * may be. Whole rows are followed, a few for each cell, so the cost does not grow with the number of entries.
 */
import { at, unreachable } from '../core/invariant.ts';
import { type IndexMap, mapAt } from '../ir/indexMap.ts';
import type { Operator } from '../ir/operator.ts';

export interface Support {
  readonly height: number;
  readonly width: number;
  /** Row-major; 1 where an entry may be non-zero. */
  readonly cells: Uint8Array;
}

const rowsPerCell = 4;

export function supportOf(operator: Operator, resolution: number): Support {
  const [height, width] = [Math.min(resolution, operator.rows), Math.min(resolution, operator.columns)];
  const cells = new Uint8Array(height * width);
  for (let cell = 0; cell < height; cell++) {
    const [from, to] = [cell, cell + 1].map(edge => Math.floor((edge * operator.rows) / height)) as [
      number,
      number,
    ];
    const step = Math.max(1, Math.floor((to - from) / rowsPerCell));
    for (let row = from; row < to; row += step) {
      for (const column of columnsOf(operator, row)) {
        cells[cell * width + Math.floor((column * width) / operator.columns)] = 1;
      }
    }
  }
  return { height, width, cells };
}

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);

/** Columns of a row that may hold a non-zero. */
function columnsOf(operator: Operator, row: number): Iterable<number> {
  switch (operator.kind) {
    case 'zero':
      return [];
    case 'identity':
      return [row];
    case 'gather':
      return imagesOf(operator.map, row, operator.columns);
    case 'scatter':
      return range(operator.columns).filter(column =>
        [...imagesOf(operator.map, column, operator.rows)].includes(row),
      );
    case 'block': {
      const { b, c, d } = operator;
      const [g, e] = [Math.floor(row / (b * d)), row % d];
      return range(c).map(p => (g * c + p) * d + e);
    }
    case 'update':
      return range(operator.columns);
    case 'triangularSolve':
      return (operator.triangle === 'lower') !== operator.transposed
        ? range(row + 1)
        : range(operator.columns - row).map(k => row + k);
    case 'compose':
      return operator.factors.reduce<Iterable<number>>(
        (rows, factor) => union(rows, each => columnsOf(factor, each)),
        [row],
      );
    case 'sum':
      return union(operator.terms.keys(), k => columnsOf(at(operator.terms, k), row));
    case 'scale':
    case 'assume':
      return columnsOf(operator.operator, row);
    case 'offDiagonal':
      return [...columnsOf(operator.operator, row)].filter(column => column !== row);
    case 'vertical':
      return inPart(operator.parts, row, (part, rest) => columnsOf(part, rest));
    case 'directSum': {
      let before = 0;
      return inPart(
        operator.parts,
        row,
        (part, rest) => [...columnsOf(part, rest)].map(column => before + column),
        part => {
          before += part.columns;
        },
      );
    }
    case 'horizontal': {
      let before = 0;
      return operator.parts.flatMap(part => {
        const columns = [...columnsOf(part, row)].map(column => before + column);
        before += part.columns;
        return columns;
      });
    }
    case 'adjoint':
    case 'inverse':
      return range(operator.columns);
    default:
      return unreachable(operator);
  }
}

/** A table that comes with the parameters is unknown here: it may reach anywhere. */
const imagesOf = (map: IndexMap, index: number, size: number): Iterable<number> =>
  isKnown(map) ? [mapAt(map, index)] : range(size);

function isKnown(map: IndexMap): boolean {
  switch (map.kind) {
    case 'data':
      return false;
    case 'tensor':
    case 'compose':
      return isKnown(map.outer) && isKnown(map.inner);
    case 'directSum':
      return map.parts.every(isKnown);
    case 'strided':
    case 'affine':
    case 'bitLinear':
    case 'table':
      return true;
    default:
      return unreachable(map);
  }
}

const union = (items: Iterable<number>, of: (item: number) => Iterable<number>): Set<number> =>
  new Set([...items].flatMap(item => [...of(item)]));

/** The part that holds a row, with the row's place in it. */
function inPart<Result>(
  parts: readonly Operator[],
  row: number,
  use: (part: Operator, rest: number) => Result,
  skip: (part: Operator) => void = () => undefined,
): Result {
  let rest = row;
  for (const part of parts) {
    if (rest < part.rows) return use(part, rest);
    rest -= part.rows;
    skip(part);
  }
  return use(at(parts, parts.length - 1), rest);
}
