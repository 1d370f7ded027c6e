/** The conformance check passes what is right, on every backend, and fails what is wrong, by name. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { at } from '../../src/core/invariant.ts';
import type { Operator, Program } from '../../src/ir/operator.ts';
import type { PackedBuffer } from '../../src/lower/context.ts';
import { lowerOperator } from '../../src/pipeline.ts';
import { profiles } from '../../src/plan/profile.ts';
import { reportLines } from '../../src/verify/report.ts';
import {
  type Backend,
  prepareVerification,
  runVerification,
  type Subject,
  verifyOperator,
} from '../../src/verify/verify.ts';
import { anyOperator, environmentFor } from '../ir/arbitrary.ts';
import { contractingReflections, interpreterBackend, lowered, subjectOf, wasmBackend } from './backends.ts';

/** The machine may be busy with other tests. */
const patience = { timeout: 60_000 };

const monarch = `op monarch[n, b](L: [n/b, b, b], R: [b, n/b, n/b]) : n -> n
  = swap(n/b, b) * blockdiag(L) * swap(b, n/b) * blockdiag(R)`;
const feedForward = `op ffn[n, m](A: [m, n], b: [m], C: [m, n], D: [n, m]) : n -> n
  = dense(A) |> bias(b) |> FUNCTION |> gate(dense(C)) |> dense(D)
export ffn[7, 13] as f`;
const solve = 'op s[n](T: [n, n]) : n -> n = inv(lower(T)) * inv(unitupper(T))\nexport s[9] as f';

const failuresOf = (subject: Subject, backend: Backend) => verifyOperator(subject, backend).failures;

describe('what is right passes', () => {
  const functions = ['relu', 'gelu', 'gelu_tanh', 'silu', 'tanh', 'sigmoid'];
  const programs: [string, string][] = [
    ['monarch 12/4', `${monarch}\nexport monarch[12, 4] as f`],
    ['one number', 'op f[n](W: [n, n]) : n -> n = dense(W)\nexport f[1] as g'],
    ['nothing', 'op f[n](W: [n, n]) : n -> n = dense(W)\nexport f[0] as g'],
    ['two triangles', solve],
    ...functions.map((name): [string, string] => [name, feedForward.replace('FUNCTION', name)]),
  ];
  const options = [
    { scalar: 'f32', profile: 'wasm-simd128' },
    { scalar: 'f32', profile: 'wasm-relaxed' },
    { scalar: 'f64', profile: 'wasm-simd128' },
  ] as const;
  /** A triangle whose diagonal keeps away from zero. */
  const conditioned = (subject: Subject): Subject => {
    const triangle = [...subject.environment].map(([name, values]) => {
      const n = Math.sqrt(values.length);
      const isTriangle = name.endsWith('T');
      const lifted = Array.from(values, (value, k) => (isTriangle && k % (n + 1) === 0 ? 2 + value : value));
      return [name, lifted] as const;
    });
    return { ...subject, environment: new Map(triangle) };
  };
  const cases = programs.flatMap(([name, text], k) =>
    // Every program in two of the three arithmetics, in turn.
    options
      .toSpliced(k % 3, 1)
      .map(each => [name, each.scalar, each.profile, text] as const),
  );
  test.each(cases)('%s, %s, %s', async (_name, scalar, profile, text) => {
    const subject = conditioned(subjectOf(lowered(text, { scalar, profile })));
    expect(failuresOf(subject, await wasmBackend(subject))).toEqual([]);
    expect(failuresOf(subject, interpreterBackend(subject))).toEqual([]);
  });
});

describe('a chain of 64 reflections', () => {
  test.each([
    [16, 64],
    [64, 64],
  ])('of order %i is verified', patience, async (n, count) => {
    const subject = contractingReflections(n, count);
    const verification = prepareVerification(subject);
    const report = runVerification(verification, await wasmBackend(subject));
    expect(report.failures).toEqual([]);
    expect(report.modes.map(({ uninformative }) => uninformative)).toEqual([0, 0]);
    const { tolerance, expected } = at(at(verification.modes, 0).sets, 0);
    expect(Math.hypot(...tolerance) / Math.hypot(...expected)).toBeLessThan(2e-3);
  });
});

