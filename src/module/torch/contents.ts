/** What a PyTorch module holds of elaborated operators: their parameters, their meaning in PyTorch's own operations. */
import { namer } from '../../../codegen/names.ts';
import type { TorchContents, TorchOperator, TorchParameter } from '../../../codegen/torch/contents.ts';
import { moduleAttributes, pythonReserved } from '../../../codegen/torch/words.ts';
import { invariant } from '../../core/invariant.ts';
import type { ParameterDeclaration, Program } from '../../ir/operator.ts';
import { isLinear } from '../../pipeline.ts';
import { indexUses } from '../indexUse.ts';
import { initialOf, partsOf } from './initial.ts';
import { projectionOf } from './projection.ts';
import { referenceBody } from './reference.ts';

/** The tensor of published checkpoints that fills a parameter, and whether its last two axes are exchanged there. */
export type PublishedNames = ReadonlyMap<string, { readonly tensor: string; readonly isTransposed: boolean }>;

export function describeTorch(
  file: Pick<TorchContents, 'name' | 'source' | 'formats'>,
  programs: readonly Program[],
  published: PublishedNames,
): TorchContents {
  return { ...file, operators: programs.map(program => describeProgram(program, published)) };
}

function describeProgram(program: Program, published: PublishedNames): TorchOperator {
  const identifierOf = namer(pythonReserved);
  const names = new Map(
    program.parameters.map(({ name, tensor }) => [tensor.name, identifierOf(name)] as const),
  );
  const [parts, uses] = [partsOf(program), indexUses([program])];
  const parameters = program.parameters.map((declaration): TorchParameter => {
    const { name, tensor, written } = declaration;
    const { dtype, shape, binding } = tensor;
    invariant(binding !== 'item' && binding !== 'token', 'checked before');
    const use = uses.get(tensor.name);
    return {
      written: name,
      identifier: names.get(tensor.name) ?? name,
      attribute: moduleAttributes.includes(name) ? `${name}_` : name,
      dtype,
      shape,
      shapeWritten: written,
      binding,
      initial: initialOf(declaration, parts.get(tensor.name)),
      range: use?.range,
      isPermutation: use?.permutation ?? false,
      published: published.get(tensor.name) ?? published.get(name),
    };
  });
  return {
    name: program.name,
    title: program.title,
    documentation: program.documentation,
    columns: program.columns,
    rows: program.rows,
    parameters,
    apply: referenceBody(program, names, 'apply'),
    adjoint: isLinear(program) ? referenceBody(program, names, 'adjoint') : undefined,
    projection: projectionOf(program, attributesOf(program.parameters, parameters)),
  };
}

/** Of the parameters that keep their values between calls. */
const attributesOf = (
  declarations: readonly ParameterDeclaration[],
  parameters: readonly TorchParameter[],
): ReadonlyMap<string, string> =>
  new Map(
    declarations.flatMap(({ tensor }, k) => {
      const parameter = parameters[k];
      return parameter === undefined || parameter.binding === 'call'
        ? []
        : [[tensor.name, parameter.attribute] as const];
    }),
  );
