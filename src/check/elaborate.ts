/**
 * One operator at concrete sizes: the typed source becomes a Program of the operator IR. Sizes come by name (`-D n=8`),
 * by position, or from an export.
 */
import type { Expression, OperatorDeclaration, Parameter } from '../../grammar/ast.ts';
import { checking } from '../core/diagnostics/check.ts';
import { type Diagnostic, hasErrors, report } from '../core/diagnostics/diagnostic.ts';
import type { Generator, ParameterDeclaration, Program } from '../ir/operator.ts';
import { type Binding, type Dtype, parameter } from '../ir/tensor.ts';
import { bodyOf, instanceScope } from './call.ts';
import { evaluate, mapOf, tensorOf } from './evaluate.ts';
import type { ExportDeclaration, Module } from './module.ts';
import { fail, type Scope, type Session, textOf, withNames } from './scope.ts';
import { sizeOf } from './sizes.ts';
import { tensorValue } from './value.ts';

export interface Instance {
  readonly operator: string;
  /** By name or by position; ignored for an export, which brings its own. */
  readonly sizes: Readonly<Record<string, number>> | readonly number[];
}

export interface Elaborated {
  readonly program: Program | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** The operators a file offers without being asked: its exports, else every operator that needs no sizes. */
export function defaultInstances(module: Module): Instance[] {
  if (module.exports.length > 0)
    return module.exports.map(each => ({ operator: each.alias.text, sizes: [] }));
  return [...module.operators.values()]
    .filter(({ declaration, module: own }) => own === module && declaration.binders.length === 0)
    .map(({ declaration }) => ({ operator: declaration.name.text, sizes: [] }));
}

export function elaborate(module: Module, instance: Instance): Elaborated {
  const session: Session = {
    diagnostics: [],
    parameters: new Map(),
    used: new Set(),
    calls: new Map(),
    nodes: 0,
  };
  const scope: Scope = { names: new Map(), module, depth: 0, session };
  const program = programOf(scope, instance);
  return { program: hasErrors(session.diagnostics) ? undefined : program, diagnostics: session.diagnostics };
}

function programOf(scope: Scope, instance: Instance): Program | undefined {
  const { module } = scope;
  const exported = module.exports.find(each => each.alias.text === instance.operator);
  const name = exported?.name.text ?? instance.operator;
  const found = module.operators.get(name);
  if (found === undefined) return void unknown(scope, name, exported);
  const { declaration } = found;
  const sizes =
    exported === undefined
      ? givenSizes(declaration, instance.sizes, scope)
      : exportSizes(declaration, exported, scope);
  return (
    sizes &&
    instantiate(
      { ...scope, module: found.module },
      declaration,
      sizes,
      instance.operator,
      exported?.documentation,
    )
  );
}

function unknown(scope: Scope, name: string, exported: ExportDeclaration | undefined): void {
  const { module } = scope;
  const scan = module.scans.get(name);
  if (scan !== undefined)
    return void fail(scope, checking.notSupported, exported?.span ?? scan.name.span, {
      what: `the scan ${name}`,
    });
  const names = [...new Set([...module.exports.map(each => each.alias.text), ...module.operators.keys()])];
  const known = names.length === 0 ? 'none' : names.join(', ');
  scope.session.diagnostics.push(report(checking.unknownOperator, exported?.name.span, { name, known }));
}

function exportSizes(
  declaration: OperatorDeclaration,
  exported: ExportDeclaration,
  scope: Scope,
): number[] | undefined {
  const sizes = exported.sizes.map(size => sizeOf(size, scope)).filter(size => size !== undefined);
  if (sizes.length < exported.sizes.length) return undefined;
  if (sizes.length === declaration.binders.length) return sizes;
  const expected = `${declaration.binders.length} sizes [${declaration.binders.map(each => each.text).join(', ')}]`;
  fail(scope, checking.wrongCount, exported.span, {
    what: declaration.name.text,
    expected,
    found: sizes.length,
  });
  return undefined;
}

function givenSizes(
  declaration: OperatorDeclaration,
  given: Instance['sizes'],
  scope: Scope,
): number[] | undefined {
  const byName: Readonly<Record<string, number>> = Array.isArray(given)
    ? Object.fromEntries(declaration.binders.map((binder, k) => [binder.text, given[k]]))
    : (given as Readonly<Record<string, number>>);
  const missing = declaration.binders.filter(binder => byName[binder.text] === undefined);
  if (missing.length > 0) {
    const sizes = missing.map(binder => binder.text).join(', ');
    const hint = `pass ${missing.map(binder => `-D ${binder.text}=...`).join(' ')}, or export it at fixed sizes`;
    fail(
      scope,
      checking.missingSize,
      declaration.name.span,
      { name: declaration.name.text, sizes },
      { hint },
    );
    return undefined;
  }
  return declaration.binders.map(binder => byName[binder.text] ?? 0);
}

function instantiate(
  scope: Scope,
  declaration: OperatorDeclaration,
  sizes: readonly number[],
  name: string,
  documentation: string | undefined,
): Program | undefined {
  const inner = instanceScope(scope, declaration, sizes);
  const declared = declaration.parameters.map(each => declareParameter(each, inner, name));
  const bound = declared.filter(each => each !== undefined);
  const names = bound.map(each => [each.name, () => tensorValue(each.tensor)] as const);
  const value = bodyOf(declaration, withNames(inner, names));
  const map = mapOf(value);
  for (const each of declaration.parameters) {
    if (map !== undefined && !scope.session.used.has(each.name.text)) {
      scope.session.diagnostics.push(report(checking.unused, each.name.span, { name: each.name.text }));
    }
  }
  if (map === undefined || bound.length < declared.length) return undefined;
  const written = declaration.binders.map((binder, k) => `${binder.text}=${sizes[k]}`).join(', ');
  return {
    name,
    title: written === '' ? declaration.name.text : `${declaration.name.text}[${written}]`,
    documentation: documentation || declaration.documentation,
    rows: map.rows,
    columns: map.columns,
    steps: map.steps,
    parameters: [...bound, ...scope.session.parameters.values()],
  };
}

const dtypes: Readonly<Record<string, Dtype>> = {
  f32: 'f32',
  f16: 'f16',
  bf16: 'bf16',
  f64: 'f64',
  index: 'index',
};

/** A parameter of an operator (`owner` is the name it is compiled under) or of the file, as a tensor of the IR. */
export function declareParameter(
  node: Parameter,
  scope: Scope,
  owner: string | undefined,
): ParameterDeclaration | undefined {
  const binding: Binding = node.bindings.at(-1)?.word ?? 'learned';
  const word = node.type.name?.text ?? 'f32';
  const { dims } = node.type;
  if (binding === 'item' || binding === 'token')
    return void fail(scope, checking.notSupported, node.span, {
      what: `the ${binding} parameter ${node.name.text}`,
    });
  if (word === 'c64')
    return void fail(scope, checking.notSupported, node.type.span, { what: 'c64 (complex numbers)' });
  if (dims === undefined) return patternParameter(node, word, binding, scope, owner);
  const dtype = Object.hasOwn(dtypes, word) ? dtypes[word] : undefined;
  if (dtype === undefined)
    return void fail(
      scope,
      checking.unknownName,
      node.type.span,
      { name: word },
      { hint: 'the dtypes are f32, f16, bf16, f64 and index' },
    );
  const shape = dims.map(dim => sizeOf(dim, scope)).filter(size => size !== undefined);
  if (shape.length < dims.length) return undefined;
  const elements = shape.reduce((product, extent) => product * extent, 1);
  if (elements > 2 ** 31)
    return void fail(scope, checking.tooLarge, node.type.span, {
      what: `the size of ${node.name.text}`,
      value: elements,
      limit: 2 ** 31,
    });
  return declaration(node, dtype, binding, shape, scope, owner);
}

function patternParameter(
  node: Parameter,
  word: string,
  binding: Binding,
  scope: Scope,
  owner: string | undefined,
): ParameterDeclaration | undefined {
  const pattern = scope.module.patterns.get(word);
  if (pattern === undefined)
    return void fail(
      scope,
      checking.unknownName,
      node.type.span,
      { name: word },
      { hint: 'a type is [sizes], dtype[sizes] or the name of a pattern' },
    );
  if (pattern.edges === undefined)
    return void fail(scope, checking.notSupported, node.type.span, {
      what: `the pattern ${word} from a file`,
    });
  return declaration(node, 'f32', binding, [pattern.edges.length], scope, owner);
}

function declaration(
  node: Parameter,
  dtype: Dtype,
  binding: Binding,
  shape: readonly number[],
  scope: Scope,
  owner: string | undefined,
): ParameterDeclaration {
  const name = node.name.text;
  const shared = owner === undefined;
  const tensor = parameter(shared ? name : `${owner}.${name}`, dtype, binding, shape);
  return {
    name,
    shared,
    tensor,
    default: node.default && generatorOf(node.default, scope),
    written: textOf(node.type),
  };
}

/** `orthogonal("L")`, `normal("L", 0.02)`, ... or a tensor expression. */
function generatorOf(node: Expression, scope: Scope): Generator | undefined {
  if (node.kind === 'call' && node.callee.kind === 'name') {
    const [first, second] = node.arguments;
    const name = first?.kind === 'string' ? first.value : undefined;
    const kind = node.callee.text;
    if (
      name !== undefined &&
      (kind === 'orthogonal' || kind === 'uniform' || kind === 'permutation' || kind === 'signs')
    )
      return { kind, name };
    if (name !== undefined && kind === 'normal') {
      const deviation = second === undefined ? undefined : evaluate(second, scope);
      if (deviation?.sort === 'number') return { kind, name, deviation: deviation.value };
      fail(scope, checking.wrongSort, node.span, {
        found: textOf(node),
        expected: 'normal("name", deviation)',
      });
      return undefined;
    }
  }
  const value = tensorOf(node, scope);
  return value && { kind: 'value', value };
}
