/**
 * The .safetensors format over bytes: 8 bytes of header length, a JSON header, then the tensors without gaps
 * (huggingface.co/docs/safetensors). Only the header is parsed; a caller reads the ranges it needs, so that one
 * tensor of a large checkpoint costs what it holds.
 */
import { data as rows } from '../core/diagnostics/data.ts';
import { at } from '../core/invariant.ts';
import { bytesOf, elementsOf, type NumberType } from './numberTypes.ts';
import { accepted, type Parsed, rejected } from './parsed.ts';

/** The limit of the reference implementation. */
const headerLimit = 100_000_000;

const types: Readonly<Record<string, NumberType>> = {
  F64: 'f64',
  F32: 'f32',
  F16: 'f16',
  BF16: 'bf16',
  I64: 'i64',
  I32: 'i32',
  I16: 'i16',
  I8: 'i8',
  U8: 'u8',
  BOOL: 'bool',
};

export interface TensorEntry {
  readonly type: NumberType;
  readonly shape: readonly number[];
  /** Bytes of the file, end exclusive. */
  readonly start: number;
  readonly end: number;
}

export interface Safetensors {
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** Tensors of types that cannot be read, with the name of the type; an error only when one is asked for. */
  readonly unreadable: ReadonlyMap<string, string>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Where the header ends, from the first 8 bytes of a file of `fileBytes`. `path` is for messages only. */
export function safetensorsHeaderEnd(path: string, first: Uint8Array, fileBytes: number): Parsed<number> {
  const bad = (why: string): Parsed<never> => rejected(rows.badSafetensors, { path, why });
  if (first.length < 8 || fileBytes < 8) return bad('it ends inside the length of its header');
  const length = new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true);
  if (length > headerLimit) return bad(`its header claims ${length} bytes; the limit is ${headerLimit}`);
  if (Number(length) > fileBytes - 8)
    return bad(`its header claims ${length} bytes, but ${fileBytes - 8} follow`);
  return accepted(8 + Number(length));
}

/** `header` is the JSON text's bytes, those from 8 up to the header's end. */
export function parseSafetensors(path: string, header: Uint8Array, fileBytes: number): Parsed<Safetensors> {
  const bad = (why: string): Parsed<never> => rejected(rows.badSafetensors, { path, why });
  const entries = objectOf(header);
  if (typeof entries === 'string') return bad(entries);
  const tensors = new Map<string, TensorEntry>();
  const unreadable = new Map<string, string>();
  const ranges: { name: string; start: number; end: number }[] = [];
  let metadata: Record<string, string> = {};
  const base = 8 + header.length;
  for (const [name, value] of Object.entries(entries)) {
    if (name === '__metadata__') {
      if (!isRecord(value) || !Object.values(value).every(each => typeof each === 'string'))
        return bad('its metadata is no object of strings');
      metadata = value as Record<string, string>;
      continue;
    }
    const entry = entryOf(value, fileBytes - base);
    if (typeof entry === 'string') return bad(`tensor '${name}': ${entry}`);
    const place = { start: base + entry.start, end: base + entry.end };
    ranges.push({ name, ...place });
    if (entry.type === undefined) unreadable.set(name, entry.typeName);
    else tensors.set(name, { type: entry.type, shape: entry.shape, ...place });
  }
  const gap = gapIn(ranges, base, fileBytes);
  return gap === undefined ? accepted({ tensors, unreadable, metadata }) : bad(gap);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSize = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/** The header as an object, or what is wrong with it. */
function objectOf(header: Uint8Array): Record<string, unknown> | string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(header);
    const value: unknown = JSON.parse(text);
    if (!isRecord(value)) return 'its header is no JSON object';
    const twice = repeatedKey(text);
    return twice === undefined ? value : `its header gives '${twice}' twice`;
  } catch {
    return 'its header is no JSON text';
  }
}

/** A key that one object of valid JSON text gives twice, which JSON.parse lets pass. */
function repeatedKey(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"(?:\s*:)?|[{}]/gs)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (token.endsWith(':')) {
      const key = String(JSON.parse(token.slice(0, token.lastIndexOf('"') + 1)));
      const keys = at(open, open.length - 1);
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}

interface Entry {
  readonly typeName: string;
  readonly type: NumberType | undefined;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

/** One tensor's description, offsets relative to the first tensor, or what is wrong with it. */
function entryOf(value: unknown, available: number): Entry | string {
  if (!isRecord(value)) return 'its description is no object';
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string') return 'it has no dtype';
  if (!Array.isArray(shape) || !shape.every(isSize)) return 'its shape is no list of sizes';
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize))
    return 'its data_offsets are no pair of sizes';
  const [start, end] = [Number(offsets[0]), Number(offsets[1])];
  if (start > end || end > available)
    return `its bytes ${start}..${end} lie outside the ${available} of the file`;
  const elements = elementsOf(shape);
  if (elements === undefined) return `its shape [${shape.join(', ')}] has no end`;
  const type = Object.hasOwn(types, dtype) ? types[dtype] : undefined;
  if (type !== undefined && elements * bytesOf(type) !== end - start)
    return `[${shape.join(', ')}] of ${dtype} needs ${elements * bytesOf(type)} bytes, its offsets give ${end - start}`;
  return { typeName: dtype, type, shape, start, end };
}

/** The tensors cover the file's bytes once each; what breaks that is named. */
function gapIn(
  ranges: readonly { readonly name: string; readonly start: number; readonly end: number }[],
  base: number,
  fileBytes: number,
): string | undefined {
  let covered = base;
  for (const { name, start, end } of ranges.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    if (start < covered) return `tensor '${name}' overlaps another`;
    if (start > covered) return `${start - covered} bytes before tensor '${name}' belong to none`;
    covered = end;
  }
  return covered === fileBytes ? undefined : `its last ${fileBytes - covered} bytes belong to no tensor`;
}
