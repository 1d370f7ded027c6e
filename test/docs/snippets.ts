/** The `sop` snippets of a page: those between ```sop and ```, in order. */
import type { SourceFile } from '../../src/core/span.ts';

export interface Snippet {
  /** Page and line, for messages. */
  readonly source: SourceFile;
  /** Marked as `sop fragment`: parsed only. */
  readonly isFragment: boolean;
}

export function snippetsOf(page: string, text: string): Snippet[] {
  const snippets: Snippet[] = [];
  for (const match of text.matchAll(/^```sop( fragment)?\n([\s\S]*?)^```$/gm)) {
    const line = text.slice(0, match.index).split('\n').length + 1;
    snippets.push({
      source: { name: `${page}:${line}`, text: match[2] ?? '' },
      isFragment: match[1] !== undefined,
    });
  }
  return snippets;
}

/** A snippet whose first line is `// name.sop` is a file that later snippets may use. */
export const nameOf = ({ source }: Snippet): string | undefined =>
  /^\/\/ (\S+\.sop)\n/.exec(source.text)?.[1];
