/** The steps applied to a value on its way to memory: bias, pointwise functions, gates. */
import { unreachable } from '../core/invariant.ts';
import type { Pointwise } from '../ir/operator.ts';
import { add, declare, literal, operation, variable } from '../kernel/build.ts';
import type { Expression, OperatorName, Statement } from '../kernel/kernel.ts';
import type { EpilogueStep } from '../tile/tile.ts';
import { type Lowering, packedTensor, rowStart } from './context.ts';
import { fresh } from './names.ts';
import { readVector } from './vectors.ts';

/**
 * Where the value goes: the address in its row of its first lane, the row of the tile,
 * and the distance of the lanes.
 */
export interface Place {
  readonly inRow: Expression;
  readonly row: Expression;
  readonly stride: number;
}

export interface Computed {
  readonly statements: readonly Statement[];
  readonly value: Expression;
}

export function applyEpilogue(
  lowering: Lowering,
  steps: readonly EpilogueStep[],
  start: Expression,
  place: Place,
): Computed {
  const statements: Statement[] = [];
  let value = start;
  for (const step of steps) {
    switch (step.kind) {
      case 'bias': {
        const bias = packedTensor(lowering, step.bias, 'bias');
        const read = readVector(lowering, bias.name, place.inRow, value.type, place.stride);
        statements.push(...read.statements);
        value = operation('add', [value, read.value]);
        break;
      }
      case 'gate': {
        const index = add(rowStart(lowering, step.buffer, place.row), place.inRow);
        const read = readVector(lowering, step.buffer, index, value.type, place.stride);
        statements.push(...read.statements);
        value = operation('multiply', [value, read.value]);
        break;
      }
      case 'pointwise': {
        const name = fresh(lowering, 'value');
        statements.push(declare(name, value));
        value = pointwise(step.function, variable(name, value.type));
        break;
      }
      default:
        unreachable(step);
    }
  }
  return { statements, value };
}

/** The functions of language.md ("Maps") from the operators of the kernel IR. */
function pointwise(name: Pointwise, x: Expression): Expression {
  const number = (value: number) => literal(value, x.type);
  const apply = (operator: OperatorName, ...operands: Expression[]) => operation(operator, operands);
  switch (name) {
    case 'relu':
      return apply('maximum', x, number(0));
    case 'tanh':
      return apply('tanh', x);
    case 'sigmoid':
      return apply('divide', number(1), apply('add', number(1), apply('exp', apply('negate', x))));
    case 'silu':
      return apply('divide', x, apply('add', number(1), apply('exp', apply('negate', x))));
    // x/2 · (1 + erf(x/√2))
    case 'gelu':
      return half(x, apply('erf', apply('multiply', x, number(Math.SQRT1_2))));
    // x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³))), Hendrycks and Gimpel 2016
    case 'geluTanh': {
      const cube = apply('multiply', apply('multiply', x, x), x);
      const inner = apply('add', x, apply('multiply', number(0.044715), cube));
      return half(x, apply('tanh', apply('multiply', number(Math.sqrt(2 / Math.PI)), inner)));
    }
    default:
      return unreachable(name);
  }
}

/** x/2 · (1 + y). */
function half(x: Expression, y: Expression): Expression {
  const number = (value: number) => literal(value, x.type);
  return operation('multiply', [operation('multiply', [x, number(0.5)]), operation('add', [number(1), y])]);
}
