/**
 * Which rows keep the precision of the arithmetic where memory is to hold less: sums that statements add to again and
 * again, in place or from row to row, unknowns that a substitution reads back, and rows too narrow for a saving to
 * matter. Every other row holds the storage format, and a value is rounded to it once for each time it is written.
 * Passes for such programs alone.
 */
import { type Precision, type RealFormat, realFormats } from '../core/precision.ts';
import { identityMap } from '../ir/indexMap.ts';
import type { TileBuffer, TileProgram, TileStatement } from './tile.ts';
import { readsOf, renameBuffers, writtenBy } from './traverse.ts';

/** Rows below this width, the smallest tile of matrix units, stay as they are computed. */
const narrow = 16;

/** So often may statements add to a row of the storage format: each time rounds it. */
const fewAdditions = 4;

export const formatOf = ({ isWide }: TileBuffer, { scalar, storage }: Precision): RealFormat =>
  isWide === true ? scalar : storage;

export const bytesOf = (buffer: TileBuffer, precision: Precision): number =>
  realFormats[formatOf(buffer, precision)].bytes;

/** Comes before scratch is shared out. */
export const keepSums = (program: TileProgram): TileProgram => widen(completeInScratch(program));

/** An output or workspace that would be rounded many times over is made in scratch and copied once it is complete. */
function completeInScratch(program: TileProgram): TileProgram {
  return program.buffers
    .filter(({ role, name }) => (role === 'output' || role === 'workspace') && isRounded(program, name))
    .reduce(inScratch, program);
}

function isRounded({ statements }: TileProgram, name: string): boolean {
  const own = statements.filter(statement => readsBack(statement) && writtenBy(statement) === name);
  return own.length > fewAdditions || own.some(({ kind }) => kind === 'substitute');
}

function inScratch(program: TileProgram, { name, width }: TileBuffer): TileProgram {
  // Placing numbers its scratch by the buffers before it.
  const made: TileBuffer = { name: `t${program.buffers.length}`, role: 'scratch', width };
  const moved = program.statements.map(statement =>
    renameBuffers(statement, buffer => (buffer === name ? made.name : buffer)),
  );
  const map = identityMap(width);
  const last: TileStatement = {
    kind: 'copy',
    input: { buffer: made.name, map },
    output: { buffer: name, map },
    accumulate: false,
  };
  return { ...program, buffers: [...program.buffers, made], statements: [...moved, last] };
}

/** Marks the scratch that stays as it is computed, and what only copies that. */
function widen(program: TileProgram): TileProgram {
  const { statements } = program;
  const scratch = program.buffers.filter(({ role }) => role === 'scratch');
  const wide = new Set(scratch.flatMap(({ name, width }) => (width < narrow ? [name] : [])));
  const added = new Set(statements.flatMap(residualsOf));
  for (const statement of statements) {
    const target = writtenBy(statement);
    if (readsBack(statement) || (residualsOf(statement).length > 0 && added.has(target))) wide.add(target);
  }
  // Values lie in buffers of their own as yet, which are complete before they are copied.
  for (const statement of statements)
    if (statement.kind === 'copy' && wide.has(statement.input.buffer)) wide.add(writtenBy(statement));
  const buffers = program.buffers.map(each =>
    scratch.includes(each) && wide.has(each.name) ? { ...each, isWide: true } : each,
  );
  return { ...program, buffers };
}

const residualsOf = (statement: TileStatement): string[] =>
  statement.kind === 'contract' ? statement.residuals.map(({ input }) => input.buffer) : [];

/** Whether a statement reads what it or its like wrote before. */
const readsBack = (statement: TileStatement): boolean =>
  statement.kind === 'substitute' || readsOf(statement).includes(writtenBy(statement));
