/** The half of a module that runs on WebGPU: shaders, what they bind, what is packed where, what that requires. */
import { type Arrangement, arrange, type PackTarget } from '../../codegen/coalesce.ts';
import type { GpuVariantContents } from '../../codegen/module.ts';
import { printWgsl, wgslBindings } from '../../codegen/wgsl.ts';
import type {
  GpuBuffer,
  GpuRequirements,
  ProgramDescription,
  ShaderDescription,
} from '../../runtime/types.ts';
import { at, invariant } from '../core/invariant.ts';
import { bytesOf, type Kernel } from '../kernel/kernel.ts';
import type { PackedBuffer } from '../lower/context.ts';
import { lowerPack } from '../lower/pack.ts';
import { type LoweredInstance, shareOut } from '../pipeline.ts';
import { type GpuProfileName, type GroupLimits, profiles } from '../plan/profile.ts';
import { describeOperator } from './describe.ts';

/** Operators lowered for one profile. */
export interface LoweredVariant {
  readonly profile: GpuProfileName;
  readonly operators: readonly LoweredInstance[];
  readonly packed: readonly PackedBuffer[];
}

/**
 * The variants that a module carries: those that launch fewer kernels than the last, and none behind one that every
 * device meets. A variant that only spends more memory on the same launches is slower where it was measured: fewer
 * groups fit at a time (Monarch 768/4 on an H100, 32 KB against 16: 419 us against 204).
 */
export function describeGpu(lowered: readonly LoweredVariant[]): readonly GpuVariantContents[] {
  const described = lowered
    .filter((each, k) => launchesFewer(each, lowered.slice(k + 1)))
    .map(describeVariant);
  const last = described.findIndex(
    ({ requires: { limits, features } }) => Object.keys(limits).length + features.length === 0,
  );
  return last === -1 ? described : described.slice(0, last + 1);
}

/** In some operator. */
function launchesFewer(variant: LoweredVariant, others: readonly LoweredVariant[]): boolean {
  const own = launchesOf(variant);
  return others.every(other => launchesOf(other).some((launches, k) => at(own, k) < launches));
}

const launchesOf = ({ operators }: LoweredVariant): number[] =>
  operators.flatMap(({ modes }) => modes.map(({ kernels }) => kernels.length));

function describeVariant({ profile, operators, packed }: LoweredVariant): GpuVariantContents {
  const group = groupOf(profile);
  const isCall = new Set(
    operators
      .flatMap(({ source }) => source.parameters)
      .flatMap(({ tensor }) => (tensor.binding === 'call' ? [tensor.name] : [])),
  );
  const parts = sharing(operators, packed).map((members): Part => {
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
  const buffers = parts.flatMap(part => part.buffers);
  const kernels = operators.flatMap(kernelsOf);
  return {
    profile,
    requires: {
      limits: beyondDefaults(
        limitsOf(most(kernels.map(sharedBytes)), group, most(buffers.map(bindingBytes))),
      ),
      features: [...group.features, ...(kernels.some(holdsHalves) ? ['shader-f16'] : [])],
    },
    packs: parts.flatMap(part => part.packs),
    buffers,
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

const most = (bytes: readonly number[]): number => bytes.reduce((a, b) => Math.max(a, b), 0);
const bindingBytes = ({ elements, storage }: GpuBuffer): number => bytesOf(storage ?? 'f32') * elements;

type Part = Pick<GpuVariantContents, 'packs' | 'buffers' | 'shaders'>;

/** What a shader may need more of than every device offers, by WebGPU's names. */
const limitsOf = (workgroupBytes: number, { invocations }: GroupLimits, bindingBytes: number) => ({
  maxComputeWorkgroupStorageSize: workgroupBytes,
  maxComputeInvocationsPerWorkgroup: invocations,
  maxComputeWorkgroupSizeX: invocations,
  maxStorageBufferBindingSize: bindingBytes,
});

function beyondDefaults(needed: ReturnType<typeof limitsOf>): GpuRequirements['limits'] {
  const { tileBytes } = profiles['webgpu-default'];
  const group = groupOf('webgpu-default');
  const offered = new Map(Object.entries(limitsOf(tileBytes, group, group.bindingBytes)));
  return Object.fromEntries(
    Object.entries(needed).filter(([name, least]) => least > (offered.get(name) ?? 0)),
  );
}

function groupOf(profile: GpuProfileName): GroupLimits {
  const { group } = profiles[profile];
  invariant(group !== undefined, `${profile} has groups of invocations`);
  return group;
}

const holdsHalves = ({ buffers }: Kernel): boolean => buffers.some(({ scalar }) => scalar === 'f16');

/** Bytes of the group's memory that a kernel takes. */
const sharedBytes = ({ buffers }: Kernel): number =>
  buffers.reduce(
    (bytes, { space, scalar, extent }) =>
      space === 'shared' ? bytes + bytesOf(scalar) * extent.fixed : bytes,
    0,
  );

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
