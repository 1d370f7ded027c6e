/**
 * The compiler as a function: source text in, artefacts and diagnostics out. No I/O; runs in a browser.
 *
 *   const { diagnostics, artifacts } = await compile({ name: 'monarch.sop', text }, { instances: [...] });
 *
 * `lowerSource` stops before assembling, for callers that only look (`explain`).
 */
import { moduleText, type ModuleArtifacts } from '../codegen/module.ts';
import { printWat } from '../codegen/wat.ts';
import { parse } from '../grammar/parser.ts';
import { check } from './check/check.ts';
import { elaborate } from './check/elaborate.ts';
import type { TypedProgram } from './check/typed.ts';
import { type Diagnostic, hasErrors } from './core/diagnostics/diagnostic.ts';
import type { SourceFile } from './core/span.ts';
import type { Program } from './ir/operator.ts';
import type { PackedBuffer } from './lower/context.ts';
import { isLinear, type LoweredOperator, lowerOperator, type Mode } from './pipeline.ts';
import { type ProfileName, profiles } from './plan/profile.ts';

/** An operator to instantiate: sizes by name or by position. */
export interface Instance {
  readonly operator: string;
  readonly sizes: Readonly<Record<string, number>> | readonly number[];
}

export interface CompileOptions {
  /** Operators to compile; by default every export of the file, else every operator without sizes. */
  readonly instances?: readonly Instance[];
  /** Sources of `use`, by path as written relative to the file; absent files give a diagnostic. */
  readonly readFile?: (path: string) => string | undefined;
  readonly profile?: ProfileName;
  readonly scalar?: 'f32' | 'f64';
  readonly modes?: readonly Mode[];
}

export interface LoweredSource {
  readonly diagnostics: readonly Diagnostic[];
  readonly operators: readonly LoweredInstance[];
  readonly packed: readonly PackedBuffer[];
}

/** One operator at concrete sizes, lowered in every mode asked for that it has. */
export interface LoweredInstance {
  readonly source: Program;
  readonly modes: readonly LoweredOperator[];
}
