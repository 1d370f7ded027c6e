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

/** A name that no parameter and no other value has. */
export function fresh(names: Map<string, number>, stem: string): string {
  let count = names.get(stem) ?? 0;
  while (count > 0 && names.has(`${stem}_${count}`)) count++;
  names.set(stem, count + 1);
  const name = count === 0 ? stem : `${stem}_${count}`;
  if (count > 0) names.set(name, 1);
  return name;
}

export function bufferHolding({ buffers }: Packing, tensor: Tensor): Buffer {
  const buffer = buffers.get(tensor);
  invariant(buffer !== undefined, 'a tensor is computed before it is read');
  return buffer;
}
