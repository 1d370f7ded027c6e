/**
 * What a tensor node is once sizes have values: a number that is known, an index that is not yet (the variable
 * of a `tabulate`, an entry of an index tensor), or a tensor of the IR.
 */
import {
  computed,
  type IndexFunction,
  type IndexScalar,
  indexApply,
  indexLiteral,
  ofIndex,
  type Tensor,
} from '../ir/tensor.ts';
import { scalarTensor } from '../ir/tensorAlgebra.ts';

export type NumberValue =
  | { readonly kind: 'number'; readonly value: number }
  /** Between `least` and `most`, where that is known. */
  | { readonly kind: 'index'; readonly scalar: IndexScalar; readonly range: Range | undefined }
  | { readonly kind: 'tensor'; readonly tensor: Tensor };

export interface Range {
  readonly least: number;
  readonly most: number;
}

export const numberOf = (value: number): NumberValue => ({ kind: 'number', value });
export const tensorValue = (tensor: Tensor): NumberValue => ({ kind: 'tensor', tensor });

export function tensorFrom(value: NumberValue): Tensor {
  switch (value.kind) {
    case 'number':
      return scalarTensor(value.value);
    case 'index':
      return computed([], ofIndex(value.scalar));
    case 'tensor':
      return value.tensor;
  }
}

type Index = NumberValue & { kind: 'index' };

/** A whole number or an index, as an index. */
export function indexFrom(value: NumberValue): Index | undefined {
  if (value.kind === 'index') return value;
  if (value.kind !== 'number' || !Number.isSafeInteger(value.value)) return undefined;
  return {
    kind: 'index',
    scalar: indexLiteral(value.value),
    range: { least: value.value, most: value.value },
  };
}

type IndexOperation = Extract<IndexFunction, 'add' | 'subtract' | 'multiply' | 'modulo'>;

export const combineIndices = (name: IndexOperation, a: Index, b: Index): NumberValue => ({
  kind: 'index',
  scalar: indexApply(name, a.scalar, b.scalar),
  range: a.range && b.range && combineRanges(name, a.range, b.range),
});

function combineRanges(name: IndexOperation, a: Range, b: Range): Range | undefined {
  switch (name) {
    case 'add':
      return { least: a.least + b.least, most: a.most + b.most };
    case 'subtract':
      return { least: a.least - b.most, most: a.most - b.least };
    case 'multiply': {
      const corners = [a.least * b.least, a.least * b.most, a.most * b.least, a.most * b.most];
      return { least: Math.min(...corners), most: Math.max(...corners) };
    }
    case 'modulo': {
      if (b.least !== b.most || b.least <= 0) return undefined;
      const inside = a.least >= 0 && a.most < b.least;
      return inside ? a : { least: 0, most: b.least - 1 };
    }
  }
}
