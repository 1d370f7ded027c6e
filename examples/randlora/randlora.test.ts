/**
 * RandLoRA: the paper's sum in every order of contraction, the published code's order, and the rank of the
 * update.
 */
import { describe, expect, test } from 'vitest';
import { load, matrixOfOperator, matrixOfOperator32 } from '../host/load.ts';
import { add, at, matrixOf, relativeDifference, transpose } from '../host/matrix.ts';
import { seeded } from '../host/random.ts';
import { singularValues } from '../host/singularValues.ts';
import {
  basisCount,
  denseBasis,
  initialTrained,
  type Layer,
  ternaryBasis,
  trainableCount,
  transposed,
} from './bases.ts';
import { codeUpdate, merge, paperLayout, paperUpdate, strideColumns, unmerge } from './update.ts';

const ranks = [1, 4, 8] as const;
const layerOf = (rank: number): Layer => ({ inputs: 20, outputs: 32, rank });
const stored = { rows: 40, columns: 24 };
const exports = ranks.flatMap(r => {
  const sizes = `20, 32, ${r}, ${basisCount(layerOf(r))}`;
  return [
    `randlora[${sizes}] as sum${r}`,
    `randlora_stacked[${sizes}] as stacked${r}`,
    `randlora_transposed[32, 20, ${r}, ${basisCount(layerOf(r))}] as transposed${r}`,
    `randlora_peft[${sizes}, ${stored.rows}, ${stored.columns}] as code${r}`,
  ];
});
const source = new URL('randlora.sop', import.meta.url);
const [double, single, adapting] = await Promise.all([
  load(source, { exports, scalar: 'f64' }),
  load(source, { exports }),
  load(source, { exports: ['adapter1', 'adapter2'], scalar: 'f64' }),
]);

/** Random values of everything, lambda and gamma too. */
function drawn(layer: Layer, seed: number) {
  const random = seeded(seed);
  const [{ inputs, outputs, rank }, count] = [layer, basisCount(layer)];
  return {
    W: random.matrix(outputs, inputs),
    update: {
      B: denseBasis(count * outputs * rank, random),
      A: denseBasis(rank * inputs, random),
      lambda: random.normals(count * rank),
      gamma: random.normals(count * inputs),
    },
    stored: {
      B: denseBasis(stored.rows * count * rank, random),
      A: denseBasis(rank * stored.columns, random),
      lambda: random.normals(rank * count),
      gamma: random.normals(count * inputs),
    },
  };
}

const rankOf = (values: Float64Array): number => values.filter(value => value > 1e-10 * at(values, 0)).length;

describe.each(ranks)('a layer 20 -> 32 with bases of rank %i', rank => {
  const layer = layerOf(rank);
  const count = basisCount(layer);
  const { W, update, stored: kept } = drawn(layer, rank);

  test('loop, stack, merged weights and the formula agree, in both precisions', async () => {
    const expected = merge(W, paperUpdate(layer, update), 2);
    const params = { W: W.data, ...update, s: 2 };
    for (const name of [`sum${rank}`, `stacked${rank}`]) {
      const actual = matrixOfOperator(await double.operator(name, { params }));
      expect(relativeDifference(actual.data, expected.data)).toBeLessThan(2e-15);
      const rounded = matrixOfOperator32(await single.operator(name, { params }));
      expect(relativeDifference(rounded.data, expected.data)).toBeLessThan(4 * 2 ** -23);
    }
  });

  test('a layer with fewer outputs than inputs is the adjoint', async () => {
    const params = { W: transpose(W).data, ...update, s: 2 };
    const actual = matrixOfOperator(await double.operator(`transposed${rank}`, { params }));
    const expected = transpose(merge(W, paperUpdate(layer, update), 2));
    expect([actual.rows, actual.columns]).toEqual([20, 32]);
    expect(relativeDifference(actual.data, expected.data)).toBeLessThan(2e-15);
  });

  test('at the start the layer is W, to the bit', async () => {
    const { lambda, gamma } = initialTrained(layer);
    expect(gamma[0]).toBe(1 / 20);
    const params = { W: W.data, ...update, lambda, gamma, s: 3 };
    for (const name of [`sum${rank}`, `stacked${rank}`])
      expect(matrixOfOperator(await double.operator(name, { params }))).toEqual(W);
    const code = { W: W.data, ...kept, lambda, gamma, s: 3 };
    expect(matrixOfOperator(await double.operator(`code${rank}`, { params: code }))).toEqual(W);
  });

  test("the code's order is not the paper's sum, and is after a stride permutation", async () => {
    const zero = new Float64Array(32 * 20);
    const matrix = async (B: Float64Array) => {
      const params = { W: zero, ...kept, B, s: 1 };
      return matrixOfOperator(await double.operator(`code${rank}`, { params }));
    };
    const paper = paperUpdate(layer, paperLayout(layer, kept, stored.columns));
    const asStored = await matrix(kept.B);
    const inItsOrder = codeUpdate(layer, kept, stored.columns);
    expect(relativeDifference(asStored.data, inItsOrder.data)).toBeLessThan(2e-15);
    const strided = await matrix(strideColumns(kept.B, count, rank));
    expect(relativeDifference(strided.data, paper.data)).toBeLessThan(2e-15);
    // With one number in a row of a basis there is nothing to interleave.
    if (rank === 1) expect(relativeDifference(asStored.data, paper.data)).toBeLessThan(2e-15);
    else expect(relativeDifference(asStored.data, paper.data)).toBeGreaterThan(0.5);
    expect([rankOf(singularValues(paper)), rankOf(singularValues(asStored))]).toEqual([20, 20]);
  });

  test('the update has full rank, but only that of a basis while gamma is constant', async () => {
    const { gamma } = initialTrained(layer);
    const params = { W: W.data, ...update, s: 1 };
    const operator = await double.operator(`sum${rank}`, { params });
    const updateNow = () => singularValues(add(matrixOfOperator(operator), W, -1));
    expect(rankOf(updateNow())).toBe(20);
    operator.update('gamma', gamma);
    expect(rankOf(updateNow())).toBe(rank);
  });

  test('unmerging restores the weights', () => {
    const change = paperUpdate(layer, update);
    const restored = unmerge(merge(W, change, 0.7), change, 0.7);
    expect(relativeDifference(restored.data, W.data)).toBeLessThan(1e-14);
  });
});

