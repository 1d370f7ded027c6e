/** The functions of tensors (ir/tensor.ts) from the operators of the kernel IR, in f64. */
import { at, unreachable } from '../core/invariant.ts';
import type { IndexFunction, RealFunction } from '../ir/tensor.ts';
import { add, f64, literal, multiply, operation } from '../kernel/build.ts';
import type { Expression, OperatorName } from '../kernel/kernel.ts';

const number = (value: number): Expression => literal(value, f64);
const of = (operator: OperatorName, ...operands: readonly Expression[]): Expression =>
  operation(operator, operands);

const repeatsOperand: ReadonlySet<RealFunction> = new Set(['silu', 'softplus', 'gelu', 'geluTanh']);

/** Gives a value a name, so that a formula may repeat it. */
export type Name = (value: Expression) => Expression;

export function realOperation(name: RealFunction, operands: readonly Expression[], named: Name): Expression {
  const x = repeatsOperand.has(name) ? named(at(operands, 0)) : at(operands, 0);
  const onePlusExp = () => of('add', number(1), of('exp', of('negate', x)));
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
      return of('divide', number(1), onePlusExp());
    case 'silu':
      return of('divide', x, onePlusExp());
    // log(1 + eˣ) = max(x, 0) + log(1 + e^−|x|)
    case 'softplus':
      return of(
        'add',
        of('maximum', x, number(0)),
        log1p(named(of('exp', of('negate', of('absolute', x)))), named),
      );
    // x/2 · (1 + erf(x/√2))
    case 'gelu':
      return half(x, of('erf', of('multiply', x, number(Math.SQRT1_2))));
    // x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³)))
    case 'geluTanh': {
      const cube = of('multiply', of('multiply', of('multiply', number(0.044715), x), x), x);
      return half(x, of('tanh', of('multiply', number(Math.sqrt(2 / Math.PI)), of('add', x, cube))));
    }
    default:
      return unreachable(name);
  }
}

/** x/2 · (1 + y). */
const half = (x: Expression, y: Expression): Expression =>
  of('multiply', of('multiply', number(0.5), x), of('add', number(1), y));

/** log(1 + y) as log(u)·y/(u − 1) with u = 1 + y rounded: the error of u cancels (Higham 2002, section 1.14.1). */
function log1p(y: Expression, named: Name): Expression {
  const u = named(of('add', number(1), y));
  const mended = of('multiply', of('log', u), of('divide', y, of('subtract', u, number(1))));
  return of('select', of('equal', u, number(1)), y, mended);
}

/** Index functions; `low` is the least value the first operand can have. Division of negative numbers floors. */
export function indexOperation(name: IndexFunction, a: Expression, b: Expression, low: number): Expression {
  switch (name) {
    case 'add':
      return add(a, b);
    case 'multiply':
      return multiply(a, b);
    case 'floorDivide':
      return low >= 0 ? of('divide', a, b) : flooredQuotient(a, b);
    case 'modulo':
      return low >= 0 ? of('modulo', a, b) : nonNegativeRemainder(a, b, low);
    case 'subtract':
    case 'minimum':
    case 'maximum':
    case 'less':
    case 'equal':
      return of(name, a, b);
    default:
      return unreachable(name);
  }
}

/** ⌊a/b⌋ = max(a, 0)/b − max(b − 1 − a, 0)/b: kernels divide only numbers that are not negative. */
function flooredQuotient(a: Expression, b: Expression): Expression {
  const below = of('subtract', of('subtract', b, literal(1)), a);
  const clamped = (value: Expression) => of('divide', of('maximum', value, literal(0)), b);
  return of('subtract', clamped(a), clamped(below));
}

/** A known least value is lifted by a multiple of the modulus; otherwise a − b·⌊a/b⌋. */
function nonNegativeRemainder(a: Expression, b: Expression, low: number): Expression {
  if (b.kind === 'literal' && Number.isFinite(low)) {
    return of('modulo', add(a, literal(Math.ceil(-low / b.value) * b.value)), b);
  }
  return of('subtract', a, multiply(flooredQuotient(a, b), b));
}
