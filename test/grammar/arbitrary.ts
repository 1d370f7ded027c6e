/** Random trees that some text could parse to: every kind of declaration, statement, expression and index. */
import fc from 'fast-check';
import type {
  BinaryOperator,
  Body,
  Condition,
  Declaration,
  Expression,
  Index,
  Let,
  Name,
  Parameter,
  ParameterType,
  SpaceType,
  Statement,
} from '../../grammar/ast.ts';
import { bigWords, bindingWords, comparisonSigns, dtypeWords } from '../../grammar/tokens.ts';
import type { Span } from '../../src/core/span.ts';

/** These trees come from no text. */
const span: Span = { file: { name: 'random.sop', text: '' }, start: 0, end: 0 };

const word = fc.constantFrom('n', 'b', 'x', 'A', 'T_1', '_', 'blockdiag', 'summary', 'iff', 'operand', 'f8');
const name: fc.Arbitrary<Name> = word.map(text => ({ text, span }));
const stringValue = fc.stringMatching(/^[^"\n]{0,12}$/);
const several = <T>(item: fc.Arbitrary<T>, minLength: 0 | 1) => fc.array(item, { minLength, maxLength: 2 });

interface Trees {
  readonly pipe: fc.Arbitrary<Expression>;
  readonly expression: fc.Arbitrary<Expression>;
  readonly term: fc.Arbitrary<Expression>;
  readonly condition: fc.Arbitrary<Condition>;
  readonly index: fc.Arbitrary<Index>;
}

const number: fc.Arbitrary<Expression> = fc
  .constantFrom('0', '1', '32', '007', '0.5', '1e3', '2.25E-4', '6.02e+23', '9007199254740993')
  .map(text => ({ kind: 'number', text, value: Number(text), span }));
const named: fc.Arbitrary<Expression> = word.map(text => ({ kind: 'name', text, span }));
const quoted: fc.Arbitrary<Expression> = stringValue.map(value => ({ kind: 'string', value, span }));

/** Mostly the first, so that trees stay small. */
const mostly = <T>(usual: fc.Arbitrary<T>, ...others: fc.Arbitrary<T>[]): fc.Arbitrary<T> =>
  fc.oneof(
    { arbitrary: usual, weight: 3 * others.length + 1 },
    ...others.map(arbitrary => ({ arbitrary, weight: 1 })),
  );
const seldom = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<readonly T[]> =>
  mostly<readonly T[]>(fc.constant([]), fc.array(item, { minLength: 1, maxLength: 3 }));

const binary = (left: Expression, operator: BinaryOperator, right: Expression): Expression => ({
  kind: 'binary',
  operator,
  left,
  right,
  span,
});
const chain = (operand: fc.Arbitrary<Expression>, ...operators: BinaryOperator[]): fc.Arbitrary<Expression> =>
  fc
    .tuple(operand, seldom(fc.tuple(fc.constantFrom(...operators), operand)))
    .map(([first, links]) => links.reduce((left, [operator, right]) => binary(left, operator, right), first));
const negated = (operand: fc.Arbitrary<Expression>): fc.Arbitrary<Expression> =>
  fc
    .tuple(operand, mostly(fc.constant(0), fc.constantFrom(1, 2, 3)))
    .map(([inner, count]) =>
      Array.from({ length: count }).reduce<Expression>(
        each => ({ kind: 'negate', operand: each, span }),
        inner,
      ),
    );

/** What brackets may hold is `inner`; the innermost have nothing in them. */
function suffixed(atom: fc.Arbitrary<Expression>, inner: Trees | undefined): fc.Arbitrary<Expression> {
  type Suffix = (target: Expression) => Expression;
  const adjoint: Suffix = operand => ({ kind: 'adjoint', operand, span });
  const indexed =
    (items: readonly Index[]): Suffix =>
    target => ({ kind: 'index', target, items, span });
  const called =
    (list: readonly Expression[]): Suffix =>
    callee => ({
      kind: 'call',
      callee,
      arguments: list,
      span,
    });
  const suffix = fc.oneof(
    fc.constant(adjoint),
    (inner === undefined ? fc.constant([]) : several(inner.index, 0)).map(indexed),
    (inner === undefined ? fc.constant([]) : several(inner.pipe, 0)).map(called),
  );
  return fc
    .tuple(atom, seldom(suffix))
    .map(([base, suffixes]) => suffixes.reduce((target, apply) => apply(target), base));
}

function bracketedAtoms({ pipe }: Trees): fc.Arbitrary<Expression>[] {
  return [
    pipe.map(inner => ({ kind: 'parenthesized', inner, span })),
    fc
      .tuple(fc.constantFrom(...bigWords), several(pipe, 1))
      .map(([big, list]) => ({ kind: 'bigCall', word: big, arguments: list, span })),
    fc.tuple(name, pipe).map(([property, operand]) => ({ kind: 'assume', property, operand, span })),
    several(several(pipe, 1), 1).map(rows => ({ kind: 'block', rows, span })),
  ];
}

function treesAround(inner: Trees | undefined): Trees {
  const leaf = fc.oneof(named, number, quoted);
  const atom = inner === undefined ? leaf : mostly(leaf, ...bracketedAtoms(inner));
  const postfix = suffixed(atom, inner);
  const power = mostly(
    postfix,
    fc
      .tuple(postfix, negated(postfix))
      .map(([base, exponent]): Expression => ({ kind: 'power', base, exponent, span })),
  );
  const product = chain(negated(power), '*', '/', '%');
  const term = inner === undefined ? product : mostly(product, ...indexedTerms(product, inner));
  const linear = chain(term, '+', '-');
  const expression = inner === undefined ? linear : mostly(linear, conditional(inner));
  const condition = fc.record({
    left: expression,
    comparison: fc.constantFrom(...comparisonSigns),
    right: expression,
    span: fc.constant(span),
  });
  const steps = fc.array(expression, { minLength: 2, maxLength: 3 });
  const pipe = mostly(
    expression,
    steps.map((list): Expression => ({ kind: 'pipe', steps: list, span })),
  );
  const index = fc.oneof(
    fc.constant<Index>({ kind: 'all', span }),
    expression.map((value): Index => ({ kind: 'at', value, span })),
    fc.tuple(expression, expression).map(([from, to]): Index => ({ kind: 'slice', from, to, span })),
  );
  return { pipe, expression, term, condition, index };
}

function indexedTerms(product: fc.Arbitrary<Expression>, inner: Trees): fc.Arbitrary<Expression>[] {
  const indexed: fc.Arbitrary<Expression> = fc.record({
    kind: fc.constant('big'),
    word: fc.constantFrom(...bigWords),
    variable: name,
    bound: inner.expression,
    body: inner.term,
    span: fc.constant(span),
  });
  return [indexed, fc.tuple(product, indexed).map(([left, right]) => binary(left, '*', right))];
}

const conditional = ({ condition, expression }: Trees): fc.Arbitrary<Expression> =>
  fc.record({
    kind: fc.constant('if'),
    condition,
    then: expression,
    otherwise: expression,
    span: fc.constant(span),
  });

const trees = treesAround(treesAround(treesAround(undefined)));

export const arbitraryExpression: fc.Arbitrary<Expression> = trees.pipe;
const { expression, pipe, condition } = trees;
const sizes = several(expression, 1);

const typeName = fc.oneof(
  name,
  fc.constantFrom(...dtypeWords).map((text): Name => ({ text, span })),
);
const parameterType: fc.Arbitrary<ParameterType> = fc.oneof(
  typeName.map(type => ({ name: type, span })),
  several(expression, 0).map(dims => ({ dims, span })),
  fc.tuple(typeName, several(expression, 0)).map(([type, dims]) => ({ name: type, dims, span })),
);
const space: fc.Arbitrary<SpaceType> = fc.oneof(
  expression.map(size => ({ dims: [size], span })),
  fc
    .tuple(fc.constantFrom(...dtypeWords), several(expression, 0))
    .map(([text, dims]) => ({ dtype: { text, span }, dims, span })),
);
const parameter: fc.Arbitrary<Parameter> = fc
  .record({
    bindings: fc.array(
      fc.constantFrom(...bindingWords).map(binding => ({ word: binding, span })),
      { maxLength: 2 },
    ),
    name,
    type: parameterType,
    initial: fc.option(expression),
  })
  .map(({ initial, ...rest }) => ({ ...rest, ...(initial === null ? {} : { default: initial }), span }));
const binding: fc.Arbitrary<Let> = fc.record({ name, value: pipe, span: fc.constant(span) });
const body: fc.Arbitrary<Body> = fc.record({
  lets: fc.array(binding, { maxLength: 3 }),
  result: pipe,
  span: fc.constant(span),
});

const statements = fc.letrec<{ readonly statement: Statement }>(tie => ({
  statement: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    fc
      .tuple(name, expression)
      .map(([state, value]): Statement => ({ kind: 'update', name: state, value, span })),
    binding.map((each): Statement => ({ kind: 'let', ...each })),
    expression.map((value): Statement => ({ kind: 'yield', value, span })),
    fc.tuple(name, parameterType, fc.option(expression)).map(
      ([state, type, initial]): Statement => ({
        kind: 'state',
        name: state,
        type,
        ...(initial === null ? {} : { initial }),
        span,
      }),
    ),
    fc
      .tuple(name, expression, fc.array(tie('statement'), { maxLength: 3 }))
      .map(([variable, bound, inner]): Statement => ({ kind: 'for', variable, bound, body: inner, span })),
  ),
})).statement;

const where = fc.array(condition, { maxLength: 2 });
const parameters = several(parameter, 0);
const binders = several(name, 0);
const operator: fc.Arbitrary<Declaration> = fc
  .record({ name, binders, parameters, domain: space, codomain: space, where, body })
  .map(rest => ({ kind: 'op', documentation: '', ...rest, span }));
const scan: fc.Arbitrary<Declaration> = fc
  .record({
    name,
    binders,
    over: binders,
    parameters,
    result: parameterType,
    reversed: fc.boolean(),
    where,
    body: fc.array(statements, { maxLength: 5 }),
  })
  .map(rest => ({ kind: 'scan', documentation: '', ...rest, span }));
const edge = fc.tuple(expression, expression).map(([from, to]) => ({ from, to, span }));

export const arbitraryDeclaration: fc.Arbitrary<Declaration> = fc.oneof(
  fc
    .tuple(stringValue, several(name, 1))
    .map(([path, names]): Declaration => ({ kind: 'use', path, pathSpan: span, names, span })),
  fc.tuple(name, several(expression, 0), name).map(
    ([of, list, alias]): Declaration => ({
      kind: 'export',
      documentation: '',
      name: of,
      sizes: list,
      alias,
      span,
    }),
  ),
  fc.tuple(name, sizes, several(edge, 1)).map(
    ([of, list, edges]): Declaration => ({
      kind: 'pattern',
      documentation: '',
      name: of,
      sizes: list,
      edges,
      span,
    }),
  ),
  fc.tuple(name, sizes, stringValue).map(
    ([of, list, path]): Declaration => ({
      kind: 'pattern',
      documentation: '',
      name: of,
      sizes: list,
      path,
      span,
    }),
  ),
  parameter.map((each): Declaration => ({ kind: 'shared', documentation: '', parameter: each, span })),
  operator,
  scan,
);

export const arbitraryDeclarations: fc.Arbitrary<readonly Declaration[]> = fc.array(arbitraryDeclaration, {
  maxLength: 3,
});
