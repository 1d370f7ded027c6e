/**
 * What no later stage compiles yet: one diagnostic for each declaration, at the first construct in
 * question.
 */
import { checking } from '../core/diagnostics/check.ts';
import { type Diagnostic, report } from '../core/diagnostics/diagnostic.ts';
import type { OperatorSignature, TypedExport, TypedProgram, TypedScan, Unsupported } from './typed.ts';

type Found = Unsupported | undefined;

const first = (list: readonly Unsupported[]): Found =>
  list.reduce<Found>(
    (best, each) => (best === undefined || each.span.start < best.span.start ? each : best),
    undefined,
  );

/** In an operator or in what it calls. */
export function unsupportedIn(program: TypedProgram, signature: OperatorSignature): Found {
  const seen = new Set<OperatorSignature>();
  const visit = (each: OperatorSignature): Found => {
    if (seen.has(each)) return undefined;
    seen.add(each);
    const operator = program.bodies.get(each);
    if (operator === undefined) return undefined;
    const own = first(operator.unsupported);
    if (own !== undefined) return own;
    for (const callee of operator.calls) {
      const found = visit(callee);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return visit(signature);
}

export const unsupportedInScan = (scan: TypedScan): Found => first(scan.unsupported);

export const unsupportedInExport = (program: TypedProgram, { of }: TypedExport): Found =>
  of.kind === 'op' ? unsupportedIn(program, of.signature) : unsupportedInScan(of.scan);

export const notSupported = ({ what, span }: Unsupported, exported?: TypedExport): Diagnostic => {
  const notes =
    exported === undefined ? [] : [{ message: `exported as ${exported.alias} here`, span: exported.span }];
  return report(checking.notSupported, span, { what }, { notes });
};

/** Errors for the names that are compiled, warnings for the other declarations of the file. */
export function unsupportedDiagnostics(program: TypedProgram, compiled: ReadonlySet<string>): Diagnostic[] {
  const made = new Map<object, Diagnostic>();
  const refused = new Set<string>();
  const refuse = (name: string, found: Found, exported?: TypedExport): void => {
    if (found === undefined || !compiled.has(exported?.alias ?? name)) return;
    made.set(found, notSupported(found, exported));
    refused.add(name);
  };
  for (const each of program.exports) {
    const name = each.of.kind === 'op' ? each.of.signature.name : each.of.scan.name;
    refuse(name, unsupportedInExport(program, each), each);
  }
  for (const [name, signature] of program.operators) refuse(name, unsupportedIn(program, signature));
  for (const [name, scan] of program.scans) refuse(name, unsupportedInScan(scan));
  const warn = (name: string, found: Found): void => {
    if (found === undefined || refused.has(name) || made.has(found)) return;
    made.set(found, report(checking.notCompiled, found.span, { name, what: found.what }));
  };
  for (const signature of program.own)
    warn(signature.name, first(program.bodies.get(signature)?.unsupported ?? []));
  for (const [name, scan] of program.scans) warn(name, unsupportedInScan(scan));
  return [...made.values()];
}
