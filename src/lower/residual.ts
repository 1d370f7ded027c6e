/**
 * The residuals of a contract in registers: each sum meets its value on the way to memory, so that an output is written
 * once and never read back. Weights are packed in the order of the outputs, where neighbours lie together.
 */
import { at } from '../core/invariant.ts';
import { axis, computed, element, indexLiteral, type Tensor, usedAxes } from '../ir/tensor.ts';
import { isOnes } from '../ir/tensorAlgebra.ts';
import { add, literal } from '../kernel/build.ts';
import type { Expression, Statement } from '../kernel/kernel.ts';
import type { ContractStatement, View } from '../tile/tile.ts';
import { rowMajor } from '../tile/traverse.ts';
import { type Anchor, anchorsOf, type Body } from './accumulate.ts';
import { type Lowering, packedTensor, rowDistance } from './context.ts';
import { addTo, multiplyAddTo, vectorStep } from './reduction.ts';
import { readVector } from './vectors.ts';

/** A residual whose weights lie in a packed buffer, the same for every row. */
export interface PackedResidual {
  readonly input: View;
  readonly weights: View | undefined;
}

export const packedResiduals = (lowering: Lowering, contract: ContractStatement): PackedResidual[] =>
  contract.residuals.map(({ input, weights }) => ({
    input,
    weights: weights === undefined || isOnes(weights) ? undefined : packedAlong(lowering, contract, weights),
  }));

function packedAlong(lowering: Lowering, { axes, output }: ContractStatement, weights: Tensor): View {
  const used = usedAxes(weights);
  const reach = (k: number) => Math.abs(at(output.strides, k));
  const kept = [...axes.keys()]
    .filter(k => used.has(k) && at(weights.shape, k) > 1)
    .sort((a, b) => reach(b) - reach(a));
  const position = axes.map((_, k) => (kept.includes(k) ? axis(kept.indexOf(k)) : indexLiteral(0)));
  const shape = kept.map(k => at(weights.shape, k));
  const steps = rowMajor(shape);
  const { name } = packedTensor(lowering, computed(shape, element(weights, position)), 'diagonal');
  return { buffer: name, offset: 0, strides: axes.map((_, k) => steps[kept.indexOf(k)] ?? 0) };
}

/** Adds to every accumulator of an inner loop, once its reduction is complete. */
export function addResiduals(body: Body, accumulators: readonly Expression[]): Statement[] {
  const { lowering, contract, layout, rows } = body;
  const { width } = layout.region;
  const tiles = body.tiles.together;
  const statements: Statement[] = [];
  for (const { input, weights } of packedResiduals(lowering, contract)) {
    const [values, factors] = [anchorsOf(body, input, 'from'), weights && anchorsOf(body, weights, 'dAt')];
    statements.push(...values.statements, ...(factors?.statements ?? []));
    const read = (
      view: View,
      { address, constant }: Anchor,
      vector: number,
      row: Expression,
      stem: string,
    ) => {
      const index = add(add(address, row), literal(constant + vector * vectorStep(body, view)));
      const { vectorAxis } = layout.region;
      const apart = vectorAxis === undefined ? 0 : at(view.strides, vectorAxis);
      const made = readVector(lowering, view.buffer, index, body.type, apart, stem);
      statements.push(...made.statements);
      return made.value;
    };
    for (let k = 0; k < tiles * width; k++) {
      const [tile, vector] = [Math.floor(k / width), k % width];
      const factor =
        weights && factors && read(weights, at(factors.anchors, tile), vector, literal(0), 'weight');
      for (let row = 0; row < rows; row++) {
        const sum = at(accumulators, row * tiles * width + k);
        const distance = rowDistance(lowering, input.buffer, literal(row));
        const value = read(input, at(values.anchors, tile), vector, distance, input.buffer);
        statements.push(
          factor === undefined ? addTo(sum, value) : multiplyAddTo(lowering, sum, value, factor),
        );
      }
    }
  }
  return statements;
}
