/** The half of a module that runs on WebGPU: shaders, the buffers they bind, and what is packed where. */
import { type Arrangement, arrange, type PackTarget } from '../../codegen/coalesce.ts';
import type { GpuPart } from '../../codegen/module.ts';
import { printWgsl, wgslBindings } from '../../codegen/wgsl.ts';
import type { ProgramDescription, ShaderDescription } from '../../runtime/types.ts';
import { invariant } from '../core/invariant.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { PackedBuffer } from '../lower/context.ts';
import { lowerPack } from '../lower/pack.ts';
import { type LoweredInstance, shareOut } from '../pipeline.ts';
import type { GroupLimits } from '../plan/profile.ts';
import { describeOperator } from './describe.ts';

export function describeGpu(
  operators: readonly LoweredInstance[],
  packed: readonly PackedBuffer[],
  group: GroupLimits,
): GpuPart {
  const isCall = new Set(
    operators
      .flatMap(({ source }) => source.parameters)
      .flatMap(({ tensor }) => (tensor.binding === 'call' ? [tensor.name] : [])),
  );
  const parts = sharing(operators, packed).map((members): Omit<GpuPart, 'operators'> => {
    const kernels = members.flatMap(kernelsOf);
    const own = packed.filter(({ name }) => kernels.some(kernel => binds(kernel, name)));
    const packs = own.map(buffer => ({ buffer, ...lowerPack(buffer) }));
    const perCall = new Set(
      packs.flatMap(({ buffer, reads }) => (reads.some(key => isCall.has(key)) ? [buffer.name] : [])),
    );
    const arrangement = arrangeApart(own, perCall, group.bindingBytes);
    // Buffers of the device are the module's, bindings a shader's.
    const nameOf = (binding: string): string => `${members[0]?.source.name}.${binding}`;
    const bufferOf = (binding: string): string =>
      arrangement.bindings.some(({ name }) => name === binding) ? nameOf(binding) : binding;
    const callBindings = new Set([...perCall].map(name => arrangement.places.get(name)?.binding));
    return {
      packs: packs.map(pack => {
        const place = arrangement.places.get(pack.buffer.name);
        invariant(place !== undefined, 'every packed buffer has its place');
        return { ...pack, binding: nameOf(place.binding), offset: place.offset };
      }),
      buffers: arrangement.bindings.map(({ name, scalar, elements }) => ({
        name: nameOf(name),
        ...(scalar === 'f16' && { storage: scalar }),
        elements,
        perCall: callBindings.has(name),
      })),
      shaders: kernels.map(kernel => shaderOf(kernel, arrangement, group, bufferOf)),
    };
  });
  return {
    packs: parts.flatMap(part => part.packs),
    buffers: parts.flatMap(part => part.buffers),
    shaders: parts.flatMap(part => part.shaders),
    operators: operators.map(({ modes }) => {
      const { apply, adjoint, ...rest } = describeOperator(modes, packed);
      return {
        ...rest,
        apply: withoutScratch(apply),
        ...(adjoint && { adjoint: withoutScratch(adjoint) }),
      };
    }),
  };
}

const kernelsOf = ({ modes }: LoweredInstance): readonly Kernel[] => modes.flatMap(({ kernels }) => kernels);

const binds = ({ buffers }: Kernel, packed: string): boolean => buffers.some(({ name }) => name === packed);

/** Operators in sets that share no packed buffer: one created alone brings the buffers of its set and no others. */
function sharing(
  operators: readonly LoweredInstance[],
  packed: readonly PackedBuffer[],
): readonly (readonly LoweredInstance[])[] {
  let sets: (readonly LoweredInstance[])[] = operators.map(each => [each]);
  for (const { name } of packed) {
    const reads = (members: readonly LoweredInstance[]) =>
      members.flatMap(kernelsOf).some(kernel => binds(kernel, name));
    const together = sets.filter(reads);
    if (together.length > 1) sets = [...sets.filter(members => !reads(members)), together.flat()];
  }
  return sets;
}

/** What is packed with each call lies in bindings of its own. */
function arrangeApart(
  targets: readonly PackTarget[],
  perCall: ReadonlySet<string>,
  bindingBytes: number,
): Arrangement {
  const stored = arrange(
    targets.filter(({ name }) => !perCall.has(name)),
    bindingBytes,
  );
  const arriving = arrange(
    targets.filter(({ name }) => perCall.has(name)),
    bindingBytes,
  );
  const renamed = (binding: string): string => `call_${binding}`;
  return {
    places: new Map([
      ...stored.places,
      ...[...arriving.places].map(
        ([name, place]) => [name, { ...place, binding: renamed(place.binding) }] as const,
      ),
    ]),
    // Of whole vectors, so that they are read as such.
    bindings: [
      ...stored.bindings,
      ...arriving.bindings.map(binding => ({ ...binding, name: renamed(binding.name) })),
    ].map(({ elements, ...binding }) => ({ ...binding, elements: Math.ceil(elements / 4) * 4 })),
  };
}

function shaderOf(
  kernel: Kernel,
  arrangement: Arrangement,
  group: GroupLimits,
  bufferOf: (binding: string) => string,
): ShaderDescription {
  const shared = shareOut(kernel, arrangement, group);
  const bindings = wgslBindings(shared).flatMap(({ name, type }) =>
    type === 'uniform'
      ? []
      : [{ buffer: bufferOf(name), access: type === 'storage' ? ('write' as const) : ('read' as const) }],
  );
  const { tileRows, slices } = shared;
  return { name: kernel.name, tileRows, slices, bindings, code: printWgsl(shared) };
}

/** What lives in the memory of a group is the shader's own. */
const withoutScratch = ({ buffers, ...program }: ProgramDescription): ProgramDescription => ({
  ...program,
  buffers: buffers.filter(({ role }) => role !== 'scratch'),
});
