/**
 * Several ways to plan an operator for one machine: profiles with other numbers. Where matrix units read their
 * weights from the cache, a kernel of one factor shares them among more rows than a chain has room for; and a batch
 * of few rows wants as many groups as it can get. What moves the least bytes in time is kept (tile/traffic.ts).
 */
import type { RealFormat } from '../core/precision.ts';
import type { Traffic } from '../tile/traffic.ts';
import type { Fusion } from './plan.ts';
import { matrixUnitsFor, type Profile } from './profile.ts';

export interface Variant {
  readonly profile: Profile;
  readonly fusion: Fusion;
}

/** For batches that give every processor work. */
export function manyRows(given: Profile, storage: RealFormat): Variant[] {
  const units = matrixUnitsFor(given, storage);
  if (units === undefined) return [{ profile: given, fusion: { kind: 'most' } }];
  const { tileRows, rowsTogether, rowsAlone, tileBytes, groupsTogether, invocations } = units;
  const group = given.group && { ...given.group, groupsTogether, invocations };
  const profile = { ...given, tileRows, rowsTogether, tileBytes, group };
  const reason = `apart, their weights are read for every ${rowsAlone} rows`;
  return [
    { profile, fusion: { kind: 'most' } },
    { profile: { ...profile, tileRows: rowsAlone }, fusion: { kind: 'none', reason } },
  ];
}

/** For those that do not; nothing where a call cannot choose. */
export function fewRows(profile: Profile, storage: RealFormat): Variant | undefined {
  const { group } = profile;
  const units = matrixUnitsFor(profile, storage);
  if (units === undefined || group?.processors === undefined) return undefined;
  const { tileRows, accumulators, invocations } = units.few;
  const reason = 'apart, a batch of few rows goes to more groups';
  return {
    profile: {
      ...profile,
      tileRows,
      rowsTogether: units.rowsTogether,
      matrixUnits: { ...units, accumulators },
      group: { ...group, invocations },
    },
    fusion: { kind: 'none', reason },
  };
}

/** Rows for each processor in a large batch. */
const rowsOfLargeBatch = 128;

/** Bytes that memory moves in the time of one row: its own, or that of the cache, and its share of the launches. */
export function costOfRow(
  { group }: Profile,
  { memoryBytes, cacheBytes }: Traffic,
  launches: number,
): number {
  const { processors = 1, cacheOverMemory = 1, launchBytes = 0 } = group ?? {};
  const ofLaunches = ((launches - 1) * launchBytes) / (processors * rowsOfLargeBatch);
  return Math.max(memoryBytes, cacheBytes / cacheOverMemory) + ofLaunches;
}

/** Rows of a batch that give every processor a tile, of tiles that so many groups share. */
export function rowsThatFill(
  { group }: Profile,
  tiles: readonly { readonly tileRows: number; readonly slices: number }[],
): number {
  const { processors = 1 } = group ?? {};
  return Math.max(...tiles.map(({ tileRows, slices }) => Math.ceil((tileRows * processors) / slices)));
}
