/**
 * Expressions, pipes and conditions. Precedence is in the order of the rules, loosest first: pipe, expression (if),
 * linear (+ -), term (* / %), unary (-), power (^), postfix (' [ ] ( )), atom.
 */
import { type IToken, tokenMatcher } from 'chevrotain';
import type { BigWord, BinaryOperator, Comparison, Condition, Expression, Index } from './ast.ts';
import { imageOf, SourceParser, spanOf } from './parserBase.ts';
import {
  BigWordToken,
  Comparison as ComparisonToken,
  Keyword,
  LessThan,
  NameToken,
  NumberToken,
  Sign,
  StringToken,
} from './tokens.ts';

export abstract class ExpressionParser extends SourceParser {
  /** What stands where an expression could not be read. */
  private missing(): Expression {
    const { startOffset } = this.LA(1);
    const start = Number.isFinite(startOffset) ? startOffset : this.source.text.length;
    return { kind: 'error', span: { file: this.source, start, end: start } };
  }

  protected readonly pipe = this.RULE('pipe', (): Expression => {
    const start = this.begin();
    const first = this.SUBRULE(this.expression);
    const steps = [first];
    this.MANY(() => {
      this.CONSUME(Sign.pipe);
      steps.push(this.SUBRULE2(this.expression));
    });
    return steps.length === 1 ? first : { kind: 'pipe', steps, span: this.since(start) };
  });

  protected readonly condition = this.RULE('condition', (): Condition => {
    const start = this.begin();
    const left = this.SUBRULE(this.expression);
    const comparison = imageOf(this.CONSUME(ComparisonToken)) as Comparison;
    const right = this.SUBRULE2(this.expression);
    return { left, comparison, right, span: this.since(start) };
  });

  protected readonly expression = this.RULE(
    'expression',
    (): Expression => {
      this.beginExpression();
      return this.OR([
        { ALT: () => this.nested(() => this.SUBRULE(this.conditional)) },
        { ALT: () => this.SUBRULE(this.linear) },
      ]);
    },
    { recoveryValueFunc: () => this.missing() },
  );

  private readonly conditional = this.RULE('conditional', (): Expression => {
    const start = this.begin();
    this.CONSUME(Keyword.if);
    const condition = this.SUBRULE(this.condition);
    this.CONSUME(Keyword.then);
    const then = this.SUBRULE(this.expression);
    this.CONSUME(Keyword.else);
    const otherwise = this.SUBRULE2(this.expression);
    return { kind: 'if', condition, then, otherwise, span: this.since(start) };
  });

  private binary(left: Expression, sign: IToken, right: Expression, start: number): Expression {
    this.join();
    const operator = imageOf(sign) as BinaryOperator;
    return { kind: 'binary', operator, left, right, span: this.since(start) };
  }

  private readonly linear = this.RULE('linear', (): Expression => {
    const start = this.begin();
    let left = this.SUBRULE(this.term);
    this.MANY(() => {
      const sign = this.OR([{ ALT: () => this.CONSUME(Sign.plus) }, { ALT: () => this.CONSUME(Sign.minus) }]);
      left = this.binary(left, sign, this.SUBRULE2(this.term), start);
    });
    return left;
  });

  /** `sum(i <` begins an indexed sum; `dsum(` with anything else after it is a call. */
  private indexedAt(ahead: number): boolean {
    return (
      tokenMatcher(this.LA(ahead), BigWordToken) &&
      tokenMatcher(this.LA(ahead + 1), Sign.openParenthesis) &&
      tokenMatcher(this.LA(ahead + 2), NameToken) &&
      tokenMatcher(this.LA(ahead + 3), LessThan)
    );
  }

  private readonly term = this.RULE(
    'term',
    (): Expression =>
      this.OR([
        { GATE: () => this.indexedAt(1), ALT: () => this.SUBRULE(this.indexed) },
        { GATE: () => !this.indexedAt(1), ALT: () => this.SUBRULE(this.product) },
      ]),
  );

  /** Factors, of which the last may be an indexed sum; its body takes the rest of the product. */
  private readonly product = this.RULE('product', (): Expression => {
    const start = this.begin();
    let left = this.SUBRULE(this.unary);
    this.MANY({
      GATE: () => !(tokenMatcher(this.LA(1), Sign.times) && this.indexedAt(2)),
      DEF: () => {
        const sign = this.OR([
          { ALT: () => this.CONSUME(Sign.times) },
          { ALT: () => this.CONSUME(Sign.over) },
          { ALT: () => this.CONSUME(Sign.percent) },
        ]);
        left = this.binary(left, sign, this.SUBRULE2(this.unary), start);
      },
    });
    this.OPTION(() => {
      const sign = this.CONSUME2(Sign.times);
      left = this.binary(left, sign, this.SUBRULE(this.indexed), start);
    });
    return left;
  });

