/** The known name nearest to one that is not, for "did you mean". */

/** Nothing where no name is near enough to be a slip. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: { name: string; distance: number } | undefined;
  const limit = Math.max(1, Math.floor(name.length / 3));
  for (const other of known) {
    // One letter is one edit away from every other letter.
    if (name.length === 1 && other.toLowerCase() !== name.toLowerCase()) continue;
    if (Math.abs(other.length - name.length) > limit) continue;
    const distance = editDistance(name, other);
    if (distance <= limit && (best === undefined || distance < best.distance))
      best = { name: other, distance };
  }
  return best?.name;
}

/** Letters put in, left out, replaced, or two neighbours swapped: each counts once. */
function editDistance(a: string, b: string): number {
  let beforeLast: readonly number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swapped ? (beforeLast[j - 2] ?? 0) + 1 : replaced;
      current.push(Math.min(replaced, swap, (last[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    [beforeLast, last] = [last, current];
  }
  return last[b.length] ?? 0;
}
