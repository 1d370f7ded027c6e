/** Defaults of parameters, as what a module prints: a generator with its arguments, or a pack step. */
import type { DefaultContents } from '../../codegen/module.ts';
import { invariant, unreachable } from '../core/invariant.ts';
import type { Generator, ParameterDeclaration } from '../ir/operator.ts';
import { computed, element, sameShape, type Tensor } from '../ir/tensor.ts';
import { lowerPack } from '../lower/pack.ts';

export function describeDefault({
  tensor,
  default: generator,
}: ParameterDeclaration): DefaultContents | undefined {
  return generator && contentsOf(generator, tensor);
}

function contentsOf(generator: Generator, parameter: Tensor): DefaultContents {
  const { shape } = parameter;
  const generated = (kind: Exclude<Generator['kind'], 'value'>, name: string, ...numbers: number[]) =>
    ({ kind: 'generated', generator: kind, name, arguments: numbers }) as const;
  switch (generator.kind) {
    case 'normal':
      return generated('normal', generator.name, generator.deviation);
    case 'uniform':
    case 'signs':
      return generated(generator.kind, generator.name);
    case 'permutation':
      return generated('permutation', generator.name, shape.at(-1) ?? 1);
    case 'orthogonal':
      return generated('orthogonal', generator.name, shape.at(-2) ?? 1, shape.at(-1) ?? 1);
    case 'value': {
      const value = filling(generator.value, shape);
      const elements = shape.reduce((product, extent) => product * extent, 1);
      const regions = [{ offset: 0, tensor: value }];
      return {
        kind: 'packed',
        ...lowerPack({ name: 'default', scalar: 'f64', elements, regions, comment: 'default' }),
      };
    }
    default:
      return unreachable(generator);
  }
}

/** A single number fills the whole parameter. */
function filling(value: Tensor, shape: readonly number[]): Tensor {
  if (sameShape(value.shape, shape)) return value;
  invariant(value.shape.length === 0, `a default of shape [${value.shape}] for [${shape}]`);
  return computed(shape, value.kind === 'computed' ? value.body : element(value, []));
}