  private readonly indexed = this.RULE('indexed', (): Expression => {
    const start = this.begin();
    const word = imageOf(this.CONSUME(BigWordToken)) as BigWord;
    this.CONSUME(Sign.openParenthesis);
    const variable = this.nameOf(this.CONSUME(NameToken));
    this.CONSUME(LessThan);
    const bound = this.nested(() => this.SUBRULE(this.expression));
    this.CONSUME(Sign.closeParenthesis);
    const body = this.nested(() => this.SUBRULE(this.term));
    return { kind: 'big', word, variable, bound, body, span: this.since(start) };
  });

  private readonly unary = this.RULE('unary', (): Expression => {
    const start = this.begin();
    return this.OR([
      {
        ALT: (): Expression => {
          this.CONSUME(Sign.minus);
          const operand = this.nested(() => this.SUBRULE(this.unary));
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
          const operand = this.nested(() => this.SUBRULE(this.exponent));
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
            this.MANY_SEP({
              SEP: Sign.comma,
              DEF: () => items.push(this.nested(() => this.SUBRULE(this.index))),
            });
            this.CONSUME(Sign.closeBracket);
            return { kind: 'index', target, items, span: this.since(start) };
          },
        },
        {
          ALT: (): Expression => {
            const list: Expression[] = [];
            this.CONSUME(Sign.openParenthesis);
            this.MANY_SEP2({
              SEP: Sign.comma,
              DEF: () => list.push(this.nested(() => this.SUBRULE(this.pipe))),
            });
            this.CONSUME(Sign.closeParenthesis);
            return { kind: 'call', callee: target, arguments: list, span: this.since(start) };
          },
        },
      ]);
      this.join();
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
          const to = this.OPTION(() => {
            this.CONSUME2(Sign.range);
            return this.SUBRULE2(this.expression);
          });
          const span = this.since(start);
          return to === undefined ? { kind: 'at', value, span } : { kind: 'slice', from: value, to, span };
        },
      },
    ]);
  });

  private readonly atom = this.RULE(
    'atom',
    (): Expression =>
      this.OR([
        { ALT: () => this.SUBRULE(this.assumption) },
        { ALT: () => this.SUBRULE(this.bigCall) },
        { ALT: () => this.SUBRULE(this.word) },
        { ALT: () => this.SUBRULE(this.parenthesized) },
        { ALT: () => this.SUBRULE(this.block) },
      ]),
    { recoveryValueFunc: () => this.missing() },
  );

  private readonly word = this.RULE(
    'word',
    (): Expression =>
      this.OR([
        {
          ALT: (): Expression => {
            const token = this.CONSUME(NameToken);
            return { kind: 'name', text: imageOf(token), span: spanOf(this.source, token) };
          },
        },
        {
          ALT: (): Expression => {
            const token = this.CONSUME(NumberToken);
            const text = imageOf(token);
            return { kind: 'number', text, value: Number(text), span: spanOf(this.source, token) };
          },
        },
        {
          ALT: (): Expression => {
            const token = this.CONSUME(StringToken);
            return { kind: 'string', value: imageOf(token).slice(1, -1), span: spanOf(this.source, token) };
          },
        },
      ]),
  );

  private readonly assumption = this.RULE('assumption', (): Expression => {
    const start = this.begin();
    this.CONSUME(Keyword.assume);
    const property = this.nameOf(this.CONSUME(NameToken));
    this.CONSUME(Sign.openParenthesis);
    const operand = this.nested(() => this.SUBRULE(this.pipe));
    this.CONSUME(Sign.closeParenthesis);
    return { kind: 'assume', property, operand, span: this.since(start) };
  });

  private readonly bigCall = this.RULE('bigCall', (): Expression => {
    const start = this.begin();
    const word = imageOf(this.CONSUME(BigWordToken)) as BigWord;
    const list: Expression[] = [];
    this.CONSUME(Sign.openParenthesis);
    this.AT_LEAST_ONE_SEP({
      SEP: Sign.comma,
      DEF: () => list.push(this.nested(() => this.SUBRULE(this.pipe))),
    });
    this.CONSUME(Sign.closeParenthesis);
    return { kind: 'bigCall', word, arguments: list, span: this.since(start) };
  });

  private readonly parenthesized = this.RULE('parenthesized', (): Expression => {
    const start = this.begin();
    this.CONSUME(Sign.openParenthesis);
    const inner = this.nested(() => this.SUBRULE(this.pipe));
    this.CONSUME(Sign.closeParenthesis);
    return { kind: 'parenthesized', inner, span: this.since(start) };
  });

  private readonly block = this.RULE('block', (): Expression => {
    const start = this.begin();
    const rows: Expression[][] = [];
    this.CONSUME(Sign.openBracket);
    this.AT_LEAST_ONE_SEP({ SEP: Sign.semicolon, DEF: () => rows.push(this.SUBRULE(this.row)) });
    this.CONSUME(Sign.closeBracket);
    return { kind: 'block', rows, span: this.since(start) };
  });

  private readonly row = this.RULE('row', (): Expression[] => {
    const entries: Expression[] = [];
    this.AT_LEAST_ONE_SEP({
      SEP: Sign.comma,
      DEF: () => entries.push(this.nested(() => this.SUBRULE(this.pipe))),
    });
    return entries;
  });
}
