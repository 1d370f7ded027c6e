/**
 * The pack step of a buffer, as a kernel in f64: for each region, loops over the tensor's axes that evaluate its body and
 * store it in the layout a kernel reads. Tensors read by reference are computed once, into temporaries, before.
 */
import { at, invariant, unreachable } from '../core/invariant.ts';
import { type IndexScalar, type RealFunction, type Scalar, scalarChildren, type Tensor, tensorsIn } from '../ir/tensor.ts';
import { add, assign, declare, f64, i32, literal, load, loop, multiply, operation, store, variable } from '../kernel/build.ts';
import type { Buffer, Expression, Kernel, OperatorName, Statement } from '../kernel/kernel.ts';
import type { PackedBuffer } from './context.ts';

export interface PackKernel {
  readonly kernel: Kernel;
  /** Parameters it reads, by name; each is a buffer of the kernel. */
  readonly reads: readonly string[];
}

/** The name of the buffer that is filled. */
export const packTarget = 'target';

interface Packing {
  readonly names: Map<string, number>;
  /** Buffers by tensor: parameters under their own names, temporaries under new ones. */
  readonly buffers: Map<Tensor, Buffer>;
  readonly statements: Statement[];
}

export function lowerPack(packed: PackedBuffer): PackKernel {
  const packing: Packing = { names: new Map([[packTarget, 1]]), buffers: new Map(), statements: [] };
  for (const { tensor } of packed.regions) prepareTensor(packing, tensor, true);
  for (const { offset, tensor } of packed.regions) fill(packing, packTarget, packed.scalar === 'i32', offset, tensor);
  const target: Buffer = {
    name: packTarget,
    scalar: packed.scalar === 'i32' ? 'i32' : 'f64',
    extent: { fixed: packed.elements, perUnit: 0, parameter: undefined },
    space: 'global',
    access: 'write',
    comment: packed.comment,
  };
  const reads = [...packing.buffers.keys()].flatMap(tensor => (tensor.kind === 'parameter' ? [tensor.name] : []));
  const kernel: Kernel = {
    name: `pack_${packed.name}`,
    comment: [packed.comment],
    buffers: [...packing.buffers.values(), target],
    parameters: [],
    body: packing.statements,
  };
  return { kernel, reads };
}

function fresh({ names }: Packing, stem: string): string {
  const count = names.get(stem) ?? 0;
  names.set(stem, count + 1);
  return count === 0 ? stem : `${stem}_${count}`;
}

const elementsOf = (tensor: Tensor): number => tensor.shape.reduce((a, b) => a * b, 1);

/** Makes sure that what the tensor reads is in a buffer; and the tensor itself, unless it is only evaluated in place. */
function prepareTensor(packing: Packing, tensor: Tensor, inPlace: boolean): void {
  if (packing.buffers.has(tensor)) return;
  if (tensor.kind === 'computed') for (const read of tensorsIn(tensor.body)) prepareTensor(packing, read, false);
  else if (tensor.kind !== 'parameter') prepareTensor(packing, tensor.of, false);
  if (inPlace && tensor.kind === 'computed') return;
  const parameter = tensor.kind === 'parameter';
  const buffer: Buffer = {
    name: fresh(packing, parameter ? tensor.name : 'made'),
    scalar: 'f64',
    extent: { fixed: elementsOf(tensor), perUnit: 0, parameter: undefined },
    space: parameter ? 'global' : 'shared',
    access: parameter ? 'read' : 'readWrite',
    comment: `${parameter ? tensor.name : tensor.kind} [${tensor.shape.join(', ')}]`,
  };
  packing.buffers.set(tensor, buffer);
  if (tensor.kind === 'computed') fill(packing, buffer.name, false, 0, tensor);
  if (tensor.kind === 'inversePermutation') invert(packing, buffer.name, tensor);
  if (tensor.kind === 'unitTriangularInverse') invertTriangle(packing, buffer.name, tensor);
}

