/**
 * Random programs: what is well-typed checks and elaborates; what was mutated gives diagnostics, never an
 * exception.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { generateProgram, programs } from './arbitrary.ts';
import { errors, instantiate } from './source.ts';

const said = (text: string, sizes: Readonly<Record<string, number>>) => instantiate(text, 'main', sizes);

describe('random programs', () => {
  test('check without errors and elaborate at their sizes', () => {
    fc.assert(
      fc.property(programs, ({ text, sizes, rows, columns, isMap, parameters }) => {
        const { program, diagnostics } = said(text, sizes);
        expect(errors(diagnostics).map(each => `${each.code} ${each.message}\n${text}`)).toEqual([]);
        expect([program?.rows, program?.columns]).toEqual([rows, columns]);
        expect((program?.steps.length ?? 0) > 1).toBe(isMap);
        expect(program?.parameters.map(each => each.name)).toEqual(parameters.map(each => each.name));
      }),
      { numRuns: 250 },
    );
  });

  test('a tape without numbers is the simplest program', () => {
    const { text, sizes } = generateProgram([]);
    expect(said(text, sizes).program).toBeDefined();
  });

  test('the tapes of one campaign reach every kind of thing', () => {
    const tapes = fc.sample(programs, { numRuns: 1000, seed: 1 });
    const features = new Set(tapes.flatMap(each => each.features));
    const kinds = [...new Set([...features].map(each => each.split(' ')[0]))].sort();
    expect(kinds).toEqual([
      'binding',
      'combinator',
      'default',
      'dtype',
      'inverse',
      'leaf',
      'let',
      'size',
      'step',
      'tensor',
    ]);
    const leaves = [...features].filter(each => each.startsWith('leaf ')).length;
    expect(leaves).toBeGreaterThanOrEqual(27);
  });
});

/** Cuts, doubles or swaps a piece of text, or puts a word of the language in its place. */
const words = [
  'n',
  'm',
  'dense',
  'diag',
  '*',
  '+',
  "'",
  '(',
  ')',
  '[',
  ']',
  ',',
  '|>',
  'relu',
  '0',
  '1',
  '/',
  '^',
  'if',
  'let',
  ';',
  'sum(i < 2)',
  'inv',
  '->',
  'bias',
  'c64',
  'im',
  '..',
  '"a"',
  'token',
  'where',
  '==',
];

const mutated = fc
  .tuple(
    programs,
    fc.array(fc.tuple(fc.nat(), fc.nat(12), fc.constantFrom('', ...words)), { minLength: 1, maxLength: 3 }),
  )
  .map(([{ text, sizes }, edits]) => ({
    sizes,
    text: edits.reduce((now, [at, length, word]) => {
      const start = at % (now.length + 1);
      return `${now.slice(0, start)}${word}${now.slice(start + length)}`;
    }, text),
  }));

test('mutated programs give a result or diagnostics', () => {
  fc.assert(
    fc.property(mutated, ({ text, sizes }) => {
      const { program, diagnostics } = said(text, sizes);
      expect(program !== undefined || errors(diagnostics).length > 0).toBe(true);
      for (const { span } of diagnostics)
        if (span !== undefined)
          expect(span.start <= span.end && span.end <= span.file.text.length).toBe(true);
    }),
    { numRuns: 350 },
  );
});

test('other sizes of a random program give a result or diagnostics', () => {
  const sizes = fc.dictionary(fc.constantFrom('n', 'nb', 'm', 'mb', 'k'), fc.integer({ min: -1, max: 9 }));
  fc.assert(
    fc.property(programs, sizes, (program, other) => {
      const { program: made, diagnostics } = said(program.text, { ...program.sizes, ...other });
      expect(made !== undefined || errors(diagnostics).length > 0).toBe(true);
    }),
    { numRuns: 150 },
  );
});
