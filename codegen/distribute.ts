/**
 * Grid and lane loops become groups of invocations that run at the same time, for targets that have them.
 *
 * The loop over tiles (axis `grid`) is shared out among the groups: group k takes tiles k, k + groups, ... The loop
 * over the slices of a tile becomes a second dimension of the launch, the faster one, so that groups side by side
 * read the same rows.
 *
 * A nest of loops over independent points (axis `lane`), with nothing but names bound in between, becomes one
 * loop that invocation `lane` enters at its own number and leaves in steps of the group's size. Everything
 * else is done by every invocation alike. Barriers stand between the nests already, in uniform control flow.
 */
import { at, invariant } from '../src/core/invariant.ts';
import { add, declare, literal, multiply, operation, variable } from '../src/kernel/build.ts';
import { type GroupKernel, type Launch, launchNames } from '../src/kernel/group.ts';
import type { Expression, Kernel, Statement } from '../src/kernel/kernel.ts';
import { subgroupMembers } from '../src/kernel/matrix.ts';

const launched = Object.fromEntries(launchNames.map(name => [name, variable(name)])) as Record<
  (typeof launchNames)[number],
  Expression
>;
const { group, groups, lane, slice, subgroup, member } = launched;

type Loop = Statement & { readonly kind: 'for' };

export function distribute(kernel: Kernel, limits: Launch): GroupKernel {
  const launch = busyLaunch(kernel.body, limits);
  let tileRows: number | undefined;
  let slices = groupsForItems(kernel, launch);
  let nests = 0;
  const subgroups = subgroupsOf(launch, slices);
  const members: Team = { first: lane, count: literal(launch.invocations) };
  const visit = (statement: Statement): Statement[] => {
    if (statement.kind === 'if') {
      const [then, otherwise] = [statement.then.flatMap(visit), statement.otherwise.flatMap(visit)];
      return [{ ...statement, then, otherwise }];
    }
    if (statement.kind !== 'for') return [statement];
    if (statement.axis === 'lane') return overInvocations(statement, members, `work${nests++ || ''}`);
    if (statement.axis === 'subgroup')
      return overInvocations(statement, subgroups, `work${nests++ || ''}`).flatMap(visit);
    if (statement.axis === 'member') return [declare(statement.variable, member), ...statement.body];
    const body = statement.body.flatMap(visit);
    if (statement.axis !== 'grid') return [{ ...statement, body }];
    const { variable: name, step, to } = statement;
    if (name === launchNames[3] && to.kind === 'literal') {
      slices = to.value;
      return body;
    }
    invariant(step.kind === 'literal' && tileRows === undefined, 'one loop over tiles of constant size');
    tileRows = step.value;
    return [overGroups(statement, body, tileRows)];
  };
  const body = kernel.body.flatMap(visit);
  // A kernel that computes nothing has lost its loop.
  return { ...kernel, body, launch, tileRows: tileRows ?? 1, slices };
}

/**
 * As many invocations as take no longer than the most would, in whole subgroups, and the more groups together: where
 * 192 points go to a group of 256, a quarter of it holds registers and does nothing. What is done for the last rows of
 * a batch alone does not count.
 */
function busyLaunch(body: readonly Statement[], limits: Launch): Launch {
  const { invocations: most, groupsTogether } = limits;
  let busy = 0;
  const visit = (statement: Statement): void => {
    if (statement.kind === 'if') statement.then.forEach(visit);
    if (statement.kind !== 'for') return;
    if (statement.axis === 'subgroup') busy = most;
    if (statement.axis !== 'lane') return statement.body.forEach(visit);
    const points = nestOf(statement).loops.map(countOf).reduce(multiply);
    if (points.kind !== 'literal') return;
    const share = Math.ceil(points.value / Math.ceil(points.value / most));
    busy = Math.max(busy, Math.ceil(share / subgroupMembers) * subgroupMembers);
  };
  body.forEach(visit);
  if (busy === 0 || busy >= most) return limits;
  const together = groupsTogether && Math.floor((groupsTogether * most) / busy);
  return { ...limits, invocations: busy, ...(together && { groupsTogether: together }) };
}

export interface SpreadKernel extends GroupKernel {
  /** Iterations that all invocations of a launch share out. */
  readonly points: number;
}

/** A kernel without tiles: its nests of independent points are shared out among all invocations of a launch. */
export function spread(kernel: Kernel, launch: Launch): SpreadKernel {
  const everyone: Team = {
    first: add(multiply(group, literal(launch.invocations)), lane),
    count: multiply(groups, literal(launch.invocations)),
  };
  let points = 1;
  const isNest = (statement: Statement): boolean => statement.kind === 'for' && statement.axis === 'lane';
  const body = kernel.body.flatMap(statement => {
    if (statement.kind !== 'for' || statement.axis !== 'lane') return [statement];
    const total = nestOf(statement).loops.map(countOf).reduce(multiply);
    invariant(total.kind === 'literal', 'as many points as the operator has');
    points = Math.max(points, total.value);
    return overInvocations(statement, everyone, 'work');
  });
  // What has no nest is done once.
  const isFirst = operation('less', [everyone.first, literal(1)]);
  const once: Statement = { kind: 'if', condition: isFirst, then: body, otherwise: [] };
  return {
    ...kernel,
    body: kernel.body.some(isNest) ? body : [once],
    launch,
    tileRows: 1,
    slices: 1,
    points,
  };
}

