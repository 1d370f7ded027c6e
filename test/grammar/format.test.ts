/** `sop fmt`: never changes meaning, keeps comments and groups of lines, changes nothing the second time. */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { lineWidth } from '../../grammar/layout.ts';
import { format, print } from '../../grammar/print.ts';
import { arbitraryDeclarations } from './arbitrary.ts';
import { tokensOf, withSeparators } from './texts.ts';
import { codesOf, meaningOf, parseText } from './trees.ts';

vi.setConfig({ testTimeout: 60_000 });

const formatted = (text: string): string => {
  const result = format(parseText(text));
  expect(result, codesOf(parseText(text)).join()).toBeDefined();
  return result ?? '';
};

const noTrivia = { comments: [], blankLines: [] };
const folder = new URL('../../examples/', import.meta.url);
const examples = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
  name => name.endsWith('.sop') && !name.includes('node_modules'),
);

describe('random programs', () => {
  test('parse to the tree they were printed from', () => {
    fc.assert(
      fc.property(arbitraryDeclarations, declarations => {
        const text = print({ declarations, trivia: noTrivia });
        const parsed = parseText(text);
        expect(codesOf(parsed)).toEqual([]);
        expect(meaningOf(parsed.file)).toEqual(meaningOf({ declarations }));
        expect(formatted(text)).toBe(text);
      }),
      { numRuns: 200 },
    );
  });

  test('keep their tokens, comments and meaning wherever comments and line breaks stand', () => {
    const separators = fc.array(
      fc.constantFrom(
        ' ',
        ' ',
        ' ',
        '\n',
        '\n\n',
        '\t\r\n\n\n',
        ' // c\n',
        '\n  // d d  \n',
        '\n/// e\n\n',
        ' /// f\n',
      ),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(arbitraryDeclarations, separators, (declarations, between) => {
        const text = withSeparators(tokensOf(print({ declarations, trivia: noTrivia })), between);
        const [before, result] = [parseText(text), formatted(text)];
        const after = parseText(result);
        expect(tokensOf(result)).toEqual(tokensOf(text));
        expect(meaningOf(after.file)).toEqual(meaningOf(before.file));
        const comments = ({ file }: typeof after) =>
          file.trivia.comments.map(({ text: comment, before: token, ownLine }) => [comment, token, ownLine]);
        expect(comments(after)).toEqual(comments(before));
        expect(formatted(result)).toBe(result);
      }),
      { numRuns: 200 },
    );
  });
});

test.each(examples)('examples/%s is in standard form, within the width', name => {
  const text = readFileSync(new URL(name, folder), 'utf8');
  expect(formatted(text)).toBe(text);
  const tokens = withSeparators(tokensOf(text), ['\n', ' ', '\n\n', '\t']);
  expect(meaningOf(parseText(formatted(tokens)).file)).toEqual(meaningOf(parseText(tokens).file));
  const long = text.split('\n').filter(line => line.length > lineWidth && !line.startsWith('//'));
  expect(long).toEqual([]);
  expect(text).not.toMatch(/[ \t]$/m);
});

describe('layout', () => {
  const cases: [string, string, string][] = [
    ['spacing', 'op  f [ n,b ]( L:[n / b,b] ):n->n=I( n )', 'op f[n, b](L: [n/b, b]) : n -> n = I(n)\n'],
    [
      'products of sizes are tight, of operators spaced',
      "op f(): k * p -> l*s = swap(2 * n / b, b)*blockdiag( L )*A'^ - 1",
      "op f() : k*p -> l*s = swap(2*n/b, b) * blockdiag(L) * A'^-1\n",
    ],
    [
      'sums are tight in exponents and sizes only',
      'op f(): n + 1 -> n = I(2^(k - 1)) * g[k - 1](x - 1) + 2',
      'op f() : n + 1 -> n = I(2^(k-1)) * g[k-1](x - 1) + 2\n',
    ],
    [
      'groups of lines',
      'param a: []\n\n\n\nparam b: []\nparam c: []',
      'param a: []\n\nparam b: []\nparam c: []\n',
    ],
    [
      'a body that does not fit moves to the next line',
      `op f() : n -> n = ${'dense(A) * '.repeat(8)}dense(B)`,
      `op f() : n -> n\n  = ${'dense(A) * '.repeat(8)}dense(B)\n`,
    ],
    [
      'a chain breaks before its signs',
      `op f() : n -> n = ${'dense(A) * '.repeat(12)}dense(B)`,
      `op f() : n -> n\n  = ${'dense(A) * '.repeat(8)}dense(A)\n    * dense(A) * dense(A) * dense(A) * dense(B)\n`,
    ],
    [
      'lets',
      "op f() : n -> n = let X = A * B; // one\n\nlet Y = X'; X * Y",
      "op f() : n -> n\n  = let X = A * B; // one\n\n    let Y = X';\n    X * Y\n",
    ],
    ['short lets', 'op f() : n -> n =\n let X = A;\n X', 'op f() : n -> n = let X = A; X\n'],
    [
      'conditions',
      `op f() : n -> n = if n == 0 then ${'a * '.repeat(40)}a else if n<1 then B else C`,
      `op f() : n -> n\n  = if n == 0 then ${'a*'.repeat(40)}a\n    else if n < 1 then B\n    else C\n`,
    ],
    [
      'scans',
      'scan f(token x: [n])->[n] reversed where n > 0 {state S:[n]=h0 // zero\n\n S<- S+x for j<n{S<-S}\nfor i < n{} yield S}',
      [
        'scan f(token x: [n]) -> [n] reversed where n > 0',
        '{',
        '  state S: [n] = h0 // zero',
        '',
        '  S <- S + x',
        '  for j < n { S <- S }',
        '  for i < n {}',
        '  yield S',
        '}',
        '',
      ].join('\n'),
    ],
    [
      'comments everywhere',
      'op f(// first\n a: [] // second\n\n// third\n) : n -> n // fourth\n = g(A, // fifth\n B)\n// last',
      [
        'op f( // first',
        '  a: [] // second',
        '  // third',
        ') : n -> n // fourth',
        '  = g(',
        '    A, // fifth',
        '    B',
        '  )',
        '// last',
        '',
      ].join('\n'),
    ],
    ['only comments', '\n\n// a\n\n\n// b', '// a\n\n// b\n'],
    ['nothing', ' \n ', ''],
  ];
  test.each(cases)('%s', (_, text, expected) => {
    expect(formatted(text)).toBe(expected);
    expect(formatted(expected)).toBe(expected);
  });

  test('a source with errors is left alone', () => {
    expect(format(parseText('op f() : n -> n = A B'))).toBeUndefined();
  });
});

test('a file of 1 MiB formats in linear time', () => {
  const declaration = `/// Doc.\nop f[n](a: [n]) : n -> n = ${'dense(A) * '.repeat(200)}I(n) // end\n`;
  const seconds = (length: number): number => {
    const text = declaration.repeat(Math.floor(length / declaration.length));
    const start = performance.now();
    expect(format(parseText(text))?.length).toBeGreaterThan(text.length);
    return (performance.now() - start) / 1000;
  };
  seconds(2 ** 16);
  const [eighth, whole] = [seconds(2 ** 17), seconds(2 ** 20)];
  // A quadratic pass would take 64 times as long; the machine may be busy with other things.
  expect(whole).toBeLessThan(40 * eighth);
  expect(whole).toBeLessThan(20);
});
