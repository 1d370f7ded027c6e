/**
 * Kernels with one mistake each, as a person or a wrong pass would make it. Every site of every kind is
 * offered; a mutant is made only when it is asked for.
 */
import { at } from '../../src/core/invariant.ts';
import { add, f32, f64, literal, operation } from '../../src/kernel/build.ts';
import type { Buffer, Expression, Kernel, OperatorName, Statement } from '../../src/kernel/kernel.ts';
import { expressionSites, type StatementSite, statementSites } from './sites.ts';

export type Mistake =
  | 'load index off by one'
  | 'store index off by one'
  | 'tail loop dropped'
  | 'loop one shorter'
  | 'last reduction step missing'
  | 'accumulate skipped'
  | 'sum overwritten'
  | 'strides swapped'
  | 'factor unscaled'
  | 'wrong lane'
  | 'wrong initial value'
  | 'pointwise step skipped'
  | 'bias dropped'
  | 'bias of the neighbour'
  | 'gate dropped'
  | 'rounded twice';

export interface Mutant {
  readonly mistake: Mistake;
  readonly where: string;
  readonly make: () => Kernel;
}

export function* mutate(kernel: Kernel): Generator<Mutant> {
  const loaded = new Set<string>();
  const buffers = new Map(kernel.buffers.map(buffer => [buffer.name, buffer]));
  for (const site of statementSites(kernel)) {
    if (site.statement.kind === 'load') loaded.add(site.statement.name);
    yield* ofStatement(site, buffers);
    yield* ofValue(site, loaded);
    yield* ofIndices(site);
  }
}

const place = ({ loops, statement }: StatementSite): string => {
  const what =
    'name' in statement ? statement.name : statement.kind === 'store' ? statement.buffer : statement.kind;
  return [...loops, what].join('/');
};

/**
 * One element on or back, without leaving a buffer of known extent: in memory what lies beside it is read
 * instead.
 */
function moved(index: Expression, by: 1 | -1, buffer: Buffer | undefined, width: number): Expression {
  if (by === -1) return operation('subtract', [operation('maximum', [index, literal(1)]), literal(1)]);
  const next = add(index, literal(1));
  if (buffer === undefined || buffer.extent.parameter !== undefined) return next;
  return operation('minimum', [next, literal(buffer.extent.fixed - width)]);
}

function* ofStatement(site: StatementSite, buffers: ReadonlyMap<string, Buffer>): Generator<Mutant> {
  const { statement, replaced } = site;
  const mutant = (mistake: Mistake, by: () => readonly Statement[], note = ''): Mutant => ({
    mistake,
    where: `${place(site)}${note}`,
    make: () => replaced(by()),
  });
  if (statement.kind === 'load') {
    const buffer = buffers.get(statement.buffer);
    const mistake = buffer?.comment === 'bias' ? 'bias of the neighbour' : 'load index off by one';
    const width = statement.splat ? 1 : statement.type.lanes;
    for (const by of [1, -1] as const)
      yield mutant(
        mistake,
        () => [{ ...statement, index: moved(statement.index, by, buffer, width) }],
        ` ${by}`,
      );
    if (statement.splat) yield mutant('wrong lane', () => [{ ...statement, splat: false }], ' not splat');
  }
  if (statement.kind === 'store') {
    for (const by of [1, -1] as const)
      yield mutant(
        'store index off by one',
        () => [
          {
            ...statement,
            index: moved(statement.index, by, buffers.get(statement.buffer), statement.value.type.lanes),
          },
        ],
        ` ${by}`,
      );
  }
  if (statement.kind === 'for') {
    const isTail = !(statement.from.kind === 'literal' && statement.from.value === 0);
    if (isTail) yield mutant('tail loop dropped', () => []);
    const reduces = statement.body.some(inner => inner.kind === 'assign');
    const to = operation('subtract', [statement.to, statement.step]);
    yield mutant(reduces ? 'last reduction step missing' : 'loop one shorter', () => [{ ...statement, to }]);
  }
  if (statement.kind === 'assign') {
    yield mutant('accumulate skipped', () => []);
    const { value } = statement;
    if (value.kind === 'operation' && value.operator === 'add')
      yield mutant('sum overwritten', () => [{ ...statement, value: at(value.operands, 1) }]);
  }
  if (statement.kind === 'declare' && statement.mutable) {
    const { type } = statement.value;
    const isLiteral = statement.value.kind === 'literal';
    yield mutant('wrong initial value', () => [{ ...statement, value: literal(isLiteral ? 1 : 0, type) }]);
  }
}

