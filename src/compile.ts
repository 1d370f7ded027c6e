/**
 * The compiler as a function: source text in, artefacts and diagnostics out. No I/O; runs in a browser.
 *
 *   const { diagnostics, artifacts } = await compile({ name: 'monarch.sop', text });
 *
 * `lowerSource` stops before assembling, for callers that only look (`explain`).
 */
import { assemble } from '../codegen/assemble.ts';
import { printCudaFile } from '../codegen/cudaFile.ts';
import { printCudaHeader } from '../codegen/cudaHeader.ts';
import { type ModuleContents, printModule, type WasmPart } from '../codegen/module.ts';
import { printDeclarations } from '../codegen/ts/declarations.ts';
import { printWat } from '../codegen/wat.ts';
import type { OperatorDescription } from '../runtime/types.ts';
import { type ElaboratedSource, type ElaborateOptions, elaborateSource } from './check/source.ts';
import { checking } from './core/diagnostics/check.ts';
import { data } from './core/diagnostics/data.ts';
import { type Diagnostic, report } from './core/diagnostics/diagnostic.ts';
import { invariant } from './core/invariant.ts';
import type { HalfFormat, RealFormat } from './core/precision.ts';
import type { SourceFile } from './core/span.ts';
import { inverse, type Operator, type Program } from './ir/operator.ts';
import type { PackedBuffer } from './lower/context.ts';
import { lowerPack } from './lower/pack.ts';
import { describeCuda } from './module/cuda.ts';
import { describeOperator, describeParameters } from './module/describe.ts';
import { describeGpu, type LoweredVariant } from './module/gpu.ts';
import { type TorchKernels, torchArtifacts } from './module/torch/artifacts.ts';
import type { PublishedNames } from './module/torch/contents.ts';
import { formatsOf, isLinear, type LoweredInstance, lowerOperator, type Mode } from './pipeline.ts';
import {
  type CudaProfileName,
  cudaProfiles,
  type GpuProfileName,
  gpuProfiles,
  type ProfileName,
  profiles,
} from './plan/profile.ts';
import { irreducible } from './rewrite/inverse.ts';
import { normalise } from './rewrite/normalise.ts';

export type { Instance } from './check/elaborate.ts';
export type { LoweredInstance } from './pipeline.ts';

export type Target = 'wasm' | 'wgsl' | 'cuda' | 'torch';

export interface CompileOptions extends ElaborateOptions {
  /** What the module runs on; WebAssembly when absent. */
  readonly targets?: readonly Target[];
  /** Of the WebAssembly kernels. */
  readonly profile?: ProfileName;
  /** Of the shaders, the best first; all when absent. */
  readonly gpuProfiles?: readonly GpuProfileName[];
  /** Of the kernels in CUDA C; `sm_90a` when absent, for PyTorch all. */
  readonly cudaProfile?: CudaProfileName;
  /** Of the kernels for PyTorch, whose rows change their format from call to call; f32, f16 and bf16 when absent. */
  readonly torchFormats?: readonly RealFormat[];
  /** Tensors of published checkpoints that a PyTorch module takes for its parameters. */
  readonly published?: PublishedNames;
  readonly scalar?: 'f32' | 'f64';
  /** What memory holds, where that is narrower than what is computed in. */
  readonly storage?: HalfFormat | undefined;
  readonly modes?: readonly Mode[];
  /** Where the generated module imports its runtime from; `sop/runtime` when absent. */
  readonly runtime?: string;
  /** And its runtime for WebGPU; `sop/runtime/gpu` when absent. */
  readonly gpuRuntime?: string;
  /** False leaves the kernels in the `.wasm` file, which the module reads when an operator is created. */
  readonly inline?: boolean;
  /** Whether to print a `.d.ts` file; by default only for a module that imports the package's runtime. */
  readonly declarations?: boolean;
}

export interface LoweredSource {
  readonly diagnostics: readonly Diagnostic[];
  /** Empty when a diagnostic is an error. */
  readonly operators: readonly LoweredInstance[];
  /** Buffers the pack steps fill, shared by the operators. */
  readonly packed: readonly PackedBuffer[];
}

export interface Artifact {
  /** `m.js`, `m.wasm`, `m.monarch1k.wgsl`, `m.cu`, `m.py`, `m_kernels/m_f16_sm_80.cu`: a path below the output. */
  readonly name: string;
  readonly contents: string | Uint8Array;
}

export interface Compiled extends LoweredSource {
  readonly artifacts: readonly Artifact[];
  /** The same operators as the shaders of the module's variants compute them, the best first. */
  readonly onGpu: readonly LoweredVariant[];
}

