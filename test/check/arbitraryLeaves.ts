/** Leaves of given sizes, in symbols. */
import type { Size, Writer } from './arbitraryWriter.ts';

type Leaf = readonly [string, () => string];

export function leafOf(write: Writer, rows: Size, columns: Size): string {
  const choices = [...rectangular(write, rows, columns), ...sparse(write, rows, columns)];
  if (rows.text === columns.text) choices.push(...square(write, rows));
  const [name, make] = write.pick(choices);
  return write.used('leaf', name, make());
}

function rectangular(write: Writer, rows: Size, columns: Size): Leaf[] {
  const [m, n] = [rows.text, columns.text];
  const matrix = (): string => write.real([rows, columns]);
  const rank = (): Size => write.literal(write.below(3));
  const leaves: Leaf[] = [
    ['dense', () => `dense(${matrix()})`],
    ['zeros', () => `zeros(${m}, ${n})`],
    [
      'lowrank',
      () => {
        const r = rank();
        return `lowrank(${write.real([rows, r])}, ${write.real([columns, r])})`;
      },
    ],
    ['lower', () => `lower(${matrix()})`],
    ['upper', () => `upper(${matrix()})`],
    ['unitlower', () => `unitlower(${matrix()})`],
    ['unitupper', () => `unitupper(${matrix()})`],
    ['vandermonde', () => `vandermonde(0.7 * tanh(${write.real([rows])}), ${n})`],
    ['blockdiag', () => `blockdiag(${write.real([write.literal(1), rows, columns])})`],
  ];
  if (rows.value > 0 && columns.value > 0) {
    leaves.push(['toeplitz', () => `toeplitz(${write.real([rows])}, ${write.real([columns])})`]);
    leaves.push(['take', () => `take(${n}, ${write.indices(rows, columns.value)})`]);
  }
  if (rows.value >= columns.value) leaves.push(['pad', () => `pad(${m}, ${n})`]);
  else leaves.push(['pad', () => `pad(${n}, ${m})'`]);
  const [k, p] = rows.factors ?? [];
  const [l, q] = columns.factors ?? [];
  if (k !== undefined && p !== undefined && q !== undefined && k.text === l?.text)
    leaves.push(['blockdiag', () => `blockdiag(${write.real([k, p, q])})`]);
  return leaves;
}

/** Patterns have sizes that are numbers. */
function sparse(write: Writer, rows: Size, columns: Size): Leaf[] {
  const plain = /^[1-9]$/;
  if (!plain.test(rows.text) || !plain.test(columns.text)) return [];
  return [
    [
      'sparse',
      () => {
        const places = [0, 1, 2].map(k => (k * 5 + write.below(7)) % (rows.value * columns.value));
        const entries = [...new Set(places)].map(
          place => `${Math.floor(place / columns.value)} -> ${place % columns.value}`,
        );
        const name = `g${write.library.length}`;
        write.require(`pattern ${name}[${rows.text}, ${columns.text}] { ${entries.join(', ')} }`);
        return `sparse(${name}, ${write.real([write.literal(entries.length)])})`;
      },
    ],
  ];
}

function square(write: Writer, size: Size): Leaf[] {
  const n = size.text;
  const vector = (): string => write.real([size]);
  const [r, c] = write.factors(size);
  const leaves: Leaf[] = [
    ['I', () => `I(${n})`],
    ['diag', () => `diag(${vector()})`],
    ['perm', () => `perm(${write.permutation(size)})`],
    ['signed', () => `signed(${write.permutation(size)}, ${vector()})`],
    ['reverse', () => `reverse(${n})`],
    ['rotate', () => `rotate(${n}, ${write.below(5)} - 2)`],
    ['swap', () => `swap(${r.text}, ${c.text})`],
    ['permute', () => `permute("a b -> b a", ${r.text}, ${c.text})`],
    ['permute', () => `permute("a b c -> c a b", ${r.text}, 1, ${c.text})`],
    ['reflect', () => `reflect(${vector()}, ${write.real([])})`],
  ];
  if (c.value > 0) leaves.push(['stride', () => `stride(${n}, ${c.text})`]);
  if (size.value > 0)
    leaves.push(
      ['householder', () => `householder(1 + exp(${vector()}))`],
      ['circulant', () => `circulant(${vector()})`],
      ['dct', () => `dct(${n})`],
    );
  if (size.powerOfTwo === true)
    leaves.push(['hadamard', () => `hadamard(${n})`], ['bitrev', () => `bitrev(${n})`]);
  return leaves;
}
