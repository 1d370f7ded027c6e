import { mkdirSync, symlinkSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { workplace } from './harness.ts';

const good = 'op f[n](d: [n]) : n -> n = diag(d)\nexport f[3] as f3\n';
const { sop, write, path, folder } = workplace({
  'good.sop': good,
  'bad.sop':
    'op f[n, b](L: [n/b, b, b]) : n -> n\n\t= blockdag(L)\nexport f[12, 4] as f12\nexport f[24, 4] as f24\n',
  'inexact.sop': 'op f[n, b](L: [n/b, b, b]) : n -> n = blockdiag(L)\nexport f[12, 5] as f12\n',
});

test('what is right says nothing', async () => {
  expect(await sop('check good.sop')).toEqual({ code: 0, out: '', err: '' });
  const { code, out } = await sop('check good.sop --json');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toEqual({ ok: true, files: ['good.sop'], diagnostics: [] });
});

test('a mistake is framed, once for both exports, counted, and the exit code is 1', async () => {
  const { code, out, err } = await sop('check bad.sop');
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toContain(
    ['  --> bad.sop:2:4', '   |', ' 2 |     = blockdag(L)', '   |       ^^^^^^^^'].join('\n'),
  );
  expect(err.match(/blockdag/g)).toHaveLength(err.match(/\[SOP\d+\]: .*blockdag/g)?.length === 1 ? 2 : 0);
  expect(err).toMatch(/did you mean 'blockdiag'\?/);
  expect(err.trimEnd().split('\n').at(-1)).toBe('1 error; sop explain --code SOP0201 says more');
});

test('sizes are spoken of in the symbols of the user', async () => {
  const { code, err } = await sop('check inexact.sop');
  expect(code).toBe(1);
  expect(err).toContain('n/b');
});

test('an inverse that no rule takes apart is told by check, as by build', async () => {
  write('inverse.sop', 'op f(A: [3, 3], d: [3]) : 3 -> 3 = inv(dense(A) + diag(d))\n');
  const checked = await sop('check inverse.sop');
  expect([checked.code, checked.err]).toEqual([1, expect.stringContaining('SOP0222')]);
  expect(await sop('build inverse.sop')).toEqual(checked);
  write('inverse.sop', 'op f(d: [3]) : 3 -> 3 = inv(diag(d))\n');
  expect(await sop('check inverse.sop')).toEqual({ code: 0, out: '', err: '' });
});

test('several files: each is checked, one that cannot be read keeps none from it', async () => {
  const { code, out } = await sop('check bad.sop missing.sop good.sop inexact.sop --json');
  expect(code).toBe(1);
  const { ok, diagnostics } = JSON.parse(out);
  expect(ok).toBe(false);
  const places = diagnostics.map(
    (each: { code: string; place?: { file: string } }) => each.place?.file ?? each.code,
  );
  expect([...new Set(places)]).toEqual(['SOP0301', 'bad.sop', 'inexact.sop']);
  expect(diagnostics[1].place.start).toEqual({ offset: 39, line: 2, column: 4 });
});

test('colour is for terminals that want it', async () => {
  const coloured = '\u001b[';
  expect((await sop('check bad.sop')).err).not.toContain(coloured);
  expect((await sop('check bad.sop', { terminal: true })).err).toContain(coloured);
  expect((await sop('check bad.sop', { terminal: true, env: { NO_COLOR: '1' } })).err).not.toContain(
    coloured,
  );
  expect((await sop('check bad.sop', { terminal: true, env: { TERM: 'dumb' } })).err).not.toContain(coloured);
});

describe('sources of every kind', () => {
  test('a byte order mark and Windows line ends', async () => {
    write('windows.sop', `\ufeff${good.replaceAll('\n', '\r\n')}`);
    expect((await sop('check windows.sop')).code).toBe(0);
    write('windows-bad.sop', '\ufeffop f[n](d: [n]) : n -> n\r\n  = diag(e)\r\nexport f[3] as g\r\n');
    const { err } = await sop('check windows-bad.sop');
    expect(err).toContain('windows-bad.sop:2:10\n   |\n 2 |   = diag(e)\n   |          ^\n');
  });

  test('bytes that are no UTF-8, with the place of the first', async () => {
    write('latin.sop', Uint8Array.from([0x2f, 0x2f, 0xc3, 0xa9, 0x0a, 0xe9, 0x0a]));
    const { code, err } = await sop('check latin.sop');
    expect(code).toBe(1);
    expect(err).toContain('error[SOP0302]: latin.sop is not UTF-8 text: byte 5 begins no character');
    write('cut.sop', Uint8Array.from([0x2f, 0x2f, 0xc3]));
    expect((await sop('check cut.sop')).err).toContain('byte 2');
  });

  test('an empty file, a file of comments', async () => {
    write('empty.sop', '');
    write('comments.sop', '// nothing\n/// documentation of nothing');
    expect((await sop('check empty.sop')).code).toBe(0);
    expect((await sop('check comments.sop')).err).not.toContain('mistake of its own');
  });

  test('more than a mebibyte is not read', async () => {
    write('large.sop', `${good}//${'x'.repeat(2 ** 20)}`);
    const { code, err } = await sop('check large.sop');
    expect(code).toBe(1);
    expect(err).toMatch(/SOP0303\]: large\.sop holds 10\d+ bytes; the limit is 1048576/);
    write('limit.sop', good.padEnd(2 ** 20, '\n'));
    expect((await sop('check limit.sop')).code).toBe(0);
  });

  test('a folder, a path through a file, an endless device', async () => {
    expect((await sop(['check', folder])).err).toContain('SOP0301');
    expect((await sop(['check', folder])).err).toContain('it is a folder');
    expect((await sop('check good.sop/x.sop')).err).toContain('a part of its path is no folder');
    expect((await sop('check /dev/zero')).err).toContain('SOP0303');
    expect((await sop('check /dev/null')).code).toBe(0);
  });
});

