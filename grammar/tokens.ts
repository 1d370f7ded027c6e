/** The words and signs of the language (grammar.ebnf). Words are reserved; comments are set aside for the formatter. */
import { createToken, Lexer, type TokenType } from 'chevrotain';
import type { BigWord, Binding } from './ast.ts';

export const NameToken = createToken({ name: 'Name', pattern: /[A-Za-z_][A-Za-z0-9_]*/, label: 'a name' });

/** `as` is no beginning of `assume`, nor of the name `asks`. */
const wholeWord = (word: string): RegExp => new RegExp(`${word}\\b`);

const keyword = (word: string): TokenType =>
  createToken({
    name: `Keyword_${word}`,
    pattern: wholeWord(word),
    label: `'${word}'`,
  });

const sign = (name: string, text: string): TokenType =>
  createToken({ name, pattern: text, label: `'${text}'` });

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

/** A declaration begins with one of these, and they stand nowhere else: a file is cut into declarations there. */
export const declarationStarts: readonly TokenType[] = [
  Keyword.use,
  Keyword.export,
  Keyword.pattern,
  Keyword.param,
  Keyword.op,
  Keyword.scan,
];

export const bigWords = [
  'sum',
  'prod',
  'dsum',
  'hstack',
  'vstack',
  'tabulate',
] as const satisfies readonly BigWord[];
export const bindingWords = [
  'static',
  'frozen',
  'learned',
  'item',
  'token',
  'call',
] as const satisfies readonly Binding[];
export const dtypeWords = ['c64', 'f32', 'f16', 'bf16', 'f64', 'index'] as const;
export const comparisonSigns = ['==', '!=', '<=', '>=', '>', '<'] as const;

/** A class of tokens that the grammar treats alike. */
const family = (name: string, words: readonly string[]): TokenType =>
  createToken({
    name,
    pattern: Lexer.NA,
    label: `one of ${words.map(word => `'${word}'`).join(', ')}`,
  });

const members = (parent: TokenType, words: readonly string[]): TokenType[] =>
  words.map(word =>
    createToken({
      name: `${parent.name}_${word}`,
      pattern: wholeWord(word),
      categories: parent,
      label: `'${word}'`,
    }),
  );

export const BigWordToken = family('BigWord', bigWords);
export const BindingToken = family('Binding', bindingWords);
export const DtypeToken = family('Dtype', dtypeWords);
export const Comparison = createToken({ name: 'Comparison', pattern: Lexer.NA, label: 'a comparison' });
/** `<` bounds the variable of a sum or a `for` as well. */
export const LessThan = createToken({
  name: 'LessThan',
  pattern: '<',
  categories: Comparison,
  label: "'<'",
});
const comparisons = comparisonSigns
  .filter(text => text !== '<')
  .map(text =>
    createToken({
      name: `Comparison_${text}`,
      pattern: text,
      categories: Comparison,
      label: `'${text}'`,
    }),
  );

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

const signs = Object.values(Sign);
const lengthOf = ({ PATTERN }: TokenType): number => (typeof PATTERN === 'string' ? PATTERN.length : 0);

/** In the order the lexer tries them: longer signs first, words before names. */
export const allTokens: readonly TokenType[] = [
  Space,
  CommentToken,
  ...Object.values(Keyword),
  BigWordToken,
  BindingToken,
  DtypeToken,
  Comparison,
  ...members(BigWordToken, bigWords),
  ...members(BindingToken, bindingWords),
  ...members(DtypeToken, dtypeWords),
  NameToken,
  NumberToken,
  StringToken,
  ...[...signs, ...comparisons, LessThan].toSorted((left, right) => lengthOf(right) - lengthOf(left)),
];

export const words = { keywords: Object.keys(Keyword), bigWords, bindingWords, dtypeWords };
/** Every sign, as written. */
export const signTexts: readonly string[] = [...signs, ...comparisons, LessThan].map(({ PATTERN }) =>
  String(PATTERN),
);
