/** Options that several commands share: how their texts are understood. */
import type { Command } from 'commander';
import type { CompileOptions, Target } from '../compile.ts';
import { data } from '../core/diagnostics/data.ts';
import type { RealFormat } from '../core/precision.ts';
import { cudaProfiles, gpuProfiles, type ProfileName } from '../plan/profile.ts';
import { misuse } from './rejection.ts';

/** Options of commands that compile. */
export interface CompileFlags {
  readonly op?: string;
  readonly define?: readonly string[];
  readonly dtype?: string;
  readonly profile?: string;
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

export const repeatable = (command: Command, flags: string, description: string): Command =>
  command.option(flags, description, collect);

export function withCompileFlags(command: Command): Command {
  command.option('--op <name>', 'the operator or export to take, where the file has several');
  repeatable(command, '-D, --define <size=n>', 'the value of a size of the operator, e.g. -D n=1024');
  return command
    .option('--dtype <type>', 'precision of the kernels: f32, f64, or f16 and bf16 in memory', 'f32')
    .option(
      '--profile <name>',
      `what the machine offers: ${[...new Set(Object.values(profileNames).flat())].join(', ')}`,
    );
}

/** Where parameters and inputs come from. */
export function withParameterFlags(command: Command): Command {
  command.option('--params <P.safetensors>', 'values of the parameters, by name');
  repeatable(command, '--map <param=tensor[:T]>', 'the tensor that fills a parameter; :T transposes it');
  repeatable(command, '--input <X.npy>', 'the input, or name=X.npy for a parameter');
  return command.option('--seed <s>', 'for what is not given, which is drawn', '0');
}

/** `n=1024`, repeated. */
export function definitionsOf(texts: readonly string[] = []): Readonly<Record<string, number>> {
  const made: Record<string, number> = {};
  for (const text of texts) {
    const match = /^([A-Za-z_][A-Za-z0-9_]*)=(\d{1,10})$/.exec(text);
    const [, name, digits] = match ?? [];
    const value = Number(digits);
    if (name === undefined || value > 2 ** 31)
      misuse(data.badOption, { option: '-D', value: text, expected: 'name=size, a whole number up to 2^31' });
    if (Object.hasOwn(made, name)) misuse(data.wrongUse, { what: `-D gives ${name} twice` });
    made[name] = value;
  }
  return made;
}

export function wholeNumber(option: string, text: string, limit: number): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= limit))
    return misuse(data.badOption, { option, value: text, expected: `a whole number up to ${limit}` });
  return value;
}

export const seedOf = (text: string): number => wholeNumber('--seed', text, Number.MAX_SAFE_INTEGER);

/** One of a list; names that are planned are refused as such. */
export function oneOf<Name extends string>(
  option: string,
  value: string,
  known: readonly Name[],
  planned: readonly string[] = [],
): Name {
  const found = known.find(each => each === value);
  if (found !== undefined) return found;
  if (planned.includes(value))
    return misuse(data.notYet, { what: `${option} ${value}`, known: known.join(', ') });
  return misuse(data.badOption, { option, value, expected: known.join(' or ') });
}

export const formatOf = (dtype: string): RealFormat => oneOf('--dtype', dtype, ['f32', 'f64', 'f16', 'bf16']);

/** What kernels compute in and, where that is narrower, what memory holds. */
export function precisionOf(dtype: string): Required<Pick<CompileOptions, 'scalar' | 'storage'>> {
  const format = formatOf(dtype);
  return format === 'f16' || format === 'bf16'
    ? { scalar: 'f32', storage: format }
    : { scalar: format, storage: undefined };
}

const profileNames = {
  wasm: ['wasm-simd128', 'wasm-relaxed'],
  wgsl: gpuProfiles,
  cuda: cudaProfiles,
  torch: cudaProfiles,
} as const satisfies Record<Target, readonly ProfileName[]>;

/** A profile of one of the targets; the first of the first where none is named. */
export function profileOf(profile: string | undefined, targets: readonly Target[]): ProfileName {
  const known: readonly ProfileName[] = [...new Set(targets.flatMap(target => profileNames[target]))];
  return oneOf('--profile', profile ?? known[0] ?? '', known);
}

/** The options of a compilation for these targets; a profile that is named is that of its target, and no other is. */
export function targetOptions(
  targets: readonly Target[],
  given: string | undefined,
): Pick<CompileOptions, 'targets' | 'profile' | 'gpuProfiles' | 'cudaProfile'> {
  if (given === undefined) return { targets };
  const profile = profileOf(given, targets);
  const onGpu = gpuProfiles.filter(each => each === profile);
  if (onGpu.length > 0) return { targets, gpuProfiles: onGpu };
  const onCuda = cudaProfiles.find(each => each === profile);
  return { targets, ...(onCuda === undefined ? { profile } : { cudaProfile: onCuda }) };
}

/** What runs a generated module: an engine for WebAssembly, or Dawn. */
export const backends = ['wasm', 'webgpu'] as const;
export type ModuleBackend = (typeof backends)[number];

export const targetOf = { wasm: 'wasm', webgpu: 'wgsl' } as const satisfies Record<ModuleBackend, Target>;
