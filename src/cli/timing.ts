/** Times of functions that compete: interleaved rounds, medians and quartiles. */
import { at } from '../core/invariant.ts';

export interface Times {
  readonly medianMs: number;
  /** A quarter of the rounds is faster than the first, a quarter slower than the second. */
  readonly quartilesMs: readonly [number, number];
}

/** A round repeats a function for at least this long. */
const roundMs = 8;

/** Does its work so many times; what it leaves to a device it waits for. */
export type Timed = (repeats: number) => void | Promise<void>;

export const repeating =
  (run: () => unknown): Timed =>
  repeats => {
    for (let k = 0; k < repeats; k++) run();
  };

/** Every function once a round, in turn, so that all meet the same disturbances. The first rounds only warm up. */
export async function timeInterleaved(functions: readonly Timed[], rounds: number): Promise<Times[]> {
  const repeats: number[] = [];
  for (const run of functions) repeats.push(await repeatsFor(run));
  const times = functions.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [k, run] of functions.entries()) at(times, k).push(await timeOf(run, at(repeats, k)));
  }
  return times.map(each => {
    const sorted = each.toSorted((a, b) => a - b);
    const quantile = (part: number): number => at(sorted, Math.floor((sorted.length - 1) * part));
    return { medianMs: quantile(0.5), quartilesMs: [quantile(0.25), quantile(0.75)] };
  });
}

async function timeOf(run: Timed, repeats: number): Promise<number> {
  const start = performance.now();
  await run(repeats);
  return (performance.now() - start) / repeats;
}

/** Doubles the count until a round is long enough; what runs meanwhile is compiled and cached by the engine. */
async function repeatsFor(run: Timed): Promise<number> {
  let repeats = 1;
  while ((await timeOf(run, repeats)) * repeats < roundMs && repeats < 2 ** 20) repeats *= 2;
  return repeats;
}
