/**
 * A source in its project. The root is the nearest folder above with a package.json, else the folder of the file;
 * sources are named relative to it (so generated text does not depend on where the command ran), and `use` reads
 * nothing outside.
 */
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, posix, relative, resolve, sep } from 'node:path';
import { checking } from '../core/diagnostics/check.ts';
import type { Diagnostic } from '../core/diagnostics/diagnostic.ts';
import type { SourceFile, Span } from '../core/span.ts';
import { decodeSource, readSource, reasonOf, shownPath, sourceLimitBytes } from './files.ts';
import type { Io } from './io.ts';
import { Rejection } from './rejection.ts';

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
  const refusals: Refusals = new Map();
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
    readFile: readerInside(root, refusals),
    located: diagnostics => diagnostics.map(each => relocated(withRefusal(each, refusals), nameSeen)),
  };
}

function rootOf(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, 'package.json'))) return at;
    if (dirname(at) === at) return folder;
  }
}

/** Why a path was refused that is there, by path from the root. */
type Refusals = Map<string, string>;

/** Symbolic links are followed only to places inside the root. */
function readerInside(root: string, refusals: Refusals): (path: string) => string | undefined {
  const refuse = (path: string, why: string): undefined => {
    refusals.set(path, why);
    return undefined;
  };
  return path => {
    try {
      const [inside, real] = [realpathSync(root), realpathSync(join(root, path))];
      if (!real.startsWith(inside.endsWith(sep) ? inside : `${inside}${sep}`))
        return refuse(path, 'a symbolic link leads out of the project');
      if (statSync(real).size > sourceLimitBytes)
        return refuse(path, `it holds more than ${sourceLimitBytes} bytes`);
      return decodeSource(readFileSync(real), path);
    } catch (error) {
      if (error instanceof Rejection) return refuse(path, error.message);
      return refuse(path, reasonOf(error));
    }
  };
}

/** A `use` that was refused for another reason than that nothing is there says so. */
function withRefusal(diagnostic: Diagnostic, refusals: Refusals): Diagnostic {
  const { code, span, notes } = diagnostic;
  if (code !== checking.unreadable.code || span === undefined) return diagnostic;
  const written = span.file.text.slice(span.start, span.end).replaceAll('"', '');
  const why = refusals.get(posix.join(posix.dirname(span.file.name), written));
  return why === undefined ? diagnostic : { ...diagnostic, notes: [...notes, { message: why }] };
}

function relocated(diagnostic: Diagnostic, seen: (file: SourceFile) => SourceFile): Diagnostic {
  const moved = (span: Span): Span => ({ ...span, file: seen(span.file) });
  return {
    ...diagnostic,
    ...(diagnostic.span && { span: moved(diagnostic.span) }),
    notes: diagnostic.notes.map(note => (note.span ? { ...note, span: moved(note.span) } : note)),
  };
}
