import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseNpy, printNpy } from '../../src/formats/npy.ts';
import { type FileTensor, safetensorsFile } from '../formats/safetensorsFile.ts';
import { workplace } from './harness.ts';

const source = `op wide[n, m](W: [m, n]) : n -> m = dense(W)
op shuffled[n](p: index[n], d: [n]) : n -> n = perm(p) * diag(d)
op picked[n, k](idx: index[k]) : n -> k = take(n, idx)
op layer[n](W: [n, n], b: [n]) : n -> n = dense(W) |> bias(b) |> relu
op given[n](d: [n] = normal("d", 2)) : n -> n = diag(d)
op derived[n](d: [n] = tabulate(t < n) (4 * t + 1), e: [n] = 1.5, s: [] = 3) : n -> n = s * diag(e * d)
op blend[n](call a: [], d: [n]) : n -> n = a * diag(d)
export wide[3, 2] as wide3
`;
const { sop, path, write } = workplace({ 'f.sop': source });

const npy = (name: string, shape: readonly number[], values: readonly number[]) =>
  write(name, printNpy(shape, Float64Array.from(values)));
const tensors = (name: string, ...list: FileTensor[]) => write(name, safetensorsFile(list));
const readNpyFile = (name: string) => {
  const parsed = parseNpy(name, readFileSync(path(name)));
  if (!parsed.ok) throw new Error(parsed.diagnostic.message);
  return parsed.value;
};
const json = async (line: string) => {
  const { code, out, err } = await sop(`${line} --json`);
  if (code !== 0) throw new Error(out + err);
  return JSON.parse(out);
};

// W = [[1, 2, 3], [4, 5, 6]].
tensors('w.safetensors', { name: 'W', shape: [2, 3], values: [1, 2, 3, 4, 5, 6] });
npy('ones.npy', [3], [1, 1, 1]);
npy('x.npy', [2, 3], [1, 0, 0, 1, 1, 1]);
const wide = 'run f.sop --op wide3 --params w.safetensors';

describe('modes, by the module and by the reference', () => {
  test.each(['wasm', 'wasm --dtype f64', 'wasm --profile wasm-relaxed', 'reference'])('%s', async backend => {
    const values = async (line: string) => {
      const { output } = await json(`${wide} ${line} --backend ${backend}`);
      return [output.shape, output.values];
    };
    npy('z.npy', [1, 2], [1, 10]);
    expect(await values('--input x.npy')).toEqual([
      [2, 2],
      [1, 4, 6, 15],
    ]);
    expect(await values('--mode adjoint --input z.npy')).toEqual([
      [1, 3],
      [41, 52, 63],
    ]);
    expect(await values('--mode transpose --input x=z.npy')).toEqual([
      [1, 3],
      [41, 52, 63],
    ]);
    expect(await values('--mode dense')).toEqual([
      [2, 3],
      [1, 2, 3, 4, 5, 6],
    ]);
    tensors(
      'd.safetensors',
      { name: 'd', shape: [3], values: [5, 7, 11] },
      { name: 'p', shape: [3], values: [2, 0, 1], dtype: 'I64' },
    );
    const square = await json(
      `run f.sop --op given -D n=3 --params d.safetensors --mode diag --backend ${backend}`,
    );
    expect(square.output).toEqual({ shape: [3], values: [5, 7, 11] });
    const trace = await json(
      `run f.sop --op given -D n=3 --params d.safetensors --mode trace --backend ${backend}`,
    );
    expect(trace.output).toEqual({ shape: [], values: [23] });
    const shuffled = await json(
      `run f.sop --op shuffled -D n=3 --params d.safetensors --mode dense --backend ${backend}`,
    );
    expect(shuffled.output.values).toEqual([0, 0, 11, 5, 0, 0, 0, 7, 0]);
  });

  test('what has no such mode says why', async () => {
    const dense = await sop('run f.sop --op layer -D n=3 --mode dense');
    expect([dense.code, dense.err]).toEqual([2, expect.stringContaining('layer has no dense: it is a map')]);
    const trace = await sop('run f.sop --op wide3 --mode trace');
    expect([trace.code, trace.err]).toEqual([2, expect.stringContaining('it is not square (3 -> 2)')]);
    const huge = await sop('run f.sop --op given -D n=100000 --mode dense --backend reference');
    expect([huge.code, huge.err]).toEqual([2, expect.stringContaining('10000000000 entries')]);
  });
});

