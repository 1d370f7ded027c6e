/**
 * The plan: which kernels. A chain of links is cut into segments; each segment is one kernel that keeps every value
 * between its factors in the tile. One segment is best (each cut writes and reads a whole batch of the value between);
 * where a segment's live row does not fit the profile's tile memory the chain is cut, and the plan says why. What only
 * moves values is never a kernel of its own, unless it is all there is.
 */
import { at } from '../core/invariant.ts';
import { type Precision, realFormats } from '../core/precision.ts';
import type { Program, Step } from '../ir/operator.ts';
import { wholeGroups } from '../tile/fit.ts';
import { type Link, linksOf, stepsOf } from './links.ts';
import type { Profile } from './profile.ts';
import { emptyStretch, prepend, type Stretch } from './residency.ts';

export interface Segment {
  readonly name: string;
  readonly steps: readonly Step[];
  /** Buffers: 'x', 'y', or a workspace. */
  readonly input: string;
  readonly output: string;
  readonly columns: number;
  readonly rows: number;
  /** Elements of one row alive at once. */
  readonly liveElements: number;
  readonly tileRows: number;
}

export interface Cut {
  readonly between: readonly [string, string];
  readonly reason: string;
}

export interface Workspace {
  readonly name: string;
  readonly width: number;
}

/** A segment that nothing cuts further and whose row does not fit: it streams through memory, row by row. */
export interface Oversize {
  readonly segment: string;
  readonly reason: string;
}

export interface Plan {
  readonly name: string;
  readonly title: string;
  readonly profile: Profile;
  readonly precision: Precision;
  /** Of the storage format. */
  readonly bytesPerElement: 2 | 4 | 8;
  readonly columns: number;
  readonly rows: number;
  readonly segments: readonly Segment[];
  readonly workspaces: readonly Workspace[];
  readonly cuts: readonly Cut[];
  readonly oversize: readonly Oversize[];
}

/** How much of a chain becomes one kernel: what fits, or no more than one factor, for the reason given. */
export type Fusion = { readonly kind: 'most' } | { readonly kind: 'none'; readonly reason: string };

export function planProgram(
  program: Program,
  profile: Profile,
  precision: Precision,
  fusion: Fusion = { kind: 'most' },
): Plan {
  const bytesPerElement = realFormats[precision.storage].bytes;
  const links = linksOf(program);
  const room: Room = {
    elements: Math.floor(profile.tileBytes / bytesPerElement),
    holdsRows: profile.tileHolds === 'rows',
  };
  const ends =
    fusion.kind === 'most'
      ? cheapestEnds(links, room, 'before')
      : cheapestEnds(links, { elements: 0, holdsRows: false }, 'after');
  const startOf = (index: number) => (index === 0 ? 0 : at(ends, index - 1));
  const buffer = (index: number) => (index === 0 ? 'x' : index === ends.length ? 'y' : `v${index - 1}`);
  const bytesOf = (start: number, end: number) =>
    liveElements(links.slice(start, end), room) * bytesPerElement;
  const against = `> ${formatBytes(profile.tileBytes)} of ${profile.tileMemory} on ${profile.name}`;
  const segments = ends.map((end, index): Segment => {
    const own = links.slice(startOf(index), end);
    const live = Math.max(1, liveElements(own, room), program.columns * Number(links.length === 0));
    return {
      name: ends.length === 1 ? program.name : `${program.name}_${index}`,
      steps: stepsOf(own),
      input: buffer(index),
      output: buffer(index + 1),
      columns: own[0]?.columns ?? program.columns,
      rows: own.at(-1)?.rows ?? program.rows,
      liveElements: live,
      tileRows: tileRowsFor(live * bytesPerElement, profile),
    };
  });
  return {
    name: program.name,
    title: program.title,
    profile,
    precision,
    bytesPerElement,
    columns: program.columns,
    rows: program.rows,
    segments,
    workspaces: segments.slice(0, -1).map(({ output, rows }) => ({ name: output, width: rows })),
    cuts: segments.slice(1).map((next, index): Cut => {
      const together = formatBytes(bytesOf(startOf(index), at(ends, index + 1)));
      const tooLarge = `one row of both together is ${together} ${against}`;
      const reason = fusion.kind === 'none' ? fusion.reason : tooLarge;
      return { between: [at(segments, index).name, next.name], reason };
    }),
    oversize: segments
      .filter(segment => segment.liveElements > room.elements)
      .map(({ name, liveElements: live }) => {
        const reason = `one row is ${formatBytes(live * bytesPerElement)} ${against}, and nothing in it can be cut`;
        return { segment: name, reason };
      }),
  };
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const kibibytes = bytes / 1024;
  const [value, unit] = kibibytes < 1024 ? [kibibytes, 'KB'] : [kibibytes / 1024, 'MB'];
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${unit}`;
}

/** The memory of a tile: its size for one row, and whether input and output rows take part of it. */
interface Room {
  readonly elements: number;
  readonly holdsRows: boolean;
}

/** Elements of one row alive at once in a segment: gates, the widest moment between, and its input and output. */
function liveElements(links: readonly Link[], room: Room): number {
  const stretch = links.reduceRight<Stretch>(prepend, emptyStretch);
  const gates = links.reduce((total, link) => total + link.gates, 0);
  return rowEnds(links[0], links.at(-1), room) + stretch.inner + gates;
}

const rowEnds = (first: Link | undefined, last: Link | undefined, { holdsRows }: Room): number =>
  holdsRows ? (first?.columns ?? 0) + (last?.rows ?? 0) : 0;

/**
 * Ends of the segments: the fewest elements written between kernels, by dynamic programming over the cuts. What
 * only moves values goes to the kernel before a cut, or to the one after.
 */
function cheapestEnds(links: readonly Link[], room: Room, moves: 'before' | 'after'): number[] {
  const total = links.length;
  if (total === 0 || liveElements(links, room) <= room.elements) return [total];
  const best: { readonly cost: number; readonly start: number }[] = [{ cost: 0, start: 0 }];
  for (let end = 1; end <= total; end++) {
    let chosen = { cost: Number.POSITIVE_INFINITY, start: 0 };
    let [stretch, gates, computing] = [emptyStretch, 0, 0];
    for (let start = end - 1; start >= 0; start--) {
      const first = at(links, start);
      stretch = prepend(stretch, first);
      gates += first.gates;
      computing += Number(first.move === 'none');
      if (computing > 1 && stretch.inner + gates > room.elements) break;
      const live = rowEnds(first, at(links, end - 1), room) + stretch.inner + gates;
      const allowed = computing === 1 || (computing === 0 ? end - start === total : live <= room.elements);
      // A cut costs what it writes and a launch.
      const cost = at(best, start).cost + (start === 0 ? 0 : first.columns + 1);
      const isLess = moves === 'before' ? cost < chosen.cost : cost <= chosen.cost;
      if (allowed && isLess) chosen = { cost, start };
    }
    best.push(chosen);
  }
  const ends: number[] = [];
  for (let end = total; end > 0; end = at(best, end).start) ends.unshift(end);
  return ends;
}

/** As many rows as fit, in whole groups that share their weights where that many fit. */
function tileRowsFor(rowBytes: number, { tileBytes, tileRows, rowsTogether }: Profile): number {
  return Math.max(1, wholeGroups(Math.min(tileRows, Math.floor(tileBytes / rowBytes)), rowsTogether));
}
