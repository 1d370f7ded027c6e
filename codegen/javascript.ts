/** The JavaScript dialect: pack steps, in f64, whose numbers are rounded when they are written, once. */
import { at, invariant } from '../src/core/invariant.ts';
import type { Kernel, OperatorName } from '../src/kernel/kernel.ts';
import {
  atom,
  call,
  conditional,
  type Dialect,
  infix,
  prefix,
  prefixLevel,
  printStatements,
  type Spelling,
} from './clike.ts';
import { boundNames, javascriptReserved, namer } from './names.ts';

/** `(parameters, target) => { ... }`, the text of a pack step (runtime/types.ts). */
export function printPackFunction(kernel: Kernel, indent: string): string {
  const nameOf = namer(javascriptReserved);
  const target = kernel.buffers.find(buffer => buffer.access === 'write');
  invariant(target !== undefined, `${kernel.name} writes no buffer`);
  const argument = nameOf(target.name);
  boundNames(kernel).forEach(nameOf);
  const inner = `${indent}  `;
  const heads = kernel.buffers.flatMap(({ name, space, access, extent, comment }) => {
    if (space === 'shared') {
      return [`${inner}const ${nameOf(name)} = new Float64Array(${extent.fixed}); // ${comment}`];
    }
    if (access !== 'read') return [];
    return [`${inner}const ${nameOf(name)} = parameters${property(name)}; // ${comment}`];
  });
  const body = printStatements({ dialect, nameOf }, kernel.body, inner);
  return [`(parameters, ${argument}) => {`, ...heads, ...body, `${indent}}`].join('\n');
}

const property = (name: string): string =>
  /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;

/** No pack step needs it: they have no vectors and look at no bits. */
const absent = (name: OperatorName | 'lane' | 'vector') => (): never =>
  invariant(false, `${name} in a pack step`) as never;

const unchanged: Spelling = operands => at(operands, 0);

const divide: Spelling = (operands, type, from) => {
  const quotient = infix('/', 13)(operands, type, from);
  return type.scalar === 'i32' ? call('Math.floor')([quotient], type, from) : quotient;
};

/** Pack steps convert only what they store: a typed array rounds what it is given, or takes the bits of sixteen. */
const converted: Spelling = (operands, type, from) => {
  const bits = { f16: 'encodeFloat16', bf16: 'encodeBfloat16' } as const;
  const { scalar } = type;
  return scalar === 'f16' || scalar === 'bf16' ? call(bits[scalar])(operands, type, from) : at(operands, 0);
};

const operators = {
  add: infix('+', 12),
  subtract: infix('-', 12),
  multiply: infix('*', 13),
  divide,
  modulo: infix('%', 13),
  minimum: call('Math.min'),
  maximum: call('Math.max'),
  power: call('Math.pow'),
  negate: prefix('-'),
  absolute: call('Math.abs'),
  squareRoot: call('Math.sqrt'),
  floor: call('Math.floor'),
  exp: call('Math.exp'),
  log: call('Math.log'),
  sin: call('Math.sin'),
  cos: call('Math.cos'),
  tanh: call('Math.tanh'),
  erf: call('erf'),
  fusedMultiplyAdd: absent('fusedMultiplyAdd'),
  less: infix('<', 10),
  equal: infix('===', 9),
  and: infix('&', 8),
  or: infix('|', 6),
  exclusiveOr: infix('^', 7),
  shiftLeft: infix('<<', 11),
  shiftRightUnsigned: infix('>>>', 11),
  select: conditional,
  toFloat: unchanged,
  toInteger: call('Math.trunc'),
  toPrecision: converted,
  bitsToFloat: absent('bitsToFloat'),
  floatToBits: absent('floatToBits'),
  splat: absent('splat'),
} satisfies Record<OperatorName, Spelling>;

const dialect: Dialect = {
  operators,
  literal: value => {
    const text = Object.is(value, -0) ? '-0' : String(value);
    return text.startsWith('-') ? { text, level: prefixLevel } : atom(text);
  },
  declare: (name, _type, mutable, value) => `${mutable ? 'let' : 'const'} ${name} = ${value};`,
  load: (name, _type, buffer, index) => `const ${name} = ${buffer}[${index}];`,
  store: (buffer, index, value) => `${buffer}[${index}] = ${value};`,
  forHead: (variable, from, to, step) => {
    const advance = step === '1' ? `${variable}++` : `${variable} += ${step}`;
    return `for (let ${variable} = ${from}; ${variable} < ${to}; ${advance})`;
  },
  lane: absent('lane'),
  vector: absent('vector'),
  asNumber: condition => conditional([condition, atom('1'), atom('0')], { scalar: 'i32', lanes: 1 }, 'i32'),
  asCondition: value => infix('!==', 9)([value, atom('0')], { scalar: 'i32', lanes: 1 }, 'i32'),
  barrier: '',
};