describe('use', () => {
  const user = 'use "lib/part.sop" (part)\nop f[n](d: [n]) : n -> n = part[n](d)\nexport f[3] as f3\n';
  const part = 'op part[n](d: [n]) : n -> n = diag(d)\n';

  test('reads inside the project, up to the folder with package.json, by names seen from here', async () => {
    write('project/package.json', '{}');
    write('project/part.sop', part);
    write('project/deep/user.sop', user.replace('lib/part.sop', '../part.sop'));
    expect(await sop('check project/deep/user.sop')).toEqual({ code: 0, out: '', err: '' });
    write('project/part.sop', 'op part[n](d: [n]) : n -> n = diag(e)\n');
    expect((await sop('check project/deep/user.sop')).err).toContain('--> project/part.sop:1:36');
  });

  test('reads nothing outside, not by dots, not by links, not through them', async () => {
    write('outside.sop', part);
    write('closed/package.json', '{}');
    write('closed/user.sop', user.replace('lib/part.sop', '../outside.sop'));
    expect((await sop('check closed/user.sop')).err).toMatch(/SOP0217.*outside\.sop/);
    symlinkSync(path('outside.sop'), path('closed/link.sop'));
    write('closed/user.sop', user.replace('lib/part.sop', 'link.sop'));
    expect((await sop('check closed/user.sop')).err).toMatch(/SOP0217.*link\.sop/);
    mkdirSync(path('elsewhere'));
    write('elsewhere/part.sop', part);
    symlinkSync(path('elsewhere'), path('closed/lib'));
    write('closed/user.sop', user);
    expect((await sop('check closed/user.sop')).err).toMatch(/SOP0217.*part\.sop/);
    expect((await sop('check closed/user.sop')).err).toContain(
      '= note: a symbolic link leads out of the project',
    );
    write('closed/odd.sop', Uint8Array.of(0xff));
    write('closed/user.sop', user.replace('lib/part.sop', 'odd.sop'));
    expect((await sop('check closed/user.sop')).err).toContain('= note: odd.sop is not UTF-8 text');
    write('closed/odd.sop', part.padEnd(2 ** 20 + 1));
    expect((await sop('check closed/user.sop')).err).toContain('= note: it holds more than 1048576 bytes');
    symlinkSync(path('closed/inside.sop'), path('closed/alias.sop'));
    write('closed/inside.sop', part);
    write('closed/user.sop', user.replace('lib/part.sop', 'alias.sop'));
    expect((await sop('check closed/user.sop')).code).toBe(0);
  });

  test('a folder without package.json is a root of its own', async () => {
    write('alone/user.sop', user.replace('lib/part.sop', '../outside.sop'));
    expect((await sop('check alone/user.sop')).err).toMatch(/SOP0217.*outside/);
  });
});
