/**
 * Operators and maps by PyTorch's own operations, factor by factor as their source says them: what runs where no
 * kernels do, what gradients of parameters come from, and what generated kernels are compared with.
 */
import {
  assigned,
  atom,
  attribute,
  binary,
  call,
  list,
  method,
  named,
  number,
  type Python,
  returned,
  string,
  subscript,
  tuple,
} from '../../../codegen/python.ts';
import { at, invariant, unreachable } from '../../core/invariant.ts';
import type { Operator, Pointwise, Program, Step } from '../../ir/operator.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { children, withChildren } from '../../ir/traverse.ts';
import { normalise } from '../../rewrite/normalise.ts';
import { gathered, scattered } from './maps.ts';
import { onDevice } from './scalars.ts';
import { axesOf, type TensorWriter, tensorWriter } from './tensors.ts';
import { newWriter, type Writer } from './writer.ts';

/** Statements over `x` and the parameters, by the names of their arguments. */
export function referenceBody(
  program: Program,
  names: ReadonlyMap<string, string>,
  mode: 'apply' | 'adjoint',
): string[] {
  const writer = newWriter(['x', ...names.values()]);
  const tensors = tensorWriter(writer, parameter => names.get(parameter) ?? parameter);
  const context: Context = { writer, tensors };
  const x = atom('x');
  const result =
    mode === 'apply'
      ? afterSteps(program.steps, x, context)
      : program.steps.reduceRight<Python>((value, step) => {
          invariant(step.kind === 'linear', 'only an operator has an adjoint');
          return applied(withoutInverses(step.operator), value, true, context);
        }, x);
  return [...writer.lines, ...returned(result)];
}

interface Context {
  readonly writer: Writer;
  readonly tensors: TensorWriter;
}

/** Inverses and cut-out diagonals are taken apart by the rules; all else stays as it was written. */
function withoutInverses(operator: Operator): Operator {
  const done = new Map<Operator, Operator>();
  const visit = (node: Operator): Operator => {
    const known = done.get(node);
    if (known !== undefined) return known;
    const isTakenApart = node.kind === 'inverse' || node.kind === 'offDiagonal';
    const made = isTakenApart ? normalise(node).operator : withChildren(node, children(node).map(visit));
    done.set(node, made);
    return made;
  };
  return visit(operator);
}

// ------------------------------------------------------------------------------------------------------------- maps

const pointwise: Record<Pointwise, (x: Python) => Python> = {
  relu: x => call('F.relu', x),
  gelu: x => call('F.gelu', x),
  geluTanh: x => named(call('F.gelu', x), { approximate: string('tanh') }),
  silu: x => call('F.silu', x),
  tanh: x => method(x, 'tanh'),
  sigmoid: x => method(x, 'sigmoid'),
};

function afterSteps(steps: readonly Step[], x: Python, context: Context): Python {
  const { writer, tensors } = context;
  return steps.reduce<Python>((value, step) => {
    switch (step.kind) {
      case 'linear':
        return applied(withoutInverses(step.operator), value, false, context);
      case 'bias':
        return writer.assign('y', binary(value, '+', narrow(tensors.along(step.bias, [0]))));
      case 'pointwise':
        return writer.assign('y', pointwise[step.function](value));
      case 'gate':
        return writer.assign('y', binary(value, '*', afterSteps(step.steps, x, context)));
      default:
        return unreachable(step);
    }
  }, x);
}

// --------------------------------------------------------------------------------------------------------- operators

/** In the numbers that the rows have. */
const narrow = (value: Python): Python => method(value, 'to', atom('x.dtype'));

type Of<Kind extends Operator['kind']> = Operator & { readonly kind: Kind };

