/**
 * Hash-consing: structurally equal nodes are the same object, so `===` is structural equality and a pass that
 * changes nothing returns what it was given. Nodes are held weakly, so a long-lived page does not grow.
 */

interface Interned {
  readonly id: number;
}

let nextId = 1;

/** A table for one family of nodes. The key must determine the node; children enter it by their `id`. */
export function internTable<Node extends Interned & object>() {
  const table = new Map<string, WeakRef<Node>>();
  const collected = new FinalizationRegistry<string>(key => {
    if (table.get(key)?.deref() === undefined) table.delete(key);
  });
  return function intern<Made extends Node>(key: string, make: (id: number) => Made): Made {
    const existing = table.get(key)?.deref();
    if (existing !== undefined) return existing as Made;
    const node = Object.freeze(make(nextId++));
    table.set(key, new WeakRef<Node>(node));
    collected.register(node, key);
    return node;
  };
}
