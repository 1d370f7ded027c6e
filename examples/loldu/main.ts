/**
 * LoLDU: the weights of a layer factorised as P L D U on the host, of which 8 numbers per layer are trained.
 *
 *   node examples/loldu/main.ts
 */
import { load, matrixOfOperator } from '../host/load.ts';
import { relativeDifference } from '../host/matrix.ts';
import { seeded } from '../host/random.ts';
import { lolduParameters } from './factorise.ts';
import { createLayer, evaluate, type Network, train } from './train.ts';

const random = seeded(1);
const loaded = await load(new URL('loldu.sop', import.meta.url), { scalar: 'f64' });

// Two pretrained layers, 12 -> 16 -> 10, each as its residual and the first 8 pivots of its factorisation.
const weights = [random.matrix(16, 12, 12 ** -0.5), random.matrix(10, 16, 16 ** -0.5)] as const;
const parameters = [lolduParameters(weights[0], 8, 8), lolduParameters(weights[1], 8, 8)] as const;
const create = async (): Promise<Network> => [
  await createLayer(loaded, 'layer1', parameters[0]),
  await createLayer(loaded, 'layer2', parameters[1]),
];
const network = await create();
const start = relativeDifference(matrixOfOperator(network[0].whole).data, weights[0].data);
console.log(`layer 1 at the start against its dense weights: relative difference ${start.toExponential(1)}`);

// A target with other diagonals, which training has to find from inputs and outputs alone.
const target = await create();
for (const { whole, z } of target) {
  whole.update(
    'z',
    z.map(value => value * (1 + 0.2 * random.normal())),
  );
}
const x = random.normals(64 * 12);
const losses = train(network, { x, wanted: evaluate(target, x) }, 300, 0.02);
for (const step of [0, 10, 100, 299]) {
  console.log(`step ${String(step).padStart(3)}: loss ${losses[step]?.toExponential(2)}`);
}
const trained = network.reduce((sum, { z }) => sum + z.length, 0);
console.log(`${trained} numbers trained of ${16 * 12 + 10 * 16} weights`);
