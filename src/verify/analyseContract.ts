/** The inner loop of the analysis: a contract over a batch, on typed arrays. */
import { at } from '../core/invariant.ts';
import type { Axis, ContractStatement } from '../tile/tile.ts';
import { rowMajor } from '../tile/traverse.ts';
import { prepareEpilogue } from './analyseEpilogue.ts';
import { type Arithmetic, type Bounded, orderFree, productRounding, times } from './bound.ts';
import { type AnalysisRun, type BoundedBuffers, put, rowsOf } from './boundedRows.ts';
import { packedTensor } from './boundedTensor.ts';

/** Every point of the axes of one kind, row-major: what it adds to the address of a view. */
function offsets(axes: readonly Axis[], kind: Axis['kind'], strides: readonly number[]): Int32Array {
  const points = axes.reduce<number[]>(
    (made, axis, k) =>
      axis.kind !== kind
        ? made
        : made.flatMap(start => Array.from({ length: axis.extent }, (_, i) => start + i * at(strides, k))),
    [0],
  );
  return Int32Array.from(points);
}

export function analyseContract(
  contract: ContractStatement,
  buffers: BoundedBuffers,
  run: AnalysisRun,
): void {
  const { axes, input, output, initial } = contract;
  const { arithmetic } = run;
  const { u, reassociates } = arithmetic;
  const [from, to] = [rowsOf(buffers, input.buffer), rowsOf(buffers, output.buffer)];
  const packed = packedTensor(contract.weights, run.environment, arithmetic);
  const [weights, weightErrors] = [packed.value, packed.error];
  const weightStrides = rowMajor(axes.map(({ extent }) => extent));
  const inReduce = offsets(axes, 'reduce', input.strides);
  const weightReduce = offsets(axes, 'reduce', weightStrides);
  const [inFree, outFree, weightFree] = [
    offsets(axes, 'free', input.strides),
    offsets(axes, 'free', output.strides),
    offsets(axes, 'free', weightStrides),
  ];
  const finish =
    contract.epilogue.length === 0 ? undefined : prepareEpilogue(contract.epilogue, buffers, run);
  const residuals = prepareResiduals(contract, buffers, run);
  for (let row = 0; row < run.batch; row++) {
    for (let free = 0; free < outFree.length; free++) {
      const address = output.offset + at(outFree, free);
      const place = row * to.width + address;
      const start = row * from.width + input.offset + at(inFree, free);
      const weightStart = at(weightFree, free);
      let value = initial === 'zero' ? 0 : at(to.value, place);
      let error = initial === 'zero' ? 0 : at(to.error, place);
      let [roundings, magnitude] = [0, Math.abs(value) + error];
      for (let k = 0; k < inReduce.length; k++) {
        const source = start + (inReduce[k] as number);
        const x = from.value[source] as number;
        const ex = from.error[source] as number;
        const w = weights[weightStart + (weightReduce[k] as number)] as number;
        const ew = weightErrors[weightStart + (weightReduce[k] as number)] as number;
        // What is exactly zero adds nothing and rounds nothing.
        if ((x === 0 && ex === 0) || (w === 0 && ew === 0)) continue;
        const size = Math.abs(x) + ex;
        const carried = Math.abs(w) * ex + ew * size;
        const isUnit = (ex === 0 && size === 1) || (ew === 0 && Math.abs(w) === 1);
        const product =
          carried + (isUnit ? arithmetic.flush : productRounding(Math.abs(w) + ew, size, arithmetic));
        const first = value === 0 && error === 0;
        value += w * x;
        error += product;
        magnitude += Math.abs(w * x) + product;
        if (first) continue;
        roundings++;
        if (!reassociates) error += u * (Math.abs(value) + error);
      }
      const terms = residuals.map(residual => residual(row, free));
      const sum = completed({ value, error, roundings, magnitude }, terms, arithmetic);
      put(to, place, finish?.(row, address, sum) ?? sum);
    }
  }
}

/** A sum that is not finished: how often it was rounded, and the size of its terms. */
interface RunningSum extends Bounded {
  readonly roundings: number;
  readonly magnitude: number;
}

function completed(sum: RunningSum, terms: readonly Bounded[], arithmetic: Arithmetic): Bounded {
  const { u, reassociates } = arithmetic;
  let { value, error, roundings, magnitude } = sum;
  for (const term of terms) {
    if (term.value === 0 && term.error === 0) continue;
    const first = value === 0 && error === 0;
    value += term.value;
    error += term.error;
    magnitude += Math.abs(term.value) + term.error;
    if (first) continue;
    roundings++;
    if (!reassociates) error += u * (Math.abs(value) + error);
  }
  return { value, error: error + orderFree(roundings, magnitude, arithmetic) };
}

/** One more term of a sum, at a point of the free axes. */
type Term = (row: number, free: number) => Bounded;

function prepareResiduals(
  { axes, residuals }: ContractStatement,
  buffers: BoundedBuffers,
  { environment, arithmetic }: AnalysisRun,
): Term[] {
  return residuals.map(({ input, weights }): Term => {
    const from = rowsOf(buffers, input.buffer);
    const inFree = offsets(axes, 'free', input.strides);
    const packed = weights && packedTensor(weights, environment, arithmetic);
    const weightFree = offsets(axes, 'free', rowMajor(weights?.shape ?? axes.map(() => 0)));
    return (row, free) => {
      const source = row * from.width + input.offset + at(inFree, free);
      const value = { value: at(from.value, source), error: at(from.error, source) };
      if (packed === undefined) return { ...value, error: value.error + arithmetic.flush };
      const place = at(weightFree, free);
      const weight = { value: at(packed.value, place), error: at(packed.error, place) };
      return times(weight, value, arithmetic);
    };
  });
}
