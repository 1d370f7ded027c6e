/** What the form of an expression says about its sign, for every value of the parameters. */
import type { RealScalar, Scalar, Tensor } from './tensor.ts';

export type Sign = 'positive' | 'nonNegative' | 'unknown';

/** The sign of every entry. */
export function signOfTensor(tensor: Tensor): Sign {
  return tensor.kind === 'computed' ? signOf(tensor.body) : 'unknown';
}

const weaker = (a: Sign, b: Sign): Sign => {
  if (a === 'unknown' || b === 'unknown') return 'unknown';
  return a === 'positive' && b === 'positive' ? 'positive' : 'nonNegative';
};

function signOf(scalar: Scalar): Sign {
  switch (scalar.kind) {
    case 'literal':
      if (scalar.value > 0) return 'positive';
      return scalar.value === 0 ? 'nonNegative' : 'unknown';
    case 'element':
      return signOfTensor(scalar.tensor);
    case 'select':
      return weaker(signOf(scalar.then), signOf(scalar.otherwise));
    case 'sum':
      return signOf(scalar.body) === 'unknown' ? 'unknown' : 'nonNegative';
    case 'apply':
      return scalar.domain === 'real' ? signOfFunction(scalar) : 'unknown';
    case 'axis':
    case 'bound':
      return 'nonNegative';
    case 'ofIndex':
      return signOf(scalar.value);
  }
}

function signOfFunction(scalar: RealScalar & { readonly kind: 'apply' }): Sign {
  const [first, second] = scalar.arguments;
  if (first === undefined) return 'unknown';
  switch (scalar.function) {
    case 'exp':
    case 'sigmoid':
    case 'softplus':
      return 'positive';
    case 'abs':
    case 'relu':
      return 'nonNegative';
    case 'sqrt':
      return signOf(first) === 'positive' ? 'positive' : 'nonNegative';
    case 'multiply':
      if (first === second) return signOf(first) === 'positive' ? 'positive' : 'nonNegative';
      return second === undefined ? 'unknown' : weaker(signOf(first), signOf(second));
    case 'add':
      return second === undefined ? 'unknown' : signOfSum(signOf(first), signOf(second));
    case 'divide':
      return second !== undefined && signOf(second) === 'positive' ? signOf(first) : 'unknown';
    case 'maximum':
      return second === undefined ? 'unknown' : signOfMaximum(signOf(first), signOf(second));
    case 'minimum':
      return second === undefined ? 'unknown' : weaker(signOf(first), signOf(second));
    case 'subtract':
    case 'power':
    case 'negate':
    case 'log':
    case 'sin':
    case 'cos':
    case 'tanh':
    case 'silu':
    case 'gelu':
    case 'geluTanh':
      return 'unknown';
  }
}

/** One positive term makes a sum of non-negative terms positive. */
const signOfSum = (a: Sign, b: Sign): Sign => {
  if (a === 'unknown' || b === 'unknown') return 'unknown';
  return a === 'positive' || b === 'positive' ? 'positive' : 'nonNegative';
};

const signOfMaximum = (a: Sign, b: Sign): Sign => {
  if (a === 'positive' || b === 'positive') return 'positive';
  return a === 'nonNegative' || b === 'nonNegative' ? 'nonNegative' : 'unknown';
};
