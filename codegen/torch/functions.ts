/** Functions of a PyTorch module, and what their definitions share with those of its classes. */
import { indented, listed, quotable } from '../python.ts';
import type { TorchOperator, TorchParameter } from './contents.ts';

/** How an operator is called in its module. */
export interface Names {
  readonly function: string;
  readonly module: string;
  /** Of what stands behind both, and its meaning. */
  readonly hidden: string;
  readonly apply: string;
  readonly adjoint: string;
}

export const definition = (
  name: string,
  identifiers: readonly string[],
  body: readonly string[],
): string[] => [...listed(`def ${name}(`, ['x', ...identifiers], '):'), ...indented(body), '', ''];

export const tupleText = (shape: readonly number[]): string =>
  shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;

export const annotated = ({ identifier, binding, shape }: TorchParameter): string =>
  `${identifier}: ${binding === 'call' && shape.length === 0 ? '"Tensor | float"' : 'Tensor'}`;

export function functionLines(operator: TorchOperator, names: Names): string[] {
  const { title, columns, rows, parameters } = operator;
  const given = ['x: Tensor', ...parameters.map(annotated), '*', 'keep_packed: bool = False'];
  const values = parameters.map(({ identifier }) => identifier);
  const passed = values.length === 1 ? `(${values[0]},)` : `(${values.join(', ')})`;
  return [
    ...listed(`def ${names.function}(`, given, ') -> Tensor:'),
    ...docstring([
      `${title} of every row: x [..., ${columns}] -> [..., ${rows}].`,
      '',
      'keep_packed keeps the packed weights for calls with the same unchanged parameters.',
    ]),
    ...listed(`return ${names.hidden}(`, ['x', passed, 'keep_packed'], ')', '    '),
  ];
}

export function docstring(lines: readonly string[], indent = '    '): string[] {
  const text = lines.map(line => quotable(line).trimEnd());
  const [first = '', ...rest] = text;
  if (rest.length === 0) return [`${indent}"""${first}"""`];
  return [`${indent}"""${first}`, ...indented(rest, indent), `${indent}"""`];
}
