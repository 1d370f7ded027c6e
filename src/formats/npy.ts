/**
 * NumPy's .npy files over bytes: versions 1 to 3, both byte orders, C and Fortran order; written as version 1,
 * little-endian, C order. (numpy.lib.format; the header is a Python dict of 'descr', 'fortran_order', 'shape'.)
 */
import { data as rows } from '../core/diagnostics/data.ts';
import { at, invariant } from '../core/invariant.ts';
import { bytesOf, elementsOf, type NumberArray, type NumberType, readNumbers } from './numberTypes.ts';
import { accepted, type Parsed, rejected } from './parsed.ts';

/** Longer headers describe nothing that can be read here. */
const headerLimit = 64 * 1024;
/** NumPy's own. */
const axesLimit = 64;
const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** `path` is for messages only. */
export function parseNpy(path: string, bytes: Uint8Array): Parsed<NumberArray> {
  const bad = (why: string): Parsed<never> => rejected(rows.badNpy, { path, why });
  if (!magic.every((byte, i) => bytes[i] === byte)) return bad('it does not begin with the magic number');
  const version = bytes[6] ?? 0;
  if (version < 1 || version > 3) return bad(`version ${version} is unknown`);
  const start = version === 1 ? 10 : 12;
  if (bytes.length < start) return bad('it ends inside the header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > headerLimit) return bad(`its header claims ${length} bytes`);
  if (bytes.length < start + length) return bad('it ends inside the header');
  const text = String.fromCharCode(...bytes.subarray(start, start + length));
  const header = parseHeader(text);
  if (typeof header === 'string') return bad(header);
  const type = numberTypeOf(header.descr);
  if (type === undefined) return rejected(rows.npyType, { path, type: JSON.stringify(header.descr) });
  return readBody(bytes.subarray(start + length), header, type, bad);
}

interface Header {
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

function readBody(
  body: Uint8Array,
  { descr, fortranOrder, shape }: Header,
  type: NumberType,
  bad: (why: string) => Parsed<never>,
): Parsed<NumberArray> {
  const elements = elementsOf(shape);
  const written = `(${shape.join(', ')})`;
  if (elements === undefined) return bad(`its shape ${written} has no end`);
  const expected = elements * bytesOf(type);
  if (body.length !== expected)
    return bad(`its shape ${written} of ${descr} needs ${expected} bytes, but ${body.length} follow`);
  const values = readNumbers(type, body, !descr.startsWith('>'));
  return accepted({ type, shape, values: fortranOrder ? rowMajor(values, shape) : values });
}

const letters: Readonly<Record<string, NumberType>> = {
  f8: 'f64',
  f4: 'f32',
  f2: 'f16',
  i8: 'i64',
  i4: 'i32',
  i2: 'i16',
  i1: 'i8',
  u8: 'u64',
  u4: 'u32',
  u2: 'u16',
  u1: 'u8',
  b1: 'bool',
};

/** `<f4`, `>i8`, `|u1`: a byte order, then kind and size. */
function numberTypeOf(descr: string): NumberType | undefined {
  const name = descr.slice(1);
  if (!/^[<>|=]$/.test(descr.slice(0, 1)) || !Object.hasOwn(letters, name)) return undefined;
  return letters[name];
}

/** The dict literal, or what is wrong with it. Its tokens: strings, whole numbers, True, False and brackets. */
function parseHeader(text: string): Header | string {
  const tokens = text.match(/'[^'\\]*'|"[^"\\]*"|\d+|True|False|[{}(),:[\]]|\S/g) ?? [];
  let next = 0;
  const take = (token: string): boolean => {
    if (tokens[next] !== token) return false;
    next++;
    return true;
  };
  const fields = new Map<string, string | boolean | readonly number[]>();
  if (!take('{')) return 'its header is no dict';
  while (!take('}')) {
    const key = unquoted(tokens[next++]);
    if (key === undefined || !take(':')) return 'its header is no dict of strings';
    if (fields.has(key)) return `its header gives '${key}' twice`;
    const token = tokens[next++];
    const string = unquoted(token);
    if (string !== undefined) fields.set(key, string);
    else if (token === 'True' || token === 'False') fields.set(key, token === 'True');
    else if (token === '(') {
      const shape: number[] = [];
      while (!take(')')) {
        const extent = tokens[next++] ?? '';
        if (!/^\d+$/.test(extent)) return 'its shape is no tuple of whole numbers';
        shape.push(Number(extent));
        if (!take(',') && tokens[next] !== ')') return 'its shape is no tuple of whole numbers';
      }
      fields.set(key, shape);
    } else if (key === 'descr' && token === '[') return 'it holds records, not numbers';
    else return `the value of '${key}' in its header is not understood`;
    if (!take(',') && tokens[next] !== '}') return 'its header does not end';
  }
  if (next !== tokens.length) return 'text follows the dict in its header';
  return headerOf(fields);
}

function headerOf(fields: ReadonlyMap<string, string | boolean | readonly number[]>): Header | string {
  const [descr, fortranOrder, shape] = ['descr', 'fortran_order', 'shape'].map(key => fields.get(key));
  if (typeof descr !== 'string') return `its header gives no 'descr'`;
  if (typeof fortranOrder !== 'boolean') return `its header gives no 'fortran_order'`;
  if (typeof shape !== 'object') return `its header gives no 'shape'`;
  if (shape.length > axesLimit) return `its shape has ${shape.length} axes; the limit is ${axesLimit}`;
  if (!shape.every(Number.isSafeInteger)) return 'its shape has no end';
  return { descr, fortranOrder, shape };
}

const unquoted = (token: string | undefined): string | undefined =>
  token !== undefined && /^(['"]).*\1$/s.test(token) ? token.slice(1, -1) : undefined;

/** From first axis fastest to last axis fastest. */
function rowMajor(values: Float64Array, shape: readonly number[]): Float64Array {
  const strides = shape.map((_, k) => shape.slice(0, k).reduce((product, extent) => product * extent, 1));
  const position = shape.map(() => 0);
  let offset = 0;
  return values.map(() => {
    const value = at(values, offset);
    for (let k = shape.length - 1; k >= 0; k--) {
      const [extent, stride] = [at(shape, k), at(strides, k)];
      position[k] = at(position, k) + 1;
      offset += stride;
      if (at(position, k) < extent) break;
      position[k] = 0;
      offset -= stride * extent;
    }
    return value;
  });
}

/** The bytes of a file; the type is that of `values`. */
export function printNpy(shape: readonly number[], values: Float32Array | Float64Array): Uint8Array {
  invariant(elementsOf(shape) === values.length, `[${shape}] holds ${values.length} values`);
  const size = values.BYTES_PER_ELEMENT;
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const dict = `{'descr': '<f${size}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // The body begins at a multiple of 64, after a newline.
  const length = Math.ceil((dict.length + 1 + 10) / 64) * 64 - 10;
  const bytes = new Uint8Array(10 + length + values.length * size);
  const view = new DataView(bytes.buffer);
  bytes.set([...magic, 1, 0]);
  view.setUint16(8, length, true);
  for (const [i, letter] of [...`${dict.padEnd(length - 1)}\n`].entries())
    bytes[10 + i] = letter.charCodeAt(0);
  values.forEach((value, i) => {
    if (size === 4) view.setFloat32(10 + length + i * size, value, true);
    else view.setFloat64(10 + length + i * size, value, true);
  });
  return bytes;
}
