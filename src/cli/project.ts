/**
 * A source in its project. The root is the nearest folder above with a package.json, else the folder of the file;
 * sources are named relative to it (so generated text does not depend on where the command ran), and `use` reads
 * nothing outside.
 */
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { Diagnostic } from '../core/diagnostics/diagnostic.ts';
import type { SourceFile, Span } from '../core/span.ts';
import { decodeSource, readSource, shownPath, sourceLimitBytes } from './files.ts';
import type { Io } from './io.ts';

export interface Project {
  /** As the user named it. */
  readonly shown: string;
  /** The folder that holds the source. */
  readonly folder: string;
  readonly source: SourceFile;
  /** Sources of `use`, by path from the root; nothing for what is not there or not inside. */
  readonly readFile: (path: string) => string | undefined;
  /** The same diagnostics with files named as they are seen from where the command runs. */
  readonly located: (diagnostics: readonly Diagnostic[]) => Diagnostic[];
}

export async function openProject(io: Io, shown: string): Promise<Project> {
  const path = resolve(io.cwd, shown);
  const text = await readSource(path, shown);
  const root = rootOf(dirname(path));
  const name = relative(root, path).split(sep).join('/');
  const files = new Map<SourceFile, SourceFile>();
  const nameSeen = (file: SourceFile): SourceFile => {
    const known = files.get(file);
    if (known !== undefined) return known;
    const seen = file.name === name ? shown : shownPath(io.cwd, join(root, file.name));
    const made = { name: seen, text: file.text };
    files.set(file, made);
    return made;
  };
  return {
    shown,
    folder: dirname(path),
    source: { name, text },
    readFile: readerInside(root),
    located: diagnostics => diagnostics.map(each => relocated(each, nameSeen)),
  };
}

function rootOf(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, 'package.json'))) return at;
    if (dirname(at) === at) return folder;
  }
}

/** Symbolic links are followed only to places inside the root. */
function readerInside(root: string): (path: string) => string | undefined {
  return path => {
    try {
      const [inside, real] = [realpathSync(root), realpathSync(join(root, path))];
      if (!real.startsWith(inside.endsWith(sep) ? inside : `${inside}${sep}`)) return undefined;
      const { size } = statSync(real);
      return size > sourceLimitBytes ? undefined : decodeSource(readFileSync(real), path);
    } catch {
      return undefined;
    }
  };
}

const relocated = (diagnostic: Diagnostic, seen: (file: SourceFile) => SourceFile): Diagnostic => {
  const moved = (span: Span): Span => ({ ...span, file: seen(span.file) });
  return {
    ...diagnostic,
    ...(diagnostic.span && { span: moved(diagnostic.span) }),
    notes: diagnostic.notes.map(note => (note.span ? { ...note, span: moved(note.span) } : note)),
  };
};
