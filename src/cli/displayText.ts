/** Text as a terminal shows it: the cells that characters take, and nothing that could move the cursor. */

/** Control characters, and the signs that turn the direction of text around, show as U+FFFD. */
const unprintable = /\p{Control}|[\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

export const printable = (text: string): string => text.replaceAll(unprintable, '\ufffd');

const tabWidth = 4;

/** Cells one character takes: none for combining marks, two for wide East Asian characters and most emoji. */
function widthOf(character: string): number {
  if (/^(?:\p{Mark}|[\u200b-\u200d])$/u.test(character)) return 0;
  const code = character.codePointAt(0) ?? 0;
  return wideRanges.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}

/** Blocks of Unicode whose East Asian width is W or F (UAX #11), coarsely. */
const wideRanges = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd],
] as const;

/** One cell or more of a line, with the offset of the character it shows. */
export interface Cell {
  readonly text: string;
  readonly width: number;
  readonly offset: number;
}

/** A source line as cells; tabs become spaces up to the next stop. */
export function cellsOf(line: string): Cell[] {
  const cells: Cell[] = [];
  let [offset, column] = [0, 0];
  for (const character of line) {
    const isTab = character === '\t';
    const width = isTab ? tabWidth - (column % tabWidth) : widthOf(character);
    cells.push({ text: isTab ? ' '.repeat(width) : printable(character), width, offset });
    offset += character.length;
    column += width;
  }
  return cells;
}

export const widthOfCells = (cells: readonly Cell[]): number =>
  cells.reduce((total, cell) => total + cell.width, 0);
