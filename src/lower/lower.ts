/** Tile IR → kernel IR: the loop over tiles of rows, and each statement of the tile inside it. */
import type { Precision } from '../core/precision.ts';
import { declare, literal, loop, operation } from '../kernel/build.ts';
import type { Buffer, Kernel, Statement } from '../kernel/kernel.ts';
import { visitStatements } from '../kernel/traverse.ts';
import { formatOf } from '../tile/precision.ts';
import type { ContractStatement, TileBuffer, TileProgram } from '../tile/tile.ts';
import {
  batchRows,
  heldAs,
  type Lowering,
  type PackedBuffer,
  packedKey,
  pitchOf,
  pitchParameter,
  tileRowCount,
  tileStart,
} from './context.ts';
import { lowerContract } from './contract.ts';
import { lowerMatrixContract } from './matrix.ts';
import { planMatrix } from './matrixPlan.ts';
import { lowerMove } from './moves.ts';
import { isGrouped, type Machine } from './schedule.ts';
import { barriersOf } from './synchronise.ts';

export interface LoweringOptions {
  readonly machine: Omit<Machine, 'rowGroups'>;
  readonly fusedMultiplyAdd: boolean;
  readonly precision: Precision;
  /** Whether a call says how far apart the rows of its input and output begin; elsewhere they follow each other. */
  readonly stridedRows: boolean;
  /** Rows of a batch that one call may carry. */
  readonly maximumBatch: number;
}

export interface LoweredProgram {
  readonly kernel: Kernel;
  /** Packed buffers the kernel reads, in the order of its arguments. */
  readonly packed: readonly PackedBuffer[];
}

const reservedNames = ['batch', 'tile', 'rows', 'fullRows', 'slice', 'subgroup', 'member'];

/** The farthest that rows of the input or the output may be apart, in elements. */
export const maximumPitch = 2 ** 24;

/** Invocations go over a whole tile in passes of equal rows; a thread takes those left over one by one. */
function rowsOfPass(machine: Omit<Machine, 'rowGroups'>, tileRows: number): number {
  let rows = Math.min(machine.rowsTogether, tileRows);
  while (machine.invocations > 1 && tileRows % rows !== 0) rows--;
  return rows;
}

/** `packed` is shared by the kernels of a module, so that equal weights are packed once. */
export function lowerProgram(
  program: TileProgram,
  options: LoweringOptions,
  packed: PackedBuffer[],
): LoweredProgram {
  const rowsTogether = rowsOfPass(options.machine, program.tileRows);
  const lowering: Lowering = {
    machine: { ...options.machine, rowsTogether, rowGroups: Math.floor(program.tileRows / rowsTogether) },
    fusedMultiplyAdd: options.fusedMultiplyAdd,
    precision: options.precision,
    tileRows: program.tileRows,
    stridedRows: options.stridedRows,
    buffers: new Map(program.buffers.map(buffer => [buffer.name, buffer])),
    packed,
    packedByContents: new Map(packed.map(each => [packedKey(each), each])),
    names: new Map(
      [
        ...program.buffers.flatMap(each => [each.name, pitchParameter(options, each) ?? each.name]),
        ...reservedNames,
      ].map(name => [name, 1]),
    ),
  };
  const { before, atEnd } = barriersOf(program);
  const barrier: Statement = { kind: 'barrier' };
  const statements = program.statements.map((statement, k) => [
    ...(before[k] === true ? [barrier] : []),
    ...(statement.kind === 'contract' ? contractOf(lowering, statement) : lowerMove(lowering, statement)),
  ]);
  const body = tileLoop(lowering, program.slices, [...statements.flat(), ...(atEnd ? [barrier] : [])]);
  const names = new Set<string>();
  visitStatements(body, statement => {
    if (statement.kind === 'load') names.add(statement.buffer);
  });
  const read = packed.filter(({ name }) => names.has(name));
  const kernel: Kernel = {
    name: program.name,
    comment: program.comment,
    buffers: [...program.buffers.map(each => rowsBuffer(lowering, each)), ...read.map(weightsBuffer)],
    parameters: [
      { name: 'batch', maximum: options.maximumBatch },
      ...program.buffers.flatMap(buffer => {
        const name = pitchParameter(options, buffer);
        const { width } = buffer;
        return name === undefined ? [] : [{ name, minimum: width, maximum: Math.max(width, maximumPitch) }];
      }),
    ],
    body,
  };
  return { kernel, packed: read };
}

function contractOf(lowering: Lowering, contract: ContractStatement): Statement[] {
  const { matrix } = lowering.machine;
  const isHeld = matrix !== undefined && heldAs(lowering, contract.input.buffer) === matrix.scalar;
  const plan = isHeld ? planMatrix(contract, matrix, lowering.tileRows) : undefined;
  return plan === undefined
    ? lowerContract(lowering, contract)
    : lowerMatrixContract(lowering, contract, plan);
}

function tileLoop(
  { tileRows, machine: { rowsTogether: together } }: Lowering,
  slices: number,
  statements: readonly Statement[],
): Statement[] {
  const rest = operation('subtract', [batchRows, tileStart]);
  const left = operation('modulo', [tileRowCount, literal(together)]);
  return [
    loop(
      'tile',
      literal(0),
      batchRows,
      tileRows,
      [
        declare('rows', operation('minimum', [literal(tileRows), rest])),
        // The rows in whole groups; what comes alone is not in a group.
        declare('fullRows', together === 1 ? literal(0) : operation('subtract', [tileRowCount, left])),
        ...(slices === 1 ? statements : [loop('slice', literal(0), literal(slices), 1, statements, 'grid')]),
      ],
      'grid',
    ),
  ];
}

function rowsBuffer(lowering: Lowering, buffer: TileBuffer): Buffer {
  const { machine, precision, tileRows } = lowering;
  const { name, role, width } = buffer;
  const pitch = pitchParameter(lowering, buffer);
  const scratch = role === 'scratch';
  return {
    name,
    scalar: formatOf(buffer, precision),
    extent: scratch
      ? { fixed: tileRows * pitchOf(buffer, lowering), perUnit: 0, parameter: undefined }
      : { fixed: 0, perUnit: width, parameter: 'batch', ...(pitch && { pitch }) },
    space: scratch && isGrouped(machine) ? 'shared' : 'global',
    access: role === 'input' ? 'read' : 'readWrite',
    comment: scratch ? `scratch [${tileRows}, ${width}]` : `${role} [batch, ${width}]`,
  };
}

const weightsBuffer = ({ name, scalar, elements, valueRange, comment }: PackedBuffer): Buffer => ({
  name,
  scalar,
  extent: { fixed: elements, perUnit: 0, parameter: undefined },
  space: 'global',
  access: 'read',
  ...(valueRange && { valueRange }),
  comment,
});
