/** Parameters at given sizes: tensors of the IR, their names unique in the module, and their defaults. */
import { checking } from '../core/diagnostics/check.ts';
import { invariant } from '../core/invariant.ts';
import type { Generator, ParameterDeclaration } from '../ir/operator.ts';
import { parameter as parameterTensor, type Tensor } from '../ir/tensor.ts';
import { filled } from '../ir/tensorAlgebra.ts';
import { allKnown } from './elaborateOperator.ts';
import { sizeAt } from './elaborateSize.ts';
import { valueAt } from './elaborateTensor.ts';
import { type Place, refuse } from './instance.ts';
import { tensorFrom } from './numberValue.ts';
import { textOf } from './scope.ts';
import { sizeLimit } from './sizes.ts';
import type { TypedParameter } from './typed.ts';

/**
 * `owner` is the name that the operator is compiled under; parameters of a file are qualified by the file,
 * if at all.
 */
export function declareParameter(
  node: TypedParameter,
  owner: string | undefined,
  place: Place,
): ParameterDeclaration | undefined {
  const { name, shared, binding, dtype, written, span } = node;
  const shape = allKnown(node.extents.map(extent => sizeAt(extent, place)));
  if (shape === undefined) return undefined;
  const entries = shape.reduce((product, extent) => product * extent, 1);
  if (entries > sizeLimit) {
    const words = { what: `the size of ${name}`, value: entries, limit: sizeLimit };
    return refuse(place, checking.tooLarge, span, words);
  }
  invariant(dtype !== 'c64', 'complex parameters are refused before elaboration');
  const qualifier = owner ?? shared ?? '';
  const tensor = parameterTensor(qualifier === '' ? name : `${qualifier}.${name}`, dtype, binding, shape);
  const value = defaultOf(node, shape, place);
  return { name, shared: shared !== undefined, tensor, default: value, written };
}

function defaultOf(node: TypedParameter, shape: readonly number[], place: Place): Generator | undefined {
  const given = node.default;
  switch (given?.kind) {
    case undefined:
      return undefined;
    case 'generator':
      return { kind: given.word, name: given.name };
    case 'normal': {
      const deviation = valueAt(given.deviation, place);
      if (deviation?.kind === 'number')
        return { kind: 'normal', name: given.name, deviation: deviation.value };
      const why = `the deviation ${textOf(given.deviation)} is not a number known when it is compiled`;
      return deviation && refuse(place, checking.badDefault, given.deviation.span, { name: node.name, why });
    }
    case 'value': {
      const value = valueAt(given.value, place);
      if (value?.kind === 'number') return { kind: 'value', value: filled(shape, value.value) };
      return value && { kind: 'value', value: tensorFrom(value) };
    }
  }
}

/** A parameter of a file, declared when it is first read. */
export function sharedTensor(node: TypedParameter, place: Place): Tensor | undefined {
  const { shared } = place.instance.session;
  const key = `${node.shared}.${node.name}`;
  const known = shared.get(key);
  if (known !== undefined) return known.tensor;
  const declared = declareParameter(node, undefined, { ...place, sizes: new Map() });
  if (declared !== undefined) shared.set(key, declared);
  return declared?.tensor;
}
