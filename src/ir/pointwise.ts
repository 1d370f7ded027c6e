/** The functions of one number, in f64: what the reference computes and kernels are compared with. */
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

/**
 * The error function to f64 accuracy: the Taylor series for |x| < 2.5 (Abramowitz and Stegun 7.1.6, all terms positive)
 * and the continued fraction of erfc beyond (7.1.14, evaluated from the far end).
 */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (Number.isNaN(x)) return x;
  if (a >= 6) return Math.sign(x);
  const scale = Math.exp(-a * a);
  if (a < 2.5) {
    // erf x = 2/√π · e^{−x²} · Σ 2ⁿ x^{2n+1} / (1·3·…·(2n+1))
    let [term, sum] = [a, a];
    for (let n = 1; term > sum * 1e-17 && n < 200; n++) {
      term *= (2 * a * a) / (2 * n + 1);
      sum += term;
    }
    return Math.sign(x) * ((2 / Math.sqrt(Math.PI)) * scale * sum);
  }
  // erfc x = e^{−x²}/√π · 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + ...))))
  let fraction = a;
  for (let n = 80; n >= 1; n--) fraction = a + n / 2 / fraction;
  return Math.sign(x) * (1 - scale / (Math.sqrt(Math.PI) * fraction));
}
