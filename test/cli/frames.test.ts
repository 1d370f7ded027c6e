import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { frame, plainStyle } from '../../src/cli/frames.ts';
import { ordered } from '../../src/cli/report.ts';
import type { Diagnostic } from '../../src/core/diagnostics/diagnostic.ts';
import type { Span } from '../../src/core/span.ts';

/** The span of `part` in a text, which holds it once. */
function spanOf(text: string, part: string, name = 'a.sop'): Span {
  const start = text.indexOf(part);
  return { file: { name, text }, start, end: start + part.length };
}

const diagnostic = (span: Span | undefined, more: Partial<Diagnostic> = {}): Diagnostic => ({
  code: 'SOP0000',
  severity: 'error',
  message: 'this is wrong',
  notes: [],
  ...(span && { span }),
  ...more,
});

const lines = (...text: string[]) => text.join('\n');
const plain = (each: Diagnostic, width = plainStyle.width) => frame(each, { width, colour: false });

test('a place on one line, with a hint', () => {
  const text = 'op f = dense(L)\n  * swap(n/b, b)\n';
  expect(plain(diagnostic(spanOf(text, 'n/b'), { hint: 'use b' }))).toBe(
    lines(
      'error[SOP0000]: this is wrong',
      '  --> a.sop:2:10',
      '   |',
      ' 2 |   * swap(n/b, b)',
      '   |          ^^^',
      '   = help: use b',
    ),
  );
});

test('no place at all; notes and hints of several lines', () => {
  const more = { notes: [{ message: 'one\ntwo' }], hint: 'three\nfour' };
  expect(plain(diagnostic(undefined, more))).toBe(
    lines(
      'error[SOP0000]: this is wrong',
      '   = note: one',
      '           two',
      '   = help: three',
      '           four',
    ),
  );
});

test('notes with places of their own, numbers aligned over the whole frame', () => {
  const text = `${'//\n'.repeat(8)}let a = 1;\n//\nlet b = 2\n`;
  const more = {
    severity: 'warning' as const,
    notes: [{ message: 'first here', span: spanOf(text, 'a = 1') }],
  };
  expect(plain(diagnostic(spanOf(text, 'b'), more))).toBe(
    lines(
      'warning[SOP0000]: this is wrong',
      '   --> a.sop:11:5',
      '    |',
      ' 11 | let b = 2',
      '    |     ^',
      'note: first here',
      '   --> a.sop:9:5',
      '    |',
      '  9 | let a = 1;',
      '    |     -----',
    ),
  );
});

test('tabs, wide characters and combining marks keep the carets in place', () => {
  const text = '\tx\t字e\u0301 + wrong\r\n';
  expect(plain(diagnostic(spanOf(text, 'wrong')))).toBe(
    lines(
      'error[SOP0000]: this is wrong',
      '  --> a.sop:1:10',
      '   |',
      ' 1 |     x   字e\u0301 + wrong',
      '   |               ^^^^^',
    ),
  );
});

test('columns count characters, not code units', () => {
  expect(plain(diagnostic(spanOf('"😀😀" wrong', 'wrong')))).toContain('a.sop:1:6\n');
});

test('a span over several lines is bracketed', () => {
  const text = 'let a = [\n  1,\n  2]\nlet b = 2';
  expect(plain(diagnostic(spanOf(text, '[\n  1,\n  2]')))).toBe(
    lines(
      'error[SOP0000]: this is wrong',
      '  --> a.sop:1:9',
      '   |',
      ' 1 | / let a = [',
      ' 2 | |   1,',
      ' 3 | |   2]',
      '   | |____^',
    ),
  );
});

test('a span over many lines shows its ends', () => {
  const text = Array.from({ length: 20 }, (_, k) => `line ${k + 1}`).join('\n');
  expect(plain(diagnostic({ file: { name: 'a.sop', text }, start: 0, end: text.length }))).toBe(
    lines(
      'error[SOP0000]: this is wrong',
      '   --> a.sop:1:1',
      '    |',
      '  1 | / line 1',
      '  2 | | line 2',
      '  3 | | line 3',
      '   ...',
      ' 20 | | line 20',
      '    | |_______^',
    ),
  );
});

test('the end of a file, an empty span, an empty file', () => {
  const end = (text: string): Span => ({
    file: { name: 'a.sop', text },
    start: text.length,
    end: text.length,
  });
  expect(plain(diagnostic(end('op f')))).toContain(' 1 | op f\n   |     ^');
  expect(plain(diagnostic(end('op f\n')))).toContain('a.sop:2:1\n   |\n 2 |\n   | ^');
  expect(plain(diagnostic(end('')))).toContain('a.sop:1:1\n   |\n 1 |\n   | ^');
});

describe('wide lines', () => {
  const text = `${'a'.repeat(500)} wrong ${'b'.repeat(500)}`;

  test('are cut on both sides of the span', () => {
    const shown = plain(diagnostic(spanOf(text, 'wrong')), 60).split('\n');
    expect(shown[3]).toMatch(/^ 1 \| …a+ wrong b+…$/);
    expect(shown[3]).toHaveLength(60);
    expect(shown[4]?.indexOf('^')).toBe(shown[3]?.indexOf('wrong'));
    expect(shown[4]?.endsWith('^^^^^')).toBe(true);
  });

  test('a span at the start keeps the start; one wider than the room is cut', () => {
    expect(plain(diagnostic(spanOf(`wrong ${text.slice(0, 500)}`, 'wrong')), 60)).toMatch(
      / 1 \| wrong a+…\n/,
    );
    const wide = plain(diagnostic(spanOf(text, text)), 60).split('\n');
    expect((wide[3] ?? '').length).toBeLessThanOrEqual(60);
    expect((wide[4] ?? '').length).toBeLessThanOrEqual(60);
  });

  test('a line of a mebibyte takes no time', () => {
    const huge = `${'x'.repeat(2 ** 20)}wrong`;
    const start = performance.now();
    plain(diagnostic(spanOf(huge, 'wrong')), 80);
    expect(performance.now() - start).toBeLessThan(500);
  });
});

test('nothing from a source or a message can steer the terminal', () => {
  const text = 'op \u001b[31mred\u202e \u0007wrong';
  const shown = plain(
    diagnostic(spanOf(text, 'wrong', 'a\u001b.sop'), { message: 'bell \u0007', hint: '\u009b1m' }),
  );
  for (const sign of ['\u001b', '\u0007', '\u009b', '\u202e']) expect(shown).not.toContain(sign);
  expect(shown).toContain('\ufffd[31mred');
});

test('colour changes nothing but colour', () => {
  const each = diagnostic(spanOf('op wrong', 'wrong'), { notes: [{ message: 'n' }], hint: 'h' });
  const coloured = frame(each, { width: 80, colour: true });
  expect(coloured).toContain('\u001b[');
  expect(stripVTControlCharacters(coloured)).toBe(plain(each, 80));
});

test('diagnostics come by place, each once', () => {
  const text = 'first second third';
  const [first, second] = [diagnostic(spanOf(text, 'first')), diagnostic(spanOf(text, 'second'))];
  const without = diagnostic(undefined, { message: 'a file is missing' });
  const elsewhere = diagnostic(spanOf(text, 'first', 'b.sop'));
  const copy = diagnostic(spanOf(text, 'second'));
  expect(ordered([second, elsewhere, copy, first, without])).toEqual([without, first, second, elsewhere]);
});