/** y = A x or A' x for rows x: a name of Python. */
function applied(operator: Operator, x: Python, isTransposed: boolean, context: Context): Python {
  const { writer, tensors } = context;
  const inner = (part: Operator, value: Python): Python => applied(part, value, isTransposed, context);
  const assign = (value: Python): Python => writer.assign('y', value);
  switch (operator.kind) {
    case 'identity':
      return x;
    case 'zero': {
      const width = isTransposed ? operator.columns : operator.rows;
      return assign(method(x, 'new_zeros', subscript(attribute(x, 'shape'), 0), width));
    }
    case 'gather':
    case 'scatter':
      return assign(
        ((operator.kind === 'gather') === isTransposed ? scattered : gathered)(operator.map, x, tensors),
      );
    case 'block':
      return assign(block(operator, x, isTransposed, context));
    case 'update':
      return assign(update(operator, x, isTransposed, tensors));
    case 'triangularSolve':
      return assign(solve(operator, x, isTransposed, context));
    case 'compose':
      return (isTransposed ? operator.factors : operator.factors.toReversed()).reduce(
        (value, factor) => inner(factor, value),
        x,
      );
    case 'sum':
      return assign(added(operator.terms.map(term => inner(term, x))));
    case 'scale':
      return assign(binary(tensors.along(operator.factor, []), '*', inner(operator.operator, x)));
    case 'directSum':
    case 'horizontal':
    case 'vertical':
      return assign(stacked(operator, x, isTransposed, context));
    case 'adjoint':
      return applied(operator.operator, x, !isTransposed, context);
    case 'assume':
      return inner(operator.operator, x);
    case 'inverse':
      return assign(inverted(operator, x, isTransposed, context));
    case 'offDiagonal':
      return assign(
        binary(inner(operator.operator, x), '-', diagonalPart(operator, x, isTransposed, context)),
      );
  }
}

/** The rows of a matrix transposed: the operator of every unit vector. */
function matrixOf(operator: Operator, context: Context): Python {
  const eye = named(call('torch.eye', operator.columns), {
    dtype: attribute(atom('x'), 'dtype'),
    ...onDevice,
  });
  return applied(operator, context.writer.assign('eye', eye), false, context);
}

/** What no rule takes apart is solved as a dense system. */
function inverted({ operator }: Of<'inverse'>, x: Python, isTransposed: boolean, context: Context): Python {
  const transposed = method(matrixOf(operator, context), 'to', context.tensors.wide());
  const matrix = isTransposed ? attribute(transposed, 'mT') : transposed;
  const solved = call('torch.linalg.solve', matrix, method(x, 'to', context.tensors.wide()));
  return narrow(named(solved, { left: atom('False') }));
}

/** The diagonal of an operator times x. */
function diagonalPart(
  { operator }: Of<'offDiagonal'>,
  x: Python,
  isTransposed: boolean,
  context: Context,
): Python {
  const { rows, columns } = operator;
  const length = Math.min(rows, columns);
  const entries = method(matrixOf(operator, context), 'diagonal');
  const product = binary(subscript(x, atom(':'), atom(`:${length}`)), '*', entries);
  return call('F.pad', product, tuple(0, (isTransposed ? columns : rows) - length));
}

const added = (terms: readonly Python[]): Python => terms.reduce((sum, term) => binary(sum, '+', term));

