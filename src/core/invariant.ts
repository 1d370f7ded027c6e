/** Our own mistakes. A user's mistake is a diagnostic (diagnostic.ts) and never reaches this file. */

export class InternalError extends Error {
  override readonly name = 'InternalError';
}

export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InternalError(message);
}

/** The end of a switch over a closed union: fails to compile when a case is missing. */
export function unreachable(value: never): never {
  throw new InternalError(`unexpected case: ${JSON.stringify(value)}`);
}

/** An element that is there by construction; the message names the invariant that says so. */
export function at<T>(items: ArrayLike<T>, index: number): T {
  const item = items[index];
  // The message is made only when it is needed: this is the innermost call of every interpreter.
  if (item === undefined) throw new InternalError(`index ${index} outside 0..${items.length - 1}`);
  return item;
}
