/** Random contracts over strided views, each as a tile program of one kernel, and the same carried to kernels. */
import fc from 'fast-check';
import { legalize } from '../../codegen/legalize.ts';
import { wasmCapabilities } from '../../codegen/wat.ts';
import { at } from '../../src/core/invariant.ts';
import { identityMap } from '../../src/ir/indexMap.ts';
import { identity } from '../../src/ir/operator.ts';
import { axis, computed, element, indexLiteral, type Tensor } from '../../src/ir/tensor.ts';
import { simplify } from '../../src/kernel/simplify.ts';
import { verifyKernel } from '../../src/kernel/verify.ts';
import type { PackedBuffer } from '../../src/lower/context.ts';
import { lowerProgram } from '../../src/lower/lower.ts';
import { loweringOptions } from '../../src/pipeline.ts';
import { profiles } from '../../src/plan/profile.ts';
import type {
  Axis,
  ContractStatement,
  EpilogueStep,
  Residual,
  TileProgram,
  View,
} from '../../src/tile/tile.ts';
import { verifyTile } from '../../src/tile/verify.ts';
import { type Built, build, linearProgram } from '../conformance/stages.ts';
import { named } from '../ir/values.ts';

export interface ContractTrial {
  readonly tile: TileProgram;
  readonly scalar: 'f32' | 'f64';
  readonly batches: readonly number[];
}

/** Tile edges and what lies beside them, primes, and nothing. */
const extent = fc.constantFrom(1, 1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 16, 17, 31, 33);
const mostPoints = 3000;

interface Digit {
  readonly extent: number;
  /** Elements left free after each step. */
  readonly gap: number;
  readonly backwards: boolean;
  readonly order: number;
  /** The view does not depend on the axis. */
  readonly still: boolean;
}

const digit = (each: number): fc.Arbitrary<Digit> =>
  fc.record({
    extent: fc.constant(each),
    gap: fc.constantFrom(0, 0, 0, 1, 3),
    backwards: fc.integer({ min: 0, max: 7 }).map(k => k === 0),
    order: fc.double({ min: 0, max: 1, noNaN: true }),
    still: fc.integer({ min: 0, max: 2 }).map(k => k === 0),
  });

/** A view in which every axis that moves has addresses of its own: digits of a mixed radix, in any order. */
function viewOf(buffer: string, digits: readonly Digit[], moves: (k: number) => boolean) {
  const strides = digits.map(() => 0);
  let [width, offset] = [1, 0];
  const order = [...digits.keys()].filter(moves).sort((a, b) => at(digits, a).order - at(digits, b).order);
  for (const k of order) {
    const { extent: steps, gap, backwards } = at(digits, k);
    strides[k] = backwards ? -width : width;
    if (backwards) offset += width * (steps - 1);
    width *= steps + gap;
  }
  const view: View = { buffer, offset, strides };
  return { view, width };
}

const axes = fc
  .array(fc.record({ extent, reduces: fc.boolean() }), { minLength: 1, maxLength: 4 })
  .filter(all => all.reduce((points, each) => points * each.extent, 1) <= mostPoints)
  .filter(all => all.some(({ reduces }) => !reduces))
  .map(all =>
    all.map(
      ({ extent: steps, reduces }, k): Axis => ({
        name: `a${k}`,
        extent: steps,
        kind: reduces ? 'reduce' : 'free',
      }),
    ),
  );

/** Weights over all axes, or shared along one. */
function weightsOver(all: readonly Axis[], shared: number | undefined, salt: number): Tensor {
  const shape = all.map(each => each.extent);
  if (shared === undefined) return named('weights', shape, salt);
  const kept = all.flatMap((_, k) => (k === shared ? [] : [k]));
  const source = named(
    'shared',
    kept.map(k => at(shape, k)),
    salt,
  );
  return computed(
    shape,
    element(
      source,
      kept.map(k => axis(k)),
    ),
  );
}

export const contractTrial: fc.Arbitrary<ContractTrial> = axes.chain(all =>
  fc
    .record({
      input: fc.tuple(...all.map(each => digit(each.extent))),
      output: fc.tuple(...all.map(each => digit(each.extent))),
      shared: fc.option(fc.nat({ max: all.length - 1 }), { nil: undefined }),
      accumulates: fc.boolean(),
      fromScratch: fc.boolean(),
      residuals: fc.array(
        fc.record({
          view: fc.tuple(...all.map(each => digit(each.extent))),
          weights: fc.constantFrom('none' as const, 'all' as const, 'shared' as const),
        }),
        { maxLength: 2 },
      ),
      epilogue: fc.subarray(['bias', 'relu', 'gate'] as const),
      scalar: fc.constantFrom('f32' as const, 'f32' as const, 'f64' as const),
      tileRows: fc.constantFrom(1, 3, 4, 8),
      batches: fc.uniqueArray(fc.constantFrom(0, 1, 2, 3, 4, 5, 7, 8, 9, 17), { minLength: 3, maxLength: 4 }),
    })
    .map(choices => ({ ...trialOf(all, choices), scalar: choices.scalar, batches: choices.batches })),
);

