/**
 * Values for the parameters of an operator: from files, from their declared defaults, or drawn from the seed; checked
 * where they arrive. Both backends and the verifier read the same values.
 */
import { resolve } from 'node:path';
import * as generators from '../../runtime/generators.ts';
import { elementsOf } from '../../runtime/parameters.ts';
import type { ParameterDescription } from '../../runtime/types.ts';
import { nearest } from '../check/nearest.ts';
import { data } from '../core/diagnostics/data.ts';
import { invariant } from '../core/invariant.ts';
import { parseNpy } from '../formats/npy.ts';
import { isWhole, type NumberArray } from '../formats/numberTypes.ts';
import type { ParameterDeclaration, Program } from '../ir/operator.ts';
import { type Environment, evaluateTensor } from '../ir/tensorEvaluate.ts';
import { describeDefault } from '../module/defaults.ts';
import { describeParameters } from '../module/describe.ts';
import type { PublishedNames } from '../module/torch/contents.ts';
import { readBytes } from './files.ts';
import type { Io } from './io.ts';
import { misuse, reject } from './rejection.ts';
import { parsedValue, requireTensor, type TensorFile, withTensorFile } from './tensorFile.ts';

export interface ParameterFlags {
  /** A .safetensors file. */
  readonly params?: string;
  /** `param=tensor.name[:T]`. */
  readonly map?: readonly string[];
  /** `name=X.npy` for parameters; what has no name is the operator's own input. */
  readonly input?: readonly string[];
}

/** Where the values of one parameter came from. */
export interface Origin {
  readonly name: string;
  readonly from: 'file' | 'default' | 'drawn';
  /** The file and, of several tensors in it, which. */
  readonly source?: string;
}

export interface Values {
  /** By the parameter's unique key. */
  readonly environment: Environment;
  readonly origins: readonly Origin[];
}

interface Given {
  readonly source: string;
  readonly array: NumberArray;
}

export async function parameterValues(
  io: Io,
  program: Program,
  flags: ParameterFlags,
  seed: number,
): Promise<Values> {
  const given = new Map([
    ...(await fromTensorFile(io, program, flags)),
    ...(await fromNpyFiles(io, program, flags.input ?? [])),
  ]);
  const environment = new Map<string, Float64Array>();
  const origins: Origin[] = [];
  const contents = describeParameters([program]);
  program.parameters.forEach((declaration, k) => {
    const description = contents[k]?.description;
    const { name, tensor } = declaration;
    invariant(description?.key === tensor.name, 'parameters are described in their order');
    const found = given.get(name);
    if (found !== undefined) {
      environment.set(tensor.name, checked(description, found.array));
      origins.push({ name, from: 'file', source: found.source });
    } else if (declaration.default !== undefined) {
      environment.set(tensor.name, defaultValues(declaration, seed));
      origins.push({ name, from: 'default' });
    } else {
      environment.set(tensor.name, Float64Array.from(generators.drawValues(description, seed)));
      origins.push({ name, from: 'drawn' });
    }
  });
  return { environment, origins };
}

/** A declared default: an expression, which reads no parameter, or a generator. */
function defaultValues(declaration: ParameterDeclaration, seed: number): Float64Array {
  const { tensor, default: given } = declaration;
  if (given?.kind !== 'value') return generated(declaration, seed);
  const { data: values } = evaluateTensor(given.value, new Map());
  const elements = elementsOf(tensor.shape);
  // A single number fills the whole parameter.
  return values.length === elements ? values : new Float64Array(elements).fill(values[0] ?? 0);
}

function generated(declaration: ParameterDeclaration, seed: number): Float64Array {
  const contents = describeDefault(declaration);
  invariant(contents?.kind === 'generated', 'a generator');
  const target = new Float64Array(elementsOf(declaration.tensor.shape));
  const [first = 1, second = 1] = contents.arguments;
  const { name } = contents;
  switch (contents.generator) {
    case 'normal':
      generators.normal(target, name, seed, first);
      break;
    case 'uniform':
      generators.uniform(target, name, seed);
      break;
    case 'signs':
      generators.signs(target, name, seed);
      break;
    case 'permutation':
      generators.permutation(target, name, seed, first);
      break;
    case 'orthogonal':
      generators.orthogonal(target, name, seed, first, second);
      break;
  }
  return target;
}

/** The parameter that a flag names. */
function parameterNamed(program: Program, name: string): ParameterDeclaration {
  const found = program.parameters.find(each => each.name === name);
  if (found !== undefined) return found;
  const names = program.parameters.map(each => each.name);
  const near = nearest(name, names);
  return misuse(
    data.unknownParameter,
    { operator: program.name, name, known: names.join(', ') || 'none' },
    near && `did you mean '${near}'?`,
  );
}

interface Mapping {
  readonly tensor: string;
  readonly transposed: boolean;
}

/** What --map says, by the names of parameters; `accept` is told each. */
export function mappingsOf(
  texts: readonly string[],
  accept: (name: string) => void,
): ReadonlyMap<string, Mapping> {
  const made = new Map<string, Mapping>();
  for (const text of texts) {
    const [, name = '', tensor = ''] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    if (name === '')
      misuse(data.badOption, { option: '--map', value: text, expected: 'parameter=tensor.name[:T]' });
    accept(name);
    if (made.has(name)) misuse(data.wrongUse, { what: `--map gives ${name} twice` });
    const transposed = tensor.endsWith(':T');
    made.set(name, { tensor: transposed ? tensor.slice(0, -2) : tensor, transposed });
  }
  return made;
}

