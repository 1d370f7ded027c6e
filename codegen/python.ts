/**
 * Python as trees: expressions with the brackets that their operators need, and statements laid out as black lays them
 * out, on lines of 100 characters.
 */
import { at } from '../src/core/invariant.ts';

export type Python =
  | { readonly kind: 'atom'; readonly text: string }
  | { readonly kind: 'attribute'; readonly of: Python; readonly name: string }
  | {
      readonly kind: 'bracketed';
      /** What is called or indexed; nothing for a tuple or a list. */
      readonly of: Python | undefined;
      readonly brackets: '()' | '[]';
      readonly items: readonly Item[];
    }
  | { readonly kind: 'unary'; readonly sign: string; readonly operand: Python; readonly level: number }
  | {
      readonly kind: 'binary';
      readonly sign: string;
      readonly left: Python;
      readonly right: Python;
      readonly level: number;
    };

interface Item {
  readonly name?: string;
  readonly value: Python;
}

// ----------------------------------------------------------------------------------------------------- constructors

export const atom = (text: string): Python => ({ kind: 'atom', text });

export const attribute = (of: Python, name: string): Python => ({ kind: 'attribute', of, name });

/** `torch.einsum`, `x`: names with points as they stand; arguments may be numbers. */
export const call = (of: Python | string, ...given: readonly (Python | number)[]): Python =>
  bracketed(typeof of === 'string' ? atom(of) : of, '()', given);

export const method = (of: Python, name: string, ...given: readonly (Python | number)[]): Python =>
  call(attribute(of, name), ...given);

/** The same call with `name=value` behind its arguments. */
export function named(made: Python, given: Readonly<Record<string, Python>>): Python {
  if (made.kind !== 'bracketed') return made;
  const items = Object.entries(given).map(([name, value]) => ({ name, value }));
  return { ...made, items: [...made.items, ...items] };
}

export const subscript = (of: Python, ...items: readonly (Python | number)[]): Python =>
  bracketed(of, '[]', items);

export const tuple = (...items: readonly (Python | number)[]): Python => bracketed(undefined, '()', items);

export const list = (...items: readonly (Python | number)[]): Python => bracketed(undefined, '[]', items);

export const number = (value: number): Python => {
  const text = numberText(value);
  return text.startsWith('-') ? unary('-', atom(text.slice(1))) : atom(text);
};

/** A float, with a point even where it is whole. */
export const float = (value: number): Python =>
  Number.isInteger(value) && Math.abs(value) < 1e16 ? number2(`${numberText(value)}.0`) : number(value);

const number2 = (text: string): Python =>
  text.startsWith('-') ? unary('-', atom(text.slice(1))) : atom(text);

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'math.nan';
  if (!Number.isFinite(value)) return value < 0 ? '-math.inf' : 'math.inf';
  return Object.is(value, -0) ? '-0.0' : String(value);
}

export const string = (text: string): Python => atom(JSON.stringify(text));

const bracketed = (
  of: Python | undefined,
  brackets: '()' | '[]',
  given: readonly (Python | number)[],
): Python => ({
  kind: 'bracketed',
  of,
  brackets,
  items: given.map(each => ({ value: typeof each === 'number' ? number(each) : each })),
});

/** How tightly signs bind. */
const levels = {
  '<': 6,
  '==': 6,
  '!=': 6,
  '&': 9,
  '+': 11,
  '-': 11,
  '*': 12,
  '/': 12,
  '//': 12,
  '%': 12,
  '@': 12,
  '**': 14,
};
type Sign = keyof typeof levels;
const unaryLevel = 13;
const trailerLevel = 16;

export const binary = (left: Python, sign: Sign, right: Python): Python => ({
  kind: 'binary',
  sign,
  left,
  right,
  level: levels[sign],
});

export const unary = (sign: '-' | '~', operand: Python): Python => ({
  kind: 'unary',
  sign,
  operand,
  level: unaryLevel,
});

// ------------------------------------------------------------------------------------------------------ on one line

const levelOf = (node: Python): number =>
  node.kind === 'binary' || node.kind === 'unary' ? node.level : trailerLevel;

/** Whole numbers take no point behind them. */
const isNumber = (node: Python): boolean => node.kind === 'atom' && /^\d/.test(node.text);

const within = (node: Python, level: number): string =>
  levelOf(node) < level ? `(${textOf(node)})` : textOf(node);

