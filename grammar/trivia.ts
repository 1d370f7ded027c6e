/** Comments and blank lines, by the token they stand before: all that the formatter needs beside the tree. */
import type { IToken } from 'chevrotain';
import type { SourceFile } from '../src/core/span.ts';
import type { Comment, Trivia } from './ast.ts';

/** Both lists in the order of the text. */
export function triviaOf(source: SourceFile, tokens: readonly IToken[], found: readonly IToken[]): Trivia {
  const comments: Comment[] = [];
  const blankLines: number[] = [];
  let [token, comment, end] = [0, 0, 0];
  while (token < tokens.length || comment < found.length) {
    const [nextToken, nextComment] = [tokens[token], found[comment]];
    const isComment = (nextComment?.startOffset ?? Infinity) < (nextToken?.startOffset ?? Infinity);
    const next = isComment ? nextComment : nextToken;
    if (next === undefined) break;
    const start = next.startOffset;
    const lineEnds = newlines(source.text, end, start);
    if (isComment) {
      const text = next.image.trimEnd();
      comments.push({
        text,
        span: { file: source, start, end: start + text.length },
        before: token,
        ownLine: lineEnds > 0 || end === 0,
        afterBlankLine: lineEnds > 1,
      });
      comment++;
    } else {
      if (lineEnds > 1) blankLines.push(token);
      token++;
    }
    end = start + next.image.length;
  }
  return { comments, blankLines };
}

/** Line ends between two neighbours. */
const newlines = (text: string, from: number, to: number): number =>
  text.slice(from, to).split('\n').length - 1;

/**
 * The `///` lines before each token that has any, without the slashes; a `///` behind something on its line is a plain
 * comment.
 */
export function documentationByToken(comments: readonly Comment[]): ReadonlyMap<number, string> {
  const byToken = new Map<number, string[]>();
  for (const { text, before, ownLine } of comments) {
    if (!ownLine || !text.startsWith('///')) continue;
    const lines = byToken.get(before) ?? [];
    lines.push(text.slice(3).trim());
    byToken.set(before, lines);
  }
  return new Map([...byToken].map(([token, lines]) => [token, lines.join('\n')]));
}