/** The tensors of published checkpoints for parameters of any of the operators, by plain or qualified name. */
export const publishedNames = (programs: readonly Program[], texts: readonly string[]): PublishedNames =>
  new Map(
    [
      ...mappingsOf(texts, name => {
        const isKnown = programs.some(({ parameters }) => parameters.some(each => each.tensor.name === name));
        const [first] = programs;
        if (isKnown || first === undefined) return;
        const owner = programs.find(({ parameters }) => parameters.some(each => each.name === name));
        parameterNamed(owner ?? first, name);
      }),
    ].map(([name, { tensor, transposed: isTransposed }]) => [name, { tensor, isTransposed }]),
  );

async function fromTensorFile(
  io: Io,
  program: Program,
  { params, map = [] }: ParameterFlags,
): Promise<Map<string, Given>> {
  const mappings = mappingsOf(map, name => void parameterNamed(program, name));
  if (params === undefined) {
    if (map.length > 0) misuse(data.wrongUse, { what: '--map needs --params, the file it speaks of' });
    return new Map();
  }
  return withTensorFile(resolve(io.cwd, params), params, async file => {
    const made = new Map<string, Given>();
    for (const { name, tensor } of program.parameters) {
      const mapping = mappings.get(name) ?? ownTensor(file, name, tensor.name);
      if (mapping === undefined) continue;
      requireTensor(file, mapping.tensor, name);
      const array = await file.read(mapping.tensor);
      const source = `${params}: ${mapping.tensor}${mapping.transposed ? ', transposed' : ''}`;
      made.set(name, { source, array: mapping.transposed ? transposed(array) : array });
    }
    return made;
  });
}

/** Without --map a parameter takes the tensor of its own name, qualified or plain. */
function ownTensor({ contents }: TensorFile, name: string, key: string): Mapping | undefined {
  const tensor = [key, name].find(each => contents.tensors.has(each) || contents.unreadable.has(each));
  return tensor === undefined ? undefined : { tensor, transposed: false };
}

/** The last two axes exchanged. */
function transposed(array: NumberArray): NumberArray {
  const { shape, values } = array;
  const [rows, columns] = [shape.at(-2), shape.at(-1)];
  if (rows === undefined || columns === undefined) return array;
  const made = new Float64Array(values.length);
  for (let start = 0; start < values.length; start += rows * columns) {
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++)
        made[start + j * rows + i] = values[start + i * columns + j] ?? Number.NaN;
  }
  return { ...array, shape: [...shape.slice(0, -2), columns, rows], values: made };
}

const namedInput = /^([A-Za-z_][A-Za-z0-9_]*)=(.+)$/;

/** `x=X.npy` names the operator's own input, unless a parameter has that name. */
const isOwnInput = (program: Program, text: string): boolean => {
  const [, name] = namedInput.exec(text) ?? [];
  return name === undefined || (name === 'x' && program.parameters.every(each => each.name !== 'x'));
};

async function fromNpyFiles(
  io: Io,
  program: Program,
  inputs: readonly string[],
): Promise<Map<string, Given>> {
  const made = new Map<string, Given>();
  for (const text of inputs) {
    if (isOwnInput(program, text)) continue;
    const [, name = '', path = ''] = namedInput.exec(text) ?? [];
    parameterNamed(program, name);
    if (made.has(name)) misuse(data.wrongUse, { what: `--input gives ${name} twice` });
    made.set(name, { source: path, array: await readNpy(io, path) });
  }
  return made;
}

export const readNpy = async (io: Io, path: string): Promise<NumberArray> =>
  parsedValue(parseNpy(path, await readBytes(resolve(io.cwd, path), path)));

/** The file that holds the operator's own input, if one was given. */
export function ownInput(program: Program, inputs: readonly string[] = []): string | undefined {
  const [text, second] = inputs.filter(each => isOwnInput(program, each));
  if (second !== undefined) misuse(data.wrongUse, { what: '--input gives the input of the operator twice' });
  return text?.replace(/^x=/, '');
}

/** The values of a parameter, when shape, type and range fit. */
function checked(description: ParameterDescription, { type, shape, values }: NumberArray): Float64Array {
  const { name: parameter, shape: expected, written, dtype } = description;
  const same = shape.length === expected.length && shape.every((extent, k) => extent === expected[k]);
  // One number is one number, however many axes the file gives it.
  if (!same && !(values.length === 1 && elementsOf(expected) === 1)) {
    const swapped = [...expected.slice(0, -2), ...expected.slice(-2).toReversed()];
    reject(
      data.parameterShape,
      { parameter, written, expected: `[${expected.join(', ')}]`, found: `[${shape.join(', ')}]` },
      shape.join() === swapped.join() ? `--map ${parameter}=tensor:T reads it transposed` : undefined,
    );
  }
  if (dtype === 'index') checkIndices(description, type, values);
  return values;
}

function checkIndices(
  { name: parameter, range = 2 ** 31, permutation }: ParameterDescription,
  type: NumberArray['type'],
  values: Float64Array,
): void {
  if (!isWhole(type)) reject(data.parameterType, { parameter, found: type });
  const last = permutation ? range : values.length;
  const seen = new Map<number, number>();
  values.forEach((value, position) => {
    if (value < 0 || value >= range) reject(data.indexRange, { parameter, position, value, range });
    if (!permutation) return;
    if (position % last === 0) seen.clear();
    const first = seen.get(value);
    if (first !== undefined) reject(data.notPermutation, { parameter, value, first, second: position });
    seen.set(value, position);
  });
}
