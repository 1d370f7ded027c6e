/** Names of the functions by which a generated module creates its operators, for the module and its declarations. */
export interface Creator {
  /** `createMonarch1k`, `createMonarch1kSync`, `createMonarch1kOnGpu`, and `create` of each for the whole module. */
  readonly name: string;
  readonly kind: 'Module' | 'Operator';
  /** The one operator it creates. */
  readonly operator: string | undefined;
  readonly way: Way;
}

/**
 * WebGPU has functions of its own rather than an option of the others: a bundler drops what is not called,
 * and calls are asynchronous there, which types tell only by the function.
 */
export type Way = '' | 'Sync' | 'OnGpu';

export interface Targets {
  readonly wasm: object | undefined;
  readonly gpu: object | undefined;
}

export function creators(operators: readonly { readonly name: string }[], { wasm, gpu }: Targets): Creator[] {
  const nameOf = distinct([]);
  const ways: readonly Way[] = [
    ...(wasm ? (['', 'Sync'] as const) : []),
    ...(gpu ? (['OnGpu'] as const) : []),
  ];
  const all = (name: string, kind: Creator['kind'], operator?: string): Creator[] =>
    ways.map(way => ({ name: nameOf(`${name}${way}`), kind, operator, way }));
  return [
    ...all('create', 'Module'),
    ...operators.flatMap(({ name }) => all(`create${capitalised(name)}`, 'Operator', name)),
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
