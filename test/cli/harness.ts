/** Runs command lines in this process, in a folder of their own, with streams that remember. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, vi } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import type { Io, Output } from '../../src/cli/io.ts';

/** Compiling takes its time where many tests run at once. */
vi.setConfig({ testTimeout: 30_000 });

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Setting {
  readonly stdin?: string | Uint8Array;
  readonly terminal?: boolean;
  readonly env?: Io['env'];
}

export interface Workplace {
  readonly folder: string;
  readonly path: (name: string) => string;
  readonly write: (name: string, contents: string | Uint8Array) => void;
  readonly sop: (line: string | readonly string[], setting?: Setting) => Promise<Ended>;
}

/** A folder that is removed after the tests of a file; it is a project root of its own. */
export function workplace(files: Readonly<Record<string, string | Uint8Array>> = {}): Workplace {
  const folder = mkdtempSync(join(tmpdir(), 'sop-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const path = (name: string) => join(folder, name);
  const write = (name: string, contents: string | Uint8Array) => {
    mkdirSync(dirname(path(name)), { recursive: true });
    writeFileSync(path(name), contents);
  };
  for (const [name, contents] of Object.entries(files)) write(name, contents);
  const sop: Workplace['sop'] = async (line, setting = {}) => {
    const isTerminal = setting.terminal ?? false;
    const [out, err] = [remembering(isTerminal), remembering(isTerminal)];
    const code = await runCli(typeof line === 'string' ? line.split(' ') : line, {
      cwd: folder,
      env: setting.env ?? {},
      stdout: out,
      stderr: err,
      readStdin: async () =>
        typeof setting.stdin === 'string'
          ? new TextEncoder().encode(setting.stdin)
          : (setting.stdin ?? new Uint8Array()),
    });
    return { code, out: out.text(), err: err.text() };
  };
  return { folder, path, write, sop };
}

function remembering(isTerminal: boolean): Output & { readonly text: () => string } {
  const parts: string[] = [];
  return {
    write: text => void parts.push(text),
    text: () => parts.join(''),
    isTerminal,
    columns: isTerminal ? 80 : undefined,
  };
}
