/**
 * Kernels for machines with groups of invocations: the body is what one invocation does, and it knows its
 * place by three i32 names that the launch binds. The interpreter runs groups one after another and, between
 * barriers, the invocations of a group in an order of choice: a kernel whose result depends on that order
 * has a race.
 */
import { at, invariant, unreachable } from '../core/invariant.ts';
import {
  type Act,
  type Arguments,
  bind,
  compileLane,
  compileLanes,
  compileStart,
  compileStatement,
  type Machine,
  type Memories,
  newMachine,
  slotOf,
} from './interpret.ts';
import type { Kernel, Parameter, Statement } from './kernel.ts';
import {
  elementOfA,
  elementOfB,
  elementOfD,
  elementsOfA,
  elementsOfB,
  elementsOfD,
  subgroupMembers,
  tileColumns,
  tileReduce,
  tileRows,
} from './matrix.ts';
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
 * groups of equal number, where there are several. Member `member` of subgroup `subgroup` is lane 32·subgroup + member.
 */
export const launchNames = ['group', 'groups', 'lane', 'slice', 'subgroup', 'member'] as const;

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
  const [group, groups, lane, slice, subgroup, member] = launchNames;
  const launch: readonly Parameter[] = [
    { name: group, maximum: maximumGroups - 1 },
    { name: groups, minimum: 1, maximum: maximumGroups },
    { name: lane, maximum: invocations - 1 },
    ...(kernel.slices > 1 ? [{ name: slice, maximum: kernel.slices - 1 }] : []),
    { name: subgroup, maximum: Math.floor((invocations - 1) / subgroupMembers) },
    { name: member, maximum: Math.min(subgroupMembers, invocations) - 1 },
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
  const turn: Turn = { team: { files, order } };
  const body = compileUniform(machine, kernel.body, turn);
  for (let number = 0; number < run.groups * kernel.slices; number++) {
    start(buffers, parameters);
    const [group, slice] = [Math.floor(number / kernel.slices), number % kernel.slices];
    for (let k = 0; k < invocations; k++) {
      const file = [...machine.registers];
      const [subgroup, member] = [Math.floor(k / subgroupMembers), k % subgroupMembers];
      [group, run.groups, k, slice, subgroup, member].forEach((value, name) => {
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

/** Who is running: a whole group, or one subgroup of it. */
interface Turn {
  team: Team;
}

/** Runs an act with the registers of each invocation in turn. */
function byAll({ registers }: Machine, turn: Turn, act: Act): Act {
  return () => {
    const { files, order } = turn.team;
    for (const number of order) {
      const file = files[number] ?? [];
      for (let slot = 0; slot < registers.length; slot++) registers[slot] = file[slot] ?? Number.NaN;
      act();
      for (let slot = 0; slot < registers.length; slot++) file[slot] = registers[slot] ?? Number.NaN;
    }
  };
}

/** Statements that invocations go through together, and between them those that each goes through alone. */
function compileUniform(machine: Machine, body: readonly Statement[], turn: Turn): Act {
  const acts: Act[] = [];
  let stretch: Statement[] = [];
  for (const statement of body) {
    if (!contains(statement, 'barrier')) {
      stretch.push(statement);
      continue;
    }
    acts.push(...compileStretch(machine, stretch, turn), ...compileTogether(machine, statement, turn));
    stretch = [];
  }
  acts.push(...compileStretch(machine, stretch, turn));
  return () => {
    for (const act of acts) act();
  };
}

/** Without a barrier: where subgroups multiply matrices, each is through with it before the next begins. */
function compileStretch(machine: Machine, stretch: readonly Statement[], turn: Turn): Act[] {
  const multiplies = (statement: Statement) => contains(statement, 'multiplyMatrices');
  const acts = stretch.flatMap(statement =>
    multiplies(statement)
      ? compileTogether(machine, statement, turn)
      : compileStatement(machine, statement).map(act => byAll(machine, turn, act)),
  );
  return stretch.some(multiplies) ? [bySubgroups(acts, turn)] : acts;
}

function compileTogether(machine: Machine, statement: Statement, turn: Turn): Act[] {
  switch (statement.kind) {
    case 'for':
      return [compileUniformLoop(machine, statement, turn)];
    case 'if':
      return [compileUniformIf(machine, statement, turn)];
    case 'multiplyMatrices':
      return [compileMatrices(machine, statement, turn)];
    case 'barrier':
      return [];
    case 'assign':
    case 'comment':
    case 'declare':
    case 'load':
    case 'store':
      invariant(false, `nothing together in ${statement.kind}`);
      break;
    default:
      return unreachable(statement);
  }
}

/** Each subgroup goes its own way: what others do meanwhile it must not need. */
function bySubgroups(inner: readonly Act[], turn: Turn): Act {
  return () => {
    const whole = turn.team;
    if (whole.files.length > subgroupMembers) {
      for (let first = 0; first < whole.files.length; first += subgroupMembers) {
        const files = whole.files.slice(first, first + subgroupMembers);
        const order = whole.order.filter(k => k >= first && k < first + subgroupMembers).map(k => k - first);
        turn.team = { files, order };
        for (const act of inner) act();
      }
      turn.team = whole;
    } else for (const act of inner) act();
  };
}

/** D += A · B over the members of a subgroup: products exact, their sum rounded once. */
function compileMatrices(
  machine: Machine,
  { accumulator, a, b, part }: Statement & { kind: 'multiplyMatrices' },
  turn: Turn,
): Act {
  const { scalar } = a.type;
  const slot = slotOf(machine, accumulator);
  const own = [compileLanes(machine, a), compileLanes(machine, b).slice(part * elementsOfB(scalar))] as const;
  const [length, columns] = [tileReduce(scalar), tileColumns];
  return () => {
    const { files } = turn.team;
    invariant(files.length === subgroupMembers, 'a whole subgroup multiplies');
    const left = new Float64Array(tileRows * length);
    const right = new Float64Array(length * columns);
    files.forEach((file, member) => {
      for (let each = 0; each < machine.registers.length; each++)
        machine.registers[each] = file[each] ?? Number.NaN;
      for (let k = 0; k < elementsOfA(scalar); k++) {
        const { row, reduce } = elementOfA(scalar, member, k);
        left[row * length + reduce] = at(own[0], k)();
      }
      for (let k = 0; k < elementsOfB(scalar); k++) {
        const { reduce, column } = elementOfB(scalar, member, k);
        right[reduce * columns + column] = at(own[1], k)();
      }
    });
    files.forEach((file, member) => {
      for (let k = 0; k < elementsOfD; k++) {
        const { row, column } = elementOfD(member, k);
        let sum = file[slot + k] ?? Number.NaN;
        for (let each = 0; each < length; each++)
          sum += at(left, row * length + each) * at(right, each * columns + column);
        file[slot + k] = Math.fround(sum);
      }
    });
  };
}

/** What all invocations of a team evaluate alike. */
function uniform(
  machine: Machine,
  turn: Turn,
  values: readonly (() => number)[],
  what: string,
): () => number[] {
  return () => {
    const made = turn.team.files.map(file => {
      for (let each = 0; each < machine.registers.length; each++)
        machine.registers[each] = file[each] ?? Number.NaN;
      return values.map(value => value());
    });
    const [first, ...others] = made;
    const isUniform = others.every(other => other.every((value, k) => value === first?.[k]));
    invariant(first !== undefined && isUniform, `${what} are uniform`);
    return first;
  };
}

function compileUniformLoop(machine: Machine, node: Statement & { kind: 'for' }, turn: Turn): Act {
  const bounds = [node.from, node.to, node.step].map(bound => compileLane(machine, bound, 0));
  const evaluate = uniform(machine, turn, bounds, `the bounds of the loop over ${node.variable}`);
  const slot = bind(machine, node.variable, 1);
  const body = compileUniform(machine, node.body, turn);
  return () => {
    const [from = 0, to = 0, step = 1] = evaluate();
    for (let value = from; value < to; value += step) {
      for (const file of turn.team.files) file[slot] = value;
      body();
    }
  };
}

function compileUniformIf(machine: Machine, node: Statement & { kind: 'if' }, turn: Turn): Act {
  const evaluate = uniform(
    machine,
    turn,
    [compileLane(machine, node.condition, 0)],
    'conditions around barriers',
  );
  const [then, otherwise] = [node.then, node.otherwise].map(each => compileUniform(machine, each, turn));
  return () => (evaluate()[0] !== 0 ? then?.() : otherwise?.());
}

function contains(statement: Statement, kind: Statement['kind']): boolean {
  if (statement.kind === 'for') return statement.body.some(each => contains(each, kind));
  if (statement.kind === 'if')
    return [...statement.then, ...statement.otherwise].some(each => contains(each, kind));
  return statement.kind === kind;
}
