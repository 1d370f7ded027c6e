/** The functions scalar expressions are made of: closed sets, by name and arity. */

/** Scalar functions of real numbers, by arity; the closed set of language.md ("Elementwise functions"). */
export const realFunctions = {
  add: 2,
  subtract: 2,
  multiply: 2,
  divide: 2,
  power: 2,
  minimum: 2,
  maximum: 2,
  negate: 1,
  exp: 1,
  log: 1,
  sqrt: 1,
  sin: 1,
  cos: 1,
  tanh: 1,
  sigmoid: 1,
  softplus: 1,
  relu: 1,
  silu: 1,
  abs: 1,
  gelu: 1,
  geluTanh: 1,
} as const;
export type RealFunction = keyof typeof realFunctions;

/** Functions of indices; comparisons give 1 or 0. */
export const indexFunctions = {
  add: 2,
  subtract: 2,
  multiply: 2,
  floorDivide: 2,
  modulo: 2,
  minimum: 2,
  maximum: 2,
  less: 2,
  equal: 2,
} as const;
export type IndexFunction = keyof typeof indexFunctions;

/** What they compute. */
export const indexFunction: Record<IndexFunction, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  floorDivide: (a, b) => Math.floor(a / b),
  modulo: (a, b) => a - Math.floor(a / b) * b,
  minimum: Math.min,
  maximum: Math.max,
  less: (a, b) => (a < b ? 1 : 0),
  equal: (a, b) => (a === b ? 1 : 0),
};
