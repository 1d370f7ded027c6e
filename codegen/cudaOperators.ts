/**
 * The operators of the kernel IR as CUDA C spells them. Vectors are CUDA's own (float4, double2): what an operator does
 * to one is a function of its own, made of what the operator is for numbers, and printed where a kernel uses it.
 */
import { invariant } from '../src/core/invariant.ts';
import {
  type Expression,
  type Kernel,
  type OperatorName,
  type Scalar,
  type Type,
  operators as table,
} from '../src/kernel/kernel.ts';
import { expressionsOf, visitStatements } from '../src/kernel/traverse.ts';
import { atom, bracket, call, conditional, infix, powerOfTwo, prefix, type Spelling } from './clike.ts';

export const cudaScalars = {
  i32: 'int',
  f32: 'float',
  f64: 'double',
  f16: '__half',
  bf16: '__nv_bfloat16',
} as const satisfies Record<Scalar, string>;

/** CUDA's own vectors; those of sixteen bits are declared with the helpers. */
const vectorTypes: Record<Scalar, string> = { ...cudaScalars, f16: 'half', bf16: 'bfloat' };

export const typeName = ({ scalar, lanes }: Type): string =>
  lanes === 1 ? cudaScalars[scalar] : `${vectorTypes[scalar]}${lanes}`;

/** Names of the lanes of a vector. */
export const components = ['x', 'y', 'z', 'w'] as const;

/** `name` of doubles, `namef` of floats. */
const named =
  (name: string): Spelling =>
  (operands, type, from) =>
    call(type.scalar === 'f32' ? `${name}f` : name)(operands, type, from);

const ofIntegers =
  (integers: Spelling, others: Spelling): Spelling =>
  (operands, type, from) =>
    (type.scalar === 'i32' ? integers : others)(operands, type, from);

const cast: Spelling = (operands, type, from) => call(`static_cast<${typeName(type)}>`)(operands, type, from);

const shiftRight: Spelling = ([value, count]) =>
  atom(`static_cast<int>(static_cast<unsigned>(${value?.text}) >> ${bracket(count ?? atom(''), 12)})`);

/** Of numbers; what is made of them for vectors is below. */
const scalarOperators = {
  add: infix('+', 12),
  subtract: infix('-', 12),
  multiply: infix('*', 13),
  divide: powerOfTwo(infix('/', 13), (value, k) => `${value} >> ${k}`),
  modulo: powerOfTwo(infix('%', 13), (value, k) => `${value} & ${2 ** k - 1}`),
  minimum: ofIntegers(call('min'), call('minimum')),
  maximum: ofIntegers(call('max'), call('maximum')),
  power: named('pow'),
  negate: prefix('-'),
  absolute: ofIntegers(call('abs'), named('fabs')),
  squareRoot: named('sqrt'),
  floor: named('floor'),
  exp: named('exp'),
  log: named('log'),
  sin: named('sin'),
  cos: named('cos'),
  tanh: named('tanh'),
  erf: named('erf'),
  fusedMultiplyAdd: named('fma'),
  less: infix('<', 10),
  equal: infix('==', 9),
  and: infix('&', 8),
  or: infix('|', 6),
  exclusiveOr: infix('^', 7),
  shiftLeft: infix('<<', 11),
  shiftRightUnsigned: shiftRight,
  select: conditional,
  toFloat: cast,
  toInteger: cast,
  toPrecision: cast,
  bitsToFloat: call('__int_as_float'),
  floatToBits: call('__float_as_int'),
  splat: call('splat'),
} satisfies Record<OperatorName, Spelling>;

const vectorSigns: Partial<Record<OperatorName, string>> = {
  add: '+',
  subtract: '-',
  multiply: '*',
  divide: '/',
  negate: '-',
};

const vectorName = (operator: OperatorName): string =>
  operator === 'fusedMultiplyAdd'
    ? 'multiplyAdd'
    : `each${operator.charAt(0).toUpperCase()}${operator.slice(1)}`;

/** Vectors go by their operator's sign or by the function of its name. */
function lifted(name: OperatorName, scalars: Spelling): Spelling {
  const vectors = name === 'splat' || vectorSigns[name] !== undefined ? scalars : call(vectorName(name));
  return (operands, type, from) => (type.lanes === 1 ? scalars : vectors)(operands, type, from);
}

export const operators = Object.fromEntries(
  Object.entries(scalarOperators).map(([name, spelled]) => [name, lifted(name as OperatorName, spelled)]),
) as Record<OperatorName, Spelling>;

/** What the kernels of a file do to whole vectors: one function for each operator and type. */
export function vectorFunctions(kernels: readonly Kernel[]): string[] {
  const used = new Map<string, string>();
  const visit = (node: Expression): void => {
    const children = node.kind === 'operation' ? node.operands : node.kind === 'vector' ? node.elements : [];
    children.forEach(visit);
    if (node.kind === 'lane') visit(node.vector);
    if (node.kind !== 'operation' || node.type.lanes === 1 || node.operator === 'splat') return;
    const from = node.operands[0]?.type ?? node.type;
    const key = `${node.operator} ${typeName(from)} ${typeName(node.type)}`;
    used.set(key, vectorFunction(node.operator, node.type, from));
  };
  for (const kernel of kernels)
    visitStatements(kernel.body, statement => expressionsOf(statement).forEach(visit));
  return [...used.values()].sort();
}

function vectorFunction(operator: OperatorName, type: Type, from: Type): string {
  invariant(type.scalar !== 'i32', 'vectors of numbers');
  const scalar: Type = { ...type, lanes: 1 };
  const names = ['a', 'b', 'c'].slice(0, table[operator].arity);
  const parts = components.slice(0, type.lanes).map(
    part =>
      scalarOperators[operator](
        names.map(name => atom(`${name}.${part}`)),
        scalar,
        from.scalar,
      ).text,
  );
  const [vector, sign] = [typeName(type), vectorSigns[operator]];
  const name = sign === undefined ? vectorName(operator) : `operator${sign}`;
  const given = names.map(each => `${typeName(from)} ${each}`).join(', ');
  return [`__device__ inline ${vector} ${name}(${given}) {`, `  return {${parts.join(', ')}};`, '}'].join(
    '\n',
  );
}
