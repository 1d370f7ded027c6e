/**
 * S-expressions with a fixed line width: what fits stays on one line, the rest breaks with two spaces of
 * indentation.
 */

export type Sexpression = string | readonly Sexpression[];

const lineWidth = 100;

export function printSexpression(node: Sexpression, indent = 0): string {
  if (typeof node === 'string') return ' '.repeat(indent) + node;
  const oneLine = flat(node, lineWidth - indent);
  if (oneLine !== undefined) return ' '.repeat(indent) + oneLine;
  const firstNested = node.findIndex(item => typeof item !== 'string');
  const head = (firstNested === -1 ? node : node.slice(0, firstNested)).join(' ');
  const rest = firstNested === -1 ? [] : node.slice(firstNested);
  return (
    [`${' '.repeat(indent)}(${head}`, ...rest.map(item => printSexpression(item, indent + 2))].join('\n') +
    ')'
  );
}

/** The node on one line, or nothing when it needs more room or holds a comment (which ends its line). */
function flat(node: Sexpression, room: number): string | undefined {
  if (typeof node === 'string') return node.length <= room && !node.startsWith(';;') ? node : undefined;
  const parts: string[] = [];
  let left = room - 2;
  for (const item of node) {
    const text = flat(item, left);
    if (text === undefined) return undefined;
    parts.push(text);
    left -= text.length + 1;
  }
  return left >= -1 ? `(${parts.join(' ')})` : undefined;
}
