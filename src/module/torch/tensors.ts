/**
 * Tensors of the IR as expressions of PyTorch: array comprehensions become broadcasts, reads become slices where they
 * can and index tables where they must. Numbers are computed in `wide`, single or double precision.
 */
import { atom, call, method, named, type Python, tuple } from '../../../codegen/python.ts';
import { at } from '../../core/invariant.ts';
import { freeAxes, type IndexScalar, type Tensor } from '../../ir/tensor.ts';
import { elementAt, onDevice, type Place, type Reading, scalar, type Value } from './scalars.ts';
import { selected } from './slices.ts';
import type { Writer } from './writer.ts';

export interface TensorWriter {
  /** A tensor with these of its axes, in this order; the others have one entry, or all entries alike. */
  readonly along: (tensor: Tensor, axes: readonly number[]) => Python;
  /** An index expression in axis 0, for 0..extent-1. */
  readonly table: (index: IndexScalar, extent: number) => Python;
  /** Single precision, or double where the rows have it. */
  readonly wide: () => Python;
}

interface Context extends Reading {
  /** The name of a parameter's argument. */
  readonly nameOf: (parameter: string) => string;
}

export function tensorWriter(writer: Writer, nameOf: (parameter: string) => string): TensorWriter {
  const context: Context = {
    writer,
    nameOf,
    widened: tensor => widened(tensor, context),
    wide: () => {
      writer.say('wide', () => ['wide = torch.promote_types(x.dtype, torch.float32)']);
      return atom('wide');
    },
  };
  return {
    along: (tensor, axes) => along(tensor, axes, context),
    table: (index, extent) =>
      writer.once(
        `table ${index.id} ${extent}`,
        'table',
        () => scalar(index, placeOf([0], [extent]), context).python,
      ),
    wide: context.wide,
  };
}

/** The axes along which the entries of a tensor differ. */
export const axesOf = (tensor: Tensor): readonly number[] =>
  tensor.kind === 'computed'
    ? [...freeAxes(tensor.body)].sort((a, b) => a - b)
    : tensor.shape.flatMap((extent, k) => (extent === 1 ? [] : [k]));

const placeOf = (axes: readonly number[], extents: readonly number[]): Place => ({
  axes: new Map(axes.map((axis, k) => [axis, k])),
  variables: new Map(),
  extents,
  isGuarded: false,
});

const everyAxis = ({ shape }: Tensor): number[] => shape.map((_, k) => k);

/** The whole tensor, its numbers as they are. */
const whole = (tensor: Tensor, context: Context): Python =>
  tensor.kind === 'parameter' ? atom(context.nameOf(tensor.name)) : along(tensor, everyAxis(tensor), context);

/** A parameter keeps its name. */
function widened(tensor: Tensor, context: Context): Python {
  if (tensor.kind !== 'parameter' || tensor.dtype === 'index') return whole(tensor, context);
  const name = context.nameOf(tensor.name);
  context.wide();
  context.writer.say(`wide ${name}`, () => [`${name} = ${name}.to(wide)`]);
  return atom(name);
}

function along(tensor: Tensor, axes: readonly number[], context: Context): Python {
  const { writer } = context;
  const extents = axes.map(k => at(tensor.shape, k));
  switch (tensor.kind) {
    case 'inversePermutation': {
      const inverse = (): Python => call('torch.argsort', whole(tensor.of, context));
      return writer.once(`tensor ${tensor.id}`, 'inverse', inverse);
    }
    case 'unitTriangularInverse':
      return writer.once(`tensor ${tensor.id}`, 'inverse', () => triangularInverse(tensor, context));
    case 'parameter': {
      const dims = everyAxis(tensor).map(k => ({ position: axes.indexOf(k), offset: 0, whole: true }));
      return selected(atom(context.nameOf(tensor.name)), dims, extents);
    }
    case 'computed': {
      const [place, { body }] = [placeOf(axes, extents), tensor];
      if (body.kind === 'element') {
        const read = elementAt(body, place, context, each => whole(each, context));
        return full(read, tensor, axes, context);
      }
      const entries = (): Python => full(scalar(body, place, context), tensor, axes, context);
      return writer.once(`tensor ${tensor.id} ${axes}`, 'w', entries);
    }
  }
}

/** With every axis asked for that has several entries, even where they are alike. */
function full({ python, kind }: Value, tensor: Tensor, axes: readonly number[], { wide }: Context): Python {
  const shape = axes.map(k => at(tensor.shape, k));
  if (kind === 'number') {
    if (shape.length === 0) return python;
    return named(call('torch.full', tuple(...shape), python), { dtype: wide(), ...onDevice });
  }
  const free = axesOf(tensor);
  const isWhole = axes.every((axis, k) => shape[k] === 1 || free.includes(axis));
  return isWhole ? python : call('torch.broadcast_to', python, tuple(...shape));
}

type TriangularInverse = Tensor & { readonly kind: 'unitTriangularInverse' };

function triangularInverse({ of, triangle, shape }: TriangularInverse, context: Context): Python {
  const unit = named(call('torch.eye', shape[0]), { dtype: context.wide(), ...onDevice });
  const matrix = method(whole(of, context), 'to', context.wide());
  return named(call('torch.linalg.solve_triangular', matrix, unit), {
    upper: atom(triangle === 'upper' ? 'True' : 'False'),
    unitriangular: atom('True'),
  });
}
