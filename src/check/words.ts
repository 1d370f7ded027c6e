/**
 * The words that expressions are made of besides the leaves: functions of tensors, pointwise steps,
 * constants.
 */
import type { Pointwise } from '../ir/operator.ts';
import type { RealFunction } from '../ir/tensor.ts';
import { leafTable } from './leafTable.ts';
import type { ComplexWord } from './typed.ts';

interface FunctionRow {
  readonly function: RealFunction;
  readonly arity: 1 | 2;
  /** Defined for complex arguments; `abs` of one is real. */
  readonly complex: boolean;
}

const row = (name: RealFunction, arity: 1 | 2, complex: boolean): FunctionRow => ({
  function: name,
  arity,
  complex,
});

export const elementwiseFunctions: Readonly<Record<string, FunctionRow>> = {
  exp: row('exp', 1, true),
  log: row('log', 1, true),
  sqrt: row('sqrt', 1, true),
  sin: row('sin', 1, true),
  cos: row('cos', 1, true),
  tanh: row('tanh', 1, true),
  sigmoid: row('sigmoid', 1, false),
  softplus: row('softplus', 1, false),
  relu: row('relu', 1, false),
  silu: row('silu', 1, false),
  abs: row('abs', 1, true),
  min: row('minimum', 2, false),
  max: row('maximum', 2, false),
};

export const pointwiseSteps: Readonly<Record<string, Pointwise>> = {
  relu: 'relu',
  gelu: 'gelu',
  gelu_tanh: 'geluTanh',
  silu: 'silu',
  tanh: 'tanh',
  sigmoid: 'sigmoid',
};

export const complexFunctions: Readonly<Record<string, ComplexWord>> = { re: 're', im: 'im', conj: 'conj' };
export const vectorFunctions: Readonly<Record<string, 'dot' | 'inner' | 'outer'>> = {
  dot: 'dot',
  inner: 'inner',
  outer: 'outer',
};
export const generators: Readonly<
  Record<string, 'orthogonal' | 'normal' | 'uniform' | 'permutation' | 'signs'>
> = {
  orthogonal: 'orthogonal',
  normal: 'normal',
  uniform: 'uniform',
  permutation: 'permutation',
  signs: 'signs',
};
export const pipeWords = ['bias', 'gate'] as const;

/** A row of a table by a name the user wrote. */
export const own = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

/** Names that no declaration may take. */
export const reservedWords: ReadonlySet<string> = new Set([
  ...Object.keys(leafTable),
  ...Object.keys(elementwiseFunctions),
  ...Object.keys(pointwiseSteps),
  ...Object.keys(complexFunctions),
  ...Object.keys(vectorFunctions),
  ...pipeWords,
  'normalize',
  'permute',
  'ceil',
  'pi',
  'f64',
]);
