/** The conformance check run on generated modules: what `sop verify` and `sop build --verify` share. */
import type { Compiled, CompileOptions } from '../compile.ts';
import type { OperatorReport } from '../verify/report.ts';
import { type Backend, verifyOperator } from '../verify/verify.ts';
import { type CreatedOperator, compileProject, createOperator, importModule, runtimeUrl } from './backend.ts';
import type { Io } from './io.ts';
import { type Origin, type ParameterFlags, parameterValues } from './parameters.ts';
import { progressOf } from './progress.ts';
import type { Project } from './project.ts';

export interface ConformanceReport {
  readonly source: string;
  readonly passed: boolean;
  readonly operators: readonly OperatorReport[];
}

export interface Verified {
  readonly compiled: Compiled;
  /** Of the parameters of each operator. */
  readonly origins: readonly (readonly Origin[])[];
  readonly report: ConformanceReport;
}

/** Compiles, runs and compares every operator chosen. */
export async function verifyProject(
  io: Io,
  project: Project,
  options: Pick<CompileOptions, 'instances' | 'profile'> & { readonly scalar: 'f32' | 'f64' },
  flags: ParameterFlags,
  seed: number,
): Promise<Verified> {
  const progress = progressOf(io);
  const compiled = await compileProject(project, { ...options, runtime: runtimeUrl });
  const module = await importModule(compiled);
  const { scalar } = options;
  const operators: OperatorReport[] = [];
  const origins: (readonly Origin[])[] = [];
  for (const [k, instance] of compiled.operators.entries()) {
    progress.step(`verifying ${instance.source.name}, ${k + 1} of ${compiled.operators.length}`);
    const values = await parameterValues(io, instance.source, flags, seed);
    const { environment } = values;
    const created = await createOperator(module, { program: instance.source, scalar, environment });
    const subject = { instance, packed: compiled.packed, environment, seed };
    operators.push(verifyOperator(subject, moduleBackend(created, scalar)));
    origins.push(values.origins);
    created.operator.dispose();
  }
  progress.done();
  const passed = operators.every(each => each.passed);
  return { compiled, origins, report: { source: project.source.name, passed, operators } };
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
