/** One axis of a contract as two, of which the second is the finer; the order of a sum stays what it was. */
import { at } from '../core/invariant.ts';
import { axis, computed, element, indexAdd, indexLiteral, indexMultiply, type Tensor } from '../ir/tensor.ts';
import type { ContractStatement, View } from './tile.ts';
import { mapViews } from './traverse.ts';

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
    ...inWeights(mapViews(contract, view), weights => splitShape(weights, place, inner)),
    axes: contract.axes.toSpliced(place, 1, ...parts),
  };
}

/** The contract with other weights, those of its residuals too. */
export function inWeights(
  contract: ContractStatement,
  change: (weights: Tensor) => Tensor,
): ContractStatement {
  const { weights, residuals } = contract;
  return {
    ...contract,
    weights: change(weights),
    residuals: residuals.map(each => ({ ...each, weights: each.weights && change(each.weights) })),
  };
}

/** The tensor with one axis of its shape as two, both of one point where that is all it has. */
function splitShape(weights: Tensor, place: number, points: number): Tensor {
  const inner = Math.min(points, at(weights.shape, place));
  const outer = at(weights.shape, place) / inner;
  const position = weights.shape.map((_, k) => {
    if (k === place) return indexAdd(indexMultiply(axis(k), indexLiteral(inner)), axis(k + 1));
    return axis(k < place ? k : k + 1);
  });
  return computed(weights.shape.toSpliced(place, 1, outer, inner), element(weights, position));
}
