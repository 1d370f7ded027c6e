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
  readonly statements: Statement[];
}

export function bufferHolding({ buffers }: Packing, tensor: Tensor): Buffer {
  const buffer = buffers.get(tensor);
  invariant(buffer !== undefined, 'a tensor is computed before it is read');
  return buffer;
}
