/** The conformance check run on generated modules: what `sop verify` and `sop build --verify` share. */
import type { Vector } from '../../runtime/index.ts';
import type { Compiled, CompileOptions } from '../compile.ts';
import { invariant } from '../core/invariant.ts';
import type { OperatorReport } from '../verify/report.ts';
import {
  type Backend,
  prepareVerification,
  type RunRequest,
  runVerification,
  type Verification,
} from '../verify/verify.ts';
import {
  type CreatedOperator,
  callsOf,
  compileProject,
  createOperator,
  importModule,
  runtimes,
} from './backend.ts';
import type { Io } from './io.ts';
import type { ModuleBackend } from './options.ts';
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
  backend: ModuleBackend,
  options: Pick<CompileOptions, 'instances' | 'targets' | 'profile' | 'gpuProfile' | 'storage'> & {
    readonly scalar: 'f32' | 'f64';
  },
  flags: ParameterFlags,
  seed: number,
): Promise<Verified> {
  const progress = progressOf(io);
  const compiled = await compileProject(project, { ...options, ...runtimes });
  const module = await importModule(compiled);
  const { scalar } = options;
  const operators: OperatorReport[] = [];
  const origins: (readonly Origin[])[] = [];
  for (const [k, instance] of compiled.operators.entries()) {
    progress.step(`verifying ${instance.source.name}, ${k + 1} of ${compiled.operators.length}`);
    const values = await parameterValues(io, instance.source, flags, seed);
    const { environment } = values;
    const created = await createOperator(module, { program: instance.source, backend, scalar, environment });
    const verification = prepareVerification({ instance, packed: compiled.packed, environment, seed });
    operators.push(runVerification(verification, await backendOf(backend, verification, created, scalar)));
    origins.push(values.origins);
    created.operator.dispose();
  }
  progress.done();
  const passed = operators.every(each => each.passed);
  return { compiled, origins, report: { source: project.source.name, passed, operators } };
}

async function backendOf(
  backend: ModuleBackend,
  verification: Verification,
  { operator, call }: CreatedOperator,
  scalar: 'f32' | 'f64',
): Promise<Backend> {
  const { inputLength, outputLength } = operator;
  const { apply, adjoint = apply } = callsOf(operator);
  const run = ({ mode, x, batch, poison }: RunRequest): Vector | Promise<Vector> => {
    const [method, width] = mode === 'apply' ? [apply, outputLength] : [adjoint, inputLength];
    const out = new (scalar === 'f64' ? Float64Array : Float32Array)(batch * width).fill(poison);
    return method(x, { out, call, ...(x.length === 0 && { batch }) });
  };
  if (backend === 'webgpu') return answeredAhead('generated module on WebGPU', verification, run);
  // Calls in WebAssembly are synchronous.
  return { name: 'generated module', run: request => run(request) as Vector };
}

/**
 * The check asks at once, and a device answers later. What is asked does not depend on the answers: a first check hears
 * zeros and only collects the questions, and the second, which counts, gets the answers in the same order.
 */
async function answeredAhead(
  name: string,
  verification: Verification,
  run: (request: RunRequest) => Vector | Promise<Vector>,
): Promise<Backend> {
  const requests: RunRequest[] = [];
  const { rows, columns } = verification.instance.source;
  runVerification(verification, {
    name,
    run: request => {
      requests.push({ ...request, x: request.x.slice() });
      return new Float64Array(request.batch * (request.mode === 'apply' ? rows : columns));
    },
  });
  const answers: PromiseSettledResult<Vector>[] = [];
  for (const request of requests) answers.push(...(await Promise.allSettled([run(request)])));
  return {
    name,
    run: () => {
      const answer = answers.shift();
      invariant(answer !== undefined, 'as many questions as before');
      if (answer.status === 'rejected') throw answer.reason;
      return answer.value;
    },
  };
}
