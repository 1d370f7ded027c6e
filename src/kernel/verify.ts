/**
 * What must hold of a kernel (kernel.ts, "Semantics"): names unique and bound before use, operand types as
 * the operator table says, assignments to mutable names only, legal accesses, integer loop bounds, every
 * index inside its buffer. Gives the problems in words; an empty list is a proof as far as bounds.ts can
 * see.
 */
import { unreachable } from '../core/invariant.ts';
import {
  assume,
  conditionFacts,
  type Form,
  formOf,
  isNonNegative,
  type Knowledge,
  newAtom,
  newKnowledge,
  number,
  plus,
} from './bounds.ts';
import { i32, sameType } from './build.ts';
import type { Buffer, Expression, Extent, Kernel, Statement, Type } from './kernel.ts';
import { matrixProblems } from './matrix.ts';
import { operandProblem } from './operandTypes.ts';
import { pitchesOf, pitchProblems } from './pitch.ts';
import { usesMatrixUnits } from './traverse.ts';

export function verifyKernel(kernel: Kernel): string[] {
  const pitches = pitchesOf(kernel);
  if (pitches.length === 0) return verifyWith(kernel, new Map());
  // Indices are affine in the pitch: what holds at both of its ends holds between.
  const ends = [
    pitches.map(({ name, minimum = 0 }) => [name, minimum] as const),
    pitches.map(({ name, maximum }) => [name, maximum] as const),
  ];
  return [...pitchProblems(kernel), ...ends.flatMap(values => verifyWith(kernel, new Map(values)))];
}

interface Problem {
  /** How many places were looked at before. */
  readonly after: number;
  readonly text: string;
}

/** With some parameters known. A problem is one that no way of proving solves; the likelier way comes first. */
function verifyWith(kernel: Kernel, values: ReadonlyMap<string, number>): string[] {
  // Members of subgroups are digits of digits, rows in groups and tails differences of rows.
  const ways = usesMatrixUnits(kernel)
    ? (['atoms', 'differences'] as const)
    : (['differences', 'atoms'] as const);
  const problems = problemsOf(kernel, values, ways[0]);
  if (problems.length === 0) return [];
  const others = problemsOf(kernel, values, ways[1]);
  const isKnown = (problem: Problem) =>
    others.some(({ after, text }) => after === problem.after && text === problem.text);
  return problems.filter(isKnown).map(({ text }) => text);
}

function problemsOf(
  kernel: Kernel,
  values: ReadonlyMap<string, number>,
  remainders: 'atoms' | 'differences',
): Problem[] {
  const problems: Problem[] = [];
  let [place, after] = [kernel.name, 0];
  const report = (problem: string) => problems.push({ after, text: `${place}: ${problem}` });
  const knowledge = newKnowledge(report, remainders);
  const verification: Verification = {
    buffers: new Map(kernel.buffers.map(buffer => [buffer.name, buffer])),
    knowledge,
    bound: new Set(),
    scope: new Map(),
    report,
    at: name => {
      place = name;
      after++;
    },
  };
  for (const { name } of kernel.buffers) bindName(verification, name);
  for (const { name, minimum = 0, maximum } of kernel.parameters) {
    bindName(verification, name);
    verification.scope.set(name, { type: i32, mutable: false });
    const value = values.get(name);
    const atom = value === undefined ? newAtom(knowledge) : number(value);
    knowledge.names.set(name, atom);
    assume(knowledge, plus(atom, number(minimum), -1));
    assume(knowledge, plus(number(maximum), atom, -1));
  }
  for (const { name, extent } of kernel.buffers) {
    for (const parameter of [extent.parameter, extent.pitch]) {
      if (parameter !== undefined && !knowledge.names.has(parameter))
        verification.report(`extent of ${name} depends on ${parameter}, which is no parameter`);
    }
  }
  verifyBlock(verification, kernel.body);
  return problems;
}

interface Name {
  readonly type: Type;
  readonly mutable: boolean;
}

interface Verification {
  readonly buffers: ReadonlyMap<string, Buffer>;
  readonly knowledge: Knowledge;
  /** Every name so far: no two are alike in a kernel. */
  readonly bound: Set<string>;
  readonly scope: Map<string, Name>;
  readonly report: (problem: string) => void;
  /** Says which statement is looked at. */
  readonly at: (place: string) => void;
}

