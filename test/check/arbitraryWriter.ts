/**
 * What a random program is written with: a tape of choices, sizes in symbols with their values, parameters
 * as needed.
 */

export interface Size {
  readonly text: string;
  readonly value: number;
  /** Sizes whose product it is, in symbols: (n/b)·b is n. */
  readonly factors?: readonly [Size, Size];
  /** Half of it, where it is written as twice a size. */
  readonly pair?: Size;
  /** Where it is written as a sum. */
  readonly summands?: readonly [Size, Size];
  readonly powerOfTwo?: boolean;
}

export interface GeneratedParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: 'real' | 'permutation' | { readonly below: number };
}

export interface Let {
  readonly name: string;
  readonly rows: Size;
  readonly columns: Size;
}

const smallSizes = [2, 3, 1, 4, 5, 0, 7, 6];
const bindings = ['', 'learned', 'frozen', 'static', 'call'];

export class Writer {
  readonly features = new Set<string>();
  readonly binders: { readonly name: string; readonly value: number }[] = [];
  readonly parameters: GeneratedParameter[] = [];
  readonly declarations: { readonly text: string }[] = [];
  readonly library: string[] = [];
  readonly lets: Let[] = [];
  private readonly sizes: Size[] = [];
  private readonly tape: readonly number[];
  private position = 0;
  private bindings = bindings;

  constructor(tape: readonly number[]) {
    this.tape = tape;
    this.sizes.push(this.literal(this.pick(smallSizes)));
    for (const name of ['n', 'm']) if (this.oneIn(2) || name === 'n') this.sizes.push(this.divisible(name));
    if (this.oneIn(3)) this.sizes.push(this.powerOfTwo());
    this.sizes.push(...this.derived());
  }

  // ------------------------------------------------------------------------------------------------- choices

  /** From 0 to bound - 1; 0 once the tape has ended. */
  below(bound: number): number {
    const value = this.tape[this.position] ?? 0;
    this.position++;
    return value % bound;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error('nothing to pick');
    return item;
  }

  /** Never once the tape has ended. */
  oneIn(count: number): boolean {
    return this.below(count) === count - 1 && count > 1;
  }

  feature(name: string): void {
    this.features.add(name);
  }

  used(kind: string, name: string, text: string): string {
    this.feature(`${kind} ${name}`);
    return text;
  }

  // --------------------------------------------------------------------------------------------------- sizes

  literal = (value: number): Size => ({
    text: String(value),
    value,
    powerOfTwo: value > 0 && Number.isInteger(Math.log2(value)),
  });

  size(): Size {
    return this.pick(this.sizes);
  }

  /** `n` with a divisor `nb`: n is (n/nb)·nb. */
  private divisible(name: string): Size {
    const [quotient, divisor] = [this.pick(smallSizes), Math.max(1, this.pick(smallSizes.slice(0, 5)))];
    const own = `${name}b`;
    this.binders.push({ name, value: quotient * divisor }, { name: own, value: divisor });
    this.feature('size quotient');
    return {
      text: name,
      value: quotient * divisor,
      factors: [
        { text: `${name}/${own}`, value: quotient },
        { text: own, value: divisor },
      ],
    };
  }

  private powerOfTwo(): Size {
    const k = 1 + this.below(3);
    this.binders.push({ name: 'k', value: k });
    this.feature('size power');
    const half = { text: '2^(k-1)', value: 2 ** (k - 1), powerOfTwo: true };
    return { text: '2^k', value: 2 ** k, factors: [this.literal(2), half], powerOfTwo: true };
  }

  private derived(): Size[] {
    const [first, second] = [this.size(), this.size()];
    const made: Size[] = [];
    if (this.oneIn(3))
      made.push({
        text: `(${first.text} + ${second.text})`,
        value: first.value + second.value,
        summands: [first, second],
      });
    if (this.oneIn(3))
      made.push({
        text: `2*${second.text}`,
        value: 2 * second.value,
        pair: second,
        factors: [this.literal(2), second],
      });
    if (this.oneIn(4))
      made.push({ text: `max(${first.text}, ${second.text})`, value: Math.max(first.value, second.value) });
    return made;
  }

  /** Two sizes whose product is the size. */
  factors(size: Size): readonly [Size, Size] {
    const one = this.literal(1);
    return size.factors ?? (this.oneIn(2) ? [size, one] : [one, size]);
  }

  summands(size: Size): readonly [Size, Size] {
    const none = this.literal(0);
    return size.summands ?? (this.oneIn(2) ? [size, none] : [none, size]);
  }

