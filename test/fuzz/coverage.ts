/** What a campaign has seen: programs, leaves beside combinators, the worst error. */
import type { Outcome } from './trial.ts';

export interface Failure {
  readonly seed: number;
  readonly message: string;
  readonly text: string;
}

export interface Coverage {
  programs: number;
  kernels: number;
  readonly features: Map<string, number>;
  /** Programs that hold both, by `leaf x combinator`. */
  readonly pairs: Map<string, number>;
  readonly worst: Map<string, { readonly error: number; readonly seed: number }>;
}

export const newCoverage = (): Coverage => ({
  programs: 0,
  kernels: 0,
  features: new Map(),
  pairs: new Map(),
  worst: new Map(),
});

const count = (counts: Map<string, number>, key: string): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1);
};

const named = (features: Iterable<string>, kind: string): string[] =>
  [...features].filter(each => each.startsWith(`${kind} `)).map(each => each.slice(kind.length + 1));

/** One program, run in one way or several. */
export function record(coverage: Coverage, seed: number, outcomes: readonly Outcome[]): void {
  const [first] = outcomes;
  if (first === undefined) return;
  const { features } = first.program;
  coverage.programs++;
  for (const feature of features) count(coverage.features, feature);
  for (const leaf of named(features, 'leaf'))
    for (const combinator of named(features, 'combinator')) count(coverage.pairs, `${leaf} x ${combinator}`);
  for (const { measure, kernels, error } of outcomes) {
    coverage.kernels += kernels;
    const worst = coverage.worst.get(measure);
    if (worst === undefined || error > worst.error) coverage.worst.set(measure, { error, seed });
  }
}

export function report(coverage: Coverage): string[] {
  const { programs, kernels, features, pairs, worst } = coverage;
  const [leaves, combinators] = [named(features.keys(), 'leaf'), named(features.keys(), 'combinator')];
  const missing = leaves.flatMap(leaf =>
    combinators.flatMap(each => (pairs.has(`${leaf} x ${each}`) ? [] : [`${leaf} x ${each}`])),
  );
  const possible = leaves.length * combinators.length;
  return [
    `${programs} programs, ${kernels} kernels`,
    `${leaves.length} leaves x ${combinators.length} combinators: ${possible - missing.length} of ${possible} pairs`,
    ...(missing.length > 0
      ? [`  not yet: ${missing.slice(0, 12).join(', ')}${missing.length > 12 ? ', ...' : ''}`]
      : []),
    ...[...worst]
      .sort()
      .map(([measure, { error, seed }]) => `worst ${measure} ${error.toExponential(2)} (seed ${seed})`),
  ];
}
