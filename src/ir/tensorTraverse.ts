/** Walks over scalar expressions and the tensors they read. */
import { unreachable } from '../core/invariant.ts';
import type { Scalar, Tensor } from './tensor.ts';

/** The scalars directly inside a scalar. */
export function scalarChildren(scalar: Scalar): readonly Scalar[] {
  switch (scalar.kind) {
    case 'literal':
    case 'axis':
    case 'bound':
      return [];
    case 'ofIndex':
      return [scalar.value];
    case 'element':
      return scalar.at;
    case 'apply':
      return scalar.arguments;
    case 'select':
      return [scalar.condition, scalar.then, scalar.otherwise];
    case 'sum':
      return [scalar.body];
    default:
      return unreachable(scalar);
  }
}

/** Collects over the distinct scalars of an expression, each once. */
function everyScalar(scalar: Scalar, visit: (scalar: Scalar) => void, seen = new Set<Scalar>()): void {
  if (seen.has(scalar)) return;
  seen.add(scalar);
  visit(scalar);
  for (const child of scalarChildren(scalar)) everyScalar(child, visit, seen);
}

export function hasSum(scalar: Scalar): boolean {
  let found = false;
  everyScalar(scalar, each => {
    found ||= each.kind === 'sum';
  });
  return found;
}

/** The axes a scalar depends on. */
export function freeAxes(scalar: Scalar): ReadonlySet<number> {
  const axes = new Set<number>();
  everyScalar(scalar, each => {
    if (each.kind === 'axis') axes.add(each.axis);
  });
  return axes;
}

/** Tensors an expression reads by reference. */
export function tensorsIn(scalar: Scalar): readonly Tensor[] {
  const found = new Set<Tensor>();
  everyScalar(scalar, each => {
    if (each.kind === 'element') found.add(each.tensor);
  });
  return [...found];
}

/** The parameters a tensor is computed from. */
export function parametersOf(tensor: Tensor): readonly (Tensor & { kind: 'parameter' })[] {
  const found = new Set<Tensor & { kind: 'parameter' }>();
  const seen = new Set<Tensor>();
  const visit = (each: Tensor): void => {
    if (seen.has(each)) return;
    seen.add(each);
    if (each.kind === 'parameter') found.add(each);
    else if (each.kind === 'computed') tensorsIn(each.body).forEach(visit);
    else visit(each.of);
  };
  visit(tensor);
  return [...found];
}
