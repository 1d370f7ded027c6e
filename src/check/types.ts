/** The type of an expression: its sort, and its sizes in the user's symbols. */
import { shapeText, sizeText } from './sizeText.ts';
import type { Size } from './symbolic.ts';

/**
 * `whole` numbers are sizes and the variables of a `tabulate`; they count as real where a real number is
 * wanted.
 */
export type NumberKind = 'whole' | 'real' | 'complex' | 'index';

export interface TensorType {
  /** Row-major; [] is a number. */
  readonly shape: readonly Size[];
  readonly numbers: NumberKind;
}

/** What an operator or a map goes between: columns -> rows. */
export interface Space {
  readonly columns: Size;
  readonly rows: Size;
  readonly complex: boolean;
}

export const numberType = (numbers: NumberKind): TensorType => ({ shape: [], numbers });

export const spaceText = ({ columns, rows }: Space): string => `${sizeText(columns)} -> ${sizeText(rows)}`;

const kinds: Record<NumberKind, string> = { whole: '', real: '', complex: 'complex ', index: 'index ' };

/** As a message names it. */
export const tensorTypeText = ({ shape, numbers }: TensorType): string => {
  const article = numbers === 'index' ? 'an' : 'a';
  const noun = shape.length === 0 ? 'number' : `tensor ${shapeText(shape)}`;
  return `${article} ${kinds[numbers]}${noun}`;
};
