/** Map nodes and calls at given sizes → steps of the IR. */
import { checking } from '../core/diagnostics/check.ts';
import type { Span } from '../core/span.ts';
import type { Step } from '../ir/operator.ts';
import type { Tensor } from '../ir/tensor.ts';
import { allKnown, operatorAt } from './elaborateOperator.ts';
import { conditionAt, sizeAt, wholeAt } from './elaborateSize.ts';
import { tensorAt } from './elaborateTensor.ts';
import {
  affordable,
  constraintsHold,
  type Instance,
  newInstance,
  type Place,
  placeOf,
  refuse,
  visit,
} from './instance.ts';
import { textOf } from './scope.ts';
import type { Call, MapNode, StepNode, TypedParameter } from './typed.ts';
import { costOf } from './weight.ts';

export function stepsAt(node: MapNode, place: Place): readonly Step[] | undefined {
  return visit(place, node.span, () => compute(node, place));
}

function compute(node: MapNode, place: Place): readonly Step[] | undefined {
  switch (node.kind) {
    case 'linear': {
      const operator = operatorAt(node.operator, place);
      return operator && [{ kind: 'linear', operator }];
    }
    case 'pipe': {
      const steps = allKnown(node.steps.map(step => stepAt(step, place)))?.flat();
      return steps && affordable(place, node.span, costOf(steps.length)) ? steps : undefined;
    }
    case 'let': {
      const { maps } = place.instance;
      const { definition } = node;
      if (!maps.has(definition)) maps.set(definition, stepsAt(definition.value, placeOf(place.instance)));
      return maps.get(definition);
    }
    case 'call':
      return callAt(node, node.span, place);
    case 'if': {
      const taken = conditionAt(node.condition, place);
      return taken === undefined ? undefined : stepsAt(taken ? node.then : node.otherwise, place);
    }
    case 'checked':
      return constraintsHold(place, node.constraints, node.span) ? stepsAt(node.of, place) : undefined;
  }
}

function stepAt(step: StepNode, place: Place): readonly Step[] | undefined {
  switch (step.kind) {
    case 'map':
      return stepsAt(step.map, place);
    case 'bias': {
      const bias = tensorAt(step.bias, place);
      return bias && [{ kind: 'bias', bias }];
    }
    case 'pointwise':
      return [{ kind: 'pointwise', function: step.function }];
    case 'gate': {
      const steps = stepsAt(step.map, place);
      return steps && [{ kind: 'gate', steps }];
    }
  }
}

const recursionLimit = 64;

/** The body of another operator at the sizes and arguments of a call; equal calls are expanded once. */
export function callAt(call: Call, span: Span, place: Place): readonly Step[] | undefined {
  const { callee } = call;
  const { session, calls: depth } = place.instance;
  if (depth >= recursionLimit)
    return refuse(place, checking.recursion, span, { name: callee.name, limit: recursionLimit });
  const sizes = allKnown(call.sizes.map(size => sizeAt(size, place)));
  const tensors = sizes && allKnown(call.arguments.map(each => tensorAt(each, place)));
  if (sizes === undefined || tensors === undefined) return undefined;
  const key = `${sizes} ${tensors.map(tensor => tensor.id)}`;
  const known = session.calls.get(callee) ?? new Map<string, readonly Step[] | undefined>();
  session.calls.set(callee, known);
  if (known.has(key)) return known.get(key);
  const parameters = new Map<TypedParameter, Tensor>();
  for (const [k, parameter] of callee.parameters.entries()) {
    const tensor = tensors[k];
    if (tensor !== undefined) parameters.set(parameter, tensor);
  }
  const steps = bodyAt(newInstance(session, callee, sizes, parameters, depth + 1), span);
  known.set(key, steps);
  return steps;
}

/** The body of an operator, where its sizes make sense and its `where` clause holds. */
export function bodyAt(instance: Instance, called: Span | undefined): readonly Step[] | undefined {
  const { signature, session } = instance;
  const place = placeOf(instance);
  for (const condition of signature.where) {
    const [left, right] = [wholeAt(condition.left, place), wholeAt(condition.right, place)];
    if (left === undefined || right === undefined) return undefined;
    if (conditionAt(condition, place) === true) continue;
    const notes = called === undefined ? [] : [{ message: `${signature.name} is called here`, span: called }];
    const words = { text: textOf(condition), left, right };
    return refuse(place, checking.conditionFails, condition.span, words, { notes });
  }
  const extents = [...signature.parameters.flatMap(each => each.extents), signature.columns, signature.rows];
  if (allKnown(extents.map(extent => sizeAt(extent, place))) === undefined) return undefined;
  const body = session.program.bodies.get(signature)?.body;
  return body && stepsAt(body, place);
}
