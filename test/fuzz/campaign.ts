/**
 * A long campaign of random programs: `npm run fuzz -- --seed 1 --seconds 60`. Program number k of a campaign
 * is made from seed + k alone, so a failure is repeated by `--seed` with its number and `--programs 1`. With
 * `--backend webgpu` each runs as shaders on Dawn, on every profile, within its derived bounds. Exits with 1
 * when any failed.
 */
import { parseArgs } from 'node:util';
import { gpuTrials } from '../webgpu/trial.ts';
import { type Failure, newCoverage, record, report } from './coverage.ts';
import { type Outcome, runTrial } from './trial.ts';
import { generatedFrom } from './values.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '30' },
    programs: { type: 'string', default: 'Infinity' },
    backend: { type: 'string', default: 'wasm' },
  },
});

const [first, seconds, limit] = [Number(values.seed), Number(values.seconds), Number(values.programs)];
const run: (seed: number) => Promise<readonly Outcome[]> =
  values.backend === 'webgpu' ? await gpuTrials() : async seed => [await runTrial(seed)];
const end = performance.now() + 1000 * seconds;
const coverage = newCoverage();
const failures: Failure[] = [];
let begun = 0;
async function work(): Promise<void> {
  while (begun < limit && performance.now() < end) {
    const seed = first + begun++;
    try {
      record(coverage, seed, await run(seed));
    } catch (error) {
      const { text, sizes } = generatedFrom(seed);
      failures.push({ seed, message: String(error), text: `${text}${JSON.stringify(sizes)}` });
    }
  }
}
// While a device compiles or runs one program, the next are made.
await Promise.all(Array.from({ length: values.backend === 'webgpu' ? 6 : 1 }, work));
const lines = [
  `${values.backend}, seed ${first}, ${seconds} s`,
  ...report(coverage),
  `${failures.length} failures`,
  ...failures.slice(0, 10).map(({ seed, message, text }) => `\nseed ${seed}: ${message}\n${text}`),
];
process.stdout.write(`${lines.join('\n')}\n`);
// A device keeps the process alive.
process.stdout.end(() => process.exit(failures.length > 0 ? 1 : 0));