test('two layers of different sizes read slices of the same bases', async () => {
  const random = seeded(11);
  const basisB = denseBasis(32 * 5 * 4, random);
  const basisA = denseBasis(4 * 20, random);
  const own = [
    { layer: { inputs: 20, outputs: 32, rank: 4 }, count: 5 },
    { layer: { inputs: 11, outputs: 17, rank: 4 }, count: 3 },
  ].map(({ layer, count }, index) => ({
    name: `adapter${index + 1}`,
    layer,
    W: random.matrix(layer.outputs, layer.inputs),
    lambda: random.normals(count * 4),
    gamma: random.normals(count * layer.inputs),
  }));
  const entries = own.flatMap(({ name, W, lambda, gamma }): [string, Float64Array][] => [
    [`${name}.W`, W.data],
    [`${name}.lambda`, lambda],
    [`${name}.gamma`, gamma],
    [`${name}.s`, Float64Array.of(0.5)],
  ]);
  const adapters = await adapting.all({ params: { basisA, basisB, ...Object.fromEntries(entries) } });
  for (const { name, layer, W, lambda, gamma } of own) {
    const { inputs, outputs, rank } = layer;
    const count = basisCount(layer);
    const B = Float64Array.from({ length: count * outputs * rank }, (_, index) => {
      const [j, y] = [Math.floor(index / (outputs * rank)), Math.floor(index / rank) % outputs];
      return at(basisB, (y * 5 + j) * rank + (index % rank));
    });
    const A = matrixOf(rank, inputs, (c, x) => at(basisA, c * 20 + x)).data;
    const expected = merge(W, paperUpdate(layer, { A, B, lambda, gamma }), 0.5);
    const adapter = adapters[name];
    if (adapter === undefined) throw new Error(`the module has no ${name}`);
    expect(relativeDifference(matrixOfOperator(adapter).data, expected.data)).toBeLessThan(2e-15);
  }
});

describe('bases', () => {
  const deviation = (values: Float64Array): number => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  };

  test('dense ones have deviation 1 and stay inside the uniform bound', () => {
    const basis = denseBasis(5000, seeded(2));
    expect(deviation(basis)).toBeCloseTo(1, 12);
    expect(Math.max(...basis.map(Math.abs))).toBeLessThan(1.03 * Math.sqrt(3));
  });

  test.each([3, Math.sqrt(768)])('ternary ones of sparsity %d hold three values in their proportions', s => {
    const basis = ternaryBasis(30000, s, seeded(3));
    expect(deviation(basis)).toBeCloseTo(1, 12);
    expect(new Set(basis.map(Math.abs)).size).toBe(2);
    const share = basis.filter(value => value !== 0).length / basis.length;
    expect(Math.abs(share * s - 1)).toBeLessThan(0.1);
  });

  test('the count of trained numbers grows as the rank shrinks', () => {
    const counts = [1, 6, 32, 768].map(rank => trainableCount({ inputs: 768, outputs: 3072, rank }));
    expect(counts).toEqual([768 * 769, 128 * 774, 24 * 800, 1536]);
  });

  test('lambda is stored the other way round in the published code', () => {
    expect([...transposed(Float64Array.of(1, 2, 3, 4, 5, 6), 2, 3)]).toEqual([1, 4, 2, 5, 3, 6]);
  });
});