const pointwise: ReadonlySet<OperatorName> = new Set([
  'exp',
  'log',
  'tanh',
  'erf',
  'negate',
  'divide',
  'maximum',
  'squareRoot',
]);

/** Mistakes in real arithmetic: the values of assignments, declarations and stores. */
function* ofValue(site: StatementSite, loaded: ReadonlySet<string>): Generator<Mutant> {
  const { statement, replaced } = site;
  if (statement.kind !== 'assign' && statement.kind !== 'declare' && statement.kind !== 'store') return;
  if (statement.value.type.scalar === 'i32') return;
  for (const inner of expressionSites(statement.value)) {
    const { expression } = inner;
    const mutant = (mistake: Mistake, by: Expression, note = ''): Mutant => ({
      mistake,
      where: `${place(site)}${note}`,
      make: () => replaced([{ ...statement, value: inner.replaced(by) }]),
    });
    if (expression.kind === 'lane') {
      const lane = (expression.lane + 1) % expression.vector.type.lanes;
      yield mutant('wrong lane', { ...expression, lane }, ` ${expression.lane}`);
    }
    if (expression.kind === 'vector') {
      const [first, second] = [at(expression.elements, 0), at(expression.elements, 1)];
      const elements = expression.elements.with(0, second).with(1, first);
      yield mutant('wrong lane', { ...expression, elements }, ' swapped');
    }
    if (expression.kind !== 'operation' || expression.type.scalar === 'i32') continue;
    const isLoaded = (each: Expression) => each.kind === 'variable' && loaded.has(each.name);
    const epilogue = statement.kind !== 'assign' && expression.operands.some(isLoaded);
    const [first, second] = [at(expression.operands, 0), expression.operands[1]];
    if (expression.operator === 'multiply' && second !== undefined) {
      yield mutant(epilogue ? 'gate dropped' : 'factor unscaled', first, ' left');
      yield mutant('factor unscaled', second, ' right');
    }
    if (expression.operator === 'add' && epilogue) yield mutant('bias dropped', first);
    if (pointwise.has(expression.operator))
      yield mutant('pointwise step skipped', first, ` ${expression.operator}`);
    if (expression.type.scalar === 'f64' && expression.operator !== 'toFloat') {
      const narrow = operation('toPrecision', [expression], f32);
      yield mutant('rounded twice', operation('toPrecision', [narrow], f64), ` ${expression.operator}`);
    }
  }
}

/** Two coefficients of one address exchanged. */
function* ofIndices(site: StatementSite): Generator<Mutant> {
  const { statement, replaced } = site;
  const address =
    statement.kind === 'load' || statement.kind === 'store'
      ? statement.index
      : statement.kind === 'declare' && statement.value.type.scalar === 'i32'
        ? statement.value
        : undefined;
  if (address === undefined) return;
  const withAddress = (index: Expression): Statement =>
    statement.kind === 'declare' ? { ...statement, value: index } : ({ ...statement, index } as Statement);
  const scaled = [...expressionSites(address)].map(each => each.expression).filter(isScaled);
  for (const [k, second] of scaled.entries()) {
    const first = scaled[k - 1];
    if (first === undefined || coefficient(first) === coefficient(second)) continue;
    yield {
      mistake: 'strides swapped',
      where: `${place(site)} ${coefficient(first)} ${coefficient(second)}`,
      make: () => replaced([withAddress(exchanged(address, first, second))]),
    };
  }
}

const isScaled = (node: Expression): node is Expression & { kind: 'operation' } =>
  node.kind === 'operation' &&
  (node.operator === 'multiply' || node.operator === 'shiftLeft') &&
  node.operands[1]?.kind === 'literal';

const coefficient = ({ operator, operands }: Expression & { kind: 'operation' }): number => {
  const factor = at(operands, 1);
  const value = factor.kind === 'literal' ? factor.value : 1;
  return operator === 'shiftLeft' ? 2 ** value : value;
};

function exchanged(
  node: Expression,
  first: Expression & { kind: 'operation' },
  second: Expression & { kind: 'operation' },
): Expression {
  const scaledBy = (each: Expression, factor: number) => operation('multiply', [each, literal(factor)]);
  if (node === first) return scaledBy(at(first.operands, 0), coefficient(second));
  if (node === second) return scaledBy(at(second.operands, 0), coefficient(first));
  if (node.kind !== 'operation') return node;
  return { ...node, operands: node.operands.map(each => exchanged(each, first, second)) };
}
