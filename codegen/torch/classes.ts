/** The nn.Module of an operator: its parameters, what they start with, and its projection of dense matrices. */
import { invariant, unreachable } from '../../src/core/invariant.ts';
import { filledLines, float, indented, listed, textOf } from '../python.ts';
import type { ProjectedFactor, Projection, TorchOperator, TorchParameter } from './contents.ts';
import { annotated, definition, docstring, type Names, tupleText } from './functions.ts';
import { pythonReserved } from './words.ts';

const isKept = ({ binding }: TorchParameter): boolean => binding !== 'call';

/** Words of Python are no names of attributes. */
const attributeOf = (owner: string, { attribute, written, identifier }: TorchParameter): string =>
  attribute === written && identifier !== written && isWord(written)
    ? `getattr(${owner}, "${attribute}")`
    : `${owner}.${attribute}`;

const words = new Set(pythonReserved.slice(0, pythonReserved.indexOf('yield') + 1));
const isWord = (name: string): boolean => words.has(name);

export function classLines(operator: TorchOperator, names: Names): string[] {
  const { parameters, projection } = operator;
  const calls = parameters.filter(each => !isKept(each));
  const values = parameters.map(each => (isKept(each) ? attributeOf('self', each) : each.identifier));
  const keeps = calls.length === 0 ? ['keep_packed=self._keeps()'] : [];
  const forward = ['self', 'x: Tensor', ...(calls.length === 0 ? [] : ['*', ...calls.map(annotated)])];
  return [
    `class ${names.module}(_Module):`,
    ...docstring(documentation(operator)),
    '',
    `    _operator = ${names.hidden}`,
    ...tables(operator),
    '',
    '    def __init__(self, *, seed: int = 0, device=None, dtype=None) -> None:',
    '        super().__init__(seed)',
    ...parameters.filter(isKept).map(declaration),
    '        self.reset_parameters()',
    '',
    '    def reset_parameters(self) -> None:',
    ...initialLines(operator, names),
    '',
    ...listed('def forward(', forward, ') -> Tensor:', '    '),
    ...listed(`return ${names.function}(`, ['x', ...values, ...keeps], ')', '        '),
    ...(projection === undefined ? [] : ['', ...projectionLines(operator, projection)]),
  ];
}

function documentation({ title, documentation, columns, rows, parameters }: TorchOperator): string[] {
  const own = documentation.split('\n').filter(line => line !== '');
  return [
    `${title}: [..., ${columns}] -> [..., ${rows}].`,
    ...(own.length === 0 ? [] : ['', ...own.flatMap(line => filledLines(line, 92))]),
    ...(parameters.length === 0 ? [] : ['', 'Parameters:']),
    ...parameters.map(each => {
      const kind = each.binding === 'call' ? 'given to each call' : each.binding;
      const indices = each.dtype === 'index' ? ', indices' : '';
      const shape = `[${each.shape.join(', ')}]`;
      const symbols = each.shape.length === 0 ? '' : ` = ${each.shapeWritten}`;
      return `    ${each.written}: ${shape}${symbols}, ${kind}${indices}`;
    }),
  ];
}

function tables({ parameters }: TorchOperator): string[] {
  const entries = (of: (each: TorchParameter) => string | undefined): string[] =>
    parameters.filter(isKept).flatMap(each => {
      const text = of(each);
      return text === undefined ? [] : [`"${each.attribute}": ${text}`];
    });
  const truth = (value: boolean): string => (value ? 'True' : 'False');
  const indices = entries(({ range, isPermutation }) =>
    range === undefined ? undefined : `(${range}, ${truth(isPermutation)})`,
  );
  const published = entries(each =>
    each.published === undefined
      ? undefined
      : `(${JSON.stringify(each.published.tensor)}, ${truth(each.published.isTransposed)})`,
  );
  return [
    ...(indices.length === 0 ? [] : listed('_indices = {', indices, '}', '    ')),
    ...(published.length === 0 ? [] : listed('_published = {', published, '}', '    ')),
  ];
}

