/** Names of the functions by which a generated module creates its operators, for the module and its declarations. */
export interface Creator {
  /** `createMonarch1k`, `createMonarch1kSync`, `create`, `createSync`. */
  readonly name: string;
  readonly kind: 'Module' | 'Operator';
  /** The one operator it creates. */
  readonly operator: string | undefined;
  readonly synchronous: boolean;
}

export function creators(operators: readonly { readonly name: string }[]): Creator[] {
  const nameOf = distinct([]);
  const both = (name: string, kind: Creator['kind'], operator?: string): Creator[] =>
    [false, true].map(synchronous => ({
      name: nameOf(synchronous ? `${name}Sync` : name),
      kind,
      operator,
      synchronous,
    }));
  return [
    ...both('create', 'Module'),
    ...operators.flatMap(({ name }) => both(`create${capitalised(name)}`, 'Operator', name)),
  ];
}

/** `monarch1k` → `Monarch1k`. */
export const capitalised = (name: string): string => name.slice(0, 1).toUpperCase() + name.slice(1);

/** A new name for each call: the stem, numbered where it was taken (`foo` and `Foo` both give `createFoo`). */
export function distinct(reserved: readonly string[]): (stem: string) => string {
  const taken = new Set(reserved);
  return stem => {
    let name = stem;
    for (let count = 2; taken.has(name); count++) name = `${stem}${count}`;
    taken.add(name);
    return name;
  };
}
