/** Patterns: where a sparse operator has entries, listed in braces or in a Matrix Market file. */
import { checking } from '../core/diagnostics/check.ts';
import type { Span } from '../core/span.ts';
import { parseMatrixMarket } from './matrixMarket.ts';
import { joinPath, type PatternDeclaration } from './module.ts';
import { fail, type Scope, textOf } from './scope.ts';
import { checkSize } from './sizes.ts';
import { constantOf } from './symbolic.ts';
import type { PatternEntry, TypedPattern } from './typed.ts';

/** More are not read from a file. */
const entryLimit = 2 ** 20;

export function checkPattern(declaration: PatternDeclaration, scope: Scope): TypedPattern {
  const name = declaration.name.text;
  const sizes = declaration.sizes.map(size => constantOf(checkSize(size, scope).size));
  const [rows, columns, more] = sizes;
  if (sizes.length !== 2 || more !== undefined) {
    const found = declaration.sizes.length;
    fail(scope, checking.wrongCount, declaration.span, {
      what: name,
      expected: '2 sizes [rows, columns]',
      found,
    });
  }
  const made = { name, rows: rows ?? 0, columns: columns ?? 0 };
  if (rows === undefined || columns === undefined) return { ...made, entries: undefined };
  const { edges, path } = declaration;
  if (edges !== undefined) return { ...made, entries: listed(edges, rows, columns, scope) };
  const entries = path === undefined ? undefined : fromFile(declaration, path, rows, columns, scope);
  return { ...made, entries };
}

function listed(
  edges: NonNullable<PatternDeclaration['edges']>,
  rows: number,
  columns: number,
  scope: Scope,
): readonly PatternEntry[] {
  const entries: PatternEntry[] = [];
  const seen = new Map<string, Span>();
  for (const edge of edges) {
    const [row, column] = [edge.from, edge.to].map(size => constantOf(checkSize(size, scope).size));
    if (row === undefined || column === undefined) continue;
    const text = textOf(edge);
    const bad = (why: string, first?: Span): void => {
      const notes = first === undefined ? [] : [{ message: 'first listed here', span: first }];
      fail(scope, checking.patternEntry, edge.span, { text, why }, { notes });
    };
    const first = seen.get(`${row} ${column}`);
    if (row >= rows) bad(`lies outside: rows count from 0 to ${rows - 1}`);
    else if (column >= columns) bad(`lies outside: columns count from 0 to ${columns - 1}`);
    else if (first !== undefined) bad('is listed twice', first);
    else entries.push({ row, column });
    seen.set(`${row} ${column}`, first ?? edge.span);
  }
  return entries;
}

function fromFile(
  { span }: PatternDeclaration,
  path: string,
  rows: number,
  columns: number,
  scope: Scope,
): readonly PatternEntry[] | undefined {
  const full = joinPath(scope.module.file.source.name, path);
  if (full === undefined)
    return fail(scope, checking.unreadable, span, { path, why: 'it lies outside the project' });
  const text = scope.module.readFile(full);
  if (text === undefined) return fail(scope, checking.patternMissing, span, { path });
  const parsed = parseMatrixMarket(text, entryLimit);
  if (parsed.kind === 'problem') {
    const { line, why } = parsed;
    return fail(scope, checking.patternFile, span, { path, line, why });
  }
  if (parsed.rows === rows && parsed.columns === columns) return parsed.entries;
  const why = `the file holds a ${parsed.rows} by ${parsed.columns} matrix, the pattern is [${rows}, ${columns}]`;
  return fail(scope, checking.patternFile, span, { path, line: parsed.line, why });
}
