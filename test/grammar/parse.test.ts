/** Every production of the grammar, what binds to what, and where things stand in the text. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { DeclarationParser } from '../../grammar/declarationParser.ts';
import { print } from '../../grammar/print.ts';
import { arbitraryDeclarations } from './arbitrary.ts';
import {
  codesOf,
  expressionKinds,
  expressionOf,
  expressionsOf,
  meaningOf,
  nodesOf,
  parseText,
  shapeOf,
  textAt,
} from './trees.ts';

vi.setConfig({ testTimeout: 60_000 });

const systems = readFileSync(new URL('../../examples/systems.sop', import.meta.url), 'utf8');

test('the grammar has no ambiguities', () => {
  expect(() => new DeclarationParser({ validate: true })).not.toThrow();
});

describe('expressions', () => {
  const cases: [string, string][] = [
    ['a + b - c * d / e % f', '(- (+ a b) (% (/ (* c d) e) f))'],
    ["-a^b'", "(- (^ a (' b)))"],
    ['a^-b', '(^ a (- b))'],
    ['a^--2', '(^ a (- (- 2)))'],
    ["A'^2", "(^ (' A) 2)"],
    ["--A''", "(- (- (' (' A))))"],
    ['a * -b', '(* a (- b))'],
    ['a - -b', '(- a (- b))'],
    ['(a + b) * c', '(* {(+ a b)} c)'],
    ["f[n/b, 2](A, B |> relu)'", "(' (call (at f (/ n b) 2) A (|> B relu)))"],
    ['B[0..m, j, ..]', '(at B 0..m j ..)'],
    ['B[]', '(at B)'],
    ['f()', '(call f)'],
    ['A[i][j](x)', '(call (at (at A i) j) x)'],
    ['a - b |> relu |> C * D', '(|> (- a b) relu (* C D))'],
    ['sum(i < k) A[i] * B + C', '(+ (sum i<k (* (at A i) B)) C)'],
    ['A * prod(i < k) B * sum(j < i) C * D - E', '(- (* A (prod i<k (* B (sum j<i (* C D))))) E)'],
    ['dsum(A, B)', '(dsum A B)'],
    ['dsum(i, B)', '(dsum i B)'],
    ["hstack(i < n + 1) A'", "(hstack i<(+ n 1) (' A))"],
    ['vstack(A |> relu)', '(vstack (|> A relu))'],
    ['tabulate(t < n) t', '(tabulate t<n t)'],
    ['assume orthogonal(A * B)^2', '(^ (assume orthogonal (* A B)) 2)'],
    ['if a == b then A else if c >= d then B else C + D', '(if a == b A (if c >= d B (+ C D)))'],
    ['if a != b then A else B |> relu', '(|> (if a != b A B) relu)'],
    ['if if a <= b then c else d > e then A else B', '(if (if a <= b c d) > e A B)'],
    ['[A, B; C, -D]', '[A B; C (- D)]'],
    ['[A]', '[A]'],
    ['orthogonal("a // b")', '(call orthogonal "a // b")'],
  ];
  test.each(cases)('%s', (text, shape) => {
    expect(shapeOf(expressionOf(text))).toBe(shape);
  });
  test('numbers', () => {
    for (const text of ['0', '12', '1.5', '1.5e-3', '2E+10', '1e9'])
      expect(expressionOf(text)).toMatchObject({ kind: 'number', text, value: Number(text) });
    expect(shapeOf(expressionOf('x[0..5]'))).toBe('(at x 0..5)');
    expect(shapeOf(expressionOf('x[1.5..2]'))).toBe('(at x 1.5..2)');
  });
  test('words are reserved, names that begin with them are not', () => {
    for (const name of ['assumed', 'as_', 'iff', 'opera', 'indexes', 'item2', 'summary', 'token_'])
      expect(shapeOf(expressionOf(name))).toBe(name);
    for (const word of ['assume', 'as', 'if', 'op', 'index', 'item', 'sum', 'token', 'f64'])
      expect(codesOf(parseText(`op f() : n -> n = ${word}`)), word).toContain('SOP0101');
  });
});

describe('declarations', () => {
  const declarationOf = (text: string) => {
    const { file, diagnostics } = parseText(text);
    expect(diagnostics).toEqual([]);
    expect(file.declarations).toHaveLength(1);
    return file.declarations[0];
  };
  test('use', () => {
    expect(declarationOf('use "a/b.sop" (f, g)')).toMatchObject({
      kind: 'use',
      path: 'a/b.sop',
      names: [{ text: 'f' }, { text: 'g' }],
    });
  });
  test('export', () => {
    expect(declarationOf('export f as g')).toMatchObject({ kind: 'export', sizes: [], alias: { text: 'g' } });
    expect(declarationOf('export f[8, 2*4] as g')).toMatchObject({
      sizes: [{ value: 8 }, { operator: '*' }],
    });
  });
  test('pattern', () => {
    expect(declarationOf('pattern p[2, n] { 0 -> 1, n-1 -> 0 }')).toMatchObject({
      kind: 'pattern',
      sizes: [{}, {}],
      edges: [{ from: { value: 0 }, to: { value: 1 } }, { from: { kind: 'binary' } }],
    });
    expect(declarationOf('pattern p[2] = "g.mtx"')).toMatchObject({ path: 'g.mtx' });
  });
  test('parameters', () => {
    const text = 'param static item A: f32[n, 2*k] = normal("A", 1)';
    expect(declarationOf(text)).toMatchObject({
      kind: 'shared',
      parameter: {
        bindings: [{ word: 'static' }, { word: 'item' }],
        type: { name: { text: 'f32' }, dims: [{}, {}] },
        default: { kind: 'call' },
      },
    });
    expect(declarationOf('param A: []')).toMatchObject({ parameter: { bindings: [], type: { dims: [] } } });
    const named = declarationOf('param A: cyc');
    expect(named).toMatchObject({ parameter: { type: { name: { text: 'cyc' } } } });
    expect(named?.kind === 'shared' && named.parameter.type.dims).toBeUndefined();
  });
  test('op', () => {
    const text =
      'op f[n, m](A: [n]) : c64[n, 2] -> n*m where n > 1, m == n = let X = A; let Y = X |> relu; Y';
    expect(declarationOf(text)).toMatchObject({
      kind: 'op',
      binders: [{ text: 'n' }, { text: 'm' }],
      domain: { dtype: { text: 'c64' }, dims: [{}, {}] },
      codomain: { dims: [{ kind: 'binary' }] },
      where: [{ comparison: '>' }, { comparison: '==' }],
      body: { lets: [{ name: { text: 'X' } }, { value: { kind: 'pipe' } }], result: { text: 'Y' } },
    });
  });
  test('scan', () => {
    const text = `scan f[n] over [H](token x: []) -> f32[n] reversed where n > 0 {
      state S: [n] state T: [] = h let a = x; S <- a * S for j < n { T <- S for i < j { } } yield S }`;
    expect(declarationOf(text)).toMatchObject({
      kind: 'scan',
      over: [{ text: 'H' }],
      result: { name: { text: 'f32' } },
      reversed: true,
      where: [{}],
      body: [
        { kind: 'state' },
        { kind: 'state', initial: { text: 'h' } },
        { kind: 'let' },
        { kind: 'update' },
        { kind: 'for', body: [{ kind: 'update' }, { kind: 'for', body: [] }] },
        { kind: 'yield' },
      ],
    });
  });
  test('documentation', () => {
    const text = '/// one\n// plain\n///  two\n\nop f() : n -> n = A /// behind\nexport f as g\n/// last';
    expect(parseText(text).file.declarations).toMatchObject([
      { documentation: 'one\ntwo' },
      { documentation: '' },
    ]);
  });
  test('the eleven systems', () => {
    const { file, diagnostics } = parseText(systems);
    expect(diagnostics).toEqual([]);
    const count = (kind: string) => file.declarations.filter(each => each.kind === kind).length;
    expect(['op', 'scan', 'export', 'pattern'].map(count)).toEqual([22, 6, 2, 2]);
    expect(file.trivia.comments).toHaveLength(15);
  });
});

test('random programs have every kind of node', () => {
  const sample = fc.sample(arbitraryDeclarations, { numRuns: 300, seed: 1 });
  const kinds = new Set(sample.flatMap(each => nodesOf(each).map(({ kind }) => kind ?? '')));
  const declarations = ['use', 'export', 'pattern', 'shared', 'op', 'scan'];
  const statements = ['state', 'let', 'update', 'for', 'yield'];
  const parts = [...declarations, ...statements, ...expressionKinds, 'all', 'at', 'slice'];
  expect(parts.filter(kind => !kinds.has(kind))).toEqual([]);
});

describe('places', () => {
  const check = (text: string): void => {
    const { file } = parseText(text);
    for (const node of nodesOf(file.declarations)) {
      expect(textAt(node)).toBe(textAt(node).trim());
      expect(node.span.end).toBeGreaterThan(node.span.start);
    }
    for (const node of expressionsOf(file.declarations)) {
      const again = expressionOf(textAt(node));
      expect(meaningOf({ declarations: [again as never] })).toEqual(
        meaningOf({ declarations: [node as never] }),
      );
    }
    for (const { name, declaration } of file.declarations.map(each => ({
      name: each.kind === 'use' || each.kind === 'shared' ? undefined : each.name,
      declaration: each,
    }))) {
      if (name !== undefined) expect(textAt(name)).toBe(name.text);
      expect(meaningOf(parseText(textAt(declaration)).file)).toEqual(
        meaningOf({
          declarations: [{ ...declaration, ...('documentation' in declaration && { documentation: '' }) }],
        }),
      );
    }
  };
  test('of the eleven systems: the text at a node parses to the node', () => check(systems));
  test('of random programs', () => {
    fc.assert(
      fc.property(arbitraryDeclarations, declarations =>
        check(print({ declarations, trivia: { comments: [], blankLines: [] } })),
      ),
      { numRuns: 60 },
    );
  });
});
