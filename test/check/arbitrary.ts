/**
 * Random well-typed programs as text: leaves × combinators, maps, lets, calls, parameters with bindings and
 * defaults, at sizes 0, 1, primes and b ≠ n/b. A program is a function of a tape of numbers, one for each
 * choice; the tape that ends early chooses the simplest, so fast-check shrinks by shortening it, and a
 * campaign needs no more than a seed.
 */
import fc from 'fast-check';
import { leafOf } from './arbitraryLeaves.ts';
import type { GeneratedParameter, Size } from './arbitraryWriter.ts';
import { Writer } from './arbitraryWriter.ts';

export type { GeneratedParameter } from './arbitraryWriter.ts';

export interface GeneratedProgram {
  readonly text: string;
  /** The operator to compile, and the sizes of its binders. */
  readonly operator: string;
  readonly sizes: Readonly<Record<string, number>>;
  readonly rows: number;
  readonly columns: number;
  /** A map has no adjoint. */
  readonly isMap: boolean;
  /** Parameters by the name in the text, with what their values may be. */
  readonly parameters: readonly GeneratedParameter[];
  /** What the text contains: `leaf dense`, `combinator kron`, `step gelu`, `binding frozen`, `size 0`, ... */
  readonly features: readonly string[];
}

const pointwise = ['relu', 'gelu', 'gelu_tanh', 'silu', 'tanh', 'sigmoid'];

export function generateProgram(tape: readonly number[]): GeneratedProgram {
  const write = new Writer(tape);
  const [rows, columns] = write.oneIn(3) ? [write.size(), write.size()] : twice(write.size());
  const depth = 1 + write.below(3);
  const lets = Array.from({ length: write.below(3) }, (_, k) => {
    const [r, c] = write.oneIn(2) ? [rows, columns] : twice(write.size());
    write.feature('let');
    const value = operatorOf(write, r, c, 1);
    write.define({ name: `X${k}`, rows: r, columns: c });
    return `let X${k} = ${value}; `;
  });
  const linear = operatorOf(write, rows, columns, depth);
  const isMap = write.oneIn(3);
  const body = isMap ? `${linear}${steps(write, rows, columns)}` : linear;
  const { binders, parameters, declarations, library } = write;
  const list = declarations.map(each => each.text).join(', ');
  const brackets = binders.length === 0 ? '' : `[${binders.map(each => each.name).join(', ')}]`;
  const head = `op main${brackets}(${list}) : ${columns.text} -> ${rows.text}`;
  const text = [...library, `/// A random program.`, head, `  = ${lets.join('')}${body}`, ''].join('\n');
  for (const { value } of binders) if (value < 2) write.feature(`size ${value}`);
  return {
    text,
    operator: 'main',
    sizes: Object.fromEntries(binders.map(each => [each.name, each.value])),
    rows: rows.value,
    columns: columns.value,
    isMap,
    parameters,
    features: [...write.features].sort(),
  };
}

const twice = (size: Size): [Size, Size] => [size, size];

/** `|> bias(b) |> relu |> gate(...) |> ...`: at least one pointwise step; the width stays. */
function steps(write: Writer, rows: Size, columns: Size): string {
  const made: string[] = [];
  const count = 1 + write.below(3);
  for (let k = 0; k < count; k++) {
    if (write.oneIn(3)) made.push(write.used('step', 'bias', `bias(${write.real([rows])})`));
    const name = write.pick(pointwise);
    made.push(write.used('step', name, name));
    if (write.oneIn(4)) {
      const gated = operatorOf(write, rows, columns, 0);
      const gate = write.oneIn(3) ? `${gated} |> ${write.pick(pointwise)}` : gated;
      made.push(write.used('step', 'gate', `gate(${gate})`));
    }
    if (write.oneIn(4)) made.push(write.used('step', 'operator', operatorOf(write, rows, rows, 0)));
  }
  return made.map(step => ` |> ${step}`).join('');
}

/** An operator columns -> rows. */
export function operatorOf(write: Writer, rows: Size, columns: Size, depth: number): string {
  const known = write.lets.filter(each => each.rows.text === rows.text && each.columns.text === columns.text);
  if (known.length > 0 && write.oneIn(3)) return write.pick(known).name;
  if (depth <= 0) return leafOf(write, rows, columns);
  const choices = combinators(write, rows, columns, depth - 1);
  const [name, make] = write.pick(choices);
  return name === 'leaf' ? make() : write.used('combinator', name, make());
}

type Choice = readonly [string, () => string];

