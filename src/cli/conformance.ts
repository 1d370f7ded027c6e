/** The conformance check run on generated modules: what `sop verify` and `sop build --verify` share. */
import type { Compiled } from '../compile.ts';
import type { Environment } from '../ir/tensorEvaluate.ts';
import type { OperatorReport } from '../verify/report.ts';
import { type Backend, verifyOperator } from '../verify/verify.ts';
import { type CreatedOperator, createOperator, type GeneratedModule } from './backend.ts';

export interface ConformanceReport {
  readonly source: string;
  readonly passed: boolean;
  readonly operators: readonly OperatorReport[];
}

/** Values of an operator's parameters, in the order of `compiled.operators`. */
export async function conformance(
  compiled: Compiled,
  module: GeneratedModule,
  environments: readonly Environment[],
  {
    source,
    scalar,
    seed,
  }: { readonly source: string; readonly scalar: 'f32' | 'f64'; readonly seed: number },
): Promise<ConformanceReport> {
  const operators: OperatorReport[] = [];
  for (const [k, instance] of compiled.operators.entries()) {
    const environment: Environment = environments[k] ?? new Map();
    const created = await createOperator(module, { program: instance.source, scalar, environment });
    const subject = { instance, packed: compiled.packed, environment, seed };
    operators.push(verifyOperator(subject, moduleBackend(created, scalar)));
    created.operator.dispose();
  }
  return { source, passed: operators.every(each => each.passed), operators };
}

function moduleBackend({ operator, call }: CreatedOperator, scalar: 'f32' | 'f64'): Backend {
  const { inputLength, outputLength, apply, adjoint = apply } = operator;
  return {
    name: 'generated module',
    run: ({ mode, x, batch, poison }) => {
      const [run, width] = mode === 'apply' ? [apply, outputLength] : [adjoint, inputLength];
      const out = new (scalar === 'f64' ? Float64Array : Float32Array)(batch * width).fill(poison);
      return run(x, { out, call, ...(x.length === 0 && { batch }) });
    },
  };
}
