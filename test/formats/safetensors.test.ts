import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readNumbers } from '../../src/formats/numberTypes.ts';
import { parseSafetensors, safetensorsHeaderEnd } from '../../src/formats/safetensors.ts';
import { mutated } from './mutate.ts';
import { safetensorsFile } from './safetensorsFile.ts';

const bytesOfHeader = (header: unknown): Uint8Array =>
  new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));

/** The whole file through both steps, or the diagnostic. */
function read(bytes: Uint8Array) {
  const end = safetensorsHeaderEnd('w.safetensors', bytes.subarray(0, 8), bytes.length);
  if (!end.ok) return { problem: end.diagnostic };
  const parsed = parseSafetensors('w.safetensors', bytes.subarray(8, end.value), bytes.length);
  if (!parsed.ok) return { problem: parsed.diagnostic };
  return { value: parsed.value };
}

/** A file with the given header, which may lie, and a body of that many bytes. */
function lying(header: unknown, bodyBytes: number, claimed?: bigint): Uint8Array {
  const text = bytesOfHeader(header);
  const bytes = new Uint8Array(8 + text.length + bodyBytes);
  new DataView(bytes.buffer).setBigUint64(0, claimed ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const tensor = (dtype: string, shape: unknown, start: unknown, end: unknown) => ({
  dtype,
  shape,
  data_offsets: [start, end],
});

describe('reading', () => {
  test.each([
    ['F64', [0, 0, 0, 0, 0, 0, 0xf8, 0x3f], 1.5],
    ['F32', [0, 0, 0xc0, 0x3f], 1.5],
    ['F16', [0x00, 0x3e], 1.5],
    ['BF16', [0xc0, 0x3f], 1.5],
    ['I64', [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], -2],
    ['I32', [0xfe, 0xff, 0xff, 0xff], -2],
    ['I16', [0xfe, 0xff], -2],
    ['I8', [0xfe], -2],
    ['U8', [200], 200],
    ['BOOL', [1], 1],
  ])('one %s', (dtype, body, expected) => {
    const bytes = lying({ w: tensor(dtype, [1], 0, body.length) }, body.length);
    bytes.set(body, bytes.length - body.length);
    const entry = read(bytes).value?.tensors.get('w');
    expect(entry && [...readNumbers(entry.type, bytes.subarray(entry.start, entry.end))]).toEqual([expected]);
  });

  test('types that cannot be read are kept by name; metadata is read; padding is allowed', () => {
    const header = `${JSON.stringify({ __metadata__: { format: 'pt' }, q: tensor('F8_E4M3', [3], 0, 3) })}   `;
    const { value } = read(lying(header, 3));
    expect(value?.unreadable).toEqual(new Map([['q', 'F8_E4M3']]));
    expect(value?.metadata).toEqual({ format: 'pt' });
  });

  const f = (start: number, end: number) => tensor('F32', [(end - start) / 4], start, end);
  test.each([
    ['an empty file', new Uint8Array(0), 'ends inside the length'],
    ['seven bytes', new Uint8Array(7), 'ends inside the length'],
    ['a header beyond the limit', lying({}, 0, 2n ** 63n), 'the limit is'],
    ['a header beyond the file', lying({}, 0, 99n), 'claims 99 bytes, but 2 follow'],
    ['no JSON', lying('{"w":', 0), 'no JSON text'],
    ['JSON of another kind', lying('[1]', 0), 'no JSON object'],
    ['bytes that are no text', lying('{}', 0, 1n), 'no JSON text'],
    [
      'a name twice',
      lying(`{"w":${JSON.stringify(f(0, 4))},"w":${JSON.stringify(f(0, 4))}}`, 4),
      `'w' twice`,
    ],
    [
      'a name twice, escaped',
      lying(`{"w":${JSON.stringify(f(0, 4))},"\\u0077" :${JSON.stringify(f(0, 4))}}`, 4),
      `'w' twice`,
    ],
    [
      'a key of a tensor twice',
      lying('{"w":{"dtype":"F32","dtype":"F16","shape":[],"data_offsets":[0,4]}}', 4),
      `'dtype' twice`,
    ],
    ['overlapping tensors', lying({ a: f(0, 8), b: f(4, 12) }, 12), `'b' overlaps`],
    ['a gap', lying({ a: f(0, 4), b: f(8, 12) }, 12), `4 bytes before tensor 'b'`],
    ['bytes of no tensor', lying({ a: f(0, 4) }, 12), 'last 8 bytes'],
    ['offsets outside the file', lying({ a: f(0, 4), b: f(4, 400) }, 8), 'lie outside the 8'],
    ['offsets the wrong way', lying({ a: tensor('F32', [1], 4, 0) }, 4), 'lie outside'],
    ['a shape that lies', lying({ a: tensor('F32', [3], 0, 4) }, 4), 'needs 12 bytes, its offsets give 4'],
    ['an endless shape', lying({ a: tensor('F32', [2 ** 40, 2 ** 40], 0, 4) }, 4), 'has no end'],
    ['a negative extent', lying({ a: tensor('F32', [-1], 0, 4) }, 4), 'no list of sizes'],
    ['a fraction', lying({ a: tensor('F32', [1.5], 0, 4) }, 4), 'no list of sizes'],
    ['one offset', lying({ a: { dtype: 'F32', shape: [], data_offsets: [0] } }, 4), 'no pair'],
    ['no dtype', lying({ a: { shape: [], data_offsets: [0, 4] } }, 4), 'no dtype'],
    ['a tensor that is null', lying({ a: null }, 0), 'no object'],
    ['metadata of numbers', lying({ __metadata__: { a: 1 } }, 0), 'metadata'],
  ])('%s is refused', (_, bytes, expected) => {
    const { problem } = read(bytes);
    expect(problem?.code).toBe('SOP0306');
    expect(problem?.message).toContain(expected);
  });

  test('names that objects inherit are names like others', () => {
    const { value } = read(
      lying(`{"__proto__":${JSON.stringify(f(0, 4))},"constructor":${JSON.stringify(f(4, 8))}}`, 8),
    );
    expect([...(value?.tensors.keys() ?? [])]).toEqual(['__proto__', 'constructor']);
  });
});

describe('properties', () => {
  const files = fc
    .dictionary(fc.string(), fc.array(fc.float({ noNaN: true }), { maxLength: 6 }))
    .map(contents => Object.entries(contents).filter(([name]) => name !== '__metadata__'));

  test('what is printed is read back', () => {
    fc.assert(
      fc.property(files, entries => {
        const bytes = safetensorsFile(
          entries.map(([name, list]) => ({ name, shape: [list.length], values: list })),
        );
        const { value } = read(bytes);
        const found = [...(value?.tensors ?? [])].map(([name, { type, start, end }]) => [
          name,
          [...readNumbers(type, bytes.subarray(start, end))],
        ]);
        expect(new Map(found as [string, number[]][])).toEqual(new Map(entries));
      }),
    );
  });

  test('random bytes and mutated files give a value or a coded diagnostic', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      files.chain(entries =>
        mutated(
          safetensorsFile(entries.map(([name, list]) => ({ name, shape: [list.length], values: list }))),
        ),
      ),
    );
    fc.assert(
      fc.property(bytes, each => {
        const { problem, value } = read(each);
        if (value === undefined) expect(problem?.code).toBe('SOP0306');
        else
          for (const { start, end } of value.tensors.values())
            expect(start >= 8 && end <= each.length).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
