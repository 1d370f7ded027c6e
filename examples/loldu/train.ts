/**
 * Fine-tuning by z alone: a network of two LoLDU layers, y = A₂ relu(A₁ x), is moved to a target by gradient
 * descent. With A = W + s P L diag(z) U and the gradient g at its output, ∂/∂z = s Σ over the batch of (U x)
 * ⊙ ((P L)ᵀ g): the first is `loldu_before`, the second the adjoint of `loldu_after`, and the gradient for
 * the layer below is the adjoint of `loldu`.
 */
import type { Operator } from '../../runtime/index.ts';
import type { Loaded } from '../host/load.ts';
import { at } from '../host/matrix.ts';
import type { LolduParameters } from './factorise.ts';

export interface Layer {
  readonly whole: Operator;
  readonly after: Operator;
  readonly before: Operator;
  readonly s: number;
  /** Changed by training. Every other parameter was copied into the operators and is frozen. */
  readonly z: Float64Array;
}

export type Network = readonly [Layer, Layer];

/**
 * @param name `layer1` of a module built in f64, beside which it exports `layer1_after` and `layer1_before`.
 */
export async function createLayer(loaded: Loaded, name: string, parameters: LolduParameters): Promise<Layer> {
  const { p, L, U, s } = parameters;
  return {
    whole: await loaded.operator(name, { params: { ...parameters } }),
    after: await loaded.operator(`${name}_after`, { params: { p, L } }),
    before: await loaded.operator(`${name}_before`, { params: { U } }),
    s: at(s, 0),
    z: parameters.z.slice(),
  };
}

/** Rows of inputs and of wanted outputs. */
export interface Samples {
  readonly x: Float64Array;
  readonly wanted: Float64Array;
}

export interface Evaluation {
  /** Half the mean over the batch of ‖y − wanted‖². */
  readonly loss: number;
  /** Of the z of either layer. */
  readonly gradients: readonly [Float64Array, Float64Array];
}

const rectified = (values: Float64Array): Float64Array => values.map(value => Math.max(value, 0));

export const evaluate = ([first, second]: Network, x: Float64Array): Float64Array =>
  apply(second.whole, rectified(apply(first.whole, x)));

export function lossAndGradients([first, second]: Network, { x, wanted }: Samples): Evaluation {
  const rows = x.length / first.whole.inputLength;
  const before = apply(first.whole, x);
  const hidden = rectified(before);
  const difference = apply(second.whole, hidden).map((value, i) => value - at(wanted, i));
  const outer = difference.map(value => value / rows);
  const inner = adjoint(second.whole, outer).map((value, i) => (at(before, i) > 0 ? value : 0));
  return {
    loss: difference.reduce((sum, value) => sum + value ** 2, 0) / (2 * rows),
    gradients: [diagonalGradient(first, x, inner), diagonalGradient(second, hidden, outer)],
  };
}

/** s Σ over the batch of (U x) ⊙ ((P L)ᵀ g). */
function diagonalGradient({ before, after, s, z }: Layer, x: Float64Array, g: Float64Array): Float64Array {
  const [left, right] = [apply(before, x), adjoint(after, g)];
  const gradient = new Float64Array(z.length);
  left.forEach((value, i) => {
    const k = i % z.length;
    gradient[k] = at(gradient, k) + s * value * at(right, i);
  });
  return gradient;
}

/**
 * Gradient descent with momentum; the losses before each step. Only `update('z', …)` reaches the operators.
 */
export function train(network: Network, samples: Samples, steps: number, rate: number): number[] {
  const velocities = network.map(({ z }) => new Float64Array(z.length));
  return Array.from({ length: steps }, () => {
    const { loss, gradients } = lossAndGradients(network, samples);
    network.forEach(({ whole, z }, index) => {
      const [gradient, velocity] = [gradients[index] ?? [], velocities[index] ?? new Float64Array()];
      velocity.forEach((value, k) => {
        velocity[k] = 0.9 * value - rate * at(gradient, k);
        z[k] = at(z, k) + at(velocity, k);
      });
      whole.update('z', z);
    });
    return loss;
  });
}

// The module is built in f64, so that gradients can be compared with differences of the loss.

const apply = (operator: Operator, x: Float64Array): Float64Array => Float64Array.from(operator.apply(x));

function adjoint(operator: Operator, g: Float64Array): Float64Array {
  if (operator.adjoint === undefined) throw new Error(`${operator.name} is a map, which has no adjoint`);
  return Float64Array.from(operator.adjoint(g));
}
