/** What must hold of every tile program; each problem is one line in the terms of tile.ts. Run after placing. */
import { at } from '../core/invariant.ts';
import type { Digit, IndexMap } from '../ir/indexMap.ts';
import { sameShape, type Tensor } from '../ir/tensor.ts';
import type { ContractStatement, TileBuffer, TileProgram, TileStatement, View } from './tile.ts';
import { readsOf, viewsOf, writtenBy } from './traverse.ts';

export function verifyTile(program: TileProgram): string[] {
  const buffers = new Map(program.buffers.map(buffer => [buffer.name, buffer]));
  const problems: string[] = [];
  const withSlices = program.statements.filter(
    statement => statement.kind === 'contract' && statement.axes.some(({ kind }) => kind === 'slice'),
  );
  if (withSlices.length !== (program.slices === 1 ? 0 : program.statements.length))
    problems.push(`${withSlices.length} of ${program.statements.length} statements are in slices`);
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
  if (statement.kind === 'contract') checkContract(statement, buffers, complain);
  else {
    const views =
      statement.kind === 'copy' || statement.kind === 'substitute'
        ? [statement.input, statement.output]
        : [statement.output];
    for (const { buffer, map } of views) checkMap(buffer, map, buffers, complain);
  }
  if (statement.kind === 'copy' && statement.input.map.domain !== statement.output.map.domain)
    complain('the two sides differ in length');
  if (statement.kind === 'substitute') checkSolve(statement, complain);
  if ('epilogue' in statement) checkEpilogue(statement, buffers, complain);
}

function checkSolve(solve: TileStatement & { kind: 'substitute' }, complain: Complain): void {
  const { order, weights, input, output } = solve;
  if (weights.shape.length !== 2 || weights.shape.some(extent => extent !== order))
    complain(`a triangle [${weights.shape}] for ${order} unknowns`);
  for (const { map } of [input, output])
    if (map.domain !== order) complain(`${map.domain} entries for ${order} unknowns`);
}

/** Biases and gates are addressed as the output is. */
function checkEpilogue(
  { output, epilogue }: TileStatement & { kind: 'contract' | 'pointwise' },
  buffers: ReadonlyMap<string, TileBuffer>,
  complain: Complain,
): void {
  const width = buffers.get(output.buffer)?.width ?? 0;
  for (const step of epilogue) {
    if (step.kind === 'gate' && buffers.get(step.buffer) === undefined) complain(`no buffer ${step.buffer}`);
    if (step.kind === 'gate' && step.buffer === output.buffer) complain(`${step.buffer} gates itself`);
    if (step.kind === 'bias' && step.bias.shape.length !== 1)
      complain(`a bias [${step.bias.shape}] for a row of ${width}`);
  }
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
  else if (map.kind === 'strided' && map.domain > 0) {
    const [lowest, highest] = reachOf(map.offset, map.digits);
    if (lowest < 0 || highest >= buffer.width)
      complain(`addresses ${lowest}..${highest} in a row of ${buffer.width} of ${name}`);
  }
}

/** The least and the greatest address of a point. */
function reachOf(offset: number, digits: readonly Digit[]): readonly [number, number] {
  const reach = digits.map(({ extent, stride }) => (extent - 1) * stride);
  return [
    offset + reach.reduce((sum, each) => sum + Math.min(0, each), 0),
    offset + reach.reduce((sum, each) => sum + Math.max(0, each), 0),
  ];
}

function checkContract(
  contract: ContractStatement,
  buffers: ReadonlyMap<string, TileBuffer>,
  complain: Complain,
): void {
  const { axes, input, output, weights, residuals } = contract;
  for (const view of viewsOf(contract)) {
    checkView(view, contract, buffers, complain);
    if (view.strides.length !== axes.length) return;
    if (view !== output && view.buffer === output.buffer) complain(`reads and writes ${view.buffer}`);
    axes.forEach((axis, k) => {
      if (view !== input && axis.kind === 'reduce' && at(view.strides, k) !== 0)
        complain(`${view === output ? 'the output' : view.buffer} moves along the reduced axis ${axis.name}`);
    });
  }
  const checkShape = (tensor: Tensor | undefined, ofReduce: (extent: number) => number) => {
    const shape = axes.map(({ kind, extent }) => (kind === 'reduce' ? ofReduce(extent) : extent));
    if (tensor !== undefined && !sameShape(tensor.shape, shape))
      complain(`weights [${tensor.shape}] do not match the axes [${shape}]`);
  };
  checkShape(weights, extent => extent);
  for (const residual of residuals) checkShape(residual.weights, () => 1);
  checkOutputs(contract, complain);
}

/** Each free axis steps over all that the finer ones reach: no two values for one output. */
function checkOutputs({ axes, output }: ContractStatement, complain: Complain): void {
  let reach = 0;
  const free = axes
    .map((axis, k) => ({ ...axis, stride: Math.abs(at(output.strides, k)) }))
    .filter(axis => axis.kind !== 'reduce' && axis.extent > 1 && (axis.kind === 'free' || axis.stride > 0))
    .sort((a, b) => a.stride - b.stride);
  for (const { name, extent, stride } of free) {
    if (stride <= reach) complain(`two values for one output along ${name}`);
    reach += (extent - 1) * stride;
  }
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
  if (axes.some(axis => axis.extent < 1)) return complain('an axis without extent');
  const [lowest, highest] = reachOf(
    view.offset,
    axes.map(({ extent }, k) => ({ extent, stride: at(view.strides, k) })),
  );
  if (lowest < 0 || highest >= buffer.width)
    complain(`addresses ${lowest}..${highest} in a row of ${buffer.width} of ${view.buffer}`);
}
