/**
 * Scratch laid out for those who read it: the axis along which the next contract sums becomes the innermost, so
 * that what a member of a subgroup reads at once lies together (lower/matrix.ts), and so for rows between kernels.
 * A pass over placed programs, in which every value has a buffer of its own; for machines whose way of reading asks
 * for it.
 *
 * The addresses of a buffer are numbered by digits, of which each axis of a view goes over a run of neighbours. Digits
 * change places; an axis whose run is torn apart becomes an axis for each digit.
 */
import { at } from '../core/invariant.ts';
import { splitAxis } from './split.ts';
import type { ContractStatement, TileProgram, TileStatement, View } from './tile.ts';
import { buffersOf, mapViews, readsOf, viewsOf, writtenBy } from './traverse.ts';

/** Whether a contract in tiles of so many rows reads along its sum. */
type Wants = (contract: ContractStatement, tileRows: number) => boolean;

/** The kernels of a chain, with the values inside and between them turned. */
export function orientValues(programs: readonly TileProgram[], wants: Wants): TileProgram[] {
  const between = programs.flatMap(({ buffers }) => buffers.filter(({ role }) => role === 'workspace'));
  const inside = programs.map(program =>
    program.buffers
      .filter(({ role }) => role === 'scratch')
      .reduce((made, { name }) => at(oriented([made], name, wants), 0), program),
  );
  return [...new Set(between.map(({ name }) => name))].reduce(
    (made, name) => oriented(made, name, wants),
    inside,
  );
}

/** A part of an address: ⌊address / stride⌋ mod extent. */
interface Digit {
  readonly stride: number;
  readonly extent: number;
}

function oriented(programs: TileProgram[], buffer: string, wants: Wants): TileProgram[] {
  const statements = programs.flatMap(program =>
    program.statements.map(statement => ({ statement, rows: program.tileRows })),
  );
  const touching = statements.filter(({ statement }) => buffersOf(statement).includes(buffer));
  const contracts = touching.flatMap(({ statement }) => (isContract(statement) ? [statement] : []));
  const reader = touching.flatMap(({ statement, rows }) =>
    isContract(statement) && statement.input.buffer === buffer && wants(statement, rows) ? [statement] : [],
  )[0];
  if (reader === undefined || contracts.length < touching.length) return programs;
  if (contracts.some(contract => hasAddresses(contract, buffer))) return programs;
  const views = contracts.flatMap(each => viewsInto(each, buffer).map(view => runsOf(each, view)));
  if (!views.every(runs => runs !== undefined)) return programs;
  const digits = digitsOf(views.flat());
  const innermost = longestSum(reader);
  if (digits === undefined || innermost === undefined || innermost.stride === 1) return programs;
  const isInner = ({ stride }: Digit) =>
    stride >= innermost.stride && stride < innermost.stride * innermost.extent;
  const ordered = [...digits.filter(isInner), ...digits.filter(digit => !isInner(digit))];
  const strides = new Map<number, number>();
  let stride = 1;
  for (const digit of ordered) {
    strides.set(digit.stride, stride);
    stride *= digit.extent;
  }
  const moved = (view: View): View =>
    view.buffer === buffer
      ? { ...view, strides: view.strides.map(each => (each === 0 ? 0 : (strides.get(each) ?? 0))) }
      : view;
  const turned = (statement: TileStatement): TileStatement =>
    isContract(statement) && contracts.includes(statement)
      ? mapViews(inDigits(statement, buffer, digits, strides), moved)
      : statement;
  return programs.map(program => ({ ...program, statements: program.statements.map(turned) }));
}

/** The statement with an axis for each digit where a run of the buffer's digits is torn apart. */
function inDigits(
  contract: ContractStatement,
  buffer: string,
  digits: readonly Digit[],
  strides: ReadonlyMap<number, number>,
): ContractStatement {
  const torn = (view: View): number | undefined => {
    if (view.buffer !== buffer) return undefined;
    const place = contract.axes.findIndex(({ extent }, k) => {
      const stride = at(view.strides, k);
      return stride !== 0 && tearOf({ stride, extent }, digits, strides) !== undefined;
    });
    return place === -1 ? undefined : place;
  };
  for (const view of viewsOf(contract)) {
    const place = torn(view);
    if (place === undefined) continue;
    const run = { stride: at(view.strides, place), extent: at(contract.axes, place).extent };
    const inner = tearOf(run, digits, strides) ?? 1;
    return inDigits(splitAxis(contract, place, inner), buffer, digits, strides);
  }
  return contract;
}

/** Points of a run before the first digit that no longer follows the one below it; nothing where all do. */
function tearOf(
  run: Digit,
  digits: readonly Digit[],
  strides: ReadonlyMap<number, number>,
): number | undefined {
  const from = strides.get(run.stride) ?? 0;
  const torn = digits.find(
    ({ stride }) =>
      stride > run.stride &&
      stride < run.stride * run.extent &&
      strides.get(stride) !== (from * stride) / run.stride,
  );
  return torn === undefined ? undefined : torn.stride / run.stride;
}

const isContract = (statement: TileStatement): statement is ContractStatement =>
  statement.kind === 'contract';

/** Whether a bias or a gate is addressed as the buffer is. */
function hasAddresses(contract: ContractStatement, buffer: string): boolean {
  const isGate = readsOf(contract).includes(buffer) && viewsInto(contract, buffer).length === 0;
  const addressed = contract.epilogue.some(({ kind }) => kind !== 'pointwise');
  return (addressed && writtenBy(contract) === buffer) || isGate;
}

const viewsInto = (contract: ContractStatement, buffer: string): View[] =>
  viewsOf(contract).filter(view => view.buffer === buffer);

/** The runs of digits that the axes of a view go over; nothing where they meet. */
function runsOf({ axes }: ContractStatement, { offset, strides }: View): Digit[] | undefined {
  const runs = axes.flatMap(({ extent }, k): Digit[] => {
    const stride = at(strides, k);
    return stride === 0 || extent === 1 ? [] : [{ stride, extent }];
  });
  const inOrder = runs.toSorted((a, b) => a.stride - b.stride);
  const isApart = inOrder.every(
    ({ stride }, k) => k === 0 || stride >= at(inOrder, k - 1).stride * at(inOrder, k - 1).extent,
  );
  return offset === 0 && runs.every(({ stride }) => stride > 0) && isApart ? runs : undefined;
}

/** The digits that refine all runs, least first; nothing where the runs do not nest. */
function digitsOf(runs: readonly Digit[]): Digit[] | undefined {
  const cuts = [...new Set([1, ...runs.flatMap(({ stride, extent }) => [stride, stride * extent])])];
  cuts.sort((a, b) => a - b);
  const nests = cuts.every((cut, k) => k === 0 || cut % at(cuts, k - 1) === 0);
  return nests
    ? cuts.slice(1).map((cut, k) => ({ stride: at(cuts, k), extent: cut / at(cuts, k) }))
    : undefined;
}

/** The run of the longest axis of a sum, as the contract reads it. */
function longestSum({ axes, input }: ContractStatement): Digit | undefined {
  return axes
    .flatMap(({ kind, extent }, k): Digit[] =>
      kind === 'reduce' && at(input.strides, k) > 0 ? [{ stride: at(input.strides, k), extent }] : [],
    )
    .reduce<Digit | undefined>((a, b) => (a === undefined || b.extent > a.extent ? b : a), undefined);
}
