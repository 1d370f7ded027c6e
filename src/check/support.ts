/**
 * What of the language is compiled and what is checked only, from the tables that the checker itself reads.
 */
import type { BigWord, Binding, Statement } from '../../grammar/ast.ts';
import { type LeafName, leafTable, type Slot } from './leafTable.ts';
import { compiledBindings, dtypes } from './parameters.ts';
import type { ParameterDtype } from './typed.ts';
import {
  complexFunctions,
  elementwiseFunctions,
  generators,
  pipeWords,
  pointwiseSteps,
  vectorFunctions,
} from './words.ts';

export interface SupportRow {
  readonly construct: string;
  readonly status: 'compiled' | 'checked';
  readonly note: string;
}

const row = (construct: string, compiled: boolean, note: string): SupportRow => ({
  construct,
  status: compiled ? 'compiled' : 'checked',
  note,
});

const slotNotes: Record<Slot, string> = {
  size: 'size',
  whole: 'whole number',
  number: 'number',
  vector: '[n]',
  matrix: '[m, n]',
  blocks: '[k, p, q]',
  indices: 'index[n]',
  operator: 'operator',
  pattern: 'pattern',
};

const leafNote = (name: LeafName): string => {
  const { slots, unsupported } = leafTable[name];
  const takes = `takes ${slots.map(slot => slotNotes[slot]).join(', ')}`;
  if (unsupported !== undefined) return `${takes}; complex numbers`;
  return name === 'inv'
    ? `${takes}; of diagonal, permutation, triangular and orthogonal operators, their products and direct sums`
    : takes;
};

const isLeafName = (name: string): name is LeafName => Object.hasOwn(leafTable, name);

const leafRows = (combinators: boolean): SupportRow[] =>
  Object.keys(leafTable)
    .filter(isLeafName)
    .filter(name => (leafTable[name].combinator === true) === combinators)
    .map(name => row(name, leafTable[name].make !== undefined, leafNote(name)));

const bigWords: Record<BigWord, string> = {
  sum: 'of operators, listed or indexed',
  prod: 'of operators, listed or indexed; factor 0 is applied first',
  dsum: 'of operators, listed or indexed',
  hstack: 'of operators, listed or indexed',
  vstack: 'of operators, listed or indexed',
  tabulate: 'a vector, entry by entry',
};

const bindingNotes: Record<Binding, string> = {
  static: 'values at build',
  frozen: 'values at load',
  learned: 'values at load, updated',
  call: 'values set between calls, shared by the batch',
  item: 'values with each batch row',
  token: 'values with each step of a scan',
};

const dtypeNotes: Record<ParameterDtype, string> = {
  f32: 'real numbers',
  f16: 'stored in 16 bits',
  bf16: 'stored in 16 bits',
  f64: 'for reference',
  index: 'positions and permutations',
  c64: 'complex numbers',
};

const statements: Record<Statement['kind'], string> = {
  state: 'state S: [d, m]',
  let: 'let a = ...;',
  update: 'S <- affine expression',
  for: 'for j < h { ... }',
  yield: 'yield y',
};

const list = (table: Readonly<Record<string, unknown>>): string => Object.keys(table).join(', ');

/** One row for each construct, leaves first. */
export function supportTable(): readonly SupportRow[] {
  const bindings = Object.entries(bindingNotes).map(([word, note]) =>
    row(`${word} parameters`, compiledBindings[word as Binding], note),
  );
  const types = Object.entries(dtypeNotes).map(([word, note]) =>
    row(`dtype ${word}`, dtypes[word as ParameterDtype] !== 'complex', note),
  );
  return [
    ...leafRows(false),
    row('permute', true, 'einops axes'),
    ...leafRows(true),
    row("A * B, A + B, A - B, c * A, A / c, A', A^k, [A, B; C, D]", true, 'operators'),
    ...Object.entries(bigWords).map(([word, note]) => row(word, true, note)),
    row('let, if, where, calls, recursion', true, 'recursion up to 64 deep'),
    row('assume', true, 'orthogonal, symmetric, psd, invertible'),
    row(`|> ${list(pointwiseSteps)}`, true, 'pointwise steps of a map'),
    row(`|> ${pipeWords.join(', ')}`, true, 'steps of a map with arguments'),
    row(`+ - * / ^ ${list(elementwiseFunctions)}`, true, 'elementwise functions of tensors'),
    row(`normalize, ${list(vectorFunctions)}`, true, 'functions of vectors'),
    row(`${list(complexFunctions)}, the constant im`, false, 'complex numbers'),
    row('B[j], B[0..m, j, ..]', true, 'positions and ranges by sizes'),
    row('K[w]', true, 'lookup by an index parameter that is static, frozen, learned or call'),
    ...bindings,
    ...types,
    row('param', true, 'parameters of a file, shared by its operators'),
    row(`= ${list(generators)}`, true, 'defaults by generator, numbers or tensor expressions'),
    row('pattern', true, 'listed, or from a Matrix Market file'),
    row('use', true, 'operators, patterns and parameters of other files'),
    row('scan', false, Object.values(statements).join(' · ')),
  ];
}
