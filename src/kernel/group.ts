/**
 * Kernels for machines with groups of invocations: the body is what one invocation does, and it knows its
 * place by three i32 names that the launch binds. The interpreter runs groups one after another and, between
 * barriers, the invocations of a group in an order of choice: a kernel whose result depends on that order
 * has a race.
 */
import { at, invariant } from '../core/invariant.ts';
import {
  type Act,
  type Arguments,
  bind,
  compileLane,
  compileStart,
  compileStatement,
  type Machine,
  type Memories,
  newMachine,
} from './interpret.ts';
import type { Kernel, Parameter, Statement } from './kernel.ts';
import { verifyKernel } from './verify.ts';

/** How a kernel is launched: as groups of so many invocations. */
export interface Launch {
  readonly invocations: number;
  readonly maximumGroups: number;
  /** Groups that one processor should hold, which bounds the registers of each; as the compiler likes where absent. */
  readonly groupsTogether?: number;
}

/**
 * `group` < `groups` numbers the groups of a launch, `lane` < invocations the members of a group; `slice` < slices the
 * groups of equal number, where there are several.
 */
export const launchNames = ['group', 'groups', 'lane', 'slice'] as const;

export interface GroupKernel extends Kernel {
  readonly launch: Launch;
  /** Rows of a batch that one group takes at a time. */
  readonly tileRows: number;
  /** Parts of a tile, each for a group of its own. */
  readonly slices: number;
}

/** The problems of the kernel, with what the launch binds as parameters. */
export function verifyGroupKernel(kernel: GroupKernel): string[] {
  const { invocations, maximumGroups } = kernel.launch;
  const [group, groups, lane, slice] = launchNames;
  const launch: readonly Parameter[] = [
    { name: group, maximum: maximumGroups - 1 },
    { name: groups, minimum: 1, maximum: maximumGroups },
    { name: lane, maximum: invocations - 1 },
    ...(kernel.slices > 1 ? [{ name: slice, maximum: kernel.slices - 1 }] : []),
  ];
  return verifyKernel({ ...kernel, parameters: [...kernel.parameters, ...launch] });
}

export interface GroupRun {
  readonly groups: number;
  /** Invocations between two barriers, first to last or last to first. */
  readonly order: 'forward' | 'backward';
}

export function interpretGroups(
  kernel: GroupKernel,
  buffers: Memories,
  parameters: Arguments,
  run: GroupRun,
): void {
  const { invocations } = kernel.launch;
  const machine = newMachine(kernel);
  const start = compileStart(machine, kernel);
  const slots = launchNames.map(name => bind(machine, name, 1));
  const files: number[][] = [];
  const order = Array.from({ length: invocations }, (_, k) =>
    run.order === 'forward' ? k : invocations - 1 - k,
  );
  const body = compileUniform(machine, kernel.body, { files, order });
  for (let number = 0; number < run.groups * kernel.slices; number++) {
    start(buffers, parameters);
    const [group, slice] = [Math.floor(number / kernel.slices), number % kernel.slices];
    for (let k = 0; k < invocations; k++) {
      const file = [...machine.registers];
      [group, run.groups, k, slice].forEach((value, name) => {
        file[at(slots, name)] = value;
      });
      files[k] = file;
    }
    body();
  }
}

/** The registers of every invocation, and the order in which they take their turns. */
interface Team {
  readonly files: readonly number[][];
  readonly order: readonly number[];
}

/** Runs an act with the registers of each invocation in turn. */
function byAll({ registers }: Machine, { files, order }: Team, act: Act): Act {
  return () => {
    for (const number of order) {
      const file = files[number] ?? [];
      for (let slot = 0; slot < registers.length; slot++) registers[slot] = file[slot] ?? Number.NaN;
      act();
      for (let slot = 0; slot < registers.length; slot++) file[slot] = registers[slot] ?? Number.NaN;
    }
  };
}

/** Statements around barriers, which all invocations go through together; the rest each goes through alone. */
function compileUniform(machine: Machine, body: readonly Statement[], team: Team): Act {
  const acts = body.flatMap((statement): Act[] => {
    if (!hasBarrier(statement))
      return compileStatement(machine, statement).map(act => byAll(machine, team, act));
    if (statement.kind === 'for') return [compileUniformLoop(machine, statement, team)];
    invariant(
      statement.kind === 'barrier',
      `a barrier inside ${statement.kind}, which invocations may leave apart`,
    );
    return [];
  });
  return () => {
    for (const act of acts) act();
  };
}

function compileUniformLoop(machine: Machine, node: Statement & { kind: 'for' }, team: Team): Act {
  const bounds = [node.from, node.to, node.step].map(bound => compileLane(machine, bound, 0));
  const slot = bind(machine, node.variable, 1);
  const body = compileUniform(machine, node.body, team);
  const evaluate = (): number[] => {
    const made = team.files.map(file => {
      for (let each = 0; each < machine.registers.length; each++)
        machine.registers[each] = file[each] ?? Number.NaN;
      return bounds.map(bound => bound());
    });
    const [first, ...others] = made;
    const isUniform = others.every(other => other.every((value, k) => value === first?.[k]));
    invariant(first !== undefined && isUniform, `the bounds of the loop over ${node.variable} are uniform`);
    return first;
  };
  return () => {
    const [from = 0, to = 0, step = 1] = evaluate();
    for (let value = from; value < to; value += step) {
      for (const file of team.files) file[slot] = value;
      body();
    }
  };
}

function hasBarrier(statement: Statement): boolean {
  if (statement.kind === 'for') return statement.body.some(hasBarrier);
  if (statement.kind === 'if') return [...statement.then, ...statement.otherwise].some(hasBarrier);
  return statement.kind === 'barrier';
}
