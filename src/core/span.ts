/** Places in source text. A span is a half-open range of UTF-16 offsets into one file. */

export interface SourceFile {
  /** The name shown to the user; a path as the user wrote it. */
  readonly name: string;
  readonly text: string;
}

export interface Span {
  readonly file: SourceFile;
  readonly start: number;
  readonly end: number;
}

export const spanBetween = (from: Span, to: Span): Span => ({
  file: from.file,
  start: from.start,
  end: to.end,
});

/** One-based line and column of an offset, columns in UTF-16 units. */
export function lineAndColumn(file: SourceFile, offset: number): { line: number; column: number } {
  const before = file.text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  let line = 1;
  for (let at = before.indexOf('\n'); at !== -1; at = before.indexOf('\n', at + 1)) line++;
  return { line, column: offset - lineStart + 1 };
}
