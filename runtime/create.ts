/// <reference lib="esnext.disposable" preserve="true" />
/** Instances of a generated module: parameters in, operators out. */
import { SopError } from './errors.ts';
import { type LoadOptions, loadModule, loadModuleSync } from './load.ts';
import { buildMachine, type Machine, pack } from './machine.ts';
import { type CallOptions, run, type Vector } from './operator.ts';
import { describe, elementsOf, numbersOf, type ParameterValue } from './parameters.ts';
import type {
  ModuleDescription,
  Numbers,
  OperatorDescription,
  ParameterDescription,
  ProgramDescription,
} from './types.ts';

export interface CreateOptions extends LoadOptions {
  /** Values by name, row-major. They are copied: the caller's arrays are free afterwards. */
  readonly params?: Readonly<Record<string, ParameterValue>>;
  /** For values that are drawn; 0 otherwise. */
  readonly seed?: number;
  /** Draws values for a parameter that was neither given nor has a default; `drawValues` is one. */
  readonly draw?: (parameter: ParameterDescription, seed: number) => Numbers;
  /** Bytes for the weights and the rows of one call; 2 GiB otherwise. */
  readonly memoryLimitBytes?: number;
}

/** Options where the parameters are known: all without a default must be given, or a way to draw them. */
export type OptionsFor<Parameters> = Omit<CreateOptions, 'params' | 'draw'> &
  (
    | (Partial<Parameters> extends Parameters
        ? { readonly params?: Parameters }
        : { readonly params: Parameters })
    | { readonly params?: Partial<Parameters>; readonly draw: NonNullable<CreateOptions['draw']> }
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

/** What belongs to all operators of a module together; the operators stand beside it by name. */
export interface ModuleInstance {
  update(key: string, value: ParameterValue): void;
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

function operatorAlone(
  description: ModuleDescription,
  name: string,
  options: CreateOptions,
  wasm: WebAssembly.Module,
): Operator {
  const operators = description.operators.filter(each => each.name === name);
  const [operator] = operators;
  if (operator === undefined) throw new SopError('option-unknown', `${description.name} has no ${name}`);
  const parameters = description.parameters.filter(({ key }) => operator.parameters.includes(key));
  const named: Named = { owner: titleOf(operator), parameters, label: nameOf };
  return operatorOf(build(description, operators, named, options, wasm), operator);
}

function wholeModule(
  description: ModuleDescription,
  options: CreateOptions,
  wasm: WebAssembly.Module,
): ModuleInstance & Record<string, unknown> {
  const { name, operators, parameters } = description;
  const named: Named = { owner: name, parameters, label: ({ key }) => key };
  const instance = build(description, operators, named, options, wasm);
  const members = operators.map(each => [each.name, operatorOf(instance, each)] as const);
  return {
    ...Object.fromEntries(members),
    ...lifetime(
      (key, value) => update(instance, named, alive(instance), key, value),
      () => release(instance),
    ),
  };
}

const titleOf = ({ name, title }: OperatorDescription): string =>
  title === name ? name : `${name} (${title})`;

const nameOf = ({ name }: ParameterDescription): string => name;

const isStored = ({ binding }: ParameterDescription): boolean => binding !== 'call';

/** Parameters under the names users give them: their own, or their keys where several operators stand together. */
interface Named {
  /** The operator or module, as errors call it. */
  readonly owner: string;
  readonly parameters: readonly ParameterDescription[];
  readonly label: (parameter: ParameterDescription) => string;
}

/** What the operators of one creation share. */
interface Instance extends Named {
  readonly description: ModuleDescription;
  /** Whether several operators live in it. */
  readonly isShared: boolean;
  readonly seed: number;
  /** Values by key, of those that a later pack step may read again. */
  readonly values: Record<string, Numbers>;
  readonly steps: ModuleDescription['packs'];
  /** Nothing once disposed. */
  machine: Machine | undefined;
}

function build(
  description: ModuleDescription,
  operators: readonly OperatorDescription[],
  named: Named,
  options: CreateOptions,
  wasm: WebAssembly.Module,
): Instance {
  const { params = {}, seed = 0, memoryLimitBytes = 2 ** 31 } = options;
  const steps = description.packs.filter(({ target }) =>
    operators.some(({ apply, adjoint }) => reads(apply, target) || (adjoint && reads(adjoint, target))),
  );
  const stored = named.parameters.filter(isStored);
  const values: Record<string, Numbers> = {};
  const isShared = operators.length > 1;
  const instance: Instance = { ...named, description, isShared, seed, values, steps, machine: undefined };
  for (const name of Object.keys(params)) {
    const parameter = parameterNamed({ ...named, parameters: stored }, name);
    const value = params[name];
    if (value !== undefined) values[parameter.key] = numbersOf(named.owner, parameter, value);
  }
  for (const parameter of stored) ensure(instance, parameter, options.draw);
  const machine = buildMachine(named.owner, wasm, steps, memoryLimitBytes);
  instance.machine = machine;
  for (const step of steps) if (step.reads.every(key => key in values)) pack(machine, step, values);
  const isNeeded = (key: string): boolean =>
    steps.some(step => step.reads.length > 1 && step.reads.includes(key)) ||
    named.parameters.some(each => !isStored(each) && each.default?.reads.includes(key));
  for (const { key } of stored) if (!isNeeded(key)) delete values[key];
  return instance;
}

const reads = ({ kernels }: ProgramDescription, target: string): boolean =>
  kernels.some(({ buffers }) => buffers.includes(target));

function parameterNamed({ owner, parameters, label }: Named, name: string): ParameterDescription {
  const found = parameters.find(each => label(each) === name);
  if (found !== undefined) return found;
  const known = parameters.map(label).join(', ') || 'none';
  throw new SopError('parameter-unknown', `${owner} has no parameter ${name} here; it has: ${known}`);
}

/** Fills a parameter that was not given from its default, which may read others, or by drawing. */
function ensure(instance: Instance, parameter: ParameterDescription, draw: CreateOptions['draw']): void {
  const { values, seed, owner } = instance;
  const { key } = parameter;
  if (key in values) return;
  const chosen = parameter.default;
  if (chosen !== undefined) {
    for (const read of chosen.reads) {
      const other = instance.description.parameters.find(each => each.key === read);
      if (other !== undefined) ensure(instance, other, draw);
    }
    const filled = new Float64Array(elementsOf(parameter.shape));
    chosen.run(values, filled, seed);
    values[key] = filled;
  } else if (draw !== undefined) values[key] = draw(parameter, seed);
  else throw new SopError('parameter-missing', `${owner} needs ${describe(parameter)}`);
}

/** Disposing of one of several operators leaves the others alive. */
function operatorOf(instance: Instance, operator: OperatorDescription): Operator {
  const { apply, adjoint } = operator;
  const title = titleOf(operator);
  const parameters = instance.parameters.filter(({ key }) => operator.parameters.includes(key));
  const own: Named = { owner: title, parameters, label: nameOf };
  let isDisposed = false;
  const machine = (): Machine => {
    if (isDisposed) throw disposed(title);
    return alive(instance);
  };
  const calling =
    (mode: string, program: ProgramDescription) =>
    (x: Vector, options: CallOptions = {}): Vector => {
      const current = machine();
      packForCall(instance, own, current, program, options.call ?? {});
      return run(current, instance.description.scalar, title + mode, program, x, options);
    };
  return {
    name: operator.name,
    inputLength: apply.inputLength,
    outputLength: apply.outputLength,
    apply: calling('', apply),
    ...(adjoint && { adjoint: calling("'", adjoint) }),
    ...lifetime(
      (name, value) => update(instance, own, machine(), name, value),
      () => {
        isDisposed = true;
        if (!instance.isShared) release(instance);
      },
    ),
  };
}

function packForCall(
  instance: Instance,
  own: Named,
  machine: Machine,
  program: ProgramDescription,
  given: NonNullable<CallOptions['call']>,
): void {
  const arriving = own.parameters.filter(({ binding }) => binding === 'call');
  const names = Object.keys(given);
  if (arriving.length === 0 && names.length === 0) return;
  const local: Instance = { ...instance, values: { ...instance.values } };
  for (const name of names) {
    const parameter = parameterNamed({ ...own, parameters: arriving }, name);
    const value = given[name];
    if (value !== undefined) local.values[parameter.key] = numbersOf(own.owner, parameter, value);
  }
  for (const parameter of arriving) ensure(local, parameter, undefined);
  for (const step of instance.steps) {
    const isRead = reads(program, step.target) && arriving.some(({ key }) => step.reads.includes(key));
    if (isRead) pack(machine, step, local.values);
  }
}

function update(
  { values, steps }: Instance,
  named: Named,
  machine: Machine,
  name: string,
  value: ParameterValue,
): void {
  const parameter = parameterNamed({ ...named, parameters: named.parameters.filter(isStored) }, name);
  const { key } = parameter;
  const current = { ...values, [key]: numbersOf(named.owner, parameter, value) };
  for (const step of steps) {
    const isReady = step.reads.includes(key) && step.reads.every(read => read in current);
    if (isReady) pack(machine, step, current);
  }
  if (key in values) values[key] = current[key] ?? [];
}

const disposed = (owner: string): SopError => new SopError('disposed', `${owner} was disposed of`);

function alive({ machine, owner }: Instance): Machine {
  if (machine === undefined) throw disposed(owner);
  return machine;
}

function release(instance: Instance): void {
  instance.machine = undefined;
  for (const key of Object.keys(instance.values)) delete instance.values[key];
}

/** Engines without `Symbol.dispose` do without. */
const lifetime = (update: ModuleInstance['update'], dispose: () => void): ModuleInstance => ({
  update,
  dispose,
  ...((Symbol.dispose && { [Symbol.dispose]: dispose }) as Pick<ModuleInstance, typeof Symbol.dispose>),
});
