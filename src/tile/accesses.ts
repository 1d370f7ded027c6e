/** Which buffers a statement of a tile reads and writes. */
import { unreachable } from '../core/invariant.ts';
import type { EpilogueStep, TileStatement } from './tile.ts';

export const writtenBy = (statement: TileStatement): string => statement.output.buffer;

const gatesOf = (epilogue: readonly EpilogueStep[]): string[] =>
  epilogue.flatMap(step => (step.kind === 'gate' ? [step.buffer] : []));

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
    default:
      return unreachable(statement);
  }
}
