/** Buffers and views of a statement of the tile IR: what it reads and writes, and the same statement over others. */
import type { Tensor } from '../ir/tensor.ts';
import { isOnes } from '../ir/tensorAlgebra.ts';
import type { ContractStatement, EpilogueStep, MappedView, TileStatement, View } from './tile.ts';

export const writtenBy = (statement: TileStatement): string => statement.output.buffer;

const gatesOf = (epilogue: readonly EpilogueStep[]): string[] =>
  epilogue.flatMap(step => (step.kind === 'gate' ? [step.buffer] : []));

/** The views through which a contract reads and, last, writes. */
export const viewsOf = ({ input, residuals, output }: ContractStatement): View[] => [
  input,
  ...residuals.map(residual => residual.input),
  output,
];

/** What a contract multiplies by, as far as it lies in memory: weights of one do not. */
export const weightsOf = ({ weights, residuals }: ContractStatement): Tensor[] =>
  [weights, ...residuals.flatMap(residual => residual.weights ?? [])].filter(each => !isOnes(each));

/** The contract over other views. */
export const mapViews = (contract: ContractStatement, change: (view: View) => View): ContractStatement => ({
  ...contract,
  input: change(contract.input),
  output: change(contract.output),
  residuals: contract.residuals.map(residual => ({ ...residual, input: change(residual.input) })),
});

/** Buffers whose contents a statement uses; `accumulate` and `pointwise` use what they write. */
export function readsOf(statement: TileStatement): string[] {
  switch (statement.kind) {
    case 'contract': {
      const { input, output, initial, residuals, epilogue } = statement;
      const added = residuals.map(residual => residual.input.buffer);
      const own = initial === 'output' ? [output.buffer] : [];
      return [input.buffer, ...added, ...gatesOf(epilogue), ...own];
    }
    case 'copy':
      return [statement.input.buffer, ...(statement.accumulate ? [statement.output.buffer] : [])];
    case 'substitute':
      return [statement.input.buffer];
    case 'pointwise':
      return [statement.output.buffer, ...gatesOf(statement.epilogue)];
    case 'fill':
      return [];
  }
}

export const buffersOf = (statement: TileStatement): string[] => [
  ...readsOf(statement),
  writtenBy(statement),
];

export function renameBuffers(statement: TileStatement, rename: (name: string) => string): TileStatement {
  const at = <Some extends View | MappedView>(view: Some): Some => ({ ...view, buffer: rename(view.buffer) });
  const steps = (epilogue: readonly EpilogueStep[]): EpilogueStep[] =>
    epilogue.map(step => (step.kind === 'gate' ? { ...step, buffer: rename(step.buffer) } : step));
  switch (statement.kind) {
    case 'contract':
      return { ...mapViews(statement, at), epilogue: steps(statement.epilogue) };
    case 'copy':
    case 'substitute':
      return { ...statement, input: at(statement.input), output: at(statement.output) };
    case 'pointwise':
      return { ...statement, output: at(statement.output), epilogue: steps(statement.epilogue) };
    case 'fill':
      return { ...statement, output: at(statement.output) };
  }
}

/** Strides of the elements of a tensor. */
export function rowMajor(extents: readonly number[]): number[] {
  let stride = 1;
  return extents
    .toReversed()
    .map(extent => {
      stride *= extent;
      return stride / extent;
    })
    .reverse();
}
