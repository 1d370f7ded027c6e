/** Several files: `use`, parameters shared by operators, patterns in braces and from Matrix Market files. */
import { describe, expect, test } from 'vitest';
import type { Instance } from '../../src/check/elaborate.ts';
import { joinPath } from '../../src/check/module.ts';
import { elaborateSource } from '../../src/check/source.ts';
import { check, codes, errors, instantiate, matrixOf, pointedAt, programOf, rows } from './source.ts';

const names = (text: string, operator: string, files = {}) =>
  programOf(text, operator, [], files).parameters.map(each => `${each.tensor.name} ${each.shared}`);

describe('use', () => {
  const part = 'param W: [2]\nop part[n](d: [n]) : n -> n = diag(d)\nop shared() : 2 -> 2 = diag(W)\n';
  const files = { 'lib/part.sop': part, 'lib/other.sop': part, 'part.sop': 'op x() : 1 -> 1 = I(1)' };

  test('an operator of another file, and what it shares there', () => {
    const text = 'use "lib/part.sop" (part, shared)\nop f(d: [2]) : 2 -> 2 = part[2](d) * shared()';
    expect(names(text, 'f', files)).toEqual(['f.d false', 'part.W true']);
  });

  test('shared parameters of several files keep their names apart', () => {
    const text = `use "lib/part.sop" (shared)
param W: [2]
op f() : 2 -> 2 = shared() * diag(W)
op part() : 2 -> 2 = shared()`;
    expect(names(text, 'f', files)).toEqual(['part2.W true', 'W true']);
    const both = `use "a/part.sop" (one)\nuse "b/part.sop" (two)\nop f() : 2 -> 2 = one() * two()`;
    const twins = {
      'a/part.sop': 'param W: [2]\nop one() : 2 -> 2 = diag(W)',
      'b/part.sop': 'param W: [2]\nop two() : 2 -> 2 = diag(W)',
    };
    expect(names(both, 'f', twins)).toEqual(['part.W true', 'part2.W true']);
  });

  test('a file used twice is one file', () => {
    const text = 'use "a.sop" (one)\nuse "b.sop" (two)\nop f() : 2 -> 2 = one() * two()';
    const diamond = {
      'a.sop': 'use "c.sop" (base)\nop one() : 2 -> 2 = base()',
      'b.sop': 'use "c.sop" (base)\nop two() : 2 -> 2 = base()',
      'c.sop': 'param W: [2]\nop base() : 2 -> 2 = diag(W)',
    };
    expect(names(text, 'f', diamond)).toEqual(['c.W true']);
  });

  test.each([
    ['use "no.sop" (f)', ['SOP0217:1'], '"no.sop"'],
    ['use "../up.sop" (f)', ['SOP0217:1'], '"../up.sop"'],
    ['use "/etc/passwd" (f)', ['SOP0217:1'], '"/etc/passwd"'],
    ['use "C:/x.sop" (f)', ['SOP0217:1'], '"C:/x.sop"'],
    ['use "lib\\\\x.sop" (f)', ['SOP0217:1'], '"lib'],
    ['use "lib/part.sop" (prt)', ['SOP0201:1'], 'prt'],
    ['use "main.sop" (f)', ['SOP0217:1'], '"main.sop"'],
    ['use "./main.sop" (f)', ['SOP0217:1'], '"./main.sop"'],
    ['use "lib/part.sop" (part)\nop part() : 1 -> 1 = I(1)', ['SOP0214:2'], 'part'],
  ])('%s', (text, expected, at) => {
    const found = errors(check(text, files).diagnostics);
    expect(codes(found)).toEqual(expected);
    expect(found.map(pointedAt)[0]?.startsWith(at)).toBe(true);
  });

  test('a circle is cut where it closes', () => {
    const circle = {
      'a.sop': 'use "b.sop" (g)\nop f() : 1 -> 1 = g()',
      'b.sop': 'use "a.sop" (f)\nop g() : 1 -> 1 = f()',
    };
    const found = errors(check('use "a.sop" (f)\nexport f as f1', circle).diagnostics);
    expect(codes(found)).toEqual(['SOP0217:1']);
    expect(found[0]?.span?.file.name).toBe('b.sop');
    expect(found[0]?.message).toMatch(/circle/);
  });

  test('mistakes of a used file are told, its warnings are not', () => {
    const used = { 'a.sop': 'op f(x: [2]) : 1 -> 1 = I(1)\nop g() : 1 -> 2 = I(1)' };
    const { diagnostics } = check('use "a.sop" (f)', used);
    expect(codes(diagnostics)).toEqual(['SOP0207:2']);
    expect(diagnostics[0]?.span?.file.name).toBe('a.sop');
  });

  test('paths are joined inside the project', () => {
    expect(joinPath('deep/a.sop', '../b.sop')).toBe('b.sop');
    expect(joinPath('./deep/a.sop', './b//c.sop')).toBe('deep/b/c.sop');
    expect(joinPath('a.sop', '..')).toBeUndefined();
    expect(joinPath('/root/a.sop', '../../b.sop')).toBeUndefined();
    expect(joinPath('../a.sop', '../b.sop')).toBeUndefined();
  });
});

