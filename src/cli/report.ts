/** Diagnostics of a run, for people and for programs: sorted by place, each once, counted. */
import type { Diagnostic } from '../core/diagnostics/diagnostic.ts';
import { lineAndColumn, type Span } from '../core/span.ts';
import { frame, plainStyle } from './frames.ts';
import { type Io, wantsColour } from './io.ts';

/** More are counted, not shown. */
const shownLimit = 50;

/** By file in order of appearance, then by place; what has no place comes first. */
export function ordered(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const unique = new Map(diagnostics.map(each => [keyOf(each), each]));
  const files = [...new Set(diagnostics.map(each => each.span?.file.name ?? ''))];
  const rank = ({ span }: Diagnostic): number => (span === undefined ? -1 : files.indexOf(span.file.name));
  return [...unique.values()].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      (a.span?.start ?? 0) - (b.span?.start ?? 0) ||
      (a.span?.end ?? 0) - (b.span?.end ?? 0) ||
      a.code.localeCompare(b.code),
  );
}

const keyOf = ({ code, message, span }: Diagnostic): string =>
  [code, span?.file.name, span?.start, span?.end, message].join('\0');

/** Frames on stderr and a line that counts them. */
export function printDiagnostics(io: Io, diagnostics: readonly Diagnostic[]): void {
  const sorted = ordered(diagnostics);
  if (sorted.length === 0) return;
  const style = {
    width: io.stderr.columns ?? plainStyle.width,
    colour: wantsColour(io.stderr, io.env),
  };
  for (const each of sorted.slice(0, shownLimit)) io.stderr.write(`${frame(each, style)}\n\n`);
  const codes = [...new Set(sorted.map(each => each.code))];
  io.stderr.write(`${counted(sorted)}; sop explain --code ${codes[0]} says more\n`);
}

function counted(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter(each => each.severity === 'error').length;
  const warnings = diagnostics.length - errors;
  const count = (n: number, word: string) => (n === 0 ? [] : [`${n} ${word}${n === 1 ? '' : 's'}`]);
  const more = diagnostics.length > shownLimit ? `; the first ${shownLimit} are shown` : '';
  return `${[...count(errors, 'error'), ...count(warnings, 'warning')].join(', ')}${more}`;
}

export interface JsonPlace {
  readonly file: string;
  readonly start: { readonly offset: number; readonly line: number; readonly column: number };
  readonly end: { readonly offset: number; readonly line: number; readonly column: number };
}

/** Lines and columns count from 1, offsets from 0, columns and offsets in UTF-16 units. */
function placeOf({ file, start, end }: Span): JsonPlace {
  return {
    file: file.name,
    start: { offset: start, ...lineAndColumn(file, start) },
    end: { offset: end, ...lineAndColumn(file, end) },
  };
}

export const jsonDiagnostics = (diagnostics: readonly Diagnostic[]) =>
  ordered(diagnostics).map(({ code, severity, message, span, notes, hint }) => ({
    code,
    severity,
    message,
    ...(span === undefined ? {} : { place: placeOf(span) }),
    ...(notes.length === 0
      ? {}
      : {
          notes: notes.map(note => ({
            message: note.message,
            ...(note.span === undefined ? {} : { place: placeOf(note.span) }),
          })),
        }),
    ...(hint === undefined ? {} : { hint }),
  }));

export const printJson = (io: Io, value: unknown): void =>
  io.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
