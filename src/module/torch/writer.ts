/** The body of a function of Python as it is written: statements in order, names that are free, values named once. */
import { type Namer, namer } from '../../../codegen/names.ts';
import { assigned, atom, type Python, textOf } from '../../../codegen/python.ts';
import { pythonReserved } from '../../../codegen/torch/words.ts';

export interface Writer {
  readonly lines: string[];
  /** A name that nothing has. */
  readonly fresh: (stem: string) => string;
  /** Gives a value a name; a name stays what it is. */
  readonly assign: (stem: string, value: Python) => Python;
  /** The same for what may be asked for again under one key. */
  readonly once: (key: string, stem: string, value: () => Python) => Python;
  /** Says something once. */
  readonly say: (key: string, lines: () => readonly string[]) => void;
}

export function newWriter(taken: Iterable<string>): Writer {
  const lines: string[] = [];
  const known = new Map<string, Python>();
  const said = new Set<string>();
  /** Names by what they stand for: nothing is said twice. */
  const values = new Map<string, string>();
  const nameOf: Namer = namer([...pythonReserved, ...taken]);
  let count = 0;
  const fresh = (stem: string): string => {
    // A namer gives equal names one spelling: a sign that no identifier has makes them different.
    count++;
    return nameOf(`${stem}${' '.repeat(count)}`);
  };
  const assign = (stem: string, value: Python): Python => {
    if (value.kind === 'atom') return value;
    const text = textOf(value);
    const name = values.get(text) ?? fresh(stem);
    if (!values.has(text)) lines.push(...assigned(name, value));
    values.set(text, name);
    return atom(name);
  };
  return {
    lines,
    fresh,
    assign,
    once: (key, stem, value) => {
      const made = known.get(key) ?? assign(stem, value());
      known.set(key, made);
      return made;
    },
    say: (key, text) => {
      if (said.has(key)) return;
      said.add(key);
      lines.push(...text());
    },
  };
}
