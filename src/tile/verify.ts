/** What must hold of every tile program; each problem is one line in the terms of tile.ts. Run after placing. */
import { at } from '../core/invariant.ts';
import type { IndexMap } from '../ir/indexMap.ts';
import type { ContractStatement, TileBuffer, TileProgram, TileStatement, View } from './tile.ts';
import { readsOf, writtenBy } from './traverse.ts';

export function verifyTile(program: TileProgram): string[] {
  const buffers = new Map(program.buffers.map(buffer => [buffer.name, buffer]));
  const problems: string[] = [];
  if (program.tileRows < 1) problems.push('a tile has at least one row');
  if (buffers.size !== program.buffers.length) problems.push('two buffers share a name');
  const written = new Set(
    program.buffers.filter(({ role }) => role === 'input' || role === 'workspace').map(({ name }) => name),
  );
  program.statements.forEach((statement, index) => {
    const complain = (problem: string) => problems.push(`statement ${index} (${statement.kind}): ${problem}`);
    checkStatement(statement, buffers, complain);
    for (const name of readsOf(statement))
      if (!written.has(name)) complain(`${name} is read before it is written`);
    written.add(writtenBy(statement));
    if (buffers.get(writtenBy(statement))?.role === 'input') complain('the input is written');
  });
  return problems;
}

type Complain = (problem: string) => void;

function checkStatement(
  statement: TileStatement,
  buffers: ReadonlyMap<string, TileBuffer>,
  complain: Complain,
): void {
  if (statement.kind === 'contract') return checkContract(statement, buffers, complain);
  const views =
    statement.kind === 'copy' || statement.kind === 'substitute'
      ? [statement.input, statement.output]
      : [statement.output];
  for (const { buffer, map } of views) checkMap(buffer, map, buffers, complain);
  if (statement.kind === 'copy' && statement.input.map.domain !== statement.output.map.domain)
    complain('the two sides differ in length');
}

function checkMap(
  name: string,
  map: IndexMap,
  buffers: ReadonlyMap<string, TileBuffer>,
  complain: Complain,
): void {
  const buffer = buffers.get(name);
  if (buffer === undefined) complain(`no buffer ${name}`);
  else if (map.range > buffer.width)
    complain(`addresses up to ${map.range} in a row of ${buffer.width} of ${name}`);
}

function checkContract(
  contract: ContractStatement,
  buffers: ReadonlyMap<string, TileBuffer>,
  complain: Complain,
): void {
  const { axes, input, output, weights } = contract;
  for (const view of [input, output]) checkView(view, contract, buffers, complain);
  const shape = axes.map(axis => axis.extent);
  if (shape.length !== weights.shape.length || shape.some((extent, k) => extent !== weights.shape[k])) {
    complain(`weights [${weights.shape}] do not match the axes [${shape}]`);
  }
  if (input.buffer === output.buffer) complain(`reads and writes ${input.buffer}`);
  axes.forEach((axis, k) => {
    if (axis.kind === 'reduce' && at(output.strides, k) !== 0)
      complain(`the output moves along the reduced axis ${axis.name}`);
    if (axis.kind === 'free' && axis.extent > 1 && at(output.strides, k) === 0)
      complain(`two values for one output along ${axis.name}`);
  });
}

function checkView(
  view: View,
  { axes }: ContractStatement,
  buffers: ReadonlyMap<string, TileBuffer>,
  complain: Complain,
): void {
  const buffer = buffers.get(view.buffer);
  if (buffer === undefined) return complain(`no buffer ${view.buffer}`);
  if (view.strides.length !== axes.length)
    return complain(`${view.strides.length} strides for ${axes.length} axes`);
  const reach = axes.map((axis, k) => (axis.extent - 1) * at(view.strides, k));
  const lowest = view.offset + reach.reduce((sum, each) => sum + Math.min(0, each), 0);
  const highest = view.offset + reach.reduce((sum, each) => sum + Math.max(0, each), 0);
  if (lowest < 0 || highest >= buffer.width)
    complain(`addresses ${lowest}..${highest} in a row of ${buffer.width} of ${view.buffer}`);
}
