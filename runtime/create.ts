/// <reference lib="esnext.disposable" preserve="true" />
/** Instances of a generated module: parameters in, operators out. */
import {
  alive,
  disposed,
  type Instance,
  type InstanceOptions,
  lifetime,
  type ModuleInstance,
  ownNames,
  packAll,
  packForCall,
  prepare,
  release,
  updateValue,
  type Write,
} from './instance.ts';
import { type LoadOptions, loadModule, loadModuleSync } from './load.ts';
import { buildMachine, type Machine, pack } from './machine.ts';
import { type CallOptions, run, type Vector } from './operator.ts';
import type { ParameterValue } from './parameters.ts';
import type { ModuleDescription, OperatorDescription, PackStep, ProgramDescription } from './types.ts';

export interface CreateOptions extends LoadOptions, InstanceOptions {
  /** Bytes for the weights and the rows of one call; 2 GiB otherwise. */
  readonly memoryLimitBytes?: number;
}

/** Options where the parameters are known: all without a default must be given, or a way to draw them. */
export type OptionsFor<Parameters, Options extends InstanceOptions = CreateOptions> = Omit<
  Options,
  'params' | 'draw'
> &
  (
    | (Partial<Parameters> extends Parameters
        ? { readonly params?: Parameters }
        : { readonly params: Parameters })
    | { readonly params?: Partial<Parameters>; readonly draw: NonNullable<InstanceOptions['draw']> }
  );

/** An operator or map that is ready to run. Calls are synchronous. */
export interface Operator<Numbers extends Vector = Vector> {
  readonly name: string;
  readonly inputLength: number;
  readonly outputLength: number;
  /** Rows of `inputLength` numbers to rows of `outputLength`: one for each position of the leading axes. */
  apply(x: Numbers, options?: CallOptions<Numbers>): Numbers;
  /** The transpose; absent for maps. */
  adjoint?(x: Numbers, options?: CallOptions<Numbers>): Numbers;
  /** New values for one parameter; repacks only what reads it. */
  update(name: string, value: ParameterValue): void;
  dispose(): void;
  [Symbol.dispose](): void;
}

export const createOperator = async (
  description: ModuleDescription,
  name: string,
  options: CreateOptions = {},
): Promise<Operator> => operatorAlone(description, name, options, await loadModule(description, options));

export const createOperatorSync = (
  description: ModuleDescription,
  name: string,
  options: CreateOptions = {},
): Operator => operatorAlone(description, name, options, loadModuleSync(description, options));

export const createModule = async (
  description: ModuleDescription,
  options: CreateOptions = {},
): Promise<ModuleInstance & Record<string, unknown>> =>
  wholeModule(description, options, await loadModule(description, options));

export const createModuleSync = (
  description: ModuleDescription,
  options: CreateOptions = {},
): ModuleInstance & Record<string, unknown> =>
  wholeModule(description, options, loadModuleSync(description, options));

interface Running extends Instance<Machine> {
  readonly description: ModuleDescription;
}

function operatorAlone(
  description: ModuleDescription,
  name: string,
  options: CreateOptions,
  wasm: WebAssembly.Module,
): Operator {
  const instance = build(description, name, options, wasm);
  const [only] = instance.operators.map(each => operatorOf(instance, each, () => release(instance)));
  return only as Operator;
}

function wholeModule(
  description: ModuleDescription,
  options: CreateOptions,
  wasm: WebAssembly.Module,
): ModuleInstance & Record<string, unknown> {
  const instance = build(description, undefined, options, wasm);
  // Disposing of one of several operators leaves the others alive.
  const members = instance.operators.map(
    each => [each.name, operatorOf(instance, each, () => undefined)] as const,
  );
  return {
    ...Object.fromEntries(members),
    ...lifetime(
      (key, value) => updateValue(instance, instance, key, value, writing(alive(instance))),
      () => release(instance),
    ),
  };
}

function build(
  description: ModuleDescription,
  name: string | undefined,
  options: CreateOptions,
  wasm: WebAssembly.Module,
): Running {
  const instance = { ...prepare<Machine, PackStep>(description, name, options), description };
  const { owner, steps } = instance;
  instance.machine = buildMachine(owner, wasm, steps, options.memoryLimitBytes ?? 2 ** 31);
  packAll(instance, writing(instance.machine));
  return instance;
}

const writing =
  (machine: Machine): Write<PackStep> =>
  (step, values) =>
    pack(machine, step, values);

function operatorOf(instance: Running, operator: OperatorDescription, end: () => void): Operator {
  const { apply, adjoint } = operator;
  const own = ownNames(instance.description, operator);
  let isDisposed = false;
  const machine = (): Machine => {
    if (isDisposed) throw disposed(own.owner);
    return alive(instance);
  };
  const calling =
    (mode: string, program: ProgramDescription) =>
    (x: Vector, options: CallOptions = {}): Vector => {
      const current = machine();
      packForCall(instance, own, program, options.call ?? {}, writing(current));
      return run(current, instance.description.scalar, own.owner + mode, program, x, options);
    };
  return {
    name: operator.name,
    inputLength: apply.inputLength,
    outputLength: apply.outputLength,
    apply: calling('', apply),
    ...(adjoint && { adjoint: calling("'", adjoint) }),
    ...lifetime(
      (name, value) => updateValue(instance, own, name, value, writing(machine())),
      () => {
        isDisposed = true;
        end();
      },
    ),
  };
}
