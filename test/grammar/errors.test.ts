/** Text that is no program: coded diagnostics at the right place, declarations that survive, limits, hostile input. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { chainLimit, diagnosticLimit, nestingLimit, sourceLimit } from '../../grammar/limits.ts';
import { format } from '../../grammar/print.ts';
import { tokensOf } from './texts.ts';
import { codesOf, parseText } from './trees.ts';

vi.setConfig({ testTimeout: 60_000 });

const op = 'op f() : n -> n = ';

describe('messages', () => {
  const cases: [text: string, at: string, message: string, hint: string | undefined][] = [
    [
      `${op}A B`,
      'B',
      "expected a sign such as *, or the next declaration, found 'B'",
      'products are written with *',
    ],
    [
      'op f() = A',
      '=',
      "expected ':', found '='",
      "the type of an operator stands after ':', as in op f[n](...) : n -> n = ...",
    ],
    ['op f() : n = A', '=', "expected '->', found '='", 'an operator maps one space to another: n -> m'],
    [
      `${op}a^b^c`,
      '^c',
      "expected a sign such as *, or the next declaration, found '^'",
      'powers do not chain: write (a^b)^c or a^(b^c)',
    ],
    [`${op}if a = b then c else d`, '= b', "expected a comparison, found '='", 'equality is written =='],
    [
      `${op}if a <-b then c else d`,
      '<-',
      "expected a comparison, found '<-'",
      'a space keeps < and - apart: a < -b',
    ],
    [
      `${op}if a < b then c`,
      '',
      "expected 'else', found the end of the file",
      'an if has both branches: if a == b then A else B',
    ],
    [
      `${op}a / sum(i < k) B`,
      '< k',
      "expected ')', found '<'",
      'an indexed sum stands alone or after *; otherwise put it in parentheses',
    ],
    [`${op}let X = A X`, 'X', "expected ';', found 'X'", "a let ends with ';'"],
    [
      `${op}A) * B`,
      ') * B',
      "expected a sign such as *, or the next declaration, found ')'",
      "no bracket is open that ')' would close",
    ],
    [`${op}`, '', 'expected an expression, found the end of the file', undefined],
    [`${op}f(A, , B)`, ', B', "expected an expression, found ','", undefined],
    [
      'op item() : n -> n = A',
      'item',
      "expected a name, found 'item'",
      "'item' is a word of the language; choose another name",
    ],
    [
      'export f[8]',
      '',
      "expected 'as', found the end of the file",
      'an export needs a name: export f[8] as f8',
    ],
    [
      'hello op f() : n -> n = A',
      'hello',
      "expected a declaration ('op', 'scan', 'export', 'use', 'param' or 'pattern'), found 'hello'",
      undefined,
    ],
    ['param A', '', "expected ':', found the end of the file", undefined],
    ['param A: 3', '3', "expected a type such as [n, m] or f32[n], found '3'", undefined],
    ['pattern p[2] 3', '3', "expected '{' or '=', found '3'", undefined],
    [
      'scan f() -> [] { for j <= 3 { } }',
      '<= 3',
      "expected '<', found '<='",
      'an index runs from 0 up to its bound: i < n',
    ],
    ['scan f() -> [] { 3 }', '3', "expected '}', found '3'", undefined],
    [
      `${op}A × B`,
      '×',
      'the character "×" has no meaning here',
      'write * for products, kron(A, B) for ⊗ and dsum(A, B) for ⊕',
    ],
    [`${op}f("a)`, '"a)', 'the string does not end on its line', undefined],
  ];
  test.each(cases)('%s', (text, at, message, hint) => {
    const [first] = parseText(text).diagnostics;
    expect(first?.message).toBe(message);
    expect(first?.hint).toBe(hint);
    const start = first?.span?.start ?? 0;
    expect(text.slice(start, start + at.length)).toBe(at);
    if (at === '') expect(start).toBe(text.trimEnd().length);
  });
});

describe('recovery', () => {
  test('independent errors are all reported and good declarations survive', () => {
    const text = [
      'op a() : n -> n = ',
      'op b() : n -> n = B',
      'op c() : n -> = C',
      'scan s(token x: []) -> [] { state S: [] S < x yield S }',
      'export b[2 as d',
      '/// kept',
      'op e() : n -> n = E * (F @ G',
      'param p: [3]',
    ].join('\n');
    const { file, diagnostics } = parseText(text);
    const lineOf = (offset: number) => text.slice(0, offset).split('\n').length;
    const lines = diagnostics.map(({ span }) => lineOf(span?.start ?? 0));
    expect(new Set(lines)).toEqual(new Set([1, 3, 4, 5, 7]));
    expect(lines).toEqual(lines.toSorted((a, b) => a - b));
    const names = file.declarations.map(each => (each.kind === 'op' ? each.name.text : each.kind));
    expect(names).toContain('b');
    expect(names).toContain('shared');
  });
  test('several errors of one declaration', () => {
    const { diagnostics } = parseText(`${op}[A, B; C D] * (E F) * G(, H)`);
    expect(diagnostics.length).toBeGreaterThanOrEqual(3);
  });
  test('no more than the limit', () => {
    const { diagnostics } = parseText(`${op}A B\n`.repeat(300));
    expect(diagnostics).toHaveLength(diagnosticLimit + 1);
    expect(diagnostics.at(-1)?.code).toBe('SOP0107');
    expect(codesOf(parseText('op f() : n -> n = A @ \n'.repeat(300))).at(-1)).toBe('SOP0107');
  });
});

describe('limits', () => {
  const nestings: [string, (depth: number) => string][] = [
    ['parentheses', depth => `${'('.repeat(depth)}x${')'.repeat(depth)}`],
    ['calls', depth => `${'f('.repeat(depth)}x${')'.repeat(depth)}`],
    ['blocks', depth => `${'['.repeat(depth)}x${']'.repeat(depth)}`],
    ['indices', depth => `${'x['.repeat(depth)}0${']'.repeat(depth)}`],
    ['signs', depth => `${'-'.repeat(depth)}x`],
    ['exponents', depth => `x^${'-'.repeat(depth)}x`],
    ['sums', depth => `${'sum(i < 2) '.repeat(depth)}x`],
    ['sums in products', depth => `${'x * sum(i < 2) '.repeat(depth)}x`],
    ['assumptions', depth => `${'assume psd('.repeat(depth)}x${')'.repeat(depth)}`],
    ['ifs', depth => `${'if a == b then '.repeat(depth)}x${' else y'.repeat(depth)}`],
    ['else ifs', depth => `${'if a == b then x else '.repeat(depth)}y`],
    ['conditions', depth => `${'if '.repeat(depth)}a${' == b then x else y'.repeat(depth)}`],
  ];
  test.each(nestings)('nesting of %s', (_, nest) => {
    expect(codesOf(parseText(op + nest(nestingLimit)))).toEqual([]);
    for (const depth of [nestingLimit + 1, 1000, 40_000]) {
      const parsed = parseText(`${op}${nest(depth)}\nop g() : n -> n = A`);
      expect(codesOf(parsed)).toEqual(['SOP0105']);
      expect(parsed.file.declarations).toMatchObject([{ name: { text: 'g' } }]);
    }
  });
  test('nesting of loops', () => {
    const scan = (depth: number) => `scan f() -> [] {${'for i < 2 {'.repeat(depth)}${'}'.repeat(depth)}}`;
    expect(codesOf(parseText(scan(nestingLimit)))).toEqual([]);
    expect(codesOf(parseText(scan(nestingLimit + 1)))).toEqual(['SOP0105']);
  });
  test('many shallow conditions, sums and signs are no nesting', () => {
    const parts = Array.from({ length: 300 }, (_, k) => `let x${k} = (if a == b then sum(i < 2) -A else B);`);
    expect(codesOf(parseText(`${op}${parts.join(' ')} A`))).toEqual([]);
    expect(codesOf(parseText(`${op}${'(if a == b then A else B) + sum(i < 2) -A + '.repeat(300)}A`))).toEqual(
      [],
    );
  });

  const chains: [string, (links: number) => string][] = [
    ['adjoints', links => `x${"'".repeat(links)}`],
    ['calls', links => `x${'()'.repeat(links)}`],
    ['sums', links => `x${' + x'.repeat(links)}`],
    ['products', links => `x${' * x'.repeat(links)}`],
    ['sums over brackets', links => `(x${' + x'.repeat(links / 2)})${' + x'.repeat(links / 2)}`],
  ];
  test.each(chains)('chains of %s', (_, chain) => {
    const longest = parseText(op + chain(chainLimit));
    expect(codesOf(longest)).toEqual([]);
    expect(format(longest)).toBeDefined();
    for (const links of [chainLimit + 2, 100_000])
      expect(codesOf(parseText(op + chain(links)))).toEqual(['SOP0106']);
  });
  test('long pipes, lists and scans are no chains', () => {
    const scan = `scan f() -> [] { for j < 2 {${' S <- S + 1'.repeat(2 * chainLimit)} } }`;
    const edges = Array.from({ length: 2 * chainLimit }, (_, k) => `${k}+1 -> ${k}`);
    for (const text of [
      `${op}A${' |> relu'.repeat(2 * chainLimit)}`,
      scan,
      `pattern p[9, 9] {${edges.join()}}`,
    ]) {
      const parsed = parseText(text);
      expect(codesOf(parsed)).toEqual([]);
      expect(format(parsed)).toBeDefined();
    }
  });

  test('1 MiB and no more', () => {
    expect(codesOf(parseText(' '.repeat(sourceLimit + 1)))).toEqual(['SOP0104']);
    const filled = (unit: string) => unit.repeat(Math.floor(sourceLimit / unit.length));
    for (const unit of ['// c\n', "'", '(', '@ ', 'x', 'op ', 'if ', '"', '\u{1F600}']) {
      const start = performance.now();
      const parsed = parseText((op + filled(unit)).slice(0, sourceLimit));
      expect(format(parsed) === undefined).toBe(codesOf(parsed).length > 0);
      expect(parsed.diagnostics.length).toBeLessThanOrEqual(diagnosticLimit + 1);
      expect(performance.now() - start, unit).toBeLessThan(15_000);
    }
  }, 200_000);
});

describe('any text gives a tree and coded diagnostics', () => {
  const check = (text: string): void => {
    const start = performance.now();
    const parsed = parseText(text);
    const result = format(parsed);
    if (result === undefined) expect(parsed.diagnostics.length).toBeGreaterThan(0);
    for (const { code, message, span } of parsed.diagnostics) {
      expect(code).toMatch(/^SOP01\d\d$/);
      expect(message).not.toMatch(/undefined|NaN|\[object/);
      expect(span?.start).toBeGreaterThanOrEqual(0);
      expect(span?.end).toBeGreaterThanOrEqual(span?.start ?? 0);
      expect(span?.end).toBeLessThanOrEqual(text.length);
    }
    expect(performance.now() - start).toBeLessThan(5000);
  };
  const systems = tokensOf(readFileSync(new URL('../../examples/systems.sop', import.meta.url), 'utf8'));

  test('random characters', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), check), { numRuns: 300 });
  });
  test('random tokens', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...new Set(systems)), { maxLength: 60 }), tokens =>
        check(tokens.join(' ')),
      ),
      { numRuns: 500 },
    );
  });
  test('the eleven systems with tokens deleted, repeated, swapped and replaced', () => {
    const mutation = fc.record({
      how: fc.constantFrom('delete', 'repeat', 'swap', 'replace'),
      at: fc.nat(systems.length - 1),
      other: fc.nat(systems.length - 1),
    });
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 6 }), mutations => {
        const tokens = [...systems];
        for (const { how, at, other } of mutations) {
          const [token, replacement] = [tokens[at] ?? '', tokens[other] ?? ''];
          if (how === 'delete') tokens[at] = '';
          else if (how === 'repeat') tokens[at] = `${token} ${token}`;
          else tokens[at] = replacement;
          if (how === 'swap') tokens[other] = token;
        }
        check(tokens.join(' '));
      }),
      { numRuns: 200 },
    );
  });
});
