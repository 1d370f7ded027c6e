/**
 * S-expressions with a fixed line width: what fits stays on one line, the rest breaks with two spaces of
 * indentation.
 */

export type Sexpression = string | readonly Sexpression[];

const lineWidth = 100;

export function printSexpression(node: Sexpression, indent = 0): string {
  const lines: string[] = [];
  print({ lines, widths: new Map() }, node, indent);
  return lines.join('\n');
}

interface Printing {
  readonly lines: string[];
  /** Of the lists whose width was asked for. */
  readonly widths: Map<Sexpression, number>;
}

function print(printing: Printing, node: Sexpression, indent: number): void {
  const { lines } = printing;
  const margin = ' '.repeat(indent);
  if (typeof node === 'string' || widthOf(printing, node) <= lineWidth - indent) {
    lines.push(margin + flat(node));
    return;
  }
  const firstNested = node.findIndex(item => typeof item !== 'string');
  const nested = firstNested === -1 ? [] : node.slice(firstNested);
  lines.push(`${margin}(${node.slice(0, node.length - nested.length).join(' ')}`);
  for (const item of nested) print(printing, item, indent + 2);
  lines[lines.length - 1] += ')';
}

/** Characters on one line; infinitely many for a comment, which ends its line. */
function widthOf(printing: Printing, node: Sexpression): number {
  if (typeof node === 'string') return node.startsWith(';;') ? Number.POSITIVE_INFINITY : node.length;
  const known = printing.widths.get(node);
  if (known !== undefined) return known;
  const width = node.reduce((total, item) => total + widthOf(printing, item) + 1, 1);
  printing.widths.set(node, width);
  return width;
}

const flat = (node: Sexpression): string =>
  typeof node === 'string' ? node : `(${node.map(flat).join(' ')})`;