/** Who shares out a nest: the number of the first point that each takes, and how many there are. */
interface Team {
  readonly first: Expression;
  readonly count: Expression;
}

/** Whole subgroups as the members of a team, those of all groups that share a tile. */
function subgroupsOf({ invocations }: Launch, groupsOfTile: number): Team {
  const own = Math.max(1, Math.floor(invocations / subgroupMembers));
  if (groupsOfTile === 1) return { first: subgroup, count: literal(own) };
  return { first: add(multiply(slice, literal(own)), subgroup), count: literal(own * groupsOfTile) };
}

/**
 * Groups that share the items of a tile: several where nothing but one nest of them is done for it, which then needs no
 * memory in common.
 */
function groupsForItems({ buffers, body }: Kernel, { invocations }: Launch): number {
  const nests: Loop[] = [];
  let others = 0;
  const visit = (statement: Statement): void => {
    if (statement.kind === 'if') [...statement.then, ...statement.otherwise].forEach(visit);
    if (statement.kind !== 'for') return;
    if (statement.axis === 'subgroup') nests.push(statement);
    else if (statement.axis === 'grid' && statement.variable !== launchNames[3])
      statement.body.forEach(visit);
    else others++;
  };
  body.forEach(visit);
  const [nest, ...more] = nests;
  if (nest === undefined || more.length + others > 0 || buffers.some(({ space }) => space === 'shared'))
    return 1;
  const items = nestOf(nest).loops.map(countOf).reduce(multiply);
  const own = Math.floor(invocations / subgroupMembers);
  return items.kind === 'literal' ? Math.max(1, Math.ceil(items.value / own)) : 1;
}

/** Tiles number group, group + groups, ... of ⌈to / tileRows⌉. */
function overGroups(
  { variable: start, from, to }: Loop,
  body: readonly Statement[],
  tileRows: number,
): Statement {
  invariant(from.kind === 'literal' && from.value === 0, 'tiles begin with the batch');
  const [round, tiles] = [variable('round'), divided(add(to, literal(tileRows - 1)), literal(tileRows))];
  const inside = [declare(start, multiply(round, literal(tileRows))), ...body];
  return {
    kind: 'for',
    variable: 'round',
    axis: 'sequential',
    from: group,
    to: tiles,
    step: groups,
    body: inside,
  };
}

/** A nest of lane loops as one loop over its points, each of the team taking every `count`-th. */
function overInvocations(outermost: Loop, { first, count: many }: Team, name: string): Statement[] {
  const { loops, preludes, body } = nestOf(outermost);
  const counts = loops.map(countOf);
  const total = counts.reduce(multiply);
  const inside: Statement[] = loops.flatMap((loop, k) => {
    const inner = counts.slice(k + 1).reduce(multiply, literal(1));
    const count = at(counts, k);
    const quotient = divided(variable(name), inner);
    const isAlone = count.kind === 'literal' && count.value === 1;
    const digit = isAlone ? literal(0) : k === 0 ? quotient : operation('modulo', [quotient, count]);
    const index = add(loop.from, multiply(digit, loop.step));
    return [declare(loop.variable, index), ...at(preludes, k)];
  });
  const all = [...inside, ...body];
  // Where the first is a sum, the counter is a name of its own, which is easier to reason about.
  const isSum = first.kind === 'operation';
  if (isSum || total.kind !== 'literal' || many.kind !== 'literal' || total.value > many.value) {
    const axis = 'sequential';
    return [{ kind: 'for', variable: name, axis, from: first, to: total, step: many, body: all }];
  }
  // A single point has no number that anything asks for.
  const entered = total.value === 1 ? all : [declare(name, first), ...all];
  const within = operation('less', [first, total]);
  return total.value === many.value
    ? entered
    : [{ kind: 'if', condition: within, then: entered, otherwise: [] }];
}

const divided = (value: Expression, by: Expression): Expression =>
  by.kind === 'literal' && by.value === 1 ? value : operation('divide', [value, by]);

/** ⌈(to − from)/step⌉. */
function countOf({ from, to, step }: Loop): Expression {
  invariant(step.kind === 'literal', 'lane loops step by a constant');
  if (from.kind === 'literal' && to.kind === 'literal') {
    return literal(Math.max(0, Math.ceil((to.value - from.value) / step.value)));
  }
  const span = from.kind === 'literal' && from.value === 0 ? to : operation('subtract', [to, from]);
  return divided(add(span, literal(step.value - 1)), step);
}

/** The loops of a nest, outermost first, with what each binds before the next. */
function nestOf(outermost: Loop): {
  readonly loops: readonly Loop[];
  readonly preludes: readonly (readonly Statement[])[];
  readonly body: readonly Statement[];
} {
  const loops: Loop[] = [outermost];
  const preludes: (readonly Statement[])[] = [];
  for (let { body } = outermost; ; ) {
    const last = body.at(-1);
    const before = body.slice(0, -1);
    const isNest = last?.kind === 'for' && last.axis === outermost.axis && before.every(bindsOnly);
    if (!isNest) return { loops, preludes: [...preludes, []], body };
    loops.push(last);
    preludes.push(before);
    body = last.body;
  }
}

const bindsOnly = (statement: Statement): boolean =>
  statement.kind === 'comment' ||
  statement.kind === 'load' ||
  (statement.kind === 'declare' && !statement.mutable);
