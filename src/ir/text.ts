/** Operators as text for people: the formula, with the shapes of what is inside leaves. */
import { mapText } from './indexMapText.ts';
import type { Operator, Program, Step } from './operator.ts';
import { parametersOf, type Scalar, type Tensor } from './tensor.ts';

/** Precedences: a sum binds less than a product, a product less than a leaf. */
const levels = { sum: 1, product: 2, leaf: 3 } as const;

export function operatorText(operator: Operator, level = 0): string {
  const at = (own: number, text: string): string => (own < level ? `(${text})` : text);
  const list = (parts: readonly Operator[]): string => parts.map(part => operatorText(part)).join(', ');
  switch (operator.kind) {
    case 'identity':
      return `I(${operator.rows})`;
    case 'zero':
      return `zeros(${operator.rows}, ${operator.columns})`;
    case 'gather':
    case 'scatter':
      return `${operator.kind}[${operator.rows}, ${operator.columns}](i -> ${mapText(operator.map)})`;
    case 'block':
      return blockText(operator);
    case 'update': {
      const { diagonal, u, t, v } = operator;
      const start = diagonal === undefined ? 'I' : `diag(${tensorText(diagonal)})`;
      return at(
        levels.sum,
        `${start} + ${tensorText(u)}${t === undefined ? '' : ` ${tensorText(t)}`} ${tensorText(v)}'`,
      );
    }
    case 'triangularSolve': {
      const name = `${operator.unitDiagonal ? 'unit' : ''}${operator.triangle}`;
      return `inv(${name}(${tensorText(operator.weights)}))${operator.transposed ? "'" : ''}`;
    }
    case 'compose':
      return at(levels.product, operator.factors.map(each => operatorText(each, levels.leaf)).join(' * '));
    case 'sum':
      return at(levels.sum, operator.terms.map(each => operatorText(each, levels.product)).join(' + '));
    case 'scale':
      return at(
        levels.product,
        `${tensorText(operator.factor)} * ${operatorText(operator.operator, levels.leaf)}`,
      );
    case 'directSum':
      return `dsum(${list(operator.parts)})`;
    case 'horizontal':
      return `[${list(operator.parts)}]`;
    case 'vertical':
      return `[${operator.parts.map(part => operatorText(part)).join('; ')}]`;
    case 'offDiagonal':
      return `offdiag(${operatorText(operator.operator)})`;
    case 'adjoint':
      return `${operatorText(operator.operator, levels.leaf)}'`;
    case 'inverse':
      return `inv(${operatorText(operator.operator)})`;
    case 'assume':
      return `assume ${operator.property}(${operatorText(operator.operator)})`;
  }
}

function blockText({ a, b, c, d, weights }: Operator & { readonly kind: 'block' }): string {
  const entries = tensorText(weights);
  if (b === 1 && c === 1) return `diag(${entries})`;
  if (a === 1 && d === 1) return `dense[${b}, ${c}](${entries})`;
  return d === 1 ? `blockdiag[${a}, ${b}, ${c}](${entries})` : `KS(${a}, ${b}, ${c}, ${d})(${entries})`;
}

/** A parameter by name; anything computed by its shape and what it is computed from. */
export function tensorText(tensor: Tensor): string {
  if (tensor.kind === 'parameter') return tensor.name;
  if (tensor.kind === 'computed' && tensor.body.kind === 'literal') return String(tensor.body.value);
  const whole = tensor.kind === 'computed' ? reshaped(tensor.body) : undefined;
  if (whole !== undefined) return whole.name;
  const names = [...new Set(namesIn(tensor))].join(', ');
  return `${tensor.kind === 'computed' ? 'f' : tensor.kind}(${names})[${tensor.shape}]`;
}

/** The parameter whose entries a body lists in their own order. */
function reshaped(body: Scalar): (Tensor & { readonly kind: 'parameter' }) | undefined {
  if (body.kind !== 'element' || body.tensor.kind !== 'parameter') return undefined;
  const { shape } = body.tensor;
  let last = -1;
  const inOrder = body.at.every((index, k) => {
    if (index.kind === 'literal') return shape[k] === 1;
    const follows = index.kind === 'axis' && index.axis > last;
    if (index.kind === 'axis') last = index.axis;
    return follows;
  });
  return inOrder ? body.tensor : undefined;
}

const namesIn = (tensor: Tensor): string[] => parametersOf(tensor).map(({ name }) => name);

export function stepText(step: Step): string {
  switch (step.kind) {
    case 'linear':
      return operatorText(step.operator);
    case 'bias':
      return `|> bias(${tensorText(step.bias)})`;
    case 'pointwise':
      return `|> ${step.function}`;
    case 'gate':
      return `|> gate(${step.steps.map(stepText).join(' ')})`;
  }
}

export const programText = ({ name, rows, columns, steps }: Program): string =>
  [`${name}: ${columns} -> ${rows}`, ...steps.map(step => `  ${stepText(step)}`), ''].join('\n');
