/** One axis of a contract as two, of which the second is the finer; the order of a sum stays what it was. */
import { at } from '../core/invariant.ts';
import { axis, computed, element, indexAdd, indexLiteral, indexMultiply, type Tensor } from '../ir/tensor.ts';
import type { ContractStatement, View } from './tile.ts';

/** `inner` points of the axis are one of the new axis before it. */
export function splitAxis(contract: ContractStatement, place: number, inner: number): ContractStatement {
  const own = at(contract.axes, place);
  const view = ({ strides, ...rest }: View): View => {
    const stride = at(strides, place);
    return { ...rest, strides: strides.toSpliced(place, 1, stride * inner, stride) };
  };
  const parts = [
    { ...own, name: `${own.name}1`, extent: own.extent / inner },
    { ...own, name: `${own.name}0`, extent: inner },
  ];
  return {
    ...contract,
    axes: contract.axes.toSpliced(place, 1, ...parts),
    weights: splitShape(contract.weights, place, inner),
    input: view(contract.input),
    output: view(contract.output),
  };
}

/** The tensor with one axis of its shape as two. */
export function splitShape(weights: Tensor, place: number, inner: number): Tensor {
  const outer = at(weights.shape, place) / inner;
  const position = weights.shape.map((_, k) => {
    if (k === place) return indexAdd(indexMultiply(axis(k), indexLiteral(inner)), axis(k + 1));
    return axis(k < place ? k : k + 1);
  });
  return computed(weights.shape.toSpliced(place, 1, outer, inner), element(weights, position));
}
