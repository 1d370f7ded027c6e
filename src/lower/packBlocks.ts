/** The blocks of a pack step, and in which of them a value can be computed. */
import { type IndexScalar, type Scalar, scalarChildren } from '../ir/tensor.ts';
import type { Expression, Statement } from '../kernel/kernel.ts';

/** A block being filled: the root, the body of a loop over `binds`, or a branch of a choice. */
export interface Block {
  readonly parent: Block | undefined;
  readonly binds: IndexScalar | undefined;
  readonly isBranch: boolean;
  readonly statements: Statement[];
  /** Values that have a name in this block. */
  readonly known: Map<Scalar, Expression>;
  /** Parts of addresses that have a name in this block, by their terms. */
  readonly bases: Map<string, Expression>;
}

export const blockIn = (
  parent: Block | undefined,
  binds: IndexScalar | undefined,
  isBranch = false,
): Block => ({
  parent,
  binds,
  isBranch,
  statements: [],
  known: new Map(),
  bases: new Map(),
});

interface Facts {
  /** Axes and bound variables it depends on. */
  readonly free: ReadonlySet<Scalar | number>;
  readonly readsMemory: boolean;
}

const facts = new WeakMap<Scalar, Facts>();

export function factsOf(scalar: Scalar): Facts {
  const known = facts.get(scalar);
  if (known !== undefined) return known;
  const children = scalarChildren(scalar).map(factsOf);
  const free = new Set(children.flatMap(child => [...child.free]));
  if (scalar.kind === 'axis') free.add(scalar);
  if (scalar.kind === 'bound') free.add(scalar.variable);
  if (scalar.kind === 'sum') free.delete(scalar.variable);
  const readsMemory =
    scalar.kind === 'element' || scalar.kind === 'sum' || children.some(child => child.readsMemory);
  const made = { free, readsMemory };
  facts.set(scalar, made);
  return made;
}

/** The outermost block where the scalar can be computed. */
export function homeOf(block: Block, scalar: Scalar): Block {
  const { free, readsMemory } = factsOf(scalar);
  let home = block;
  while (home.parent !== undefined) {
    const { binds } = home;
    if (binds !== undefined && free.has(binds.kind === 'bound' ? binds.variable : binds)) break;
    if (home.isBranch && readsMemory) break;
    home = home.parent;
  }
  return home;
}

export function knownIn(block: Block | undefined, scalar: Scalar): Expression | undefined {
  return block && (block.known.get(scalar) ?? knownIn(block.parent, scalar));
}

export const depthOf = (block: Block): number => (block.parent === undefined ? 0 : 1 + depthOf(block.parent));
