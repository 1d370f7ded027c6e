/** The buffers of a statement of the tile IR: what it reads and writes, and the same statement over others. */
import type { EpilogueStep, MappedView, TileStatement, View } from './tile.ts';

export const writtenBy = (statement: TileStatement): string => statement.output.buffer;

const gatesOf = (epilogue: readonly EpilogueStep[]): string[] =>
  epilogue.flatMap(step => (step.kind === 'gate' ? [step.buffer] : []));

/** Buffers whose contents a statement uses; `accumulate` and `pointwise` use what they write. */
export function readsOf(statement: TileStatement): string[] {
  switch (statement.kind) {
    case 'contract': {
      const { input, output, initial, epilogue } = statement;
      return [input.buffer, ...gatesOf(epilogue), ...(initial === 'output' ? [output.buffer] : [])];
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
    case 'contract': {
      const { input, output, epilogue } = statement;
      return { ...statement, input: at(input), output: at(output), epilogue: steps(epilogue) };
    }
    case 'copy':
    case 'substitute':
      return { ...statement, input: at(statement.input), output: at(statement.output) };
    case 'pointwise':
      return { ...statement, output: at(statement.output), epilogue: steps(statement.epilogue) };
    case 'fill':
      return { ...statement, output: at(statement.output) };
  }
}
