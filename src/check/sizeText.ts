/** Sizes in the user's symbols: `n/b`, `2^(k-1)`, `min(ceil(m, nb), ceil(n, nb))`. */
import type { Atom, Polynomial, Term } from './polynomial.ts';
import { add, constant, constantOf, multiply, type Size } from './symbolic.ts';

export const sizeText = (size: Size): string => text(size).words;

export const shapeText = (shape: readonly Size[]): string => `[${shape.map(sizeText).join(', ')}]`;

type Level = 'sum' | 'product' | 'atom';
interface Words {
  readonly words: string;
  readonly level: Level;
}

function text(size: Size): Words {
  const [top, bottom] = [size.top, size.bottom];
  const [a, b] = [top[0], bottom[0]];
  if (top.length === 1 && bottom.length === 1 && a !== undefined && b !== undefined)
    return quotientText(a, b);
  const upper = sumText(top);
  if (bottom.length === 1 && b?.factors.length === 0 && b.coefficient === 1) return upper;
  return {
    words: `${wrap(upper, 'sum')}/${wrap(sumText(bottom), 'product')}`,
    level: 'product',
  };
}

function sumText(polynomial: Polynomial): Words {
  // Positive terms first, those of more factors before others: the order must not depend on what was checked before.
  const [first, ...rest] = polynomial
    .map(term => ({ negative: term.coefficient < 0, factors: term.factors.length, ...termText(term) }))
    .sort(
      (a, b) => Number(a.negative) - Number(b.negative) || b.factors - a.factors || byText(a.words, b.words),
    );
  if (first === undefined) return { words: '0', level: 'atom' };
  if (rest.length === 0 && !first.negative) return first;
  const words = rest.map(each => ` ${each.negative ? '-' : '+'} ${each.words}`).join('');
  return { words: `${first.negative ? '-' : ''}${first.words}${words}`, level: 'sum' };
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const unit: Term = { key: '', coefficient: 1, factors: [] };

/** Names first, in the order of the alphabet. */
const byLevel = (a: Words, b: Words): number =>
  Number(a.words.includes('(')) - Number(b.words.includes('(')) || byText(a.words, b.words);

/** The size of a term, without its sign. */
const termText = (term: Term): Words =>
  quotientText({ ...term, coefficient: Math.abs(term.coefficient) }, unit);

/** One term over another: powers of one base are gathered, 2^k/2 is 2^(k-1). */
function quotientText(top: Term, bottom: Term): Words {
  const powers = new Map<string, { base: Size; exponent: Size }>();
  const [upper, lower]: [Words[], Words[]] = [[], []];
  const gather = (factors: Term['factors'], sign: number, plain: Words[]): void => {
    for (const [each, exponent] of factors) {
      if (each.kind !== 'power') {
        const own = atomText(each);
        plain.push(exponent === 1 ? own : { words: `${wrap(own, 'product')}^${exponent}`, level: 'product' });
        continue;
      }
      const key = sizeText(each.base);
      const known = powers.get(key)?.exponent ?? constant(0);
      const own = multiply(constant(sign * exponent), each.exponent);
      powers.set(key, { base: each.base, exponent: add(known, own) });
    }
  };
  gather(top.factors, 1, upper);
  gather(bottom.factors, -1, lower);
  for (const plain of [upper, lower]) plain.sort(byLevel);
  let [over, under] = [top.coefficient, bottom.coefficient];
  for (const [key, { base, exponent }] of powers) {
    const prime = constantOf(base) ?? 0;
    let shift = 0;
    for (; prime > 1 && over % prime === 0 && over !== 0; over /= prime) shift++;
    for (; prime > 1 && under % prime === 0; under /= prime) shift--;
    powers.set(key, { base, exponent: add(exponent, constant(shift)) });
  }
  for (const { base, exponent } of powers.values())
    upper.push({
      words: `${wrap(text(base), 'product')}^${wrap(text(exponent), 'product')}`,
      level: 'product',
    });
  if (over !== 1 || upper.length === 0) upper.unshift({ words: String(over), level: 'atom' });
  if (under !== 1) lower.unshift({ words: String(under), level: 'atom' });
  const numerator = upper.map(each => wrap(each, 'sum')).join('*');
  const level: Level = upper.length + lower.length > 1 ? 'product' : (upper[0]?.level ?? 'atom');
  if (lower.length === 0) return { words: numerator, level };
  const denominator = lower.map(each => wrap(each, 'sum')).join('*');
  return { words: `${numerator}/${lower.length > 1 ? `(${denominator})` : denominator}`, level };
}

/** Longer parts are cut: a size may hold the same atom many times over. */
const longest = 60;
const atomWords = new WeakMap<Atom, Words>();

function atomText(each: Atom): Words {
  const known = atomWords.get(each) ?? wordsOf(each);
  const words = known.words.length <= longest ? known : { words: '(...)', level: 'atom' as const };
  atomWords.set(each, words);
  return words;
}

function wordsOf(each: Atom): Words {
  switch (each.kind) {
    case 'name':
      return { words: each.name, level: 'atom' };
    case 'unknown':
      return { words: each.text, level: 'atom' };
    case 'power':
      return {
        words: `${wrap(text(each.base), 'product')}^${wrap(text(each.exponent), 'product')}`,
        level: 'product',
      };
    case 'function':
      return each.function === 'ceil' || each.function === 'min' || each.function === 'max'
        ? { words: `${each.function}(${sizeText(each.left)}, ${sizeText(each.right)})`, level: 'atom' }
        : { words: `(${wordsAround(each.left)} ${each.function} ${wordsAround(each.right)})`, level: 'atom' };
    case 'choice': {
      const { left, comparison, right } = each.condition;
      const condition = `${sizeText(left)} ${comparison} ${sizeText(right)}`;
      const words = `if ${condition} then ${sizeText(each.then)} else ${sizeText(each.otherwise)}`;
      return { words: `(${words})`, level: 'atom' };
    }
    case 'total': {
      const words = `the sum of ${sizeText(each.body)} over ${each.variable} < ${sizeText(each.bound)}`;
      return { words: `(${words})`, level: 'atom' };
    }
  }
}

/** In parentheses when it binds no tighter than `against`. */
function wrap({ words, level }: Words, against: 'sum' | 'product'): string {
  const loose = level === 'sum' || (against === 'product' && level === 'product');
  return loose ? `(${words})` : words;
}

const wordsAround = (size: Size): string => wrap(text(size), 'sum');
