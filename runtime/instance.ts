/**
 * What operators are created of, whatever runs them: values of parameters by name, defaults for those that were not
 * given, and the pack steps that follow from them. The machine that holds what the steps make is the caller's.
 */
import { SopError } from './errors.ts';
import type { CallOptions } from './operator.ts';
import { describe, elementsOf, numbersOf, type ParameterValue } from './parameters.ts';
import type {
  Numbers,
  OperatorDescription,
  PackInputs,
  PackStep,
  ParameterDescription,
  ProgramDescription,
} from './types.ts';

export interface InstanceOptions {
  /** Values by name, row-major. They are copied: the caller's arrays are free afterwards. */
  readonly params?: Readonly<Record<string, ParameterValue>>;
  /** For values that are drawn; 0 otherwise. */
  readonly seed?: number;
  /** Draws values for a parameter that was neither given nor has a default; `drawValues` is one. */
  readonly draw?: (parameter: ParameterDescription, seed: number) => Numbers;
}

/** What belongs to all operators of a module together; the operators stand beside it by name. */
export interface ModuleInstance {
  update(key: string, value: ParameterValue): void;
  dispose(): void;
  [Symbol.dispose](): void;
}

/** Parameters under the names users give them: their own, or their keys where several operators stand together. */
export interface Named {
  /** The operator or module, as errors call it. */
  readonly owner: string;
  readonly parameters: readonly ParameterDescription[];
  readonly label: (parameter: ParameterDescription) => string;
}

/** The part of a description that is the same for every machine. */
export interface Described<Step extends PackStep = PackStep> {
  readonly name: string;
  readonly parameters: readonly ParameterDescription[];
  readonly packs: readonly Step[];
  readonly operators: readonly OperatorDescription[];
}

/** What the operators of one creation share. */
export interface Instance<Machine, Step extends PackStep = PackStep> extends Named {
  readonly description: Described<Step>;
  readonly operators: readonly OperatorDescription[];
  readonly seed: number;
  /** Values by key, of those that a later pack step may read again. */
  readonly values: Record<string, Numbers>;
  readonly steps: readonly Step[];
  /** Nothing before the start, and once disposed. */
  machine: Machine | undefined;
}

export type Write<Step> = (step: Step, values: PackInputs) => void;

/** Values for one operator, or for all of the module, without a machine yet. */
export function prepare<Machine, Step extends PackStep>(
  description: Described<Step>,
  name: string | undefined,
  options: InstanceOptions,
): Instance<Machine, Step> {
  const chosen = chosenOf(description, name);
  const [operator] = chosen.operators;
  if (operator === undefined && name !== undefined)
    throw new SopError('option-unknown', `${description.name} has no ${name}`);
  const named =
    operator === undefined || name === undefined
      ? { owner: description.name, parameters: description.parameters, label: keyOf }
      : ownNames(description, operator);
  const { params = {}, seed = 0 } = options;
  const stored = named.parameters.filter(isStored);
  const values: Record<string, Numbers> = {};
  const instance = { ...named, description, ...chosen, seed, values, machine: undefined };
  for (const name of Object.keys(params)) {
    const parameter = parameterNamed({ ...named, parameters: stored }, name);
    const value = params[name];
    if (value !== undefined) values[parameter.key] = numbersOf(named.owner, parameter, value);
  }
  for (const parameter of stored) ensure(instance, parameter, options.draw);
  return instance;
}

/** The operator of this name, or all, and the pack steps of what they read. */
export function chosenOf<Step extends PackStep>(
  description: Described<Step>,
  name: string | undefined,
): Pick<Instance<unknown, Step>, 'operators' | 'steps'> {
  const operators = description.operators.filter(each => name === undefined || each.name === name);
  const steps = description.packs.filter(({ target }) =>
    operators.some(({ apply, adjoint }) => reads(apply, target) || (adjoint && reads(adjoint, target))),
  );
  return { operators, steps };
}

