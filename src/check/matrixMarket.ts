/**
 * Matrix Market files (Boisvert, Pozo, Remington 1996), the coordinate format: a header, comments, a line of
 * sizes, one line for each entry, counted from 1. Only places are read; values are parameters. A symmetric
 * file lists one triangle; each entry off the diagonal is followed by its mirror image.
 */
import type { PatternEntry } from './typed.ts';

export type MatrixMarket =
  | {
      readonly kind: 'matrix';
      readonly rows: number;
      readonly columns: number;
      /** The line of the sizes, from 1. */
      readonly line: number;
      readonly entries: readonly PatternEntry[];
    }
  | { readonly kind: 'problem'; readonly line: number; readonly why: string };

/** Numbers on each entry's line after the two coordinates. */
const valuesPerEntry: Readonly<Record<string, number>> = { real: 1, double: 1, integer: 1, pattern: 0 };

export function parseMatrixMarket(text: string, entryLimit: number): MatrixMarket {
  const lines = text.split(/\r\n|\n|\r/);
  const problem = (line: number, why: string): MatrixMarket => ({ kind: 'problem', line, why });
  const header = (lines[0] ?? '').trim().toLowerCase().split(/\s+/);
  const [banner, object, format, field = '', symmetry = ''] = header;
  if (banner !== '%%matrixmarket') return problem(1, 'the file does not begin with %%MatrixMarket');
  if (object !== 'matrix' || format !== 'coordinate')
    return problem(1, 'only "matrix coordinate" files list entries');
  const values = Object.hasOwn(valuesPerEntry, field) ? valuesPerEntry[field] : undefined;
  if (values === undefined) return problem(1, `the field "${field}" is none of real, integer, pattern`);
  if (symmetry !== 'general' && symmetry !== 'symmetric')
    return problem(1, `the symmetry "${symmetry}" is neither general nor symmetric`);
  const isData = (line: string): boolean => line.trim() !== '' && !line.trimStart().startsWith('%');
  const at = lines.findIndex((line, k) => k > 0 && isData(line));
  const sizes = wholeNumbers(lines[at] ?? '', 3);
  if (at < 0 || sizes === undefined) return problem(Math.max(at, 1) + 1, 'the sizes are three whole numbers');
  const [rows = 0, columns = 0, count = 0] = sizes;
  if (count > entryLimit)
    return problem(at + 1, `${count} entries; patterns of more than ${entryLimit} are not supported yet`);
  if (symmetry === 'symmetric' && rows !== columns) return problem(at + 1, 'a symmetric matrix is square');
  const entries: PatternEntry[] = [];
  const seen = new Set<string>();
  let found = 0;
  for (const [k, line] of lines.entries()) {
    if (k <= at || !isData(line)) continue;
    found++;
    if (found > count) return problem(k + 1, `more entries than the ${count} announced`);
    const entry = entryOf(line, values, rows, columns);
    if ('why' in entry) return problem(k + 1, entry.why);
    if (symmetry === 'symmetric' && entry.column > entry.row)
      return problem(k + 1, 'a symmetric file lists the lower triangle');
    const mirrored = symmetry === 'symmetric' && entry.row !== entry.column;
    for (const each of mirrored ? [entry, { row: entry.column, column: entry.row }] : [entry]) {
      const key = `${each.row} ${each.column}`;
      if (seen.has(key)) return problem(k + 1, 'the entry is listed twice');
      seen.add(key);
      entries.push(each);
    }
  }
  if (found < count) return problem(lines.length, `${found} entries, ${count} were announced`);
  return { kind: 'matrix', rows, columns, line: at + 1, entries };
}

function entryOf(
  line: string,
  values: number,
  rows: number,
  columns: number,
): PatternEntry | { readonly why: string } {
  const words = line.trim().split(/\s+/);
  const places = wholeNumbers(words.slice(0, 2).join(' '), 2);
  if (places === undefined || words.length !== 2 + values)
    return { why: `an entry is a row and a column${values === 1 ? ' and a value' : ''}` };
  if (values === 1 && !Number.isFinite(Number(words[2])))
    return { why: `the value ${words[2]} is not a number` };
  const [row = 0, column = 0] = places;
  if (row < 1 || row > rows) return { why: `row ${row} is not between 1 and ${rows}` };
  if (column < 1 || column > columns) return { why: `column ${column} is not between 1 and ${columns}` };
  return { row: row - 1, column: column - 1 };
}

/** Exactly so many whole numbers from 0 to 2^31. */
function wholeNumbers(line: string, count: number): number[] | undefined {
  const words = line.trim().split(/\s+/);
  const numbers = words.map(word => (/^\d{1,10}$/.test(word) ? Number(word) : Number.NaN));
  const good = numbers.length === count && numbers.every(value => value <= 2 ** 31);
  return good ? numbers : undefined;
}
