/** Times of functions that compete: interleaved rounds, medians and quartiles. */
import { at } from '../core/invariant.ts';

export interface Times {
  readonly medianMs: number;
  /** A quarter of the rounds is faster than the first, a quarter slower than the second. */
  readonly quartilesMs: readonly [number, number];
}

/** A round repeats a function for at least this long. */
const roundMs = 8;

/** Every function once a round, in turn, so that all meet the same disturbances. The first rounds only warm up. */
export function timeInterleaved(functions: readonly (() => void)[], rounds: number): Times[] {
  const repeats = functions.map(repeatsFor);
  const times = functions.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    functions.forEach((run, k) => {
      at(times, k).push(timeOf(run, at(repeats, k)));
    });
  }
  return times.map(each => {
    const sorted = each.toSorted((a, b) => a - b);
    const quantile = (part: number): number => at(sorted, Math.floor((sorted.length - 1) * part));
    return { medianMs: quantile(0.5), quartilesMs: [quantile(0.25), quantile(0.75)] };
  });
}

function timeOf(run: () => void, repeats: number): number {
  const start = performance.now();
  for (let k = 0; k < repeats; k++) run();
  return (performance.now() - start) / repeats;
}

/** Doubles the count until a round is long enough; what runs meanwhile is compiled and cached by the engine. */
function repeatsFor(run: () => void): number {
  let repeats = 1;
  while (timeOf(run, repeats) * repeats < roundMs && repeats < 2 ** 20) repeats *= 2;
  return repeats;
}