describe('parameters of a file', () => {
  test('are shared by the operators that name them, in the order they are read', () => {
    const text =
      'param A: [2, 2]\nparam B: f16[2] = 0.5\nop f() : 2 -> 2 = diag(B) * dense(A)\nop g() : 2 -> 2 = dense(A)';
    expect(names(text, 'f')).toEqual(['B true', 'A true']);
    expect(names(text, 'g')).toEqual(['A true']);
    expect(matrixOf(text, 'g', [], { A: rows('1 2; 3 4') })).toEqual(rows('1 2; 3 4'));
  });

  test('may be hidden by a parameter of an operator', () => {
    const text = 'param A: [3]\nop f(A: [2]) : 2 -> 2 = diag(A)\nop g() : 3 -> 3 = diag(A)';
    expect(names(text, 'f')).toEqual(['f.A false']);
  });

  test('have fixed sizes', () => {
    expect(codes(errors(check('param A: [n]\nop f[n]() : n -> n = diag(A)').diagnostics))).toEqual([
      'SOP0201:1',
    ]);
    const other = check('param A: [3]\nop f[n]() : n -> n = diag(A)').diagnostics;
    expect(codes(errors(other))).toEqual(['SOP0207:2']);
    expect(errors(check('param A: [3]\nop f[n]() : n -> n where n == 3 = diag(A)').diagnostics)).toEqual([]);
  });
});

