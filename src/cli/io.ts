/** The process as commands see it: where they run, what they read, where they write. Tests pass their own. */
import { Buffer } from 'node:buffer';
import process from 'node:process';

export interface Output {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Width of the terminal; absent elsewhere. */
  readonly columns: number | undefined;
}

export interface Io {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Output;
  readonly stderr: Output;
  readStdin(): Promise<Uint8Array>;
}

/** Colour is for terminals, and for those who have not refused it (no-color.org). */
export const wantsColour = (output: Output, env: Io['env']): boolean =>
  output.isTerminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';

export function processIo(): Io {
  return {
    cwd: process.cwd(),
    env: process.env,
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    readStdin: async () => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of process.stdin) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
  };
}

function outputOf(stream: NodeJS.WriteStream): Output {
  // A reader that closes its end (`sop run ... | head`) ends the program quietly.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
  return {
    write: text => void stream.write(text),
    isTerminal: stream.isTTY === true,
    columns: stream.isTTY ? stream.columns : undefined,
  };
}