export function lowerSource(source: SourceFile, options: CompileOptions = {}): LoweredSource {
  const elaborated = elaborateSource(source, options);
  const { programs } = elaborated;
  const stuck = inversesWithoutRule(elaborated);
  const diagnostics = [...elaborated.diagnostics, ...stuck];
  if (stuck.length > 0) return { diagnostics, operators: [], packed: [] };
  const packed: PackedBuffer[] = [];
  const target = {
    profile: profiles[options.profile ?? 'wasm-simd128'],
    scalar: options.scalar ?? 'f32',
    storage: options.storage,
  };
  const [format, formats] = [target.storage ?? target.scalar, formatsOf(target.profile)];
  if (!formats.includes(format)) {
    const known = formats.join(', ');
    const unfit = report(data.noFormat, undefined, { profile: target.profile.name, format, known });
    return { diagnostics: [...diagnostics, unfit], operators: [], packed: [] };
  }
  const operators = programs.map(program => {
    const modes = (options.modes ?? ['apply', 'adjoint']).filter(
      mode => mode === 'apply' || isLinear(program),
    );
    return {
      source: program,
      modes: modes.map(mode => lowerOperator(program, mode, target, packed)),
    };
  });
  return { diagnostics, operators, packed };
}

/** Inverses that no rule takes apart: known only once the rules have run. */
function inversesWithoutRule({ programs, inverses }: ElaboratedSource): Diagnostic[] {
  const linear = (steps: Program['steps']): Operator[] =>
    steps.flatMap(step =>
      step.kind === 'linear' ? [step.operator] : step.kind === 'gate' ? linear(step.steps) : [],
    );
  const stuck = (operator: Operator): boolean => irreducible(normalise(operator).operator) !== undefined;
  if (inverses.size === 0 || !programs.some(({ steps }) => linear(steps).some(stuck))) return [];
  const found = [...inverses].filter(([operator]) => stuck(inverse(operator)));
  // One that is taken apart alone may still be stuck in its place.
  const blamed = found.length > 0 ? found : [...inverses].slice(0, 1);
  return blamed.map(([, span]) => {
    const what = span.file.text.slice(span.start, span.end).replace(/\s+/g, ' ');
    return report(checking.noInverse, span, { what });
  });
}

export async function compile(source: SourceFile, options: CompileOptions = {}): Promise<Compiled> {
  const { targets = ['wasm'], cudaProfile = 'sm_90a' } = options;
  const lowered = targets.includes('wasm') ? lowerSource(source, options) : undefined;
  const onGpu = (targets.includes('wgsl') ? (options.gpuProfiles ?? gpuProfiles) : []).map(profile => ({
    profile,
    ...lowerSource(source, { ...options, profile }),
  }));
  const onCuda = targets.includes('cuda')
    ? lowerSource(source, { ...options, profile: cudaProfile })
    : undefined;
  const inTorch = targets.includes('torch') ? lowerForTorch(source, options) : [];
  const first = lowered ?? onGpu.at(-1) ?? onCuda ?? inTorch[0];
  invariant(first !== undefined, 'a target to compile for');
  const unfit = [first, ...onGpu, onCuda, ...inTorch].find(each => each?.operators.length === 0);
  if (unfit !== undefined) return { ...unfit, artifacts: [], onGpu: [] };
  const module = await moduleArtifacts(source, lowered, onGpu, options);
  return {
    ...first,
    artifacts: [
      ...module.artifacts,
      ...(onCuda === undefined ? [] : cudaArtifacts(source, onCuda, cudaProfile, options)),
      ...torchArtifacts(source.name, moduleName(source.name), inTorch, options.published),
    ],
    onGpu: onGpu.filter(({ profile }) => module.carried.includes(profile)),
  };
}

