/**
 * The compiler as a function: source text in, artefacts and diagnostics out. No I/O; runs in a browser.
 *
 *   const { diagnostics, artifacts } = await compile({ name: 'monarch.sop', text });
 *
 * `lowerSource` stops before assembling, for callers that only look (`explain`).
 */
import { assemble } from '../codegen/assemble.ts';
import { printModule } from '../codegen/module.ts';
import { printDeclarations } from '../codegen/ts/declarations.ts';
import { printWat } from '../codegen/wat.ts';
import type { OperatorDescription } from '../runtime/types.ts';
import { type ElaboratedSource, type ElaborateOptions, elaborateSource } from './check/source.ts';
import { checking } from './core/diagnostics/check.ts';
import { type Diagnostic, report } from './core/diagnostics/diagnostic.ts';
import { at, invariant } from './core/invariant.ts';
import type { SourceFile } from './core/span.ts';
import { inverse, type Operator, type Program } from './ir/operator.ts';
import type { PackedBuffer } from './lower/context.ts';
import { lowerPack } from './lower/pack.ts';
import { describeOperator, describeParameters } from './module/describe.ts';
import { isLinear, type LoweredOperator, lowerOperator, type Mode } from './pipeline.ts';
import { type ProfileName, profiles } from './plan/profile.ts';
import { irreducible } from './rewrite/inverse.ts';
import { normalise } from './rewrite/normalise.ts';

export type { Instance } from './check/elaborate.ts';

export interface CompileOptions extends ElaborateOptions {
  readonly profile?: ProfileName;
  readonly scalar?: 'f32' | 'f64';
  readonly modes?: readonly Mode[];
  /** Where the generated module imports its runtime from; `sop/runtime` when absent. */
  readonly runtime?: string;
  /** False leaves the kernels in the `.wasm` file, which the module reads when an operator is created. */
  readonly inline?: boolean;
  /** Whether to print a `.d.ts` file; by default only for a module that imports the package's runtime. */
  readonly declarations?: boolean;
}

/** One operator at concrete sizes, lowered in every mode asked for that it has. */
export interface LoweredInstance {
  readonly source: Program;
  readonly modes: readonly LoweredOperator[];
}

export interface LoweredSource {
  readonly diagnostics: readonly Diagnostic[];
  /** Empty when a diagnostic is an error. */
  readonly operators: readonly LoweredInstance[];
  /** Buffers the pack steps fill, shared by the operators. */
  readonly packed: readonly PackedBuffer[];
}

export interface Artifact {
  /** File name: `monarch.js`, `monarch.d.ts`, `monarch.wat`, `monarch.wasm`. */
  readonly name: string;
  readonly contents: string | Uint8Array;
}

export interface Compiled extends LoweredSource {
  readonly artifacts: readonly Artifact[];
}

export function lowerSource(source: SourceFile, options: CompileOptions = {}): LoweredSource {
  const elaborated = elaborateSource(source, options);
  const { programs } = elaborated;
  const stuck = inversesWithoutRule(elaborated);
  const diagnostics = [...elaborated.diagnostics, ...stuck];
  if (stuck.length > 0) return { diagnostics, operators: [], packed: [] };
  const packed: PackedBuffer[] = [];
  const target = { profile: profiles[options.profile ?? 'wasm-simd128'], scalar: options.scalar ?? 'f32' };
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
  const lowered = lowerSource(source, options);
  if (lowered.operators.length === 0) return { ...lowered, artifacts: [] };
  const name = moduleName(source.name);
  const { operators, packed } = lowered;
  const described = JSON.stringify(describeOperators(lowered));
  const variants: Variant[] = [];
  for (const profile of profilesOf(options)) {
    const isFirst = variants.length === 0;
    const kernels = isFirst ? lowered : lowerSource(source, { ...options, profile });
    invariant(JSON.stringify(describeOperators(kernels)) === described, `${profile} reads other weights`);
    variants.push(await variantOf(name, isFirst ? name : `${name}.${profile}`, profile, kernels));
  }
  const contents = {
    name,
    source: source.name,
    scalar: options.scalar ?? 'f32',
    parameters: describeParameters(operators.map(({ source }) => source)),
    packs: packed.map(buffer => ({ buffer, ...lowerPack(buffer) })),
    operators: describeOperators(lowered),
    wasm: variants.map(({ profile, file, bytes }) => ({
      profile,
      bytes: options.inline === false ? { file: `${file}.wasm` } : bytes,
    })),
    runtime: options.runtime,
  };
  const declarations = {
    ...contents,
    operators: contents.operators.map((description, k) => {
      const { documentation } = at(operators, k).source;
      return { description, documentation };
    }),
  };
  const artifacts: Artifact[] = [
    { name: `${name}.js`, contents: printModule(contents) },
    ...(!(options.declarations ?? options.runtime === undefined)
      ? []
      : [{ name: `${name}.d.ts`, contents: await printDeclarations(declarations) }]),
    ...variants.flatMap(({ file, wat, bytes }) => [
      { name: `${file}.wat`, contents: wat },
      { name: `${file}.wasm`, contents: bytes },
    ]),
  ];
  return { ...lowered, artifacts };
}

interface Variant {
  readonly profile: ProfileName;
  /** Without the ending. */
  readonly file: string;
  readonly wat: string;
  readonly bytes: Uint8Array;
}

/** Relaxed SIMD is not everywhere: the strict kernels, which read the same weights, stand behind it. */
function profilesOf({ profile = 'wasm-simd128' }: CompileOptions): readonly ProfileName[] {
  return profile === 'wasm-relaxed' ? [profile, 'wasm-simd128'] : [profile];
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
