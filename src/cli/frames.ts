/**
 * Diagnostics as frames: code and message, the place, the source line with the span marked, notes with places of their
 * own, the hint.
 *
 *   error[SOP0203]: blockdiag(L) takes 32 inputs, but swap(b, n/b) gives 24 outputs
 *     --> monarch.sop:3:5
 *      |
 *    3 |   = blockdiag(L) * swap(b, n/b)
 *      |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^
 *      = help: ...
 */
import pico from 'picocolors';
import type { Diagnostic, Severity } from '../core/diagnostics/diagnostic.ts';
import { lineAndColumn, type Span } from '../core/span.ts';
import { type Cell, cellsOf, printable, widthOfCells } from './displayText.ts';

export interface FrameStyle {
  /** Cells of one line; longer source lines are cut around their span. */
  readonly width: number;
  readonly colour: boolean;
}

export const plainStyle: FrameStyle = { width: 110, colour: false };

type Paint = (text: string) => string;

/** Colours of one frame; the identity where there are none. */
interface Palette {
  readonly strong: Paint;
  readonly gutter: Paint;
  readonly mark: Paint;
}

function paletteOf(colour: boolean, severity: Severity | 'note'): Palette {
  const colours = pico.createColors(colour);
  const hue = { error: colours.red, warning: colours.yellow, note: colours.blue }[severity];
  return { strong: colours.bold, gutter: colours.blue, mark: text => colours.bold(hue(text)) };
}

/** One diagnostic, without a newline at its end. */
export function frame(diagnostic: Diagnostic, style: FrameStyle): string {
  const { code, severity, message, span, notes, hint } = diagnostic;
  const palette = paletteOf(style.colour, severity);
  const margin = marginOf([span, ...notes.map(note => note.span)]);
  const lines = [`${palette.mark(`${severity}[${code}]`)}${palette.strong(`: ${printable(message)}`)}`];
  if (span !== undefined) lines.push(...excerpt(span, margin, '^', palette, style));
  const remark = (word: string, text: string) => lines.push(...remarkLines(word, text, margin, palette));
  for (const note of notes) if (note.span === undefined) remark('note', note.message);
  if (hint !== undefined) remark('help', hint);
  for (const note of notes) {
    if (note.span === undefined) continue;
    const blue = paletteOf(style.colour, 'note');
    lines.push(`${blue.mark('note')}${blue.strong(`: ${printable(note.message)}`)}`);
    lines.push(...excerpt(note.span, margin, '-', blue, style));
  }
  return lines.join('\n');
}

/** `= note: ...`; further lines of the text stand under its first. */
function remarkLines(word: string, text: string, margin: number, palette: Palette): string[] {
  const [first = '', ...rest] = text.split('\n').map(printable);
  const indent = ' '.repeat(margin + 1);
  return [
    `${indent}${palette.gutter('=')} ${palette.strong(`${word}:`)} ${first}`,
    ...rest.map(line => `${indent}${' '.repeat(word.length + 4)}${line}`),
  ];
}

/** Columns for the longest line number of a frame. */
function marginOf(spans: readonly (Span | undefined)[]): number {
  const last = spans.map(span => (span === undefined ? 0 : lineAndColumn(span.file, span.end).line));
  return Math.max(2, ...last.map(line => String(line).length + 1));
}

function excerpt(span: Span, margin: number, mark: string, palette: Palette, style: FrameStyle): string[] {
  const { line, column } = lineAndColumn(span.file, span.start);
  const lineText = span.file.text.split('\n', line)[line - 1] ?? '';
  const characters = [...lineText.slice(0, column - 1)].length;
  const place = `${printable(span.file.name)}:${line}:${characters + 1}`;
  const bar = palette.gutter('|');
  const lastLine = lineAndColumn(span.file, Math.max(span.start, span.end - 1)).line;
  const painted = { margin, mark, palette, style };
  const shown =
    lastLine === line ? oneLine(span, line, painted) : severalLines(span, line, lastLine, painted);
  return [
    `${' '.repeat(margin)}${palette.gutter('-->')} ${place}`,
    `${' '.repeat(margin + 1)}${bar}`,
    ...shown,
  ];
}

interface Painted {
  readonly margin: number;
  readonly mark: string;
  readonly palette: Palette;
  readonly style: FrameStyle;
}

