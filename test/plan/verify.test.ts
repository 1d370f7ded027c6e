/** A plan that is wrong is refused, and says where. */
import { expect, test } from 'vitest';
import { compose, dense } from '../../src/ir/operator.ts';
import { parameter } from '../../src/ir/tensor.ts';
import { type Plan, planProgram } from '../../src/plan/plan.ts';
import { verifyPlan } from '../../src/plan/verify.ts';
import { linearProgram, profileWith } from '../conformance/stages.ts';

const factors = compose(
  dense(parameter('u', 'f32', 'learned', [6, 4])),
  dense(parameter('v', 'f32', 'learned', [4, 5])),
);
const plan = planProgram(linearProgram(factors), profileWith({ tileBytes: 1 }), {
  scalar: 'f32',
  storage: 'f32',
});
const [first, second] = plan.segments;

test('a plan of two kernels has no problems', () => {
  expect(plan.segments).toHaveLength(2);
  expect(verifyPlan(plan)).toEqual([]);
});

const broken: readonly (readonly [string, Partial<Plan>, string])[] = [
  [
    'kernels in another order',
    { segments: plan.segments.toReversed() },
    'f_1 reads v0, which is not what comes before',
  ],
  ['a kernel too few', { segments: plan.segments.slice(0, 1) }, 'f_0 is last and writes v0'],
  ['no kernel', { segments: [], cuts: [] }, 'no kernel writes the output'],
  ['a workspace of another width', { workspaces: [{ name: 'v0', width: 3 }] }, 'f_0 writes 4 of v0'],
  ['a cut without a reason', { cuts: [] }, '0 reasons for the cuts'],
  [
    'a tile without rows',
    { segments: [first, second].flatMap(each => (each ? [{ ...each, tileRows: 0 }] : [])) },
    'f_0 takes no rows',
  ],
];

for (const [name, change, problem] of broken) {
  test(`refuses ${name}`, () => {
    expect(verifyPlan({ ...plan, ...change })).toContain(problem);
  });
}