describe('what is wrong fails', () => {
  const subject = subjectOf(lowered(`${monarch}\nexport monarch[12, 4] as f`));
  const right = interpreterBackend(subject);
  test('another operator in the place of the source: rewriting is verified too', () => {
    const other = subjectOf(
      lowered(
        `${monarch.replace('swap(n/b, b) * blockdiag(L)', 'swap(b, n/b) * blockdiag(L)')}\nexport monarch[12, 4] as f`,
      ),
    );
    const instance = { ...subject.instance, source: other.instance.source };
    expect(failuresOf({ ...subject, instance }, right)[0]).toMatch(/basis vector/);
  });
  test('a result that depends on what memory held', () => {
    const leaking: Backend = {
      ...right,
      run: request => Array.from(right.run(request), value => (request.poison > 1 ? value + 1e-12 : value)),
    };
    expect(failuresOf(subject, leaking)[0]).toMatch(/what memory held before/);
  });
  test('an element that is never written', () => {
    const unwritten: Backend = {
      ...right,
      run: request => Array.from(right.run(request), (value, k) => (k === 3 ? request.poison : value)),
    };
    expect(failuresOf(subject, unwritten)[0]).toMatch(/y\[3\] of basis vector 0 .* is NaN/);
  });
  test('too few outputs, and a kernel that stops', () => {
    const short: Backend = { ...right, run: request => Array.from(right.run(request)).slice(1) };
    expect(failuresOf(subject, short)[0]).toMatch(/143 outputs for a batch of 12, not 12 x 12/);
    const stopping: Backend = {
      ...right,
      run: () => {
        throw new Error('unreachable executed');
      },
    };
    expect(failuresOf(subject, stopping)[0]).toMatch(/stopped in a batch of 12: unreachable executed/);
  });
  test('one packed weight rounded twice', () => {
    const packed = (buffer: PackedBuffer) => {
      const values = Array.from(right.packed?.(buffer) ?? []);
      values[2] = at(values, 2) * (1 + 2 ** -23);
      return values;
    };
    expect(failuresOf(subject, { ...right, packed })[0]).toMatch(/w0\[2\] is .* rounded once/);
  });
  test('an assumption that does not hold', () => {
    const assumed = subjectOf(
      lowered('op f[n](W: [n, n]) : n -> n = assume symmetric(dense(W))\nexport f[5] as g'),
    );
    const { audits, passed } = verifyOperator(assumed, interpreterBackend(assumed));
    expect(audits.filter(({ holds }) => !holds).map(({ property }) => property)).toEqual(['symmetric']);
    expect(passed).toBe(false);
  });
  test('an assumption about an operator too large to measure entry by entry', () => {
    const text = 'op f[n](W: [n, n]) : n -> n = assume orthogonal(dense(W))\nexport f[130] as g';
    const assumed = subjectOf(lowered(text, { modes: ['apply'] }));
    const reversal = Array.from({ length: 130 ** 2 }, (_, k) =>
      k % 130 === 129 - Math.floor(k / 130) ? 1 : 0,
    );
    const holds = (subject: Subject) => prepareVerification(subject).audits.map(each => each.holds);
    expect(holds(assumed)).toEqual([false]);
    expect(holds({ ...assumed, environment: new Map([['g.W', reversal]]) })).toEqual([true]);
  });
  test('an adjoint that belongs to another operator', () => {
    const mismatched: Backend = {
      ...right,
      run: request =>
        Array.from(right.run(request), value =>
          request.mode === 'adjoint' ? value * (1 + 2 ** -10) : value,
        ),
    };
    expect(failuresOf(subject, mismatched)[0]).toMatch(/^adjoint: y/);
  });
  test('a bound that says nothing', () => {
    // Growing factors, whose product cancels: f32 has no digits left.
    const cancelling = subjectOf(
      lowered('op f[n](A: [n, n], B: [n, n]) : n -> n = dense(A) * dense(B)\nexport f[2] as g'),
    );
    const environment = new Map([
      ['g.A', [1, 1e8, 0, 1]],
      ['g.B', [1e8, 1, -1, 0]],
    ]);
    const { failures } = verifyOperator({ ...cancelling, environment }, interpreterBackend(cancelling));
    expect(failures.length).toBeGreaterThan(0);
  });
});

describe('reports', () => {
  test('are data, and a few lines', async () => {
    const subject = subjectOf(lowered(feedForward.replace('FUNCTION', 'silu')));
    const report = verifyOperator(subject, await wasmBackend(subject));
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    const lines = reportLines(report);
    expect(lines[0]).toMatch(/^ok {3}ffn\[n=7, m=13\]: 7 -> 7, f32, wasm, wasm-simd128, seed 1$/);
    expect(lines.join('\n')).toMatch(/silu on -\d+ \.\. \d+/);
    expect(lines.join('\n')).toMatch(/packed weights in 4 buffers, each rounded once/);
  });
  test('a map is probed on both sides and in the tails of its functions', () => {
    const subject = subjectOf(lowered(feedForward.replace('FUNCTION', 'sigmoid')));
    const [mode] = prepareVerification(subject).modes;
    const { least, greatest } = at(mode?.reach ?? [], 0);
    expect(least).toBeLessThan(-90);
    expect(greatest).toBeGreaterThan(90);
  });
});

/** A random operator through rewriting, planning and lowering: its kernels lie within the derived bounds. */
test('random operators conform', patience, () => {
  const target = { profile: profiles['wasm-simd128'], scalar: 'f32' } as const;
  const check = (operator: Operator, scalar: 'f32' | 'f64'): void => {
    const source: Program = {
      name: 'random',
      title: 'random',
      documentation: '',
      rows: operator.rows,
      columns: operator.columns,
      steps: [{ kind: 'linear', operator }],
      parameters: [],
    };
    const packed: PackedBuffer[] = [];
    const modes = (['apply', 'adjoint'] as const).map(mode =>
      lowerOperator(source, mode, { ...target, scalar }, packed),
    );
    const subject: Subject = {
      instance: { source, modes },
      packed,
      environment: environmentFor(operator),
      seed: 3,
    };
    const { failures } = verifyOperator(subject, interpreterBackend(subject));
    expect(failures.filter(each => !each.includes('uninformative'))).toEqual([]);
  };
  fc.assert(fc.property(anyOperator, fc.constantFrom('f32', 'f64'), check), { numRuns: 60, seed: 7 });
});
