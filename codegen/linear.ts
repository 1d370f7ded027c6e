/** i32 expressions as constant + Σ factor · value, for addresses. */
import { at } from '../src/core/invariant.ts';
import type { Expression } from '../src/kernel/kernel.ts';

export interface Term {
  readonly factor: number;
  /** A variable, or an expression that is not a sum. */
  readonly value: Expression;
}

export interface LinearForm {
  readonly constant: number;
  readonly terms: readonly Term[];
}

export function linearForm(node: Expression): LinearForm {
  if (node.kind === 'literal') return { constant: node.value, terms: [] };
  if (node.kind !== 'operation') return { constant: 0, terms: [{ factor: 1, value: node }] };
  const { operator, operands } = node;
  const opaque: LinearForm = { constant: 0, terms: [{ factor: 1, value: node }] };
  if (operator !== 'add' && operator !== 'subtract' && operator !== 'multiply') return opaque;
  const [a, b] = [linearForm(at(operands, 0)), linearForm(at(operands, 1))];
  if (operator === 'add') return sum(a, b);
  if (operator === 'subtract') return sum(a, scaled(b, -1));
  if (b.terms.length === 0) return scaled(a, b.constant);
  return a.terms.length === 0 ? scaled(b, a.constant) : opaque;
}

const scaled = ({ constant, terms }: LinearForm, factor: number): LinearForm => ({
  constant: constant * factor,
  terms: factor === 0 ? [] : terms.map(term => ({ ...term, factor: term.factor * factor })),
});

function sum(a: LinearForm, b: LinearForm): LinearForm {
  const terms = [...a.terms];
  for (const term of b.terms) {
    const index = terms.findIndex(each => isSameVariable(each.value, term.value));
    const same = terms[index];
    if (same === undefined) terms.push(term);
    else terms[index] = { factor: same.factor + term.factor, value: same.value };
  }
  return { constant: a.constant + b.constant, terms: terms.filter(({ factor }) => factor !== 0) };
}

const isSameVariable = (a: Expression, b: Expression): boolean =>
  a.kind === 'variable' && b.kind === 'variable' && a.name === b.name;
