/** One line on a terminal about what is being done, once that takes long; cleared before anything else is said. */
import type { Io } from './io.ts';

const patienceMs = 500;
const clearLine = '\r\u001b[K';

export interface Progress {
  readonly step: (text: string) => void;
  readonly done: () => void;
}

export function progressOf({ stderr }: Io): Progress {
  const started = performance.now();
  let shown = false;
  return {
    step: text => {
      if (!stderr.isTerminal || performance.now() - started < patienceMs) return;
      shown = true;
      stderr.write(`${clearLine}${text}...`.slice(0, clearLine.length + (stderr.columns ?? 80) - 1));
    },
    done: () => {
      if (shown) stderr.write(clearLine);
      shown = false;
    },
  };
}
