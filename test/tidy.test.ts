/** The measurable habits of the code: sizes, import directions, dead files, forbidden constructs. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { ts } from 'ts-morph';
import { describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const folders = ['src', 'grammar', 'codegen', 'runtime', 'test', 'examples', 'bench', 'docs'];

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
/** Programs around the compiler may read files; what they do is no part of the package. */
const isProgram = (file: string): boolean => /^(examples|bench|docs)\//.test(file);

const nodesOf = (file: string): { readonly tree: ts.SourceFile; readonly nodes: readonly ts.Node[] } => {
  const tree = ts.createSourceFile(file, text(file), ts.ScriptTarget.Latest);
  const nodes: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    nodes.push(node);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return { tree, nodes };
};
const trees = files.map(file => ({ file, ...nodesOf(file) }));

/** Relative imports of a file, as paths from the root. */
const importsOf = (file: string): string[] =>
  [...text(file).matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(match =>
    relative(root, resolve(root, dirname(file), match[1] ?? '')),
  );

describe('sizes that fit a head', () => {
  test('files have at most 330 lines', () => {
    expect(files.filter(file => text(file).split('\n').length > 330)).toEqual([]);
  });
  test('functions have at most 66 lines', () => {
    const long = trees.flatMap(({ file, tree, nodes }) => {
      const lineAt = (position: number): number => tree.getLineAndCharacterOfPosition(position).line;
      return nodes
        .filter(node => sources.includes(file) && ts.isFunctionLike(node))
        .map(node => [lineAt(node.getStart(tree)), lineAt(node.end)] as const)
        .filter(([first, last]) => last - first >= 66)
        .map(([first]) => `${file}:${first + 1}`);
    });
    expect(long).toEqual([]);
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
  const stages = ['src/core', 'src/ir', 'src/rewrite', 'src/plan', 'src/tile', 'src/kernel', 'src/lower'];
  const allowed: Record<string, readonly string[]> = {
    'src/core': ['runtime'],
    grammar: ['src/core'],
    'src/ir': ['src/core'],
    'src/rewrite': ['src/core', 'src/ir'],
    'src/check': ['src/core', 'grammar', 'src/ir'],
    'src/plan': ['src/core', 'src/ir', 'src/tile'],
    'src/tile': ['src/core', 'src/ir'],
    'src/kernel': ['src/core'],
    'src/lower': ['src/core', 'src/ir', 'src/tile', 'src/kernel'],
    'src/formats': ['src/core'],
    'src/pipeline.ts': [...stages, 'codegen'],
    'src/module': [
      'src/core',
      'src/ir',
      'src/rewrite',
      'src/plan',
      'src/kernel',
      'src/lower',
      'src/pipeline.ts',
      'src/explain',
      'codegen',
      'runtime',
    ],
    'src/explain': ['src/core', 'src/ir', 'src/tile', 'src/plan', 'src/pipeline.ts'],
    'src/verify': [...stages, 'src/pipeline.ts', 'codegen'],
    'src/compile.ts': [
      'grammar',
      'src/check',
      ...stages,
      'src/module',
      'src/pipeline.ts',
      'codegen',
      'runtime',
    ],
    codegen: ['src/core', 'src/kernel', 'runtime'],
    runtime: [],
  };
  const folderOf = (file: string): string | undefined =>
    Object.keys(allowed).find(folder => file === folder || file.startsWith(`${folder}/`));

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
      sources.filter(file => pattern.test(text(file)) && !file.startsWith(folder) && !isProgram(file));
    expect(only(/from 'chevrotain'/, 'grammar/')).toEqual([]);
    expect(only(/from 'ts-morph'|import\('ts-morph'\)/, 'codegen/ts/')).toEqual([]);
    expect(only(/from 'node:fs/, 'src/cli/')).toEqual([]);
  });
});

describe('constructs', () => {
  test('no any, no enum, no non-null assertion', () => {
    const forbidden = (node: ts.Node): boolean =>
      node.kind === ts.SyntaxKind.AnyKeyword || ts.isEnumDeclaration(node) || ts.isNonNullExpression(node);
    expect(trees.filter(({ nodes }) => nodes.some(forbidden)).map(({ file }) => file)).toEqual([]);
  });
  test('no unfinished work', () => {
    const bad = /\bTODO\b|\bFIXME\b|\.skip\(|\.only\(/;
    expect(files.filter(file => file !== 'test/tidy.test.ts' && bad.test(text(file)))).toEqual([]);
  });
});

describe('dead files', () => {
  const reachedFrom = (entries: readonly string[]): ReadonlySet<string> => {
    const reached = new Set(entries);
    // A set is walked in order of insertion, so what is added on the way is walked too.
    for (const file of reached)
      for (const target of importsOf(file)) if (files.includes(target)) reached.add(target);
    return reached;
  };
  /** What people start, and what generated modules import. */
  const entries = sources.filter(
    file => /^src\/(cli\/(main|demo)|compile)\.ts$|^runtime\//.test(file) || isProgram(file),
  );
  /** Read by tests only, and why they stand among the sources all the same. */
  const forTests: Readonly<Record<string, string>> = {
    'src/ir/text.ts': 'a stage as people read it, kept as goldens',
    'src/plan/text.ts': 'a stage as people read it, kept as goldens',
    'src/tile/text.ts': 'a stage as people read it, kept as goldens',
    'src/kernel/text.ts': 'a stage as people read it, kept as goldens',
    'src/tile/interpret.ts': 'the meaning of the tile IR, against which kernels are tested',
  };

  test('every source file is reached from an entry', () => {
    const reached = reachedFrom([...entries, ...Object.keys(forTests)]);
    expect(sources.filter(file => !reached.has(file))).toEqual([]);
  });
  test('what only tests read is read by tests, and by nothing else', () => {
    const tests = reachedFrom(files.filter(file => file.endsWith('.test.ts')));
    const product = reachedFrom(entries);
    expect(Object.keys(forTests).filter(file => product.has(file) || !tests.has(file))).toEqual([]);
  });
  test('every helper of the tests is reached from a test, or started by name', () => {
    const configurations = readdirSync(root).filter(name => /^package\.json$|\.config\.ts$/.test(name));
    const named = configurations.map(text).join('\n');
    const started = (file: string): boolean => file.endsWith('.test.ts') || named.includes(file);
    const reached = reachedFrom(files.filter(started));
    expect(files.filter(file => file.startsWith('test/') && !reached.has(file))).toEqual([]);
  });
});
