/**
 * Text → AST, by chevrotain (used only in this folder). Never fails: what cannot be understood becomes an `error`
 * expression or is skipped up to the next declaration, with a diagnostic.
 */
import {
  EmbeddedActionsParser,
  type IRecognitionException,
  type IToken,
  Lexer,
  MismatchedTokenException,
  NoViableAltException,
  type TokenType,
  tokenLabel,
  tokenMatcher,
} from 'chevrotain';
import { type Diagnostic, report } from '../src/core/diagnostics/diagnostic.ts';
import { syntax } from '../src/core/diagnostics/syntax.ts';
import type { SourceFile, Span } from '../src/core/span.ts';
import type {
  BigWord,
  BinaryOperator,
  Binding,
  Body,
  Comparison as ComparisonSign,
  Condition,
  Declaration,
  Expression,
  File,
  Index,
  Let,
  Name,
  Parameter,
  ParameterType,
  SpaceType,
  Statement,
} from './ast.ts';
import {
  allTokens,
  BigWordToken,
  BindingToken,
  Comparison,
  DtypeToken,
  Keyword,
  NameToken,
  NumberToken,
  Sign,
  StringToken,
} from './tokens.ts';

export const sourceLimit = 2 ** 20;
export const nestingLimit = 64;
export const chainLimit = 4096;

export interface Parsed {
  readonly file: File;
  readonly diagnostics: readonly Diagnostic[];
}

export function parse(source: SourceFile): Parsed {
  const empty: File = { source, declarations: [], trivia: { comments: [] } };
  const whole: Span = { file: source, start: 0, end: 0 };
  if (source.text.length > sourceLimit) {
    const parameters = { characters: source.text.length, limit: sourceLimit };
    return { file: empty, diagnostics: [report(syntax.tooLong, whole, parameters)] };
  }
  const { lexer, parser } = engine();
  const lexed = lexer.tokenize(source.text);
  const comments = (lexed.groups['comments'] ?? []).map(token => ({
    text: token.image,
    span: spanOf(source, token),
  }));
  const lexical = lexed.errors.map(error => lexicalError(source, error.offset, error.length));
  const limit = limitsExceeded(source, lexed.tokens);
  if (limit !== undefined)
    return { file: { ...empty, trivia: { comments } }, diagnostics: [...lexical, limit] };
  const declarations = parser.parseFile(source, lexed.tokens, documentationBefore(source, comments));
  const grammatical = parser.errors.map(error => grammaticalError(source, error));
  return { file: { source, declarations, trivia: { comments } }, diagnostics: [...lexical, ...grammatical] };
}

let made: { lexer: Lexer; parser: SopParser } | undefined;

/** Made at the first use, not at import. */
function engine(): { lexer: Lexer; parser: SopParser } {
  made ??= {
    lexer: new Lexer([...allTokens], {
      positionTracking: 'onlyOffset',
      ensureOptimizations: false,
      skipValidations: true,
    }),
    parser: new SopParser(),
  };
  return made;
}

/** While chevrotain records the grammar its tokens are empty; an inserted token has no place. */
const imageOf = (token: IToken | undefined): string => token?.image ?? '';

function spanOf(file: SourceFile, token: IToken | undefined): Span {
  const start = token !== undefined && Number.isFinite(token.startOffset) ? token.startOffset : 0;
  return { file, start, end: start + imageOf(token).length };
}

function lexicalError(file: SourceFile, offset: number, length: number): Diagnostic {
  const text = file.text.slice(offset, offset + length);
  const span: Span = { file, start: offset, end: offset + length };
  if (text.startsWith('"')) return report(syntax.unterminatedString, span, {});
  const hint = /[×·⊗∘]/.test(text) ? 'write * for products and kron(A, B) for Kronecker products' : undefined;
  return report(syntax.character, span, { text: JSON.stringify(text.slice(0, 8)) }, { hint });
}

