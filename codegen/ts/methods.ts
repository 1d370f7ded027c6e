/** What the interfaces of a generated module's operators have: facts, calls, and the end of their life. */
import type { MethodSignatureStructure, OptionalKind, PropertySignatureStructure } from 'ts-morph';
import type { OperatorDescription, ParameterDescription } from '../../runtime/types.ts';
import type { HalfFormat } from '../../src/core/precision.ts';

/** A parameter and whether users may leave it out. */
export interface DeclaredParameter {
  readonly description: Omit<ParameterDescription, 'default'>;
  readonly default: unknown;
}

export interface DeclaredOperator {
  readonly description: OperatorDescription;
  /** The `///` lines of the source. */
  readonly documentation: string;
}

export interface DeclarationContents {
  readonly name: string;
  readonly source: string;
  readonly scalar: 'f32' | 'f64';
  /** What memory holds, where that is narrower. */
  readonly storage?: HalfFormat | undefined;
  readonly parameters: readonly DeclaredParameter[];
  readonly operators: readonly DeclaredOperator[];
  /** What the module runs on. */
  readonly wasm: object | undefined;
  readonly gpu: { readonly variants: readonly { readonly profile: string }[] } | undefined;
  readonly runtime?: string | undefined;
  readonly gpuRuntime?: string | undefined;
}

export type Method = OptionalKind<MethodSignatureStructure>;
export type Property = OptionalKind<PropertySignatureStructure>;

export const parametersOf = (
  parameters: readonly DeclaredParameter[],
  operator: OperatorDescription,
): DeclaredParameter[] =>
  parameters.filter(({ description }) => operator.parameters.includes(description.key));

/** Given when an operator is created, and not with each call. */
export const isStored = ({ description }: DeclaredParameter): boolean => description.binding !== 'call';

export function facts({ description: { name, apply } }: DeclaredOperator): Property[] {
  return [
    { name: 'name', isReadonly: true, type: `'${name}'` },
    { name: 'inputLength', isReadonly: true, type: `${apply.inputLength}` },
    { name: 'outputLength', isReadonly: true, type: `${apply.outputLength}` },
  ];
}

export const gpuFacts = ({ gpu }: DeclarationContents): Property[] => [
  { name: 'device', isReadonly: true, type: 'GPUDevice' },
  {
    name: 'profile',
    isReadonly: true,
    type: (gpu?.variants ?? []).map(({ profile }) => `'${profile}'`).join(' | '),
    docs: ['What the kernels that run are made for: the best that the device meets.'],
  },
  {
    name: 'lost',
    isReadonly: true,
    type: 'Promise<SopError>',
    docs: ['Resolves when the device is lost, after which every call is refused; create anew then.'],
  },
];

/** The type of a call's options with the values that arrive with it, and whether they must be given. */
function callType(
  { parameters }: DeclarationContents,
  { description }: DeclaredOperator,
  base: string,
): { readonly type: string; readonly isNeeded: boolean } {
  const calls = parametersOf(parameters, description).filter(each => !isStored(each));
  const isNeeded = calls.some(each => each.default === undefined);
  const given = calls.map(
    each => `${each.description.name}${each.default === undefined ? '' : '?'}: ParameterValue`,
  );
  const values = `{ call${isNeeded ? '' : '?'}: { ${given.join('; ')} } }`;
  return { type: calls.length === 0 ? base : `Omit<${base}, 'call'> & ${values}`, isNeeded };
}

export function methods(
  contents: DeclarationContents,
  operator: DeclaredOperator,
  isOnGpu: boolean,
): Method[] {
  const { scalar, storage, parameters } = contents;
  const { description } = operator;
  // Those of sixteen bits come as arrays of f32, or of f16 where the engine has them.
  const array = storage === undefined ? (scalar === 'f64' ? 'Float64Array' : 'Float32Array') : 'Numbers';
  const held = storage === undefined ? scalar : `${storage}, computed in ${scalar},`;
  const { type, isNeeded } = callType(contents, operator, `CallOptions<${array}>`);
  const method = (name: string, what: string, columns: number, rows: number): Method => ({
    name,
    ...(storage === undefined ? {} : { typeParameters: ['Numbers extends GpuVector'] }),
    parameters: [
      { name: 'x', type: array },
      { name: 'options', type, hasQuestionToken: !isNeeded },
    ],
    returnType: isOnGpu ? `Promise<${array}>` : array,
    docs: [`${what}: x [..., ${columns}] ${held} to [..., ${rows}]; strides count numbers.`],
  });
  const { apply, adjoint } = description;
  const own = parametersOf(parameters, description).filter(isStored);
  return [
    method(
      'apply',
      adjoint === undefined ? 'The map' : 'The operator',
      apply.inputLength,
      apply.outputLength,
    ),
    ...(adjoint === undefined
      ? []
      : [method('adjoint', 'Its adjoint', adjoint.inputLength, adjoint.outputLength)]),
    ...lifetime(own.map(each => each.description.name)),
  ];
}

export function encoders(contents: DeclarationContents, operator: DeclaredOperator): Method[] {
  const { type } = callType(contents, operator, 'GpuCall');
  const held = contents.storage ?? 'f32';
  const { apply, adjoint } = operator.description;
  const method = (name: string, columns: number, rows: number): Method => ({
    name,
    parameters: [
      { name: 'pass', type: 'GPUComputePassEncoder' },
      { name: 'call', type },
    ],
    returnType: 'void',
    docs: [
      `Records it into your pass: x [batch, ${columns}] ${held} to y [batch, ${rows}], in two buffers of yours.`,
    ],
  });
  return [
    method('encode', apply.inputLength, apply.outputLength),
    ...(adjoint === undefined ? [] : [method('encodeAdjoint', adjoint.inputLength, adjoint.outputLength)]),
  ];
}

export function lifetime(names: readonly string[]): Method[] {
  const type = names.length === 0 ? 'never' : names.map(name => `'${name}'`).join(' | ');
  return [
    {
      name: 'update',
      parameters: [
        { name: 'name', type },
        { name: 'value', type: 'ParameterValue' },
      ],
      returnType: 'void',
      docs: ['New values for one parameter; only what reads it is packed again.'],
    },
    { name: 'dispose', returnType: 'void', docs: ['Lets go of the memory; later calls are errors.'] },
    { name: '[Symbol.dispose]', returnType: 'void' },
  ];
}
