/** What generated modules import, and the types their users name. Imports nothing of the compiler. */

export {
  type CreateOptions,
  createModule,
  createModuleSync,
  createOperator,
  createOperatorSync,
  type Operator,
  type OptionsFor,
} from './create.ts';
export { erf } from './erf.ts';
export { SopError, type SopErrorCode } from './errors.ts';
export { encodeBfloat16, encodeFloat16 } from './float16.ts';
export { drawValues, normal, orthogonal, permutation, random, signs, uniform } from './generators.ts';
export type { InstanceOptions, ModuleInstance } from './instance.ts';
export { readBeside } from './load.ts';
export type { CallOptions, Vector } from './operator.ts';
export type { HalfValues, ParameterValue } from './parameters.ts';
