/** grammar.ebnf says what the parser does: the same rules, each of the same parts, over the same words and signs. */
import { readFileSync } from 'node:fs';
import type { ISerializedGast } from 'chevrotain';
import { expect, test } from 'vitest';
import { DeclarationParser } from '../../grammar/declarationParser.ts';
import { comparisonSigns, signTexts, words } from '../../grammar/tokens.ts';

const text = readFileSync(new URL('../../grammar/grammar.ebnf', import.meta.url), 'utf8')
  .replaceAll(/\(\*[\s\S]*?\*\)/g, '')
  .trim();
const rules = new Map(
  text.split(/\s;[ \t]*(?:\n|$)/).flatMap(rule => {
    const match = /^\s*(\w+)\s*=\s([\s\S]*)$/.exec(rule);
    return match?.[1] === undefined ? [] : [[match[1], match[2] ?? ''] as const];
  }),
);

const partsOf = (rule: string): Set<string> =>
  new Set(
    [...rule.matchAll(/"([^"]*)"|'([^']*)'|([A-Za-z]\w*)/g)].map(
      ([, double, single, name]) => double ?? single ?? name ?? '',
    ),
  );

const lexical = ['name', 'number', 'digits', 'string'];
const families: Readonly<Record<string, string>> = {
  'a name': 'name',
  'a number': 'number',
  'a string': 'string',
  'a comparison': 'comparison',
};

/** The words, signs and rules that a rule of the parser names. */
function partsOfGrammar(node: ISerializedGast & { readonly [key: string]: unknown }): string[] {
  const label = (value: unknown): string => {
    const text = String(value);
    if (text.startsWith("one of '"))
      return text.includes("'sum'") ? 'bigWord' : text.includes("'static'") ? 'binding' : 'dtype';
    return families[text] ?? text.slice(1, -1);
  };
  if (node.type === 'NonTerminal') return [String(node['name'])];
  if (node.type === 'Terminal') return [label(node['label'])];
  const separator = node['separator'] as { readonly label: string } | undefined;
  const inner = (node['definition'] as (ISerializedGast & { readonly [key: string]: unknown })[]) ?? [];
  return [...(separator === undefined ? [] : [label(separator.label)]), ...inner.flatMap(partsOfGrammar)];
}

test('has the words and signs of the lexer', () => {
  const terminals = new Set(
    [...rules]
      .filter(([name]) => !lexical.includes(name))
      .flatMap(([, rule]) => [...rule.matchAll(/"([^"]*)"/g)].map(match => match[1])),
  );
  expect(terminals).toEqual(
    new Set([...words.keywords, ...words.bigWords, ...words.bindingWords, ...words.dtypeWords, ...signTexts]),
  );
  expect(partsOf(rules.get('comparison') ?? '')).toEqual(new Set(comparisonSigns));
});

test('has the rules of the parser, of the same parts', () => {
  const grammar = new DeclarationParser({ validate: false }).getSerializedGastProductions();
  const ours = new Set(
    [...rules.keys()].filter(
      name => ![...lexical, 'file', 'bigWord', 'binding', 'dtype', 'comparison'].includes(name),
    ),
  );
  expect(new Set(grammar.map(rule => String((rule as { name?: string }).name)))).toEqual(ours);
  for (const rule of grammar) {
    const name = String((rule as { name?: string }).name);
    expect(partsOf(rules.get(name) ?? ''), name).toEqual(new Set(partsOfGrammar(rule as never)));
  }
});
