/** The functions of one number, in f64: what the reference computes and kernels are compared with. */
import { erf } from '../core/erf.ts';
import { unreachable } from '../core/invariant.ts';
import type { Pointwise } from './operator.ts';
import type { RealFunction } from './tensor.ts';

export function applyPointwise(name: Pointwise, x: number): number {
  return realFunction(name, [x]);
}

export function realFunction(name: RealFunction, [x = 0, y = 0]: readonly number[]): number {
  switch (name) {
    case 'add':
      return x + y;
    case 'subtract':
      return x - y;
    case 'multiply':
      return x * y;
    case 'divide':
      return x / y;
    case 'power':
      return x ** y;
    case 'minimum':
      return Math.min(x, y);
    case 'maximum':
      return Math.max(x, y);
    case 'negate':
      return -x;
    case 'exp':
      return Math.exp(x);
    case 'log':
      return Math.log(x);
    case 'sqrt':
      return Math.sqrt(x);
    case 'sin':
      return Math.sin(x);
    case 'cos':
      return Math.cos(x);
    case 'tanh':
      return Math.tanh(x);
    case 'sigmoid':
      return 1 / (1 + Math.exp(-x));
    case 'softplus':
      return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    case 'relu':
      return Math.max(x, 0);
    case 'silu':
      return x / (1 + Math.exp(-x));
    case 'abs':
      return Math.abs(x);
    case 'gelu':
      return 0.5 * x * (1 + erf(x * Math.SQRT1_2));
    case 'geluTanh':
      return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
    default:
      return unreachable(name);
  }
}
