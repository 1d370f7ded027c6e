/** A file and the files it uses, with names resolved to declarations. */
import type { Declaration, File, OperatorDeclaration, ScanDeclaration } from '../../grammar/ast.ts';
import { checking } from '../core/diagnostics/check.ts';
import { type Diagnostic, report } from '../core/diagnostics/diagnostic.ts';
import type { SourceFile, Span } from '../core/span.ts';

export type PatternDeclaration = Declaration & { kind: 'pattern' };
export type SharedParameter = Declaration & { kind: 'shared' };
export type ExportDeclaration = Declaration & { kind: 'export' };

export interface Module {
  readonly file: File;
  readonly operators: ReadonlyMap<
    string,
    { readonly declaration: OperatorDeclaration; readonly module: Module }
  >;
  readonly scans: ReadonlyMap<string, ScanDeclaration>;
  readonly patterns: ReadonlyMap<string, PatternDeclaration>;
  readonly shared: ReadonlyMap<string, SharedParameter>;
  readonly exports: readonly ExportDeclaration[];
}

/** How files are found: parsed sources by path, relative to the file that names them. */
export interface FileSystem {
  readonly readFile: (path: string) => string | undefined;
  readonly parse: (source: SourceFile) => {
    readonly file: File;
    readonly diagnostics: readonly Diagnostic[];
  };
}

export function resolveModule(
  file: File,
  files: FileSystem,
  diagnostics: Diagnostic[],
  using: readonly string[] = [],
): Module {
  const operators = new Map<string, { declaration: OperatorDeclaration; module: Module }>();
  const scans = new Map<string, ScanDeclaration>();
  const patterns = new Map<string, PatternDeclaration>();
  const shared = new Map<string, SharedParameter>();
  const exports: ExportDeclaration[] = [];
  const module: Module = { file, operators, scans, patterns, shared, exports };
  const seen = new Map<string, Span>();
  const define = (name: { readonly text: string; readonly span: Span }): void => {
    const first = seen.get(name.text);
    if (first === undefined) seen.set(name.text, name.span);
    else
      diagnostics.push(
        report(
          checking.duplicate,
          name.span,
          { name: name.text },
          { notes: [{ message: 'first defined here', span: first }] },
        ),
      );
  };
  for (const declaration of file.declarations) {
    switch (declaration.kind) {
      case 'op':
        define(declaration.name);
        operators.set(declaration.name.text, { declaration, module });
        break;
      case 'scan':
        define(declaration.name);
        scans.set(declaration.name.text, declaration);
        break;
      case 'pattern':
        define(declaration.name);
        patterns.set(declaration.name.text, declaration);
        break;
      case 'shared':
        define(declaration.parameter.name);
        shared.set(declaration.parameter.name.text, declaration);
        break;
      case 'export':
        define(declaration.alias);
        exports.push(declaration);
        break;
      case 'use':
        for (const name of declaration.names) define(name);
        importNames(declaration, module, operators, files, diagnostics, using);
        break;
    }
  }
  return module;
}

function importNames(
  use: Declaration & { kind: 'use' },
  module: Module,
  operators: Map<string, { declaration: OperatorDeclaration; module: Module }>,
  files: FileSystem,
  diagnostics: Diagnostic[],
  using: readonly string[],
): void {
  const path = joinPath(module.file.source.name, use.path);
  const problem = (why: string) =>
    diagnostics.push(report(checking.unreadable, use.pathSpan, { path: use.path, why }));
  if (path === undefined) return void problem('it lies outside the project');
  if (using.includes(path) || path === module.file.source.name)
    return void problem('the files use each other in a circle');
  const text = files.readFile(path);
  if (text === undefined) return void problem('no such file');
  const parsed = files.parse({ name: path, text });
  diagnostics.push(...parsed.diagnostics);
  const other = resolveModule(parsed.file, files, diagnostics, [...using, module.file.source.name]);
  for (const name of use.names) {
    const found = other.operators.get(name.text);
    if (found !== undefined) operators.set(name.text, found);
    else
      diagnostics.push(
        report(
          checking.unknownName,
          name.span,
          { name: name.text },
          { notes: [{ message: `"${use.path}" does not define it` }] },
        ),
      );
  }
}

/** A path relative to the file that names it; nothing when it is absolute or climbs above the start of that file's path. */
export function joinPath(from: string, path: string): string | undefined {
  if (/^([A-Za-z]:|[\\/])/.test(path) || path.includes('\\')) return undefined;
  const folder = from.split('/').slice(0, -1);
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') folder.push(part);
    else if (folder.length === 0 || folder.at(-1) === '..') return undefined;
    else folder.pop();
  }
  const absolute = from.startsWith('/') && folder[0] !== '';
  return absolute ? undefined : folder.join('/');
}
