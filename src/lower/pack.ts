/**
 * The pack step of a buffer, as a kernel in f64: for each region, loops over the tensor's axes that evaluate
 * its body and store it in the layout a kernel reads. Tensors read by reference are computed once, into
 * temporaries, before.
 */
import { at } from '../core/invariant.ts';
import { parametersOf, type Tensor, tensorsIn } from '../ir/tensor.ts';
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
import type { Buffer, Expression, Kernel, Statement } from '../kernel/kernel.ts';
import type { PackedBuffer } from './context.ts';
import { fresh } from './names.ts';
import { bufferHolding, endStage, type Packing } from './packContext.ts';
import { fillTensor } from './packLoops.ts';

export interface PackKernel {
  readonly kernel: Kernel;
  /** Its body in parts: the loops of axis `lane` in one part are independent, and read what the parts before wrote. */
  readonly stages: readonly (readonly Statement[])[];
  /** Parameters it reads, by name; each is a buffer of the kernel. */
  readonly reads: readonly string[];
}

/** The name of the buffer that is filled; the sign keeps it apart from every parameter's name. */
export const packTarget = '$target';

export function lowerPack(packed: PackedBuffer): PackKernel {
  const { scalar, elements, comment, regions } = packed;
  const parameters = [...new Set(regions.flatMap(({ tensor }) => parametersOf(tensor)))];
  const packing: Packing = {
    names: new Map(parameters.map(({ name }) => [name, 1])),
    buffers: new Map(parameters.map(parameter => [parameter, bufferOf(parameter, parameter.name)])),
    statements: [],
    stages: [],
  };
  for (const { offset, tensor } of regions) {
    prepareReads(packing, tensor);
    if (tensor.kind !== 'computed') prepare(packing, tensor);
    fillTensor(packing, tensor, { buffer: packTarget, offset, convert: value => converted(value, scalar) });
    endStage(packing);
  }
  const extent = { fixed: elements, perUnit: 0, parameter: undefined };
  const target: Buffer = { name: packTarget, scalar, extent, space: 'global', access: 'write', comment };
  const kernel: Kernel = {
    name: `pack_${packed.name}`,
    comment: [comment],
    buffers: [...packing.buffers.values(), target],
    parameters: [],
    body: packing.stages.flat(),
  };
  return { kernel, stages: packing.stages, reads: parameters.map(({ name }) => name) };
}

/** f64 and indices to the target's type, rounded once: a number of sixteen bits is never an f32 in between. */
function converted(value: Expression, scalar: Buffer['scalar']): Expression {
  if (value.type.scalar === scalar) return value;
  if (scalar === 'i32') return operation('toInteger', [value], i32);
  if (value.type.scalar !== 'i32') return operation('toPrecision', [value], { scalar, lanes: 1 });
  if (scalar === 'f32' || scalar === 'f64') return operation('toFloat', [value], { scalar, lanes: 1 });
  return converted(converted(value, 'f64'), scalar);
}

const elementsOf = (tensor: Tensor): number => tensor.shape.reduce((a, b) => a * b, 1);

/** Parameters and temporaries are f64 arrays, those that hold indices too. */
function bufferOf(tensor: Tensor, name: string): Buffer {
  const parameter = tensor.kind === 'parameter';
  return {
    name,
    scalar: 'f64',
    extent: { fixed: elementsOf(tensor), perUnit: 0, parameter: undefined },
    space: parameter ? 'global' : 'shared',
    access: parameter ? 'read' : 'readWrite',
    comment: `[${tensor.shape.join(', ')}]`,
  };
}

/** Computes what a tensor reads by reference. */
function prepareReads(packing: Packing, tensor: Tensor): void {
  if (tensor.kind === 'computed') for (const read of tensorsIn(tensor.body)) prepare(packing, read);
  else if (tensor.kind !== 'parameter') prepare(packing, tensor.of);
}

/** Computes a tensor into a temporary, unless that was done before. */
function prepare(packing: Packing, tensor: Tensor): void {
  if (packing.buffers.has(tensor)) return;
  prepareReads(packing, tensor);
  const buffer = bufferOf(tensor, fresh(packing, 'temporary'));
  packing.buffers.set(tensor, buffer);
  if (tensor.kind === 'computed') {
    fillTensor(packing, tensor, {
      buffer: buffer.name,
      offset: 0,
      convert: value => converted(value, 'f64'),
    });
  }
  if (tensor.kind === 'inversePermutation') invert(packing, buffer.name, tensor);
  if (tensor.kind === 'unitTriangularInverse') invertTriangle(packing, buffer.name, tensor);
  endStage(packing);
}

/** of[inverse[i]] = i. */
function invert(packing: Packing, target: string, tensor: Tensor & { kind: 'inversePermutation' }): void {
  const source = bufferHolding(packing, tensor.of);
  const [i, to] = [fresh(packing, 'i'), fresh(packing, 'to')];
  packing.statements.push(
    loop(
      i,
      literal(0),
      literal(at(tensor.shape, 0)),
      1,
      [
        load(to, f64, source.name, variable(i)),
        store(
          target,
          operation('toInteger', [variable(to, f64)], i32),
          operation('toFloat', [variable(i)], f64),
        ),
      ],
      'lane',
    ),
  );
}

/**
 * Column c of the inverse by substitution: x_r = [r = c] − Σ_{k before r} A[r,k]·x_k, in the order of the
 * triangle.
 */
function invertTriangle(
  packing: Packing,
  target: string,
  tensor: Tensor & { kind: 'unitTriangularInverse' },
): void {
  const source = bufferHolding(packing, tensor.of);
  const n = at(tensor.shape, 0);
  const name = (stem: string) => fresh(packing, stem);
  const [column, step, row, before, k] = [
    name('column'),
    name('step'),
    name('row'),
    name('before'),
    name('k'),
  ] as const;
  const [sum, a, x] = [name('sum'), name('a'), name('x')] as const;
  const place = (index: Expression) =>
    tensor.triangle === 'lower' ? index : operation('subtract', [literal(n - 1), index]);
  const entry = (i: string, j: string) =>
    operation('add', [operation('multiply', [variable(i), literal(n)]), variable(j)]);
  const diagonal = operation('equal', [variable(row), variable(column)]);
  const product = operation('multiply', [variable(a, f64), variable(x, f64)]);
  const substituted = [
    declare(row, place(variable(step))),
    declare(sum, operation('select', [diagonal, literal(1, f64), literal(0, f64)]), true),
    loop(before, literal(0), variable(step), 1, [
      declare(k, place(variable(before))),
      load(a, f64, source.name, entry(row, k)),
      load(x, f64, target, entry(k, column)),
      assign(sum, operation('subtract', [variable(sum, f64), product])),
    ]),
    store(target, entry(row, column), variable(sum, f64)),
  ];
  packing.statements.push(
    loop(column, literal(0), literal(n), 1, [loop(step, literal(0), literal(n), 1, substituted)], 'lane'),
  );
}
