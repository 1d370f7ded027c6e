/** The meaning of a tensor: its numbers, row-major in f64, given the parameters' values. */
import { at, invariant, unreachable } from '../core/invariant.ts';
import type { TableReader } from './indexMap.ts';
import { realFunction } from './pointwise.ts';
import { indexFunction, type Scalar, type Tensor } from './tensor.ts';

/** Values of parameters by name, row-major. */
export type Environment = ReadonlyMap<string, ArrayLike<number>>;

export interface TensorValue {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** A computation over one environment; values of tensors read by reference are kept. */
export type Known = Map<Tensor, Float64Array>;

const known = new WeakMap<Environment, Known>();

export function evaluateTensor(tensor: Tensor, environment: Environment): TensorValue {
  const values = known.get(environment) ?? new Map<Tensor, Float64Array>();
  known.set(environment, values);
  return { shape: tensor.shape, data: valuesOf(tensor, environment, values) };
}

/** Reads index tables for `mapAt`. */
export const tableReader =
  (environment: Environment): TableReader =>
  table =>
    evaluateTensor(table, environment).data;

function valuesOf(tensor: Tensor, environment: Environment, values: Known): Float64Array {
  const done = values.get(tensor);
  if (done !== undefined) return done;
  const made = compute(tensor, environment, values);
  values.set(tensor, made);
  return made;
}

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

function compute(tensor: Tensor, environment: Environment, values: Known): Float64Array {
  switch (tensor.kind) {
    case 'parameter': {
      const data = environment.get(tensor.name);
      invariant(data !== undefined, `no value for ${tensor.name}`);
      invariant(
        data.length === size(tensor.shape),
        `${tensor.name} holds ${data.length} values, not [${tensor.shape}]`,
      );
      return Float64Array.from(data);
    }
    case 'inversePermutation': {
      const source = valuesOf(tensor.of, environment, values);
      const inverse = new Float64Array(source.length);
      source.forEach((value, i) => {
        inverse[value] = i;
      });
      return inverse;
    }
    case 'unitTriangularInverse':
      return unitTriangularInverse(
        valuesOf(tensor.of, environment, values),
        at(tensor.shape, 0),
        tensor.triangle,
      );
    case 'computed': {
      const position = tensor.shape.map(() => 0);
      const data = new Float64Array(size(tensor.shape));
      const evaluate = prepare(tensor.body, environment, values, position, new Map());
      for (let i = 0; i < data.length; i++) {
        data[i] = evaluate();
        for (let k = position.length - 1; k >= 0; k--) {
          position[k] = (position[k] ?? 0) + 1;
          if ((position[k] ?? 0) < at(tensor.shape, k)) break;
          position[k] = 0;
        }
      }
      return data;
    }
    default:
      return unreachable(tensor);
  }
}

/** (I + strict triangle)⁻¹ by substitution, column by column. */
function unitTriangularInverse(a: Float64Array, n: number, side: 'lower' | 'upper'): Float64Array {
  const inverse = new Float64Array(n * n);
  const order = Array.from({ length: n }, (_, k) => (side === 'lower' ? k : n - 1 - k));
  for (let column = 0; column < n; column++) {
    order.forEach((row, step) => {
      let sum = row === column ? 1 : 0;
      for (const k of order.slice(0, step)) sum -= at(a, row * n + k) * at(inverse, k * n + column);
      inverse[row * n + column] = sum;
    });
  }
  return inverse;
}

export type Evaluate = () => number;

/** Compiles a scalar to a closure over the current position and the variables of enclosing sums. */
export function prepare(
  scalar: Scalar,
  environment: Environment,
  values: Known,
  position: readonly number[],
  variables: Map<number, number>,
): Evaluate {
  const inner = (each: Scalar): Evaluate => prepare(each, environment, values, position, variables);
  switch (scalar.kind) {
    case 'literal': {
      const { value } = scalar;
      return () => value;
    }
    case 'axis':
      return () => position[scalar.axis] ?? 0;
    case 'bound':
      return () => variables.get(scalar.variable) ?? 0;
    case 'ofIndex':
      return inner(scalar.value);
    case 'element': {
      const { tensor } = scalar;
      return elementAt(tensor, scalar.at.map(inner), () => valuesOf(tensor, environment, values));
    }
    case 'apply': {
      const operands = scalar.arguments.map(inner);
      if (scalar.domain === 'real') {
        const name = scalar.function;
        return () =>
          realFunction(
            name,
            operands.map(operand => operand()),
          );
      }
      const compute = indexFunction[scalar.function];
      const [a, b] = [at(operands, 0), at(operands, 1)];
      return () => compute(a(), b());
    }
    case 'select': {
      const [condition, then, otherwise] = [
        inner(scalar.condition),
        inner(scalar.then),
        inner(scalar.otherwise),
      ];
      return () => (condition() !== 0 ? then() : otherwise());
    }
    case 'sum': {
      const body = inner(scalar.body);
      return () => {
        let sum = 0;
        for (let i = 0; i < scalar.extent; i++) {
          variables.set(scalar.variable, i);
          sum += body();
        }
        return sum;
      };
    }
    default:
      return unreachable(scalar);
  }
}

/** The element at computed indices; the tensor is evaluated when the first is asked for. */
function elementAt({ shape }: Tensor, indices: readonly Evaluate[], evaluate: () => Float64Array): Evaluate {
  let data: Float64Array | undefined;
  return () => {
    data ??= evaluate();
    let offset = 0;
    for (let k = 0; k < indices.length; k++) {
      const index = at(indices, k)();
      invariant(index >= 0 && index < at(shape, k), `index ${index} of axis ${k} of [${shape}]`);
      offset = offset * at(shape, k) + index;
    }
    return at(data, offset);
  };
}