/** Depth and length limits, checked on the tokens so that no later walk can run out of stack. */
function limitsExceeded(file: SourceFile, tokens: readonly IToken[]): Diagnostic | undefined {
  let [depth, prefixes, chain] = [0, 0, 0];
  const opens = [Sign.openBracket, Sign.openParenthesis, Sign.openBrace, Keyword.if];
  const closes = [Sign.closeBracket, Sign.closeParenthesis, Sign.closeBrace];
  const resets = [Sign.semicolon, Sign.equals, Keyword.op, Keyword.scan, Keyword.export];
  const joins = [
    Sign.plus,
    Sign.minus,
    Sign.times,
    Sign.over,
    Sign.percent,
    Sign.power,
    Sign.prime,
    Sign.pipe,
    BigWordToken,
  ];
  const is = (token: IToken, types: readonly TokenType[]) => types.some(type => tokenMatcher(token, type));
  for (const token of tokens) {
    if (is(token, opens)) depth++;
    if (is(token, closes)) depth = Math.max(0, depth - 1);
    prefixes =
      is(token, [Sign.minus, Sign.power, BigWordToken]) || (prefixes > 0 && is(token, [Sign.openParenthesis]))
        ? prefixes + 1
        : 0;
    if (is(token, joins)) chain++;
    if (is(token, resets)) {
      chain = 0;
      if (is(token, [Keyword.op, Keyword.scan, Keyword.export])) depth = 0;
    }
    if (depth > nestingLimit || prefixes > nestingLimit)
      return report(syntax.tooDeep, spanOf(file, token), { limit: nestingLimit });
    if (chain > chainLimit) return report(syntax.chainTooLong, spanOf(file, token), { limit: chainLimit });
  }
  return undefined;
}

function grammaticalError(file: SourceFile, error: IRecognitionException): Diagnostic {
  const { token } = error;
  const atEnd = token.image === '' || Number.isNaN(token.startOffset);
  const offset = atEnd ? file.text.trimEnd().length : token.startOffset;
  const span: Span = { file, start: offset, end: offset + (atEnd ? 0 : token.image.length) };
  const found = atEnd ? 'the end of the file' : `'${token.image.slice(0, 40)}'`;
  const expected = expectedOf(error);
  return report(syntax.unexpected, span, { found, expected }, { hint: repair(token.image, expected, error) });
}

/** What the parser wanted, from chevrotain's own account of it. */
function expectedOf(error: IRecognitionException): string {
  const wanted =
    /Expecting token of type --> (.*?) <--/.exec(error.message)?.[1] ??
    /Expecting: (one of these|expecting|.*)/s.exec(error.message)?.[1];
  if (error instanceof MismatchedTokenException) return labelOf(error.message);
  if (error instanceof NoViableAltException) return inRule(error.context.ruleStack);
  if (error.name === 'NotAllInputParsedException')
    return "a declaration ('op', 'scan', 'export', 'use', 'param' or 'pattern')";
  return wanted === undefined ? inRule(error.context.ruleStack) : inRule(error.context.ruleStack);
}

const labelOf = (message: string): string => /--> (.*?) <--/s.exec(message)?.[1] ?? 'something else';

function inRule(stack: readonly string[]): string {
  const names: Record<string, string> = {
    declaration: "a declaration ('op', 'scan', 'export', 'use', 'param' or 'pattern')",
    parameterType: 'a type such as [n, m] or f32[n]',
    statement: "'state', 'let', 'for', 'yield' or an update",
  };
  return names[stack.at(-1) ?? ''] ?? 'an expression';
}

function repair(found: string, expected: string, error: IRecognitionException): string | undefined {
  if (expected === "':'" && found === '=')
    return "the type of an operator stands after ':', as in op f[n](...) : n -> n = ...";
  if (expected === "';'") return "a let ends with ';'";
  if (expected === "'->'") return 'an operator maps one space to another: n -> m';
  if (expected === "'as'") return 'an export needs a name: export f[8] as f8';
  if (expected === 'a comparison' && found === '=') return 'equality is written ==';
  if (expected === 'a name' && /^[a-z]+[0-9]*$/.test(found))
    return `'${found}' is a word of the language; choose another name`;
  return error.context.ruleStack.length > 0 && expected === "')'" ? 'a bracket is not closed' : undefined;
}

