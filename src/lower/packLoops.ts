/**
 * Loops that evaluate a tensor's body at every position. Each value is computed in the outermost block that
 * knows its variables, so the innermost loop of a plain layout is a strided copy. What reads memory is never
 * moved out of the branch of a choice, which may guard the read.
 */
import { at, invariant, unreachable } from '../core/invariant.ts';
import {
  axis,
  element,
  type IndexScalar,
  indexElement,
  type RealScalar,
  type Scalar,
  scalarChildren,
  type Tensor,
} from '../ir/tensor.ts';
import {
  assign,
  declare,
  f64,
  i32,
  literal,
  load,
  loop,
  operation,
  store,
  variable,
} from '../kernel/build.ts';
import type { Expression, Statement } from '../kernel/kernel.ts';
import { fresh } from './names.ts';
import { type Block, blockIn, depthOf, factsOf, homeOf, knownIn } from './packBlocks.ts';
import { bufferHolding, type Packing } from './packContext.ts';
import { indexOperation, realOperation } from './packFunctions.ts';
import { lowestIndex } from './packRange.ts';
import { isAffine, linear, rowMajor, type Terms, termsOf } from './packTerms.ts';

export interface Destination {
  readonly buffer: string;
  readonly offset: number;
  readonly convert: (value: Expression) => Expression;
}

interface Evaluation {
  readonly packing: Packing;
  readonly shape: readonly number[];
  readonly uses: ReadonlyMap<Scalar, number>;
  readonly variables: Map<IndexScalar, Expression>;
  /** Extents of the sums around, for ranges. */
  readonly extents: Map<number, number>;
}

export function fillTensor(packing: Packing, tensor: Tensor, destination: Destination): void {
  if (tensor.shape.includes(0)) return;
  const body = tensor.kind === 'computed' ? tensor.body : wholeElement(tensor);
  const variables = new Map<IndexScalar, Expression>();
  const evaluation: Evaluation = {
    packing,
    shape: tensor.shape,
    uses: countUses(body),
    variables,
    extents: new Map(),
  };
  const position = tensor.shape.map((extent, k) => {
    if (extent === 1) variables.set(axis(k), literal(0));
    return axis(k);
  });
  const loops = position.filter(each => !variables.has(each));
  const nest = (depth: number, parent: Block | undefined): Block => {
    const binds = depth === 0 ? undefined : at(loops, depth - 1);
    const block = blockIn(parent, binds);
    const next = loops[depth];
    if (next === undefined) {
      const value = evaluate(evaluation, block, body);
      const index = addressOf(evaluation, block, rowMajor(position, tensor.shape, destination.offset));
      block.statements.push(store(destination.buffer, index, destination.convert(value)));
      return block;
    }
    const name = fresh(packing, 'ijklmn'[depth] ?? 'i');
    variables.set(next, variable(name));
    const inner = nest(depth + 1, block);
    const extent = at(tensor.shape, next.kind === 'axis' ? next.axis : 0);
    block.statements.push(loop(name, literal(0), literal(extent), 1, inner.statements, 'lane'));
    return block;
  };
  packing.statements.push(...nest(0, undefined).statements);
}

function wholeElement(tensor: Tensor): Scalar {
  const position = tensor.shape.map((_, k) => axis(k));
  return tensor.dtype === 'index' ? indexElement(tensor, position) : element(tensor, position);
}

function countUses(root: Scalar): Map<Scalar, number> {
  const uses = new Map<Scalar, number>();
  const visit = (scalar: Scalar): void => {
    const count = uses.get(scalar) ?? 0;
    uses.set(scalar, count + 1);
    if (count === 0) scalarChildren(scalar).forEach(visit);
  };
  visit(root);
  return uses;
}

// ------------------------------------------------------------------------------------------------------ evaluation

/**
 * A scalar as an expression that is valid in the block; what it needs is added to the block or one around
 * it.
 */
function evaluate(evaluation: Evaluation, block: Block, scalar: Scalar): Expression {
  if (scalar.kind === 'literal') return literal(scalar.value, scalar.domain === 'index' ? i32 : f64);
  const known = knownIn(block, scalar);
  if (known !== undefined) return known;
  const home = homeOf(block, scalar);
  const value =
    scalar.domain === 'index'
      ? computeIndex(evaluation, home, scalar)
      : computeReal(evaluation, home, scalar);
  const repeated = (evaluation.uses.get(scalar) ?? 0) > 1;
  const kept =
    value.kind === 'operation' && (repeated || home !== block) ? named(evaluation, home, value) : value;
  if (kept.kind !== 'operation') home.known.set(scalar, kept);
  return kept;
}

function named({ packing }: Evaluation, block: Block, value: Expression, stem = 'value'): Expression {
  if (value.kind !== 'operation') return value;
  const name = fresh(packing, stem);
  block.statements.push(declare(name, value));
  return variable(name, value.type);
}

