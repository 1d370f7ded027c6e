/** The page's side of the worker that runs WebAssembly. */
import type { Backend } from './backend.ts';
import type { Weights } from './problem.ts';
import type { Reply, Request } from './wasmWorker.ts';

export async function startWasm(weights: Weights): Promise<Backend> {
  // The bundle of wasmWorker.ts lies beside that of this file.
  const worker = new Worker(new URL('./wasmWorker.js', import.meta.url), { type: 'module' });
  await ask(worker, { kind: 'create', weights });
  return {
    name: 'wasm',
    unit: 2 ** -24,
    apply: async (operator, x) => (await ask(worker, { kind: 'apply', operator, x })) as Float32Array,
    seconds: async (operator, batch) => (await ask(worker, { kind: 'seconds', operator, batch })) as number,
  };
}

/** The page asks one thing at a time, so the next message is the answer. */
function ask(worker: Worker, request: Request): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Reply>) =>
      'error' in data ? reject(new Error(data.error)) : resolve(data.value);
    worker.onerror = ({ message }) => reject(new Error(message || 'the worker does not start'));
    worker.postMessage(request);
  });
}
