/**
 * Memory of sixteen bits through the stages that run: the numbers of a stage are those of the one before it, and lie
 * within the bound that is derived for them; a kernel that rounds more than it says does not.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type HalfFormat, realFormats } from '../../src/core/precision.ts';
import type { Program } from '../../src/ir/operator.ts';
import type { Expression, Kernel, Statement } from '../../src/kernel/kernel.ts';
import { verifyKernel } from '../../src/kernel/verify.ts';
import type { PackedBuffer } from '../../src/lower/context.ts';
import { lowerOperator, type Mode } from '../../src/pipeline.ts';
import { profiles } from '../../src/plan/profile.ts';
import { prepareVerification, runVerification, type Subject } from '../../src/verify/verify.ts';
import { anyOperator } from '../ir/arbitrary.ts';
import { contractingReflections, interpreterBackend, lowered, subjectOf } from '../verify/backends.ts';
import { buildGroups, groupProfile, runGroups } from '../webgpu/stages.ts';
import {
  batchesFor,
  environmentOf,
  isTranscendental,
  mapTrial,
  operatorTrial,
  type Trial,
} from './programs.ts';
import {
  build,
  firstDifference,
  linearProgram,
  packByKernel,
  type Rows,
  relativeError,
  runKernels,
  runTiles,
} from './stages.ts';

const patience = { timeout: 120_000 };
const formats = fc.constantFrom<HalfFormat>('f16', 'bf16');
/** Functions of f32 that differ in their last place may round to neighbours in sixteen bits. */
const functionTolerance = { f16: 2 ** -7, bf16: 2 ** -4 };

const roundedRows = ({ batch, data }: Rows, storage: HalfFormat): Rows => ({
  batch,
  data: data.map(realFormats[storage].round),
});

function expectSame(program: Program, storage: HalfFormat, one: Rows, other: Rows): void {
  if (isTranscendental(program)) expect(relativeError(one, other)).toBeLessThan(functionTolerance[storage]);
  else expect(firstDifference(one, other)).toBeUndefined();
}

function checkThread({ program, mode, profile }: Trial, storage: HalfFormat): void {
  const environment = environmentOf(program);
  const built = build(program, mode, 'f32', profile, storage);
  for (const each of batchesFor({ program, mode, profile, scalar: 'f32' }, 7)) {
    const rows = roundedRows(each, storage);
    const kernels = runKernels(built, environment, rows);
    expectSame(program, storage, runTiles(built, environment, rows, Math.fround), kernels);
    expect(firstDifference(kernels, runKernels(built, environment, rows, packByKernel))).toBeUndefined();
    expect(firstDifference(kernels, roundedRows(kernels, storage))).toBeUndefined();
  }
}

function checkGroups({ program, mode, profile }: Trial, storage: HalfFormat, invocations: number): void {
  const environment = environmentOf(program);
  const room = { tileRows: Math.min(profile.tileRows, 5), tileBytes: Math.min(profile.tileBytes, 16 * 1024) };
  const groups = buildGroups(build(program, mode, 'f32', groupProfile(room), storage), invocations);
  for (const each of batchesFor({ program, mode, profile, scalar: 'f32' }, 7)) {
    const rows = roundedRows(each, storage);
    const [forward, backward] = (['forward', 'backward'] as const).map((order, k) =>
      runGroups(groups, environment, rows, { groups: 1 + 2 * k, order }),
    );
    if (forward === undefined || backward === undefined) throw new Error('two runs');
    expect(firstDifference(forward, backward)).toBeUndefined();
    expectSame(program, storage, runTiles(groups, environment, rows, Math.fround), forward);
  }
}

describe('tile interpreter = kernel interpreter, packed by meaning and by pack steps', () => {
  test('operators', patience, () => {
    fc.assert(fc.property(operatorTrial, formats, checkThread), { numRuns: 120, seed: 1 });
  });
  test('maps', patience, () => {
    fc.assert(fc.property(mapTrial, formats, checkThread), { numRuns: 80, seed: 2 });
  });
  test('operators on groups, whichever invocation comes first', patience, () => {
    fc.assert(fc.property(operatorTrial, formats, fc.constantFrom(1, 3, 32), checkGroups), {
      numRuns: 80,
      seed: 3,
    });
  });
  test('maps on groups', patience, () => {
    fc.assert(fc.property(mapTrial, formats, fc.constantFrom(1, 3, 32), checkGroups), {
      numRuns: 50,
      seed: 4,
    });
  });
});

/** A subject of f32 with its memory in the format. */
function narrowed(subject: Subject, storage: HalfFormat): Subject {
  const { source, modes } = subject.instance;
  const made = subjectFor(
    source,
    storage,
    modes.map(({ mode }) => mode),
    profiles['wasm-simd128'].tileBytes,
  );
  return { ...made, environment: subject.environment };
}

