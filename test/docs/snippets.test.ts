/** Every snippet of the docs is a program: it parses, is well formatted, checks, and its exports compile. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { parse } from '../../grammar/parser.ts';
import { format } from '../../grammar/print.ts';
import { leafTable } from '../../src/check/leafTable.ts';
import { elementwiseFunctions, generators, pointwiseSteps, vectorFunctions } from '../../src/check/words.ts';
import { lowerSource } from '../../src/compile.ts';
import { checking } from '../../src/core/diagnostics/check.ts';
import { nameOf, snippetsOf } from './snippets.ts';

vi.setConfig({ testTimeout: 60_000 });

const root = join(import.meta.dirname, '../..');
const pages = [
  'README.md',
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs')).map(name => `docs/${name}`),
].filter(path => path.endsWith('.md') && existsSync(join(root, path)));
const snippets = pages.flatMap(page => snippetsOf(page, readFileSync(join(root, page), 'utf8')));
const files = new Map(
  snippets.flatMap(each => [[nameOf(each) ?? each.source.name, each.source.text] as const]),
);

/** What is understood but not compiled yet may be shown, if it is not exported. */
const { code: notSupported } = checking.notSupported;

test('the language reference has snippets', () => {
  expect(snippets.filter(({ source }) => source.name.startsWith('docs/language.md')).length).toBeGreaterThan(
    10,
  );
});

const table = snippets.map(each => [each.source.name, each] as const);

test.each(table)('%s parses, and is formatted', (_, { source }) => {
  const { diagnostics } = parse(source);
  expect(diagnostics.map(({ code, message, span }) => `${code} ${message} at ${span?.start}`)).toEqual([]);
  expect(format(parse(source))).toBe(source.text);
});

test.each(table.filter(([, { isFragment }]) => !isFragment))('%s checks, and its exports compile', (_, {
  source,
}) => {
  const { diagnostics, operators } = lowerSource(source, {
    readFile: path => files.get(path.replace(/^docs\//, '')),
  });
  const problems = diagnostics.filter(({ code, severity }) => severity === 'error' || code === notSupported);
  expect(problems.map(({ code, message }) => `${code} ${message}`)).toEqual([]);
  const exports = parse(source).file.declarations.filter(({ kind }) => kind === 'export');
  expect(operators.length).toBeGreaterThanOrEqual(exports.length);
});

test('every leaf, step, function and generator that is compiled stands in a compiled snippet of the reference', () => {
  const shown = snippets
    .filter(({ source, isFragment }) => source.name.startsWith('docs/language.md') && !isFragment)
    .map(({ source }) => source.text)
    .join('');
  const compiled = Object.entries(leafTable).filter(([, { make }]) => make !== undefined);
  const words = [elementwiseFunctions, pointwiseSteps, vectorFunctions, generators].flatMap(table =>
    Object.keys(table),
  );
  const missing = [...compiled.map(([name]) => name), ...words].filter(
    word => !new RegExp(`\\b${word}\\b`).test(shown),
  );
  expect(missing).toEqual([]);
});
