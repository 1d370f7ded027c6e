/**
 * The meaning of a kernel: runs it on typed arrays, one rounding per operation. A kernel is compiled once to
 * closures (`prepare`), one for each lane of each expression, over a file of numbers that holds every name
 * of the kernel. An access outside a buffer's extent, or of a name that is not bound, is our own bug and
 * names its place.
 */
import { at, invariant, unreachable } from '../core/invariant.ts';
import { realFormats } from '../core/precision.ts';
import { laneFunction } from './arithmetic.ts';
import type { Buffer, Expression, Kernel, Scalar, Statement } from './kernel.ts';

export type Memory = Float32Array | Float64Array | Int32Array;
export type Memories = Readonly<Record<string, Memory>>;
export type Arguments = Readonly<Record<string, number>>;

/** Runs a kernel over its buffers; `shared` buffers that are not given are made, full of NaN. */
export type Run = (buffers: Memories, parameters: Arguments) => void;

export const interpret = (kernel: Kernel, buffers: Memories, parameters: Arguments): void =>
  prepare(kernel)(buffers, parameters);

export function prepare(kernel: Kernel): Run {
  const machine = newMachine(kernel);
  const start = compileStart(machine, kernel);
  const body = compileBlock(machine, kernel.body);
  return (buffers, parameters) => {
    start(buffers, parameters);
    body();
  };
}

export const newMachine = (kernel: Kernel): Machine => ({
  registers: [],
  memories: kernel.buffers.map(() => ({ data: new Float64Array(0), extent: 0 })),
  buffers: new Map(kernel.buffers.map((buffer, index) => [buffer.name, index])),
  scope: new Map(),
});

/** Binds the parameters and attaches the buffers. */
export function compileStart(machine: Machine, kernel: Kernel): Run {
  const slots = kernel.parameters.map(({ name }) => bind(machine, name, 1));
  return (buffers, parameters) => {
    kernel.parameters.forEach(({ name, minimum = 0, maximum }, k) => {
      const value = parameters[name];
      invariant(
        value !== undefined && value >= minimum && value <= maximum,
        `${name} = ${value} is not in ${minimum}..${maximum}`,
      );
      machine.registers[at(slots, k)] = value;
    });
    kernel.buffers.forEach((buffer, index) => {
      machine.memories[index] = attach(buffer, buffers[buffer.name], parameters);
    });
  };
}

/** Elements of a buffer under these arguments. */
export function extentOf({ extent }: Buffer, parameters: Arguments): number {
  const { fixed, perUnit, parameter, pitch } = extent;
  if (parameter === undefined) return fixed;
  const units = parameters[parameter] ?? Number.NaN;
  if (pitch === undefined) return fixed + perUnit * units;
  return units === 0 ? fixed : fixed + (units - 1) * (parameters[pitch] ?? Number.NaN) + perUnit;
}

/** Arrays that hold what each type can be, the formats of sixteen bits as numbers and not as their bits. */
export const memoryArrays = {
  i32: Int32Array,
  f32: Float32Array,
  f64: Float64Array,
  f16: Float32Array,
  bf16: Float32Array,
} as const satisfies Record<Scalar, unknown>;

function attach(buffer: Buffer, given: Memory | undefined, parameters: Arguments): Attached {
  const extent = extentOf(buffer, parameters);
  const made =
    buffer.space === 'shared' ? new memoryArrays[buffer.scalar](extent).fill(Number.NaN) : undefined;
  const data = given ?? made;
  invariant(data !== undefined, `no memory for buffer ${buffer.name}`);
  invariant(data instanceof memoryArrays[buffer.scalar], `buffer ${buffer.name} holds ${buffer.scalar}`);
  invariant(data.length >= extent, `buffer ${buffer.name} needs ${extent} elements, not ${data.length}`);
  return { data, extent };
}

// ---------------------------------------------------------------------------------------------------- compiling

export interface Attached {
  readonly data: Memory;
  readonly extent: number;
}

export interface Machine {
  /** The value of every lane of every name. */
  readonly registers: number[];
  readonly memories: Attached[];
  readonly buffers: ReadonlyMap<string, number>;
  /** Names in scope while compiling, with the slot of their first lane. */
  readonly scope: Map<string, number>;
}

export type Act = () => void;
type Evaluate = () => number;

export function bind(machine: Machine, name: string, lanes: number): number {
  const slot = machine.registers.length;
  for (let lane = 0; lane < lanes; lane++) machine.registers.push(Number.NaN);
  machine.scope.set(name, slot);
  return slot;
}

export function slotOf({ scope }: Machine, name: string): number {
  const slot = scope.get(name);
  invariant(slot !== undefined, `${name} is read or assigned where it is not declared`);
  return slot;
}

/** Names bound in a block are forgotten at its end. */
function compileBlock(machine: Machine, body: readonly Statement[]): Act {
  const before = new Map(machine.scope);
  const acts = body.flatMap(statement => compileStatement(machine, statement));
  for (const name of machine.scope.keys()) if (!before.has(name)) machine.scope.delete(name);
  return () => {
    for (const act of acts) act();
  };
}