  condition(): string {
    const { text } = this.pick(this.sizes);
    return `${text} ${this.pick(['==', '!=', '<', '<=', '>', '>='])} ${this.below(4)}`;
  }

  // ---------------------------------------------------------------------------------------------- parameters

  private parameter(
    shape: readonly Size[],
    values: GeneratedParameter['values'],
    dtype: string,
    fallback: string,
  ): string {
    const name = `w${this.parameters.length}`;
    const binding = this.pick(this.bindings);
    if (binding !== '') this.feature(`binding ${binding}`);
    const dims = shape.map(each => each.text).join(', ');
    const before = binding === '' ? name : `${binding} ${name}`;
    this.declarations.push({ text: `${before}: ${dtype}[${dims}]${fallback}` });
    this.parameters.push({ name, shape: shape.map(each => each.value), values });
    return name;
  }

  /** A tensor of real numbers: a parameter, or an expression of parameters. */
  real(shape: readonly Size[]): string {
    const plain = (): string => {
      const dtype = this.pick(['', '', 'f32', 'f16', 'bf16']);
      if (dtype !== '') this.feature(`dtype ${dtype}`);
      const fallback = this.pick([
        '',
        '',
        '',
        ` = normal("g", 0.5)`,
        ' = uniform("u")',
        ' = signs("s")',
        ' = 0.25',
      ]);
      if (fallback !== '') this.feature('default');
      return this.parameter(shape, 'real', dtype, fallback);
    };
    const longer = (dim: Size): Size => ({ text: `${dim.text} + 1`, value: dim.value + 1 });
    const [leading] = shape;
    const forms: (readonly [string, () => string])[] = [
      ['parameter', plain],
      ['negative', () => `(-${plain()})`],
      ['multiple', () => `${this.number()} * ${plain()}`],
      ['sum', () => `(${plain()} + ${plain()})`],
      ['product', () => `(${plain()} * ${plain()})`],
      [
        'function',
        () =>
          `${this.pick(['exp', 'tanh', 'sin', 'cos', 'sigmoid', 'softplus', 'relu', 'silu', 'abs'])}(${plain()})`,
      ],
      ['two functions', () => `${this.pick(['min', 'max'])}(${plain()}, ${this.number()})`],
      ['slice', () => `${this.parameter([this.literal(3), ...shape], 'real', '', '')}[${this.below(3)}]`],
    ];
    if (leading !== undefined) {
      forms.push(['normalize', () => `normalize(${plain()})`]);
      forms.push([
        'range',
        () => {
          const rest = shape
            .slice(1)
            .map(() => ', ..')
            .join('');
          const whole = this.parameter([longer(leading), ...shape.slice(1)], 'real', '', '');
          return `${whole}[1..${leading.text} + 1${rest}]`;
        },
      ]);
    }
    if (shape.length === 1 && leading !== undefined)
      forms.push(['tabulate', () => `(tabulate(t < ${leading.text}) (t + 1)/(t % 3 + 2))`]);
    if (shape.length === 2 && shape[1] !== undefined && leading !== undefined)
      forms.push([
        'outer',
        () =>
          `outer(${this.parameter([leading], 'real', '', '')}, ${this.parameter(shape.slice(1), 'real', '', '')})`,
      ]);
    const [name, make] = this.oneIn(2) ? this.pick(forms) : (forms[0] ?? ['parameter', plain]);
    return this.used('tensor', name, make());
  }

  /** A parameter [count, rows, columns], its slice at an index variable as an operator. */
  indexed(variable: string, count: number, rows: Size, columns: Size): string {
    return `dense(${this.parameter([this.literal(count), rows, columns], 'real', '', '')}[${variable}])`;
  }

  permutation(n: Size): string {
    return this.parameter([n], 'permutation', 'index', this.pick(['', ' = permutation("p")']));
  }

  indices(count: Size, bound: number): string {
    return this.parameter([count], { below: bound }, 'index', '');
  }

  /** Text whose parameters are known before the call. */
  packed(write: () => string): string {
    const before = this.bindings;
    this.bindings = bindings.filter(each => each !== 'call');
    const text = write();
    this.bindings = before;
    return text;
  }

  number(): string {
    return this.pick(['2', '0.5', '-1', '0', '3/4', '2^(1/2)', 'pi', '(1 - 4)']);
  }

  define(each: Let): void {
    this.lets.push(each);
  }

  require(declaration: string): void {
    if (!this.library.includes(declaration)) this.library.push(declaration);
  }
}
