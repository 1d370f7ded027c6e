import { chmodSync, lstatSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
import { workplace } from './harness.ts';

const neat = '// a comment\nop f[n](d: [n]) : n -> n = diag(d)\n';
const untidy = '// a comment\nop   f[ n ](d:[n]):n->n=diag( d )';
const { sop, write, path } = workplace({ 'neat.sop': neat, 'wrong.sop': 'op f[n = diag\n' });
const text = (name: string) => readFileSync(path(name), 'utf8');

test('files are rewritten in place and named; those in the form are not touched', async () => {
  write('a.sop', untidy);
  const before = statSync(path('neat.sop')).ino;
  expect(await sop('fmt a.sop neat.sop')).toEqual({ code: 0, out: 'a.sop\n', err: '' });
  expect(text('a.sop')).toBe(neat);
  expect(statSync(path('neat.sop')).ino).toBe(before);
  expect(await sop('fmt a.sop neat.sop')).toEqual({ code: 0, out: '', err: '' });
});

test('links stay links and modes stay', async () => {
  write('b.sop', untidy);
  chmodSync(path('b.sop'), 0o640);
  symlinkSync('b.sop', path('link.sop'));
  expect((await sop('fmt link.sop')).code).toBe(0);
  expect(lstatSync(path('link.sop')).isSymbolicLink()).toBe(true);
  expect(text('b.sop')).toBe(neat);
  expect(statSync(path('b.sop')).mode & 0o777).toBe(0o640);
});

test('--check writes nothing and is exit code 1 when there is something to do', async () => {
  write('c.sop', untidy);
  expect(await sop('fmt --check c.sop neat.sop')).toEqual({
    code: 1,
    out: 'c.sop is not formatted\n',
    err: '',
  });
  expect(text('c.sop')).toBe(untidy);
  expect(await sop('fmt --check neat.sop')).toEqual({ code: 0, out: '', err: '' });
  expect(JSON.parse((await sop('fmt --check --json c.sop')).out)).toEqual({
    ok: false,
    changed: ['c.sop'],
    diagnostics: [],
  });
});

test('what does not parse is left as it is, and told; the others are formatted', async () => {
  write('d.sop', untidy);
  const { code, out, err } = await sop('fmt wrong.sop missing.sop d.sop');
  expect([code, out]).toEqual([1, 'd.sop\n']);
  expect(err).toContain('--> wrong.sop:1:');
  expect(err).toContain('cannot read missing.sop');
  expect(text('wrong.sop')).toBe('op f[n = diag\n');
});

test('--stdin is a filter', async () => {
  expect(await sop('fmt --stdin', { stdin: untidy })).toEqual({ code: 0, out: neat, err: '' });
  expect(await sop('fmt --stdin --check', { stdin: untidy })).toMatchObject({
    code: 1,
    out: '<stdin> is not formatted\n',
  });
  expect(await sop('fmt --stdin --check', { stdin: neat })).toEqual({ code: 0, out: '', err: '' });
  const wrong = await sop('fmt --stdin', { stdin: 'op f[n = diag\n' });
  expect([wrong.code, wrong.out]).toEqual([1, '']);
  expect(wrong.err).toContain('--> <stdin>:1:');
  expect((await sop('fmt --stdin', { stdin: Uint8Array.of(0xff) })).err).toContain('SOP0302');
  expect((await sop('fmt --stdin', { stdin: 'x'.repeat(2 ** 20 + 1) })).err).toContain('SOP0303');
  expect((await sop('fmt --stdin neat.sop')).code).toBe(2);
  expect((await sop('fmt')).code).toBe(2);
});
