/** The variables of enclosing sums that an expression reads. */
import { type Scalar, scalarChildren } from '../../ir/tensor.ts';

export function boundVariables(scalar: Scalar): ReadonlySet<number> {
  const found = new Set<number>();
  const seen = new Set<Scalar>();
  const visit = (each: Scalar): void => {
    if (seen.has(each)) return;
    seen.add(each);
    if (each.kind === 'bound') found.add(each.variable);
    scalarChildren(each).forEach(visit);
  };
  visit(scalar);
  return found;
}
