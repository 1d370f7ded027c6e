/** Names called with sizes and arguments: leaves, functions of tensors, pointwise steps, operators of the file. */
import type { Expression, OperatorDeclaration } from '../../grammar/ast.ts';
import { checking } from '../core/diagnostics/check.ts';
import { invariant } from '../core/invariant.ts';
import { axesPermutation } from '../ir/indexMap.ts';
import { gather, type Pointwise } from '../ir/operator.ts';
import type { RealFunction, Tensor } from '../ir/tensor.ts';
import { dot, elementwise, normalize, outer } from '../ir/tensorAlgebra.ts';
import { declareParameter } from './elaborate.ts';
import { asTensor, evaluate, mapOf, operatorOf, tensorOf, wrongSort } from './evaluate.ts';
import { type Argument, type LeafRow, leafTable, type Slot, unsupportedWords } from './leafTable.ts';
import type { Module } from './module.ts';
import { fail, lazy, nearest, type Scope, textOf, withNames } from './scope.ts';
import { conditionOf, sizeOf, wholeOf } from './sizes.ts';
import { describe, failed, numberValue, operatorValue, tensorValue, type Value } from './value.ts';

const elementwiseFunctions: Readonly<Record<string, RealFunction>> = {
  exp: 'exp',
  log: 'log',
  sqrt: 'sqrt',
  sin: 'sin',
  cos: 'cos',
  tanh: 'tanh',
  sigmoid: 'sigmoid',
  softplus: 'softplus',
  relu: 'relu',
  silu: 'silu',
  abs: 'abs',
  min: 'minimum',
  max: 'maximum',
};

const pointwiseSteps: Readonly<Record<string, Pointwise>> = {
  relu: 'relu',
  gelu: 'gelu',
  gelu_tanh: 'geluTanh',
  silu: 'silu',
  tanh: 'tanh',
  sigmoid: 'sigmoid',
};

const tensorFunctions = ['normalize', 'dot', 'inner', 'outer'];
const words = [
  ...Object.keys(leafTable),
  ...Object.keys(elementwiseFunctions),
  ...tensorFunctions,
  'permute',
  'bias',
  'gate',
  'ceil',
];

const own = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

/** `sizes` or `list` absent: the brackets or parentheses were not written. */
export function callNamed(
  node: Expression,
  name: string,
  sizes: readonly Expression[] | undefined,
  list: readonly Expression[] | undefined,
  scope: Scope,
): Value {
  const operator = scope.module.operators.get(name);
  if (operator !== undefined) return callOperator(node, operator, sizes ?? [], list ?? [], scope);
  const unsupported = own(unsupportedWords, name);
  if (unsupported !== undefined) return fail(scope, checking.notSupported, node.span, { what: unsupported });
  if (scope.module.scans.has(name))
    return fail(scope, checking.notSupported, node.span, { what: `the scan ${name}` });
  const pattern = scope.module.patterns.get(name);
  if (pattern !== undefined) return patternValue(node, name, scope);
  const step = own(pointwiseSteps, name);
  if (step !== undefined && list === undefined)
    return { sort: 'step', step: { kind: 'pointwise', function: step } };
  const row = own(leafTable, name);
  if (row !== undefined && list !== undefined) return callLeaf(node, name, row, list, scope);
  if (name === 'permute' && list !== undefined) return permute(node, list, scope);
  if ((name === 'bias' || name === 'gate') && list !== undefined) return pipeStep(node, name, list, scope);
  if (list !== undefined) {
    const made = tensorFunction(node, name, list, scope);
    if (made !== undefined) return made;
  }
  const near = nearest(name, [...scope.names.keys(), ...scope.module.operators.keys(), ...words]);
  const hint = words.includes(name)
    ? `${name} is called with arguments: ${name}(...)`
    : near && `did you mean '${near}'?`;
  return fail(scope, checking.unknownName, node.span, { name }, { hint });
}

function patternValue(node: Expression, name: string, scope: Scope): Value {
  const declaration = scope.module.patterns.get(name);
  invariant(declaration !== undefined, 'the pattern was found');
  if (declaration.edges === undefined)
    return fail(scope, checking.notSupported, node.span, { what: `the pattern ${name} from a file` });
  const top: Scope = { ...scope, names: new Map() };
  const [rows, columns] = declaration.sizes.map(size => sizeOf(size, top));
  if (rows === undefined || columns === undefined) return failed;
  const edges: { row: number; column: number }[] = [];
  for (const edge of declaration.edges) {
    const [row, column] = [sizeOf(edge.from, top), sizeOf(edge.to, top)];
    if (row === undefined || column === undefined) return failed;
    if (row >= rows)
      return fail(scope, checking.outOfRange, edge.span, { text: textOf(edge), index: row, extent: rows });
    if (column >= columns)
      return fail(scope, checking.outOfRange, edge.span, {
        text: textOf(edge),
        index: column,
        extent: columns,
      });
    edges.push({ row, column });
  }
  return { sort: 'pattern', pattern: { rows, columns, edges } };
}