function fill(packing: Packing, target: string, integer: boolean, offset: number, tensor: Tensor): void {
  if (tensor.kind !== 'computed') return copyWhole(packing, target, integer, offset, tensor);
  const indices = tensor.shape.map((extent, k) => (extent === 1 ? undefined : fresh(packing, `i${k}`)));
  const position = indices.map(name => (name === undefined ? literal(0) : variable(name)));
  const block: Statement[] = [];
  const evaluator = new Evaluator(packing, position, block, tensor.body);
  const value = tensor.body.domain === 'index' ? evaluator.index(tensor.body) : evaluator.real(tensor.body);
  const converted = value.type.scalar === 'i32' && !integer ? operation('toFloat', [value], f64) : value;
  block.push(store(target, add(rowMajorIndex(position, tensor.shape), literal(offset)), converted));
  packing.statements.push(...nest(indices, tensor.shape, block));
}

function nest(indices: readonly (string | undefined)[], shape: readonly number[], body: readonly Statement[]): readonly Statement[] {
  return indices.reduceRight<readonly Statement[]>(
    (inner, name, k) => (name === undefined ? inner : [loop(name, literal(0), literal(at(shape, k)), 1, inner)]),
    body,
  );
}

/** A parameter or another tensor that is copied as it is. */
function copyWhole(packing: Packing, target: string, integer: boolean, offset: number, tensor: Tensor): void {
  const source = packing.buffers.get(tensor);
  invariant(source !== undefined, 'the tensor was prepared');
  const [i, value] = [fresh(packing, 'i'), fresh(packing, 'value')];
  const read = variable(value, f64);
  packing.statements.push(
    loop(i, literal(0), literal(elementsOf(tensor)), 1, [
      load(value, f64, source.name, variable(i)),
      store(target, add(variable(i), literal(offset)), integer ? operation('toInteger', [read], i32) : read),
    ]),
  );
}

function rowMajorIndex(position: readonly Expression[], shape: readonly number[]): Expression {
  return position.reduce<Expression>((index, each, k) => add(multiply(index, literal(at(shape, k))), each), literal(0));
}

/** of[inverse[i]] = i. */
function invert(packing: Packing, target: string, tensor: Tensor & { kind: 'inversePermutation' }): void {
  const source = packing.buffers.get(tensor.of);
  invariant(source !== undefined, 'the permutation was prepared');
  const [i, to] = [fresh(packing, 'i'), fresh(packing, 'to')];
  packing.statements.push(
    loop(i, literal(0), literal(at(tensor.shape, 0)), 1, [
      load(to, f64, source.name, variable(i)),
      store(target, operation('toInteger', [variable(to, f64)], i32), operation('toFloat', [variable(i)], f64)),
    ]),
  );
}

/** Column c of the inverse by substitution: x_r = [r = c] − Σ_{k before r} A[r,k]·x_k, in the order of the triangle. */
function invertTriangle(packing: Packing, target: string, tensor: Tensor & { kind: 'unitTriangularInverse' }): void {
  const source = packing.buffers.get(tensor.of);
  invariant(source !== undefined, 'the matrix was prepared');
  const n = at(tensor.shape, 0);
  const names = ['column', 'step', 'row', 'before', 'k', 'sum', 'a', 'x'].map(name => fresh(packing, name));
  const [column = '', step = '', row = '', before = '', k = '', sum = '', a = '', x = ''] = names;
  const place = (index: Expression) => (tensor.triangle === 'lower' ? index : operation('subtract', [literal(n - 1), index]));
  const entry = (i: string, j: string) => add(multiply(variable(i), literal(n)), variable(j));
  const one = operation('select', [operation('equal', [variable(row), variable(column)]), literal(1, f64), literal(0, f64)]);
  const product = operation('multiply', [variable(a, f64), variable(x, f64)]);
  packing.statements.push(
    loop(column, literal(0), literal(n), 1, [
      loop(step, literal(0), literal(n), 1, [
        declare(row, place(variable(step))),
        declare(sum, one, true),
        loop(before, literal(0), variable(step), 1, [
          declare(k, place(variable(before))),
          load(a, f64, source.name, entry(row, k)),
          load(x, f64, target, entry(k, column)),
          assign(sum, operation('subtract', [variable(sum, f64), product])),
        ]),
        store(target, entry(row, column), variable(sum, f64)),
      ]),
    ]),
  );
}

