/**
 * One operator at given sizes, while it is elaborated: what names stand for, what was made, and the
 * budgets.
 */
import { checking } from '../core/diagnostics/check.ts';
import { type Details, type Diagnostic, type Row, report } from '../core/diagnostics/diagnostic.ts';
import type { Span } from '../core/span.ts';
import type { Operator, ParameterDeclaration, Step } from '../ir/operator.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { NumberValue } from './numberValue.ts';
import { sizeLimit } from './sizes.ts';
import { evaluate } from './sizeValue.ts';
import type {
  Constraint,
  Definition,
  MapNode,
  OperatorNode,
  OperatorSignature,
  TensorNode,
  TypedParameter,
  TypedProgram,
} from './typed.ts';

/** Of one elaboration: shared by all operators that it expands. */
export interface Session {
  readonly program: TypedProgram;
  readonly diagnostics: Diagnostic[];
  /** Parameters of files, by name, in the order in which they are first read. */
  readonly shared: Map<string, ParameterDeclaration>;
  /** Calls already expanded: same operator, sizes and arguments. */
  readonly calls: Map<OperatorSignature, Map<string, readonly Step[] | undefined>>;
  /** What `inv` was asked of, and where: not every operator has an inverse that is compiled. */
  readonly inverses: Map<Operator, Span>;
  nodes: number;
  depth: number;
  /** What it took to make everything so far, in nodes rewritten. */
  work: number;
}

export interface Instance {
  readonly session: Session;
  readonly signature: OperatorSignature;
  readonly sizes: ReadonlyMap<string, number>;
  readonly parameters: ReadonlyMap<TypedParameter, Tensor>;
  /** Lets that were read, each computed once. */
  readonly tensors: Map<Definition<TensorNode>, NumberValue | undefined>;
  readonly operators: Map<Definition<OperatorNode>, Operator | undefined>;
  readonly maps: Map<Definition<MapNode>, readonly Step[] | undefined>;
  /** How many calls deep. */
  readonly calls: number;
}

/** A place inside an instance: index variables of the sums and tabulates around it have values. */
export interface Place {
  readonly instance: Instance;
  readonly sizes: ReadonlyMap<string, number>;
  readonly variables: ReadonlyMap<string, NumberValue>;
}

export const placeOf = (instance: Instance): Place => ({
  instance,
  sizes: instance.sizes,
  variables: new Map(),
});

export const newInstance = (
  session: Session,
  signature: OperatorSignature,
  sizes: readonly number[],
  parameters: ReadonlyMap<TypedParameter, Tensor>,
  calls: number,
): Instance => ({
  session,
  signature,
  sizes: new Map(signature.binders.map((binder, k) => [binder, sizes[k] ?? 0])),
  parameters,
  tensors: new Map(),
  operators: new Map(),
  maps: new Map(),
  calls,
});

/** Reports. */
export function refuse<Parameters>(
  { instance }: Place,
  definition: Row<Parameters>,
  span: Span,
  parameters: Parameters,
  details?: Details,
): undefined {
  instance.session.diagnostics.push(report(definition, span, parameters, details));
  return undefined;
}

const nodeBudget = 100_000;
/** Deep enough for 64 calls of ordinary bodies, and far from the end of the stack. */
const depthLimit = 600;
const workLimit = 400_000;

/**
 * Counts a node on the way in; nothing is computed once the budget is spent (reported once) or the stack is
 * deep.
 */
export function visit<Result>(
  place: Place,
  span: Span,
  compute: () => Result | undefined,
): Result | undefined {
  const { session } = place.instance;
  session.nodes++;
  if (session.nodes === nodeBudget) refuse(place, checking.budget, span, { limit: nodeBudget });
  if (session.nodes >= nodeBudget) return undefined;
  if (session.depth >= depthLimit) return refuse(place, checking.nesting, span, { limit: depthLimit });
  session.depth++;
  const result = compute();
  session.depth--;
  return result;
}

/** Whether what is made still fits the budgets: nodes written out, entries of one side, work to make it. */
export function affordable(
  place: Place,
  span: Span,
  made: { readonly nodes: number; readonly work: number },
  ...extents: readonly number[]
): boolean {
  const { session } = place.instance;
  const tooLong = extents.find(extent => extent > sizeLimit);
  if (tooLong !== undefined) {
    const words = { what: 'a side of the operator', value: tooLong, limit: sizeLimit };
    refuse(place, checking.tooLarge, span, words);
    return false;
  }
  const spent = session.work > workLimit;
  session.work += made.work;
  if (made.nodes <= nodeBudget && session.work <= workLimit) return true;
  if (!spent) refuse(place, checking.budget, span, { limit: nodeBudget });
  return false;
}

/** Tests what the checker left open. */
export function constraintsHold(place: Place, constraints: readonly Constraint[], span: Span): boolean {
  for (const { left, right, fails } of constraints) {
    const [a, b] = [evaluate(left, place.sizes), evaluate(right, place.sizes)];
    if (a !== undefined && a === b) continue;
    if (a === undefined || b === undefined)
      refuse(place, checking.tooLarge, span, {
        what: 'a size in between',
        value: Number.POSITIVE_INFINITY,
        limit: 2 ** 53,
      });
    else place.instance.session.diagnostics.push(fails(a, b));
    return false;
  }
  return true;
}
