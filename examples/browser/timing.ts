/** How long one product takes, by repeating it until the clock can tell. */

/** Seconds that `count` products took, one after the other. */
export type Elapsed = (count: number) => number | Promise<number>;

const warmSeconds = 0.02;
/** Two, lest one disturbed sample stand for all. */
const fewestSamples = 2;
const mostSamples = 5;
/** After which no further sample is taken. */
const budgetSeconds = 0.08;

/**
 * The lower quartile of a few samples, since what else the machine does only adds to them; each is of so many products
 * that it takes `enoughSeconds`.
 * @param mostProducts in one sample, where the clock still cannot tell.
 */
export async function secondsPerProduct(
  elapsed: Elapsed,
  enoughSeconds: number,
  mostProducts: number,
): Promise<number> {
  // The first runs pay for memory that they touch first and for compilers that are still at work.
  const start = performance.now();
  let warm = 0;
  while (warm < warmSeconds && performance.now() - start < 1000 * warmSeconds) warm += await elapsed(1);
  let count = 1;
  let sample = await elapsed(count);
  while (sample < enoughSeconds && count < mostProducts) {
    const wanted = Math.ceil((1.2 * count * enoughSeconds) / Math.max(sample, 1e-6));
    count = Math.min(mostProducts, Math.max(2 * count, Math.min(wanted, 16 * count)));
    sample = await elapsed(count);
  }
  const samples = [sample];
  let spent = sample;
  while (samples.length < fewestSamples || (samples.length < mostSamples && spent < budgetSeconds)) {
    const next = await elapsed(count);
    samples.push(next);
    spent += Math.max(next, budgetSeconds / mostSamples / 2);
  }
  samples.sort((a, b) => a - b);
  return (samples[Math.floor((samples.length - 1) / 4)] ?? Number.NaN) / count;
}
