/**
 * Layouts while placing: where the logical entries of a value lie in a row of a buffer, and how the axes of a block
 * factor are split into digits so that both its input and its output are strided views.
 */
import { at } from '../core/invariant.ts';
import type { Digit, IndexMap } from '../ir/indexMap.ts';

/** Entry i of the value is at element map(i) of a row of the buffer. */
export interface Layout {
  readonly buffer: string;
  readonly map: IndexMap;
}

/** The digits of a strided layout, most significant first, or nothing when it is not strided. */
export const stridedDigits = (map: IndexMap): readonly Digit[] | undefined =>
  map.kind === 'strided' ? map.digits : undefined;

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