export function textOf(node: Python): string {
  switch (node.kind) {
    case 'atom':
      return node.text;
    case 'attribute':
      return `${isNumber(node.of) ? `(${textOf(node.of)})` : within(node.of, trailerLevel)}.${node.name}`;
    case 'bracketed': {
      const [open, close] = node.brackets;
      const comma = isTuple(node) && node.items.length === 1 ? ',' : '';
      return `${headOf(node)}${open}${node.items.map(itemText).join(', ')}${comma}${close}`;
    }
    case 'unary':
      return `${node.sign}${within(node.operand, node.level)}`;
    case 'binary': {
      const [left, right] = node.sign === '**' ? [node.level + 1, node.level] : [node.level, node.level + 1];
      const sign =
        node.sign === '**' && isSimple(node.left) && isSimple(node.right) ? '**' : ` ${node.sign} `;
      return `${within(node.left, left)}${sign}${within(node.right, right)}`;
    }
  }
}

/** Powers of these stand close together. */
const isSimple = (node: Python): boolean =>
  node.kind === 'atom' || (node.kind === 'attribute' && isSimple(node.of));

type Bracketed = Python & { readonly kind: 'bracketed' };

const isTuple = ({ of, brackets }: Bracketed): boolean => of === undefined && brackets === '()';

const headOf = ({ of }: Bracketed): string => (of === undefined ? '' : within(of, trailerLevel));

const itemText = ({ name, value }: Item): string =>
  name === undefined ? textOf(value) : `${name}=${textOf(value)}`;

// --------------------------------------------------------------------------------------------------- on several lines

const width = 100;

/** `before` an expression `after`, at an indent: on one line, or its last large bracket opened. */
export function laidOut(before: string, node: Python, after: string, indent: string): string[] {
  const line = `${indent}${before}${textOf(node)}${after}`;
  if (line.length <= width) return [line];
  switch (node.kind) {
    case 'attribute':
      return laidOut(before, node.of, `.${node.name}${after}`, indent);
    case 'bracketed':
      return opened(before, node, after, indent);
    case 'binary': {
      const inner = `${indent}    `;
      const terms = termsOf(node, node.level);
      const lines = terms.flatMap(({ sign, term }) =>
        laidOut(sign === '' ? '' : `${sign} `, term, '', inner),
      );
      return [`${indent}${before}(`, ...lines, `${indent})${after}`];
    }
    case 'atom':
    case 'unary':
      return [line];
  }
}

/** What stands between the signs of one level. */
function termsOf(node: Python, level: number, sign = ''): { readonly sign: string; readonly term: Python }[] {
  if (node.kind !== 'binary' || node.level !== level) return [{ sign, term: node }];
  return [...termsOf(node.left, level, sign), { sign: node.sign, term: node.right }];
}

function opened(before: string, node: Bracketed, after: string, indent: string): string[] {
  const [open, close] = [...node.brackets];
  const flat = node.items.map(itemText).join(', ');
  // A short call at the end of a chain stays closed.
  if (node.of !== undefined && flat.length < 16 && hasBracket(node.of))
    return laidOut(before, node.of, `${open}${flat}${close}${after}`, indent);
  const inner = `${indent}    `;
  const head = `${indent}${before}${headOf(node)}${open}`;
  const last = `${indent}${close}${after}`;
  if (inner.length + flat.length <= width && !isTuple(node)) return [head, inner + flat, last];
  const items = node.items.flatMap(({ name, value }) =>
    laidOut(name === undefined ? '' : `${name}=`, value, ',', inner),
  );
  return [head, ...items, last];
}

const hasBracket = (node: Python): boolean =>
  node.kind === 'bracketed' ? true : node.kind === 'attribute' && hasBracket(node.of);

/** Statements of a function, whose body is indented. */
export const assigned = (name: string, value: Python): string[] => inFunction(`${name} = `, value);

export const returned = (value: Python): string[] => inFunction('return ', value);

const inFunction = (before: string, value: Python): string[] =>
  laidOut(before, value, '', '    ').map(line => line.slice(4));

export const indented = (lines: readonly string[], by = '    '): string[] =>
  lines.map(line => (line === '' ? '' : by + line));

/** A call or a definition whose arguments are texts: on one line, or each on its own. */
export function listed(head: string, items: readonly string[], tail: string, indent = ''): string[] {
  const line = `${indent}${head}${items.join(', ')}${tail}`;
  if (line.length <= width) return [line];
  const inner = `${indent}    `;
  const together = `${inner}${items.join(', ')}`;
  if (together.length <= width) return [`${indent}${head}`, together, `${indent}${tail}`];
  return [`${indent}${head}`, ...items.map(each => `${inner}${each},`), `${indent}${tail}`];
}

// ------------------------------------------------------------------------------------------------------------- words

/** Text that fits between three quotes. */
export const quotable = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"""', '\\"\\"\\"');

/** Lines of at most so many characters, broken at blanks. */
export function filledLines(text: string, most: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter(each => each !== '')) {
    const line = lines.at(-1);
    if (line === undefined || line.length + word.length + 1 > most) lines.push(word);
    else lines[lines.length - 1] = `${at(lines, lines.length - 1)} ${word}`;
  }
  return lines;
}
