/**
 * RandLoRA: a frozen layer of 20 -> 32 with a trained update of full rank, in the paper's order and in the
 * published code's.
 *
 *   node examples/randlora/main.ts
 */
import { load, matrixOfOperator } from '../host/load.ts';
import { add, relativeDifference } from '../host/matrix.ts';
import { seeded } from '../host/random.ts';
import { singularValues } from '../host/singularValues.ts';
import { basisCount, denseBasis, initialTrained, trainableCount } from './bases.ts';
import { paperLayout, paperUpdate, strideColumns } from './update.ts';

const random = seeded(1);
const layer = { inputs: 20, outputs: 32, rank: 4 };
const count = basisCount(layer);
const loaded = await load(new URL('randlora.sop', import.meta.url), {
  exports: ['randlora5', 'randlora_code'],
  scalar: 'f64',
});

const W = random.matrix(32, 20);
const bases = { B: denseBasis(count * 32 * 4, random), A: denseBasis(4 * 20, random) };
const { lambda, gamma } = initialTrained(layer);
const operator = await loaded.operator('randlora5', { params: { W: W.data, ...bases, lambda, gamma, s: 2 } });
const start = matrixOfOperator(operator);
console.log(`at the start the layer is W exactly: ${start.data.every((value, i) => value === W.data[i])}`);

// While gamma is constant, as it starts, the update is (sum of B_j diag(lambda_j)) A, of rank 4.
// Training gamma frees it.
const rankOf = (values: Float64Array) => values.filter(value => value > 1e-10 * (values[0] ?? 0)).length;
operator.update('lambda', random.normals(lambda.length));
const constant = add(matrixOfOperator(operator), W, -1);
operator.update('gamma', random.normals(gamma.length));
const varied = add(matrixOfOperator(operator), W, -1);
console.log(
  `rank of the update, ${count} bases of rank 4: ${rankOf(singularValues(constant))} with constant gamma,`,
);
console.log(`  ${rankOf(singularValues(varied))} with trained gamma`);

// The published code keeps B as [R, k, r] and lambda as [r, k], and multiplies them in the order in which they lie.
const stored = {
  B: denseBasis(40 * count * 4, random),
  A: denseBasis(4 * 24, random),
  lambda: random.normals(lambda.length),
  gamma: random.normals(gamma.length),
};
const paper = paperUpdate(layer, paperLayout(layer, stored, 24));
for (const [order, B] of [
  ['as stored', stored.B],
  ['strided', strideColumns(stored.B, count, 4)],
] as const) {
  const code = await loaded.operator('randlora_code', {
    params: { W: new Float64Array(640), ...stored, B, s: 1 },
  });
  const difference = relativeDifference(matrixOfOperator(code).data, paper.data);
  console.log(`the code's contraction, bases ${order}: ${difference.toExponential(1)} from the paper's sum`);
}
for (const r of [6, 32, 128]) {
  const trainable = trainableCount({ inputs: 768, outputs: 3072, rank: r });
  console.log(`768 -> 3072 with rank ${r}: ${trainable} trained numbers`);
}
