/** The functions of scalar expressions as PyTorch spells them, for tensors and for numbers of Python beside them. */
import {
  atom,
  binary,
  call,
  method,
  named,
  number,
  type Python,
  string,
  unary,
} from '../../../codegen/python.ts';
import { at } from '../../core/invariant.ts';
import { type IndexFunction, indexFunction, type RealFunction } from '../../ir/tensor.ts';
import type { Value } from './scalars.ts';

type Spelling = (a: Python, b: Python) => Python;

const ofTensor =
  (name: string): Spelling =>
  a =>
    method(a, name);

const functional =
  (name: string): Spelling =>
  a =>
    call(`F.${name}`, a);

/** One of them may be a number, which bounds the other from the far side. */
function extreme(name: 'minimum' | 'maximum', a: Value, b: Value): Python {
  const bound = name === 'minimum' ? 'max' : 'min';
  if (a.kind === 'number') return named(method(b.python, 'clamp'), { [bound]: a.python });
  if (b.kind === 'number') return named(method(a.python, 'clamp'), { [bound]: b.python });
  return call(`torch.${name}`, a.python, b.python);
}

const realSpellings: Record<Exclude<RealFunction, 'minimum' | 'maximum'>, Spelling> = {
  add: (a, b) => binary(a, '+', b),
  subtract: (a, b) => binary(a, '-', b),
  multiply: (a, b) => binary(a, '*', b),
  divide: (a, b) => binary(a, '/', b),
  power: (a, b) => binary(a, '**', b),
  negate: a => unary('-', a),
  exp: ofTensor('exp'),
  log: ofTensor('log'),
  sqrt: ofTensor('sqrt'),
  sin: ofTensor('sin'),
  cos: ofTensor('cos'),
  tanh: ofTensor('tanh'),
  sigmoid: ofTensor('sigmoid'),
  // torch's own softplus is linear from 20 on.
  softplus: a => call('torch.logaddexp', a, call('torch.zeros_like', a)),
  relu: ofTensor('relu'),
  silu: functional('silu'),
  abs: ofTensor('abs'),
  gelu: functional('gelu'),
  geluTanh: a => named(call('F.gelu', a), { approximate: string('tanh') }),
};

/** One of the operands at least is a tensor. */
export function realExpression(name: RealFunction, operands: readonly Value[]): Python {
  const a = at(operands, 0);
  if (name === 'minimum' || name === 'maximum') return extreme(name, a, at(operands, 1));
  return realSpellings[name](a.python, (operands[1] ?? a).python);
}

const indexSigns = {
  add: '+',
  subtract: '-',
  multiply: '*',
  floorDivide: '//',
  modulo: '%',
  less: '<',
  equal: '==',
} as const;

/** Comparisons are truth values until something counts with them. */
export function indexExpression(name: IndexFunction, operands: readonly Value[]): Value {
  const [a, b] = [at(operands, 0), at(operands, 1)];
  if (a.known !== undefined && b.known !== undefined) {
    const known = indexFunction[name](a.known, b.known);
    return { python: number(known), kind: 'number', known };
  }
  if (name === 'multiply' && a.kind === 'bool' && b.kind === 'bool')
    return { python: binary(a.python, '&', b.python), kind: 'bool' };
  const [left, right] = [counting(a), counting(b)];
  if (name === 'minimum' || name === 'maximum') return { python: extreme(name, left, right), kind: 'index' };
  const kind = name === 'less' || name === 'equal' ? 'bool' : 'index';
  return { python: binary(left.python, indexSigns[name], right.python), kind };
}

const counting = (value: Value): Value =>
  value.kind === 'bool' ? { python: method(value.python, 'to', atom('torch.int64')), kind: 'index' } : value;
