/** Chains of binary operators. */

/**
 * ((a ∘ b) ∘ c) ∘ d as a, then the nodes of b, c and d, innermost first. A chain may be thousands long, so it is
 * walked here, without recursion.
 */
export function leftSpine<Node, Link extends Node & { readonly left: Node }>(
  last: Link,
  isLink: (node: Node) => node is Link,
): { readonly first: Node; readonly links: readonly Link[] } {
  const links: Link[] = [];
  let first: Node = last;
  while (isLink(first)) {
    links.push(first);
    first = first.left;
  }
  return { first, links: links.reverse() };
}