function bindName({ bound, report }: Verification, name: string): void {
  if (bound.has(name)) report(`${name} is bound twice`);
  bound.add(name);
}

function declareName(verification: Verification, name: string, meaning: Name): void {
  bindName(verification, name);
  verification.scope.set(name, meaning);
}

/** Names and facts of a block end with it. */
function verifyBlock(
  verification: Verification,
  body: readonly Statement[],
  facts: readonly Form[] = [],
): void {
  const { scope, knowledge } = verification;
  const [names, known] = [new Set(scope.keys()), knowledge.facts];
  knowledge.facts = [...known, ...facts];
  for (const statement of body) verifyStatement(verification, statement);
  knowledge.facts = known;
  for (const name of scope.keys()) if (!names.has(name)) scope.delete(name);
}

function verifyStatement(verification: Verification, statement: Statement): void {
  const { knowledge, report, scope } = verification;
  switch (statement.kind) {
    case 'comment':
    case 'barrier':
      return;
    case 'declare': {
      const { name, value, mutable } = statement;
      verification.at(`declare ${name}`);
      verifyExpression(verification, value);
      if (isIndex(value.type) && !mutable) knowledge.names.set(name, formOf(knowledge, value));
      declareName(verification, name, { type: value.type, mutable });
      return;
    }
    case 'assign': {
      verification.at(`assign ${statement.name}`);
      verifyExpression(verification, statement.value);
      const target = scope.get(statement.name);
      if (target === undefined) report(`${statement.name} is not declared`);
      else if (!target.mutable) report(`${statement.name} is not mutable`);
      else if (!sameType(target.type, statement.value.type)) report(`${statement.name} has another type`);
      return;
    }
    case 'multiplyMatrices': {
      verification.at(`multiplyMatrices ${statement.accumulator}`);
      verifyExpression(verification, statement.a);
      verifyExpression(verification, statement.b);
      const target = scope.get(statement.accumulator);
      if (target?.mutable !== true) report(`${statement.accumulator} is no accumulator`);
      else for (const problem of matrixProblems(statement, target.type)) report(problem);
      return;
    }
    case 'load':
      verifyLoad(verification, statement);
      return;
    case 'store': {
      const { buffer, index, value } = statement;
      verification.at(`store ${buffer}`);
      verifyExpression(verification, value);
      const { type } = value;
      verifyAccess(verification, { buffer, index, type, lanes: type.lanes, access: 'write' });
      return;
    }
    case 'for':
      verifyLoop(verification, statement);
      return;
    case 'if': {
      verification.at('if');
      verifyExpression(verification, statement.condition);
      if (!isIndex(statement.condition.type)) report('the condition is no i32');
      const { holds, fails } = conditionFacts(knowledge, statement.condition);
      verifyBlock(verification, statement.then, holds);
      verifyBlock(verification, statement.otherwise, fails);
      return;
    }
    default:
      unreachable(statement);
  }
}

const isIndex = (type: Type): boolean => sameType(type, i32);

function verifyLoad(
  verification: Verification,
  { name, type, buffer, index, splat }: Statement & { kind: 'load' },
): void {
  verification.at(`load ${name}`);
  verifyAccess(verification, { buffer, index, type, lanes: splat ? 1 : type.lanes, access: 'read' });
  declareName(verification, name, { type, mutable: false });
  const range = verification.buffers.get(buffer)?.valueRange;
  if (range === undefined || !isIndex(type)) return;
  const { knowledge } = verification;
  const value = newAtom(knowledge);
  knowledge.names.set(name, value);
  assume(knowledge, plus(value, number(range[0]), -1));
  assume(knowledge, plus(number(range[1]), value, -1));
}

interface Access {
  readonly buffer: string;
  readonly index: Expression;
  readonly type: Type;
  /** Elements read or written. */
  readonly lanes: number;
  readonly access: 'read' | 'write';
}

