/** A file and the files it uses, with the names of each resolved to declarations. Every file is read once. */
import type { Declaration, File, Name, OperatorDeclaration, ScanDeclaration } from '../../grammar/ast.ts';
import { checking } from '../core/diagnostics/check.ts';
import { type Diagnostic, report } from '../core/diagnostics/diagnostic.ts';
import type { SourceFile, Span } from '../core/span.ts';
import { nearest } from './nearest.ts';
import { reservedWords } from './words.ts';

export type PatternDeclaration = Declaration & { kind: 'pattern' };
export type SharedParameter = Declaration & { kind: 'shared' };
export type ExportDeclaration = Declaration & { kind: 'export' };
type Use = Declaration & { kind: 'use' };

/** What a name of a file stands for, and the file that defines it. */
export type Entity =
  | { readonly kind: 'op'; readonly declaration: OperatorDeclaration; readonly module: Module }
  | { readonly kind: 'scan'; readonly declaration: ScanDeclaration; readonly module: Module }
  | { readonly kind: 'pattern'; readonly declaration: PatternDeclaration; readonly module: Module }
  | { readonly kind: 'shared'; readonly declaration: SharedParameter; readonly module: Module }
  /** Its text could not be read to the end; already reported. */
  | { readonly kind: 'broken'; readonly module: Module };

export interface Module {
  readonly file: File;
  /** Qualifies the names of its shared parameters: '' for the file compiled, else unique among the files. */
  readonly qualifier: string;
  readonly entities: ReadonlyMap<string, Entity>;
  readonly exports: readonly ExportDeclaration[];
  /** The modules this one uses, directly. */
  readonly uses: readonly Module[];
  readonly readFile: (path: string) => string | undefined;
}

/** How files are found: parsed sources by path, relative to the file that names them. */
export interface FileSystem {
  readonly readFile: (path: string) => string | undefined;
  readonly parse: (source: SourceFile) => {
    readonly file: File;
    readonly diagnostics: readonly Diagnostic[];
  };
}

interface Loading {
  readonly files: FileSystem;
  readonly diagnostics: Diagnostic[];
  /** By path; a file still being read is `undefined`. */
  readonly modules: Map<string, Module | undefined>;
  readonly qualifiers: Set<string>;
}

export function resolveModule(file: File, files: FileSystem, diagnostics: Diagnostic[]): Module {
  const loading: Loading = { files, diagnostics, modules: new Map(), qualifiers: new Set(['']) };
  for (const declaration of file.declarations) {
    if (!isWhole(declaration)) continue;
    if (declaration.kind === 'export') loading.qualifiers.add(declaration.alias.text);
    if (declaration.kind === 'op') loading.qualifiers.add(declaration.name.text);
  }
  return load(file, '', loading);
}

function load(file: File, qualifier: string, loading: Loading): Module {
  const entities = new Map<string, Entity>();
  const exports: ExportDeclaration[] = [];
  const uses: Module[] = [];
  const { readFile } = loading.files;
  const module: Module = { file, qualifier, entities, exports, uses, readFile };
  loading.modules.set(normalPath(file.source.name), undefined);
  const seen = new Map<string, Span>();
  const define = (name: Name, entity: Entity | undefined): void => {
    const first = seen.get(name.text);
    const problem = first !== undefined || (entity !== undefined && reservedWords.has(name.text));
    const notes = first === undefined ? [] : [{ message: 'first defined here', span: first }];
    const row = first === undefined ? checking.reserved : checking.duplicate;
    if (problem) loading.diagnostics.push(report(row, name.span, { name: name.text }, { notes }));
    if (problem) return;
    seen.set(name.text, name.span);
    if (entity !== undefined) entities.set(name.text, entity);
  };
  for (const declaration of file.declarations) {
    if (!isWhole(declaration)) {
      const name = nameOf(declaration);
      if (name !== undefined) define(name, { kind: 'broken', module });
      continue;
    }
    switch (declaration.kind) {
      case 'op':
        define(declaration.name, { kind: 'op', declaration, module });
        break;
      case 'scan':
        define(declaration.name, { kind: 'scan', declaration, module });
        break;
      case 'pattern':
        define(declaration.name, { kind: 'pattern', declaration, module });
        break;
      case 'shared':
        define(declaration.parameter.name, { kind: 'shared', declaration, module });
        break;
      case 'export':
        define(declaration.alias, undefined);
        exports.push(declaration);
        break;
      case 'use': {
        const other = usedModule(declaration, module, loading);
        if (other !== undefined && !uses.includes(other)) uses.push(other);
        for (const name of declaration.names)
          define(name, importedName(name, declaration, other, module, loading));
        break;
      }
    }
  }
  loading.modules.set(normalPath(file.source.name), module);
  return module;
}