/** The `///` lines that stand directly before an offset. */
function documentationBefore(
  file: SourceFile,
  comments: readonly { readonly text: string; readonly span: Span }[],
) {
  const ends = new Map(comments.map(comment => [comment.span.end, comment]));
  return (start: number): string => {
    const lines: string[] = [];
    for (let end = trimmedEnd(file.text, start); ; ) {
      const comment = ends.get(end);
      if (comment === undefined || !comment.text.startsWith('///')) break;
      lines.unshift(comment.text.slice(3).trim());
      end = trimmedEnd(file.text, comment.span.start);
    }
    return lines.join('\n');
  };
}

function trimmedEnd(text: string, from: number): number {
  let end = from;
  while (end > 0 && /\s/.test(text[end - 1] ?? '')) end--;
  return end;
}

class SopParser extends EmbeddedActionsParser {
  private source: SourceFile = { name: '', text: '' };
  private documentation: (start: number) => string = () => '';

  constructor() {
    super([...allTokens], { recoveryEnabled: true, maxLookahead: 2, skipValidations: true });
    this.performSelfAnalysis();
  }

  parseFile(source: SourceFile, tokens: IToken[], documentation: (start: number) => string): Declaration[] {
    this.source = source;
    this.documentation = documentation;
    this.input = tokens;
    return this.file() ?? [];
  }

  // Where a construct begins and ends, from the tokens around it.
  private begin(): number {
    return this.LA(1).startOffset;
  }

  private since(start: number): Span {
    const last = this.LA(0);
    const end = last.startOffset + imageOf(last).length;
    const from = Number.isFinite(start) ? start : this.source.text.length;
    return { file: this.source, start: from, end: Number.isFinite(end) ? Math.max(end, from) : from };
  }

  private nameOf(token: IToken): Name {
    return { text: imageOf(token), span: spanOf(this.source, token) };
  }

  private readonly file = this.RULE('file', (): Declaration[] => {
    const declarations: Declaration[] = [];
    this.MANY(() => {
      const each = this.SUBRULE(this.declaration);
      if (each !== undefined) declarations.push(each);
    });
    return declarations;
  });

  private readonly declaration = this.RULE('declaration', (): Declaration | undefined =>
    this.OR([
      { ALT: () => this.SUBRULE(this.use) },
      { ALT: () => this.SUBRULE(this.exportDeclaration) },
      { ALT: () => this.SUBRULE(this.pattern) },
      { ALT: () => this.SUBRULE(this.shared) },
      { ALT: () => this.SUBRULE(this.operator) },
      { ALT: () => this.SUBRULE(this.scan) },
    ]),
  );