/** The module that an engine for JavaScript imports, where one of its targets is asked for. */
async function moduleArtifacts(
  source: SourceFile,
  lowered: LoweredSource | undefined,
  onGpu: readonly LoweredVariant[],
  options: CompileOptions,
): Promise<{ readonly artifacts: Artifact[]; readonly carried: readonly string[] }> {
  const first = lowered ?? onGpu.at(-1);
  if (first === undefined) return { artifacts: [], carried: [] };
  const name = moduleName(source.name);
  const variants = lowered === undefined ? [] : await variantsOf(name, source, lowered, options);
  const contents: ModuleContents = {
    name,
    source: source.name,
    scalar: options.scalar ?? 'f32',
    storage: options.storage,
    parameters: describeParameters(first.operators.map(({ source }) => source)),
    wasm: lowered && wasmPart(lowered, variants, options.inline ?? true),
    gpu: onGpu.length === 0 ? undefined : { variants: describeGpu(onGpu) },
    runtime: options.runtime,
    gpuRuntime: options.gpuRuntime,
  };
  const printsDeclarations = options.declarations ?? options.runtime === undefined;
  const documented = first.operators.map(({ source: { documentation }, modes }) => ({
    description: describeOperator(modes, first.packed),
    documentation,
  }));
  const artifacts: Artifact[] = [
    { name: `${name}.js`, contents: printModule(contents) },
    ...(printsDeclarations
      ? [
          {
            name: `${name}.d.ts`,
            contents: await printDeclarations({ ...contents, operators: documented }),
          },
        ]
      : []),
    ...variants.flatMap(({ file, wat, bytes }) => [
      { name: `${file}.wat`, contents: wat },
      { name: `${file}.wasm`, contents: bytes },
    ]),
    ...(contents.gpu?.variants ?? []).flatMap(({ profile, shaders }) =>
      shaders.map(shader => ({
        name: `${name}.${shader.name}${profile === 'webgpu-default' ? '' : `.${profile}`}.wgsl`,
        contents: shader.code,
      })),
    ),
  ];
  return { artifacts, carried: (contents.gpu?.variants ?? []).map(({ profile }) => profile) };
}

/** A file of kernels with its header, which need no runtime. */
function cudaArtifacts(
  source: SourceFile,
  { operators, packed }: LoweredSource,
  profile: ProfileName,
  { scalar = 'f32', storage }: CompileOptions,
): Artifact[] {
  const name = moduleName(source.name);
  const file = { name, source: source.name, storage: storage ?? scalar };
  const contents = describeCuda(file, operators, packed, profiles[profile]);
  return [
    { name: `${name}.cu`, contents: printCudaFile(contents) },
    { name: `${name}.h`, contents: printCudaHeader(contents) },
  ];
}

/** The format of the rows is known when they come, and so is the device: a module has kernels for all. */
function lowerForTorch(source: SourceFile, options: CompileOptions): (LoweredSource & TorchKernels)[] {
  const { cudaProfile, torchFormats = ['f32', 'f16', 'bf16'] } = options;
  const chosen = cudaProfile === undefined ? cudaProfiles : [cudaProfile];
  return torchFormats.flatMap(format =>
    chosen.map(profile => {
      const isHalf = format === 'f16' || format === 'bf16';
      const precision = { scalar: isHalf ? 'f32' : format, storage: isHalf ? format : undefined } as const;
      return { profile, format, ...lowerSource(source, { ...options, ...precision, profile }) };
    }),
  );
}

function wasmPart(lowered: LoweredSource, variants: readonly Variant[], isInline: boolean): WasmPart {
  return {
    packs: lowered.packed.map(buffer => ({ buffer, ...lowerPack(buffer) })),
    operators: describeOperators(lowered),
    variants: variants.map(({ profile, file, bytes }) => ({
      profile,
      bytes: isInline ? bytes : { file: `${file}.wasm` },
    })),
  };
}

interface Variant {
  readonly profile: ProfileName;
  /** Without the ending. */
  readonly file: string;
  readonly wat: string;
  readonly bytes: Uint8Array;
}

/** Relaxed SIMD is not everywhere: the strict kernels, which read the same weights, stand behind it. */
async function variantsOf(
  name: string,
  source: SourceFile,
  lowered: LoweredSource,
  options: CompileOptions,
): Promise<Variant[]> {
  const { profile: best = 'wasm-simd128' } = options;
  const described = JSON.stringify(describeOperators(lowered));
  const variants = [await variantOf(name, name, best, lowered)];
  if (best === 'wasm-relaxed') {
    const profile = 'wasm-simd128';
    const strict = lowerSource(source, { ...options, profile });
    invariant(JSON.stringify(describeOperators(strict)) === described, `${profile} reads other weights`);
    variants.push(await variantOf(name, `${name}.${profile}`, profile, strict));
  }
  return variants;
}

async function variantOf(
  name: string,
  file: string,
  profile: ProfileName,
  { operators }: LoweredSource,
): Promise<Variant> {
  const kernels = operators.flatMap(({ modes }) => modes.flatMap(mode => mode.kernels));
  const wat = printWat(kernels, { comment: [`${name}: kernels for WebAssembly, ${profile}`] });
  return { profile, file, wat, bytes: await assemble(name, wat, profiles[profile].fusedMultiplyAdd) };
}

const describeOperators = ({ operators, packed }: LoweredSource): OperatorDescription[] =>
  operators.map(({ modes }) => describeOperator(modes, packed));

const moduleName = (path: string): string =>
  (path.split(/[\\/]/).at(-1) ?? 'module').replace(/\.sop$/, '').replaceAll(/[^A-Za-z0-9_-]/g, '_');
