/**
 * Where lines break. A page is a flat list of items: tokens, spaces, places where a line may break, groups, changes of
 * indentation. A group that fits on the line stays on it; in one that does not, every `line` breaks, and a `fill`
 * breaks where what follows it does not fit (Oppen 1980). Choices read precomputed widths, so the time is linear.
 *
 * The n-th token of the page is the n-th token of the source: that is how comments find their places. A comment breaks
 * the line after it and every group around it. What is written depends on the tokens, on which comments stand on lines
 * of their own, and on the blank lines that are kept; all of these read the same in the result, so formatting it again
 * changes nothing.
 */
import { at, invariant } from '../src/core/invariant.ts';
import type { Comment, Trivia } from './ast.ts';

export const lineWidth = 110;

/** Whether blank lines of the source are kept at a break: at the first or the last of a block one side is dropped. */
type Blanks = 'drop' | 'keep' | 'keepAfterFirst' | 'keepBeforeLast';

export type Item =
  | { readonly kind: 'token'; readonly text: string }
  | { readonly kind: 'space' }
  /** `flat` is what an unbroken line reads; without it the line always breaks. */
  | {
      readonly kind: 'line';
      readonly flat?: '' | ' ';
      readonly fill: boolean;
      readonly blanks: Blanks;
      /** A closing bracket follows: comments before it belong to what is inside. */
      readonly closing: boolean;
    }
  | { readonly kind: 'indent'; readonly by: number }
  | { readonly kind: 'open' }
  | { readonly kind: 'close' };

type Line = Item & { readonly kind: 'line' };

export const indentStep = 2;
export const space: Item = { kind: 'space' };
export const open: Item = { kind: 'open' };
export const close: Item = { kind: 'close' };
export const indent: Item = { kind: 'indent', by: indentStep };
export const dedent: Item = { kind: 'indent', by: -indentStep };
export const line = (flat: '' | ' ', blanks: Blanks = 'drop'): Item => ({
  kind: 'line',
  flat,
  fill: false,
  blanks,
  closing: false,
});
export const fill = (flat: '' | ' '): Item => ({
  kind: 'line',
  flat,
  fill: true,
  blanks: 'drop',
  closing: false,
});
/** The break before a closing bracket. */
export const closingLine = (flat: '' | ' '): Item => ({
  kind: 'line',
  flat,
  fill: false,
  blanks: 'drop',
  closing: true,
});
/** A break in any case: between statements, or at the beginning or end of a block. */
export const hardLine = (place: 'first' | 'between' | 'last'): Item => ({
  kind: 'line',
  fill: false,
  blanks: place === 'first' ? 'keepAfterFirst' : place === 'last' ? 'keepBeforeLast' : 'keep',
  closing: place === 'last',
});

/** What the choices read, by item; typed arrays, for a page may have a million items. */
interface Measures {
  /** Width before the item if nothing broke. */
  readonly position: Int32Array;
  /** Width before the next place, from this item on, where a line may break. */
  readonly nextBreak: Int32Array;
  /** For `open` its `close`; for a `line` the next line of its group or the group's end. */
  readonly end: Int32Array;
  /** Number of tokens before the item. */
  readonly token: Int32Array;
  /** Number of lines before the item that always break. */
  readonly hard: Int32Array;
}

function measure(items: readonly Item[]): Measures {
  const count = items.length;
  const numbers = (): Int32Array => new Int32Array(count + 1);
  const [position, token, hard, nextBreak] = [numbers(), numbers(), numbers(), numbers()];
  for (let i = 0; i < count; i++) {
    const item = at(items, i);
    position[i + 1] = at(position, i) + flatWidth(item);
    token[i + 1] = at(token, i) + (item.kind === 'token' ? 1 : 0);
    hard[i + 1] = at(hard, i) + (item.kind === 'line' && item.flat === undefined ? 1 : 0);
  }
  nextBreak[count] = at(position, count);
  for (let i = count - 1; i >= 0; i--)
    nextBreak[i] = at(items, i).kind === 'line' ? at(position, i) : at(nextBreak, i + 1);
  return { position, nextBreak, end: endsOf(items), token, hard };
}

function endsOf(items: readonly Item[]): Int32Array {
  const end = new Int32Array(items.length).fill(items.length);
  /** For each group around the item: where it opened, and its last line so far. */
  const groups: { readonly start: number; line: number | undefined }[] = [{ start: 0, line: undefined }];
  for (let i = 0; i < items.length; i++) {
    const { kind } = at(items, i);
    if (kind === 'open') groups.push({ start: i, line: undefined });
    if (kind !== 'line' && kind !== 'close') continue;
    const group = groups.at(-1);
    invariant(group !== undefined, 'a group closes that was not opened');
    if (group.line !== undefined) end[group.line] = i;
    if (kind === 'line') group.line = i;
    else end[group.start] = i;
    if (kind === 'close') groups.pop();
  }
  return end;
}

function flatWidth(item: Item): number {
  switch (item.kind) {
    case 'token':
      return item.text.length;
    case 'space':
      return 1;
    case 'line':
      return item.flat?.length ?? 0;
    case 'indent':
    case 'open':
    case 'close':
      return 0;
  }
}

