/**
 * One operator at concrete sizes: the typed program becomes a Program of the operator IR. Sizes come by name
 * (`-D n=8`), by position, or from an export.
 */
import { checking } from '../core/diagnostics/check.ts';
import { type Diagnostic, hasErrors, report } from '../core/diagnostics/diagnostic.ts';
import type { Span } from '../core/span.ts';
import type { Operator, ParameterDeclaration, Program, Step } from '../ir/operator.ts';
import type { Tensor } from '../ir/tensor.ts';
import { bodyAt } from './elaborateMap.ts';
import { allKnown } from './elaborateOperator.ts';
import { declareParameter } from './elaborateParameter.ts';
import { sizeAt } from './elaborateSize.ts';
import { newInstance, type Place, placeOf, refuse, type Session } from './instance.ts';
import { sizeLimit } from './sizes.ts';
import type { OperatorSignature, TypedExport, TypedParameter, TypedProgram } from './typed.ts';
import { notSupported, unsupportedIn, unsupportedInExport, unsupportedInScan } from './unsupported.ts';

export interface Instance {
  readonly operator: string;
  /** By name or by position; ignored for an export, which brings its own. */
  readonly sizes: Readonly<Record<string, number>> | readonly number[];
}

export interface Elaborated {
  readonly program: Program | undefined;
  /** The operators under `inv`, and where it stands. */
  readonly inverses: ReadonlyMap<Operator, Span>;
  readonly diagnostics: readonly Diagnostic[];
}

/** The operators a file offers without being asked: its exports, else every operator that needs no sizes. */
export function defaultInstances(program: TypedProgram): Instance[] {
  if (program.exports.length > 0) return program.exports.map(each => ({ operator: each.alias, sizes: [] }));
  return program.own
    .filter(signature => signature.binders.length === 0 && unsupportedIn(program, signature) === undefined)
    .map(signature => ({ operator: signature.name, sizes: [] }));
}

export function elaborate(program: TypedProgram, instance: Instance): Elaborated {
  const diagnostics: Diagnostic[] = [];
  const session: Session = {
    program,
    diagnostics,
    shared: new Map(),
    calls: new Map(),
    inverses: new Map(),
    nodes: 0,
    depth: 0,
    work: 0,
  };
  const made = programOf(session, instance);
  return { program: hasErrors(diagnostics) ? undefined : made, inverses: session.inverses, diagnostics };
}

function programOf(session: Session, instance: Instance): Program | undefined {
  const { program, diagnostics } = session;
  const exported = program.exports.find(each => each.alias === instance.operator);
  const signature =
    exported === undefined
      ? program.operators.get(instance.operator)
      : exported.of.kind === 'op'
        ? exported.of.signature
        : undefined;
  if (signature === undefined) {
    diagnostics.push(missing(program, instance.operator, exported));
    return undefined;
  }
  const unsupported = unsupportedIn(program, signature);
  if (unsupported !== undefined) {
    diagnostics.push(notSupported(unsupported, exported));
    return undefined;
  }
  const top = placeOf(newInstance(session, signature, [], new Map(), 0));
  const sizes =
    exported === undefined
      ? givenSizes(signature, instance.sizes, top)
      : allKnown(exported.sizes.map(size => sizeAt(size, top)));
  return sizes && instantiate(session, signature, sizes, instance.operator, exported?.documentation);
}

function missing(program: TypedProgram, name: string, exported: TypedExport | undefined): Diagnostic {
  const scan = program.scans.get(name);
  const unsupported =
    exported !== undefined ? unsupportedInExport(program, exported) : scan && unsupportedInScan(scan);
  if (unsupported !== undefined) return notSupported(unsupported, exported);
  const names = [...new Set([...program.exports.map(each => each.alias), ...program.operators.keys()])];
  return report(checking.unknownOperator, undefined, { name, known: names.join(', ') || 'none' });
}

function givenSizes(
  signature: OperatorSignature,
  given: Instance['sizes'],
  place: Place,
): readonly number[] | undefined {
  const { binders, name, span } = signature;
  const isList = (sizes: Instance['sizes']): sizes is readonly number[] => Array.isArray(sizes);
  const values = binders.map((binder, k) => (isList(given) ? given[k] : given[binder]));
  const absent = binders.filter((_, k) => values[k] === undefined);
  if (absent.length > 0) {
    const hint = `pass ${absent.map(each => `-D ${each}=...`).join(' ')}, or export it at fixed sizes`;
    return refuse(place, checking.missingSize, span, { name, sizes: absent.join(', ') }, { hint });
  }
  for (const [k, value] of values.entries()) {
    const what = binders[k] ?? '';
    if (value !== undefined && !Number.isInteger(value))
      return refuse(place, checking.notWhole, span, { text: what, value });
    if (value !== undefined && (value < 0 || value > sizeLimit))
      return refuse(place, checking.tooLarge, span, { what, value, limit: sizeLimit });
  }
  return allKnown(values);
}

function instantiate(
  session: Session,
  signature: OperatorSignature,
  sizes: readonly number[],
  name: string,
  documentation: string | undefined,
): Program | undefined {
  const bare = placeOf(newInstance(session, signature, sizes, new Map(), 0));
  const declared = allKnown(signature.parameters.map(each => declareParameter(each, name, bare)));
  if (declared === undefined) return undefined;
  const tensors = new Map<TypedParameter, Tensor>();
  for (const [k, each] of signature.parameters.entries()) {
    const tensor = declared[k]?.tensor;
    if (tensor !== undefined) tensors.set(each, tensor);
  }
  const instance = newInstance(session, signature, sizes, tensors, 0);
  const steps = bodyAt(instance, undefined);
  return steps && assembled(signature, sizes, name, documentation, steps, declared, placeOf(instance));
}

function assembled(
  signature: OperatorSignature,
  sizes: readonly number[],
  name: string,
  documentation: string | undefined,
  steps: readonly Step[],
  declared: readonly ParameterDeclaration[],
  place: Place,
): Program | undefined {
  const [rows, columns] = [sizeAt(signature.rows, place), sizeAt(signature.columns, place)];
  if (rows === undefined || columns === undefined) return undefined;
  const written = signature.binders.map((binder, k) => `${binder}=${sizes[k]}`).join(', ');
  return {
    name,
    title: written === '' ? signature.name : `${signature.name}[${written}]`,
    documentation: documentation || signature.documentation,
    rows,
    columns,
    steps,
    parameters: [...declared, ...place.instance.session.shared.values()],
  };
}
