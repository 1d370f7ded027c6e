/** Memory of a group that is read before it is written is found, whatever reads it. */
import { describe, expect, test } from 'vitest';
import { at } from '../../src/core/invariant.ts';
import type { Kernel, Statement } from '../../src/kernel/kernel.ts';
import { gpuProfiles } from '../../src/plan/profile.ts';
import { checkShared } from '../../src/verify/groups.ts';
import type { Subject } from '../../src/verify/subject.ts';
import { lowered, subjectOf } from './backends.ts';

const texts = {
  monarch: `op f(L: [4, 3, 3], R: [3, 4, 4]) : 12 -> 12
    = swap(4, 3) * blockdiag(L) * swap(3, 4) * blockdiag(R)`,
  shuffled: 'op f(A: [9, 5], p: index[9], B: [4, 9]) : 5 -> 4 = dense(B) * perm(p) * dense(A)',
  layer: 'op f(A: [9, 5], b: [9], B: [4, 9]) : 5 -> 4 = dense(A) |> bias(b) |> relu |> dense(B)',
  solve: 'op f(T: [7, 7]) : 7 -> 7 = inv(unitlower(T))',
};

/** Writes to buffers of one space, as paths of places in nested bodies, with the kernel that lacks the write. */
function withoutWrites(kernel: Kernel, space: 'shared' | 'global'): Kernel[] {
  const isWanted = (name: string) => kernel.buffers.some(each => each.name === name && each.space === space);
  const variants = (body: readonly Statement[]): Statement[][] =>
    body.flatMap((statement, k): Statement[][] => {
      const replaced = (statements: readonly Statement[]) => [
        ...body.slice(0, k),
        ...statements,
        ...body.slice(k + 1),
      ];
      if (statement.kind === 'store') return isWanted(statement.buffer) ? [replaced([])] : [];
      if (statement.kind === 'for')
        return variants(statement.body).map(each => replaced([{ ...statement, body: each }]));
      if (statement.kind !== 'if') return [];
      return [
        ...variants(statement.then).map(each => replaced([{ ...statement, then: each }])),
        ...variants(statement.otherwise).map(each => replaced([{ ...statement, otherwise: each }])),
      ];
    });
  return variants(kernel.body).map(body => ({ ...kernel, body }));
}

const withKernels = (subject: Subject, kernels: readonly Kernel[]): Subject => {
  const [apply] = subject.instance.modes;
  if (apply === undefined) throw new Error('it is applied');
  return { ...subject, instance: { ...subject.instance, modes: [{ ...apply, kernels }] } };
};

describe.each(gpuProfiles)('on %s', profile => {
  test.each(Object.entries(texts))('%s: without any one of its writes', (_, text) => {
    const subject = subjectOf(lowered(text, { profile }));
    expect(checkShared(subject)?.problems).toEqual([]);
    const { kernels } = at(subject.instance.modes, 0);
    let broken = 0;
    for (const [k, kernel] of kernels.entries()) {
      for (const variant of [...withoutWrites(kernel, 'shared'), ...withoutWrites(kernel, 'global')]) {
        const problems = checkShared(withKernels(subject, kernels.with(k, variant)))?.problems ?? [];
        expect(problems).not.toEqual([]);
        broken++;
      }
    }
    expect(broken).toBeGreaterThan(0);
  });
});

test('a thread shares no memory', () => {
  expect(checkShared(subjectOf(lowered(texts.monarch)))).toBeUndefined();
});
