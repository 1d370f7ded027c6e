/** What making a pack step accumulates: names, the buffers of tensors, statements. */
import { invariant } from '../core/invariant.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { Buffer, Statement } from '../kernel/kernel.ts';

export interface Packing {
  /** How often each stem was asked for; every name given is a stem too. */
  readonly names: Map<string, number>;
  /**
   * Where each tensor that is read by reference lies: parameters under their own names, temporaries under
   * new ones.
   */
  readonly buffers: Map<Tensor, Buffer>;
  /** Of the stage at hand. */
  readonly statements: Statement[];
  /** Whose loops read only what the stages before have computed. */
  readonly stages: Statement[][];
}

/** Ends the stage at hand. */
export function endStage({ statements, stages }: Packing): void {
  if (statements.length > 0) stages.push(statements.splice(0));
}

export function bufferHolding({ buffers }: Packing, tensor: Tensor): Buffer {
  const buffer = buffers.get(tensor);
  invariant(buffer !== undefined, 'a tensor is computed before it is read');
  return buffer;
}
