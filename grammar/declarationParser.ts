/** Declarations: the top of the grammar. */
import type { IToken } from 'chevrotain';
import type { Diagnostic } from '../src/core/diagnostics/diagnostic.ts';
import type { SourceFile } from '../src/core/span.ts';
import type {
  Binding,
  Body,
  Declaration,
  Expression,
  Let,
  Name,
  Parameter,
  PatternEdge,
  SpaceType,
} from './ast.ts';
import { LimitExceeded } from './limits.ts';
import { imageOf, spanOf } from './parserBase.ts';
import { StatementParser } from './statementParser.ts';
import { grammaticalError } from './syntaxErrors.ts';
import { BindingToken, DtypeToken, Keyword, NameToken, Sign, StringToken } from './tokens.ts';

export interface DeclarationText {
  readonly source: SourceFile;
  /** Those of one declaration, its first keyword first; at least one. */
  readonly tokens: readonly IToken[];
  /** The token after the declaration. */
  readonly next: IToken | undefined;
  readonly documentation: string;
}

export interface ParsedDeclaration {
  /** Absent where nothing of the declaration could be kept. */
  readonly declaration: Declaration | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export class DeclarationParser extends StatementParser {
  private documentation = '';

  /** `validate` makes chevrotain look for ambiguities in the grammar, which is a test's business. */
  constructor({ validate }: { readonly validate: boolean }) {
    super(!validate);
    this.performSelfAnalysis();
  }

  parseDeclaration({ source, tokens, next, documentation }: DeclarationText): ParsedDeclaration {
    this.source = source;
    this.documentation = documentation;
    this.input = [...tokens];
    try {
      const declaration = this.declaration();
      const last = tokens.at(-1);
      const end = last === undefined ? 0 : last.startOffset + last.image.length;
      const diagnostics = this.errors.map(error => grammaticalError(source, error, end, next));
      return { declaration, diagnostics };
    } catch (error) {
      if (error instanceof LimitExceeded) return { declaration: undefined, diagnostics: [error.diagnostic] };
      throw error;
    }
  }

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
    const token = this.CONSUME(StringToken);
    const path = imageOf(token).slice(1, -1);
    const names: Name[] = [];
    this.CONSUME(Sign.openParenthesis);
    this.AT_LEAST_ONE_SEP({ SEP: Sign.comma, DEF: () => names.push(this.nameOf(this.CONSUME(NameToken))) });
    this.CONSUME(Sign.closeParenthesis);
    return { kind: 'use', path, pathSpan: spanOf(this.source, token), names, span: this.since(start) };
  });

  private readonly exportDeclaration = this.RULE('exportDeclaration', (): Declaration => {
    const start = this.begin();
    this.CONSUME(Keyword.export);
    const name = this.nameOf(this.CONSUME(NameToken));
    const sizes = this.OPTION(() => this.SUBRULE(this.sizes)) ?? [];
    this.CONSUME(Keyword.as);
    const alias = this.nameOf(this.CONSUME2(NameToken));
    return { kind: 'export', documentation: this.documentation, name, sizes, alias, span: this.since(start) };
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
    const entries = this.OR([
      { ALT: () => ({ edges: this.SUBRULE(this.edges) }) },
      {
        ALT: () => {
          this.CONSUME(Sign.equals);
          return { path: imageOf(this.CONSUME(StringToken)).slice(1, -1) };
        },
      },
    ]);
    return {
      kind: 'pattern',
      documentation: this.documentation,
      name,
      sizes,
      ...entries,
      span: this.since(start),
    };
  });

  private readonly edges = this.RULE('edges', (): PatternEdge[] => {
    const list: PatternEdge[] = [];
    this.CONSUME(Sign.openBrace);
    this.AT_LEAST_ONE_SEP({
      SEP: Sign.comma,
      DEF: () => {
        const start = this.begin();
        const from = this.SUBRULE(this.expression);
        this.CONSUME(Sign.arrow);
        const to = this.SUBRULE2(this.expression);
        list.push({ from, to, span: this.since(start) });
      },
    });
    this.CONSUME(Sign.closeBrace);
    return list;
  });

  private readonly shared = this.RULE('shared', (): Declaration => {
    const start = this.begin();
    this.CONSUME(Keyword.param);
    const parameter = this.SUBRULE(this.parameter);
    return { kind: 'shared', documentation: this.documentation, parameter, span: this.since(start) };
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
    const bindings: { word: Binding; span: Parameter['span'] }[] = [];
    this.MANY(() => {
      const token = this.CONSUME(BindingToken);
      bindings.push({ word: imageOf(token) as Binding, span: spanOf(this.source, token) });
    });
    const name = this.nameOf(this.CONSUME(NameToken));
    this.CONSUME(Sign.colon);
    const type = this.SUBRULE(this.parameterType);
    const value = this.OPTION(() => this.SUBRULE(this.initialValue));
    const span = this.since(start);
    return value === undefined
      ? { bindings, name, type, span }
      : { bindings, name, type, default: value, span };
  });

  private readonly space = this.RULE('space', (): SpaceType => {
    const start = this.begin();
    return this.OR([
      {
        ALT: () => {
          const dtype = this.nameOf(this.CONSUME(DtypeToken));
          return { dtype, dims: this.SUBRULE(this.dims), span: this.since(start) };
        },
      },
      { ALT: () => ({ dims: [this.SUBRULE(this.expression)], span: this.since(start) }) },
    ]);
  });

  private readonly where = this.RULE('where', () => {
    const conditions = [];
    this.CONSUME(Keyword.where);
    conditions.push(this.SUBRULE(this.condition));
    this.MANY(() => {
      this.CONSUME(Sign.comma);
      conditions.push(this.SUBRULE2(this.condition));
    });
    return conditions;
  });

  private readonly operator = this.RULE('operator', (): Declaration => {
    const start = this.begin();
    this.CONSUME(Keyword.op);
    const name = this.nameOf(this.CONSUME(NameToken));
    const binders = this.OPTION(() => this.SUBRULE(this.binders)) ?? [];
    const parameters = this.SUBRULE(this.parameters);
    this.CONSUME(Sign.colon);
    const domain = this.SUBRULE(this.space);
    this.CONSUME(Sign.arrow);
    const codomain = this.SUBRULE2(this.space);
    const where = this.OPTION2(() => this.SUBRULE(this.where)) ?? [];
    this.CONSUME(Sign.equals);
    const body = this.SUBRULE(this.body);
    const span = this.since(start);
    return {
      kind: 'op',
      documentation: this.documentation,
      name,
      binders,
      parameters,
      domain,
      codomain,
      where,
      body,
      span,
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

  private readonly scan = this.RULE('scan', (): Declaration => {
    const start = this.begin();
    this.CONSUME(Keyword.scan);
    const name = this.nameOf(this.CONSUME(NameToken));
    const binders = this.OPTION(() => this.SUBRULE(this.binders)) ?? [];
    const over =
      this.OPTION2(() => {
        this.CONSUME(Keyword.over);
        return this.SUBRULE2(this.binders);
      }) ?? [];
    const parameters = this.SUBRULE(this.parameters);
    this.CONSUME(Sign.arrow);
    const result = this.SUBRULE(this.parameterType);
    const reversed = this.OPTION3(() => this.CONSUME(Keyword.reversed)) !== undefined;
    const where = this.OPTION4(() => this.SUBRULE(this.where)) ?? [];
    const body = this.SUBRULE(this.statements);
    const heading = {
      documentation: this.documentation,
      name,
      binders,
      over,
      parameters,
      result,
      reversed,
      where,
    };
    return { kind: 'scan', ...heading, body, span: this.since(start) };
  });
}
