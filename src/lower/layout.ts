/**
 * Layouts while placing: where the logical entries of a value lie in a row of a buffer, and how the axes of a block
 * factor are split into digits so that both its input and its output are strided views.
 */
import { at, unreachable } from '../core/invariant.ts';
import {
  composeMaps,
  type Digit,
  type IndexMap,
  isBijection,
  sliceMap,
  strided,
  tensorMap,
} from '../ir/indexMap.ts';

/** Entry i of the value is at element map(i) of a row of the buffer. */
export interface Layout {
  readonly buffer: string;
  readonly map: IndexMap;
}

/** The digits of a strided layout, most significant first, or nothing when it is not strided. */
export const stridedDigits = (map: IndexMap): readonly Digit[] | undefined =>
  map.kind === 'strided' ? map.digits : undefined;

/** No two indices share an image, as far as the form of the map shows. */
export function isInjective(map: IndexMap): boolean {
  switch (map.kind) {
    case 'strided': {
      // Each digit steps over everything that the finer ones reach.
      let reach = 0;
      const finestFirst = map.digits.toSorted((a, b) => Math.abs(a.stride) - Math.abs(b.stride));
      return finestFirst.every(({ extent, stride }) => {
        const steps = Math.abs(stride) > reach;
        reach += (extent - 1) * Math.abs(stride);
        return map.domain === 0 || steps;
      });
    }
    case 'tensor':
    case 'compose':
      return isInjective(map.outer) && isInjective(map.inner);
    case 'directSum':
      return map.parts.every(isInjective);
    case 'table':
      return new Set(map.values).size === map.domain;
    case 'affine':
    case 'bitLinear':
    case 'data':
      return isBijection(map);
    default:
      return unreachable(map);
  }
}

/** The map of entries start, start + 1, ... of its domain, in a simpler form where its parts give one. */
export function restrict(map: IndexMap, start: number, length: number): IndexMap {
  if (start === 0 && length === map.domain) return map;
  const generic = () => composeMaps(map, sliceMap(map.domain, start, length));
  switch (map.kind) {
    case 'directSum': {
      let [domain, range] = [0, 0];
      for (const part of map.parts) {
        if (start >= domain && start + length <= domain + part.domain)
          return composeMaps(sliceMap(map.range, range, part.range), restrict(part, start - domain, length));
        domain += part.domain;
        range += part.range;
      }
      return generic();
    }
    case 'tensor': {
      const { outer, inner } = map;
      if (start % inner.domain !== 0 || length % inner.domain !== 0) return generic();
      return tensorMap(restrict(outer, start / inner.domain, length / inner.domain), inner);
    }
    case 'affine': {
      const { multiplier, offset, range } = map;
      const step = multiplier === 1 ? 1 : multiplier === range - 1 ? -1 : undefined;
      const first = (multiplier * start + offset) % range;
      const last = first + (step ?? 0) * (length - 1);
      if (step === undefined || length === 0 || last < 0 || last >= range) return generic();
      return strided([{ extent: length, stride: step }], first, range);
    }
    case 'compose':
      return composeMaps(map.outer, restrict(map.inner, start, length));
    case 'strided':
    case 'bitLinear':
    case 'table':
    case 'data':
      return generic();
    default:
      return unreachable(map);
  }
}

/**
 * Lengths of stretches of the domain on which the map may be simpler than as a whole:
 * the parts of a direct sum, the two of a rotation.
 */
export function piecesOf(map: IndexMap): readonly number[] {
  switch (map.kind) {
    case 'directSum':
      return map.parts.flatMap(piecesOf);
    case 'affine': {
      const { domain, multiplier, offset } = map;
      const first = multiplier === 1 ? domain - offset : multiplier === domain - 1 ? offset + 1 : domain;
      return first < domain ? [first, domain - first] : [domain];
    }
    case 'tensor':
      return piecesOf(map.outer).map(length => length * map.inner.domain);
    case 'compose': {
      const { outer, inner } = map;
      const [digit, ...more] = inner.kind === 'strided' ? inner.digits : [];
      if (inner.kind !== 'strided' || digit?.stride !== 1 || more.length > 0) return piecesOf(inner);
      return lengthsWithin(piecesOf(outer), inner.offset, digit.extent);
    }
    case 'strided':
    case 'bitLinear':
    case 'table':
    case 'data':
      return [map.domain];
    default:
      return unreachable(map);
  }
}