/** After an error the parser may leave parts of a declaration out, or put in tokens without text. */
function isWhole(declaration: Declaration): boolean {
  const queue: unknown[] = [declaration];
  while (queue.length > 0) {
    const each = queue.pop();
    if (each === undefined) return false;
    if (typeof each !== 'object' || each === null) continue;
    for (const [key, value] of Object.entries(each)) {
      if (value === '' && tokenTexts.has(key)) return false;
      if (key !== 'span' && key !== 'pathSpan') queue.push(value);
    }
  }
  return true;
}

const tokenTexts: ReadonlySet<string> = new Set(['text', 'comparison', 'operator', 'word']);

/** What can be told of a name, whatever else is missing. */
function nameOf(declaration: Declaration): Name | undefined {
  if (declaration.kind === 'op' || declaration.kind === 'scan' || declaration.kind === 'pattern')
    return declaration.name;
  return declaration.kind === 'shared' ? declaration.parameter?.name : undefined;
}

function usedModule(use: Use, module: Module, loading: Loading): Module | undefined {
  const path = joinPath(module.file.source.name, use.path);
  const problem = (why: string): undefined => {
    loading.diagnostics.push(report(checking.unreadable, use.pathSpan, { path: use.path, why }));
    return undefined;
  };
  if (path === undefined) return problem('it lies outside the project');
  if (loading.modules.has(path)) {
    return loading.modules.get(path) ?? problem('the files use each other in a circle');
  }
  const text = loading.files.readFile(path);
  if (text === undefined) return problem('no such file');
  const parsed = loading.files.parse({ name: path, text });
  loading.diagnostics.push(...parsed.diagnostics);
  return load(parsed.file, qualifierFor(path, loading.qualifiers), loading);
}

/** `layers` for lib/layers.sop; numbered where the name is taken. */
function qualifierFor(path: string, taken: Set<string>): string {
  const stem = (path.split('/').at(-1) ?? path).replace(/\.sop$/, '').replaceAll(/[^A-Za-z0-9_]/g, '_');
  let name = stem;
  for (let k = 2; taken.has(name); k++) name = `${stem}${k}`;
  taken.add(name);
  return name;
}

/** A name that the other file does not give is known to be broken: one message is enough. */
function importedName(
  name: Name,
  use: Use,
  other: Module | undefined,
  importer: Module,
  loading: Loading,
): Entity {
  const found = other?.entities.get(name.text);
  if (found !== undefined) return found;
  if (other !== undefined) {
    const near = nearest(name.text, other.entities.keys());
    const notes = [{ message: `"${use.path}" does not define it` }];
    const hint = near && `did you mean '${near}'?`;
    loading.diagnostics.push(report(checking.unknownName, name.span, { name: name.text }, { notes, hint }));
  }
  return { kind: 'broken', module: importer };
}

/** Paths as they are compared: without `.` steps. */
const normalPath = (path: string): string => path.replaceAll(/(^|\/)\.\//g, '$1');

/**
 * A path relative to the file that names it; nothing when it is absolute or climbs above the folder where that
 * file's name starts.
 */
export function joinPath(from: string, path: string): string | undefined {
  if (/^([A-Za-z]:|[\\/])/.test(path) || path.includes('\\')) return undefined;
  const folder = normalPath(from).split('/').slice(0, -1);
  const kept = [...folder];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') kept.push(part);
    else if (kept.length === 0 || kept.at(-1) === '..' || kept.at(-1) === '') return undefined;
    else kept.pop();
  }
  return kept.join('/');
}
