/**
 * A long campaign of random programs: `npm run fuzz -- --seed 1 --seconds 60`. Program number k of a campaign
 * is made from seed + k alone, so a failure is repeated by `--seed` with its number and `--programs 1`. Exits
 * with 1 when any failed.
 */
import { parseArgs } from 'node:util';
import { generateProgram } from '../check/arbitrary.ts';
import { type Failure, newCoverage, record, report } from './coverage.ts';
import { runTrial } from './trial.ts';
import { numbers } from './values.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '30' },
    programs: { type: 'string', default: 'Infinity' },
  },
});

const [first, seconds, limit] = [Number(values.seed), Number(values.seconds), Number(values.programs)];
const end = performance.now() + 1000 * seconds;
const coverage = newCoverage();
const failures: Failure[] = [];
for (let k = 0; k < limit && performance.now() < end; k++) {
  const seed = first + k;
  try {
    record(coverage, seed, await runTrial(seed));
  } catch (error) {
    const { text, sizes } = generateProgram(Array.from({ length: 160 }, numbers(seed)));
    failures.push({ seed, message: String(error), text: `${text}${JSON.stringify(sizes)}` });
  }
}
const lines = [
  `seed ${first}, ${seconds} s`,
  ...report(coverage),
  `${failures.length} failures`,
  ...failures.slice(0, 10).map(({ seed, message, text }) => `\nseed ${seed}: ${message}\n${text}`),
];
process.stdout.write(`${lines.join('\n')}\n`);
process.exitCode = failures.length > 0 ? 1 : 0;
