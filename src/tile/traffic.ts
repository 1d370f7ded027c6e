/**
 * What the kernels of a plan move for one row of a large batch, which decides between plans on machines with groups. Rows
 * cross memory once for each buffer they lie in; weights are read from the cache once for each tile of rows, and the input
 * once for each slice.
 */
import type { Precision } from '../core/precision.ts';
import { bytesOf } from './precision.ts';
import type { TileProgram } from './tile.ts';
import { buffersOf, readsOf, weightsOf } from './traverse.ts';

export interface Traffic {
  readonly memoryBytes: number;
  readonly cacheBytes: number;
}

export function trafficOf(programs: readonly TileProgram[], precision: Precision): Traffic {
  return programs
    .map(program => trafficOfOne(program, precision))
    .reduce(
      (a, b) => ({
        memoryBytes: a.memoryBytes + b.memoryBytes,
        cacheBytes: a.cacheBytes + b.cacheBytes,
      }),
      { memoryBytes: 0, cacheBytes: 0 },
    );
}

function trafficOfOne({ buffers, statements, slices, tileRows }: TileProgram, precision: Precision): Traffic {
  const touched = new Set(statements.flatMap(buffersOf));
  const outside = buffers.filter(({ name, role }) => role !== 'scratch' && touched.has(name));
  const rows = outside.reduce((total, buffer) => total + buffer.width * bytesOf(buffer, precision), 0);
  const again = outside
    .filter(({ name }) => statements.some(statement => readsOf(statement).includes(name)))
    .reduce((total, buffer) => total + (slices - 1) * buffer.width * bytesOf(buffer, precision), 0);
  const weights = statements.reduce((total, statement) => {
    const tensors = statement.kind === 'contract' ? weightsOf(statement) : [];
    const elements = tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
    return total + elements * bytesOf({ name: '', role: 'input', width: 1 }, precision);
  }, 0);
  return { memoryBytes: rows, cacheBytes: rows + again + weights / tileRows };
}