function verifyAccess(
  verification: Verification,
  { buffer: name, index, type, lanes, access }: Access,
): void {
  const { knowledge, report, buffers } = verification;
  verifyExpression(verification, index);
  if (!isIndex(index.type)) {
    report(`the index of ${name} is no i32`);
    return;
  }
  const buffer = buffers.get(name);
  if (buffer === undefined) {
    report(`no buffer ${name}`);
    return;
  }
  if (buffer.access !== 'readWrite' && buffer.access !== access) report(`${name} is ${buffer.access}-only`);
  if (buffer.scalar !== type.scalar) report(`${name} holds ${buffer.scalar}, not ${type.scalar}`);
  const first = formOf(knowledge, index);
  const room = plus(plus(extentForm(knowledge, buffer.extent), number(lanes), -1), first, -1);
  if (!isNonNegative(knowledge, first)) report(`an index of ${name} may be negative`);
  if (!isNonNegative(knowledge, room)) report(`an index of ${name} may be past its end`);
}

function extentForm({ names }: Knowledge, { fixed, perUnit, parameter, pitch }: Extent): Form {
  const unit = parameter === undefined ? undefined : names.get(parameter);
  const apart = pitch === undefined ? undefined : names.get(pitch)?.constant;
  if (unit !== undefined && apart !== undefined) return plus(number(fixed + perUnit - apart), unit, apart);
  return unit === undefined ? number(fixed) : plus(number(fixed), unit, perUnit);
}

/** The counter is from + step · (0, 1, ...), below `to`. */
function verifyLoop(verification: Verification, node: Statement & { kind: 'for' }): void {
  const { knowledge, report } = verification;
  const { variable: name, from, to, step, axis, body } = node;
  verification.at(`for ${name}`);
  for (const bound of [from, to, step]) {
    verifyExpression(verification, bound);
    if (!isIndex(bound.type)) report(`a bound of ${name} is no i32`);
  }
  if (!isNonNegative(knowledge, plus(formOf(knowledge, step), number(1), -1))) {
    report(`the step of ${name} may not be positive`);
    return;
  }
  if (axis === 'unrolled' && (from.kind !== 'literal' || to.kind !== 'literal')) {
    report(`unrolled loop ${name} has bounds that are not literals`);
  }
  const [start, end] = [formOf(knowledge, from), formOf(knowledge, to)];
  const round = newAtom(knowledge);
  // Of a step that is only known at the call, all that is used is that the counter does not fall.
  const exact = plus(start, round, step.kind === 'literal' ? step.value : 1);
  const isApart = knowledge.remainders === 'atoms' && start.of.size > 1;
  const counter = isApart ? newAtom(knowledge) : exact;
  const known = knowledge.facts;
  knowledge.facts = [...known];
  assume(knowledge, round);
  if (isApart) {
    assume(knowledge, plus(counter, start, -1));
    assume(knowledge, plus(counter, exact, -1));
    assume(knowledge, plus(exact, counter, -1));
  }
  assume(knowledge, plus(plus(end, number(1), -1), counter, -1));
  bindName(verification, name);
  verification.scope.set(name, { type: i32, mutable: false });
  knowledge.names.set(name, counter);
  verifyBlock(verification, body);
  knowledge.facts = known;
  verification.scope.delete(name);
}

function verifyExpression(verification: Verification, node: Expression): void {
  const { report, scope } = verification;
  switch (node.kind) {
    case 'literal':
      if (node.type.scalar === 'i32' && !Number.isInteger(node.value)) report(`${node.value} is no integer`);
      return;
    case 'variable': {
      const meaning = scope.get(node.name);
      if (meaning === undefined) report(`${node.name} is read where it is not declared`);
      else if (!sameType(meaning.type, node.type)) report(`${node.name} is read as another type`);
      return;
    }
    case 'lane':
      if (node.lane < 0 || node.lane >= node.vector.type.lanes) report(`no lane ${node.lane}`);
      if (node.type.lanes !== 1 || node.type.scalar !== node.vector.type.scalar)
        report('a lane has another type');
      verifyExpression(verification, node.vector);
      return;
    case 'vector':
      if (node.elements.length !== node.type.lanes) report('a vector has another number of lanes');
      for (const element of node.elements) {
        if (!sameType(element.type, { ...node.type, lanes: 1 }))
          report('an element of a vector has another type');
        verifyExpression(verification, element);
      }
      return;
    case 'operation': {
      for (const operand of node.operands) verifyExpression(verification, operand);
      const problem = operandProblem(node);
      if (problem !== undefined) report(problem);
      return;
    }
    default:
      unreachable(node);
  }
}