describe('what is not given is drawn, and said to be', () => {
  test('the same seed gives the same numbers, for both backends', async () => {
    const run = (line: string) => json(`run f.sop --op layer -D n=5 --batch 7 ${line}`);
    const [first, again, other, reference] = [
      await run('--seed 3'),
      await run('--seed 3'),
      await run('--seed 4'),
      await run('--seed 3 --backend reference'),
    ];
    expect(first.output).toEqual(again.output);
    expect(first.output.values).not.toEqual(other.output.values);
    expect(first.parameters).toEqual([
      { name: 'W', from: 'drawn' },
      { name: 'b', from: 'drawn' },
    ]);
    expect(first.input).toMatchObject({ shape: [7, 5], from: 'drawn' });
    expect(first.output.values).toHaveLength(35);
    reference.output.values.forEach((value: number, k: number) => {
      expect(Math.abs(value - first.output.values[k])).toBeLessThan(2e-6);
    });
    expect(first.output.values.some((value: number) => value > 0)).toBe(true);
  });

  test('in words', async () => {
    const { code, out, err } = await sop('run f.sop --op shuffled -D n=4 --seed 9');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('shuffled: shuffled[n=4], 4 -> 4, apply (wasm-simd128, f32)\n');
    expect(out).toContain('p, d: drawn from seed 9, no values were given\n');
    expect(out).toContain('x [1, 4]: drawn from seed 9\n');
    expect((await sop('run f.sop --op given -D n=4')).out).toContain('d: declared defaults, seed 0\n');
  });

  test('declared defaults are those of the generated module', async () => {
    const line = 'run f.sop --op given -D n=5 --mode diag --seed 2';
    const [own, reference] = [await json(line), await json(`${line} --backend reference`)];
    expect(own.parameters).toEqual([{ name: 'd', from: 'default' }]);
    reference.output.values.forEach((value: number, k: number) => {
      expect(own.output.values[k]).toBe(Math.fround(value));
    });
  });

  test('defaults that are expressions; one number fills', async () => {
    const line = 'run f.sop --op derived -D n=3 --mode diag';
    for (const backend of ['wasm', 'reference']) {
      const { parameters, output } = await json(`${line} --backend ${backend}`);
      expect(parameters.map((each: { from: string }) => each.from)).toEqual([
        'default',
        'default',
        'default',
      ]);
      expect(output.values).toEqual([4.5, 22.5, 40.5]);
      const given = await json(`${line} --input d=ones.npy --backend ${backend}`);
      expect(given.output.values).toEqual([4.5, 4.5, 4.5]);
    }
  });

  test('batches of none, of one, and beyond a tile', async () => {
    for (const batch of [0, 1, 17]) {
      const { output } = await json(`run f.sop --op wide3 --batch ${batch}`);
      expect(output.shape).toEqual([batch, 2]);
      expect(output.values).toHaveLength(2 * batch);
    }
    const { output } = await json('run f.sop --op wide -D n=0 -D m=2 --batch 3');
    expect(output).toEqual({ shape: [3, 2], values: [0, 0, 0, 0, 0, 0] });
  });
});

