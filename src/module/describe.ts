/** What the runtime needs to know of lowered operators, as data (runtime/types.ts), and their pack steps as kernels. */

import type { ParameterContents } from '../../codegen/module.ts';
import type {
  BufferDescription,
  KernelDescription,
  OperatorDescription,
  ProgramDescription,
} from '../../runtime/types.ts';
import { invariant } from '../core/invariant.ts';
import type { ParameterDeclaration, Program } from '../ir/operator.ts';
import { type Buffer, bytesOf } from '../kernel/kernel.ts';
import type { PackedBuffer } from '../lower/context.ts';
import type { LoweredOperator } from '../pipeline.ts';
import { describeDefault } from './defaults.ts';
import { type IndexUse, indexUses } from './indexUse.ts';

/** Buffers shared by kernels keep their names; scratch belongs to one kernel and lies where another's may lie too. */
export function describeProgram(
  { program, kernels }: LoweredOperator,
  packed: readonly PackedBuffer[],
): ProgramDescription {
  const isPacked = (name: string) => packed.some(each => each.name === name);
  const isScratch = ({ extent }: Buffer) => extent.parameter === undefined;
  const buffers = new Map<string, BufferDescription>();
  const nameIn = (kernel: string, buffer: Buffer): string =>
    isPacked(buffer.name) || !isScratch(buffer) ? buffer.name : `${kernel}.${buffer.name}`;
  const described = kernels.map((kernel): KernelDescription => {
    for (const buffer of kernel.buffers) {
      if (isPacked(buffer.name)) continue;
      const name = nameIn(kernel.name, buffer);
      const role = isScratch(buffer)
        ? 'scratch'
        : name === 'x'
          ? 'input'
          : name === 'y'
            ? 'output'
            : 'workspace';
      const size = bytesOf(buffer.scalar);
      const { fixed, perUnit } = buffer.extent;
      buffers.set(name, { name, role, fixedBytes: fixed * size, bytesPerRow: perUnit * size });
    }
    return { export: kernel.name, buffers: kernel.buffers.map(buffer => nameIn(kernel.name, buffer)) };
  });
  return {
    inputLength: program.columns,
    outputLength: program.rows,
    kernels: described,
    buffers: [...buffers.values()],
  };
}

export function describeOperator(
  modes: readonly LoweredOperator[],
  packed: readonly PackedBuffer[],
): OperatorDescription {
  const [apply, adjoint] = [
    modes.find(({ mode }) => mode === 'apply'),
    modes.find(({ mode }) => mode === 'adjoint'),
  ];
  invariant(apply !== undefined, 'every operator is applied');
  const { name, title, parameters } = apply.program;
  return {
    name,
    title,
    parameters: parameters.map(({ tensor }) => tensor.name),
    apply: describeProgram(apply, packed),
    ...(adjoint && { adjoint: describeProgram(adjoint, packed) }),
  };
}

/** Every parameter once (one of the file may be read by several operators), with what its readers ask of it. */
export function describeParameters(programs: readonly Program[]): ParameterContents[] {
  const uses = indexUses(programs);
  const all = programs.flatMap(({ parameters }) => parameters);
  const unique = new Map(all.map(each => [each.tensor.name, each]));
  return [...unique.values()].map(declaration => ({
    description: describeParameter(declaration, uses.get(declaration.tensor.name)),
    default: describeDefault(declaration),
  }));
}

function describeParameter(
  { name, tensor, written }: ParameterDeclaration,
  use: IndexUse | undefined,
): ParameterContents['description'] {
  const { binding, dtype, shape } = tensor;
  invariant(binding !== 'item' && binding !== 'token', 'checked before');
  return {
    key: tensor.name,
    name,
    dtype,
    shape,
    written,
    binding,
    ...(use && { range: use.range }),
    ...(use?.permutation && { permutation: true }),
  };
}
