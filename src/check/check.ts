/**
 * The type checker: a file and the files it uses → the typed program (typed.ts), and what is wrong with them
 * in the user's symbols. Every declaration is checked, exported or not, at no particular sizes; a pure
 * function.
 */
import type { OperatorDeclaration, ScanDeclaration } from '../../grammar/ast.ts';
import { checking } from '../core/diagnostics/check.ts';
import { type Diagnostic, report } from '../core/diagnostics/diagnostic.ts';
import type { Entity, ExportDeclaration, Module, PatternDeclaration, SharedParameter } from './module.ts';
import { nearest } from './nearest.ts';
import { type CheckedSignature, checkBody, checkSignature, fileScope } from './operatorDeclaration.ts';
import { checkParameter } from './parameters.ts';
import { checkPattern } from './pattern.ts';
import { checkScan } from './scan.ts';
import { type Checker, type Context, newContext } from './scope.ts';
import { checkSize } from './sizes.ts';
import type {
  OperatorSignature,
  TypedExport,
  TypedOperator,
  TypedParameter,
  TypedPattern,
  TypedProgram,
  TypedScan,
} from './typed.ts';
import { unsupportedDiagnostics } from './unsupported.ts';

export interface CheckedModule {
  readonly program: TypedProgram;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * `compiled`: the names that are about to be compiled; what no later stage supports is an error there and a
 * warning elsewhere. By default the exports of the file.
 */
export function checkModule(
  module: Module,
  compiled: readonly string[] = module.exports.map(each => each.alias.text),
): CheckedModule {
  const state = new ModuleCheck();
  for (const each of reachable(module)) state.checkDeclarations(each);
  const exports = module.exports
    .map(each => state.checkExport(each, module))
    .filter(each => each !== undefined);
  const program = state.program(module, exports);
  const unsupported = unsupportedDiagnostics(program, new Set(compiled));
  const diagnostics = [...state.diagnostics, ...unsupported].filter(
    each => each.severity === 'error' || each.span === undefined || each.span.file === module.file.source,
  );
  return { program, diagnostics };
}

/** The module and all it uses, each once, the used ones first. */
function reachable(module: Module, seen: Set<Module> = new Set()): Module[] {
  if (seen.has(module)) return [];
  seen.add(module);
  return [...module.uses.flatMap(each => reachable(each, seen)), module];
}

class ModuleCheck implements Checker {
  readonly diagnostics: Diagnostic[] = [];
  private readonly signatures = new Map<OperatorDeclaration, CheckedSignature>();
  private readonly shared = new Map<SharedParameter, TypedParameter>();
  private readonly patterns = new Map<PatternDeclaration, TypedPattern>();
  private readonly scans = new Map<ScanDeclaration, TypedScan>();
  private readonly bodies = new Map<OperatorSignature, TypedOperator>();
  private readonly sharedRead = new Set<SharedParameter>();

  signatureOf = (declaration: OperatorDeclaration, module: Module): OperatorSignature =>
    this.signature(declaration, module).signature;

  private signature(declaration: OperatorDeclaration, module: Module): CheckedSignature {
    const known = this.signatures.get(declaration);
    if (known !== undefined) return known;
    const made = checkSignature(declaration, module, this.context());
    this.signatures.set(declaration, made);
    return made;
  }

  sharedOf = (declaration: SharedParameter, module: Module): TypedParameter => {
    this.sharedRead.add(declaration);
    const known = this.shared.get(declaration);
    if (known !== undefined) return known;
    const scope = fileScope(module, this.context());
    const made = checkParameter(declaration.parameter, scope, module.qualifier);
    this.shared.set(declaration, made);
    return made;
  };

  patternOf = (declaration: PatternDeclaration, module: Module): TypedPattern => {
    const known = this.patterns.get(declaration);
    if (known !== undefined) return known;
    const made = checkPattern(declaration, fileScope(module, this.context()));
    this.patterns.set(declaration, made);
    return made;
  };

  private context(): Context {
    return newContext(this, this.diagnostics);
  }

  checkDeclarations(module: Module): void {
    const own = [...module.entities.values()].filter(each => each.module === module);
    for (const entity of own) this.checkEntity(entity);
    for (const entity of own) {
      if (entity.kind !== 'shared' || this.sharedRead.has(entity.declaration)) continue;
      const { name } = entity.declaration.parameter;
      this.sharedOf(entity.declaration, module);
      this.diagnostics.push(report(checking.unused, name.span, { name: name.text }));
    }
  }

  private checkEntity(entity: Entity): void {
    const { module } = entity;
    switch (entity.kind) {
      case 'op': {
        const signature = this.signature(entity.declaration, module);
        this.bodies.set(signature.signature, checkBody(entity.declaration, signature));
        break;
      }
      case 'scan':
        this.scans.set(entity.declaration, checkScan(entity.declaration, module, this.context()));
        break;
      case 'pattern':
        this.patternOf(entity.declaration, module);
        break;
      case 'shared':
      case 'broken':
        break;
    }
  }

  checkExport(node: ExportDeclaration, module: Module): TypedExport | undefined {
    const scope = fileScope(module, this.context());
    const sizes = node.sizes.map(size => checkSize(size, scope));
    const { text: name, span } = node.name;
    const entity = module.entities.get(name);
    if (entity?.kind === 'broken') return undefined;
    if (entity?.kind !== 'op' && entity?.kind !== 'scan') {
      const near = entity === undefined ? nearest(name, module.entities.keys()) : undefined;
      const details = { hint: near && `did you mean '${near}'?` };
      const diagnostic =
        entity === undefined
          ? report(checking.unknownName, span, { name }, details)
          : report(checking.wrongSort, span, { found: `'${name}'`, expected: 'an operator or a scan' });
      this.diagnostics.push(diagnostic);
      return undefined;
    }
    const binders = entity.declaration.binders.map(each => each.text);
    if (sizes.length !== binders.length) {
      const count = binders.length;
      const expected =
        count === 0 ? 'no sizes' : `${count} size${count === 1 ? '' : 's'} [${binders.join(', ')}]`;
      this.diagnostics.push(
        report(checking.wrongCount, node.span, { what: name, expected, found: sizes.length }),
      );
      return undefined;
    }
    const of = this.exported(entity);
    const { documentation } = node;
    return of && { alias: node.alias.text, documentation, of, sizes, span: node.span };
  }

  private exported(entity: Entity & { kind: 'op' | 'scan' }): TypedExport['of'] | undefined {
    if (entity.kind === 'op')
      return { kind: 'op', signature: this.signatureOf(entity.declaration, entity.module) };
    const scan = this.scans.get(entity.declaration);
    return scan && { kind: 'scan', scan };
  }

  program(module: Module, exports: readonly TypedExport[]): TypedProgram {
    const operators = new Map<string, OperatorSignature>();
    const scans = new Map<string, TypedScan>();
    const own: OperatorSignature[] = [];
    for (const [name, entity] of module.entities) {
      if (entity.kind === 'scan') {
        const scan = this.scans.get(entity.declaration);
        if (scan !== undefined) scans.set(name, scan);
      }
      if (entity.kind !== 'op') continue;
      const signature = this.signatureOf(entity.declaration, entity.module);
      operators.set(name, signature);
      if (entity.module === module) own.push(signature);
    }
    return { operators, scans, exports, own, bodies: this.bodies };
  }
}