const slotNames: Record<Slot, string> = {
  size: 'a size',
  number: 'a number',
  vector: 'a tensor of 1 axis',
  matrix: 'a tensor of 2 axes',
  blocks: 'a tensor of 3 axes [blocks, rows, columns]',
  indices: 'an index tensor of 1 axis',
  operator: 'an operator',
  pattern: 'a pattern',
};

const axesOf: Partial<Record<Slot, number>> = { number: 0, vector: 1, matrix: 2, blocks: 3, indices: 1 };

function callLeaf(
  node: Expression,
  name: string,
  row: LeafRow,
  list: readonly Expression[],
  scope: Scope,
): Value {
  if (list.length !== row.slots.length) {
    const expected = `${row.slots.length} argument${row.slots.length === 1 ? '' : 's'} (${row.slots.map(slot => slotNames[slot]).join(', ')})`;
    return fail(scope, checking.wrongCount, node.span, { what: name, expected, found: list.length });
  }
  const values: Argument['value'][] = [];
  for (const [k, slot] of row.slots.entries()) {
    const node = list[k];
    const value = node && argument(name, node, slot, scope);
    if (value === undefined) return failed;
    values.push(value);
  }
  const made = row.make(...(values as never[]));
  if ('expected' in made)
    return fail(scope, checking.leafShape, node.span, {
      leaf: name,
      expected: made.expected,
      found: textOf(node),
    });
  return operatorValue(made);
}

function argument(leaf: string, node: Expression, slot: Slot, scope: Scope): Argument['value'] | undefined {
  if (slot === 'size') return sizeOf(node, scope);
  if (slot === 'number' && leaf === 'rotate') return wholeOf(node, scope);
  if (slot === 'operator') return operatorOf(node, scope);
  const value = evaluate(node, scope);
  if (slot === 'pattern') {
    if (value.sort === 'pattern') return value.pattern;
    wrongSort(node, value, 'a pattern', scope);
    return undefined;
  }
  const tensor = asTensor(value);
  const axes = axesOf[slot];
  if (
    tensor === undefined ||
    tensor.shape.length !== axes ||
    (slot === 'indices') !== (tensor.dtype === 'index')
  ) {
    if (value.sort !== 'error') {
      const found = `${textOf(node)}, ${describe(value)}`;
      fail(
        scope,
        checking.leafShape,
        node.span,
        { leaf, expected: slotNames[slot], found },
        { hint: leafHint(leaf, tensor) },
      );
    }
    return undefined;
  }
  return tensor;
}

function leafHint(leaf: string, tensor: Tensor | undefined): string | undefined {
  const axes = tensor?.shape.length;
  const better = axes === 1 ? 'diag' : axes === 2 ? 'dense' : axes === 3 ? 'blockdiag' : undefined;
  const fits = ['diag', 'dense', 'blockdiag'].includes(leaf);
  return fits && better !== undefined && better !== leaf ? `did you mean ${better}(...)?` : undefined;
}

/** permute("a b c -> c a b", A, B, C): einops' axes, sizes in the order of the left side. */
function permute(node: Expression, list: readonly Expression[], scope: Scope): Value {
  const [text, ...sizes] = list;
  const spelled = text === undefined ? failed : evaluate(text, scope);
  if (text === undefined || spelled.sort !== 'string')
    return fail(scope, checking.badPermute, node.span, { why: 'the first argument is a string of axes' });
  const sides = spelled.value.split('->').map(side =>
    side
      .trim()
      .split(/\s+/)
      .filter(word => word !== ''),
  );
  const [left, right] = sides;
  const bad = (why: string) => fail(scope, checking.badPermute, text.span, { why });
  if (left === undefined || right === undefined || sides.length !== 2) return bad('write "left -> right"');
  if (new Set(left).size !== left.length) return bad('an axis is named twice');
  if (
    left.length !== right.length ||
    new Set(right).size !== right.length ||
    right.some(axis => !left.includes(axis))
  )
    return bad('the two sides name different axes');
  if (sizes.length !== left.length) return bad(`${left.length} axes and ${sizes.length} sizes`);
  const extents = sizes.map(size => sizeOf(size, scope)).filter(size => size !== undefined);
  if (extents.length < sizes.length) return failed;
  return operatorValue(
    gather(
      axesPermutation(
        extents,
        right.map(axis => left.indexOf(axis)),
      ),
    ),
  );
}

