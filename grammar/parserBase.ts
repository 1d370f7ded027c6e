/** What the rules of the grammar share: places in the text, and the limits that keep every tree shallow. */
import { EmbeddedActionsParser, type IToken } from 'chevrotain';
import { syntax } from '../src/core/diagnostics/syntax.ts';
import type { SourceFile, Span } from '../src/core/span.ts';
import type { Name } from './ast.ts';
import { chainLimit, LimitExceeded, nestingLimit } from './limits.ts';
import { expectations } from './syntaxErrors.ts';
import { allTokens } from './tokens.ts';

/** A token inserted by recovery, or one of chevrotain's recording of the grammar, has no place in the text. */
export function spanOf(file: SourceFile, token: IToken): Span {
  const start = Number.isFinite(token.startOffset) ? token.startOffset : 0;
  return { file, start, end: start + imageOf(token).length };
}

export const imageOf = (token: IToken): string => token.image ?? '';

export abstract class SourceParser extends EmbeddedActionsParser {
  protected source: SourceFile = { name: '', text: '' };
  private nesting = 0;
  private joins = 0;

  constructor(skipValidations: boolean) {
    super([...allTokens], {
      recoveryEnabled: true,
      maxLookahead: 2,
      skipValidations,
      errorMessageProvider: expectations,
    });
  }

  /** Where a construct begins and ends, from the tokens around it. */
  protected begin(): number {
    return this.LA(1).startOffset;
  }

  protected since(start: number): Span {
    const last = this.LA(0);
    const end = last.startOffset + imageOf(last).length;
    const from = Number.isFinite(start) ? start : this.source.text.length;
    return { file: this.source, start: from, end: Number.isFinite(end) ? Math.max(end, from) : from };
  }

  protected nameOf(token: IToken): Name {
    return { text: imageOf(token), span: spanOf(this.source, token) };
  }

  /** Parses something that stands inside something like itself. */
  protected nested<Node>(parse: () => Node): Node {
    if (this.nesting >= nestingLimit)
      throw new LimitExceeded(syntax.tooDeep, spanOf(this.source, this.LA(1)), nestingLimit);
    this.nesting++;
    try {
      return parse();
    } finally {
      this.nesting--;
    }
  }

  /** Counts a link of a chain, just read, which deepens the tree by one. */
  protected join(): void {
    this.joins++;
    if (this.joins > chainLimit)
      throw new LimitExceeded(syntax.chainTooLong, spanOf(this.source, this.LA(0)), chainLimit);
  }

  /** A chain ends with the expression it stands in; what is inside brackets counts with what is around them. */
  protected beginExpression(): void {
    if (this.nesting === 0) this.joins = 0;
  }

  /** Statements stand in loops, never in expressions. */
  protected beginStatement(): void {
    this.joins = 0;
  }
}
