import fc from 'fast-check';
import { expect, test } from 'vitest';
import { printNpy } from '../../src/formats/npy.ts';
import { mutated } from '../formats/mutate.ts';
import { safetensorsFile } from '../formats/safetensorsFile.ts';
import { workplace } from './harness.ts';

const source = `op wide[n, m](W: [m, n], b: [m]) : n -> m = dense(W) |> bias(b)
op shuffled[n](p: index[n]) : n -> n = perm(p)
export wide[3, 2] as wide3
export shuffled[3] as s3
`;
const { sop, write } = workplace({
  'f.sop': source,
  'x.npy': printNpy([2, 3], new Float32Array(6)),
  'p.safetensors': safetensorsFile([{ name: 'p', shape: [3], values: [2, 0, 1], dtype: 'I64' }]),
});

const commands = ['check', 'fmt', 'build', 'run', 'verify', 'explain', 'help', 'none'];
const paths = ['f.sop', 'f.sop', 'f.sop', 'x.npy', 'p.safetensors', 'none', '.', '/dev/null', '', '-'];
const values = {
  '--op': ['wide3', 'wide', 's3', 'shuffled', ''],
  '-D': ['n=3', 'm=2', 'n=0', 'p=1', 'n'],
  '--mode': ['apply', 'adjoint', 'transpose', 'dense', 'diag', 'trace', 'solve'],
  '--backend': ['reference', 'wasm'],
  '--params': ['p.safetensors', 'x.npy', 'none'],
  '--map': ['W=p', 'p=p:T', 'p=q', '='],
  '--input': ['x.npy', 'x=x.npy', 'b=x.npy', 'f.sop', 'a=b=c'],
  '--batch': ['0', '2', 'x'],
  '--seed': ['1', '-1'],
  '--out': ['o', 'f.sop'],
  '--output': ['o.npy', 'f.sop/o', '.'],
  '--format': ['svg', 'json', 'text', ''],
  '--dtype': ['f64', 'f16'],
  '--code': ['SOP0301', 'x'],
};

test('no command line is a mistake of ours', async () => {
  const valued = fc
    .constantFrom(...Object.entries(values))
    .chain(([flag, known]) => fc.tuple(fc.constant(flag), fc.constantFrom(...known)));
  const plain = fc
    .constantFrom('--json', '--help', '--check', '--stdin', '--no-inline', '--')
    .map(flag => [flag]);
  const rest = fc.array(fc.oneof({ weight: 4, arbitrary: valued }, plain), { maxLength: 5 });
  const line = fc.tuple(fc.constantFrom(...commands), fc.constantFrom(...paths), rest);
  const codes = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(line, async ([command, path, flags]) => {
      const argv = [command, path, ...flags.flat()];
      const { code, err } = await sop(argv);
      codes.set(code, (codes.get(code) ?? 0) + 1);
      expect(code, `${argv.join(' ')}\n${err}`).toBeLessThan(3);
    }),
    { numRuns: 200 },
  );
  expect([...codes.keys()].sort()).toEqual([0, 1, 2]);
});

test('no parameter file, no input is a mistake of ours', async () => {
  const x = mutated(printNpy([2, 3], Float32Array.from([1, 2, 3, 4, 5, 6])));
  const p = mutated(safetensorsFile([{ name: 'p', shape: [3], values: [2, 0, 1], dtype: 'I64' }]));
  await fc.assert(
    fc.asyncProperty(x, p, async (input, params) => {
      write('mutated.npy', input);
      write('mutated.safetensors', params);
      const line = 'run f.sop --op s3 --backend reference --input mutated.npy --params mutated.safetensors';
      const { code, err } = await sop(line);
      expect(code, err).toBeLessThan(2);
    }),
    { numRuns: 60 },
  );
});
