/** Types of parameters and states, lets, and the statements of scans. */
import type { Expression, Let, ParameterType, Statement } from './ast.ts';
import { ExpressionParser } from './expressionParser.ts';
import { DtypeToken, Keyword, LessThan, NameToken, Sign } from './tokens.ts';

export abstract class StatementParser extends ExpressionParser {
  protected readonly parameterType = this.RULE('parameterType', (): ParameterType => {
    const start = this.begin();
    return this.OR([
      {
        ALT: () => {
          const token = this.OR2([
            { ALT: () => this.CONSUME(NameToken) },
            { ALT: () => this.CONSUME(DtypeToken) },
          ]);
          const name = this.nameOf(token);
          const dims = this.OPTION(() => this.SUBRULE(this.dims));
          const span = this.since(start);
          return dims === undefined ? { name, span } : { name, dims, span };
        },
      },
      { ALT: () => ({ dims: this.SUBRULE2(this.dims), span: this.since(start) }) },
    ]);
  });

  protected readonly dims = this.RULE('dims', (): Expression[] => {
    const list: Expression[] = [];
    this.CONSUME(Sign.openBracket);
    this.MANY_SEP({ SEP: Sign.comma, DEF: () => list.push(this.SUBRULE(this.expression)) });
    this.CONSUME(Sign.closeBracket);
    return list;
  });

  protected readonly initialValue = this.RULE('initialValue', (): Expression => {
    this.CONSUME(Sign.equals);
    return this.SUBRULE(this.expression);
  });

  protected readonly letBinding = this.RULE('letBinding', (): Let => {
    const start = this.begin();
    this.CONSUME(Keyword.let);
    const name = this.nameOf(this.CONSUME(NameToken));
    this.CONSUME(Sign.equals);
    const value = this.SUBRULE(this.pipe);
    this.CONSUME(Sign.semicolon);
    return { name, value, span: this.since(start) };
  });

  protected readonly statements = this.RULE('statements', (): Statement[] => {
    const list: Statement[] = [];
    this.CONSUME(Sign.openBrace);
    this.MANY(() => {
      this.beginStatement();
      list.push(this.SUBRULE(this.statement));
    });
    this.CONSUME(Sign.closeBrace);
    return list;
  });

  private readonly statement = this.RULE(
    'statement',
    (): Statement =>
      this.OR([
        { ALT: () => this.SUBRULE(this.state) },
        { ALT: (): Statement => ({ kind: 'let', ...this.SUBRULE(this.letBinding) }) },
        { ALT: () => this.SUBRULE(this.loop) },
        { ALT: () => this.SUBRULE(this.output) },
        { ALT: () => this.SUBRULE(this.update) },
      ]),
  );

  private readonly state = this.RULE('state', (): Statement => {
    const start = this.begin();
    this.CONSUME(Keyword.state);
    const name = this.nameOf(this.CONSUME(NameToken));
    this.CONSUME(Sign.colon);
    const type = this.SUBRULE(this.parameterType);
    const initial = this.OPTION(() => this.SUBRULE(this.initialValue));
    const span = this.since(start);
    return initial === undefined
      ? { kind: 'state', name, type, span }
      : { kind: 'state', name, type, initial, span };
  });

  private readonly loop = this.RULE('loop', (): Statement => {
    const start = this.begin();
    this.CONSUME(Keyword.for);
    const variable = this.nameOf(this.CONSUME(NameToken));
    this.CONSUME(LessThan);
    const bound = this.SUBRULE(this.expression);
    const body = this.nested(() => this.SUBRULE(this.statements));
    return { kind: 'for', variable, bound, body, span: this.since(start) };
  });

  private readonly output = this.RULE('output', (): Statement => {
    const start = this.begin();
    this.CONSUME(Keyword.yield);
    const value = this.SUBRULE(this.expression);
    return { kind: 'yield', value, span: this.since(start) };
  });

  private readonly update = this.RULE('update', (): Statement => {
    const start = this.begin();
    const name = this.nameOf(this.CONSUME(NameToken));
    this.CONSUME(Sign.update);
    const value = this.SUBRULE(this.expression);
    return { kind: 'update', name, value, span: this.since(start) };
  });
}
