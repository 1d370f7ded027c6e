/**
 * Scalar expressions of the IR over the axes of a result, as expressions of PyTorch that broadcast to it: positions are
 * counted tables, sums one more axis at the end, choices `where`, a triangle or entries here and there.
 */
import {
  atom,
  binary,
  call,
  float,
  list,
  method,
  named,
  number,
  type Python,
  subscript,
  tuple,
} from '../../../codegen/python.ts';
import { at } from '../../core/invariant.ts';
import { realFunction } from '../../ir/pointwise.ts';
import { freeAxes, type IndexScalar, type RealScalar, type Scalar, type Tensor } from '../../ir/tensor.ts';
import { comparedAxes, listedEntries } from './choices.ts';
import { indexExpression, realExpression } from './functions.ts';
import { dimension, selected } from './slices.ts';
import { boundVariables } from './variables.ts';
import type { Writer } from './writer.ts';

/** An expression, and what it is: numbers of Python are known, the rest are tensors that broadcast to the right. */
export interface Value {
  readonly python: Python;
  readonly kind: 'number' | 'bool' | 'index' | 'real';
  /** Of a number. */
  readonly known?: number;
}

/** Where axes and variables of sums stand in the result, counted from the left of `extents`. */
export interface Place {
  readonly axes: ReadonlyMap<number, number>;
  readonly variables: ReadonlyMap<number, number>;
  readonly extents: readonly number[];
  /** In a branch that may not be taken positions may lie outside. */
  readonly isGuarded: boolean;
}

/** How scalars reach the tensors that they read. */
export interface Reading {
  readonly writer: Writer;
  /** The whole tensor, its numbers as they are computed with. */
  readonly widened: (tensor: Tensor) => Python;
  /** The type of those numbers, said where it is used. */
  readonly wide: () => Python;
}

export const onDevice: Readonly<Record<string, Python>> = { device: atom('x.device') };

export function scalar(node: Scalar, place: Place, reading: Reading): Value {
  switch (node.kind) {
    case 'literal':
      return {
        python: node.domain === 'index' ? number(node.value) : float(node.value),
        kind: 'number',
        known: node.value,
      };
    case 'axis':
      return counted(place.axes.get(node.axis), place, reading);
    case 'bound':
      return counted(place.variables.get(node.variable), place, reading);
    case 'ofIndex': {
      const inner = scalar(node.value, place, reading);
      if (inner.known !== undefined) return { ...inner, python: float(inner.known) };
      return { python: method(inner.python, 'to', reading.wide()), kind: 'real' };
    }
    case 'element':
      return elementAt(node, place, reading, reading.widened);
    case 'apply': {
      const operands = node.arguments.map(each => scalar(each, place, reading));
      if (node.domain === 'index') return indexExpression(node.function, operands);
      if (operands.every(({ known }) => known !== undefined)) {
        const known = realFunction(
          node.function,
          operands.map(each => each.known ?? 0),
        );
        return { python: float(known), kind: 'number', known };
      }
      return { python: realExpression(node.function, operands), kind: 'real' };
    }
    case 'select':
      return choice(node, place, reading);
    case 'sum':
      return summed(node, place, reading);
  }
}

/** 0, 1, … along one place of the result; where the axis has one entry only, that. */
function counted(position: number | undefined, { extents }: Place, { writer }: Reading): Value {
  if (position === undefined) return { python: number(0), kind: 'number', known: 0 };
  const behind = extents.length - position - 1;
  const extent = at(extents, position);
  const stem = ['i', 'j', 'k', 'l'][position] ?? 'i';
  const python = writer.once(`count ${extent} ${behind}`, stem, () => {
    const values = named(call('torch.arange', extent), onDevice);
    const nones = Array.from({ length: behind }, () => atom('None'));
    return behind === 0 ? values : subscript(values, atom(':'), ...nones);
  });
  return { python, kind: 'index' };
}

type Sum = RealScalar & { readonly kind: 'sum' };

/** The variable is one more axis at the end, which is added up. */
function summed({ variable, extent, body }: Sum, place: Place, reading: Reading): Value {
  const variables = new Map([...place.variables, [variable, place.extents.length] as const]);
  if (!boundVariables(body).has(variable)) {
    const inner = scalar(body, place, reading);
    return { python: binary(inner.python, '*', number(extent)), kind: 'real' };
  }
  const inner = scalar(body, { ...place, variables, extents: [...place.extents, extent] }, reading);
  return { python: method(inner.python, 'sum', -1), kind: 'real' };
}

