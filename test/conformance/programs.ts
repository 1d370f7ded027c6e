/** Random programs with the machine they are compiled for, and the batches they are run on. */
import fc from 'fast-check';
import type { Operator, Pointwise, Program, Step } from '../../src/ir/operator.ts';
import type { Environment } from '../../src/ir/tensorEvaluate.ts';
import type { Mode } from '../../src/pipeline.ts';
import type { Profile } from '../../src/plan/profile.ts';
import { anyOperator, environmentFor, operatorOf, size } from '../ir/arbitrary.ts';
import { named, valuesOf } from '../ir/values.ts';
import { linearProgram, profileWith, programOf, type Rows } from './stages.ts';

export interface Trial {
  readonly program: Program;
  readonly mode: Mode;
  readonly scalar: 'f32' | 'f64';
  readonly profile: Profile;
}

/** Tiles of few rows, and often so little room that every factor is a kernel of its own. */
const machine: fc.Arbitrary<Profile> = fc
  .tuple(fc.constantFrom(1, 2, 3, 4, 5, 8, 16), fc.constantFrom(1, 48, 160, 512 * 1024))
  .map(([tileRows, tileBytes]) => profileWith({ tileRows, tileBytes }));

export const operatorTrial: fc.Arbitrary<Trial> = fc.record({
  program: anyOperator.map(operator => linearProgram(operator)),
  mode: fc.constantFrom('apply', 'adjoint'),
  scalar: fc.constantFrom('f32', 'f64'),
  profile: machine,
});

const functions: readonly Pointwise[] = ['relu', 'gelu', 'geluTanh', 'silu', 'tanh', 'sigmoid'];

const linear = (operator: Operator): Step => ({ kind: 'linear', operator });

/**
 * Steps from n to m elements: a linear one, then biases, functions and gates in any order, and perhaps more
 * of both.
 */
function stepsOf(n: number, m: number, origin: number, depth: number): fc.Arbitrary<Step[]> {
  const after: fc.Arbitrary<Step>[] = [
    fc.nat(5).map((salt): Step => ({ kind: 'bias', bias: named('bias', [m], salt) })),
    fc.constantFrom(...functions).map((name): Step => ({ kind: 'pointwise', function: name })),
  ];
  if (depth > 0)
    after.push(stepsOf(origin, m, origin, depth - 1).map((steps): Step => ({ kind: 'gate', steps })));
  const one = fc
    .tuple(operatorOf(m, n, 1).map(linear), fc.array(fc.oneof(...after), { maxLength: 3 }))
    .map(([first, rest]) => [first, ...rest]);
  if (depth === 0) return one;
  const through = size.chain(k => fc.tuple(stepsOf(n, k, origin, 0), stepsOf(k, m, origin, depth - 1)));
  return fc.oneof(
    one,
    through.map(parts => parts.flat()),
  );
}

/** A map may begin with a function of its input. */
export const mapTrial: fc.Arbitrary<Trial> = fc.record({
  program: fc
    .tuple(size, size)
    .chain(([n, m]) =>
      fc.tuple(fc.constant(n), stepsOf(n, m, n, 2), fc.constantFrom(undefined, ...functions)),
    )
    .map(([n, steps, first]) =>
      programOf(n, first === undefined ? steps : [{ kind: 'pointwise', function: first }, ...steps]),
    ),
  mode: fc.constant('apply'),
  scalar: fc.constantFrom('f32', 'f64'),
  profile: machine,
});

/** Every operator and bias in the steps, gates included. */
function operatorsIn(steps: readonly Step[]): Operator[] {
  return steps.flatMap(step =>
    step.kind === 'linear' ? [step.operator] : step.kind === 'gate' ? operatorsIn(step.steps) : [],
  );
}

function biasesIn(steps: readonly Step[]): Step[] {
  return steps.flatMap(step =>
    step.kind === 'gate' ? biasesIn(step.steps) : step.kind === 'bias' ? [step] : [],
  );
}

export function environmentOf({ steps }: Program): Environment {
  const biases = biasesIn(steps).flatMap(step =>
    step.kind === 'bias' && step.bias.kind === 'parameter' ? [step.bias] : [],
  );
  return new Map([
    ...environmentFor(...operatorsIn(steps)),
    ...biases.map(bias => [bias.name, valuesOf(bias)] as const),
  ]);
}

/** Functions whose f32 spelling rounds in between, unlike the reference's. */
export const isTranscendental = ({ steps }: Program): boolean => transcendentalIn(steps);
const transcendentalIn = (steps: readonly Step[]): boolean =>
  steps.some(
    step =>
      (step.kind === 'pointwise' && step.function !== 'relu') ||
      (step.kind === 'gate' && transcendentalIn(step.steps)),
  );

/** Batches around what a tile holds, with inputs in (-1, 1) from a seed. */
export function batchesFor({ program, mode, profile }: Trial, seed: number): Rows[] {
  const width = mode === 'apply' ? program.columns : program.rows;
  const sizes = new Set([0, 1, 2, 3, 5, profile.tileRows - 1, profile.tileRows, profile.tileRows + 1]);
  return [...sizes].map(batch => inputs(batch, width, seed + batch));
}

export function inputs(batch: number, width: number, seed: number): Rows {
  let state = seed | 0;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return Math.fround((state >> 8) / 2 ** 23);
  };
  return { batch, data: Float64Array.from({ length: batch * width }, next) };
}
