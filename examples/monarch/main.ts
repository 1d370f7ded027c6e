/**
 * Monarch matrices: a compiled operator against the sum it stands for, a transform projected onto it, and
 * the table of how well one factor approximates what.
 *
 *   node examples/monarch/main.ts
 */
import { load, matrixOfOperator32 } from '../host/load.ts';
import { add, frobenius, relativeDifference } from '../host/matrix.ts';
import { seeded } from '../host/random.ts';
import { applySimple } from './einsum.ts';
import { initialWeights, linearShapes, parameterCount } from './linear.ts';
import { project } from './project.ts';
import { printProjectionTable } from './projectionTable.ts';
import { cosineTransform, hadamard } from './transforms.ts';

const random = seeded(1);
const loaded = await load(new URL('monarch.sop', import.meta.url), {
  exports: ['monarch768', 'monarch[256, 16] as monarch256', 'monarch_linear[300, 1000, 4] as linear'],
});

// 768 numbers in blocks of 192, then in blocks of 4: one call for a batch of rows, which lie one after the other.
const { W1: R, W2: L } = {
  W1: random.normals(4 * 192 * 192, 192 ** -0.5),
  W2: random.normals(192 * 4 * 4, 0.5),
};
const monarch = await loaded.operator('monarch768', { params: { L, R } });
const x = random.normals(768);
const y = monarch.apply(Float32Array.from(x));
const sum = applySimple({ W1: R, W2: L }, { k: 4, i: 192, j: 192, l: 4 }, x);
console.log(`monarch768 against its sum: relative difference ${relativeDifference(y, sum).toExponential(1)}`);

// A layer of any size: features are padded to whole blocks inside the kernel.
const shapes = linearShapes(1000, 300, 4);
const linear = await loaded.operator('linear', { params: { ...initialWeights(shapes, random) } });
const share = ((100 * parameterCount(shapes)) / (1000 * 300)).toFixed(1);
console.log(`a layer ${linear.inputLength} -> ${linear.outputLength} in 4 blocks: ${share} % of the weights`);

// The nearest Monarch matrix, by singular values on the host; the error is known before the operator is built.
for (const [name, M] of [
  ['Hadamard', hadamard(256)],
  ['DCT-II', cosineTransform(256)],
] as const) {
  const found = project(M);
  const operator = await loaded.operator('monarch256', { params: { L: found.W2, R: found.W1 } });
  const reached = frobenius(add(M, matrixOfOperator32(operator), -1).data) / frobenius(M.data);
  const promised = found.error / frobenius(M.data);
  console.log(
    `${name} of 256 projected: error ${reached.toExponential(3)}, promised ${promised.toExponential(3)}`,
  );
}

console.log('\nrelative error of the nearest Monarch matrix, and of a low-rank pair with as many weights:');
printProjectionTable([16, 64, 256]);
