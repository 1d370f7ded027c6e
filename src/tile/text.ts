/** A tile program as text for people: one statement a line, as formulas over rows of buffers. */
import type { IndexMap } from '../ir/indexMap.ts';
import type { EpilogueStep, MappedView, TileProgram, TileStatement, View } from './tile.ts';

export function tileText({ name, tileRows, buffers, statements }: TileProgram): string {
  return [
    `tile ${name}, ${tileRows} rows at a time`,
    ...buffers.map(({ name: buffer, role, width }) => `  ${role} ${buffer}[${width}]`),
    ...statements.map(statement => `  ${statementText(statement)}`),
    '',
  ].join('\n');
}

export function statementText(statement: TileStatement): string {
  switch (statement.kind) {
    case 'contract': {
      const { title, axes, input, output, initial, epilogue } = statement;
      const sum = axes.filter(axis => axis.kind === 'reduce').map(axis => axis.name);
      const extents = axes.map(axis => `${axis.name} < ${axis.extent}`).join(', ');
      const term = `W[${axes.map(axis => axis.name)}] ${viewText(input, statement)}`;
      const value = sum.length === 0 ? term : `sum(${sum}) ${term}`;
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

const scaled = (factor: number, name: string): string => (factor === 1 ? name : `${factor} ${name}`);
const sumText = (offset: number, terms: readonly string[]): string =>
  [...(offset === 0 && terms.length > 0 ? [] : [String(offset)]), ...terms]
    .join(' + ')
    .replaceAll('+ -', '- ');

const epilogueText = (steps: readonly EpilogueStep[]): string =>
  steps
    .map(step => {
      if (step.kind === 'bias') return ' |> bias';
      return step.kind === 'gate' ? ` |> gate(${step.buffer})` : ` |> ${step.function}`;
    })
    .join('');

/** The image of i under a map; digits of i are written (i / inner % extent). */
export function mapText(map: IndexMap, i = 'i'): string {
  switch (map.kind) {
    case 'strided': {
      let inner = map.domain;
      const terms = map.digits.map(({ extent, stride }) => {
        inner /= extent;
        const shifted = inner === 1 ? i : `${i} / ${inner}`;
        const isFirst = inner * extent === map.domain;
        const digit = isFirst ? shifted : `${shifted} % ${extent}`;
        return scaled(stride, digit === i ? i : `(${digit})`);
      });
      return sumText(map.offset, terms);
    }
    case 'affine':
      return `(${sumText(map.offset, [scaled(map.multiplier, i)])}) % ${map.range}`;
    case 'bitLinear':
      return `bits(${i}) . [${map.columns}] ^ ${map.offset}`;
    case 'tensor':
      return `(${mapText(map.outer, `${i} / ${map.inner.domain}`)}) x (${mapText(map.inner, `${i} % ${map.inner.domain}`)})`;
    case 'directSum':
      return map.parts.map(part => mapText(part, i)).join(' (+) ');
    case 'compose':
      return mapText(map.outer, `(${mapText(map.inner, i)})`);
    case 'table':
      return `table[${map.domain}][${i}]`;
    case 'data':
      return `${map.table.kind === 'parameter' ? map.table.name : `computed[${map.domain}]`}[${i}]`;
  }
}