/** What stands between two tokens: nothing, a space, or a break with the indentation of the next line. */
type Gap =
  | { readonly kind: 'none' | 'space' }
  | { readonly kind: 'break'; readonly indent: number; readonly line: Line };

export function layOut(items: readonly Item[], trivia: Trivia): string {
  const measures = measure(items);
  const tokenCount = at(measures.token, items.length);
  const comments = commentsByToken(trivia.comments);
  const blankLines = new Set(trivia.blankLines);
  const commented = prefixCounts(comments, tokenCount);
  const page = new Page();
  const broken: boolean[] = [true];
  let [gap, indentation]: [Gap, number] = [{ kind: 'none' }, 0];

  /** Whether items `from` to `to` fit on the line when unbroken, with what follows up to a place to break. */
  const fits = (from: number, to: number, column: number): boolean => {
    const [first, last] = [at(measures.token, from), at(measures.token, to)];
    const isPlain =
      at(measures.hard, from) === at(measures.hard, to) &&
      (last <= first || at(commented, last) === at(commented, first + 1));
    return isPlain && column + at(measures.nextBreak, to) - at(measures.position, from) <= lineWidth;
  };
  const breaks = (item: Line, i: number): boolean => {
    if (item.flat === undefined || comments.has(at(measures.token, i))) return true;
    if (broken.at(-1) !== true) return false;
    return !item.fill || !fits(i, at(measures.end, i), page.column);
  };

  for (let i = 0; i < items.length; i++) {
    const item = at(items, i);
    switch (item.kind) {
      case 'token': {
        const k = at(measures.token, i);
        const around = { gap, indent: indentation, isBlankBefore: blankLines.has(k) };
        page.token(item.text, comments.get(k) ?? [], around);
        gap = { kind: 'none' };
        break;
      }
      case 'space':
        gap = { kind: 'space' };
        break;
      case 'line':
        if (breaks(item, i)) gap = { kind: 'break', indent: indentation, line: item };
        else if (item.flat === ' ') gap = { kind: 'space' };
        break;
      case 'indent':
        indentation += item.by;
        break;
      case 'open': {
        const column = gap.kind === 'break' ? gap.indent : page.column + (gap.kind === 'space' ? 1 : 0);
        broken.push(!fits(i, at(measures.end, i), column));
        break;
      }
      case 'close':
        broken.pop();
        break;
    }
  }
  return page.finish(comments.get(tokenCount) ?? []);
}

/** Text so far. */
class Page {
  private readonly parts: string[] = [];
  column = 0;

  token(
    text: string,
    comments: readonly Comment[],
    around: { readonly gap: Gap; readonly indent: number; readonly isBlankBefore: boolean },
  ): void {
    const { gap } = around;
    const isStart = this.parts.length === 0;
    if (comments.length === 0 && gap.kind !== 'break') {
      this.write(gap.kind === 'space' && !isStart ? ` ${text}` : text);
      return;
    }
    const indentation = gap.kind === 'break' ? gap.indent : around.indent + (isStart ? 0 : indentStep);
    const blanks = gap.kind === 'break' ? gap.line.blanks : isStart ? 'keep' : 'drop';
    const isClosing = gap.kind === 'break' && gap.line.closing;
    const written = this.comments(comments, indentation + (isClosing ? indentStep : 0), blanks);
    const isKept = blanks === 'keep' || (blanks === 'keepAfterFirst' && written > 0);
    this.newLine(indentation, around.isBlankBefore && isKept);
    this.write(text);
  }

  /** Returns how many began a line of their own. */
  private comments(comments: readonly Comment[], indentation: number, blanks: Blanks): number {
    const isFirstKept = blanks === 'keep' || blanks === 'keepBeforeLast';
    let lines = 0;
    for (const { text, ownLine, afterBlankLine } of comments) {
      if (ownLine) {
        this.newLine(indentation, afterBlankLine && (lines === 0 ? isFirstKept : blanks !== 'drop'));
        this.write(text);
        lines++;
      } else this.write(` ${text}`);
    }
    return lines;
  }

  /** Comments behind the last token, and the end of the last line. */
  finish(comments: readonly Comment[]): string {
    this.comments(comments, 0, 'keep');
    return this.parts.length === 0 ? '' : `${this.parts.join('')}\n`;
  }

  private newLine(indentation: number, isBlank: boolean): void {
    if (this.parts.length === 0) return;
    this.parts.push(isBlank ? '\n\n' : '\n', ' '.repeat(indentation));
    this.column = indentation;
  }

  private write(text: string): void {
    this.parts.push(text);
    this.column += text.length;
  }
}

function commentsByToken(comments: readonly Comment[]): ReadonlyMap<number, readonly Comment[]> {
  const lists = new Map<number, Comment[]>();
  for (const comment of comments) {
    const list = lists.get(comment.before);
    if (list === undefined) lists.set(comment.before, [comment]);
    else list.push(comment);
  }
  return lists;
}

/** How many of the first k tokens have comments before them, for each k. */
function prefixCounts(comments: ReadonlyMap<number, unknown>, tokenCount: number): Int32Array {
  const counts = new Int32Array(tokenCount + 1);
  for (let k = 0; k < tokenCount; k++) counts[k + 1] = at(counts, k) + (comments.has(k) ? 1 : 0);
  return counts;
}
