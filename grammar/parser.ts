/**
 * Text → AST, by chevrotain (used only in this folder). Never fails: what cannot be understood becomes an `error`
 * expression or is skipped, with a diagnostic. A file is cut where declarations begin and each is parsed alone, so that
 * an error spoils no declaration but its own.
 */
import { type IToken, Lexer, tokenMatcher } from 'chevrotain';
import { type Diagnostic, report } from '../src/core/diagnostics/diagnostic.ts';
import { syntax } from '../src/core/diagnostics/syntax.ts';
import type { SourceFile } from '../src/core/span.ts';
import type { Declaration, File, Trivia } from './ast.ts';
import { DeclarationParser } from './declarationParser.ts';
import { diagnosticLimit, sourceLimit } from './limits.ts';
import { lexicalError, strayTokens } from './syntaxErrors.ts';
import { allTokens, declarationStarts } from './tokens.ts';
import { documentationByToken, triviaOf } from './trivia.ts';

export interface Parsed {
  readonly file: File;
  /** In the order of the text; at most `diagnosticLimit`, and one that says that there are more. */
  readonly diagnostics: readonly Diagnostic[];
}

export function parse(source: SourceFile): Parsed {
  const characters = source.text.length;
  if (characters > sourceLimit) {
    const trivia: Trivia = { comments: [], blankLines: [] };
    const tooLong = report(
      syntax.tooLong,
      { file: source, start: 0, end: 0 },
      { characters, limit: sourceLimit },
    );
    return { file: { source, declarations: [], trivia }, diagnostics: [tooLong] };
  }
  const { lexer } = engine();
  const { tokens, groups, errors } = lexer.tokenize(source.text);
  const trivia = triviaOf(source, tokens, groups['comments'] ?? []);
  const lexical = errors.slice(0, diagnosticLimit + 1).map(error => lexicalError(source, error));
  const { declarations, diagnostics } = parseDeclarations(source, tokens, trivia);
  return {
    file: { source, declarations, trivia },
    diagnostics: firstOf(source, [...lexical, ...diagnostics]),
  };
}

function parseDeclarations(source: SourceFile, tokens: readonly IToken[], trivia: Trivia) {
  const { parser } = engine();
  const documentation = documentationByToken(trivia.comments);
  const declarations: Declaration[] = [];
  const diagnostics: Diagnostic[] = [];
  const starts = tokens.flatMap((token, index) => (startsDeclaration(token) ? [index] : []));
  const stray = tokens.slice(0, starts[0] ?? tokens.length);
  const [first, last] = [stray[0], stray.at(-1)];
  if (first !== undefined && last !== undefined) diagnostics.push(strayTokens(source, first, last));
  for (const [k, start] of starts.entries()) {
    const end = starts[k + 1] ?? tokens.length;
    const parsed = parser.parseDeclaration({
      source,
      tokens: tokens.slice(start, end),
      next: tokens[end],
      documentation: documentation.get(start) ?? '',
    });
    if (parsed.declaration !== undefined) declarations.push(parsed.declaration);
    diagnostics.push(...parsed.diagnostics);
    if (diagnostics.length > diagnosticLimit) break;
  }
  return { declarations, diagnostics };
}

const startsDeclaration = (token: IToken): boolean =>
  declarationStarts.some(start => tokenMatcher(token, start));

/** In the order of the text, within the limit. */
function firstOf(file: SourceFile, diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const sorted = diagnostics.toSorted((left, right) => (left.span?.start ?? 0) - (right.span?.start ?? 0));
  if (sorted.length <= diagnosticLimit) return sorted;
  const shown = sorted.slice(0, diagnosticLimit);
  const start = shown.at(-1)?.span?.end ?? 0;
  return [...shown, report(syntax.tooMany, { file, start, end: start }, { limit: diagnosticLimit })];
}

let made: { readonly lexer: Lexer; readonly parser: DeclarationParser } | undefined;

/** Made at the first use, not at import. */
function engine(): { readonly lexer: Lexer; readonly parser: DeclarationParser } {
  made ??= {
    lexer: new Lexer([...allTokens], {
      positionTracking: 'onlyOffset',
      ensureOptimizations: false,
      skipValidations: true,
    }),
    parser: new DeclarationParser({ validate: false }),
  };
  return made;
}
