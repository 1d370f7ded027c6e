/** Names of a kernel as identifiers of a target: legal characters, no reserved word, no two alike. */
import type { Kernel, Statement } from '../src/kernel/kernel.ts';

/** Gives each name one spelling, always the same; names asked for first keep theirs. */
export type Namer = (name: string) => string;

export function namer(reserved: Iterable<string>): Namer {
  const taken = new Set(reserved);
  const given = new Map<string, string>();
  return name => {
    const known = given.get(name);
    if (known !== undefined) return known;
    const stem = identifier(name);
    let spelling = stem;
    for (let count = 1; taken.has(spelling); count++) spelling = `${stem}_${count}`;
    taken.add(spelling);
    given.set(name, spelling);
    return spelling;
  };
}

function identifier(name: string): string {
  const legal = name.replaceAll(/[^A-Za-z0-9_]/g, '');
  return /^[A-Za-z_]/.test(legal) ? legal : `_${legal}`;
}

/** Every name a kernel binds, buffers and parameters first, then in order of appearance. */
export function boundNames(kernel: Kernel): string[] {
  const names = [...kernel.buffers, ...kernel.parameters].map(({ name }) => name);
  const visit = (statement: Statement): void => {
    if (statement.kind === 'declare' || statement.kind === 'load') names.push(statement.name);
    if (statement.kind === 'for') {
      names.push(statement.variable);
      statement.body.forEach(visit);
    }
    if (statement.kind === 'if') [...statement.then, ...statement.otherwise].forEach(visit);
  };
  kernel.body.forEach(visit);
  return names;
}

/** ECMAScript's words and the globals that printed functions use. */
export const javascriptReserved: readonly string[] = [
  'arguments',
  'async',
  'await',
  'break',
  'case',
  'catch',
  'class',
  'const',
  'continue',
  'debugger',
  'default',
  'delete',
  'do',
  'else',
  'enum',
  'eval',
  'export',
  'extends',
  'false',
  'finally',
  'for',
  'function',
  'get',
  'if',
  'implements',
  'import',
  'in',
  'instanceof',
  'interface',
  'let',
  'new',
  'null',
  'of',
  'package',
  'private',
  'protected',
  'public',
  'return',
  'set',
  'static',
  'super',
  'switch',
  'this',
  'throw',
  'true',
  'try',
  'typeof',
  'undefined',
  'var',
  'void',
  'while',
  'with',
  'yield',
  'Infinity',
  'NaN',
  'Math',
  'Float32Array',
  'Float64Array',
  'Int32Array',
  'erf',
  'parameters',
];
