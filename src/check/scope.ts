/** Names in force at a place of a declaration, and what the check of one declaration gathers. */
import type { Expression, Name, OperatorDeclaration } from '../../grammar/ast.ts';
import { checking } from '../core/diagnostics/check.ts';
import {
  type Details,
  type Diagnostic,
  type Note,
  type Row,
  report,
} from '../core/diagnostics/diagnostic.ts';
import type { Span } from '../core/span.ts';
import { decide, type Example, type Knowledge, learn } from './decide.ts';
import type { Module, PatternDeclaration, SharedParameter } from './module.ts';
import { sizeText } from './sizeText.ts';
import type { Size, SymbolicCondition } from './symbolic.ts';
import type {
  Constraint,
  Definition,
  MapNode,
  OperatorNode,
  OperatorSignature,
  TensorNode,
  TypedParameter,
  TypedPattern,
  Unsupported,
} from './typed.ts';
import type { TensorType } from './types.ts';

/** What a local name stands for. */
export type Entry =
  | { readonly kind: 'size' }
  /** The index of a tabulate. */
  | { readonly kind: 'variable' }
  | { readonly kind: 'parameter'; readonly parameter: TypedParameter }
  | { readonly kind: 'state'; readonly type: TensorType }
  | { readonly kind: 'tensor'; readonly definition: Definition<TensorNode> }
  | { readonly kind: 'operator'; readonly definition: Definition<OperatorNode> }
  | { readonly kind: 'map'; readonly definition: Definition<MapNode> }
  /** Already reported. */
  | { readonly kind: 'error' };

interface Local {
  readonly entry: Entry;
  readonly span: Span;
  used: boolean;
}

export interface Scope {
  readonly parent: Scope | undefined;
  readonly locals: Map<string, Local>;
  readonly module: Module;
  readonly knowledge: Knowledge;
  readonly context: Context;
}

/** Of the whole check: declarations of every file, each typed once. */
export interface Checker {
  readonly signatureOf: (declaration: OperatorDeclaration, module: Module) => OperatorSignature;
  readonly sharedOf: (declaration: SharedParameter, module: Module) => TypedParameter;
  readonly patternOf: (declaration: PatternDeclaration, module: Module) => TypedPattern;
}

/** Of one declaration. */
export interface Context {
  readonly checker: Checker;
  readonly diagnostics: Diagnostic[];
  readonly unsupported: Unsupported[];
  readonly calls: Set<OperatorSignature>;
  /** Equations met since the node around them began, to be tested when sizes have values. */
  pending: Constraint[];
  depth: number;
}

export const newContext = (checker: Checker, diagnostics: Diagnostic[]): Context => ({
  checker,
  diagnostics,
  unsupported: [],
  calls: new Set(),
  pending: [],
  depth: 0,
});

export const inner = (scope: Scope, knowledge: Knowledge = scope.knowledge): Scope => ({
  ...scope,
  parent: scope,
  locals: new Map(),
  knowledge,
});

/** The same place where a condition holds. */
export const assuming = (scope: Scope, condition: SymbolicCondition): Scope =>
  inner(scope, learn(scope.knowledge, condition));

export function find(scope: Scope, name: string): Local | undefined {
  for (let each: Scope | undefined = scope; each !== undefined; each = each.parent) {
    const local = each.locals.get(name);
    if (local !== undefined) return local;
  }
  return undefined;
}

/** What a local name stands for; the name counts as used. */
export function lookUp(scope: Scope, name: string): Entry | undefined {
  const local = find(scope, name);
  if (local !== undefined) local.used = true;
  return local?.entry;
}

/**
 * Brings a name into a scope. False for a name already in force there: an error, and it is not known which
 * is meant.
 */
export function define(scope: Scope, name: Name, entry: Entry): boolean {
  const first = find(scope, name.text);
  if (first === undefined) {
    scope.locals.set(name.text, { entry, span: name.span, used: false });
    return true;
  }
  const notes = [{ message: 'first defined here', span: first.span }];
  fail(scope, checking.duplicate, name.span, { name: name.text }, { notes });
  if (!scope.locals.has(name.text))
    scope.locals.set(name.text, { entry: { kind: 'error' }, span: first.span, used: true });
  return false;
}

