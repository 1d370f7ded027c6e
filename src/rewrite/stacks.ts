/** Direct sums and rows and columns of blocks: nested ones are opened, equal ones become one leaf. */
import { at } from '../core/invariant.ts';
import { directSumMap, type IndexMap, identityMap } from '../ir/indexMap.ts';
import {
  type Block,
  block,
  dense,
  directSum,
  gather,
  horizontal,
  identity,
  type Operator,
  scatter,
  vertical,
  zero,
} from '../ir/operator.ts';
import { element, indexLiteral } from '../ir/tensor.ts';
import { tabulate } from '../ir/tensorAlgebra.ts';
import { concatenate } from '../ir/tensorStack.ts';
import { children } from '../ir/traverse.ts';
import { isPacked, type Rule } from './rule.ts';

type Stack = Operator & { readonly kind: 'directSum' | 'horizontal' | 'vertical' };

const isStack = (operator: Operator): operator is Stack =>
  operator.kind === 'directSum' || operator.kind === 'horizontal' || operator.kind === 'vertical';

const onParts = (
  kind: Stack['kind'],
  name: string,
  law: string,
  apply: (parts: readonly Operator[]) => Operator | undefined,
): Rule => ({
  kind: 'node',
  name,
  law,
  apply: operator => (operator.kind === kind ? apply(operator.parts) : undefined),
});

/** Merges every run of neighbouring blocks that join the first of the run; nothing where no two do. */
function mergeRuns(
  parts: readonly Operator[],
  canJoin: (a: Block, b: Block) => boolean,
  merge: (run: readonly Block[]) => Operator,
): Operator[] | undefined {
  const runs: Operator[][] = [];
  for (const part of parts) {
    const first = runs.at(-1)?.[0];
    const joins = isPackedBlock(part) && first !== undefined && isPackedBlock(first) && canJoin(first, part);
    if (joins) runs.at(-1)?.push(part);
    else runs.push([part]);
  }
  if (runs.length === parts.length) return undefined;
  return runs.map(run => (run.length === 1 ? at(run, 0) : merge(run.filter(isPackedBlock))));
}

const isPackedBlock = (operator: Operator): operator is Block =>
  operator.kind === 'block' && isPacked(operator.weights);

/** A dense matrix: KS(1,b,c,1). */
const isDense = (operator: Block): boolean => operator.a === 1 && operator.d === 1;

const matrix = ({ b, c, weights }: Block) =>
  tabulate([b, c], (i, j) => element(weights, [indexLiteral(0), indexLiteral(0), i, j]));

/** The maps of parts that are all gathers, or all scatters; the identity is both. */
function mapsOf(parts: readonly Operator[], kind: 'gather' | 'scatter'): IndexMap[] | undefined {
  const maps = parts.flatMap(part => {
    if (part.kind === 'identity') return [identityMap(part.rows)];
    return part.kind === kind ? [part.map] : [];
  });
  return maps.length === parts.length ? maps : undefined;
}

export const stackRules: readonly Rule[] = [
  {
    kind: 'node',
    name: 'nested stacks',
    law: '(A ⊕ B) ⊕ C = A ⊕ B ⊕ C, [[A, B], C] = [A, B, C], [[A; B]; C] = [A; B; C]',
    apply: operator => {
      if (!isStack(operator) || operator.parts.every(part => part.kind !== operator.kind)) return undefined;
      const parts = operator.parts.flatMap(part => (part.kind === operator.kind ? children(part) : [part]));
      return stackOf(operator.kind, parts);
    },
  },
  {
    kind: 'node',
    name: 'empty parts',
    law: 'a part that adds no rows and no columns to a stack is left out',
    apply: operator => {
      if (!isStack(operator)) return undefined;
      const adds = (part: Operator): boolean => {
        if (operator.kind === 'horizontal') return part.columns > 0;
        return operator.kind === 'vertical' ? part.rows > 0 : part.rows > 0 || part.columns > 0;
      };
      const parts = operator.parts.filter(adds);
      if (parts.length === operator.parts.length) return undefined;
      return parts.length === 0 ? zero(operator.rows, operator.columns) : stackOf(operator.kind, parts);
    },
  },
  {
    kind: 'node',
    name: 'nothing to compute',
    law: 'an operator of no rows or no columns is zero, and so is a stack of zeros',
    apply: operator => {
      if (operator.kind === 'zero') return undefined;
      const empty = operator.rows === 0 || operator.columns === 0;
      const zeros = isStack(operator) && operator.parts.every(part => part.kind === 'zero');
      return empty || zeros ? zero(operator.rows, operator.columns) : undefined;
    },
  },
  onParts('directSum', 'direct sum of identities', 'I ⊕ I = I', parts =>
    parts.every(part => part.kind === 'identity')
      ? identity(parts.reduce((n, part) => n + part.rows, 0))
      : undefined,
  ),
  onParts('directSum', 'direct sum of gathers', 'Gath(f) ⊕ Gath(g) = Gath(f ⊕ g)', parts => {
    const maps = mapsOf(parts, 'gather');
    return maps && gather(directSumMap(maps));
  }),
  onParts('directSum', 'direct sum of scatters', 'Scat(f) ⊕ Scat(g) = Scat(f ⊕ g)', parts => {
    const maps = mapsOf(parts, 'scatter');
    return maps && scatter(directSumMap(maps));
  }),
  onParts('directSum', 'direct sum of blocks', 'KS(a,b,c,d) ⊕ KS(a′,b,c,d) = KS(a+a′,b,c,d)', parts => {
    const alike = (a: Block, b: Block) => a.b === b.b && a.c === b.c && a.d === b.d;
    const joined = (run: readonly Block[]): Operator => {
      const { b, c, d, properties } = at(run, 0);
      const kept =
        b === c ? properties.filter(property => run.every(each => each.properties.includes(property))) : [];
      const copies = run.reduce((sum, each) => sum + each.a, 0);
      return block(
        copies,
        b,
        c,
        d,
        concatenate(
          run.map(each => each.weights),
          0,
        ),
        kept,
      );
    };
    const made = mergeRuns(parts, alike, joined);
    return made && directSum(...made);
  }),
  onParts('horizontal', 'row of dense matrices', '[dense(V), dense(W)] = dense([V, W])', parts => {
    const made = mergeRuns(
      parts,
      (a, b) => isDense(a) && isDense(b),
      run => dense(concatenate(run.map(matrix), 1)),
    );
    return made && horizontal(...made);
  }),
  onParts('vertical', 'column of dense matrices', '[dense(V); dense(W)] = dense([V; W])', parts => {
    const made = mergeRuns(
      parts,
      (a, b) => isDense(a) && isDense(b),
      run => dense(concatenate(run.map(matrix), 0)),
    );
    return made && vertical(...made);
  }),
];

function stackOf(kind: Stack['kind'], parts: readonly Operator[]): Operator {
  if (kind === 'directSum') return directSum(...parts);
  return kind === 'horizontal' ? horizontal(...parts) : vertical(...parts);
}
