/**
 * Names that only ever say where to load or store in one buffer: the WASM printer keeps them as byte
 * addresses, so that an access is one instruction with a constant offset. In a loop whose counter such a name
 * follows, it is moved along instead of computed again.
 */
import { invariant } from '../src/core/invariant.ts';
import type { Expression, Kernel, Statement } from '../src/kernel/kernel.ts';
import { expressionsOf, namesIn, visitStatements } from '../src/kernel/traverse.ts';
import { type LinearForm, linearForm } from './linear.ts';

export interface Pointer {
  readonly name: string;
  readonly buffer: string;
  /**
   * Another pointer into the same buffer that this one is computed from; absent where it starts at the
   * buffer.
   */
  readonly base: string | undefined;
  /** Elements from the base. */
  readonly distance: LinearForm;
}

export type Pointers = ReadonlyMap<string, Pointer>;

interface Uses {
  /** Buffers in which it is the whole address but for a constant. */
  readonly buffers: Set<string>;
  /** Names computed by adding to it. */
  readonly bases: string[];
  isNumber: boolean;
}

/** The name that an address is a constant away from. */
export function addressName(index: Expression): { name: string; constant: number } | undefined {
  const { constant, terms } = linearForm(index);
  const [first, ...rest] = terms;
  if (first === undefined || rest.length > 0 || first.factor !== 1) return undefined;
  return first.value.kind === 'variable' ? { name: first.value.name, constant } : undefined;
}

export function pointersOf(kernel: Kernel): Pointers {
  const declared = new Map<string, LinearForm>();
  visitStatements(kernel.body, statement => {
    if (statement.kind !== 'declare' || statement.mutable) return;
    const { scalar, lanes } = statement.value.type;
    if (scalar === 'i32' && lanes === 1) declared.set(statement.name, linearForm(statement.value));
  });
  const uses = usesOf(kernel, declared);
  const pointers = new Map<string, Pointer>();
  // A name is used after its declaration, so what it serves is known when it is reached from the end.
  for (const [name, form] of [...declared].reverse()) {
    const { buffers, bases, isNumber } = uses.get(name) ?? { buffers: new Set(), bases: [], isNumber: true };
    const all = new Set([...buffers, ...bases.map(each => pointers.get(each)?.buffer)]);
    const [buffer] = all;
    if (isNumber || buffer === undefined || all.size !== 1) continue;
    const base = baseOf(form, declared);
    pointers.set(name, { name, buffer, base, distance: form });
  }
  return new Map([...pointers].map(([name, pointer]) => [name, fromBase(pointer, pointers)]));
}

/** Leaves the base out of the distance where it is a pointer too. */
function fromBase(pointer: Pointer, pointers: Pointers): Pointer {
  const { base, distance } = pointer;
  if (base === undefined || !pointers.has(base)) return { ...pointer, base: undefined };
  const terms = distance.terms.filter(({ value }) => !(value.kind === 'variable' && value.name === base));
  return { ...pointer, distance: { ...distance, terms } };
}

/** The declared name that a form adds to. */
const baseOf = ({ terms }: LinearForm, declared: ReadonlyMap<string, LinearForm>): string | undefined =>
  terms.flatMap(({ factor, value }) =>
    factor === 1 && value.kind === 'variable' && declared.has(value.name) ? [value.name] : [],
  )[0];

function usesOf(kernel: Kernel, declared: ReadonlyMap<string, LinearForm>): Map<string, Uses> {
  const uses = new Map<string, Uses>();
  for (const name of declared.keys()) uses.set(name, { buffers: new Set(), bases: [], isNumber: false });
  const asNumbers = (names: Iterable<string>) => {
    for (const name of names) {
      const use = uses.get(name);
      if (use !== undefined) use.isNumber = true;
    }
  };
  visitStatements(kernel.body, statement => {
    let expressions = expressionsOf(statement);
    if (statement.kind === 'load' || statement.kind === 'store') {
      const place = addressName(statement.index);
      const use = place && uses.get(place.name);
      if (use !== undefined) {
        use.buffers.add(statement.buffer);
        expressions = expressions.filter(each => each !== statement.index);
      }
    }
    const form = statement.kind === 'declare' ? declared.get(statement.name) : undefined;
    if (form === undefined || statement.kind !== 'declare') {
      asNumbers(expressions.flatMap(namesIn));
      return;
    }
    const base = baseOf(form, declared);
    if (base !== undefined) uses.get(base)?.bases.push(statement.name);
    asNumbers(form.terms.flatMap(({ value }) => namesIn(value)).filter(name => name !== base));
  });
  return uses;
}

export interface Induction {
  readonly pointer: Pointer;
  /** Elements it moves in one round of the loop. */
  readonly step: number;
}

/** Pointers declared in the loop's body that move by a constant from round to round. */
export function inductionsOf(node: Statement & { kind: 'for' }, pointers: Pointers): readonly Induction[] {
  const { variable, step, body } = node;
  invariant(step.kind === 'literal', 'steps of loops are literals');
  const changing = new Set<string>([variable]);
  visitStatements(body, statement => {
    if (statement.kind === 'declare' || statement.kind === 'load' || statement.kind === 'assign')
      changing.add(statement.name);
    if (statement.kind === 'for') changing.add(statement.variable);
  });
  return body.flatMap((statement): Induction[] => {
    const pointer = statement.kind === 'declare' ? pointers.get(statement.name) : undefined;
    if (pointer === undefined || (pointer.base !== undefined && changing.has(pointer.base))) return [];
    let factor = 0;
    for (const term of pointer.distance.terms) {
      if (term.value.kind === 'variable' && term.value.name === variable) factor = term.factor;
      else if (namesIn(term.value).some(name => changing.has(name))) return [];
    }
    return [{ pointer, step: factor * step.value }];
  });
}