function oneLine(span: Span, line: number, { margin, mark, palette, style }: Painted): string[] {
  const start = startOfLine(span, line);
  const [from, to] = [span.start - start, Math.max(span.end - start, span.start - start + 1)];
  const room = Math.max(20, style.width - margin - 3);
  const { cells, cutStart, cutEnd } = windowOf(textOfLine(span, line), from, to, room);
  const before = widthOfCells(cells.filter(cell => cell.offset < from)) + (cutStart ? 1 : 0);
  const marked = widthOfCells(cells.filter(cell => cell.offset >= from && cell.offset < to));
  const text = `${cutStart ? '…' : ''}${textOf(cells)}${cutEnd ? '…' : ''}`;
  return [
    `${numbered(line, margin, palette)} ${text}`.trimEnd(),
    `${numbered('', margin, palette)} ${' '.repeat(before)}${palette.mark(mark.repeat(Math.max(1, marked)))}`,
  ];
}

/** All lines of a span behind a bracket; long ones keep their first three and their last. */
function severalLines(span: Span, first: number, last: number, painted: Painted): string[] {
  const { margin, palette, style } = painted;
  const room = Math.max(20, style.width - margin - 5);
  const made: string[] = [];
  for (let line = first; line <= last; line++) {
    if (last - first > 4 && line === first + 3) {
      made.push(`${' '.repeat(margin)}${palette.gutter('...')}`);
      line = last;
    }
    const { cells, cutEnd } = windowOf(textOfLine(span, line), 0, 1, room);
    const edge = palette.mark(line === first ? '/' : '|');
    made.push(`${numbered(line, margin, palette)} ${edge} ${textOf(cells)}${cutEnd ? '…' : ''}`.trimEnd());
  }
  const end = span.end - startOfLine(span, last);
  const before = widthOfCells(cellsOf(textOfLine(span, last)).filter(cell => cell.offset < end - 1));
  const line = `|${'_'.repeat(Math.min(before, room) + 1)}${painted.mark}`;
  return [...made, `${numbered('', margin, palette)} ${palette.mark(line)}`];
}

const numbered = (line: number | '', margin: number, palette: Palette): string =>
  palette.gutter(`${String(line).padStart(margin)} |`);

const textOf = (cells: readonly Cell[]): string => cells.map(cell => cell.text).join('');

interface Window {
  readonly cells: readonly Cell[];
  readonly cutStart: boolean;
  readonly cutEnd: boolean;
}

/** The part of a line around [from, to) that fits. */
function windowOf(line: string, from: number, to: number, room: number): Window {
  if (line.length <= 4 * room) return cut(cellsOf(line), from, to, room);
  // What lies farther away than the room cannot be seen; a long line is not looked at whole.
  const first = Math.max(0, from - 2 * room);
  const near = line.slice(first, from + 2 * room).replace(/^[\udc00-\udfff]/, ' ');
  const cells = cellsOf(near).map(cell => ({ ...cell, offset: cell.offset + first }));
  const made = cut(cells, from, to, room);
  return {
    ...made,
    cutStart: made.cutStart || first > 0,
    cutEnd: made.cutEnd || first + near.length < line.length,
  };
}

/** A third of the room before the span shows what it stands in; the rest belongs to the span and what follows. */
function cut(cells: readonly Cell[], from: number, to: number, room: number): Window {
  if (widthOfCells(cells) <= room) return { cells, cutStart: false, cutEnd: false };
  const isNear = widthOfCells(cells.filter(cell => cell.offset < to)) < room;
  const lead = cells.filter(cell => cell.offset < from);
  const skip = isNear ? 0 : lead.length - tailOf(lead, Math.floor(room / 3));
  const kept: Cell[] = [];
  // One cell on each side is for the mark that says that something was cut.
  let width = skip > 0 ? 2 : 1;
  for (const cell of cells.slice(skip)) {
    width += cell.width;
    if (width > room) break;
    kept.push(cell);
  }
  return { cells: kept, cutStart: skip > 0, cutEnd: skip + kept.length < cells.length };
}

/** How many cells at the end take at most `room`. */
function tailOf(cells: readonly Cell[], room: number): number {
  let [count, width] = [0, 0];
  for (const cell of cells.toReversed()) {
    width += cell.width;
    if (width > room) break;
    count++;
  }
  return count;
}

function startOfLine({ file }: Span, line: number): number {
  let start = 0;
  for (let k = 1; k < line; k++) start = file.text.indexOf('\n', start) + 1;
  return start;
}

function textOfLine(span: Span, line: number): string {
  const start = startOfLine(span, line);
  const end = span.file.text.indexOf('\n', start);
  return span.file.text.slice(start, end === -1 ? undefined : end).replace(/\r$/, '');
}
