/**
 * Whether an operator can read its input, or write its output, through an index map as it stands: as strided views or
 * addresses of moves, without a copy into natural order first. The placer asks before it chooses an order for a scratch
 * row.
 */
import { at, invariant, unreachable } from '../core/invariant.ts';
import { composeMaps, type IndexMap, identityMap, inverseMap, isBijection } from '../ir/indexMap.ts';
import type { Operator } from '../ir/operator.ts';
import { isInjective, restrict, splitBlock, stridedDigits } from './layout.ts';

type Stack = Operator & { readonly kind: 'directSum' | 'horizontal' | 'vertical' };

export const startsOf = (lengths: readonly number[]): number[] => {
  let total = 0;
  return lengths.map(length => {
    total += length;
    return total - length;
  });
};

/** Each part of a stack through its own stretch of the map; the whole map where the parts share that side. */
function everyPart(
  { parts }: Stack,
  side: 'rows' | 'columns',
  shared: boolean,
  holds: (part: Operator, map: IndexMap) => boolean,
  map: IndexMap,
): boolean {
  if (shared) return parts.every(part => holds(part, map));
  const starts = startsOf(parts.map(part => part[side]));
  return parts.every((part, k) => holds(part, restrict(map, at(starts, k), part[side])));
}

/** What an output map becomes when its value passes a move first; nothing where the move is no such thing. */
export function writtenThrough(move: Operator): IndexMap | undefined {
  if (move.kind === 'gather' && isBijection(move.map)) return inverseMap(move.map);
  return move.kind === 'scatter' && isInjective(move.map) ? move.map : undefined;
}

export function readsThrough(operator: Operator, map: IndexMap): boolean {
  switch (operator.kind) {
    case 'identity':
    case 'zero':
    case 'gather':
    case 'scatter':
      return true;
    case 'block': {
      const [input, output] = [stridedDigits(map), stridedDigits(identityMap(operator.rows))];
      return input !== undefined && output !== undefined && splitBlock(operator, input, output) !== undefined;
    }
    case 'update':
    case 'triangularSolve':
      return stridedDigits(map) !== undefined;
    case 'compose': {
      const { factors } = operator;
      const last = at(factors, factors.length - 1);
      const next = at(factors, factors.length - 2);
      return last.kind === 'gather'
        ? readsThrough(next, composeMaps(map, last.map))
        : readsThrough(last, map);
    }
    case 'sum':
      return operator.terms.every(term => readsThrough(term, map));
    case 'directSum':
    case 'horizontal':
    case 'vertical':
      return everyPart(operator, 'columns', operator.kind === 'vertical', readsThrough, map);
    case 'scale':
    case 'offDiagonal':
    case 'adjoint':
    case 'inverse':
    case 'assume':
      return isRewritten(operator);
    default:
      return unreachable(operator);
  }
}

export function writesThrough(operator: Operator, map: IndexMap): boolean {
  switch (operator.kind) {
    case 'identity':
    case 'zero':
    case 'gather':
    case 'scatter':
      return true;
    case 'block': {
      const [input, output] = [stridedDigits(identityMap(operator.columns)), stridedDigits(map)];
      return input !== undefined && output !== undefined && splitBlock(operator, input, output) !== undefined;
    }
    case 'update':
      return stridedDigits(map) !== undefined;
    case 'triangularSolve':
      return isProgression(map);
    case 'compose': {
      const [first, next] = operator.factors;
      invariant(first !== undefined && next !== undefined, 'a product has two factors');
      const through = writtenThrough(first);
      return through === undefined
        ? writesThrough(first, map)
        : writesThrough(next, composeMaps(map, through));
    }
    case 'sum':
      return operator.terms.every(term => writesThrough(term, map));
    case 'directSum':
    case 'horizontal':
    case 'vertical':
      return everyPart(operator, 'rows', operator.kind === 'horizontal', writesThrough, map);
    case 'scale':
    case 'offDiagonal':
    case 'adjoint':
    case 'inverse':
    case 'assume':
      return isRewritten(operator);
    default:
      return unreachable(operator);
  }
}

/** Only the kinds of the normal form are placed. */
export const isRewritten = ({ kind }: Operator): never =>
  invariant(false, `${kind} is rewritten before placing`) as never;

/** An offset and one stride. */
export const isProgression = (map: IndexMap): boolean => (stridedDigits(map)?.length ?? 2) <= 1;