function pipeStep(node: Expression, name: 'bias' | 'gate', list: readonly Expression[], scope: Scope): Value {
  const [only] = list;
  if (only === undefined || list.length !== 1)
    return fail(scope, checking.wrongCount, node.span, {
      what: name,
      expected: '1 argument',
      found: list.length,
    });
  const sizeNamed = (word: string): number | undefined => {
    const value = scope.names.get(word)?.();
    return value?.sort === 'number' ? value.value : undefined;
  };
  const [width, input] = [sizeNamed('|>width'), sizeNamed('|>input')];
  if (width === undefined || input === undefined)
    return fail(scope, checking.wrongSort, node.span, { found: textOf(node), expected: `${name} after |>` });
  if (name === 'bias') {
    const bias = tensorOf(only, scope);
    if (bias === undefined) return failed;
    if (bias.shape.length === 1 && bias.shape[0] === width)
      return { sort: 'step', step: { kind: 'bias', bias } };
    return fail(scope, checking.leafShape, only.span, {
      leaf: 'bias',
      expected: `a tensor [${width}]`,
      found: `${textOf(only)}, [${bias.shape.join(', ')}]`,
    });
  }
  const value = evaluate(only, scope);
  const map = mapOf(value);
  if (map === undefined) return wrongSort(only, value, 'an operator or a map', scope);
  if (map.rows === width && map.columns === input)
    return { sort: 'step', step: { kind: 'gate', steps: map.steps } };
  return fail(scope, checking.leafShape, only.span, {
    leaf: 'gate',
    expected: `${input} -> ${width}`,
    found: `${map.columns} -> ${map.rows}`,
  });
}

/** Functions of tensors; nothing when the name is none of them. */
function tensorFunction(
  node: Expression,
  name: string,
  list: readonly Expression[],
  scope: Scope,
): Value | undefined {
  const real = own(elementwiseFunctions, name);
  if (real === undefined && !tensorFunctions.includes(name)) return undefined;
  const wanted =
    name === 'normalize' || (real !== undefined && real !== 'minimum' && real !== 'maximum') ? 1 : 2;
  if (list.length !== wanted)
    return fail(scope, checking.wrongCount, node.span, {
      what: name,
      expected: `${wanted} argument${wanted === 1 ? '' : 's'}`,
      found: list.length,
    });
  const tensors = list.map(each => tensorOf(each, scope)).filter(tensor => tensor !== undefined);
  const [a, b] = tensors;
  if (a === undefined || tensors.length < wanted) return failed;
  const shape = (tensor: Tensor) => `[${tensor.shape.join(', ')}]`;
  if (name === 'normalize')
    return a.shape.length > 0
      ? tensorValue(normalize(a))
      : fail(scope, checking.leafShape, node.span, { leaf: name, expected: 'a vector', found: 'a number' });
  if (b === undefined) return real === undefined ? failed : tensorValue(elementwise(real, a));
  const vectors = a.shape.length === 1 && b.shape.length === 1;
  const equal = shape(a) === shape(b);
  if (name === 'outer')
    return vectors
      ? tensorValue(outer(a, b))
      : fail(scope, checking.leafShape, node.span, {
          leaf: name,
          expected: 'two vectors',
          found: `${shape(a)}, ${shape(b)}`,
        });
  if (real !== undefined && (equal || a.shape.length === 0 || b.shape.length === 0))
    return tensorValue(elementwise(real, a, b));
  if (real === undefined && vectors && equal) return tensorValue(dot(a, b));
  return fail(scope, checking.shapesDisagree, node.span, {
    what: textOf(node),
    left: shape(a),
    right: shape(b),
  });
}

const recursionLimit = 64;

