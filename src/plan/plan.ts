/**
 * The plan: which kernels. A chain of steps is cut into segments; each segment is one kernel that keeps every value
 * between its factors in the tile. One segment is best (each cut writes and reads a whole batch of the value between);
 * where a segment's live row does not fit the profile's tile memory the chain is cut, and the plan says why.
 */
import { at } from '../core/invariant.ts';
import { compose, type Program, type Step } from '../ir/operator.ts';
import type { Profile } from './profile.ts';
import { liveElements } from './residency.ts';

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

export interface Plan {
  readonly name: string;
  readonly title: string;
  readonly profile: Profile;
  readonly bytesPerElement: 4 | 8;
  readonly columns: number;
  readonly rows: number;
  readonly segments: readonly Segment[];
  readonly workspaces: readonly Workspace[];
  readonly cuts: readonly Cut[];
}

/** A linear factor with the pointwise steps that follow it: what no cut separates. */
interface Link {
  readonly steps: readonly Step[];
  readonly columns: number;
  readonly rows: number;
}

export function planProgram(program: Program, profile: Profile, bytesPerElement: 4 | 8): Plan {
  const links = linksOf(program);
  const fits = (from: number, to: number): boolean =>
    rowBytes(links, from, to, bytesPerElement) <= profile.tileBytes;
  const ends = cheapestCuts(links, fits);
  const name = (index: number) => (ends.length === 1 ? program.name : `${program.name}_${index}`);
  const buffer = (index: number) => (index === 0 ? 'x' : index === ends.length ? 'y' : `v${index - 1}`);
  const segments = ends.map((end, index): Segment => {
    const start = index === 0 ? 0 : at(ends, index - 1);
    const bytes = Math.max(1, rowBytes(links, start, end, bytesPerElement));
    return {
      name: name(index),
      steps: composed(links.slice(start, end).flatMap(link => link.steps)),
      input: buffer(index),
      output: buffer(index + 1),
      columns: start === 0 ? program.columns : at(links, start - 1).rows,
      rows: end === 0 ? program.rows : at(links, end - 1).rows,
      liveElements: bytes / bytesPerElement,
      tileRows: tileRowsFor(bytes, profile),
    };
  });
  return {
    name: program.name,
    title: program.title,
    profile,
    bytesPerElement,
    columns: program.columns,
    rows: program.rows,
    segments,
    workspaces: segments.slice(0, -1).map(({ output, rows }) => ({ name: output, width: rows })),
    cuts: segments.slice(1).map((next, index): Cut => {
      const previous = at(segments, index);
      const start = index === 0 ? 0 : at(ends, index - 1);
      const together = rowBytes(links, start, at(ends, index + 1), bytesPerElement);
      const reason = `one row of both together is ${formatBytes(together)} > ${formatBytes(profile.tileBytes)} of ${profile.tileMemory} on ${profile.name}`;
      return { between: [previous.name, next.name], reason };
    }),
  };
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const kibibytes = bytes / 1024;
  const [value, unit] = kibibytes < 1024 ? [kibibytes, 'KB'] : [kibibytes / 1024, 'MB'];
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${unit}`;
}

/** A composition is opened, last factor first; everything else stays whole. */
function linksOf(program: Program): Link[] {
  const links: Link[] = [];
  let columns = program.columns;
  for (const step of program.steps.flatMap(openComposition)) {
    const previous = links.at(-1);
    if (previous !== undefined && (step.kind !== 'linear' || joins(step))) {
      const rows = step.kind === 'linear' ? step.operator.rows : previous.rows;
      links[links.length - 1] = { ...previous, steps: [...previous.steps, step], rows };
      columns = rows;
    } else {
      const rows = step.kind === 'linear' ? step.operator.rows : columns;
      links.push({ steps: [step], columns, rows });
      columns = rows;
    }
  }
  return links;
}

const openComposition = (step: Step): readonly Step[] =>
  step.kind === 'linear' && step.operator.kind === 'compose'
    ? step.operator.factors.toReversed().map((operator): Step => ({ kind: 'linear', operator }))
    : [step];

/** Neighbouring factors as one product again, which is what a kernel places. */
function composed(steps: readonly Step[]): Step[] {
  const made: Step[] = [];
  for (const step of steps) {
    const previous = made.at(-1);
    if (step.kind === 'linear' && previous?.kind === 'linear') {
      made[made.length - 1] = { kind: 'linear', operator: compose(step.operator, previous.operator) };
    } else made.push(step);
  }
  return made;
}

/** A gather is no kernel of its own: it becomes the view of its neighbour. */
const joins = (step: Step): boolean => step.kind === 'linear' && step.operator.kind === 'gather';

function rowBytes(links: readonly Link[], from: number, to: number, bytesPerElement: number): number {
  const part = links.slice(from, to);
  const columns = part[0]?.columns ?? 0;
  return (
    liveElements(
      part.flatMap(link => link.steps),
      columns,
    ) * bytesPerElement
  );
}

/** Ends of the segments: the fewest elements written between kernels, by dynamic programming over the cuts. */
function cheapestCuts(links: readonly Link[], fits: (from: number, to: number) => boolean): number[] {
  if (links.length === 0) return [0];
  const best: { cost: number; ends: number[] }[] = [{ cost: 0, ends: [] }];
  for (let end = 1; end <= links.length; end++) {
    let chosen = { cost: Number.POSITIVE_INFINITY, ends: [] as number[] };
    for (let start = end - 1; start >= 0; start--) {
      // A single link that does not fit streams from memory; longer segments must fit.
      if (start < end - 1 && !fits(start, end)) break;
      const before = at(best, start);
      const cost = before.cost + (start === 0 ? 0 : at(links, start - 1).rows);
      if (cost < chosen.cost) chosen = { cost, ends: [...before.ends, end] };
    }
    best.push(chosen);
  }
  return at(best, links.length).ends;
}

function tileRowsFor(rowBytes: number, profile: Profile): number {
  const fitting = Math.floor(profile.tileBytes / rowBytes);
  return Math.max(1, Math.min(profile.tileRows, fitting));
}
