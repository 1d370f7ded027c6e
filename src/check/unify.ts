/** Types that must agree: equal shapes, equal spaces, branches of an `if`. */
import type { Expression } from '../../grammar/ast.ts';
import { checking } from '../core/diagnostics/check.ts';
import { type Details, report } from '../core/diagnostics/diagnostic.ts';
import { at } from '../core/invariant.ts';
import type { Span } from '../core/span.ts';
import { decide } from './decide.ts';
import { fail, requireEqual, type Scope, textOf } from './scope.ts';
import { shapeText, sizeText } from './sizeText.ts';
import type { Size } from './symbolic.ts';
import type { Constraint, MapNode, OperatorNode, TensorNode } from './typed.ts';
import { type Space, spaceText } from './types.ts';

/** Two shapes with the same axes of equal extents; reports `left` against `right` otherwise. */
export function requireSameShape(
  scope: Scope,
  a: readonly Size[],
  b: readonly Size[],
  what: string,
  span: Span,
  details: Details = {},
): boolean {
  const complain = () =>
    report(checking.shapesDisagree, span, { what, left: shapeText(a), right: shapeText(b) }, details);
  if (a.length !== b.length) {
    scope.context.diagnostics.push(complain());
    return false;
  }
  return a.every((extent, k) => requireEqual(scope, extent, at(b, k), complain));
}

/** Elementwise arithmetic takes equal shapes, or a number on one side. */
export function numbersAgree(x: TensorNode, y: TensorNode, node: Expression, scope: Scope): boolean {
  const [a, b] = [x.type.shape, y.type.shape];
  return a.length === 0 || b.length === 0 || requireSameShape(scope, a, b, textOf(node), node.span);
}

/** Two operators of equal space. */
export function requireSameSpace(scope: Scope, a: Space, b: Space, what: string, span: Span): boolean {
  const complain = () =>
    report(
      checking.shapesDisagree,
      span,
      { what, left: spaceText(a), right: spaceText(b) },
      {
        hint: transposedHint(a, b, scope),
      },
    );
  return requireEqual(scope, a.columns, b.columns, complain) && requireEqual(scope, a.rows, b.rows, complain);
}

const transposedHint = (a: Space, b: Space, scope: Scope): string | undefined =>
  isSame(a.columns, b.rows, scope) && isSame(a.rows, b.columns, scope)
    ? "one of them wants an adjoint: A'"
    : undefined;

/** Provably equal. */
export const isSame = (a: Size, b: Size, scope: Scope): boolean =>
  decide(a, b, scope.knowledge).kind === 'equal';

export function requireSquare(what: string, space: Space, span: Span, scope: Scope): boolean {
  return requireEqual(scope, space.columns, space.rows, (columns, rows) =>
    report(checking.notSquare, span, { what, rows, columns }),
  );
}

interface Agreement {
  readonly sizes: readonly Size[];
  /** What must hold in each branch when it is taken. */
  readonly then: readonly Constraint[];
  readonly otherwise: readonly Constraint[];
}

/**
 * The sizes of an `if`: those of the branch that the other one equals where its own condition holds. In
 * `if k == 0 then I(1) else F` with F of 2^k, the first branch has 2^k too, because k is 0 there.
 */
export function agreeInBranches(
  then: readonly Size[],
  otherwise: readonly Size[],
  whenTrue: Scope,
  whenFalse: Scope,
  node: Expression,
): Agreement | undefined {
  const complain = (left: string, right: string) =>
    report(checking.shapesDisagree, node.span, { what: 'if', left, right });
  if (then.length !== otherwise.length) {
    const words = { what: 'if', left: shapeText(then), right: shapeText(otherwise) };
    return fail(whenTrue, checking.shapesDisagree, node.span, words);
  }
  const made = { sizes: [] as Size[], then: [] as Constraint[], otherwise: [] as Constraint[] };
  for (const [k, own] of then.entries()) {
    const other = at(otherwise, k);
    const forward = decide(own, other, whenTrue.knowledge).kind;
    const backward = forward === 'equal' ? 'equal' : decide(own, other, whenFalse.knowledge).kind;
    if (forward === 'different' && backward === 'different') {
      whenTrue.context.diagnostics.push(complain(sizeText(own), sizeText(other)));
      return undefined;
    }
    const constraint: Constraint = {
      left: own,
      right: other,
      fails: (a, b) => complain(`${sizeText(own)} (= ${a})`, `${sizeText(other)} (= ${b})`),
    };
    if (forward === 'equal' || (forward === 'undecided' && backward !== 'equal')) {
      made.sizes.push(other);
      if (forward !== 'equal') made.then.push(constraint);
    } else {
      made.sizes.push(own);
      if (backward !== 'equal') made.otherwise.push(constraint);
    }
  }
  return made;
}

type Constrainable = TensorNode | OperatorNode | MapNode;

/** The node with constraints to be tested when it is computed. */
export function constrained<Node extends Constrainable>(of: Node, constraints: readonly Constraint[]): Node {
  if (constraints.length === 0) return of;
  const { span } = of;
  const type = 'type' in of ? { type: of.type } : { space: of.space };
  return { kind: 'checked', constraints, of, span, ...type } as unknown as Node;
}