type Choice = Scalar & { readonly kind: 'select' };

function choice(node: Choice, place: Place, reading: Reading): Value {
  const { writer } = reading;
  const entries = listedEntries(node);
  if (entries !== undefined && place.extents.length === 2) {
    const { rows, columns, places, weights } = entries;
    const table = (values: readonly number[]) => named(call('torch.tensor', list(...values)), onDevice);
    const zeros = named(call('torch.zeros', ...place.extents), { dtype: reading.wide(), ...onDevice });
    const values = subscript(reading.widened(weights), table(places));
    return { python: method(zeros, 'index_put', tuple(table(rows), table(columns)), values), kind: 'real' };
  }
  const triangle = triangleOf(node, place, reading);
  if (triangle !== undefined) return triangle;
  const condition = scalar(node.condition, place, reading);
  const guarded = { ...place, isGuarded: true };
  const [then, otherwise] = [scalar(node.then, guarded, reading), scalar(node.otherwise, guarded, reading)];
  const isTrue = condition.kind === 'bool' ? condition.python : binary(condition.python, '!=', number(0));
  const kind = node.domain;
  // Two numbers of Python would make single precision of it.
  const first =
    then.kind === 'number' && otherwise.kind === 'number'
      ? named(call('torch.full', tuple(), then.python), {
          dtype: kind === 'real' ? reading.wide() : atom('torch.int64'),
          ...onDevice,
        })
      : then.python;
  const python = call('torch.where', isTrue, first, otherwise.python);
  // Long chains of choices are said one after another.
  return { python: node.otherwise.kind === 'select' ? writer.assign('w', python) : python, kind };
}

/** One triangle of a matrix, with its diagonal or ones there, zeros elsewhere. */
function triangleOf(
  { condition, then, otherwise }: Choice,
  place: Place,
  reading: Reading,
): Value | undefined {
  const strict = comparedAxes(condition, 'less', place);
  if (strict === undefined || then.kind !== 'element' || then.domain !== 'real') return undefined;
  if (otherwise.kind !== 'select' || comparedAxes(otherwise.condition, 'equal', place) === undefined)
    return undefined;
  const { then: diagonal, otherwise: rest } = otherwise;
  if (rest.kind !== 'literal' || rest.value !== 0) return undefined;
  const matrix = elementAt(then, place, reading, reading.widened).python;
  // Rows before columns is the upper triangle.
  const [cut, step] = strict === 'rows' ? (['triu', 1] as const) : (['tril', -1] as const);
  if (diagonal === then) return { python: method(matrix, cut), kind: 'real' };
  if (diagonal.kind !== 'literal' || diagonal.value !== 1) return undefined;
  const eye = named(call('torch.eye', ...place.extents), { dtype: reading.wide(), ...onDevice });
  return { python: binary(method(matrix, cut, step), '+', eye), kind: 'real' };
}

// ---------------------------------------------------------------------------------------------------------- reading

type Element = Scalar & { readonly kind: 'element' };

export function elementAt(
  node: Element,
  place: Place,
  reading: Reading,
  read: (tensor: Tensor) => Python,
): Value {
  const { tensor } = node;
  const base = read(tensor);
  const kind = node.domain;
  const dims = node.at.map((index, k) => dimension(index, at(tensor.shape, k), place));
  const positions = dims.flatMap(each => (each !== undefined && each.position >= 0 ? [each.position] : []));
  if (dims.every(each => each !== undefined) && new Set(positions).size === positions.length)
    return { python: selected(base, dims, place.extents), kind };
  const indices = node.at.map((index, k) =>
    clamped(scalar(index, place, reading), index, at(tensor.shape, k), place),
  );
  const isAlone = node.at.every(index => freeAxes(index).size === 0 && boundVariables(index).size === 0);
  const python = subscript(base, ...indices);
  return { python: isAlone && place.extents.length === 0 ? subscript(python, 0) : python, kind };
}

/** Tables of one entry are no numbers of Python: the device is not asked for their value. */
function clamped({ python, kind }: Value, index: IndexScalar, extent: number, place: Place): Python {
  if (kind === 'number') return python;
  const isSingle = freeAxes(index).size === 0 && boundVariables(index).size === 0;
  const table = isSingle ? method(python, 'reshape', 1) : python;
  return place.isGuarded ? method(table, 'clamp', 0, Math.max(0, extent - 1)) : table;
}
