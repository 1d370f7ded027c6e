/** What the lexer and the parser object to, as diagnostics in the user's terms. */
import {
  type ILexingError,
  type IParserErrorMessageProvider,
  type IRecognitionException,
  type IToken,
  tokenLabel,
} from 'chevrotain';
import { type Diagnostic, report } from '../src/core/diagnostics/diagnostic.ts';
import { syntax } from '../src/core/diagnostics/syntax.ts';
import type { SourceFile, Span } from '../src/core/span.ts';

export function lexicalError(file: SourceFile, { offset, length }: ILexingError): Diagnostic {
  const text = file.text.slice(offset, offset + length);
  const span: Span = { file, start: offset, end: offset + length };
  if (text.startsWith('"')) return report(syntax.unterminatedString, span, {});
  const shown = JSON.stringify([...text.slice(0, 16)].slice(0, 8).join(''));
  return report(syntax.character, span, { text: shown }, { hint: signHint(text) });
}

function signHint(text: string): string | undefined {
  if (/^[×·∘⊗⊕]/u.test(text)) return 'write * for products, kron(A, B) for ⊗ and dsum(A, B) for ⊕';
  if (/^[−–]/.test(text)) return 'write - for minus';
  if (/^[ᵀᴴ†]/.test(text)) return "write A' for the adjoint";
  return undefined;
}

const declarations = "a declaration ('op', 'scan', 'export', 'use', 'param' or 'pattern')";

/** What could stand where a rule found no way to go on; 'an expression' for the others. */
const expectedInRule: Readonly<Record<string, string>> = {
  declaration: declarations,
  use: 'a name',
  binders: 'a name',
  pattern: "'{' or '='",
  parameterType: 'a type such as [n, m] or f32[n]',
  statement: "'state', 'let', 'for', 'yield' or an update",
};

const inRule = (rule: string): string => expectedInRule[rule] ?? 'an expression';

/** chevrotain's messages say no more than what was expected: `grammaticalError` makes the sentence. */
export const expectations: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected }) => tokenLabel(expected),
  buildNotAllInputParsedMessage: () => 'a sign such as *, or the next declaration',
  buildNoViableAltMessage: ({ ruleName }) => inRule(ruleName),
  buildEarlyExitMessage: ({ ruleName }) => inRule(ruleName),
};

/** Tokens before the first declaration. */
export function strayTokens(file: SourceFile, first: IToken, last: IToken): Diagnostic {
  const span: Span = { file, start: first.startOffset, end: last.startOffset + last.image.length };
  const found = `'${shortened(first.image)}'`;
  const hint = first.image === 'def' || first.image === 'fn' ? 'an operator begins with op' : undefined;
  return report(syntax.unexpected, span, { found, expected: declarations }, { hint });
}

/** `end`: where the declaration's last token ends; `next`: the token after the declaration, if any. */
export function grammaticalError(
  file: SourceFile,
  error: IRecognitionException,
  end: number,
  next: IToken | undefined,
): Diagnostic {
  const { token, message: expected } = error;
  const atEnd = Number.isNaN(token.startOffset) || token.image === '';
  const start = atEnd ? end : token.startOffset;
  const span: Span = { file, start, end: atEnd ? end : start + token.image.length };
  const image = atEnd ? next?.image : token.image;
  const found = image === undefined ? 'the end of the file' : `'${shortened(image)}'`;
  return report(syntax.unexpected, span, { found, expected }, { hint: repair(image, expected) });
}

const shortened = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text);

/** The likely repair, from what was found where something else was expected. */
function repair(found: string | undefined, expected: string): string | undefined {
  switch (expected) {
    case "':'":
      return found === '='
        ? "the type of an operator stands after ':', as in op f[n](...) : n -> n = ..."
        : undefined;
    case "';'":
      return "a let ends with ';'";
    case "'->'":
      return 'an operator maps one space to another: n -> m';
    case "'as'":
      return 'an export needs a name: export f[8] as f8';
    case "'then'":
      return 'a condition reads if a == b then A else B';
    case "'else'":
      return 'an if has both branches: if a == b then A else B';
    case 'a comparison':
      if (found === '=') return 'equality is written ==';
      return found === '<-' ? 'a space keeps < and - apart: a < -b' : undefined;
    case "'<'":
      return 'an index runs from 0 up to its bound: i < n';
    case 'a name':
      return found !== undefined && /^[a-z]+[0-9]*$/.test(found)
        ? `'${found}' is a word of the language; choose another name`
        : undefined;
    case "')'":
      return found === '<'
        ? 'an indexed sum stands alone or after *; otherwise put it in parentheses'
        : undefined;
    case 'a sign such as *, or the next declaration':
      return leftover(found);
    default:
      return undefined;
  }
}

function leftover(found: string | undefined): string | undefined {
  if (found === '^') return 'powers do not chain: write (a^b)^c or a^(b^c)';
  if (found === ')' || found === ']' || found === '}')
    return `no bracket is open that '${found}' would close`;
  if (found === ';') return "';' ends a let; the body of an operator ends without it";
  return found !== undefined && /^[A-Za-z_0-9]/.test(found) ? 'products are written with *' : undefined;
}
