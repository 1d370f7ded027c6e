/**
 * Rows whose distance is known only at the call. Indices may grow with it, and nothing else may depend on it: an index
 * is affine in the pitch of its own buffer and free of every other, so that a proof for the least pitch and one for
 * the greatest are a proof for all.
 */
import { unreachable } from '../core/invariant.ts';
import type { Buffer, Expression, Kernel, Parameter } from './kernel.ts';
import { expressionsOf, visitStatements } from './traverse.ts';

/** The parameters that say how far apart the rows of some buffer begin. */
export function pitchesOf({ buffers, parameters }: Kernel): Parameter[] {
  const names = new Set(buffers.flatMap(({ extent }) => extent.pitch ?? []));
  return parameters.filter(({ name }) => names.has(name));
}

/** The pitches that a value is affine in; nothing where it depends on them in another way. */
type Dependence = ReadonlySet<string> | undefined;

const free: ReadonlySet<string> = new Set();

/** What depends on a pitch where it may not. */
export function pitchProblems(kernel: Kernel): string[] {
  const known = new Map<string, Dependence>(pitchesOf(kernel).map(({ name }) => [name, new Set([name])]));
  const buffers = new Map<string, Buffer>(kernel.buffers.map(buffer => [buffer.name, buffer]));
  const problems: string[] = [];
  const isFree = (node: Expression): boolean => dependenceOf(node, known)?.size === 0;
  const checkIndex = (buffer: string, index: Expression): void => {
    const own = buffers.get(buffer)?.extent.pitch;
    const found = dependenceOf(index, known);
    if (found === undefined || [...found].some(name => name !== own))
      problems.push(`an index of ${buffer} is not affine in its pitch alone`);
  };
  visitStatements(kernel.body, statement => {
    if (statement.kind === 'declare' && !statement.mutable) {
      known.set(statement.name, dependenceOf(statement.value, known));
      return;
    }
    if (statement.kind === 'load' || statement.kind === 'store')
      checkIndex(statement.buffer, statement.index);
    const index = statement.kind === 'load' || statement.kind === 'store' ? statement.index : undefined;
    const others = expressionsOf(statement).filter(node => node !== index);
    if (!others.every(isFree)) problems.push(`'${statement.kind}' depends on how far apart rows are`);
  });
  return problems.map(problem => `${kernel.name}: ${problem}`);
}

function dependenceOf(node: Expression, known: ReadonlyMap<string, Dependence>): Dependence {
  switch (node.kind) {
    case 'literal':
      return free;
    case 'variable':
      return known.has(node.name) ? known.get(node.name) : free;
    case 'lane':
      return onlyFree([dependenceOf(node.vector, known)]);
    case 'vector':
      return onlyFree(node.elements.map(each => dependenceOf(each, known)));
    case 'operation': {
      const parts = node.operands.map(each => dependenceOf(each, known));
      const dependent = parts.filter(part => part?.size !== 0);
      const isAffine =
        node.operator === 'add' ||
        node.operator === 'subtract' ||
        (node.operator === 'multiply' && dependent.length <= 1);
      return isAffine ? union(parts) : onlyFree(parts);
    }
    default:
      return unreachable(node);
  }
}

const onlyFree = (parts: readonly Dependence[]): Dependence =>
  parts.every(part => part?.size === 0) ? free : undefined;

const union = (parts: readonly Dependence[]): Dependence =>
  parts.includes(undefined) ? undefined : new Set(parts.flatMap(part => [...(part ?? free)]));