describe('patterns', () => {
  const text = 'pattern g[2, 3] = "g.mtx"\nop f(w: g) : 3 -> 2 = sparse(g, w)';
  const matrixMarket = (head: string, ...lines: string[]) =>
    [`%%MatrixMarket matrix coordinate ${head}`, '% a comment', ...lines, ''].join('\n');

  test('from a file, entries in listed order', () => {
    const files = { 'g.mtx': matrixMarket('real general', '2 3 2', '', '2 1 0.5', '1 3 -1e3') };
    const program = programOf(text, 'f', [], files);
    expect(program.parameters[0]?.tensor.shape).toEqual([2]);
    expect(errors(check(text, files).diagnostics)).toEqual([]);
  });

  test('a symmetric file lists one triangle', () => {
    const symmetric = 'pattern g[3, 3] = "g.mtx"\nop f(w: g) : 3 -> 3 = sparse(g, w)';
    const files = { 'g.mtx': matrixMarket('pattern symmetric', '3 3 2', '1 1', '3 2') };
    expect(programOf(symmetric, 'f', [], files).parameters[0]?.tensor.shape).toEqual([3]);
  });

  test.each([
    ['no header', '2 3 1\n1 1\n', /line 1: the file does not begin/],
    ['another format', '%%MatrixMarket matrix array real general\n2 3\n', /line 1: only "matrix coordinate"/],
    ['complex numbers', matrixMarket('complex general', '2 3 0'), /line 1: the field "complex"/],
    ['a strange symmetry', matrixMarket('real hermitian', '2 3 0'), /line 1: the symmetry "hermitian"/],
    ['no sizes', matrixMarket('real general'), /sizes are three whole numbers/],
    ['sizes that are none', matrixMarket('real general', '2 -3 1', '1 1 1'), /line 3: the sizes/],
    ['other sizes', matrixMarket('real general', '3 2 1', '1 1 1'), /line 3: the file holds a 3 by 2 matrix/],
    ['too few entries', matrixMarket('real general', '2 3 2', '1 1 1'), /1 entries, 2 were announced/],
    [
      'too many entries',
      matrixMarket('real general', '2 3 1', '1 1 1', '1 2 1'),
      /line 5: more entries than the 1/,
    ],
    [
      'an entry outside',
      matrixMarket('real general', '2 3 1', '3 1 1'),
      /line 4: row 3 is not between 1 and 2/,
    ],
    ['an entry of column 0', matrixMarket('real general', '2 3 1', '1 0 1'), /line 4: column 0 is not/],
    [
      'an entry twice',
      matrixMarket('pattern general', '2 3 2', '1 1', '1 1'),
      /line 5: the entry is listed twice/,
    ],
    ['a value that is none', matrixMarket('real general', '2 3 1', '1 1 one'), /line 4: the value one/],
    [
      'a value too many',
      matrixMarket('pattern general', '2 3 1', '1 1 1'),
      /line 4: an entry is a row and a column/,
    ],
    [
      'a rectangle that is symmetric',
      matrixMarket('pattern symmetric', '2 3 0'),
      /a symmetric matrix is square/,
    ],
    [
      'far too many entries',
      matrixMarket('pattern general', '2 3 2000000000'),
      /2000000000 entries; patterns of more/,
    ],
    ['nothing', '', /line 1/],
  ])('a file with %s', (_name, contents, words) => {
    const found = errors(check(text, { 'g.mtx': contents }).diagnostics);
    expect(codes(found)).toEqual(['SOP0234:1']);
    expect(found[0]?.message).toMatch(words);
  });

  test('a file that is missing is a warning until the pattern is compiled', () => {
    expect(codes(check(text, {}, []).diagnostics)).toEqual(['SOP0235:1', 'SOP0224:2']);
    expect(codes(errors(instantiate(text, 'f').diagnostics))).toEqual(['SOP0211:2']);
  });

  test.each([
    ['{ 0 -> 1, 2 -> 0 }', /2 -> 0 lies outside: rows count from 0 to 1/],
    ['{ 0 -> 3 }', /0 -> 3 lies outside: columns count from 0 to 2/],
    ['{ 0 -> 1, 1 -> 0, 0 -> 1 }', /0 -> 1 is listed twice/],
  ])('entries %s', (entries, words) => {
    const found = errors(check(`pattern g[2, 3] ${entries}\nop f(w: g) : 3 -> 2 = sparse(g, w)`).diagnostics);
    expect(codes(found)).toEqual(['SOP0236:1']);
    expect(found[0]?.message).toMatch(words);
  });

  test('weights are as many as entries, and a pattern is no operator', () => {
    const head = 'pattern g[2, 2] { 0 -> 1, 1 -> 0 }\nop f(w: [3], v: g) : 2 -> 2 = ';
    expect(codes(errors(check(`${head}sparse(g, w) * diag(v)`).diagnostics))).toEqual(['SOP0210:2']);
    expect(codes(errors(check(`${head}g * diag(v)`).diagnostics))).toEqual(['SOP0202:2']);
    expect(codes(errors(check(`${head}sparse(v, v)`).diagnostics))).toEqual(['SOP0202:2']);
    expect(codes(errors(check('op f(w: h) : 1 -> 1 = I(1)').diagnostics))).toEqual(['SOP0201:1']);
  });
});

test('a module names each operator once', () => {
  const text = 'op scaled[n](s: []) : n -> n = s * I(n)\nexport scaled[2] as two';
  const said = (...instances: readonly Instance[]) =>
    elaborateSource({ name: 'main.sop', text }, { instances }).diagnostics.map(({ code, message }) => [
      code,
      message,
    ]);
  const two = { operator: 'two', sizes: [] };
  expect(said(two, { operator: 'scaled', sizes: [3] })).toEqual([]);
  const apart = [3, 4].map(n => ({ operator: 'scaled', sizes: [n] }));
  expect(said(...apart)).toEqual([['SOP0341', 'scaled is asked for twice in one module']]);
});
