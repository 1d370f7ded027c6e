/**
 * The WGSL dialect: one compute shader for each kernel. Buffers of the device are storage bindings in the order of the
 * kernel's arguments, parameters a uniform after them, shared buffers variables of the workgroup.
 *
 * A buffer that is only ever accessed by whole, aligned vectors is an array of vec4; other buffers are arrays of
 * numbers, and their vectors are read and written number by number.
 */
import { at, invariant, unreachable } from '../src/core/invariant.ts';
import { realFormats } from '../src/core/precision.ts';
import { type GroupKernel, launchNames } from '../src/kernel/group.ts';
import type { Buffer, Expression, OperatorName, Statement, Type } from '../src/kernel/kernel.ts';
import { type Alignment, alignmentOf, quarterOf } from './alignment.ts';
import {
  atom,
  bracket,
  call,
  type Dialect,
  infix,
  offset,
  powerOfTwo,
  prefix,
  prefixLevel,
  printStatements,
  type Spelled,
  type Spelling,
} from './clike.ts';
import { boundNames, namer, wgslReserved } from './names.ts';

export function printWgsl(kernel: GroupKernel): string {
  const nameOf = namer(wgslReserved);
  const entry = nameOf(kernel.name);
  boundNames(kernel).forEach(nameOf);
  const [group, groups, lane, slice] = launchNames.map(nameOf);
  const [tiles, isSliced] = kernel.slices > 1 ? ['y', true] : ['x', false];
  const alignment = alignmentOf(kernel);
  const { vectors } = alignment;
  const elementOf = ({ name, scalar }: Buffer) => (vectors.has(name) ? `vec4<${scalar}>` : scalar);
  const global = kernel.buffers.filter(({ space }) => space === 'global');
  const shared = kernel.buffers.filter(({ space }) => space === 'shared');
  const bindings = global.map((buffer, k) => {
    const access = buffer.access === 'read' ? 'read' : 'read_write';
    const declaration = `var<storage, ${access}> ${nameOf(buffer.name)}: array<${elementOf(buffer)}>`;
    return `@group(0) @binding(${k}) ${declaration}; // ${buffer.comment}`;
  });
  const workgroup = shared.map(buffer => {
    const length = vectors.has(buffer.name) ? Math.ceil(buffer.extent.fixed / 4) : buffer.extent.fixed;
    return `var<workgroup> ${nameOf(buffer.name)}: array<${elementOf(buffer)}, ${length}>; // ${buffer.comment}`;
  });
  const parameters = kernel.parameters.map(({ name }) => nameOf(name));
  const enabled = kernel.buffers.some(({ scalar }) => scalar === 'f16') ? ['enable f16;'] : [];
  return `${[
    ...enabled,
    ...kernel.comment.map(line => `// ${line}`.trimEnd()),
    `struct Arguments { ${parameters.map(name => `${name}: i32`).join(', ')} }`,
    ...bindings,
    `@group(0) @binding(${global.length}) var<uniform> arguments: Arguments;`,
    ...workgroup,
    '',
    `@compute @workgroup_size(${kernel.launch.invocations})`,
    `fn ${entry}(`,
    '  @builtin(workgroup_id) workgroupId: vec3<u32>,',
    '  @builtin(num_workgroups) workgroupCount: vec3<u32>,',
    '  @builtin(local_invocation_index) invocationIndex: u32,',
    ') {',
    `  let ${group} = i32(workgroupId.${tiles});`,
    `  let ${groups} = i32(workgroupCount.${tiles});`,
    ...(isSliced ? [`  let ${slice} = i32(workgroupId.x);`] : []),
    `  let ${lane} = i32(invocationIndex);`,
    ...parameters.map(name => `  let ${name} = arguments.${name};`),
    ...printStatements(
      { dialect: dialectFor(vectors, barrierOf(kernel)), nameOf },
      inVectors(kernel.body, alignment),
      '  ',
    ),
    '}',
  ].join('\n')}\n`;
}

/** Whole vectors of a vector buffer are counted in vectors. */
function inVectors(body: readonly Statement[], alignment: Alignment): Statement[] {
  const indexOf = (buffer: string, index: Expression, lanes: number): Expression =>
    lanes === 4 && alignment.vectors.has(buffer) ? quarterOf(index, alignment) : index;
  return body.map((statement): Statement => {
    switch (statement.kind) {
      case 'load': {
        const { buffer, index, type, splat } = statement;
        return { ...statement, index: indexOf(buffer, index, splat ? 1 : type.lanes) };
      }
      case 'store':
        return {
          ...statement,
          index: indexOf(statement.buffer, statement.index, statement.value.type.lanes),
        };
      case 'for':
        return { ...statement, body: inVectors(statement.body, alignment) };
      case 'if': {
        const [then, otherwise] = [statement.then, statement.otherwise].map(each =>
          inVectors(each, alignment),
        );
        return { ...statement, then: then ?? [], otherwise: otherwise ?? [] };
      }
      case 'assign':
      case 'barrier':
      case 'comment':
      case 'declare':
      case 'multiplyMatrices':
        return statement;
      default:
        return unreachable(statement);
    }
  });
}

export interface Binding {
  readonly binding: number;
  readonly name: string;
  readonly type: 'storage' | 'read-only-storage' | 'uniform';
}

/** The bindings of group 0: the buffers of the device in their order, and the parameters. */
export function wgslBindings(kernel: GroupKernel): Binding[] {
  const buffers = kernel.buffers
    .filter(({ space }) => space === 'global')
    .map(({ name, access }, binding): Binding => {
      return { binding, name, type: access === 'read' ? 'read-only-storage' : 'storage' };
    });
  return [...buffers, { binding: buffers.length, name: 'arguments', type: 'uniform' }];
}

const typeName = ({ scalar, lanes }: Type): string => (lanes === 1 ? scalar : `vec${lanes}<${scalar}>`);

/** No kernel for this target has it. */
const absent = (name: string) => (): never => invariant(false, `${name} reached the WGSL printer`) as never;

const convert: Spelling = (operands, type, from) => call(typeName(type))(operands, type, from);
const bitcast: Spelling = (operands, type, from) => call(`bitcast<${typeName(type)}>`)(operands, type, from);

/** WGSL mixes no two of the bitwise operators: operands and result stand in parentheses. */
const bitwise =
  (sign: string): Spelling =>
  operands =>
    atom(`(${operands.map(operand => bracket(operand, 20)).join(` ${sign} `)})`);

/** A shift counts in u32; the lowest bits move out of an unsigned number. */
const shift =
  (sign: string, unsigned: boolean): Spelling =>
  (operands, type) => {
    const [value, count] = operands.map(operand => operand.text) as [string, string];
    const [signedType, unsignedType] = [typeName(type), typeName(type).replace('i32', 'u32')];
    const moved = unsigned ? `bitcast<${unsignedType}>(${value})` : `(${value})`;
    const text = `${moved} ${sign} ${unsignedType}(${count})`;
    return atom(unsigned ? `bitcast<${signedType}>(${text})` : `(${text})`);
  };

const select: Spelling = ([condition, then, otherwise], type, from) =>
  call('select')([otherwise, then, condition] as readonly Spelled[], type, from);

const operators = {
  add: infix('+', 12),
  subtract: infix('-', 12),
  multiply: infix('*', 13),
  divide: powerOfTwo(infix('/', 13), (value, k) => `${value} >> ${k}u`),
  modulo: powerOfTwo(infix('%', 13), (value, k) => `${value} & ${2 ** k - 1}`),
  minimum: call('min'),
  maximum: call('max'),
  power: call('pow'),
  negate: prefix('-'),
  absolute: call('abs'),
  squareRoot: call('sqrt'),
  floor: call('floor'),
  exp: call('exp'),
  log: call('log'),
  sin: call('sin'),
  cos: call('cos'),
  tanh: call('tanh'),
  erf: absent('erf'),
  fusedMultiplyAdd: call('fma'),
  less: infix('<', 10),
  equal: infix('==', 9),
  and: bitwise('&'),
  or: bitwise('|'),
  exclusiveOr: bitwise('^'),
  shiftLeft: shift('<<', false),
  shiftRightUnsigned: shift('>>', true),
  select,
  toFloat: convert,
  toInteger: convert,
  toPrecision: convert,
  bitsToFloat: bitcast,
  floatToBits: bitcast,
  splat: convert,
} satisfies Record<OperatorName, Spelling>;

/** WGSL's own exponential and logarithm are good to a few units in the last place; the rest is expanded. */
export const wgslCapabilities = {
  exp: true,
  log: true,
  sin: false,
  cos: false,
  tanh: false,
  erf: false,
  power: false,
  formats: ['f32', 'f16'],
} as const;

/** Workgroup memory always waits; storage where the group reads back what it wrote there. */
function barrierOf(kernel: GroupKernel): string {
  const written = new Set(
    kernel.buffers
      .filter(({ space, access }) => space === 'global' && access !== 'read')
      .map(({ name }) => name),
  );
  const readsBack = (statement: Statement): boolean => {
    if (statement.kind === 'for') return statement.body.some(readsBack);
    if (statement.kind === 'if') return [...statement.then, ...statement.otherwise].some(readsBack);
    return statement.kind === 'load' && written.has(statement.buffer);
  };
  return kernel.body.some(readsBack) ? 'workgroupBarrier(); storageBarrier();' : 'workgroupBarrier();';
}

const dialectFor = (vectors: ReadonlySet<string>, barrier: string): Dialect => ({
  operators,
  literal: (value, type) => {
    const text = literalText(value, type);
    if (type.lanes > 1) return atom(`${typeName(type)}(${text})`);
    return text.startsWith('-') ? { text, level: prefixLevel } : atom(text);
  },
  declare: (name, _type, mutable, value) => `${mutable ? 'var' : 'let'} ${name} = ${value};`,
  load: (name, type, buffer, index, splat) => `let ${name} = ${loaded(vectors, type, buffer, index, splat)};`,
  store: (buffer, index, value, type) => {
    if (vectors.has(buffer)) return `${buffer}[${index}] = ${value};`;
    if (type.lanes === 1) return `${buffer}[${index}] = ${value};`;
    const parts = Array.from(
      { length: type.lanes },
      (_, k) => `${buffer}[${offset(index, k)}] = value[${k}];`,
    );
    return `{ let value = ${value}; ${parts.join(' ')} }`;
  },
  forHead: (variable, from, to, step) =>
    `for (var ${variable} = ${from}; ${variable} < ${to}; ${variable} += ${step})`,
  lane: (vector, lane) => atom(`${vector.level < 20 ? `(${vector.text})` : vector.text}[${lane}]`),
  vector: (elements, type) => atom(`${typeName(type)}(${elements.join(', ')})`),
  asNumber: condition => atom(`i32(${condition.text})`),
  asCondition: value => infix('!=', 9)([value, atom('0')], { scalar: 'i32', lanes: 1 }, 'i32'),
  barrier,
});

function loaded(
  vectors: ReadonlySet<string>,
  type: Type,
  buffer: string,
  index: string,
  splat: boolean,
): string {
  if (type.lanes > 1 && !splat) {
    if (vectors.has(buffer)) return `${buffer}[${index}]`;
    const parts = Array.from({ length: type.lanes }, (_, k) => `${buffer}[${offset(index, k)}]`);
    return `${typeName(type)}(${parts.join(', ')})`;
  }
  const one = `${buffer}[${index}]`;
  return type.lanes > 1 ? `${typeName(type)}(${one})` : one;
}

/** WGSL has no spelling of infinities and NaN, and no negative zero in constants: they are made of their bits. */
function literalText(value: number, { scalar }: Type): string {
  if (scalar === 'i32') return value === -(2 ** 31) ? 'i32(-2147483648)' : String(value);
  invariant(scalar === 'f32' || scalar === 'f16', `WGSL has no ${scalar}`);
  if (!Number.isFinite(value) || Object.is(value, -0)) {
    invariant(scalar === 'f32', 'a number of sixteen bits is finite');
    const bits = at(new Uint32Array(Float32Array.of(value).buffer), 0);
    return `bitcast<f32>(${bits}u)`;
  }
  const text = String(realFormats[scalar].round(value));
  const suffix = scalar === 'f32' ? 'f' : 'h';
  return /[.e]/.test(text) ? text + suffix : `${text}.0${suffix}`;
}