/** KS(a, b, c, d): y[g, q, e] is the sum over p of w[g, e, q, p] x[g, p, e]. */
function block(operator: Of<'block'>, x: Python, isTransposed: boolean, { tensors }: Context): Python {
  const { a, b, c, d, weights } = operator;
  const extents = { g: a, e: d, q: b, p: c } as const;
  type Letter = keyof typeof extents;
  const several = (letters: readonly Letter[]): Letter[] => letters.filter(letter => extents[letter] !== 1);
  const [from, to]: [Letter, Letter] = isTransposed ? ['q', 'p'] : ['p', 'q'];
  const free = axesOf(weights);
  const axes = { g: 0, e: 1, q: 2, p: 3 } as const;
  const own = several(['g', 'e', 'q', 'p']).filter(letter => letter === to || free.includes(axes[letter]));
  const along = (letters: readonly Letter[]): Python =>
    tensors.along(
      weights,
      letters.map(letter => axes[letter]),
    );
  const [source, target] = [several(['g', from, 'e']), several(['g', to, 'e'])];
  if (b === 1 && c === 1) {
    const entries = source.length < 2 || own.length === 0 ? along(own) : method(along(source), 'flatten');
    return binary(x, '*', own.length === 0 ? entries : narrow(entries));
  }
  const w = narrow(along(own));
  if (a === 1 && d === 1 && own.length === 2)
    return isTransposed ? binary(x, '@', w) : call('F.linear', x, w);
  const grid = (letters: readonly Letter[]) => tuple(...letters.map(letter => extents[letter]));
  const rows =
    source.length === 0
      ? method(x, 'flatten')
      : source.length === 1
        ? x
        : method(x, 'unflatten', 1, grid(source));
  const formula = `z${source.join('')},${own.join('')}->z${target.join('')}`;
  const product = call('torch.einsum', string(formula), rows, w);
  if (target.length === 1) return product;
  return target.length === 0 ? method(product, 'unsqueeze', 1) : method(product, 'flatten', 1);
}

/** D x + U T V' x. */
function update(
  { diagonal, ...parts }: Of<'update'>,
  x: Python,
  isTransposed: boolean,
  tensors: TensorWriter,
): Python {
  const matrix = (tensor: Tensor) => narrow(tensors.along(tensor, [0, 1]));
  const [u, v] = isTransposed ? [parts.v, parts.u] : [parts.u, parts.v];
  const coordinates = binary(x, '@', matrix(v));
  const t = parts.t && matrix(parts.t);
  const mixed =
    t === undefined ? coordinates : binary(coordinates, '@', isTransposed ? t : attribute(t, 'mT'));
  const outer = binary(mixed, '@', attribute(matrix(u), 'mT'));
  const kept = diagonal === undefined ? x : binary(x, '*', narrow(tensors.along(diagonal, [0])));
  return binary(kept, '+', outer);
}

/** By substitution, in single precision at least. */
function solve(
  operator: Of<'triangularSolve'>,
  x: Python,
  isTransposed: boolean,
  { writer, tensors }: Context,
): Python {
  const flip = operator.transposed !== isTransposed;
  const isUpper = (operator.triangle === 'upper') !== flip;
  const matrix = method(tensors.along(operator.weights, [0, 1]), 'to', tensors.wide());
  const solved = named(
    call(
      'torch.linalg.solve_triangular',
      flip ? attribute(matrix, 'mT') : matrix,
      method(attribute(x, 'mT'), 'to', tensors.wide()),
    ),
    {
      upper: atom(isUpper ? 'True' : 'False'),
      ...(operator.unitDiagonal && { unitriangular: atom('True') }),
    },
  );
  return narrow(attribute(writer.assign('y', solved), 'mT'));
}

function stacked(
  operator: Of<'directSum'> | Of<'horizontal'> | Of<'vertical'>,
  x: Python,
  isTransposed: boolean,
  context: Context,
): Python {
  const { kind, parts } = operator;
  const sharesInput = kind === (isTransposed ? 'horizontal' : 'vertical');
  const sharesOutput = kind === (isTransposed ? 'vertical' : 'horizontal');
  const { writer } = context;
  const inputs = sharesInput ? parts.map(() => x) : parts.map(() => atom(writer.fresh('x')));
  if (!sharesInput) {
    const widths = parts.map(part => number(isTransposed ? part.rows : part.columns));
    const names = inputs.map(each => (each.kind === 'atom' ? each.text : ''));
    writer.say(`split ${names}`, () => splitLines(names, x, widths));
  }
  const results = parts.map((part, k) => applied(part, at(inputs, k), isTransposed, context));
  return sharesOutput ? added(results) : named(call('torch.cat', list(...results)), { dim: number(1) });
}

const splitLines = (names: readonly string[], x: Python, widths: readonly Python[]): string[] =>
  assigned(names.join(', '), named(method(x, 'split', list(...widths)), { dim: number(1) }));