/** Scalars → expressions, with the statements they need pushed to the block at hand. */
class Evaluator {
  private readonly packing: Packing;
  private readonly position: readonly Expression[];
  private block: Statement[];
  private readonly variables = new Map<number, Expression>();
  private known = new Map<Scalar, Expression>();
  private readonly uses: ReadonlyMap<Scalar, number>;

  constructor(packing: Packing, position: readonly Expression[], block: Statement[], root: Scalar) {
    this.packing = packing;
    this.position = position;
    this.block = block;
    this.uses = countUses(root);
  }

  index(scalar: IndexScalar): Expression {
    return this.once(scalar, () => this.computeIndex(scalar));
  }

  real(scalar: Scalar): Expression {
    return this.once(scalar, () => this.computeReal(scalar));
  }

  /** What is used more than once gets a name in the block where it is first met. */
  private once(scalar: Scalar, compute: () => Expression): Expression {
    const known = this.known.get(scalar);
    if (known !== undefined) return known;
    const value = compute();
    const simple = value.kind === 'literal' || value.kind === 'variable';
    if (simple || (this.uses.get(scalar) ?? 0) < 2) {
      if (simple) this.known.set(scalar, value);
      return value;
    }
    const name = fresh(this.packing, 'v');
    this.block.push(declare(name, value));
    const named = variable(name, value.type);
    this.known.set(scalar, named);
    return named;
  }

  /** Statements of a nested block; what is named inside is forgotten outside. */
  private nested(make: () => readonly Statement[]): Statement[] {
    const [outerBlock, outerKnown] = [this.block, this.known];
    this.block = [];
    this.known = new Map(outerKnown);
    const last = make();
    const made = [...this.block, ...last];
    this.block = outerBlock;
    this.known = outerKnown;
    return made;
  }

  private computeIndex(scalar: IndexScalar): Expression {
    switch (scalar.kind) {
      case 'literal':
        return literal(scalar.value);
      case 'axis':
        return at(this.position, scalar.axis);
      case 'bound': {
        const value = this.variables.get(scalar.variable);
        invariant(value !== undefined, 'a variable of an enclosing sum');
        return value;
      }
      case 'element':
        return operation('toInteger', [this.read(scalar.tensor, scalar.at)], i32);
      case 'select':
        return this.choose(scalar.condition, () => this.index(scalar.then), () => this.index(scalar.otherwise), literal(0));
      case 'apply': {
        const [a, b] = [this.index(at(scalar.arguments, 0)), this.index(at(scalar.arguments, 1))];
        return indexOperation(scalar.function, a, b, mayBeNegative(at(scalar.arguments, 0)));
      }
      default:
        return unreachable(scalar);
    }
  }

  private computeReal(scalar: Scalar): Expression {
    if (scalar.domain === 'index') return operation('toFloat', [this.index(scalar)], f64);
    switch (scalar.kind) {
      case 'literal':
        return literal(scalar.value, f64);
      case 'ofIndex':
        return operation('toFloat', [this.index(scalar.value)], f64);
      case 'element':
        return this.read(scalar.tensor, scalar.at);
      case 'apply':
        return realOperation(scalar.function, scalar.arguments.map(each => this.named(this.real(each))));
      case 'select':
        return this.choose(scalar.condition, () => this.real(scalar.then), () => this.real(scalar.otherwise), literal(0, f64));
      case 'sum': {
        const [name, index] = [fresh(this.packing, 'sum'), fresh(this.packing, 'k')];
        this.block.push(declare(name, literal(0, f64), true));
        this.variables.set(scalar.variable, variable(index));
        const body = this.nested(() => [assign(name, operation('add', [variable(name, f64), this.real(scalar.body)]))]);
        this.block.push(loop(index, literal(0), literal(scalar.extent), 1, body));
        return variable(name, f64);
      }
      default:
        return unreachable(scalar);
    }
  }