/** Runs every pack step whose parameters are known, and lets go of the values that no later one reads. */
export function packAll<Machine, Step extends PackStep>(
  { values, steps, parameters }: Instance<Machine, Step>,
  write: Write<Step>,
): void {
  for (const step of steps) if (step.reads.every(key => key in values)) write(step, values);
  const isNeeded = (key: string): boolean =>
    steps.some(step => step.reads.length > 1 && step.reads.includes(key)) ||
    parameters.some(each => !isStored(each) && each.default?.reads.includes(key));
  for (const parameter of parameters) {
    const { key } = parameter;
    if (isStored(parameter) && !isNeeded(key)) delete values[key];
  }
}

export const titleOf = ({ name, title }: OperatorDescription): string =>
  title === name ? name : `${name} (${title})`;

const keyOf = ({ key }: ParameterDescription): string => key;

export const ownNames = (
  { parameters }: Pick<Described, 'parameters'>,
  operator: OperatorDescription,
): Named => ({
  owner: titleOf(operator),
  parameters: parameters.filter(({ key }) => operator.parameters.includes(key)),
  label: ({ name }) => name,
});

const isStored = ({ binding }: ParameterDescription): boolean => binding !== 'call';

export const reads = ({ kernels }: ProgramDescription, target: string): boolean =>
  kernels.some(({ buffers }) => buffers.includes(target));

function parameterNamed({ owner, parameters, label }: Named, name: string): ParameterDescription {
  const found = parameters.find(each => label(each) === name);
  if (found !== undefined) return found;
  const known = parameters.map(label).join(', ') || 'none';
  throw new SopError('parameter-unknown', `${owner} has no parameter ${name} here; it has: ${known}`);
}

type Values = Pick<Instance<unknown>, 'values' | 'seed' | 'owner' | 'description'>;

/** Fills a parameter that was not given from its default, which may read others, or by drawing. */
function ensure(instance: Values, parameter: ParameterDescription, draw: InstanceOptions['draw']): void {
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

/** Packs what arrives with a call of one program. */
export function packForCall<Machine, Step extends PackStep>(
  instance: Instance<Machine, Step>,
  own: Named,
  program: ProgramDescription,
  given: NonNullable<CallOptions['call']>,
  write: Write<Step>,
): void {
  const arriving = own.parameters.filter(each => !isStored(each));
  const names = Object.keys(given);
  if (arriving.length === 0 && names.length === 0) return;
  const values = { ...instance.values };
  for (const name of names) {
    const parameter = parameterNamed({ ...own, parameters: arriving }, name);
    const value = given[name];
    if (value !== undefined) values[parameter.key] = numbersOf(own.owner, parameter, value);
  }
  for (const parameter of arriving) ensure({ ...instance, values }, parameter, undefined);
  for (const step of instance.steps) {
    const isRead = reads(program, step.target) && arriving.some(({ key }) => step.reads.includes(key));
    if (isRead) write(step, values);
  }
}

export function updateValue<Machine, Step extends PackStep>(
  { values, steps }: Instance<Machine, Step>,
  named: Named,
  name: string,
  value: ParameterValue,
  write: Write<Step>,
): void {
  const parameter = parameterNamed({ ...named, parameters: named.parameters.filter(isStored) }, name);
  const { key } = parameter;
  const current = { ...values, [key]: numbersOf(named.owner, parameter, value) };
  for (const step of steps) {
    const isReady = step.reads.includes(key) && step.reads.every(read => read in current);
    if (isReady) write(step, current);
  }
  if (key in values) values[key] = current[key] ?? [];
}

export const disposed = (owner: string): SopError => new SopError('disposed', `${owner} was disposed of`);

export function alive<Machine, Step extends PackStep>({ machine, owner }: Instance<Machine, Step>): Machine {
  if (machine === undefined) throw disposed(owner);
  return machine;
}

export function release<Machine, Step extends PackStep>(instance: Instance<Machine, Step>): void {
  instance.machine = undefined;
  for (const key of Object.keys(instance.values)) delete instance.values[key];
}

/** Engines without `Symbol.dispose` do without. */
export const lifetime = (update: ModuleInstance['update'], dispose: () => void): ModuleInstance => ({
  update,
  dispose,
  ...((Symbol.dispose && { [Symbol.dispose]: dispose }) as Pick<ModuleInstance, typeof Symbol.dispose>),
});
