/** An operator applied to a tensor on its leading axis, as a tensor: the entries come from `matrixOf`. */
import { at } from '../core/invariant.ts';
import { matrixOf } from '../ir/matrix.ts';
import type { Operator } from '../ir/operator.ts';
import { apply, axis, computed, element, sumOver, type Tensor } from '../ir/tensor.ts';

export function applyToTensor(operator: Operator, tensor: Tensor): Tensor {
  const matrix = matrixOf(operator);
  const rest = tensor.shape.slice(1);
  const tail = rest.map((_, k) => axis(k + 1));
  const entry = sumOver(operator.columns, j =>
    apply('multiply', element(matrix, [axis(0), j]), element(tensor, [j, ...tail])),
  );
  return computed([operator.rows, ...rest.map((_, k) => at(rest, k))], entry);
}
