/** What an operator asks of the values of its index parameters, from where it reads them. */
import { at } from '../core/invariant.ts';
import type { IndexMap } from '../ir/indexMap.ts';
import type { Operator, Program, Step } from '../ir/operator.ts';
import { type Scalar, scalarChildren, type Tensor, tensorsIn } from '../ir/tensor.ts';
import { nodesOf, tablesOf, tensorsAt } from '../ir/traverse.ts';

export interface IndexUse {
  /** Values are 0..range-1. */
  readonly range: number;
  /** Along the last axis each value comes once. */
  readonly permutation: boolean;
}

/** Uses by the parameter's unique name; several uses of one parameter are met together. */
export function indexUses(programs: readonly Program[]): ReadonlyMap<string, IndexUse> {
  const uses = new Map<string, IndexUse>();
  const meet = (name: string, use: IndexUse): void => {
    const before = uses.get(name);
    uses.set(name, {
      range: Math.min(use.range, before?.range ?? use.range),
      permutation: use.permutation || before?.permutation === true,
    });
  };
  const tensors = new Set<Tensor>();
  for (const step of programs.flatMap(({ steps }) => steps)) {
    for (const operator of operatorsIn(step).flatMap(nodesOf)) {
      tensorsAt(operator).forEach(tensor => void tensors.add(tensor));
      for (const map of dataMaps(operator)) meetTable(map, meet);
    }
    biasesIn(step).forEach(tensor => void tensors.add(tensor));
  }
  // Tensors read by the tensors found are added while the loop runs.
  for (const tensor of tensors) {
    if (tensor.kind === 'parameter') continue;
    if (tensor.kind !== 'computed') tensors.add(tensor.of);
    else {
      meetPositions(tensor.body, meet);
      tensorsIn(tensor.body).forEach(read => void tensors.add(read));
    }
  }
  return uses;
}

const operatorsIn = (step: Step): readonly Operator[] =>
  step.kind === 'linear' ? [step.operator] : step.kind === 'gate' ? step.steps.flatMap(operatorsIn) : [];

const biasesIn = (step: Step): readonly Tensor[] =>
  step.kind === 'bias' ? [step.bias] : step.kind === 'gate' ? step.steps.flatMap(biasesIn) : [];

type DataMap = IndexMap & { readonly kind: 'data' };
type Meet = (name: string, use: IndexUse) => void;

const dataMaps = (operator: Operator): readonly DataMap[] =>
  operator.kind === 'gather' || operator.kind === 'scatter' ? dataMapsIn(operator.map) : [];

function dataMapsIn(map: IndexMap): readonly DataMap[] {
  if (tablesOf(map).length === 0) return [];
  switch (map.kind) {
    case 'data':
      return [map];
    case 'tensor':
    case 'compose':
      return [...dataMapsIn(map.outer), ...dataMapsIn(map.inner)];
    case 'directSum':
      return map.parts.flatMap(dataMapsIn);
    case 'strided':
    case 'affine':
    case 'bitLinear':
    case 'table':
      return [];
  }
}

/** A table is a parameter or a slice of one; a slice that keeps the last axis whole is a row of it. */
function meetTable({ table, range, bijective }: DataMap, meet: Meet): void {
  if (table.kind === 'parameter') meet(table.name, { range, permutation: bijective });
  if (table.kind !== 'computed' || table.body.kind !== 'element') return;
  const { tensor, at: position } = table.body;
  if (tensor.kind !== 'parameter') return;
  const last = position.at(-1);
  const isRow = last?.kind === 'axis' && tensor.shape.at(-1) === at(table.shape, 0);
  meet(tensor.name, { range, permutation: bijective && isRow });
}

/** An index that stands as a position of a tensor lies inside that axis. */
function meetPositions(body: Scalar, meet: Meet, seen = new Set<Scalar>()): void {
  if (seen.has(body)) return;
  seen.add(body);
  if (body.kind === 'element') {
    body.at.forEach((index, k) => {
      const extent = at(body.tensor.shape, k);
      if (index.kind === 'element' && index.tensor.kind === 'parameter')
        meet(index.tensor.name, { range: extent, permutation: false });
    });
  }
  for (const child of scalarChildren(body)) meetPositions(child, meet, seen);
}