/** What stretches of these lengths leave of the interval from `start` on. */
function lengthsWithin(lengths: readonly number[], start: number, length: number): number[] {
  let end = 0;
  const made = lengths.map(each => {
    const from = Math.max(end, start);
    end += each;
    return Math.min(end, start + length) - from;
  });
  return made.filter(each => each > 0);
}

/** The stretches that refine both. */
export function commonPieces(one: readonly number[], other: readonly number[]): number[] {
  const ends = (lengths: readonly number[]) =>
    lengths.map((_, k) => lengths.slice(0, k + 1).reduce((a, b) => a + b, 0));
  const merged = [...new Set([...ends(one), ...ends(other)])].sort((a, b) => a - b);
  return merged.map((end, k) => end - (merged[k - 1] ?? 0)).filter(each => each > 0);
}

/** A chain of cut points 1 < c1 < c2 < ... < n, each dividing the next; the products of trailing digits. */
type Cuts = readonly number[];

export function trailingProducts(extents: readonly number[]): Cuts {
  const cuts: number[] = [];
  let product = 1;
  for (let k = extents.length - 1; k >= 0; k--) {
    product *= at(extents, k);
    cuts.push(product);
  }
  return cuts;
}

/** The common refinement of two chains, or nothing where they do not nest (6 = 2·3 against 3·2). */
export function mergeCuts(first: Cuts, second: Cuts): Cuts | undefined {
  const merged = [...new Set([...first, ...second])].filter(cut => cut > 1).sort((a, b) => a - b);
  const nested = merged.every((cut, index) => index === 0 || cut % at(merged, index - 1) === 0);
  return nested ? merged : undefined;
}

/** Cuts of the part of an index between `inner` (exclusive) and `outer` (inclusive), relative to `inner`. */
const cutsBetween = (cuts: Cuts, inner: number, outer: number): Cuts =>
  cuts.filter(cut => cut > inner && cut <= outer).map(cut => cut / inner);

/** Extents of the digits of a chain of cuts, most significant first. */
export function extentsOfCuts(cuts: Cuts): number[] {
  return cuts.map((cut, index) => cut / (index === 0 ? 1 : at(cuts, index - 1))).reverse();
}

/** The digits of an axis (part of a row-major index), given the chains it must refine. */
interface SplitAxis {
  /** Extents, most significant first; empty for an axis of extent 1. */
  readonly extents: readonly number[];
}

export interface SplitBlock {
  readonly a: SplitAxis;
  readonly b: SplitAxis;
  readonly c: SplitAxis;
  readonly d: SplitAxis;
}

/**
 * Splits the axes of KS(a,b,c,d) so that the input index (a,c,d) refines the input layout's digits and the output index
 * (a,b,d) the output's. Nothing where the radices do not nest.
 */
export function splitBlock(
  { a, b, c, d }: { readonly a: number; readonly b: number; readonly c: number; readonly d: number },
  input: readonly Digit[],
  output: readonly Digit[],
): SplitBlock | undefined {
  const inner = mergeCuts(trailingProducts([a, c, d]), trailingProducts(input.map(digit => digit.extent)));
  const outer = mergeCuts(trailingProducts([a, b, d]), trailingProducts(output.map(digit => digit.extent)));
  if (inner === undefined || outer === undefined) return undefined;
  const aCuts = mergeCuts(cutsBetween(inner, c * d, a * c * d), cutsBetween(outer, b * d, a * b * d));
  const dCuts = mergeCuts(cutsBetween(inner, 1, d), cutsBetween(outer, 1, d));
  if (aCuts === undefined || dCuts === undefined) return undefined;
  return {
    a: { extents: extentsOfCuts(aCuts) },
    b: { extents: extentsOfCuts(cutsBetween(outer, d, b * d)) },
    c: { extents: extentsOfCuts(cutsBetween(inner, d, c * d)) },
    d: { extents: extentsOfCuts(dCuts) },
  };
}

/** Strides of row-major digits with these extents, which refine the layout's digits. */
export function stridesOf(extents: readonly number[], digits: readonly Digit[]): number[] {
  const strides: number[] = [];
  let digitIndex = digits.length - 1;
  let covered = 1;
  for (let k = extents.length - 1; k >= 0; k--) {
    while (digitIndex >= 0 && covered === at(digits, digitIndex).extent) {
      covered = 1;
      digitIndex--;
    }
    strides.unshift(digitIndex < 0 ? 0 : at(digits, digitIndex).stride * covered);
    covered *= at(extents, k);
  }
  return strides;
}
