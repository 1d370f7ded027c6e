import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { diagnosticRows } from '../../src/core/diagnostics/table.ts';
import { workplace } from './harness.ts';

const { sop } = workplace({
  'two.sop': 'op f[n](d: [n]) : n -> n = diag(d)\nexport f[3] as f3\nexport f[2] as g2\n',
  'open.sop': 'op f[n, m](W: [m, n]) : n -> m = dense(W)\n',
});
const commands = ['check', 'fmt', 'build', 'run', 'verify', 'explain', 'bench'];

test('--version is the package, --help lists the commands, each has its own', async () => {
  const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
  expect(await sop('--version')).toEqual({ code: 0, out: `${manifest.version}\n`, err: '' });
  const { code, out } = await sop('--help');
  expect(code).toBe(0);
  for (const command of commands) {
    expect(out).toMatch(new RegExp(`^  ${command} `, 'm'));
    const help = await sop([command, '--help']);
    expect(help.code).toBe(0);
    expect(help.out).toMatch(new RegExp(`^Usage: sop ${command} `));
    expect(help.out).toContain('--json');
  }
});

test('without a command the help is shown on stderr and the use is wrong', async () => {
  const { code, out, err } = await sop([]);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain('Usage: sop');
});

describe('wrong use is exit code 2 with a coded message', () => {
  test.each([
    ['chek two.sop', 'SOP0330', `unknown command 'chek'`, 'check'],
    ['check', 'SOP0330', 'missing required argument', ''],
    ['check two.sop --colour', 'SOP0330', `unknown option '--colour'`, ''],
    ['run two.sop --op', 'SOP0330', 'argument missing', ''],
    ['run two.sop', 'SOP0333', 'two.sop has several operators; choose one of f3, g2', ''],
    ['run two.sop --op f4', 'SOP0218', `no operator 'f4'`, 'did you mean'],
    ['run two.sop --op f', 'SOP0213', 'f needs the size n', 'pass -D n=...'],
    ['run two.sop --op f3 -D n=4', 'SOP0332', `f3 has no size 'n'; an export brings its own sizes`, ''],
    ['run open.sop -D n=4 -D mm=2', 'SOP0332', `f has no size 'mm'; it has n, m`, 'did you mean -D m=2?'],
    ['build open.sop -D n', 'SOP0331', `-D takes name=size`, ''],
    ['build open.sop -D n=-1', 'SOP0331', `not 'n=-1'`, ''],
    ['build open.sop -D n=1 -D n=2', 'SOP0330', '-D gives n twice', ''],
    ['build open.sop -D n=99999999999', 'SOP0331', '2^31', ''],
    ['build two.sop --map d=t', 'SOP0330', '--map goes with --target torch', ''],
    ['build two.sop --target cuda --profile sm_75', 'SOP0331', 'takes sm_90a or sm_80', ''],
    ['build two.sop --target cuda --verify', 'SOP0330', '--verify runs what it builds', ''],
    ['build two.sop --target z80', 'SOP0331', `--target takes wasm or wgsl or cuda or torch, not 'z80'`, ''],
    ['build two.sop --dtype f8', 'SOP0331', '--dtype takes f32 or f64 or f16 or bf16', ''],
    ['build two.sop --profile sm_80', 'SOP0331', 'takes wasm-simd128 or wasm-relaxed', ''],
    ['run two.sop --op f3 --backend webgl', 'SOP0331', 'takes wasm or webgpu or reference', ''],
    [
      'run two.sop --op f3 --backend webgpu --profile wasm-relaxed',
      'SOP0331',
      'takes webgpu-large or webgpu-default',
      '',
    ],
    ['verify two.sop --backend reference', 'SOP0331', 'takes wasm or webgpu', ''],
    ['run two.sop --op f3 --mode solve', 'SOP0335', '--mode solve', ''],
    ['run two.sop --op f3 --mode sing', 'SOP0331', 'apply or adjoint', ''],
    ['run two.sop --op f3 --seed -1', 'SOP0331', '--seed takes a whole number', ''],
    ['run two.sop --op f3 --batch 1.5', 'SOP0331', '--batch takes a whole number', ''],
    ['run two.sop --op f3 --map d=w', 'SOP0330', '--map needs --params', ''],
    ['run two.sop --op f3 --mode trace --batch 2', 'SOP0330', 'takes no input', ''],
    ['explain', 'SOP0330', 'explain takes a file or --code', ''],
    ['explain --code SOP0999', 'SOP0338', 'there is no diagnostic SOP0999', ''],
    ['explain two.sop --format svg', 'SOP0333', 'choose one of', ''],
    ['explain two.sop --format html', 'SOP0335', '--format html', ''],
  ])('%s', async (line, code, message, hint) => {
    const ended = await sop(line);
    expect(ended.code).toBe(2);
    expect(ended.out).toBe('');
    expect(ended.err).toContain(`error[${code}]: `);
    expect(ended.err).toContain(message);
    expect(ended.err).toContain(hint);
    if (line.includes('--format')) return;
    const json = await sop([...line.split(' '), '--json']);
    expect(json.code).toBe(2);
    expect(JSON.parse(json.out)).toMatchObject({ ok: false, diagnostics: [{ severity: 'error' }] });
  });

  test('a file without an operator at known sizes is wrong input, and the hint says how', async () => {
    const { code, err } = await sop('run open.sop');
    expect(code).toBe(1);
    expect(err).toContain('SOP0334');
    expect(err).toContain('for example --op f -D n=... -D m=...');
    for (const command of ['build', 'verify', 'explain', 'bench'])
      expect(await sop(`${command} open.sop`)).toEqual({ code, out: '', err });
  });
});

