/**
 * The nearest operator of a structure to a given matrix, where it is known: two factors of blocks between permutations.
 *
 * A place between the factors belongs to the block of inputs that writes it and to the block of outputs that reads it.
 * So the part of the matrix from one block of inputs to one of outputs is a product of its own, of as many columns as
 * there are places of that pair, and the nearest one truncates its singular value decomposition (Eckart and Young).
 * Monarch matrices (Dao et al. 2022, Theorem 1), low-rank matrices and block-dense layers are of this form; one factor
 * alone is its own block of the matrix.
 */
import type { ProjectedFactor, Projection } from '../../../codegen/torch/contents.ts';
import { at } from '../../core/invariant.ts';
import {
  composeMaps,
  type IndexMap,
  identityMap,
  inverseMap,
  isBijection,
  mapAt,
} from '../../ir/indexMap.ts';
import type { Block, Operator, Program } from '../../ir/operator.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { tablesOf } from '../../ir/traverse.ts';
import { placesOf } from './maps.ts';

type Attributes = ReadonlyMap<string, string>;

/** `attributes` are those of parameters that keep their values between calls, by the parameters' unique names. */
export function projectionOf({ steps }: Program, attributes: Attributes): Projection | undefined {
  const [step, ...more] = steps;
  if (step?.kind !== 'linear' || more.length > 0) return undefined;
  const factors = step.operator.kind === 'compose' ? step.operator.factors : [step.operator];
  const chain = chainOf(factors);
  const [last, first, ...others] = chain?.blocks ?? [];
  if (chain === undefined || last === undefined || others.length > 0) return undefined;
  const [outputs, inputs] = [placesOf(at(chain.maps, 0)), placesOf(at(chain.maps, chain.maps.length - 1))];
  const after = factorOf(last, attributes);
  if (after === undefined) return undefined;
  if (first === undefined) return { first: after, second: undefined, inputs, between: undefined, outputs };
  const [before, between] = [factorOf(first, attributes), at(chain.maps, 1)];
  if (before === undefined || before.attribute === after.attribute) return undefined;
  if (!isEven(between, first, last)) return undefined;
  return { first: before, second: after, inputs, between: placesOf(between), outputs };
}

interface Chain {
  /** The last applied first. */
  readonly blocks: readonly Block[];
  /** What y[i] = x[map(i)] stands before, between and behind them. */
  readonly maps: readonly IndexMap[];
}

/** Blocks with nothing but known permutations around them. */
function chainOf(factors: readonly Operator[]): Chain | undefined {
  const blocks: Block[] = [];
  const [first] = factors;
  if (first === undefined) return undefined;
  const maps: IndexMap[] = [identityMap(first.rows)];
  for (const factor of factors) {
    if (factor.kind === 'block') {
      blocks.push(factor);
      maps.push(identityMap(factor.columns));
      continue;
    }
    if (factor.kind !== 'gather' && factor.kind !== 'scatter') return undefined;
    if (!isBijection(factor.map) || tablesOf(factor.map).length > 0) return undefined;
    const map = factor.kind === 'gather' ? factor.map : inverseMap(factor.map);
    // y = A B x: what B gathers, A gathers again.
    maps[maps.length - 1] = composeMaps(map, at(maps, maps.length - 1));
  }
  return { blocks, maps };
}

/** Blocks [k, p, q] whose weights are a parameter as it stands, or each block transposed. */
function factorOf({ a, b, c, d, weights }: Block, attributes: Attributes): ProjectedFactor | undefined {
  if (d !== 1 || a * b * c === 0) return undefined;
  const read = parameterIn(weights, a);
  const attribute = read && attributes.get(read.name);
  return read && attribute !== undefined
    ? { attribute, blocks: a, isTransposed: read.isTransposed }
    : undefined;
}

function parameterIn(
  weights: Tensor,
  blocks: number,
): { readonly name: string; readonly isTransposed: boolean } | undefined {
  if (weights.kind !== 'computed' || weights.body.kind !== 'element') return undefined;
  const { tensor, at: position } = weights.body;
  if (tensor.kind !== 'parameter' || tensor.shape.length !== position.length) return undefined;
  const all = { 1: [0], 2: [2, 3], 3: [0, 2, 3] }[position.length];
  if (all === undefined || (position.length === 2 && blocks !== 1)) return undefined;
  const axes = position.map((index, k) =>
    index.kind === 'axis' ? index.axis : index.kind === 'literal' && tensor.shape[k] === 1 ? -1 : undefined,
  );
  const stands = (order: readonly number[]): boolean =>
    axes.every((axis, k) => axis === order[k] || (axis === -1 && weights.shape[order[k] ?? 0] === 1));
  if (stands(all)) return { name: tensor.name, isTransposed: false };
  const turned = { 1: [0], 2: [3, 2], 3: [0, 3, 2] }[position.length] ?? [];
  return stands(turned) ? { name: tensor.name, isTransposed: true } : undefined;
}

/** Whether every pair of an input block and an output block shares equally many places. */
function isEven(between: IndexMap, first: Block, second: Block): boolean {
  const counts = new Map<number, number>();
  for (let place = 0; place < between.domain; place++) {
    const pair = Math.floor(place / second.c) * first.a + Math.floor(mapAt(between, place) / first.b);
    counts.set(pair, (counts.get(pair) ?? 0) + 1);
  }
  return counts.size === first.a * second.a && new Set(counts.values()).size === 1;
}