function combinators(write: Writer, rows: Size, columns: Size, depth: number): Choice[] {
  const of = (r: Size, c: Size): string => operatorOf(write, r, c, depth);
  const same = (): string => of(rows, columns);
  const between = (): Size => write.size();
  const choices: Choice[] = [
    ['leaf', () => leafOf(write, rows, columns)],
    [
      'product',
      () => {
        const middle = between();
        return `${factor(of(rows, middle))} * ${factor(of(middle, columns))}`;
      },
    ],
    ['sum', () => `(${same()} + ${factor(same())})`],
    ['difference', () => `(${same()} - ${factor(same())})`],
    ['negative', () => `(-${factor(same())})`],
    ['multiple', () => `${write.number()} * ${factor(same())}`],
    ['quotient', () => `${factor(same())} / ${write.pick(['2', '0.5', '(1 + 3)'])}`],
    ['adjoint', () => `${factor(of(columns, rows))}'`],
    ['transpose', () => `transpose(${of(columns, rows)})`],
    ['offdiag', () => `offdiag(${same()})`],
    ['stack sum', () => `sum(${same()}, ${same()})`],
    ['indexed sum', () => `(sum(i < ${write.below(4)}) ${write.indexed('i', 4, rows, columns)})`],
    ['choice', () => `(if ${write.condition()} then ${same()} else ${same()})`],
    ['call', () => call(write, rows, columns)],
    ...stacks(write, rows, columns, of),
  ];
  if (rows.text === columns.text) {
    choices.push(
      ['power', () => `${factor(same())}^${write.below(3)}`],
      ['indexed product', () => `(prod(i < ${write.below(3)}) ${write.indexed('i', 3, rows, columns)})`],
      ['inverse', () => write.packed(() => `inv(${invertible(write, rows, 2)})`)],
      ['assume', () => `assume orthogonal(reverse(${rows.text}))`],
      ['gram', () => gram(write, rows, depth)],
    );
  }
  return choices;
}

function gram(write: Writer, rows: Size, depth: number): string {
  const inner = factor(operatorOf(write, write.size(), rows, Math.min(depth, 0)));
  return `${inner}' * ${inner}`;
}

/** Sums of sizes and products of sizes, also the plain 0 + n and 1·n. */
function stacks(write: Writer, rows: Size, columns: Size, of: (r: Size, c: Size) => string): Choice[] {
  const [[r1, r2], [c1, c2]] = [write.summands(rows), write.summands(columns)];
  const [[p, q], [s, t]] = [write.factors(rows), write.factors(columns)];
  const index = write.literal(2);
  const halves: Choice[] =
    rows.pair !== undefined && columns.pair !== undefined
      ? [
          [
            'indexed dsum',
            () =>
              `(dsum(i < 2) ${write.indexed('i', index.value, rows.pair ?? rows, columns.pair ?? columns)})`,
          ],
        ]
      : [];
  return [
    ...halves,
    ['dsum', () => `dsum(${of(r1, c1)}, ${of(r2, c2)})`],
    ['hstack', () => `hstack(${of(rows, c1)}, ${of(rows, c2)})`],
    ['vstack', () => `vstack(${of(r1, columns)}, ${of(r2, columns)})`],
    ['block', () => `[${of(r1, c1)}, ${of(r1, c2)}; ${of(r2, c1)}, ${of(r2, c2)}]`],
    ['kron', () => `kron(${of(p, s)}, ${of(q, t)})`],
  ];
}

/** One of the operators of the library, written once at the head of the text. */
function call(write: Writer, rows: Size, columns: Size): string {
  const [a, b] = write.factors(rows);
  if (rows.text === columns.text && write.oneIn(2)) {
    write.require(
      'op grid[r, c](L: [r, c, c], R: [c, r, r]) : r*c -> r*c = swap(r, c) * blockdiag(L) * swap(c, r) * blockdiag(R)',
    );
    return `grid[${a.text}, ${b.text}](${write.real([a, b, b])}, ${write.real([b, a, a])})`;
  }
  if (write.oneIn(2)) {
    write.require('op times[p, q, k](W: [p, q], k: []) : q -> p = k * dense(W)'.replace(', k]', ']'));
    return `times[${rows.text}, ${columns.text}](${write.real([rows, columns])}, ${write.real([])})`;
  }
  write.require(
    'op deep[p, q, k](U: [p, q]) : q -> p = if k == 0 then dense(U) else dense(U) + deep[p, q, k-1](U)',
  );
  return `deep[${rows.text}, ${columns.text}, ${write.below(3)}](${write.real([rows, columns])})`;
}

/** An operator with an inverse that the rules reach. */
function invertible(write: Writer, n: Size, depth: number): string {
  const inner = (): string => factor(invertible(write, n, depth - 1));
  const choices: Choice[] = [
    ['identity', () => `I(${n.text})`],
    ['diagonal', () => `diag(exp(${write.real([n])}))`],
    ['reverse', () => `reverse(${n.text})`],
    ['triangle', () => `${write.pick(['unitlower', 'unitupper'])}(0.3 * ${write.real([n, n])})`],
    ['permutation', () => `perm(${write.permutation(n)})`],
  ];
  if (n.value > 0) choices.push(['householder', () => `householder(1 + exp(${write.real([n])}))`]);
  if (depth > 0)
    choices.push(
      ['product', () => `${inner()} * ${inner()}`],
      ['inverse', () => `inv(${inner()})`],
      ['adjoint', () => `${inner()}'`],
    );
  const [name, make] = write.pick(choices);
  return write.used('inverse of', name, make());
}

/** In parentheses unless it is one word or one call already. */
const factor = (text: string): string => (/^[A-Za-z_0-9]+$/.test(text) ? text : `(${text})`);

const tapes: fc.Arbitrary<number[]> = fc.array(fc.nat(2 ** 20), {
  minLength: 10,
  maxLength: 160,
  size: 'max',
});

export const programs: fc.Arbitrary<GeneratedProgram> = tapes.map(generateProgram);
