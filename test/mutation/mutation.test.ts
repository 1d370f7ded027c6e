/**
 * Does the conformance check fail when a kernel is wrong? Kernels and pack steps are broken, one mistake at
 * a time, and every mutant must be caught, or give identical results on every probe (then it is no mistake:
 * a tail that is never reached).
 */
import { expect, test } from 'vitest';
import type { Memory } from '../../src/kernel/interpret.ts';
import type { Kernel } from '../../src/kernel/kernel.ts';
import { simplify } from '../../src/kernel/simplify.ts';
import type { PackedBuffer } from '../../src/lower/context.ts';
import { lowerProgram } from '../../src/lower/lower.ts';
import { lowerPack } from '../../src/lower/pack.ts';
import { type LoweredOperator, loweringOptions } from '../../src/pipeline.ts';
import { randomNumbers } from '../../src/verify/probes.ts';
import {
  type Backend,
  prepareVerification,
  runVerification,
  type Subject,
  type Verification,
} from '../../src/verify/verify.ts';
import {
  contractingReflections,
  interpreterBackend,
  lowered,
  packAll,
  packWith,
  subjectOf,
} from '../verify/backends.ts';
import { type Mistake, type Mutant, mutate } from './mutate.ts';

const operators: Record<string, string> = {
  'monarch, rectangular': `op monarch_rect[k, q, p, l, s, r](W1: [k, q, p], W2: [l, s, r]) : k*p -> l*s where l*r == k*q
  = stride(l*s, s) * blockdiag(W2) * stride(k*q, l) * blockdiag(W1)
export monarch_rect[4, 3, 4, 6, 5, 2] as f`,
  'low rank': `op lowrank_ffn[n, m, r](A: [r, n], B: [m, r]) : n -> m = dense(B) * dense(A)
export lowrank_ffn[9, 11, 3] as f`,
  'feed forward': `op ffn[n, m](A: [m, n], b: [m], C: [m, n], D: [n, m]) : n -> n
  = dense(A) |> bias(b) |> gelu |> gate(dense(C)) |> dense(D)
export ffn[5, 7] as f`,
  'triangular solve': `op s[n](T: [n, n]) : n -> n = inv(unitlower(T))
export s[7] as f`,
  reflections: `op chain[n, k](V: [k, n], beta: [k]) : n -> n = prod(i < k) reflect(V[i], beta[i])
export chain[11, 3] as f`,
  'permutation table': `op p[n](p: index[n], W: [n, n]) : n -> n = perm(p) * dense(W) * perm(p)
export p[7] as f`,
  randlora: `op randlora[n, m, r, k](frozen W: [m, n], frozen B: [k, m, r], frozen A: [r, n], lambda: [k, r], gamma: [k, n], s: []) : n -> m
  = dense(W) + s * sum(j < k) dense(B[j]) * diag(lambda[j]) * dense(A) * diag(gamma[j])
export randlora[6, 5, 3, 2] as f`,
};

/** The machine may be busy with other tests. */
const patience = { timeout: 60_000 };

interface Case {
  readonly name: string;
  readonly subject: () => Subject;
  /** Mutants of one kind. */
  readonly perMistake: number;
}

const cases: readonly Case[] = [
  ...Object.entries(operators).map(
    ([name, text]): Case => ({ name, subject: () => subjectOf(lowered(text)), perMistake: 10 }),
  ),
  // Where the componentwise bound says nothing, and a mutant is caught by the normwise one.
  { name: '64 reflections', subject: () => applied(contractingReflections(16, 64)), perMistake: 2 },
];

/** Without its adjoint and the weights that only the adjoint reads. */
function applied(subject: Subject): Subject {
  const modes = subject.instance.modes.filter(({ mode }) => mode === 'apply');
  const buffers = modes.flatMap(({ kernels }) => kernels.flatMap(kernel => kernel.buffers));
  const packed = subject.packed.filter(({ name }) => buffers.some(buffer => buffer.name === name));
  return { ...subject, packed, instance: { ...subject.instance, modes } };
}

/** The kernels before functions are expanded into polynomials, whose digits are tested elsewhere. */
function plainKernels(modes: readonly LoweredOperator[]): Kernel[] {
  const packed: PackedBuffer[] = [];
  return modes.flatMap(({ tiles, plan }) =>
    tiles.map(tile => {
      const options = loweringOptions({ profile: plan.profile, scalar: 'f32' });
      return simplify(lowerProgram(tile, options, packed).kernel);
    }),
  );
}

/** `stopped`: caught because it reads or writes outside a buffer; `caught` by its numbers. */
type Outcome = 'caught' | 'stopped' | 'equivalent' | 'survived';

/**
 * Runs mutant and original side by side; `same` says whether they ever differed (but for the sign of a
 * zero).
 */
