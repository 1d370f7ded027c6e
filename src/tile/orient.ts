/**
 * Scratch laid out for those who read it: the axis along which the next contract sums becomes the innermost, so that what
 * a member of a subgroup reads at once lies together (lower/matrix.ts). A pass over a placed program, in which every value
 * has a buffer of its own; for machines whose way of reading asks for it.
 *
 * The addresses of a buffer are numbered by digits, of which each axis of a view goes over a run of neighbours. Digits
 * change places where every view stays a view; where one would not, the buffer stays as it is.
 */
import { at } from '../core/invariant.ts';
import type { ContractStatement, TileProgram, TileStatement, View } from './tile.ts';
import { buffersOf, readsOf, writtenBy } from './traverse.ts';

/** `wants` says whether a contract reads along its sum. */
export function orientScratch(
  program: TileProgram,
  wants: (contract: ContractStatement) => boolean,
): TileProgram {
  return program.buffers
    .filter(({ role }) => role === 'scratch')
    .reduce((made, { name }) => oriented(made, name, wants), program);
}

/** A part of an address: ⌊address / stride⌋ mod extent. */
interface Digit {
  readonly stride: number;
  readonly extent: number;
}

function oriented(
  program: TileProgram,
  buffer: string,
  wants: (contract: ContractStatement) => boolean,
): TileProgram {
  const touching = program.statements.filter(statement => buffersOf(statement).includes(buffer));
  const contracts = touching.filter(isContract);
  const reader = contracts.find(each => each.input.buffer === buffer && wants(each));
  if (reader === undefined || contracts.length < touching.length) return program;
  if (contracts.some(contract => hasAddresses(contract, buffer))) return program;
  const views = contracts.flatMap(each => viewsOf(each, buffer).map(view => runsOf(each, view)));
  if (!views.every(runs => runs !== undefined)) return program;
  const digits = digitsOf(views.flat());
  const innermost = longestSum(reader);
  if (digits === undefined || innermost === undefined || innermost.stride === 1) return program;
  const isInner = ({ stride }: Digit) =>
    stride >= innermost.stride && stride < innermost.stride * innermost.extent;
  const ordered = [...digits.filter(isInner), ...digits.filter(digit => !isInner(digit))];
  const strides = new Map<number, number>();
  let stride = 1;
  for (const digit of ordered) {
    strides.set(digit.stride, stride);
    stride *= digit.extent;
  }
  const isRun = (run: Digit): boolean => {
    const inside = digits.filter(each => each.stride >= run.stride && each.stride < run.stride * run.extent);
    const from = strides.get(run.stride) ?? 0;
    return inside.every(each => (strides.get(each.stride) ?? 0) === (from * each.stride) / run.stride);
  };
  if (!views.flat().every(isRun)) return program;
  const moved = (view: View): View =>
    view.buffer === buffer
      ? { ...view, strides: view.strides.map(each => (each === 0 ? 0 : (strides.get(each) ?? 0))) }
      : view;
  const statements = program.statements.map(statement =>
    isContract(statement)
      ? { ...statement, input: moved(statement.input), output: moved(statement.output) }
      : statement,
  );
  return { ...program, statements };
}

const isContract = (statement: TileStatement): statement is ContractStatement =>
  statement.kind === 'contract';

/** Whether a bias or a gate is addressed as the buffer is. */
function hasAddresses(contract: ContractStatement, buffer: string): boolean {
  const isGate = readsOf(contract).includes(buffer) && contract.input.buffer !== buffer;
  const addressed = contract.epilogue.some(({ kind }) => kind !== 'pointwise');
  return (addressed && writtenBy(contract) === buffer) || (isGate && contract.output.buffer !== buffer);
}

const viewsOf = ({ input, output }: ContractStatement, buffer: string): View[] =>
  [input, output].filter(view => view.buffer === buffer);

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