test('a mistake of ours is exit code 3, asks for a report, and shows the stack only when asked', async () => {
  const broken = async (env: Record<string, string>) => {
    const parts: string[] = [];
    const output = { write: (text: string) => void parts.push(text), isTerminal: false, columns: undefined };
    const io = { env, stdout: output, stderr: output, readStdin: async () => new Uint8Array() };
    const code = await runCli(['check', 'two.sop'], {
      ...io,
      get cwd(): string {
        throw new Error('the folder is gone');
      },
    });
    return { code, text: parts.join('') };
  };
  const quiet = await broken({});
  expect(quiet.code).toBe(3);
  expect(quiet.text).toContain('mistake of its own: the folder is gone');
  expect(quiet.text).toContain('Please report it');
  expect(quiet.text).not.toContain('    at ');
  expect((await broken({ SOP_DEBUG: '1' })).text).toContain('    at ');
});

test('codes are explained', async () => {
  const { code, out } = await sop('explain --code SOP0203');
  expect(code).toBe(0);
  expect(out).toMatch(/^SOP0203 \(error\)\n.+/);
  expect(await sop('explain --code 203')).toEqual({ code, out, err: '' });
  expect(JSON.parse((await sop('explain --code sop0301 --json')).out)).toMatchObject({ code: 'SOP0301' });
});

test('every code stands once in the tables and explains itself', () => {
  const codes = diagnosticRows.map(each => each.code);
  expect(new Set(codes).size).toBe(codes.length);
  for (const { code, explanation } of diagnosticRows) {
    expect(code).toMatch(/^SOP0[123]\d\d$/);
    expect(explanation, code).toMatch(/^.{20,}[.)]$/s);
  }
});

test('progress is for a terminal and only when it takes long', async () => {
  const line = 'run two.sop --op f3 --backend reference';
  expect((await sop(line, { terminal: true })).err).toBe('');
  const clock = vi.spyOn(performance, 'now');
  try {
    let seconds = 0;
    clock.mockImplementation(() => 1000 * seconds++);
    expect((await sop(line)).err).toBe('');
    expect((await sop(line, { terminal: true })).err).toBe('\r\u001b[Krunning f3...\r\u001b[K');
  } finally {
    clock.mockRestore();
  }
});
