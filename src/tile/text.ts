/** A tile program as text for people: one statement a line, as formulas over rows of buffers. */

import { mapText, scaled, sumText } from '../ir/indexMapText.ts';
import { isOnes } from '../ir/tensorAlgebra.ts';
import type { EpilogueStep, MappedView, TileProgram, TileStatement, View } from './tile.ts';

export function tileText({ name, tileRows, slices, buffers, statements }: TileProgram): string {
  return [
    `tile ${name}, ${tileRows} rows at a time${slices === 1 ? '' : `, ${slices} slices`}`,
    ...buffers.map(
      ({ name: buffer, role, width, isWide }) => `  ${isWide ? 'wide ' : ''}${role} ${buffer}[${width}]`,
    ),
    ...statements.map(statement => `  ${statementText(statement)}`),
    '',
  ].join('\n');
}

export function statementText(statement: TileStatement): string {
  switch (statement.kind) {
    case 'contract': {
      const { title, axes, input, output, initial, residuals, epilogue } = statement;
      const sum = axes.filter(axis => axis.kind === 'reduce').map(axis => axis.name);
      const extents = axes.map(axis => `${axis.name} < ${axis.extent}`).join(', ');
      const factors = isOnes(statement.weights) ? '' : `W[${axes.map(axis => axis.name)}] `;
      const term = `${factors}${viewText(input, statement)}`;
      const added = residuals.map(({ input: view, weights }, k) => {
        const used = axes.filter((axis, place) => axis.kind !== 'reduce' && weights?.shape[place] !== 1);
        const factor =
          weights === undefined ? '' : `D${residuals.length > 1 ? k : ''}[${used.map(axis => axis.name)}] `;
        return ` + ${factor}${viewText(view, statement)}`;
      });
      const value = `${sum.length === 0 ? term : `sum(${sum}) ${term}`}${added.join('')}`;
      const assigns = initial === 'output' ? '+=' : '=';
      return `${viewText(output, statement)} ${assigns} ${value}${epilogueText(epilogue)}  for ${extents}  (${title})`;
    }
    case 'copy': {
      const { input, output, accumulate } = statement;
      return `${mappedText(output)} ${accumulate ? '+=' : '='} ${mappedText(input)}  for i < ${input.map.domain}`;
    }
    case 'fill':
      return `${mappedText(statement.output)} = 0  for i < ${statement.output.map.domain}`;
    case 'pointwise': {
      const { output, epilogue } = statement;
      return `${mappedText(output)} = ${mappedText(output)}${epilogueText(epilogue)}  for i < ${output.map.domain}`;
    }
    case 'substitute': {
      const { order, direction, unitDiagonal, input, output } = statement;
      const diagonal = unitDiagonal ? ', ones on the diagonal' : '';
      return `${mappedText(output)} = T^-1 ${mappedText(input)}  for i < ${order}, ${direction}${diagonal}`;
    }
  }
}

function viewText({ buffer, offset, strides }: View, { axes }: TileStatement & { kind: 'contract' }): string {
  const terms = strides.flatMap((stride, k) => (stride === 0 ? [] : [scaled(stride, axes[k]?.name ?? '?')]));
  return `${buffer}[${sumText(offset, terms)}]`;
}

const mappedText = ({ buffer, map }: MappedView): string => `${buffer}[${mapText(map)}]`;

const epilogueText = (steps: readonly EpilogueStep[]): string =>
  steps
    .map(step => {
      if (step.kind === 'bias') return ' |> bias';
      return step.kind === 'gate' ? ` |> gate(${step.buffer})` : ` |> ${step.function}`;
    })
    .join('');
