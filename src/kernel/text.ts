/**
 * A kernel as text for people: goldens and `explain`. One statement a line; what each name means is in the
 * comments.
 */
import { at, unreachable } from '../core/invariant.ts';
import type { Buffer, Expression, Kernel, OperatorName, Statement, Type } from './kernel.ts';

export function kernelText(kernel: Kernel): string {
  const parameters = kernel.parameters.map(({ name, maximum }) => `${name} <= ${maximum}`);
  return [
    ...kernel.comment.map(line => `// ${line}`.trimEnd()),
    `kernel ${kernel.name}(${parameters.join(', ')})`,
    ...kernel.buffers.map(buffer => `  ${bufferText(buffer)}`),
    ...kernel.body.flatMap(statement => statementLines(statement, '  ')),
    '',
  ].join('\n');
}

function bufferText({ name, scalar, extent, space, access, comment }: Buffer): string {
  const { fixed, perUnit, parameter, pitch } = extent;
  const unit = parameter === undefined ? [] : [`${perUnit} * ${parameter}`];
  const size = fixed !== 0 || unit.length === 0 ? [String(fixed), ...unit] : unit;
  const apart = pitch === undefined ? '' : ` every ${pitch}`;
  const remark = comment === '' ? '' : ` // ${comment}`;
  return `${space} ${access} ${name}: ${scalar}[${size.join(' + ')}${apart}]${remark}`;
}

function statementLines(statement: Statement, indent: string): string[] {
  const inner = (body: readonly Statement[]) => body.flatMap(each => statementLines(each, `${indent}  `));
  switch (statement.kind) {
    case 'comment':
      return [`${indent}// ${statement.text}`];
    case 'barrier':
      return [`${indent}barrier`];
    case 'multiplyMatrices': {
      const { accumulator, a, b, part } = statement;
      return [`${indent}${accumulator} += ${expressionText(a)} · ${expressionText(b)}.part${part}`];
    }
    case 'declare': {
      const { name, value, mutable } = statement;
      return [
        `${indent}${mutable ? 'var' : 'let'} ${name}: ${typeText(value.type)} = ${expressionText(value)}`,
      ];
    }
    case 'assign':
      return [`${indent}${statement.name} = ${expressionText(statement.value)}`];
    case 'load': {
      const { name, type, buffer, index, splat } = statement;
      return [
        `${indent}let ${name}: ${typeText(type)} = ${splat ? 'splat ' : ''}${buffer}[${expressionText(index)}]`,
      ];
    }
    case 'store':
      return [
        `${indent}${statement.buffer}[${expressionText(statement.index)}] = ${expressionText(statement.value)}`,
      ];
    case 'for': {
      const { variable, axis, from, to, step, body } = statement;
      const by = step.kind === 'literal' && step.value === 1 ? '' : ` step ${expressionText(step)}`;
      const kind = axis === 'sequential' ? '' : ` ${axis}`;
      return [
        `${indent}for${kind} ${variable} in ${expressionText(from)}..${expressionText(to)}${by}`,
        ...inner(body),
      ];
    }
    case 'if': {
      const otherwise =
        statement.otherwise.length === 0 ? [] : [`${indent}else`, ...inner(statement.otherwise)];
      return [`${indent}if ${expressionText(statement.condition)}`, ...inner(statement.then), ...otherwise];
    }
    default:
      return unreachable(statement);
  }
}

const typeText = ({ scalar, lanes }: Type): string => (lanes === 1 ? scalar : `${scalar}x${lanes}`);

/** Operators with a sign; the others are written as calls. Higher levels bind tighter. */
const signs: Partial<Record<OperatorName, readonly [sign: string, level: number]>> = {
  less: ['<', 1],
  equal: ['==', 1],
  add: ['+', 2],
  subtract: ['-', 2],
  multiply: ['*', 3],
  divide: ['/', 3],
  modulo: ['%', 3],
};

export function expressionText(node: Expression, level = 0): string {
  switch (node.kind) {
    case 'literal':
      return Object.is(node.value, -0) ? '-0' : String(node.value);
    case 'variable':
      return node.name;
    case 'lane':
      return `${expressionText(node.vector, 4)}.${node.lane}`;
    case 'vector':
      return `[${node.elements.map(element => expressionText(element)).join(', ')}]`;
    case 'operation': {
      const infix = signs[node.operator];
      if (infix === undefined)
        return `${node.operator}(${node.operands.map(each => expressionText(each)).join(', ')})`;
      const [sign, own] = infix;
      const [left, right] = [at(node.operands, 0), at(node.operands, 1)];
      const text = `${expressionText(left, own)} ${sign} ${expressionText(right, own + 1)}`;
      return own < level ? `(${text})` : text;
    }
    default:
      return unreachable(node);
  }
}