describe('files', () => {
  test('leading axes are kept, and the output is an .npy of the precision of the kernels', async () => {
    npy('grid.npy', [2, 1, 3], [1, 0, 0, 0, 0, 1]);
    const { code, out } = await sop(`${wide} --input grid.npy --output y.npy`);
    expect([code, out]).toEqual([0, expect.stringContaining('y [2, 1, 2]: ')]);
    expect(out).toContain('written to y.npy');
    expect(readNpyFile('y.npy')).toMatchObject({
      type: 'f32',
      shape: [2, 1, 2],
      values: Float64Array.of(1, 4, 3, 6),
    });
    await sop(`${wide} --input grid.npy --output y.npy --backend reference`);
    expect(readNpyFile('y.npy').type).toBe('f64');
    npy('row.npy', [3], [1, 1, 1]);
    expect((await json(`${wide} --input row.npy`)).output).toEqual({ shape: [2], values: [6, 15] });
  });

  test('--map renames and transposes; qualified names come before plain ones', async () => {
    tensors(
      't.safetensors',
      { name: 'net.0:w', shape: [3, 2], values: [1, 4, 2, 5, 3, 6] },
      { name: 'W', shape: [2, 3], values: [9, 9, 9, 9, 9, 9] },
    );
    const mapped = await json('run f.sop --op wide3 --mode dense --params t.safetensors --map W=net.0:w:T');
    expect(mapped.output.values).toEqual([1, 2, 3, 4, 5, 6]);
    expect(mapped.parameters).toEqual([
      { name: 'W', from: 'file', source: 't.safetensors: net.0:w, transposed' },
    ]);
    tensors(
      'q.safetensors',
      { name: 'W', shape: [2, 3], values: [9, 9, 9, 9, 9, 9] },
      { name: 'wide3.W', shape: [2, 3], values: [1, 2, 3, 4, 5, 6] },
    );
    const qualified = await json('run f.sop --op wide3 --mode dense --params q.safetensors');
    expect(qualified.output.values).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('--input fills parameters by name, those of each call too', async () => {
    npy('a.npy', [], [3]);
    npy('d.npy', [2], [1, 2]);
    const { output } = await json('run f.sop --op blend -D n=2 --mode diag --input a=a.npy --input d=d.npy');
    expect(output.values).toEqual([3, 6]);
  });

  test('index values are checked where they arrive', async () => {
    const index = (values: number[], dtype: 'I64' | 'F32' = 'I64') =>
      tensors(
        'i.safetensors',
        { name: 'p', shape: [3], values, dtype },
        { name: 'idx', shape: [3], values, dtype },
      );
    const fails = async (line: string) => {
      const { code, err } = await sop(`run f.sop ${line} --params i.safetensors`);
      return `${code} ${err.split('\n')[0]}`;
    };
    index([0, 2, 3]);
    expect(await fails('--op shuffled -D n=3')).toBe(
      '1 error[SOP0311]: p holds 3 at position 2; its values lie in 0..2',
    );
    expect(await fails('--op picked -D n=3 -D k=3')).toContain('SOP0311');
    expect(await fails('--op picked -D n=4 -D k=3')).toBe('0 ');
    index([0, 1, 0]);
    expect(await fails('--op shuffled -D n=3')).toBe(
      '1 error[SOP0312]: p is no permutation: 0 stands at positions 0 and 2',
    );
    index([-1, 1, 0]);
    expect(await fails('--op shuffled -D n=3')).toContain('SOP0311');
    index([0, 1, 2], 'F32');
    expect(await fails('--op shuffled -D n=3')).toBe(
      '1 error[SOP0310]: p holds indices, but the tensor given holds f32 values',
    );
  });

  test.each([
    ['a missing parameter file', '--params none.safetensors', 'SOP0301', 'no such file'],
    ['a folder', '--params .', 'SOP0301', 'it is a folder'],
    ['a parameter file that never ends', '--params /dev/zero', 'SOP0301', 'it is no file'],
    ['an input that never ends', '--input /dev/zero', 'SOP0301', 'it is no file'],
    ['a parameter file that is none', '--params f.sop', 'SOP0306', 'its header claims'],
    ['a parameter file cut short', '--params short.safetensors', 'SOP0306', 'lie outside'],
    ['a tensor that is not there', '--params w.safetensors --map W=w', 'SOP0308', `did you mean 'W'?`],
    [
      'a parameter that is not there',
      '--params w.safetensors --map V=W',
      'SOP0336',
      `wide3 has no parameter 'V'; it has W`,
    ],
    ['a map of nonsense', '--params w.safetensors --map W', 'SOP0331', 'parameter=tensor.name[:T]'],
    [
      'a shape that does not fit',
      '--params tall.safetensors',
      'SOP0309',
      'W is declared [m, n], here [2, 3]; the tensor given is [3, 2]',
    ],
    ['and its hint', '--params tall.safetensors', 'SOP0309', '--map W=tensor:T reads it transposed'],
    ['a type that cannot be read', '--params odd.safetensors', 'SOP0307', 'F8_E4M3'],
    ['an input that is not there', '--input none.npy', 'SOP0301', 'no such file'],
    ['an input that is none', '--input f.sop', 'SOP0304', 'magic number'],
    ['an input cut short', '--input short.npy', 'SOP0304', 'needs 48 bytes'],
    [
      'an input of another length',
      '--input tall.npy',
      'SOP0313',
      'wide3 takes inputs of 3 numbers [..., 3]; tall.npy is [3, 2]',
    ],
    ['an input without an axis', '--input dot.npy', 'SOP0313', 'dot.npy is []'],
    ['two inputs', '--input x.npy --input x.npy', 'SOP0330', 'twice'],
    [
      'rows of an input that brings its own',
      '--input x.npy --batch 2',
      'SOP0330',
      '--batch is for drawn inputs',
    ],
    ['an output that cannot be', '--output f.sop/y.npy', 'SOP0314', 'cannot write f.sop/y.npy'],
  ])('%s', async (_, line, code, message) => {
    write('short.safetensors', readFileSync(path('w.safetensors')).subarray(0, -4));
    write('short.npy', readFileSync(path('x.npy')).subarray(0, -8));
    tensors('tall.safetensors', { name: 'W', shape: [3, 2], values: [1, 2, 3, 4, 5, 6] });
    npy('tall.npy', [3, 2], [1, 2, 3, 4, 5, 6]);
    npy('dot.npy', [], [1]);
    const odd = `{"W":{"dtype":"F8_E4M3","shape":[2,3],"data_offsets":[0,6]}}`;
    write('odd.safetensors', `${String.fromCharCode(odd.length)}${'\0'.repeat(7)}${odd}${' '.repeat(6)}`);
    const ended = await sop(`run f.sop --op wide3 ${line}`);
    expect(ended.code).toBe(code === 'SOP0330' || code === 'SOP0331' || code === 'SOP0336' ? 2 : 1);
    expect(ended.out).toBe('');
    expect(ended.err).toContain(`error[${code}]`);
    expect(ended.err).toContain(message);
  });
});