interface Choices {
  readonly input: readonly Digit[];
  readonly output: readonly Digit[];
  readonly shared: number | undefined;
  readonly accumulates: boolean;
  readonly fromScratch: boolean;
  readonly residuals: readonly {
    readonly view: readonly Digit[];
    readonly weights: 'none' | 'all' | 'shared';
  }[];
  readonly epilogue: readonly ('bias' | 'relu' | 'gate')[];
  readonly tileRows: number;
}

/** y = 0; t = d · x, entry by entry; y = contract of x or t and more of it; perhaps once more, added to it. */
function trialOf(all: readonly Axis[], choices: Choices): Pick<ContractTrial, 'tile'> {
  const reads = choices.fromScratch ? 't' : 'x';
  const isFree = (k: number) => at(all, k).kind === 'free';
  const input = viewOf(reads, choices.input, k => !(isFree(k) && at(choices.input, k).still));
  const output = viewOf('y', choices.output, isFree);
  const steps = choices.epilogue.map((kind): EpilogueStep => {
    if (kind === 'bias') return { kind, bias: named('bias', [output.width], 5) };
    return kind === 'gate' ? { kind, buffer: 'g' } : { kind: 'pointwise', function: 'relu' };
  });
  const residuals = choices.residuals.map(({ view: digits, weights }, k) => {
    const view = viewOf(reads, digits, axis => isFree(axis) && !at(digits, axis).still);
    const shape = all.map(each => (each.kind === 'reduce' ? 1 : each.extent));
    const whole = named('diagonal', shape, 6 + k);
    const first = shape.findIndex(each => each > 1);
    const position = shape.map((_, a) => (a === first ? indexLiteral(0) : axis(a)));
    const shared = computed(shape, element(whole, position));
    const residual: Residual = {
      input: view.view,
      weights: weights === 'none' ? undefined : weights === 'all' ? whole : shared,
    };
    return { residual, width: view.width };
  });
  const width = Math.max(input.width, ...residuals.map(each => each.width));
  const contract = (initial: 'zero' | 'output', salt: number): ContractStatement => ({
    kind: 'contract',
    title: `contract ${all.map(each => each.extent)}`,
    axes: all,
    weights: weightsOver(all, choices.shared, salt),
    input: input.view,
    output: output.view,
    initial,
    residuals: initial === 'zero' && choices.accumulates ? [] : residuals.map(each => each.residual),
    epilogue: initial === 'zero' && choices.accumulates ? [] : steps,
  });
  const scaled = (buffer: string, width: number, salt: number): ContractStatement => ({
    kind: 'contract',
    title: 'diagonal',
    axes: [{ name: 'd', extent: width, kind: 'free' }],
    weights: named('diagonal', [width], salt),
    input: { buffer: 'x', offset: 0, strides: [buffer === 'g' ? 0 : 1] },
    output: { buffer, offset: 0, strides: [1] },
    initial: 'zero',
    residuals: [],
    epilogue: [],
  });
  const tile: TileProgram = {
    name: 'f',
    comment: [],
    tileRows: choices.tileRows,
    slices: 1,
    buffers: [
      { name: 'x', role: 'input', width },
      { name: 'y', role: 'output', width: output.width },
      { name: 't', role: 'scratch', width },
      { name: 'g', role: 'scratch', width: output.width },
    ],
    statements: [
      { kind: 'fill', output: { buffer: 'y', map: identityMap(output.width) } },
      scaled('t', width, 3),
      scaled('g', output.width, 4),
      contract('zero', 1),
      ...(choices.accumulates ? [contract('output', 2)] : []),
    ],
  };
  return { tile };
}

/** The tile program through the passes of the pipeline; problems of the verifiers are thrown. */
export function buildTile({ tile, scalar }: ContractTrial, relaxed = false): Built {
  const profile = profiles[relaxed ? 'wasm-relaxed' : 'wasm-simd128'];
  const packed: PackedBuffer[] = [];
  const { kernel } = lowerProgram(tile, loweringOptions({ profile, scalar }), packed);
  const legal = legalize(simplify(kernel), wasmCapabilities);
  const problems = [...verifyTile(tile), ...verifyKernel(kernel), ...verifyKernel(legal)];
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const [columns, rows] = ['x', 'y'].map(name => tile.buffers.find(each => each.name === name)?.width ?? 0);
  const empty = build(linearProgram(identity(1)), 'apply', scalar, profile);
  const program = { ...empty.source, columns: columns ?? 0, rows: rows ?? 0 };
  const lowered = { ...empty.lowered, program, tiles: [tile], kernels: [legal] };
  return { source: program, scalar, storage: undefined, lowered, packed };
}
