/** What a message about two factors adds: where their parameters are declared, and the likely repair. */
import type { Expression } from '../../grammar/ast.ts';
import type { Note } from '../core/diagnostics/diagnostic.ts';
import { find, namesMentioned, type Scope } from './scope.ts';
import { sizeText } from './sizeText.ts';
import { divide, type Size } from './symbolic.ts';
import type { OperatorNode } from './typed.ts';
import { isSame } from './unify.ts';

const noteLimit = 3;

/** One note for each parameter that the expressions mention. */
export function declarationNotes(nodes: readonly Expression[], scope: Scope): Note[] {
  const names = new Set(nodes.flatMap(node => [...namesMentioned(node)]));
  const notes: Note[] = [];
  for (const name of names) {
    const entry = find(scope, name)?.entry;
    if (entry?.kind !== 'parameter') continue;
    notes.push({ message: `${name} is declared ${entry.parameter.written}`, span: entry.parameter.span });
  }
  return notes.slice(0, noteLimit);
}

/** An adjoint left out, or factors in the wrong order: only what would fit for certain is named. */
export function factorHint(
  leftText: string,
  left: OperatorNode,
  rightText: string,
  right: OperatorNode,
  scope: Scope,
): string {
  const [a, b] = [left.space, right.space];
  const lead = 'did you mean';
  if (isSame(b.columns, a.rows, scope))
    return `${lead} ${rightText} * ${leftText}? The right factor is applied first`;
  if (isSame(a.columns, b.columns, scope)) return `${lead} ${primed(rightText, right)}?`;
  if (isSame(a.rows, b.rows, scope)) return `${lead} ${primed(leftText, left)}?`;
  const regrouped = otherSwap(leftText, left, b.rows) ?? otherSwap(rightText, right, a.columns);
  return regrouped ?? 'the factor on the right is applied first';
}

/** A `swap` of the wrong number of points: its first size kept, the second such that it fits. */
function otherSwap(text: string, node: OperatorNode, wanted: Size): string | undefined {
  const [first] = node.kind === 'leaf' && node.leaf === 'swap' ? node.arguments : [];
  if (first?.kind !== 'size') return undefined;
  const second = divide(wanted, first.node.size);
  const better = `swap(${sizeText(first.node.size)}, ${sizeText(second)})`;
  return `${text} swaps ${sizeText(node.space.rows)} points; did you mean ${better}?`;
}

const primed = (text: string, node: OperatorNode): string =>
  node.kind === 'sum' || node.kind === 'compose' || node.kind === 'scale' ? `(${text})'` : `${text}'`;
