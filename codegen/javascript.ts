/** The JavaScript dialect: pack steps, in f64. Typed arrays round when they are written. */
import { at, invariant } from '../src/core/invariant.ts';
import type { Kernel } from '../src/kernel/kernel.ts';
import { atom, bracket, call, type Dialect, infix, prefix, printStatements, type Spelled } from './clike.ts';

/** No pack step needs it. */
const absent = (): Spelled => invariant(false, 'an operator that pack steps do not use') as never;

const same = (operands: readonly Spelled[]): Spelled => at(operands, 0);

const dialect: Dialect = {
  operators: {
    add: infix('+', 12),
    subtract: infix('-', 12),
    multiply: infix('*', 13),
    divide: (operands, type) => (type.scalar === 'i32' ? call('Math.floor')([infix('/', 13)(operands)]) : infix('/', 13)(operands)),
    modulo: infix('%', 13),
    minimum: call('Math.min'),
    maximum: call('Math.max'),
    power: call('Math.pow'),
    negate: prefix('-', 15),
    absolute: call('Math.abs'),
    squareRoot: call('Math.sqrt'),
    floor: call('Math.floor'),
    exp: call('Math.exp'),
    log: call('Math.log'),
    sin: call('Math.sin'),
    cos: call('Math.cos'),
    tanh: call('Math.tanh'),
    erf: call('erf'),
    fusedMultiplyAdd: absent,
    less: infix('<', 10),
    equal: infix('===', 9),
    and: infix('&', 8),
    or: infix('|', 6),
    exclusiveOr: infix('^', 7),
    shiftLeft: infix('<<', 11),
    shiftRightUnsigned: infix('>>>', 11),
    select: ([condition, then, otherwise]) => ({
      text: `${bracket(condition ?? atom(''), 4)} ? ${bracket(then ?? atom(''), 4)} : ${bracket(otherwise ?? atom(''), 4)}`,
      level: 3,
    }),
    toFloat: operands => ({ text: `+${bracket(at(operands, 0), 16)}`, level: 15 }),
    toInteger: same,
    toPrecision: same,
    bitsToFloat: absent,
    floatToBits: absent,
    splat: absent,
  },
  literal: value => (Number.isFinite(value) ? { text: Object.is(value, -0) ? '-0' : String(value), level: value < 0 ? 15 : 20 } : atom(String(value))),
  declare: (name, _type, mutable, value) => `${mutable ? 'let' : 'const'} ${name} = ${value};`,
  load: (name, _type, buffer, index) => `const ${name} = ${buffer}[${index}];`,
  store: (buffer, index, value) => `${buffer}[${index}] = ${value};`,
  forHead: (variable, from, to, step) => `for (let ${variable} = ${from}; ${variable} < ${to}; ${variable} += ${step})`,
  lane: absent,
  vector: absent,
  barrier: '',
};

/** `(parameters, target) => { ... }`, the text of a pack step (runtime/types.ts). */
export function printPackFunction(kernel: Kernel, indent: string): string {
  const inner = `${indent}  `;
  const heads = kernel.buffers.flatMap(buffer => {
    if (buffer.space === 'shared') return [`${inner}const ${buffer.name} = new Float64Array(${buffer.extent.fixed});`];
    return buffer.access === 'read' ? [`${inner}const ${buffer.name} = parameters.${buffer.name};`] : [];
  });
  return ['(parameters, target) => {', ...heads, ...printStatements(dialect, kernel.body, inner), `${indent}}`].join('\n');
}

/** Whether the pack step calls `erf`, which the module then imports from the runtime. */
export const usesErf = (text: string): boolean => /\berf\(/.test(text);
