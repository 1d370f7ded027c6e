/** The pack step: every packed number is the value it stands for, rounded once. */
import { at } from '../core/invariant.ts';
import { realFormats } from '../core/precision.ts';
import { evaluateTensor } from '../ir/tensorEvaluate.ts';
import { tensorError } from './boundedTensor.ts';
import type { Findings } from './findings.ts';
import type { PackingReport } from './report.ts';
import type { Backend, Subject } from './subject.ts';

export function checkPacking(
  { instance, packed, environment }: Subject,
  backend: Backend,
  found: Findings,
): PackingReport | undefined {
  const { packed: contents } = backend;
  if (contents === undefined) return undefined;
  const kernels = instance.modes.flatMap(mode => mode.kernels);
  const read = new Set(kernels.flatMap(kernel => kernel.buffers.map(({ name }) => name)));
  const own = packed.filter(({ name }) => read.has(name));
  let elements = 0;
  for (const buffer of own) {
    const values = contents(buffer);
    const round = buffer.scalar === 'i32' ? (value: number) => value : realFormats[buffer.scalar].round;
    if (values.length !== buffer.elements)
      found.fail(`${buffer.name} holds ${values.length} numbers, not ${buffer.elements}`);
    for (const { offset, tensor } of buffer.regions) {
      const exact = evaluateTensor(tensor, environment).data;
      const errors = tensorError(tensor, environment);
      exact.forEach((value, k) => {
        // Two evaluations in f64 may differ by so much, and then round to neighbours.
        const error = errors?.[k] ?? 0;
        const own = at(values, offset + k);
        if (!(own >= round(value - error) && own <= round(value + error)))
          found.fail(`${buffer.name}[${offset + k}] is ${own}, not ${round(value)} (${value} rounded once)`);
      });
      elements += exact.length;
    }
  }
  return { buffers: own.length, elements };
}
