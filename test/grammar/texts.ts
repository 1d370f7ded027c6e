/** Sources as lists of token texts, to be joined again differently. */
import { Lexer } from 'chevrotain';
import { allTokens } from '../../grammar/tokens.ts';
import { invariant } from '../../src/core/invariant.ts';

const lexer = new Lexer([...allTokens], { positionTracking: 'onlyOffset' });

export function tokensOf(text: string): string[] {
  const { tokens, errors } = lexer.tokenize(text);
  invariant(errors.length === 0, 'only tokens');
  return tokens.map(({ image }) => image);
}

/** The separators in turn, over and over, the first of them in front of the text. */
export function withSeparators(tokens: readonly string[], separators: readonly string[]): string {
  const separator = (k: number): string => separators[k % separators.length] ?? ' ';
  return tokens.map((token, k) => separator(k) + token).join('') + separator(tokens.length);
}
