/** The measurable habits of the code: sizes, import directions, dead files, forbidden constructs. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const folders = ['src', 'grammar', 'codegen', 'runtime', 'test', 'examples'];

function filesUnder(folder: string): string[] {
  return readdirSync(join(root, folder)).flatMap(name => {
    const path = join(folder, name);
    if (name === 'node_modules' || name === 'generated') return [];
    if (statSync(join(root, path)).isDirectory()) return filesUnder(path);
    return path.endsWith('.ts') && !path.endsWith('.d.ts') ? [path] : [];
  });
}

const files = folders.flatMap(filesUnder);
const text = (file: string): string => readFileSync(join(root, file), 'utf8');
const sources = files.filter(file => !file.startsWith('test') && !file.endsWith('.test.ts'));

/** Relative imports of a file, as paths from the root. */
const importsOf = (file: string): string[] =>
  [...text(file).matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(match =>
    relative(root, resolve(root, dirname(file), match[1] ?? '')),
  );

describe('sizes that fit a head', () => {
  test('files have at most 330 lines', () => {
    expect(files.filter(file => text(file).split('\n').length > 330)).toEqual([]);
  });
  test('lines have at most 120 characters', () => {
    const long = sources.flatMap(file =>
      text(file)
        .split('\n')
        .flatMap((line, index) => (line.length > 120 ? [`${file}:${index + 1}`] : [])),
    );
    expect(long).toEqual([]);
  });
});

describe('import directions', () => {
  /** Where each folder may import from, beside itself. */
  const allowed: Record<string, readonly string[]> = {
    'src/core': ['runtime'],
    grammar: ['src/core'],
    'src/ir': ['src/core'],
    'src/rewrite': ['src/core', 'src/ir'],
    'src/check': ['src/core', 'grammar', 'src/ir'],
    'src/plan': ['src/core', 'src/ir'],
    'src/tile': ['src/core', 'src/ir'],
    'src/kernel': ['src/core'],
    'src/lower': ['src/core', 'src/ir', 'src/tile', 'src/kernel'],
    'src/formats': ['src/core'],
    codegen: ['src/core', 'src/kernel', 'runtime'],
    runtime: [],
  };
  const folderOf = (file: string): string | undefined =>
    Object.keys(allowed).find(folder => file.startsWith(`${folder}/`));

  test('point one way', () => {
    const wrong = sources.flatMap(file => {
      const folder = folderOf(file);
      if (folder === undefined) return [];
      const targets = importsOf(file).filter(target => {
        const other = folderOf(target);
        return other !== folder && !(allowed[folder] ?? []).includes(other ?? '');
      });
      return targets.map(target => `${file} imports ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  test('chevrotain only in grammar, ts-morph only in codegen/ts, the file system only in src/cli', () => {
    const only = (pattern: RegExp, folder: string) =>
      sources.filter(
        file => pattern.test(text(file)) && !file.startsWith(folder) && !file.startsWith('examples'),
      );
    expect(only(/from 'chevrotain'/, 'grammar/')).toEqual([]);
    expect(only(/from 'ts-morph'|import\('ts-morph'\)/, 'codegen/ts/')).toEqual([]);
    expect(only(/from 'node:fs/, 'src/cli/')).toEqual([]);
  });
});

describe('constructs', () => {
  test('no any, no enum, no non-null assertion, no unfinished work', () => {
    const bad = /\bas any\b|: any\b|^\s*(export )?enum |\bTODO\b|\bFIXME\b|\.skip\(|\.only\(/m;
    expect(files.filter(file => file !== 'test/tidy.test.ts' && bad.test(text(file)))).toEqual([]);
  });
  test('every source file is reached from an entry', () => {
    const entries = sources.filter(file =>
      /^src\/(cli\/(main|demo)|compile)\.ts$|^runtime\/|^examples\//.test(file),
    );
    const reached = new Set<string>(entries);
    const queue = [...entries];
    for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
      for (const target of importsOf(file)) {
        if (reached.has(target) || !files.includes(target)) continue;
        reached.add(target);
        queue.push(target);
      }
    }
    const reachedByTests = new Set(files.filter(file => file.startsWith('test')).flatMap(importsOf));
    expect(sources.filter(file => !reached.has(file) && !reachedByTests.has(file))).toEqual([]);
  });
});
