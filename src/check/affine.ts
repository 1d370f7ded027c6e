/** In what degree an expression depends on a state: 0 not at all, 1 affinely, 2 in any other way. */
import type { LeafArgument, OperatorNode, SlicePart, TensorNode } from './typed.ts';

type Degree = 0 | 1 | 2;

const most = (...degrees: readonly Degree[]): Degree => degrees.reduce<Degree>((a, b) => (a > b ? a : b), 0);
const product = (a: Degree, b: Degree): Degree => (a + b > 2 ? 2 : ((a + b) as Degree));
/** Of a function that is not linear. */
const bent = (a: Degree): Degree => (a === 0 ? 0 : 2);

export function degreeIn(node: TensorNode, state: string): Degree {
  const of = (each: TensorNode): Degree => degreeIn(each, state);
  switch (node.kind) {
    case 'constant':
    case 'size':
    case 'variable':
    case 'parameter':
      return 0;
    case 'state':
      return node.name === state ? 1 : 0;
    case 'let':
      return of(node.definition.value);
    case 'negate':
      return of(node.operand);
    case 'arithmetic': {
      const [a, b] = [of(node.left), of(node.right)];
      if (node.operator === '+' || node.operator === '-') return most(a, b);
      return node.operator === '*' ? product(a, b) : product(a, bent(b));
    }
    case 'power':
      return bent(most(of(node.base), of(node.exponent)));
    case 'function':
      return bent(most(...node.arguments.map(of)));
    case 'vectors':
      return product(of(node.left), of(node.right));
    case 'normalize':
      return bent(of(node.operand));
    case 'complex':
      return most(...node.arguments.map(of));
    case 'tabulate':
      return of(node.body);
    case 'slice':
      return product(of(node.target), most(...node.parts.map(part => lookupDegree(part, state))));
    case 'applied':
      return product(operatorDegree(node.operator, state), of(node.tensor));
    case 'if':
      return most(of(node.then), of(node.otherwise));
    case 'checked':
      return of(node.of);
  }
}

const lookupDegree = (part: SlicePart, state: string): Degree =>
  part.kind === 'lookup' ? bent(degreeIn(part.at, state)) : 0;

function operatorDegree(node: OperatorNode, state: string): Degree {
  const of = (each: OperatorNode): Degree => operatorDegree(each, state);
  switch (node.kind) {
    case 'leaf':
      return leafDegree(node, state);
    case 'permute':
      return 0;
    case 'let':
      return of(node.definition.value);
    case 'scale':
      return product(degreeIn(node.factor, state), of(node.operator));
    case 'divide':
      return product(of(node.operator), bent(degreeIn(node.divisor, state)));
    case 'compose':
      return node.factors.map(of).reduce<Degree>(product, 0);
    case 'sum':
      return most(...node.terms.map(term => of(term.operator)));
    case 'adjoint':
    case 'assume':
      return of(node.operator);
    case 'power':
      return bent(of(node.operator));
    case 'indexed':
      return node.word === 'prod' ? bent(of(node.body)) : of(node.body);
    case 'stack':
      return node.word === 'prod'
        ? node.parts.map(of).reduce<Degree>(product, 0)
        : most(...node.parts.map(of));
    case 'call':
      return bent(most(...node.arguments.map(each => degreeIn(each, state))));
    case 'if':
      return most(of(node.then), of(node.otherwise));
    case 'checked':
      return of(node.of);
  }
}

/** Leaves that hold their tensor's entries as they stand. */
const entrywise: ReadonlySet<string> = new Set([
  'dense',
  'diag',
  'blockdiag',
  'toeplitz',
  'circulant',
  'sparse',
  'lower',
  'upper',
  'unitlower',
  'unitupper',
]);
const additive: ReadonlySet<string> = new Set(['transpose', 'offdiag']);

function leafDegree(node: OperatorNode & { kind: 'leaf' }, state: string): Degree {
  const degrees = node.arguments.map(each => argumentDegree(each, state));
  if (entrywise.has(node.leaf) || additive.has(node.leaf)) return most(...degrees);
  return node.leaf === 'lowrank' || node.leaf === 'kron'
    ? degrees.reduce(product, 0)
    : bent(most(...degrees));
}

function argumentDegree(argument: LeafArgument, state: string): Degree {
  switch (argument.kind) {
    case 'size':
    case 'pattern':
      return 0;
    case 'tensor':
      return degreeIn(argument.node, state);
    case 'operator':
      return operatorDegree(argument.node, state);
  }
}
