/**
 * What users get wrong: each mistake has a code, and a message that names the operator,
 * what was expected, what came.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { type CreateOptions, type ParameterValue, SopError } from '../../runtime/index.ts';
import { type Create, type Imported, imported, single } from './support.ts';

const text = `
op wide(W: [7, 5]) : 5 -> 7 = dense(W)
op shuffled(p: index[4], q: index[2, 4], i: index[3]) : 4 -> 3 = take(4, i) * perm(q[1]) * perm(p)
export op_sized[6, 2] as blocks
op op_sized[n, b](L: [n/b, b, b]) : n -> n = blockdiag(L)
`;

let module: Imported;
beforeAll(async () => {
  const instances = ['wide', 'shuffled', 'blocks'].map(operator => ({ operator, sizes: [] }));
  module = await imported(text, { instances });
});

const create = (name: string, options?: CreateOptions) =>
  (module.exported[`create${name}`] as Create)(options);

/** Code and message of what is thrown. */
async function thrown(act: () => unknown): Promise<string> {
  try {
    await act();
  } catch (error) {
    if (error instanceof SopError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'nothing';
}

describe('parameters', () => {
  test.each<[string, Record<string, ParameterValue>, string]>([
    [
      'Blocks',
      {},
      'parameter-missing: blocks (op_sized[n=6, b=2]) needs L: [n/b, b, b] = [3, 2, 2] (12 values)',
    ],
    [
      'Blocks',
      { L: single(13, 1) },
      'parameter-shape: blocks (op_sized[n=6, b=2]) wants L: [n/b, b, b] = [3, 2, 2] (12 values), got 13',
    ],
    ['Wide', { V: single(35, 1) }, 'parameter-unknown: wide has no parameter V here; it has: W'],
    [
      'Wide',
      { W: new Uint16Array(35) },
      'parameter-dtype: wide wants W: [7, 5] = [7, 5] (35 values) as real numbers (Float32Array, Float64Array, ' +
        "an array of numbers, or { dtype: 'f16' | 'bf16', data: Uint16Array }), got Uint16Array",
    ],
    [
      'Shuffled',
      { p: [0, 1, 2, 1], q: [0, 1, 2, 3, 3, 2, 1, 0], i: [0, 0, 3] },
      'parameter-value: shuffled wants p: index[4] = [4] (4 values), each of 0 to 3 once; entries 1 and 3 are both 1',
    ],
    [
      'Shuffled',
      { p: [0, 1, 2, 3], q: [0, 1, 2, 3, 3, 2, 0, 0], i: [0, 0, 3] },
      'parameter-value: shuffled wants q: index[2, 4] = [2, 4] (8 values), each of 0 to 3 once along the last axis; ' +
        'entries 6 and 7 are both 0',
    ],
    [
      'Shuffled',
      { p: Int32Array.of(0, 1, 2, 3), q: [0, 1, 2, 3, 3, 2, 1, 0], i: BigInt64Array.of(0n, 4n, 3n) },
      'parameter-value: shuffled wants i: index[3] = [3] (3 values), each an integer from 0 to 3; entry 1 is 4',
    ],
    [
      'Shuffled',
      { p: [0, 1, 2, 3], q: [0, 1, 2, 3, 3, 2, 1, 0], i: [0.5, 0, 0] },
      'parameter-value: shuffled wants i: index[3] = [3] (3 values), each an integer from 0 to 3; entry 0 is 0.5',
    ],
  ])('%s %#', async (name, params, message) => {
    expect(await thrown(() => create(name, { params }))).toBe(message);
  });

  test('values that nobody could mean', async () => {
    for (const W of [
      'abc',
      null,
      {},
      [[1]],
      new DataView(new ArrayBuffer(8)),
      { dtype: 'f8', data: new Uint16Array(35) },
    ]) {
      const message = await thrown(() => create('Wide', { params: { W: W as unknown as ParameterValue } }));
      expect(message).toMatch(/^parameter-dtype: wide wants W/);
    }
  });

  test('indices of every kind', async () => {
    const params = {
      p: BigInt64Array.of(3n, 2n, 1n, 0n),
      q: Float64Array.of(0, 1, 2, 3, 3, 2, 1, 0),
      i: Int32Array.of(1, 1, 3),
    };
    const operator = await create('Shuffled', { params });
    expect([...operator.apply(Float32Array.of(10, 20, 30, 40))]).toEqual([20, 20, 40]);
    expect(await thrown(() => operator.update('p', [0, 0, 1, 2]))).toMatch(/^parameter-value/);
    operator.update('p', [0, 1, 2, 3]);
    expect([...operator.apply(Float32Array.of(10, 20, 30, 40))]).toEqual([30, 30, 10]);
  });
});

describe('calls', () => {
  const wide = () => create('Wide', { params: { W: single(35, 1) } });

  test.each<[string, (operator: Awaited<ReturnType<typeof wide>>) => unknown]>([
    ['input-length: wide: x has rows of 5 numbers, got 7', op => op.apply(single(7, 1))],
    ["input-length: wide': x has rows of 7 numbers, got 5", op => op.adjoint?.(single(5, 1))],
    [
      'input-length: wide: x has rows of 5 numbers, one every 8, got 20',
      op => op.apply(single(20, 1), { rowStride: 8 }),
    ],
    ['input-dtype: wide: x is a Float32Array, got Float64Array', op => op.apply(new Float64Array(5))],
    [
      'input-dtype: wide: x is a Float32Array, got Array',
      op => op.apply([1, 2, 3, 4, 5] as unknown as Float32Array),
    ],
    [
      'input-dtype: wide: x is a Float32Array, got undefined',
      op => op.apply(undefined as unknown as Float32Array),
    ],
    [
      'input-dtype: wide: out is a Float32Array, got Float64Array',
      op => op.apply(single(5, 1), { out: new Float64Array(7) }),
    ],
    [
      'output-length: wide: out has rows of 7 numbers, here 2 rows (14 numbers), got 13',
      op => op.apply(single(10, 1), { out: single(13, 1) }),
    ],
    [
      'row-stride: wide: rowStride is an integer of at least 5, got 4',
      op => op.apply(single(8, 1), { rowStride: 4 }),
    ],
    [
      'row-stride: wide: outRowStride is an integer of at least 7, got 7.5',
      op => op.apply(single(5, 1), { outRowStride: 7.5 }),
    ],
    [
      'parameter-unknown: wide has no parameter a here; it has: none',
      op => op.apply(single(5, 1), { call: { a: 1 } }),
    ],
    ['parameter-unknown: wide has no parameter V here; it has: W', op => op.update('V', 1)],
  ])('%s', async (message, act) => {
    const operator = await wide();
    expect(await thrown(() => act(operator))).toBe(message);
  });

  test('after dispose, by name or by `using`', async () => {
    const operator = await wide();
    operator[Symbol.dispose]();
    for (const act of [() => operator.apply(single(5, 1)), () => operator.update('W', single(35, 2))])
      expect(await thrown(act)).toBe('disposed: wide was disposed of');
  });
});

describe('the engine', () => {
  const params = { W: single(35, 1) };

  test('too little memory for the weights, and for a row', async () => {
    expect(await thrown(() => create('Wide', { params, memoryLimitBytes: 1000 }))).toMatch(
      /^out-of-memory: wide: no memory for its weights: \d+ bytes needed, the limit is 1000 \(memoryLimitBytes\)$/,
    );
    const text = 'op tall(d: [40000]) : 40000 -> 40000 = diag(d)';
    const createTall = (await imported(text)).exported['createTall'] as Create;
    const tall = await createTall({ params: { d: single(40000, 1) }, memoryLimitBytes: 262144 });
    expect(await thrown(() => tall.apply(single(40000, 1)))).toMatch(
      /^out-of-memory: tall: no memory for a row/,
    );
  });

  test('no SIMD, and a profile that was not built', async () => {
    expect(await thrown(() => create('Wide', { params, wasm: Uint8Array.of(0, 97, 115, 109) }))).toMatch(
      /^unsupported: layers needs WebAssembly with 128-bit SIMD/,
    );
    expect(await thrown(() => create('Wide', { params, profile: 'wasm-relaxed' }))).toBe(
      'option-unknown: layers was built for the profile wasm-simd128, not wasm-relaxed',
    );
  });
});