function subjectFor(
  source: Program,
  storage: HalfFormat,
  modes: readonly Mode[],
  tileBytes: number,
): Subject {
  const profile = { ...profiles['wasm-simd128'], tileBytes };
  const packed: PackedBuffer[] = [];
  const made = modes.map(mode => lowerOperator(source, mode, { profile, scalar: 'f32', storage }, packed));
  return { instance: { source, modes: made }, packed, environment: environmentOf(source), seed: 3 };
}

describe('within the derived bounds', () => {
  const failuresOf = (subject: Subject): readonly string[] => {
    const verification = prepareVerification(subject);
    const { failures } = runVerification(verification, interpreterBackend(subject), 3);
    return failures.filter(each => !each.includes('uninformative'));
  };
  const room = fc.constantFrom(64, 512 * 1024);
  test('operators', patience, () => {
    const check = (operator: Parameters<typeof linearProgram>[0], storage: HalfFormat, bytes: number) => {
      expect(failuresOf(subjectFor(linearProgram(operator), storage, ['apply', 'adjoint'], bytes))).toEqual(
        [],
      );
    };
    fc.assert(fc.property(anyOperator, formats, room, check), { numRuns: 60, seed: 5 });
  });
  test('maps', patience, () => {
    const check = ({ program }: Trial, storage: HalfFormat, bytes: number) => {
      expect(failuresOf(subjectFor(program, storage, ['apply'], bytes))).toEqual([]);
    };
    fc.assert(fc.property(mapTrial, formats, room, check), { numRuns: 40, seed: 6 });
  });
});

// ------------------------------------------------------------------------------------------------------- mutations

/** Every assignment to an accumulator rounded to the format. */
function accumulatingIn(kernel: Kernel, scalar: HalfFormat): Kernel {
  const narrowed = (value: Expression): Expression => ({
    kind: 'operation',
    operator: 'toPrecision',
    type: value.type,
    operands: [
      {
        kind: 'operation',
        operator: 'toPrecision',
        type: { scalar, lanes: value.type.lanes },
        operands: [value],
      },
    ],
  });
  const visit = (statement: Statement): Statement => {
    if (statement.kind === 'for') return { ...statement, body: statement.body.map(visit) };
    if (statement.kind === 'if')
      return { ...statement, then: statement.then.map(visit), otherwise: statement.otherwise.map(visit) };
    return statement.kind === 'assign' && statement.value.type.scalar === 'f32'
      ? { ...statement, value: narrowed(statement.value) }
      : statement;
  };
  return { ...kernel, body: kernel.body.map(visit) };
}

const monarch = `op monarch[n, b](L: [n/b, b, b], R: [b, n/b, n/b]) : n -> n
  = swap(n/b, b) * blockdiag(L) * swap(b, n/b) * blockdiag(R)
export monarch[192, 4] as f`;

test.each(['f16', 'bf16'] as const)('sums of %s are caught where sums of f32 pass', patience, storage => {
  const scale = () => 0.2;
  const subject = narrowed(subjectOf(lowered(monarch), 1, scale), storage);
  const verification = prepareVerification(subject);
  const honest = runVerification(verification, interpreterBackend(subject));
  expect(honest.failures).toEqual([]);
  const worst = Math.max(...honest.modes.map(({ worstRatio }) => worstRatio));
  expect(worst).toBeGreaterThan(0.02);
  const broken = interpreterBackend(subject, undefined, kernel => {
    const mutant = accumulatingIn(kernel, storage);
    expect(verifyKernel(mutant)).toEqual([]);
    return mutant;
  });
  expect(runVerification(verification, broken).passed).toBe(false);
});

test('shaders, whose bounds allow either rounding and numbers flushed to zero', patience, () => {
  const source = lowered(monarch, { storage: 'f16', profile: 'webgpu-default' });
  const subject = subjectOf(source, 1, () => 0.2);
  const report = runVerification(prepareVerification(subject), interpreterBackend(subject));
  expect(report.failures).toEqual([]);
  expect(report.scalar).toBe('f16');
});

/** Weights of sixteen bits alone are off by 2^-10 in each factor; the running vector shall add nothing to that. */
test('products of reflections keep their running vector in f32', patience, () => {
  const ofLength = (count: number) => {
    const subject = narrowed(contractingReflections(16, count), 'f16');
    const buffers = subject.instance.modes.flatMap(({ tiles }) => tiles.flatMap(tile => tile.buffers));
    expect(buffers.every(({ role, isWide }) => role !== 'scratch' || isWide)).toBe(true);
    return runVerification(prepareVerification(subject), interpreterBackend(subject));
  };
  expect(ofLength(8).failures).toEqual([]);
  const long = ofLength(64);
  expect(long.failures.filter(each => !each.includes('uninformative'))).toEqual([]);
});
