/**
 * What parameters start with: as the file says, else by the part they play, as published layers do. Weights of a factor
 * are uniform within 1/√(what an output sums), as in torch.nn.Linear and the reference code of Monarch; diagonals and
 * multiples start at one, triangles that are solved with as the identity, vectors of reflections in any direction.
 */

import { returned } from '../../../codegen/python.ts';
import type { Initial } from '../../../codegen/torch/contents.ts';
import { at, unreachable } from '../../core/invariant.ts';
import type { Generator, Operator, ParameterDeclaration, Program, Step } from '../../ir/operator.ts';
import { computed, element, parametersOf, sameShape, type Tensor } from '../../ir/tensor.ts';
import { nodesOf, tensorsAt } from '../../ir/traverse.ts';
import { tensorWriter } from './tensors.ts';
import { newWriter } from './writer.ts';

export function initialOf(
  { tensor, default: given }: ParameterDeclaration,
  part: Initial | undefined,
): Initial {
  if (given !== undefined) return generated(given, tensor);
  if (tensor.dtype === 'index') return { kind: 'counted' };
  return part ?? { kind: 'constant', value: 1 };
}

function generated(given: Generator, { shape }: Tensor): Initial {
  switch (given.kind) {
    case 'normal':
      return { kind: 'generated', generator: 'normal', name: given.name, deviation: given.deviation };
    case 'uniform':
    case 'signs':
    case 'permutation':
    case 'orthogonal':
      return { kind: 'generated', generator: given.kind, name: given.name, deviation: 1 };
    case 'value': {
      const { value } = given;
      const isNumber = value.kind === 'computed' && value.body.kind === 'literal';
      if (isNumber) return { kind: 'constant', value: value.body.value };
      const entries = sameShape(value.shape, shape) ? value : computed(shape, element(value, []));
      const writer = newWriter(['x']);
      const axes = shape.map((_, k) => k);
      const result = tensorWriter(writer, name => name).along(entries, axes);
      return { kind: 'computed', body: [...writer.lines, ...returned(result)] };
    }
    default:
      return unreachable(given);
  }
}

/** By the parameter's unique name: the first part it plays, from the input on. */
export function partsOf({ steps, columns }: Program): ReadonlyMap<string, Initial> {
  const parts = new Map<string, Initial>();
  const play = (tensors: readonly (Tensor | undefined)[], part: Initial): void => {
    for (const tensor of tensors.flatMap(each => (each === undefined ? [] : parametersOf(each))))
      if (!parts.has(tensor.name)) parts.set(tensor.name, part);
  };
  const visit = (step: Step, width: number): number => {
    if (step.kind === 'linear') {
      const nodes = nodesOf(step.operator);
      const solved = new Set(nodes.flatMap(node => (node.kind === 'inverse' ? nodesOf(node.operator) : [])));
      for (const node of nodes) playOf(node, solved.has(node), play);
      return step.operator.columns;
    }
    if (step.kind === 'bias') play([step.bias], within(width));
    if (step.kind === 'gate') step.steps.reduce((inner, each) => visit(each, inner), columns);
    return width;
  };
  steps.reduce((width, step) => visit(step, width), columns);
  return parts;
}

const within = (sum: number): Initial => ({ kind: 'within', bound: 1 / Math.sqrt(Math.max(1, sum)) });
const one: Initial = { kind: 'constant', value: 1 };

function playOf(
  node: Operator,
  isSolved: boolean,
  play: (tensors: readonly (Tensor | undefined)[], part: Initial) => void,
): void {
  switch (node.kind) {
    case 'block': {
      const isDiagonal = node.b === 1 && node.c === 1;
      play(tensorsAt(node), isDiagonal ? one : isSolved ? { kind: 'identity' } : within(node.c));
      return;
    }
    case 'triangularSolve':
      return play(tensorsAt(node), { kind: 'identity' });
    case 'update': {
      play([node.diagonal], one);
      const deviation = 1 / Math.sqrt(Math.max(1, at(node.v.shape, 0)));
      // A multiple of the vectors is a number, which is no vector's.
      const numbers = parametersOf(node.u).filter(({ shape }) => shape.length === 0);
      play(numbers, one);
      return play([node.u, node.v, node.t], { kind: 'spread', deviation });
    }
    case 'scale':
      return play([node.factor], one);
    case 'identity':
    case 'zero':
    case 'gather':
    case 'scatter':
    case 'compose':
    case 'sum':
    case 'directSum':
    case 'horizontal':
    case 'vertical':
    case 'offDiagonal':
    case 'adjoint':
    case 'inverse':
    case 'assume':
      return;
    default:
      return unreachable(node);
  }
}