/** Another operator of the file, with sizes and arguments. */
function callOperator(
  node: Expression,
  { declaration, module }: { declaration: OperatorDeclaration; module: Module },
  sizes: readonly Expression[],
  list: readonly Expression[],
  scope: Scope,
): Value {
  const name = declaration.name.text;
  const { binders, parameters } = declaration;
  if (sizes.length !== binders.length) {
    const expected =
      binders.length === 0
        ? 'no sizes'
        : `${binders.length} sizes [${binders.map(each => each.text).join(', ')}]`;
    return fail(scope, checking.wrongCount, node.span, { what: name, expected, found: sizes.length });
  }
  if (list.length !== parameters.length) {
    const expected =
      parameters.length === 0
        ? 'no arguments'
        : `${parameters.length} arguments (${parameters.map(each => each.name.text).join(', ')})`;
    return fail(scope, checking.wrongCount, node.span, { what: name, expected, found: list.length });
  }
  if (scope.depth >= recursionLimit)
    return fail(scope, checking.recursion, node.span, { name, limit: recursionLimit });
  const values = sizes.map(size => sizeOf(size, scope)).filter(value => value !== undefined);
  const tensors = list.map(each => tensorOf(each, scope)).filter(tensor => tensor !== undefined);
  if (values.length < sizes.length || tensors.length < list.length) return failed;
  const key = `${module.file.source.name} ${name} ${values} ${tensors.map(tensor => tensor.id)}`;
  const known = scope.session.calls.get(key);
  if (known !== undefined) return known;
  const inner = instanceScope({ ...scope, module, depth: scope.depth + 1 }, declaration, values);
  const bound = parameters.map(
    (each, k) =>
      [each.name.text, () => (tensors[k] === undefined ? failed : tensorValue(tensors[k]))] as const,
  );
  for (const [k, each] of parameters.entries()) {
    const shape = (each.type.dims ?? []).map(dim => sizeOf(dim, inner));
    const given = tensors[k];
    if (each.type.dims === undefined || given === undefined || shape.includes(undefined)) continue;
    if (shape.length === given.shape.length && shape.every((extent, i) => extent === given.shape[i]))
      continue;
    const parameters = {
      leaf: `${name}'s ${each.name.text}`,
      expected: `[${shape.join(', ')}]`,
      found: `[${given.shape.join(', ')}]`,
    };
    const notes = [{ message: `declared ${textOf(each.type)}`, span: each.type.span }];
    return fail(scope, checking.leafShape, list[k]?.span ?? node.span, parameters, { notes });
  }
  const value = bodyOf(declaration, withNames(inner, bound));
  scope.session.calls.set(key, value);
  return value;
}

/** The scope of an operator at given sizes: its binders, and the shared parameters of its file. */
export function instanceScope(
  scope: Scope,
  declaration: OperatorDeclaration,
  sizes: readonly number[],
): Scope {
  const names = declaration.binders.map(
    (binder, k) => [binder.text, () => numberValue(sizes[k] ?? 0)] as const,
  );
  const base = withNames({ ...scope, names: new Map() }, names);
  return withNames(base, [...sharedParameters(base)]);
}

/** File-level parameters, declared when they are first read. */
const sharedParameters = (scope: Scope): [string, () => Value][] =>
  [...scope.module.shared].map(([name, shared]) => [
    name,
    lazy(() => {
      const declared = declareParameter(shared.parameter, scope, undefined);
      if (declared === undefined) return failed;
      scope.session.parameters.set(name, declared);
      return tensorValue(declared.tensor);
    }),
  ]);

/** The body of an operator, checked against its declared type and its where clause. */
export function bodyOf(declaration: OperatorDeclaration, scope: Scope): Value {
  for (const condition of declaration.where) {
    const [left, right] = [wholeOf(condition.left, scope), wholeOf(condition.right, scope)];
    if (left === undefined || right === undefined) return failed;
    if (conditionOf(condition, scope) === false)
      return fail(scope, checking.conditionFails, condition.span, { text: textOf(condition), left, right });
  }
  let inner = scope;
  for (const each of declaration.body.lets) {
    const outerScope = inner;
    inner = withNames(inner, [[each.name.text, lazy(() => evaluate(each.value, outerScope))]]);
  }
  for (const side of [declaration.domain, declaration.codomain]) {
    if (side.dtype?.text === 'c64')
      return fail(scope, checking.notSupported, side.span, { what: 'c64 (complex numbers)' });
  }
  const value = evaluate(declaration.body.result, inner);
  const found = mapOf(value);
  if (found === undefined) return wrongSort(declaration.body.result, value, 'an operator or a map', scope);
  const [columns, rows] = [declaration.domain, declaration.codomain].map(
    ({ dims: [dim] }) => dim && sizeOf(dim, scope),
  );
  if (rows === undefined || columns === undefined) return failed;
  if (found.rows === rows && found.columns === columns) return value;
  const declared = `${textOf(declaration.domain)} -> ${textOf(declaration.codomain)} (${columns} -> ${rows})`;
  return fail(scope, checking.declaredShape, declaration.body.result.span, {
    name: declaration.name.text,
    declared,
    found: `${found.columns} -> ${found.rows}`,
  });
}
