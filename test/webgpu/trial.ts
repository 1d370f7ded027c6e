/**
 * One random program as shaders on Dawn: both modes, every profile, against f64 within the derived bounds, by the check
 * of `sop verify`. Tiles of odd rows and little memory bring out what real sizes would.
 */
import { answeredAhead } from '../../src/cli/conformance.ts';
import { at } from '../../src/core/invariant.ts';
import type { PackedBuffer } from '../../src/lower/context.ts';
import { isLinear, type LoweredInstance, lowerOperator } from '../../src/pipeline.ts';
import { type GpuProfileName, gpuProfiles, type Profile, profiles } from '../../src/plan/profile.ts';
import { prepareVerification, runVerification } from '../../src/verify/verify.ts';
import { type Outcome, type RandomProgram, randomProgram } from '../fuzz/trial.ts';
import { openEngine } from './engine.ts';
import { type BuiltGroups, buildGroups, prepareDawn, shaderTexts } from './stages.ts';

/** Each profile on a device that has what it names and no more than WebGPU gives unasked. */
export async function gpuTrials(): Promise<(seed: number) => Promise<Outcome[]>> {
  const engine = await openEngine();
  if (engine.kind === 'missing') throw new Error(engine.why);
  const devices = {
    'webgpu-default': await engine.newDevice('defaults'),
    'webgpu-large': await engine.newDevice('everything'),
  } as const satisfies Record<GpuProfileName, GPUDevice>;
  return async seed => {
    const random = { ...randomProgram(seed), seed };
    const shape = shapeOf(random.next);
    const built = gpuProfiles.map(name => ({ name, ...buildTrial(random, profileOf(name, shape)) }));
    // As in a module, where more memory changes no shader there is no variant for it.
    const [large, plain] = built.map(({ modes }) => modes.flatMap(shaderTexts).join());
    const outcomes: Outcome[] = [];
    for (const { name, ...trial } of large === plain ? built.slice(1) : built) {
      const { problems, ...found } = await checkOnDawn(devices[name], random, trial);
      if (problems.length > 0) throw new Error(`${name}: ${problems.join('\n  ')}`);
      outcomes.push({ program: random.generated, measure: `error ÷ bound on ${name}`, ...found });
    }
    return outcomes;
  };
}

interface Shape {
  readonly tileRows: number;
  /** The tile's memory, of that of the profile. */
  readonly part: number;
  readonly invocations: number;
  /** Small, for chains of few numbers to be taken in slices. */
  readonly sectorBytes: number;
}

const shapeOf = (next: () => number): Shape => ({
  tileRows: 1 + (next() % 9),
  part: at([1, 1, 1 / 16, 1 / 64, 1 / 256], next() % 5),
  invocations: at([3, 32, 64, 256], next() % 4),
  sectorBytes: at([4, 16, 32], next() % 3),
});

function profileOf(name: GpuProfileName, { tileRows, part, ...shape }: Shape): Profile {
  const { tileBytes, group, ...profile } = profiles[name];
  return { ...profile, tileRows, tileBytes: tileBytes * part, group: { ...group, ...shape } };
}

export interface GpuTrial {
  readonly instance: LoweredInstance;
  readonly packed: readonly PackedBuffer[];
  readonly modes: readonly BuiltGroups[];
}

export function buildTrial({ program }: Pick<RandomProgram, 'program'>, profile: Profile): GpuTrial {
  const packed: PackedBuffer[] = [];
  const names = isLinear(program) ? (['apply', 'adjoint'] as const) : (['apply'] as const);
  const lowered = names.map(mode => lowerOperator(program, mode, { profile, scalar: 'f32' }, packed));
  const { invocations = 1 } = profile.group ?? {};
  return {
    instance: { source: program, modes: lowered },
    packed,
    modes: lowered.map(each =>
      buildGroups({ source: program, scalar: 'f32', storage: undefined, lowered: each, packed }, invocations),
    ),
  };
}

export interface Checked {
  readonly kernels: number;
  /** The worst error in parts of its bound. */
  readonly error: number;
  readonly problems: readonly string[];
}

/** The check of `sop verify`, on shaders that Dawn runs. */
export async function checkOnDawn(
  device: GPUDevice,
  { environment, seed }: Pick<RandomProgram, 'environment'> & { readonly seed: number },
  { instance, packed, modes }: GpuTrial,
): Promise<Checked> {
  const verification = prepareVerification({ instance, packed, environment, seed });
  const prepared = await Promise.all(modes.map(built => prepareDawn(device, built, environment)));
  const backend = await answeredAhead('Dawn', verification, async ({ mode, x, batch, poison }) => {
    const rows = { batch, data: Float64Array.from(x) };
    return (await at(prepared, mode === 'apply' ? 0 : 1).run(rows, poison)).data;
  });
  const report = runVerification(verification, backend);
  for (const { dispose } of prepared) dispose();
  // Where cancellation leaves a bound that says little, or a drawn value lacks an assumed property, that is no mistake.
  const vague = report.modes.filter(({ uninformative }) => uninformative > 0).length;
  const unheld = report.audits.filter(({ holds }) => !holds).length;
  return {
    kernels: modes.reduce((count, { shaders }) => count + shaders.length, 0),
    error: Math.max(...report.modes.map(({ worstRatio }) => worstRatio)),
    problems: report.failureCount > vague + unheld ? report.failures : [],
  };
}