function judge(verification: Verification, mutant: () => Backend, original: Backend): Outcome {
  let same = true;
  const compare = (a: ArrayLike<number>, b: ArrayLike<number>) => {
    same &&=
      a.length === b.length && Array.from(a).every((value, k) => value === b[k] || Object.is(value, b[k]));
  };
  const backend = mutant();
  const watched: Backend = {
    name: backend.name,
    packed: buffer => {
      const values = backend.packed?.(buffer) ?? [];
      compare(values, original.packed?.(buffer) ?? []);
      return values;
    },
    run: request => {
      const y = backend.run(request);
      if (same) compare(y, original.run(request));
      return y;
    },
  };
  const { passed, failures } = runVerification(verification, watched, 1);
  if (passed) return same ? 'equivalent' : 'survived';
  return failures.every(each => each.includes('stopped')) ? 'stopped' : 'caught';
}

interface Trial {
  readonly mutant: Mutant;
  readonly backend: () => Backend;
}

function trials(
  subject: Subject,
  kernels: readonly Kernel[],
  values: ReadonlyMap<string, Memory>,
  perMistake: number,
): Trial[] {
  const ofKernels = kernels.flatMap(kernel =>
    [...mutate(kernel)].map(
      (mutant): Trial => ({
        mutant: { ...mutant, where: `${kernel.name}: ${mutant.where}` },
        backend: () => {
          const broken = mutant.make();
          return backendOf(
            subject,
            values,
            kernels.map(each => (each === kernel ? broken : each)),
          );
        },
      }),
    ),
  );
  const ofPacks = subject.packed.flatMap(buffer => {
    const { kernel } = lowerPack(buffer);
    return [...mutate(kernel)].map(
      (mutant): Trial => ({
        mutant: { ...mutant, where: `${kernel.name}: ${mutant.where}` },
        backend: () => {
          const broken = packWith(buffer, mutant.make(), subject.environment);
          return backendOf(subject, new Map(values).set(buffer.name, broken), kernels);
        },
      }),
    );
  });
  return [...sampled(ofKernels, perMistake), ...sampled(ofPacks, perMistake)];
}

/** At most `perMistake` of each kind, chosen by a seed. */
function sampled(all: readonly Trial[], perMistake: number): Trial[] {
  const kinds = new Set(all.map(({ mutant }) => mutant.mistake));
  return [...kinds].flatMap(kind => {
    const own = all.filter(({ mutant }) => mutant.mistake === kind);
    const next = randomNumbers(own.length);
    const keyed = own.map(trial => ({ trial, key: next() })).sort((a, b) => a.key - b.key);
    return keyed.slice(0, perMistake).map(({ trial }) => trial);
  });
}

const backendOf = (
  subject: Subject,
  values: ReadonlyMap<string, Memory>,
  kernels: readonly Kernel[],
): Backend => {
  const byName = new Map(kernels.map(kernel => [kernel.name, kernel]));
  return interpreterBackend(subject, values, kernel => byName.get(kernel.name) ?? kernel);
};

const counts = new Map<Mistake, Record<Outcome, number>>();

test.each(cases)('every mutant of $name is caught or equivalent', patience, testCase => {
  const subject = testCase.subject();
  const kernels = plainKernels(subject.instance.modes);
  const values = packAll(subject.packed, subject.environment);
  const verification = prepareVerification(subject);
  const original = backendOf(subject, values, kernels);
  expect(runVerification(verification, original).failures).toEqual([]);
  const survivors: string[] = [];
  for (const { mutant, backend } of trials(subject, kernels, values, testCase.perMistake)) {
    const outcome = judgeSafely(verification, backend, original);
    const count = counts.get(mutant.mistake) ?? { caught: 0, stopped: 0, equivalent: 0, survived: 0 };
    count[outcome]++;
    counts.set(mutant.mistake, count);
    if (outcome === 'survived') survivors.push(`${mutant.mistake} at ${mutant.where}`);
  }
  expect(survivors).toEqual([]);
});

/** A mutant that cannot be made or packed, because the access is outside its buffer, stops too. */
function judgeSafely(verification: Verification, mutant: () => Backend, original: Backend): Outcome {
  try {
    return judge(verification, mutant, original);
  } catch (error) {
    expect(String(error)).toMatch(/outside its \d+ elements/);
    return 'stopped';
  }
}

test('every kind of mistake was tried and caught', () => {
  const sum = (outcome: Outcome) => [...counts.values()].reduce((total, each) => total + each[outcome], 0);
  const line = (name: string, by: Record<Outcome, number>) => {
    const caught = by.caught + by.stopped;
    return `${name.padEnd(28)} caught ${caught} of ${caught + by.survived} (${by.caught} by numbers), equivalent ${by.equivalent}`;
  };
  const all: Record<Outcome, number> = {
    caught: sum('caught'),
    stopped: sum('stopped'),
    equivalent: sum('equivalent'),
    survived: sum('survived'),
  };
  console.info([...counts].map(([mistake, by]) => line(mistake, by)).join('\n'));
  console.info(line('all mutants', all));
  expect(counts.size).toBe(16);
  expect([...counts].filter(([, by]) => by.caught === 0).map(([mistake]) => mistake)).toEqual([]);
  expect(all.survived).toBe(0);
});
