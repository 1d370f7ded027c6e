/** Choices by position that are structures of a matrix: a triangle, or entries here and there. */
import type { IndexScalar, Scalar, Tensor } from '../../ir/tensor.ts';
import type { Place } from './scalars.ts';

/** Which of rows and columns comes first where a condition compares the two axes of a matrix. */
export function comparedAxes(
  condition: IndexScalar,
  name: 'less' | 'equal',
  { axes, extents }: Place,
): 'rows' | 'columns' | undefined {
  if (extents.length !== 2 || condition.kind !== 'apply' || condition.function !== name) return undefined;
  const [first, second] = condition.arguments.map(each =>
    each.kind === 'axis' ? axes.get(each.axis) : undefined,
  );
  if (first === 0 && second === 1) return 'rows';
  return first === 1 && second === 0 ? 'columns' : undefined;
}

interface Entries {
  readonly rows: number[];
  readonly columns: number[];
  readonly places: number[];
  readonly weights: Tensor;
}

/** A matrix given entry by entry, zeros elsewhere: what `sparse` makes of a pattern. */
export function listedEntries(node: Scalar): Entries | undefined {
  const [rows, columns, places]: [number[], number[], number[]] = [[], [], []];
  let weights: Tensor | undefined;
  let rest: Scalar = node;
  while (rest.kind === 'select') {
    const { condition, then }: Scalar & { kind: 'select' } = rest;
    const sides = condition.kind === 'apply' && condition.function === 'multiply' ? condition.arguments : [];
    const [row, column] = sides.map(equalTo);
    if (row === undefined || column === undefined || then.kind !== 'element') return undefined;
    const [place] = then.at;
    if (then.at.length !== 1 || place?.kind !== 'literal' || (weights ?? then.tensor) !== then.tensor)
      return undefined;
    weights = then.tensor;
    rows.push(row);
    columns.push(column);
    places.push(place.value);
    rest = rest.otherwise;
  }
  const isZero = rest.kind === 'literal' && rest.value === 0;
  return isZero && weights !== undefined ? { rows, columns, places, weights } : undefined;
}

function equalTo(condition: IndexScalar): number | undefined {
  if (condition.kind !== 'apply' || condition.function !== 'equal') return undefined;
  const [axis, literal] = condition.arguments;
  return axis?.kind === 'axis' && literal?.kind === 'literal' ? literal.value : undefined;
}