  private readonly use = this.RULE('use', (): Declaration => {
    const start = this.begin();
    this.CONSUME(Keyword.use);
    const path = this.CONSUME(StringToken);
    this.CONSUME(Sign.openParenthesis);
    const names: Name[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: Sign.comma, DEF: () => names.push(this.nameOf(this.CONSUME(NameToken))) });
    this.CONSUME(Sign.closeParenthesis);
    return {
      kind: 'use',
      path: path.image.slice(1, -1),
      pathSpan: spanOf(this.source, path),
      names,
      span: this.since(start),
    };
  });

  private readonly exportDeclaration = this.RULE('exportDeclaration', (): Declaration => {
    const start = this.begin();
    this.CONSUME(Keyword.export);
    const name = this.nameOf(this.CONSUME(NameToken));
    let sizes: Expression[] = [];
    this.OPTION(() => {
      sizes = this.SUBRULE(this.sizes);
    });
    this.CONSUME(Keyword.as);
    const alias = this.nameOf(this.CONSUME2(NameToken));
    return {
      kind: 'export',
      documentation: this.documentation(start),
      name,
      sizes,
      alias,
      span: this.since(start),
    };
  });

  private readonly sizes = this.RULE('sizes', (): Expression[] => {
    const list: Expression[] = [];
    this.CONSUME(Sign.openBracket);
    this.AT_LEAST_ONE_SEP({ SEP: Sign.comma, DEF: () => list.push(this.SUBRULE(this.expression)) });
    this.CONSUME(Sign.closeBracket);
    return list;
  });

  private readonly pattern = this.RULE('pattern', (): Declaration => {
    const start = this.begin();
    this.CONSUME(Keyword.pattern);
    const name = this.nameOf(this.CONSUME(NameToken));
    const sizes = this.SUBRULE(this.sizes);
    const edges: { from: Expression; to: Expression; span: Span }[] = [];
    const path = this.OR([
      {
        ALT: () => {
          this.CONSUME(Sign.openBrace);
          this.AT_LEAST_ONE_SEP({
            SEP: Sign.comma,
            DEF: () => {
              const edgeStart = this.begin();
              const from = this.SUBRULE(this.expression);
              this.CONSUME(Sign.arrow);
              const to = this.SUBRULE2(this.expression);
              edges.push({ from, to, span: this.since(edgeStart) });
            },
          });
          this.CONSUME(Sign.closeBrace);
          return undefined;
        },
      },
      {
        ALT: () => {
          this.CONSUME(Sign.equals);
          return this.CONSUME(StringToken).image.slice(1, -1);
        },
      },
    ]);
    const documentation = this.documentation(start);
    const span = this.since(start);
    return path === undefined
      ? { kind: 'pattern', documentation, name, sizes, edges, span }
      : { kind: 'pattern', documentation, name, sizes, path, span };
  });

  private readonly shared = this.RULE('shared', (): Declaration => {
    const start = this.begin();
    this.CONSUME(Keyword.param);
    const parameter = this.SUBRULE(this.parameter);
    return { kind: 'shared', documentation: this.documentation(start), parameter, span: this.since(start) };
  });

  private readonly binders = this.RULE('binders', (): Name[] => {
    const names: Name[] = [];
    this.CONSUME(Sign.openBracket);
    this.AT_LEAST_ONE_SEP({ SEP: Sign.comma, DEF: () => names.push(this.nameOf(this.CONSUME(NameToken))) });
    this.CONSUME(Sign.closeBracket);
    return names;
  });

  private readonly parameters = this.RULE('parameters', (): Parameter[] => {
    const list: Parameter[] = [];
    this.CONSUME(Sign.openParenthesis);
    this.MANY_SEP({ SEP: Sign.comma, DEF: () => list.push(this.SUBRULE(this.parameter)) });
    this.CONSUME(Sign.closeParenthesis);
    return list;
  });

  private readonly parameter = this.RULE('parameter', (): Parameter => {
    const start = this.begin();
    const bindings: { word: Binding; span: Span }[] = [];
    this.MANY(() => {
      const token = this.CONSUME(BindingToken);
      bindings.push({ word: token.image as Binding, span: spanOf(this.source, token) });
    });
    const name = this.nameOf(this.CONSUME(NameToken));
    this.CONSUME(Sign.colon);
    const type = this.SUBRULE(this.parameterType);
    let value: Expression | undefined;
    this.OPTION(() => {
      this.CONSUME(Sign.equals);
      value = this.SUBRULE(this.expression);
    });
    const span = this.since(start);
    return value === undefined
      ? { bindings, name, type, span }
      : { bindings, name, type, default: value, span };
  });

  private readonly parameterType = this.RULE('parameterType', (): ParameterType => {
    const start = this.begin();
    let name: Name | undefined;
    let dims: Expression[] | undefined;
    this.OR([
      {
        ALT: () => {
          name = this.nameOf(
            this.OR2([{ ALT: () => this.CONSUME(NameToken) }, { ALT: () => this.CONSUME(DtypeToken) }]),
          );
          this.OPTION(() => {
            dims = this.SUBRULE(this.dims);
          });
        },
      },
      {
        ALT: () => {
          dims = this.SUBRULE2(this.dims);
        },
      },
    ]);
    return {
      ...(name === undefined ? {} : { name }),
      ...(dims === undefined ? {} : { dims }),
      span: this.since(start),
    };
  });

  private readonly dims = this.RULE('dims', (): Expression[] => {
    const list: Expression[] = [];
    this.CONSUME(Sign.openBracket);
    this.MANY_SEP({ SEP: Sign.comma, DEF: () => list.push(this.SUBRULE(this.expression)) });
    this.CONSUME(Sign.closeBracket);
    return list;
  });

  private readonly space = this.RULE('space', (): SpaceType => {
    const start = this.begin();
    return this.OR([
      {
        ALT: () => {
          const dtype = this.nameOf(this.CONSUME(DtypeToken));
          const dims = this.SUBRULE(this.dims);
          return { dtype, dims, span: this.since(start) };
        },
      },
      {
        ALT: () => {
          const dims = [this.SUBRULE(this.expression)];
          return { dims, span: this.since(start) };
        },
      },
    ]);
  });

  private readonly where = this.RULE('where', (): Condition[] => {
    const conditions: Condition[] = [];
    this.CONSUME(Keyword.where);
    this.AT_LEAST_ONE_SEP({ SEP: Sign.comma, DEF: () => conditions.push(this.SUBRULE(this.condition)) });
    return conditions;
  });

  private readonly condition = this.RULE('condition', (): Condition => {
    const start = this.begin();
    const left = this.SUBRULE(this.expression);
    const comparison = this.CONSUME(Comparison).image as ComparisonSign;
    const right = this.SUBRULE2(this.expression);
    return { left, comparison, right, span: this.since(start) };
  });

  private readonly operator = this.RULE('operator', (): Declaration => {
    const start = this.begin();
    this.CONSUME(Keyword.op);
    const name = this.nameOf(this.CONSUME(NameToken));
    let binders: Name[] = [];
    let where: Condition[] = [];
    this.OPTION(() => {
      binders = this.SUBRULE(this.binders);
    });
    const parameters = this.SUBRULE(this.parameters);
    this.CONSUME(Sign.colon);
    const domain = this.SUBRULE(this.space);
    this.CONSUME(Sign.arrow);
    const codomain = this.SUBRULE2(this.space);
    this.OPTION2(() => {
      where = this.SUBRULE(this.where);
    });
    this.CONSUME(Sign.equals);
    const body = this.SUBRULE(this.body);
    const documentation = this.documentation(start);
    return {
      kind: 'op',
      documentation,
      name,
      binders,
      parameters,
      domain,
      codomain,
      where,
      body,
      span: this.since(start),
    };
  });

  private readonly body = this.RULE('body', (): Body => {
    const start = this.begin();
    const lets: Let[] = [];
    this.MANY(() => {
      lets.push(this.SUBRULE(this.letBinding));
    });
    const result = this.SUBRULE(this.pipe);
    return { lets, result, span: this.since(start) };
  });

  private readonly letBinding = this.RULE('letBinding', (): Let => {
    const start = this.begin();
    this.CONSUME(Keyword.let);
    const name = this.nameOf(this.CONSUME(NameToken));
    this.CONSUME(Sign.equals);
    const value = this.SUBRULE(this.pipe);
    this.CONSUME(Sign.semicolon);
    return { name, value, span: this.since(start) };
  });

  private readonly scan = this.RULE('scan', (): Declaration => {
    const start = this.begin();
    this.CONSUME(Keyword.scan);
    const name = this.nameOf(this.CONSUME(NameToken));
    let binders: Name[] = [];
    let over: Name[] = [];
    let where: Condition[] = [];
    let reversed = false;
    this.OPTION(() => {
      binders = this.SUBRULE(this.binders);
    });
    this.OPTION2(() => {
      this.CONSUME(Keyword.over);
      over = this.SUBRULE2(this.binders);
    });
    const parameters = this.SUBRULE(this.parameters);
    this.CONSUME(Sign.arrow);
    const result = this.SUBRULE(this.parameterType);
    this.OPTION3(() => {
      this.CONSUME(Keyword.reversed);
      reversed = true;
    });
    this.OPTION4(() => {
      where = this.SUBRULE(this.where);
    });
    const body = this.SUBRULE(this.statements);
    const documentation = this.documentation(start);
    return {
      kind: 'scan',
      documentation,
      name,
      binders,
      over,
      parameters,
      result,
      reversed,
      where,
      body,
      span: this.since(start),
    };
  });

  private readonly statements = this.RULE('statements', (): Statement[] => {
    const list: Statement[] = [];
    this.CONSUME(Sign.openBrace);
    this.MANY(() => {
      list.push(this.SUBRULE(this.statement));
    });
    this.CONSUME(Sign.closeBrace);
    return list;
  });

  private readonly statement = this.RULE('statement', (): Statement => {
    const start = this.begin();
    return this.OR([
      {
        ALT: (): Statement => {
          this.CONSUME(Keyword.state);
          const name = this.nameOf(this.CONSUME(NameToken));
          this.CONSUME(Sign.colon);
          const type = this.SUBRULE(this.parameterType);
          let initial: Expression | undefined;
          this.OPTION(() => {
            this.CONSUME(Sign.equals);
            initial = this.SUBRULE(this.expression);
          });
          const span = this.since(start);
          return initial === undefined
            ? { kind: 'state', name, type, span }
            : { kind: 'state', name, type, initial, span };
        },
      },
      {
        ALT: (): Statement => {
          const { name, value } = this.SUBRULE(this.letBinding);
          return { kind: 'let', name, value, span: this.since(start) };
        },
      },
      {
        ALT: (): Statement => {
          this.CONSUME(Keyword.for);
          const variable = this.nameOf(this.CONSUME2(NameToken));
          this.CONSUME(Comparison);
          const bound = this.SUBRULE2(this.expression);
          const body = this.SUBRULE(this.statements);
          return { kind: 'for', variable, bound, body, span: this.since(start) };
        },
      },
      {
        ALT: (): Statement => {
          this.CONSUME(Keyword.yield);
          const value = this.SUBRULE3(this.expression);
          return { kind: 'yield', value, span: this.since(start) };
        },
      },
      {
        ALT: (): Statement => {
          const name = this.nameOf(this.CONSUME3(NameToken));
          this.CONSUME(Sign.update);
          const value = this.SUBRULE4(this.expression);
          return { kind: 'update', name, value, span: this.since(start) };
        },
      },
    ]);
  });

  private readonly pipe = this.RULE('pipe', (): Expression => {
    const start = this.begin();
    const steps: Expression[] = [this.SUBRULE(this.expression)];
    this.MANY(() => {
      this.CONSUME(Sign.pipe);
      steps.push(this.SUBRULE2(this.expression));
    });
    const [only] = steps;
    return steps.length === 1 && only !== undefined ? only : { kind: 'pipe', steps, span: this.since(start) };
  });

  private readonly expression = this.RULE(
    'expression',
    (): Expression => {
      const start = this.begin();
      return this.OR([
        {
          ALT: (): Expression => {
            this.CONSUME(Keyword.if);
            const condition = this.SUBRULE(this.condition);
            this.CONSUME(Keyword.then);
            const then = this.SUBRULE2(this.expression);
            this.CONSUME(Keyword.else);
            const otherwise = this.SUBRULE3(this.expression);
            return { kind: 'if', condition, then, otherwise, span: this.since(start) };
          },
        },
        { ALT: () => this.SUBRULE(this.linear) },
      ]);
    },
    { recoveryValueFunc: () => this.missing() },
  );

  /** What stands where an expression could not be read. */
  private missing(): Expression {
    const { startOffset } = this.LA(1);
    const start = Number.isFinite(startOffset) ? startOffset : this.source.text.length;
    return { kind: 'error', span: { file: this.source, start, end: start } };
  }

  private binary(left: Expression, operator: BinaryOperator, right: Expression, start: number): Expression {
    return { kind: 'binary', operator, left, right, span: this.since(start) };
  }

  private readonly linear = this.RULE('linear', (): Expression => {
    const start = this.begin();
    let left = this.SUBRULE(this.term);
    this.MANY(() => {
      const sign = this.OR([{ ALT: () => this.CONSUME(Sign.plus) }, { ALT: () => this.CONSUME(Sign.minus) }]);
      const right = this.SUBRULE2(this.term);
      left = this.binary(left, imageOf(sign) as BinaryOperator, right, start);
    });
    return left;
  });

  /** BIG ( NAME <  begins an indexed sum; BIG ( anything else is a call. */
  private atIndexed(): boolean {
    return (
      tokenMatcher(this.LA(1), BigWordToken) &&
      tokenMatcher(this.LA(2), Sign.openParenthesis) &&
      tokenMatcher(this.LA(3), NameToken) &&
      this.LA(4).image === '<'
    );
  }

  private readonly term = this.RULE('term', (): Expression => {
    const start = this.begin();
    return this.OR([
      { GATE: () => this.atIndexed(), ALT: () => this.SUBRULE(this.indexed) },
      {
        GATE: () => !this.atIndexed(),
        ALT: () => {
          let left = this.SUBRULE(this.unary);
          let ended = false;
          this.MANY({
            GATE: () => !ended,
            DEF: () => {
              const sign = this.OR2([
                { ALT: () => this.CONSUME(Sign.times) },
                { ALT: () => this.CONSUME(Sign.over) },
                { ALT: () => this.CONSUME(Sign.percent) },
              ]);
              const right = this.OR3([
                {
                  GATE: () => this.atIndexed(),
                  ALT: () => {
                    ended = true;
                    return this.SUBRULE2(this.indexed);
                  },
                },
                { GATE: () => !this.atIndexed(), ALT: () => this.SUBRULE2(this.unary) },
              ]);
              left = this.binary(left, imageOf(sign) as BinaryOperator, right, start);
            },
          });
          return left;
        },
      },
    ]);
  });

  private readonly indexed = this.RULE('indexed', (): Expression => {
    const start = this.begin();
    const word = this.CONSUME(BigWordToken).image as BigWord;
    this.CONSUME(Sign.openParenthesis);
    const variable = this.nameOf(this.CONSUME(NameToken));
    this.CONSUME(Comparison);
    const bound = this.SUBRULE(this.expression);
    this.CONSUME(Sign.closeParenthesis);
    const body = this.SUBRULE(this.term);
    return { kind: 'big', word, variable, bound, body, span: this.since(start) };
  });

  private readonly unary = this.RULE('unary', (): Expression => {
    const start = this.begin();
    return this.OR([
      {
        ALT: (): Expression => {
          this.CONSUME(Sign.minus);
          const operand = this.SUBRULE(this.unary);
          return { kind: 'negate', operand, span: this.since(start) };
        },
      },
      { ALT: () => this.SUBRULE(this.power) },
    ]);
  });

  private readonly power = this.RULE('power', (): Expression => {
    const start = this.begin();
    let base = this.SUBRULE(this.postfix);
    this.OPTION(() => {
      this.CONSUME(Sign.power);
      const exponent = this.SUBRULE(this.exponent);
      base = { kind: 'power', base, exponent, span: this.since(start) };
    });
    return base;
  });

  private readonly exponent = this.RULE('exponent', (): Expression => {
    const start = this.begin();
    return this.OR([
      {
        ALT: (): Expression => {
          this.CONSUME(Sign.minus);
          const operand = this.SUBRULE(this.exponent);
          return { kind: 'negate', operand, span: this.since(start) };
        },
      },
      { ALT: () => this.SUBRULE(this.postfix) },
    ]);
  });

  private readonly postfix = this.RULE('postfix', (): Expression => {
    const start = this.begin();
    let target = this.SUBRULE(this.atom);
    this.MANY(() => {
      target = this.OR([
        {
          ALT: (): Expression => {
            this.CONSUME(Sign.prime);
            return { kind: 'adjoint', operand: target, span: this.since(start) };
          },
        },
        {
          ALT: (): Expression => {
            const items: Index[] = [];
            this.CONSUME(Sign.openBracket);
            this.MANY_SEP({ SEP: Sign.comma, DEF: () => items.push(this.SUBRULE(this.index)) });
            this.CONSUME(Sign.closeBracket);
            return { kind: 'index', target, items, span: this.since(start) };
          },
        },
        {
          ALT: (): Expression => {
            const list: Expression[] = [];
            this.CONSUME(Sign.openParenthesis);
            this.MANY_SEP2({ SEP: Sign.comma, DEF: () => list.push(this.SUBRULE(this.pipe)) });
            this.CONSUME(Sign.closeParenthesis);
            return { kind: 'call', callee: target, arguments: list, span: this.since(start) };
          },
        },
      ]);
    });
    return target;
  });

  private readonly index = this.RULE('index', (): Index => {
    const start = this.begin();
    return this.OR([
      {
        ALT: (): Index => {
          this.CONSUME(Sign.range);
          return { kind: 'all', span: this.since(start) };
        },
      },
      {
        ALT: (): Index => {
          const value = this.SUBRULE(this.expression);
          let to: Expression | undefined;
          this.OPTION(() => {
            this.CONSUME2(Sign.range);
            to = this.SUBRULE2(this.expression);
          });
          const span = this.since(start);
          return to === undefined ? { kind: 'at', value, span } : { kind: 'slice', from: value, to, span };
        },
      },
    ]);
  });

  private readonly atom = this.RULE(
    'atom',
    (): Expression => {
      const start = this.begin();
      return this.OR([
        {
          ALT: (): Expression => {
            this.CONSUME(Keyword.assume);
            const property = this.nameOf(this.CONSUME(NameToken));
            this.CONSUME(Sign.openParenthesis);
            const operand = this.SUBRULE(this.pipe);
            this.CONSUME(Sign.closeParenthesis);
            return { kind: 'assume', property, operand, span: this.since(start) };
          },
        },
        {
          ALT: (): Expression => {
            const word = this.CONSUME(BigWordToken).image as BigWord;
            const list: Expression[] = [];
            this.CONSUME2(Sign.openParenthesis);
            this.AT_LEAST_ONE_SEP({ SEP: Sign.comma, DEF: () => list.push(this.SUBRULE2(this.pipe)) });
            this.CONSUME2(Sign.closeParenthesis);
            return { kind: 'bigCall', word, arguments: list, span: this.since(start) };
          },
        },
        {
          ALT: (): Expression => {
            const token = this.CONSUME2(NameToken);
            return { kind: 'name', text: token.image, span: spanOf(this.source, token) };
          },
        },
        {
          ALT: (): Expression => {
            const token = this.CONSUME(NumberToken);
            return {
              kind: 'number',
              text: token.image,
              value: Number(token.image),
              span: spanOf(this.source, token),
            };
          },
        },
        {
          ALT: (): Expression => {
            const token = this.CONSUME(StringToken);
            return { kind: 'string', value: token.image.slice(1, -1), span: spanOf(this.source, token) };
          },
        },
        {
          ALT: (): Expression => {
            this.CONSUME3(Sign.openParenthesis);
            const inner = this.SUBRULE3(this.pipe);
            this.CONSUME3(Sign.closeParenthesis);
            return { kind: 'parenthesized', inner, span: this.since(start) };
          },
        },
        {
          ALT: (): Expression => {
            const rows: Expression[][] = [];
            this.CONSUME(Sign.openBracket);
            this.AT_LEAST_ONE_SEP2({
              SEP: Sign.semicolon,
              DEF: () => {
                const row: Expression[] = [];
                this.AT_LEAST_ONE_SEP3({ SEP: Sign.comma, DEF: () => row.push(this.SUBRULE4(this.pipe)) });
                rows.push(row);
              },
            });
            this.CONSUME(Sign.closeBracket);
            return { kind: 'block', rows, span: this.since(start) };
          },
        },
      ]);
    },
    { recoveryValueFunc: () => this.missing() },
  );
}

export const labelOfToken = (token: TokenType): string => tokenLabel(token);