  /** An operand that a formula may repeat. */
  private named(value: Expression): Expression {
    if (value.kind !== 'operation') return value;
    const name = fresh(this.packing, 'v');
    this.block.push(declare(name, value));
    return variable(name, value.type);
  }

  private read(tensor: Tensor, position: readonly IndexScalar[]): Expression {
    const buffer = this.packing.buffers.get(tensor);
    invariant(buffer !== undefined, 'the tensor was prepared');
    const index = rowMajorIndex(position.map(each => this.index(each)), tensor.shape);
    const name = fresh(this.packing, 'x');
    this.block.push(load(name, f64, buffer.name, index));
    return variable(name, f64);
  }

  /** Only the branch taken is evaluated: it may guard a read. */
  private choose(condition: IndexScalar, then: () => Expression, otherwise: () => Expression, start: Expression): Expression {
    const name = fresh(this.packing, 'choice');
    const test = this.index(condition);
    this.block.push(declare(name, start, true));
    const thenBlock = this.nested(() => [assign(name, then())]);
    const otherwiseBlock = this.nested(() => [assign(name, otherwise())]);
    this.block.push({ kind: 'if', condition: test, then: thenBlock, otherwise: otherwiseBlock });
    return variable(name, start.type);
  }
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

/** Differences may be negative; everything else the IR makes of positions is not. */
const mayBeNegative = (scalar: IndexScalar): boolean =>
  scalar.kind === 'apply' ? scalar.function === 'subtract' || scalar.arguments.some(mayBeNegative) : scalar.kind === 'literal' && scalar.value < 0;

function indexOperation(name: string, a: Expression, b: Expression, negative: boolean): Expression {
  switch (name) {
    case 'add':
      return add(a, b);
    case 'multiply':
      return multiply(a, b);
    case 'floorDivide':
      return operation('divide', [a, b]);
    case 'modulo':
      // A remainder takes the sign of a negative dividend; adding the modulus once mends it.
      return negative
        ? operation('modulo', [add(operation('modulo', [a, b]), b), b])
        : operation('modulo', [a, b]);
    default:
      return operation(name as OperatorName, [a, b]);
  }
}

/** Functions of reals from the operators of the kernel IR. */
function realOperation(name: RealFunction, operands: readonly Expression[]): Expression {
  const number = (value: number) => literal(value, f64);
  const of = (operator: OperatorName, ...list: Expression[]) => operation(operator, list);
  const x = at(operands, 0);
  const sigmoid = () => of('add', number(1), of('exp', of('negate', x)));
  switch (name) {
    case 'add':
    case 'subtract':
    case 'multiply':
    case 'divide':
    case 'power':
    case 'minimum':
    case 'maximum':
    case 'negate':
    case 'exp':
    case 'log':
    case 'sin':
    case 'cos':
    case 'tanh':
      return operation(name, operands);
    case 'sqrt':
      return of('squareRoot', x);
    case 'abs':
      return of('absolute', x);
    case 'relu':
      return of('maximum', x, number(0));
    case 'sigmoid':
      return of('divide', number(1), sigmoid());
    case 'silu':
      return of('divide', x, sigmoid());
    // log(1 + eˣ) = max(x, 0) + log(1 + e^−|x|)
    case 'softplus':
      return of('add', of('maximum', x, number(0)), of('log', of('add', number(1), of('exp', of('negate', of('absolute', x))))));
    case 'gelu':
      return of('multiply', of('multiply', x, number(0.5)), of('add', number(1), of('erf', of('multiply', x, number(Math.SQRT1_2)))));
    case 'geluTanh': {
      const cube = of('multiply', of('multiply', of('multiply', x, x), x), number(0.044715));
      const inner = of('multiply', of('add', x, cube), number(Math.sqrt(2 / Math.PI)));
      return of('multiply', of('multiply', x, number(0.5)), of('add', number(1), of('tanh', inner)));
    }
    default:
      return unreachable(name);
  }
}