export function* localNames(scope: Scope): Generator<string> {
  for (let each: Scope | undefined = scope; each !== undefined; each = each.parent) yield* each.locals.keys();
}

/** Reports. */
export function fail<Parameters>(
  scope: Scope,
  definition: Row<Parameters>,
  span: Span,
  parameters: Parameters,
  details?: Details,
): undefined {
  scope.context.diagnostics.push(report(definition, span, parameters, details));
  return undefined;
}

export const notYet = (scope: Scope, what: string, span: Span): void =>
  void scope.context.unsupported.push({ what, span });

/** How an equation of sizes reads when it fails; receives both sides as text. */
export type Complaint = (left: string, right: string) => Diagnostic;

/**
 * Two sizes must be equal: nothing happens when they are for all sizes, `complain` is reported when an example
 * shows that they differ, and what is undecided becomes a constraint of the node being checked. False only for
 * an error.
 */
export function requireEqual(scope: Scope, left: Size, right: Size, complain: Complaint): boolean {
  const verdict = decide(left, right, scope.knowledge);
  switch (verdict.kind) {
    case 'equal':
      return true;
    case 'different': {
      const diagnostic = complain(sizeText(left), sizeText(right));
      const note = exampleNote(verdict.example, verdict.left, verdict.right);
      scope.context.diagnostics.push({ ...diagnostic, notes: [...diagnostic.notes, ...note] });
      return false;
    }
    case 'undecided': {
      const valued = (size: Size, value: number): string =>
        sizeText(size) === String(value) ? String(value) : `${sizeText(size)} (= ${value})`;
      const fails = (a: number, b: number): Diagnostic => {
        const diagnostic = complain(valued(left, a), valued(right, b));
        return {
          ...diagnostic,
          notes: [...diagnostic.notes, { message: `at these sizes: ${a} against ${b}` }],
        };
      };
      scope.context.pending.push({ left, right, fails });
      return true;
    }
  }
}

function exampleNote(example: Example, left: number, right: number): Note[] {
  if (example.size === 0) return [];
  const values = [...example].map(([name, value]) => `${name} = ${value}`).join(', ');
  return [{ message: `for example with ${values}: ${left} against ${right}` }];
}

export const textOf = ({ span }: { readonly span: Span }): string => {
  const text = span.file.text.slice(span.start, span.end).replace(/\s+/g, ' ').trim();
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
};

/** Children of an expression that are expressions. */
function childrenOf(node: Expression): readonly Expression[] {
  switch (node.kind) {
    case 'name':
    case 'number':
    case 'string':
    case 'error':
      return [];
    case 'parenthesized':
      return [node.inner];
    case 'negate':
    case 'adjoint':
    case 'assume':
      return [node.operand];
    case 'binary':
      return [node.left, node.right];
    case 'power':
      return [node.base, node.exponent];
    case 'index':
      return [
        node.target,
        ...node.items.flatMap(item =>
          item.kind === 'at' ? [item.value] : item.kind === 'slice' ? [item.from, item.to] : [],
        ),
      ];
    case 'call':
      return [node.callee, ...node.arguments];
    case 'big':
      return [node.bound, node.body];
    case 'bigCall':
      return node.arguments;
    case 'if':
      return [node.condition.left, node.condition.right, node.then, node.otherwise];
    case 'block':
      return node.rows.flat();
    case 'pipe':
      return node.steps;
  }
}

/** The local names an expression mentions. */
export function namesMentioned(node: Expression): Set<string> {
  const names = new Set<string>();
  const queue = [node];
  for (let each = queue.pop(); each !== undefined; each = queue.pop()) {
    if (each.kind === 'name') names.add(each.text);
    queue.push(...childrenOf(each));
  }
  return names;
}
