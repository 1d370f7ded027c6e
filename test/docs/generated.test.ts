/** What the docs say about the code is what the code says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generatedPages } from '../../docs/generate.ts';
import { leafTable } from '../../src/check/leafTable.ts';
import { supportTable } from '../../src/check/support.ts';
import { elementwiseFunctions, generators, pointwiseSteps } from '../../src/check/words.ts';
import { diagnosticRows } from '../../src/core/diagnostics/table.ts';

const root = join(import.meta.dirname, '../..');
const language = readFileSync(join(root, 'docs/language.md'), 'utf8');

test.each([...generatedPages(root)])('%s is fresh: npm run docs', (path, contents) => {
  expect(readFileSync(join(root, path), 'utf8')).toBe(contents);
});

test('the support table has a row for every leaf, once', () => {
  const constructs = supportTable().map(({ construct }) => construct);
  expect(constructs).toEqual(expect.arrayContaining(Object.keys(leafTable)));
  expect(new Set(constructs).size).toBe(constructs.length);
});

test('codes are unique', () => {
  const codes = diagnosticRows.map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
});

test('the reference names every leaf, function, pointwise step and generator', () => {
  const words = [leafTable, elementwiseFunctions, pointwiseSteps, generators].flatMap(table =>
    Object.keys(table),
  );
  expect(words.filter(word => !new RegExp(`\`${word}[(\`]`).test(language))).toEqual([]);
});
