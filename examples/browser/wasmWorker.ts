/** WebAssembly in a worker of its own: its calls are synchronous, and the page must stay alive while they are timed. */
import type { Operator } from '../../runtime/index.ts';
import { createFull1k, createMonarch1k } from './generated/browser.js';
import { n, type OperatorName, repeatedRow, type Weights } from './problem.ts';
import { secondsPerProduct } from './timing.ts';

export type Request =
  | { readonly kind: 'create'; readonly weights: Weights }
  | { readonly kind: 'apply'; readonly operator: OperatorName; readonly x: Float32Array }
  | { readonly kind: 'seconds'; readonly operator: OperatorName; readonly batch: number };

export type Reply = { readonly value: unknown } | { readonly error: string };

type Operators = Readonly<Record<OperatorName, Operator>>;

let operators: Operators | undefined;

async function answer(request: Request): Promise<unknown> {
  if (request.kind === 'create') {
    const { L, R, W } = request.weights;
    operators = {
      monarch: await createMonarch1k({ params: { L, R } }),
      dense: await createFull1k({ params: { W } }),
    };
    return undefined;
  }
  if (operators === undefined) throw new Error('the operators are created first');
  const operator = operators[request.operator];
  return request.kind === 'apply' ? operator.apply(request.x) : seconds(operator, request.batch);
}

function seconds(operator: Operator, batch: number): Promise<number> {
  const [x, out] = [repeatedRow(batch), new Float32Array(batch * n)];
  const elapsed = (count: number): number => {
    const start = performance.now();
    for (let k = 0; k < count; k++) operator.apply(x, { out });
    return (performance.now() - start) / 1000;
  };
  return secondsPerProduct(elapsed, 0.01, 10_000);
}

addEventListener('message', ({ data }: MessageEvent<Request>) => {
  answer(data).then(
    value => postMessage({ value } satisfies Reply),
    (error: unknown) => postMessage({ error: String(error) } satisfies Reply),
  );
});
