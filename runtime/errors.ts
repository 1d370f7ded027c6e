/** Errors of generated modules. */

export type SopErrorCode =
  /** A parameter without a default was not given. */
  | 'parameter-missing'
  /** No parameter has this name. */
  | 'parameter-unknown'
  /** The wrong count of numbers. */
  | 'parameter-shape'
  /** An array of a type that does not fit the parameter's dtype. */
  | 'parameter-dtype'
  /** An index out of range, a permutation that is none. */
  | 'parameter-value'
  | 'input-length'
  | 'input-dtype'
  | 'output-length'
  /** A row stride that is no integer or shorter than a row. */
  | 'row-stride'
  | 'option-unknown'
  | 'disposed'
  | 'out-of-memory'
  /** The engine runs no variant of the kernels, or cannot load them this way. */
  | 'unsupported'
  /** The WebGPU device was lost; the operator can be created anew. */
  | 'device-lost'
  /** The WebGPU device refused a shader, a pipeline or a command. */
  | 'gpu-validation'
  /** A buffer given to `encode`: its usage, its offset, or one buffer for both ends. */
  | 'gpu-buffer';

/** A mistake in the use of a generated module; the message names the operator, what was expected and what came. */
export class SopError extends Error {
  readonly code: SopErrorCode;

  constructor(code: SopErrorCode, message: string) {
    super(message);
    this.name = 'SopError';
    this.code = code;
  }
}
