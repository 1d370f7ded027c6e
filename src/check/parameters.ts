/** Parameters: `binding name: dtype[shape] = default`. */
import type { Binding, Expression, Parameter } from '../../grammar/ast.ts';
import { checking } from '../core/diagnostics/check.ts';
import { invariant } from '../core/invariant.ts';
import { asNumber, asNumbers } from './checked.ts';
import { check } from './expression.ts';
import { nearest } from './nearest.ts';
import { fail, notYet, type Scope, textOf } from './scope.ts';
import { checkSize, literalSize } from './sizes.ts';
import { shapeText } from './sizeText.ts';
import { unknown } from './symbolic.ts';
import type { ParameterDtype, SizeNode, TypedDefault, TypedParameter } from './typed.ts';
import type { NumberKind, TensorType } from './types.ts';
import { requireSameShape } from './unify.ts';
import { generators, own } from './words.ts';

export const dtypes: Readonly<Record<ParameterDtype, NumberKind>> = {
  f32: 'real',
  f16: 'real',
  bf16: 'real',
  f64: 'real',
  index: 'index',
  c64: 'complex',
};

/** Whether later stages compile parameters of a binding. */
export const compiledBindings: Readonly<Record<Binding, boolean>> = {
  static: true,
  frozen: true,
  learned: true,
  call: true,
  item: false,
  token: false,
};

const isDtype = (word: string): word is ParameterDtype => Object.hasOwn(dtypes, word);

export const complexNumbers = 'c64 (complex numbers)';

/** `shared` is the qualifier of a parameter of a file; undefined for a parameter of an operator or scan. */
export function checkParameter(node: Parameter, scope: Scope, shared: string | undefined): TypedParameter {
  const name = node.name.text;
  const binding = bindingOf(node, scope);
  const { dtype, extents } = typeOf(node, scope);
  const unsupported = unsupportedParameter({ name, binding, dtype });
  if (unsupported !== undefined)
    notYet(scope, unsupported, unsupported === complexNumbers ? node.type.span : node.span);
  const type = { shape: extents.map(extent => extent.size), numbers: dtypes[dtype] };
  const value = node.default && checkDefault(node, node.default, dtype, type, scope);
  const written = textOf(node.type);
  const { span } = node.type;
  return { name, shared, binding, dtype, extents, type, default: value, written, span };
}

/** What keeps a parameter from being compiled yet. */
export function unsupportedParameter({
  name,
  binding,
  dtype,
}: Pick<TypedParameter, 'name' | 'binding' | 'dtype'>): string | undefined {
  if (!compiledBindings[binding]) return `the ${binding} parameter ${name}`;
  return dtypes[dtype] === 'complex' ? complexNumbers : undefined;
}

function bindingOf(node: Parameter, scope: Scope): Binding {
  const [first, second] = node.bindings;
  if (first !== undefined && second !== undefined) {
    const words = node.bindings.map(each => each.word).join(', ');
    fail(scope, checking.bindings, second.span, { name: node.name.text, words });
  }
  return first?.word ?? 'learned';
}

function typeOf({ type }: Parameter, scope: Scope): { dtype: ParameterDtype; extents: readonly SizeNode[] } {
  const word = type.name?.text ?? 'f32';
  if (type.dims === undefined) return { dtype: 'f32', extents: [patternExtent(word, type.span, scope)] };
  const extents = type.dims.map(dim => checkSize(dim, scope));
  if (isDtype(word)) return { dtype: word, extents };
  const near = nearest(word, Object.keys(dtypes));
  const hint =
    near === undefined ? `the dtypes are ${Object.keys(dtypes).join(', ')}` : `did you mean '${near}'?`;
  fail(scope, checking.unknownName, type.name?.span ?? type.span, { name: word }, { hint });
  return { dtype: 'f32', extents };
}

/** A parameter typed by a pattern holds one number for each entry. */
function patternExtent(word: string, span: SizeNode['span'], scope: Scope): SizeNode {
  const entity = scope.module.entities.get(word);
  const unknownCount: SizeNode = { ...literalSize(0, span), size: unknown(`the entries of ${word}`) };
  if (entity?.kind === 'broken') return unknownCount;
  if (entity?.kind !== 'pattern') {
    const hint = isDtype(word) ? `${word} needs a shape: ${word}[] for one number` : undefined;
    const usual = 'a type is [sizes], dtype[sizes] or the name of a pattern';
    fail(scope, checking.unknownName, span, { name: word }, { hint: hint ?? usual });
    return unknownCount;
  }
  const { entries } = scope.context.checker.patternOf(entity.declaration, entity.module);
  if (entries !== undefined) return literalSize(entries.length, span);
  notYet(scope, `the pattern ${word}, whose file was not found,`, span);
  return unknownCount;
}

function checkDefault(
  node: Parameter,
  value: Expression,
  dtype: ParameterDtype,
  type: TensorType,
  scope: Scope,
): TypedDefault | undefined {
  const name = node.name.text;
  const bad = (why: string): undefined => fail(scope, checking.badDefault, value.span, { name, why });
  if (value.kind === 'call' && value.callee.kind === 'name') {
    const word = own(generators, value.callee.text);
    if (word !== undefined) return generatorOf(word, value, dtype, type, scope, bad);
  }
  const checked = check(value, scope);
  const tensor = asNumbers(value, checked, scope, 'a number, a tensor or a generator');
  if (tensor === undefined) return undefined;
  if (type.numbers === 'index') return bad('an index parameter takes permutation("name") or no default');
  if (tensor.type.numbers === 'complex' && type.numbers !== 'complex') return bad('it is complex');
  const { shape } = tensor.type;
  if (shape.length > 0 && !requireSameShape(scope, type.shape, shape, `the default of ${name}`, value.span))
    return undefined;
  return { kind: 'value', value: tensor };
}

function generatorOf(
  word: NonNullable<ReturnType<typeof own<(typeof generators)[string]>>>,
  node: Expression & { kind: 'call' },
  dtype: ParameterDtype,
  type: TensorType,
  scope: Scope,
  bad: (why: string) => undefined,
): TypedDefault | undefined {
  const [first, second, ...more] = node.arguments;
  const wanted = word === 'normal' ? 2 : 1;
  if (first?.kind !== 'string' || more.length > 0 || node.arguments.length !== wanted)
    return bad(`write ${word}("name"${word === 'normal' ? ', deviation' : ''})`);
  if ((word === 'permutation') !== (dtype === 'index'))
    return bad(
      `${word} gives ${word === 'permutation' ? 'indices' : 'real numbers'}, the parameter holds ${dtype}`,
    );
  if (dtype === 'c64') return bad('generators give real numbers');
  const axes = { orthogonal: 2, permutation: 1, normal: 0, uniform: 0, signs: 0 }[word];
  if (type.shape.length < axes)
    return bad(`${word} fills the last ${axes === 1 ? 'axis' : `${axes} axes`} of ${shapeText(type.shape)}`);
  if (word !== 'normal') return { kind: 'generator', word, name: first.value };
  invariant(second !== undefined, 'normal has two arguments');
  const deviation = asNumber(second, check(second, scope), scope, 'a number');
  return deviation && { kind: 'normal', name: first.value, deviation };
}
