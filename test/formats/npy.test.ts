import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseNpy, printNpy } from '../../src/formats/npy.ts';
import { mutated } from './mutate.ts';

/** A file by hand: a header text of any kind, padded as given, and a body. */
function file(header: string, body: Uint8Array | readonly number[], version = 1): Uint8Array {
  const length = new Uint8Array(version === 1 ? 2 : 4);
  for (let k = 0; k < length.length; k++) length[k] = (header.length >> (8 * k)) & 255;
  const text = [...header].map(letter => letter.charCodeAt(0));
  return Uint8Array.from([
    0x93,
    ...[...'NUMPY'].map(each => each.charCodeAt(0)),
    version,
    0,
    ...length,
    ...text,
    ...body,
  ]);
}

const head = (descr: string, shape: string, fortran = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;

const values = (bytes: Uint8Array) => {
  const parsed = parseNpy('x.npy', bytes);
  if (!parsed.ok) throw new Error(parsed.diagnostic.message);
  return parsed.value;
};

const problem = (bytes: Uint8Array): string => {
  const parsed = parseNpy('x.npy', bytes);
  return parsed.ok ? 'accepted' : `${parsed.diagnostic.code} ${parsed.diagnostic.message}`;
};

describe('reading', () => {
  test.each([
    ['<f8', [0, 0, 0, 0, 0, 0, 0xf8, 0x3f], 1.5],
    ['>f8', [0x3f, 0xf8, 0, 0, 0, 0, 0, 0], 1.5],
    ['<f4', [0, 0, 0xc0, 0x3f], 1.5],
    ['=f4', [0, 0, 0xc0, 0x3f], 1.5],
    ['>f4', [0x3f, 0xc0, 0, 0], 1.5],
    ['<f2', [0x00, 0x3e], 1.5],
    ['>f2', [0x3e, 0x00], 1.5],
    ['<i8', [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], -2],
    ['>i4', [0xff, 0xff, 0xff, 0xfe], -2],
    ['<i2', [0xfe, 0xff], -2],
    ['|i1', [0xfe], -2],
    ['<u8', [1, 0, 0, 0, 1, 0, 0, 0], 2 ** 32 + 1],
    ['<u4', [0xfe, 0xff, 0xff, 0xff], 2 ** 32 - 2],
    ['>u2', [1, 2], 258],
    ['|u1', [200], 200],
    ['|b1', [7], 1],
  ])('one %s', (descr, body, expected) => {
    for (const version of [1, 2, 3]) {
      const read = values(file(head(descr, '()'), body, version));
      expect([...read.values]).toEqual([expected]);
      expect(read.shape).toEqual([]);
    }
  });

  test('Fortran order is turned into C order', () => {
    // [[[0,1,2],[3,4,5]], ...] of shape 2x2x3, written first axis fastest.
    const [a, b, c] = [2, 2, 3];
    const body: number[] = [];
    for (let k = 0; k < c; k++)
      for (let j = 0; j < b; j++) for (let i = 0; i < a; i++) body.push((i * b + j) * c + k);
    const read = values(file(head('|u1', '(2, 2, 3)', 'True'), body));
    expect([...read.values]).toEqual(Array.from({ length: 12 }, (_, i) => i));
    expect(values(file(head('|u1', '(2, 0)', 'True'), [])).values).toHaveLength(0);
    expect([...values(file(head('|u1', '()', 'True'), [9])).values]).toEqual([9]);
  });

  test.each([
    ['an empty file', new Uint8Array(0), 'SOP0304'],
    ['another format', new TextEncoder().encode('PK\u0003\u0004 not an array'), 'magic number'],
    ['a version of the future', file(head('<f4', '()'), [0, 0, 0, 0], 9), 'version 9'],
    ['half a header', file(head('<f4', '()'), [0, 0, 0, 0]).slice(0, 30), 'ends inside the header'],
    ['a header beyond the file', file(head('<f4', '()'), []).slice(0, 11), 'ends inside the header'],
    ['a body cut short', file(head('<f4', '(3,)'), [0, 0, 0, 0]), 'needs 12 bytes, but 4 follow'],
    ['a body too long', file(head('<f4', '(1,)'), [0, 0, 0, 0, 0]), 'needs 4 bytes, but 5 follow'],
    ['an endless shape', file(head('<f4', '(9007199254740991, 4)'), []), 'has no end'],
    ['an extent beyond counting', file(head('<f4', '(99999999999999999999, 0)'), []), 'has no end'],
    ['too many axes', file(head('<f4', `(${'1, '.repeat(65)})`), [0, 0, 0, 0]), '65 axes'],
    ['complex numbers', file(head('<c8', '(1,)'), new Uint8Array(8)), 'SOP0305'],
    ['objects', file(head('|O', '(1,)'), new Uint8Array(8)), 'SOP0305'],
    ['records', file(`{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}`, []), 'records'],
    ['a shape that is a list', file(head('<f4', '[1]'), [0, 0, 0, 0]), `value of 'shape'`],
    ['a negative extent', file(head('<f4', '(-1,)'), []), 'whole numbers'],
    ['a key twice', file(`{'shape': (), 'shape': ()}`, []), 'twice'],
    ['no order', file(`{'descr': '<f4', 'shape': ()}`, []), 'fortran_order'],
    ['no dict', file('[]', []), 'no dict'],
    ['a dict without end', file(`{'descr': '<f4'`, []), 'does not end'],
    ['text after the dict', file(`${head('<f4', '()')}{}`, [0, 0, 0, 0]), 'text follows'],
    ['a header of a gigabyte', Uint8Array.from([...file('', [], 2).slice(0, 8), 0, 0, 0, 64]), 'claims'],
  ])('%s is refused', (_, bytes, expected) => {
    expect(problem(bytes)).toContain(expected);
  });
});

describe('properties', () => {
  const shapes = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 });
  const anyFile = shapes.chain(shape => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    const numbers = fc.array(fc.double(), { minLength: size, maxLength: size });
    return fc.tuple(numbers, fc.boolean()).map(([list, wide]) => {
      const array = wide ? Float64Array.from(list) : Float32Array.from(list);
      return { shape, array };
    });
  });

  test('what is printed is read back', () => {
    fc.assert(
      fc.property(anyFile, ({ shape, array }) => {
        const bytes = printNpy(shape, array);
        const read = values(bytes);
        expect((bytes.length - array.byteLength) % 64).toBe(0);
        expect(read.type).toBe(array instanceof Float64Array ? 'f64' : 'f32');
        expect(read.shape).toEqual(shape);
        expect([...read.values]).toEqual([...array]);
      }),
    );
  });

  test('random bytes and mutated files give a value or a coded diagnostic', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      anyFile.chain(({ shape, array }) => mutated(printNpy(shape, array))),
    );
    fc.assert(
      fc.property(bytes, each => {
        const parsed = parseNpy('x.npy', each);
        if (parsed.ok) expect(parsed.value.values.length).toBe(parsed.value.shape.reduce((a, b) => a * b, 1));
        else expect(parsed.diagnostic.code).toMatch(/^SOP030[45]$/);
      }),
      { numRuns: 1000 },
    );
  });
});
