/** The real program in a process of its own: exit codes, streams that close early, the demo. */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, test, vi } from 'vitest';
import { workplace } from './harness.ts';

const root = join(import.meta.dirname, '../..');
const main = join(root, 'src/cli/main.ts');
const { folder, path } = workplace({
  'good.sop': 'op f[n](d: [n]) : n -> n = diag(d)\nexport f[3] as f3\n',
  'bad.sop': 'op f(d: [3]) : 3 -> 3 = diag(e)\n',
});

interface Child {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function node(args: readonly string[], { stdin = '', closeEarly = false } = {}): Promise<Child> {
  const child = spawn(process.execPath, args, { cwd: folder, env: { ...process.env, NODE_OPTIONS: '' } });
  const texts = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', text => {
    texts.out += text;
    if (closeEarly) child.stdout.destroy();
  });
  child.stderr.setEncoding('utf8').on('data', text => {
    texts.err += text;
  });
  child.stdin.end(stdin);
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', code => resolve({ code, ...texts }));
  });
}

/** A process takes most of a second to start, more where many start at once. */
vi.setConfig({ testTimeout: 60_000 });

describe('exit codes reach the shell, and nothing but the answer reaches stdout', () => {
  test.each([
    [0, ['check', 'good.sop'], '', ''],
    [1, ['check', 'bad.sop'], '', 'bad.sop:1:30'],
    [2, ['--nonsense'], '', 'SOP0330'],
    [0, ['fmt', '--stdin'], 'op f(d: [3]) : 3 -> 3 = diag(d)\n', ''],
  ])('%i', async (code, args, out, err) => {
    const ended = await node([main, ...args], { stdin: 'op f(d:[3]):3->3=diag(d)' });
    expect(ended).toMatchObject({ code, out });
    expect(ended.err).toContain(err);
    if (err === '') expect(ended.err).toBe('');
    expect(ended.err).not.toContain('    at ');
    expect(ended.err).not.toContain('\u001b[');
  });
});

test('a reader that stops early is no failure', async () => {
  const ended = await node([main, 'run', 'good.sop', '--op', 'f', '-D', 'n=60000', '--json'], {
    closeEarly: true,
  });
  expect(ended).toMatchObject({ code: 0, err: '' });
  expect(ended.out).toContain('"operator"');
});

test('the demo compiles, writes, runs and compares', async () => {
  const { code, out, err } = await node([join(root, 'src/cli/demo.ts'), 'generated']);
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('monarch[n=1024, b=32]');
  expect(out).toMatch(/batch 48: [\d.]+ ms, [\d.]+ GF\/s/);
  const [, error, bound] = /measured error ([\d.e-]+), derived bound ([\d.e-]+)/.exec(out) ?? [];
  expect(Number(error)).toBeGreaterThan(0);
  expect(Number(error)).toBeLessThanOrEqual(Number(bound));
  expect(readdirSync(path('generated'))).toEqual(expect.arrayContaining(['monarch.js', 'monarch.wat']));
});
