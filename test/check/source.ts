/** Source text checked and elaborated in one step, for tests that look at what comes of it. */
import { parse } from '../../grammar/parser.ts';
import { checkModule } from '../../src/check/check.ts';
import { elaborate, type Instance } from '../../src/check/elaborate.ts';
import { resolveModule } from '../../src/check/module.ts';
import type { TypedProgram } from '../../src/check/typed.ts';
import type { Diagnostic } from '../../src/core/diagnostics/diagnostic.ts';
import { applySteps, denseMatrix } from '../../src/ir/dense.ts';
import type { Operator, Program } from '../../src/ir/operator.ts';

export interface Checked {
  readonly program: TypedProgram;
  readonly diagnostics: readonly Diagnostic[];
}

type Files = Readonly<Record<string, string>>;

/** `files` are what `use` and patterns find, by path. */
export function check(text: string, files: Files = {}, compiled?: readonly string[]): Checked {
  const parsed = parse({ name: 'main.sop', text });
  const diagnostics: Diagnostic[] = [...parsed.diagnostics];
  const module = resolveModule(parsed.file, { readFile: path => files[path], parse }, diagnostics);
  const checked = checkModule(module, compiled);
  return { program: checked.program, diagnostics: [...diagnostics, ...checked.diagnostics] };
}

/** Code and line of each diagnostic. */
export const codes = (diagnostics: readonly Diagnostic[]): string[] =>
  diagnostics.map(({ code, span }) => {
    const line = span?.file.text.slice(0, span.start).split('\n').length;
    return line === undefined ? code : `${code}:${line}`;
  });

export const errors = (diagnostics: readonly Diagnostic[]): readonly Diagnostic[] =>
  diagnostics.filter(each => each.severity === 'error');

/** The text a diagnostic points at. */
export const pointedAt = ({ span }: Diagnostic): string => span?.file.text.slice(span.start, span.end) ?? '';

export type Sizes = Instance['sizes'];

/** Everything said on the way to one operator, and the operator when nothing of it is an error. */
export function instantiate(text: string, operator: string, sizes: Sizes = [], files: Files = {}) {
  const { program, diagnostics } = check(text, files, [operator]);
  if (errors(diagnostics).length > 0) return { program: undefined, diagnostics };
  const elaborated = elaborate(program, { operator, sizes });
  return { program: elaborated.program, diagnostics: [...diagnostics, ...elaborated.diagnostics] };
}

/** The program of an operator that is right; errors fail the test with their messages. */
export function programOf(text: string, operator: string, sizes: Sizes = [], files: Files = {}): Program {
  const { program, diagnostics } = instantiate(text, operator, sizes, files);
  if (program === undefined)
    throw new Error(diagnostics.map(each => `${each.code} ${each.message}`).join('\n'));
  return program;
}

/** Values of parameters by the name the user wrote, nested arrays row by row. */
export type Values = Readonly<Record<string, Nested>>;
type Nested = number | readonly Nested[];

const flat = (value: Nested): number[] => (typeof value === 'number' ? [value] : value.flatMap(flat));

const environmentOf = (program: Program, values: Values) =>
  new Map(program.parameters.map(each => [each.tensor.name, flat(values[each.name] ?? [])]));

export function operatorOf(program: Program): Operator {
  const [only] = program.steps;
  if (only?.kind !== 'linear' || program.steps.length > 1) throw new Error(`${program.title} is not linear`);
  return only.operator;
}

/** The matrix of `op f...` as rows of numbers. */
export function matrixOf(text: string, operator: string, sizes: Sizes = [], values: Values = {}): number[][] {
  const program = programOf(text, operator, sizes);
  const { rows, columns, data } = denseMatrix(operatorOf(program), environmentOf(program, values));
  return Array.from({ length: rows }, (_, i) => [...data.slice(i * columns, (i + 1) * columns)].map(plain));
}

/** Rounded to 12 digits, -0 as 0: the arithmetic of the tests is exact or nearly so. */
const plain = (value: number): number => Number(value.toPrecision(12)) + 0;

export function applied(
  text: string,
  operator: string,
  x: readonly number[],
  sizes: Sizes = [],
  values: Values = {},
): number[] {
  const program = programOf(text, operator, sizes);
  return [...applySteps(program.steps, Float64Array.from(x), environmentOf(program, values))].map(plain);
}

/** '1 2; 3 4' as rows of numbers; ';' is two rows of nothing. */
export const rows = (text: string): number[][] =>
  text === ''
    ? []
    : text.split(';').map(row =>
        row
          .trim()
          .split(' ')
          .filter(word => word !== '')
          .map(Number),
      );
