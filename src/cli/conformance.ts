/** The conformance check run on generated modules: what `sop verify` and `sop build --verify` share. */
import type { Vector } from '../../runtime/index.ts';
import type { Compiled, CompileOptions } from '../compile.ts';
import { at, invariant } from '../core/invariant.ts';
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
  kernelsOf,
  openDevice,
  runtimes,
} from './backend.ts';
import type { Io } from './io.ts';
import type { ModuleBackend } from './options.ts';
import { type Origin, type ParameterFlags, parameterValues } from './parameters.ts';
import { poisonedDevice } from './poison.ts';
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
  options: Pick<CompileOptions, 'instances' | 'targets' | 'profile' | 'gpuProfiles' | 'storage'> & {
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
    const poisoned = backend === 'webgpu' ? poisonedDevice(await openDevice()) : undefined;
    const setting = { program: instance.source, backend, scalar, environment };
    const created = await createOperator(module, setting, poisoned?.device);
    const running = kernelsOf(compiled, created.operator);
    const subject = { instance: at(running.operators, k), packed: running.packed, environment, seed };
    const verification = prepareVerification(subject);
    const calls = callerOf(created, scalar, poisoned?.fillWith);
    operators.push(runVerification(verification, await backendOf(backend, verification, calls)));
    origins.push(values.origins);
    created.operator.dispose();
    poisoned?.device.destroy();
  }
  progress.done();
  const passed = operators.every(each => each.passed);
  return { compiled, origins, report: { source: project.source.name, passed, operators } };
}

export type Run = (request: RunRequest) => Vector | Promise<Vector>;

/** @param fillWith Fills what the device keeps of earlier calls, where it can be reached. */
function callerOf(
  { operator, call }: CreatedOperator,
  scalar: 'f32' | 'f64',
  fillWith: (poison: number) => void = () => undefined,
): Run {
  const { inputLength, outputLength } = operator;
  const { apply, adjoint = apply } = callsOf(operator);
  return ({ mode, x, batch, poison }) => {
    const [method, width] = mode === 'apply' ? [apply, outputLength] : [adjoint, inputLength];
    const out = new (scalar === 'f64' ? Float64Array : Float32Array)(batch * width).fill(poison);
    fillWith(poison);
    return method(x, { out, call, ...(x.length === 0 && { batch }) });
  };
}

async function backendOf(backend: ModuleBackend, verification: Verification, run: Run): Promise<Backend> {
  if (backend === 'webgpu') return answeredAhead('generated module on WebGPU', verification, run);
  // Calls in WebAssembly are synchronous.
  return { name: 'generated module', run: request => run(request) as Vector };
}

/**
 * The check asks at once, and a device answers later. What is asked does not depend on the answers: a first check hears
 * zeros and only collects the questions, and the second, which counts, gets the answers in the same order.
 */
export async function answeredAhead(name: string, verification: Verification, run: Run): Promise<Backend> {
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