/** Numbers of the format that the module is made in, unless the file says another one. */
const torchTypes = {
  f32: 'dtype',
  f16: 'dtype or torch.float16',
  bf16: 'dtype or torch.bfloat16',
  f64: 'dtype or torch.float64',
  index: 'torch.int64',
} as const;

function declaration({ attribute, shape, dtype, binding }: TorchParameter): string {
  const learned = binding === 'learned' && dtype !== 'index' ? '' : ', learned=False';
  return `        self._declare("${attribute}", ${tupleText(shape)}, device, ${torchTypes[dtype]}${learned})`;
}

const defaultName = (names: Names, { identifier }: TorchParameter): string =>
  `${names.hidden}_default_${identifier}`;

function initialLines({ parameters }: TorchOperator, names: Names): string[] {
  const lines = parameters.filter(isKept).flatMap(each => initialLine(each, names));
  return lines.length === 0 ? ['        pass'] : indented(lines, '        ');
}

function initialLine(parameter: TorchParameter, names: Names): string[] {
  const target = attributeOf('self', parameter);
  const { initial, shape } = parameter;
  const set = (value: string): string[] => [`_set(${target}, ${value})`];
  switch (initial.kind) {
    case 'generated': {
      const deviation = initial.generator === 'normal' ? [textOf(float(initial.deviation))] : [];
      const given = [`"${initial.generator}"`, JSON.stringify(initial.name), 'self.seed', tupleText(shape)];
      return set(`_drawn(${[...given, ...deviation].join(', ')})`);
    }
    case 'constant':
      return [`nn.init.constant_(${target}, ${textOf(float(initial.value))})`];
    case 'computed':
      return set(`${defaultName(names, parameter)}(torch.empty(0, dtype=torch.float64))`);
    case 'within':
      return [`nn.init.uniform_(${target}, ${-initial.bound}, ${initial.bound})`];
    case 'spread':
      return [`nn.init.normal_(${target}, std=${initial.deviation})`];
    case 'identity':
      return set(`torch.eye(${shape.at(-2) ?? 1}, ${shape.at(-1) ?? 1})`);
    case 'counted':
      return set(shape.length === 0 ? 'torch.tensor(0)' : `torch.arange(${shape.at(-1)})`);
    default:
      return unreachable(initial);
  }
}

/** Functions for defaults that the file computes. */
export const defaultLines = ({ parameters }: TorchOperator, names: Names): string[] =>
  parameters.flatMap(each =>
    isKept(each) && each.initial.kind === 'computed'
      ? definition(defaultName(names, each), [], each.initial.body)
      : [],
  );

// -------------------------------------------------------------------------------------------------------- projections

function projectionLines(
  { title, columns, rows, parameters }: TorchOperator,
  projection: Projection,
): string[] {
  const { first, second, ...tables } = projection;
  const view = ({ attribute, isTransposed }: ProjectedFactor): string => {
    const parameter = parameters.find(each => each.attribute === attribute);
    invariant(parameter !== undefined, 'a factor of the operator');
    const value = attributeOf('made', parameter);
    if (parameter.shape.length === 1) return `${value}[:, None, None]`;
    return `${value}${isTransposed ? '.mT' : ''}${parameter.shape.length === 2 ? '[None]' : ''}`;
  };
  const given = [
    'weight',
    view(first),
    ...(second === undefined ? [] : [view(second)]),
    ...Object.entries(tables).flatMap(([name, table]) => (table === undefined ? [] : [`${name}=${table}`])),
  ];
  return [
    '    @classmethod',
    '    def from_dense(cls, weight: Tensor, **options):',
    ...docstring(
      [
        `The ${title} nearest to a matrix [${rows}, ${columns}], in the Frobenius norm.`,
        '',
        'The matrix is that of torch.nn.Linear: y = x @ weight.mT. Options are those of the class.',
      ],
      '        ',
    ),
    `        if tuple(weight.shape) != (${rows}, ${columns}):`,
    `            raise ValueError(f"the matrix is [${rows}, ${columns}], not {list(weight.shape)}")`,
    '        made = cls(**{"device": weight.device, "dtype": weight.dtype, **options})',
    ...listed('_project(', given, ')', '        '),
    '        return made',
  ];
}
