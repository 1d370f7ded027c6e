/** Remembers what was computed of a node under an environment, for as long as the environment lives. */
import type { Environment } from '../ir/tensorEvaluate.ts';

export function memoised<Node, Value>(
  compute: (node: Node, environment: Environment) => Value,
): (node: Node, environment: Environment) => Value {
  const known = new WeakMap<Environment, Map<Node, { readonly value: Value }>>();
  return (node, environment) => {
    const values = known.get(environment) ?? new Map<Node, { readonly value: Value }>();
    known.set(environment, values);
    const found = values.get(node) ?? { value: compute(node, environment) };
    values.set(node, found);
    return found.value;
  };
}