export function compileStatement(machine: Machine, statement: Statement): Act[] {
  switch (statement.kind) {
    case 'comment':
    case 'barrier':
      return [];
    case 'declare': {
      const values = compileLanes(machine, statement.value);
      return [write(machine, bind(machine, statement.name, values.length), values)];
    }
    case 'assign':
      return [write(machine, slotOf(machine, statement.name), compileLanes(machine, statement.value))];
    case 'load':
      return [compileLoad(machine, statement)];
    case 'store':
      return [compileStore(machine, statement)];
    case 'for':
      return [compileLoop(machine, statement)];
    case 'if': {
      const condition = compileLane(machine, statement.condition, 0);
      const then = compileBlock(machine, statement.then);
      const otherwise = compileBlock(machine, statement.otherwise);
      return [() => (condition() !== 0 ? then() : otherwise())];
    }
    case 'multiplyMatrices':
      invariant(false, 'the members of a subgroup run together: group.ts');
      break;
    default:
      return unreachable(statement);
  }
}

/** All lanes are computed before the first is written: an assignment may read the lanes it writes. */
function write({ registers }: Machine, slot: number, values: readonly Evaluate[]): Act {
  const [first, ...rest] = values;
  invariant(first !== undefined, 'a value has lanes');
  if (rest.length === 0) {
    return () => {
      registers[slot] = first();
    };
  }
  return () => {
    const made = values.map(value => value());
    for (let lane = 0; lane < made.length; lane++) registers[slot + lane] = at(made, lane);
  };
}

function compileLoad(
  machine: Machine,
  { name, type, buffer, index, splat }: Statement & { kind: 'load' },
): Act {
  const { registers, memories } = machine;
  const [memory, start] = [bufferIndex(machine, buffer), compileLane(machine, index, 0)];
  const slot = bind(machine, name, type.lanes);
  const [lanes, width] = [type.lanes, splat ? 1 : type.lanes];
  return () => {
    const { data, extent } = at(memories, memory);
    const first = start();
    if (!(first >= 0 && first + width <= extent)) outside('load', buffer, first, width, extent);
    for (let lane = 0; lane < lanes; lane++) registers[slot + lane] = at(data, splat ? first : first + lane);
  };
}

function compileStore(machine: Machine, { buffer, index, value }: Statement & { kind: 'store' }): Act {
  const { memories } = machine;
  const [memory, start] = [bufferIndex(machine, buffer), compileLane(machine, index, 0)];
  const values = compileLanes(machine, value);
  return () => {
    const { data, extent } = at(memories, memory);
    const first = start();
    if (!(first >= 0 && first + values.length <= extent))
      outside('store', buffer, first, values.length, extent);
    for (let lane = 0; lane < values.length; lane++) data[first + lane] = at(values, lane)();
  };
}

function bufferIndex({ buffers }: Machine, name: string): number {
  const index = buffers.get(name);
  invariant(index !== undefined, `no buffer ${name}`);
  return index;
}

function outside(
  access: 'load' | 'store',
  buffer: string,
  index: number,
  width: number,
  extent: number,
): never {
  invariant(false, `${access} of ${buffer}[${index}..${index + width - 1}] outside its ${extent} elements`);
}

function compileLoop(machine: Machine, node: Statement & { kind: 'for' }): Act {
  const { registers } = machine;
  const [from, to, step] = [node.from, node.to, node.step].map(bound => compileLane(machine, bound, 0));
  invariant(from !== undefined && to !== undefined && step !== undefined, 'a loop has bounds');
  const slot = bind(machine, node.variable, 1);
  const body = compileBlock(machine, node.body);
  machine.scope.delete(node.variable);
  return () => {
    const [end, stride] = [to(), step()];
    for (let value = from(); value < end; value += stride) {
      registers[slot] = value;
      body();
    }
  };
}

export const compileLanes = (machine: Machine, value: Expression): Evaluate[] =>
  Array.from({ length: value.type.lanes }, (_, lane) => compileLane(machine, value, lane));

export function compileLane(machine: Machine, node: Expression, lane: number): Evaluate {
  switch (node.kind) {
    case 'literal': {
      const { scalar } = node.type;
      const value = scalar === 'i32' ? node.value : realFormats[scalar].round(node.value);
      return () => value;
    }
    case 'variable': {
      const { registers } = machine;
      const slot = slotOf(machine, node.name) + lane;
      return () => registers[slot] as number;
    }
    case 'lane':
      return compileLane(machine, node.vector, node.lane);
    case 'vector':
      return compileLane(machine, at(node.elements, lane), 0);
    case 'operation': {
      const operands = node.operands.map(each =>
        compileLane(machine, each, each.type.lanes === 1 ? 0 : lane),
      );
      const compute = laneFunction(node.operator, at(node.operands, 0).type.scalar, node.type.scalar);
      const [a, b, c] = operands;
      invariant(a !== undefined, `${node.operator} without operands`);
      if (b === undefined) return () => compute(a(), 0, 0);
      if (c === undefined) return () => compute(a(), b(), 0);
      return () => compute(a(), b(), c());
    }
    default:
      return unreachable(node);
  }
}
