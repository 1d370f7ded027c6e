/** The words and signs of the language (grammar.ebnf). Keywords are reserved; `//` comments are set aside for the formatter. */
import { createToken, Lexer, type TokenType } from 'chevrotain';

export const NameToken = createToken({ name: 'Name', pattern: /[A-Za-z_][A-Za-z0-9_]*/, label: 'a name' });

const keyword = (word: string): TokenType =>
  createToken({
    name: `Keyword_${word}`,
    pattern: new RegExp(word),
    longer_alt: NameToken,
    label: `'${word}'`,
  });

const sign = (name: string, text: string): TokenType =>
  createToken({ name, pattern: text, label: `'${text}'` });

/** A class of keywords that the grammar treats alike. */
const family = (name: string, label: string): TokenType => createToken({ name, pattern: Lexer.NA, label });

const member = (parent: TokenType, word: string): TokenType =>
  createToken({
    name: `${parent.name}_${word}`,
    pattern: new RegExp(word),
    longer_alt: NameToken,
    categories: parent,
    label: `'${word}'`,
  });

export const Keyword = {
  use: keyword('use'),
  export: keyword('export'),
  as: keyword('as'),
  pattern: keyword('pattern'),
  param: keyword('param'),
  op: keyword('op'),
  scan: keyword('scan'),
  over: keyword('over'),
  reversed: keyword('reversed'),
  where: keyword('where'),
  let: keyword('let'),
  state: keyword('state'),
  for: keyword('for'),
  yield: keyword('yield'),
  if: keyword('if'),
  then: keyword('then'),
  else: keyword('else'),
  assume: keyword('assume'),
} as const;

export const BigWordToken = family('BigWord', "'sum', 'prod', 'dsum', 'hstack', 'vstack' or 'tabulate'");
export const BindingToken = family('Binding', "'static', 'frozen', 'learned', 'item', 'token' or 'call'");
export const DtypeToken = family('Dtype', "'c64', 'f32', 'f16', 'bf16' or 'index'");
const bigWords = ['sum', 'prod', 'dsum', 'hstack', 'vstack', 'tabulate'].map(word =>
  member(BigWordToken, word),
);
const bindings = ['static', 'frozen', 'learned', 'item', 'token', 'call'].map(word =>
  member(BindingToken, word),
);
const dtypes = ['c64', 'f32', 'f16', 'bf16', 'index'].map(word => member(DtypeToken, word));

export const Comparison = createToken({
  name: 'Comparison',
  pattern: /==|!=|<=|>=|<(?!-)|>/,
  label: 'a comparison',
});
export const Sign = {
  pipe: sign('Pipe', '|>'),
  arrow: sign('Arrow', '->'),
  update: sign('Update', '<-'),
  range: sign('Range', '..'),
  plus: sign('Plus', '+'),
  minus: sign('Minus', '-'),
  times: sign('Times', '*'),
  over: sign('Over', '/'),
  percent: sign('Percent', '%'),
  power: sign('Power', '^'),
  prime: sign('Prime', "'"),
  equals: sign('Equals', '='),
  colon: sign('Colon', ':'),
  semicolon: sign('Semicolon', ';'),
  comma: sign('Comma', ','),
  openBracket: sign('OpenBracket', '['),
  closeBracket: sign('CloseBracket', ']'),
  openParenthesis: sign('OpenParenthesis', '('),
  closeParenthesis: sign('CloseParenthesis', ')'),
  openBrace: sign('OpenBrace', '{'),
  closeBrace: sign('CloseBrace', '}'),
} as const;

export const NumberToken = createToken({
  name: 'Number',
  pattern: /[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?(?!\.\d)/,
  label: 'a number',
});
export const StringToken = createToken({ name: 'String', pattern: /"[^"\n]*"/, label: 'a string' });
const Space = createToken({ name: 'Space', pattern: /[\s\uFEFF]+/, group: Lexer.SKIPPED, line_breaks: true });
const CommentToken = createToken({ name: 'Comment', pattern: /\/\/[^\n]*/, group: 'comments' });

/** In the order the lexer tries them. */
export const allTokens: readonly TokenType[] = [
  Space,
  CommentToken,
  ...Object.values(Keyword),
  BigWordToken,
  BindingToken,
  DtypeToken,
  ...bigWords,
  ...bindings,
  ...dtypes,
  NameToken,
  NumberToken,
  StringToken,
  Sign.pipe,
  Sign.arrow,
  Sign.update,
  Comparison,
  ...Object.values(Sign).filter(
    token => token !== Sign.pipe && token !== Sign.arrow && token !== Sign.update,
  ),
];
