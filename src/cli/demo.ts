/**
 * `npm run demo`: the whole road once. Compiles the Monarch example, writes the module, runs it on seeded numbers, and
 * shows the plan, the time, and the measured error beside the bound that was derived for it.
 */
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { at, invariant } from '../core/invariant.ts';
import { certify } from '../explain/certificate.ts';
import { explainText } from '../explain/text.ts';
import { prepareMode } from '../verify/prepare.ts';
import { callsOf, compileProject, createOperator, importModule, runtimes } from './backend.ts';
import { shownPath, writeFiles } from './files.ts';
import { processIo } from './io.ts';
import { parameterValues } from './parameters.ts';
import { openProject } from './project.ts';
import { repeating, timeInterleaved } from './timing.ts';

const [seed, batch] = [1, 48];
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const io = processIo();
const example = join(root, 'examples', 'monarch');
const file = shownPath(io.cwd, join(example, 'monarch.sop'));
/** Where the module is written; another folder may be named. */
const folder = resolve(io.cwd, process.argv[2] ?? join(example, 'generated'));

async function demo(): Promise<void> {
  const project = await openProject(io, file);
  const started = performance.now();
  const instances = [{ operator: 'monarch1k', sizes: {} }];
  const written = await compileProject(project, { instances });
  const compileMs = performance.now() - started;
  const files = written.artifacts.map(({ name, contents }) => ({ path: join(folder, name), contents }));
  await writeFiles(io.cwd, files);

  const compiled = await compileProject(project, { instances, ...runtimes, modes: ['apply'] });
  const [instance] = compiled.operators;
  const lowered = instance?.modes[0];
  invariant(instance !== undefined && lowered !== undefined, 'the example has monarch1k');
  const program = instance.source;
  const { environment } = await parameterValues(io, program, {}, seed);
  const { operator, call } = await createOperator(await importModule(compiled), {
    program,
    backend: 'wasm',
    scalar: 'f32',
    environment,
  });
  const { apply } = callsOf(operator);
  const probes = prepareMode(program, lowered, environment, seed).sets.find(({ name }) => name === 'probe');
  invariant(probes !== undefined, 'every operator is probed');
  const y = await apply(Float32Array.from(probes.x), { call });
  const worst = worstOf(y, probes.expected, probes.tolerance);
  const x = Float32Array.from({ length: batch * program.columns }, (_, k) =>
    at(probes.x, k % probes.x.length),
  );
  const out = new Float32Array(batch * program.rows);
  const [time] = await timeInterleaved([repeating(() => apply(x, { out, call }))], 20);
  const milliseconds = time?.medianMs ?? Number.NaN;
  const speed = (certify(lowered).total.flopsPerRow * batch) / milliseconds / 1e6;
  const [error, bound] = [worst.error, worst.bound].map(each => each.toExponential(2));
  io.stdout.write(
    [
      `${file} -> ${shownPath(io.cwd, folder)} in ${compileMs.toFixed(0)} ms`,
      ...files.map(({ path, contents }) => `  ${shownPath(io.cwd, path)} (${contents.length} bytes)`),
      '',
      explainText(certify(lowered)),
      `batch ${batch}: ${milliseconds.toFixed(3)} ms, ${speed.toFixed(1)} GF/s`,
      `measured error ${error}, derived bound ${bound} (${probes.count} probes against f64, seed ${seed})`,
      '',
    ].join('\n'),
  );
}

/** The element that comes nearest to its bound. */
function worstOf(computed: ArrayLike<number>, exact: Float64Array, bounds: Float64Array) {
  let worst = { error: 0, bound: at(bounds, 0) };
  exact.forEach((value, k) => {
    const [error, bound] = [Math.abs(at(computed, k) - value), at(bounds, k)];
    if (error * worst.bound > worst.error * bound) worst = { error, bound };
  });
  invariant(worst.error <= worst.bound, `an error of ${worst.error} beyond its bound ${worst.bound}`);
  return worst;
}

await demo();