function computeIndex(evaluation: Evaluation, block: Block, scalar: IndexScalar): Expression {
  switch (scalar.kind) {
    case 'literal':
      return literal(scalar.value);
    case 'axis':
    case 'bound': {
      const value = evaluation.variables.get(scalar);
      invariant(value !== undefined, 'a variable of a loop around');
      return value;
    }
    case 'element':
      return operation('toInteger', [read(evaluation, block, scalar.tensor, scalar.at)], i32);
    case 'select':
      return choose(evaluation, block, scalar);
    case 'apply': {
      const [a, b] = [at(scalar.arguments, 0), at(scalar.arguments, 1)];
      if (isAffine(scalar)) return addressOf(evaluation, block, termsOf(scalar));
      const low = lowestIndex(a, evaluation.shape, evaluation.extents);
      return indexOperation(
        scalar.function,
        evaluate(evaluation, block, a),
        evaluate(evaluation, block, b),
        low,
      );
    }
    default:
      return unreachable(scalar);
  }
}

function computeReal(evaluation: Evaluation, block: Block, scalar: RealScalar): Expression {
  switch (scalar.kind) {
    case 'literal':
      return literal(scalar.value, f64);
    case 'ofIndex':
      return operation('toFloat', [evaluate(evaluation, block, scalar.value)], f64);
    case 'element':
      return read(evaluation, block, scalar.tensor, scalar.at);
    case 'apply': {
      const operands = scalar.arguments.map(each => evaluate(evaluation, block, each));
      return realOperation(scalar.function, operands, value => named(evaluation, block, value));
    }
    case 'select':
      return choose(evaluation, block, scalar);
    case 'sum':
      return sum(evaluation, block, scalar);
    default:
      return unreachable(scalar);
  }
}

function read(
  evaluation: Evaluation,
  block: Block,
  tensor: Tensor,
  position: readonly IndexScalar[],
): Expression {
  const source = bufferHolding(evaluation.packing, tensor);
  const index = addressOf(evaluation, block, rowMajor(position, tensor.shape, 0));
  const name = fresh(evaluation.packing, 'x');
  block.statements.push(load(name, f64, source.name, index));
  return variable(name, f64);
}

/** Where no branch reads memory, both may be computed; else only the branch taken is: it may guard the read. */
function choose(evaluation: Evaluation, block: Block, scalar: Scalar & { kind: 'select' }): Expression {
  const condition = evaluate(evaluation, block, scalar.condition);
  if (!factsOf(scalar.then).readsMemory && !factsOf(scalar.otherwise).readsMemory) {
    const branches = [scalar.then, scalar.otherwise].map(each => evaluate(evaluation, block, each));
    return operation('select', [condition, ...branches]);
  }
  const name = fresh(evaluation.packing, 'choice');
  const type = scalar.domain === 'index' ? i32 : f64;
  const branch = (value: Scalar): Statement[] => {
    const inner = blockIn(block, undefined, true);
    inner.statements.push(assign(name, evaluate(evaluation, inner, value)));
    return inner.statements;
  };
  const [then, otherwise] = [branch(scalar.then), branch(scalar.otherwise)];
  block.statements.push(declare(name, literal(0, type), true), { kind: 'if', condition, then, otherwise });
  return variable(name, type);
}

function sum(evaluation: Evaluation, block: Block, scalar: RealScalar & { kind: 'sum' }): Expression {
  const { packing, variables, extents } = evaluation;
  if (scalar.extent === 0) return literal(0, f64);
  const [name, index] = [fresh(packing, 'sum'), fresh(packing, 'k')];
  const binds = boundIn(scalar.body, scalar.variable);
  extents.set(scalar.variable, scalar.extent);
  if (binds !== undefined) variables.set(binds, variable(index));
  const inner = blockIn(block, binds);
  const total = variable(name, f64);
  inner.statements.push(assign(name, operation('add', [total, evaluate(evaluation, inner, scalar.body)])));
  block.statements.push(declare(name, literal(0, f64), true));
  block.statements.push(loop(index, literal(0), literal(scalar.extent), 1, inner.statements));
  return total;
}

/** The node that stands for a variable in an expression, if it occurs. */
function boundIn(scalar: Scalar, variableId: number): IndexScalar | undefined {
  if (!factsOf(scalar).free.has(variableId)) return undefined;
  if (scalar.kind === 'bound') return scalar;
  for (const child of scalarChildren(scalar)) {
    const found = boundIn(child, variableId);
    if (found !== undefined) return found;
  }
  return undefined;
}

// ------------------------------------------------------------------------------------------------------- addresses

/** Terms that do not change in this block form a base with a name in the block where the last of them does. */
function addressOf(evaluation: Evaluation, block: Block, terms: Terms): Expression {
  const values = [...terms.of]
    .filter(([, coefficient]) => coefficient !== 0)
    .map(([term, coefficient]) => ({
      id: term.id,
      coefficient,
      value: evaluate(evaluation, block, term),
      home: homeOf(block, term),
    }))
    .filter(({ value }) => value.kind !== 'literal' || value.value !== 0);
  const outer = values.filter(({ home }) => home !== block);
  const home = outer
    .map(each => each.home)
    .reduce<Block | undefined>((a, b) => (a && depthOf(a) > depthOf(b) ? a : b), undefined);
  const isPlain =
    outer.length === 0 ||
    (outer.length === 1 && outer.every(({ coefficient }) => coefficient === 1) && terms.constant === 0);
  if (home === undefined || isPlain) return linear(values, terms.constant);
  const key = `${terms.constant} ${outer.map(({ id, coefficient }) => `${id}*${coefficient}`)}`;
  const base = home.bases.get(key) ?? named(evaluation, home, linear(outer, terms.constant), 'start');
  home.bases.set(key, base);
  return linear([{ coefficient: 1, value: base }, ...values.filter(each => each.home === block)], 0);
}
