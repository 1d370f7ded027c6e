/** Pipes: `A |> bias(b) |> relu |> gate(B) |> C`, left to right. */
import type { Expression } from '../../grammar/ast.ts';
import { checking } from '../core/diagnostics/check.ts';
import { report } from '../core/diagnostics/diagnostic.ts';
import { asMap, asNumbers, type Checked, describe, failed, wrongSort } from './checked.ts';
import { check } from './expression.ts';
import { declarationNotes } from './repair.ts';
import { fail, find, requireEqual, type Scope, textOf } from './scope.ts';
import { sizeText } from './sizeText.ts';
import type { MapNode, StepNode } from './typed.ts';
import type { Space } from './types.ts';
import { own, pointwiseSteps } from './words.ts';

export function checkPipe(node: Expression & { kind: 'pipe' }, scope: Scope): Checked {
  const [first, ...rest] = node.steps;
  if (first === undefined) return failed;
  const start = asMap(first, check(first, scope), scope);
  const steps: StepNode[] = start === undefined ? [] : [{ kind: 'map', map: start }];
  let space = start?.space;
  let good = start !== undefined;
  for (const part of rest) {
    const next = checkStep(part, space, scope);
    good &&= next !== undefined;
    if (next !== undefined) steps.push(next.step);
    // After an error the width is unknown; the steps that follow are still checked for errors of their own.
    space = next?.space;
  }
  if (!good || space === undefined) return failed;
  return { sort: 'map', node: { kind: 'pipe', steps, space, span: node.span } };
}

interface Step {
  readonly step: StepNode;
  /** From the input of the pipe to the output of this step. */
  readonly space: Space | undefined;
}

function checkStep(node: Expression, before: Space | undefined, scope: Scope): Step | undefined {
  if (node.kind === 'parenthesized') return checkStep(node.inner, before, scope);
  const pointwise = node.kind === 'name' ? own(pointwiseSteps, node.text) : undefined;
  if (pointwise !== undefined) {
    if (before?.complex === true)
      return fail(scope, checking.notReal, node.span, { what: 'the input of a pointwise function' });
    return { step: { kind: 'pointwise', function: pointwise }, space: before };
  }
  if (node.kind === 'call' && node.callee.kind === 'name') {
    const [only, second] = node.arguments;
    const { text: name } = node.callee;
    if ((name === 'bias' || name === 'gate') && find(scope, name) === undefined) {
      if (only !== undefined && second === undefined)
        return name === 'bias' ? biasStep(only, before, scope) : gateStep(only, before, scope);
      const found = node.arguments.length;
      return fail(scope, checking.wrongCount, node.span, { what: name, expected: '1 argument', found });
    }
  }
  return mapStep(node, before, scope);
}

function biasStep(node: Expression, before: Space | undefined, scope: Scope): Step | undefined {
  const checked = check(node, scope);
  const bias = asNumbers(node, checked, scope, 'a vector');
  if (bias === undefined || before === undefined) return undefined;
  const expected = `a tensor [${sizeText(before.rows)}]`;
  const found = `${textOf(node)}, ${describe(checked)}`;
  const complain = () =>
    report(
      checking.leafShape,
      node.span,
      { leaf: 'bias', expected, found },
      { notes: declarationNotes([node], scope) },
    );
  const [extent, more] = bias.type.shape;
  if (extent === undefined || more !== undefined) {
    scope.context.diagnostics.push(complain());
    return undefined;
  }
  if (!requireEqual(scope, before.rows, extent, complain)) return undefined;
  const complex = before.complex || bias.type.numbers === 'complex';
  return { step: { kind: 'bias', bias }, space: { ...before, complex } };
}

function gateStep(node: Expression, before: Space | undefined, scope: Scope): Step | undefined {
  const checked = check(node, scope);
  const map = asMap(node, checked, scope);
  if (map === undefined || before === undefined) return undefined;
  const expected = `${sizeText(before.columns)} -> ${sizeText(before.rows)}, from the input of the pipe to here`;
  const found = `${textOf(node)}, ${describe(checked)}`;
  const complain = () =>
    report(
      checking.leafShape,
      node.span,
      { leaf: 'gate', expected, found },
      { notes: declarationNotes([node], scope) },
    );
  const fits =
    requireEqual(scope, before.columns, map.space.columns, complain) &&
    requireEqual(scope, before.rows, map.space.rows, complain);
  if (!fits) return undefined;
  return { step: { kind: 'gate', map }, space: { ...before, complex: before.complex || map.space.complex } };
}

function mapStep(node: Expression, before: Space | undefined, scope: Scope): Step | undefined {
  const checked = check(node, scope);
  if (checked.sort !== 'operator' && checked.sort !== 'map')
    return wrongSort(node, checked, 'an operator, a map or a pointwise step', scope);
  const map = asMap(node, checked, scope);
  if (map === undefined || before === undefined) return undefined;
  const complain = (takes: string, gives: string) =>
    report(
      checking.factorsDisagree,
      node.span,
      { left: textOf(node), takes, right: 'the pipe before it', gives },
      { notes: declarationNotes([node], scope) },
    );
  if (!requireEqual(scope, map.space.columns, before.rows, complain)) return undefined;
  return { step: { kind: 'map', map }, space: joined(before, map) };
}

const joined = (before: Space, { space }: MapNode): Space => ({
  columns: before.columns,
  rows: space.rows,
  complex: before.complex || space.complex,
});
