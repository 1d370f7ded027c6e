/** WebAssembly text: random kernels run as the kernel interpreter says, and the text is what one would write. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assemble } from '../../codegen/assemble.ts';
import { printWat } from '../../codegen/wat.ts';
import { at } from '../../src/core/invariant.ts';
import {
  add,
  assign,
  declare,
  f32,
  f32x4,
  literal,
  load,
  loop,
  multiply,
  operation,
  store,
  variable,
} from '../../src/kernel/build.ts';
import { interpret } from '../../src/kernel/interpret.ts';
import type { Buffer, Expression, Kernel, Statement } from '../../src/kernel/kernel.ts';
import { verifyKernel } from '../../src/kernel/verify.ts';

const elements = 96;
const buffer = (name: string): Buffer => ({
  name,
  scalar: 'f32',
  extent: { fixed: elements, perUnit: 0, parameter: undefined },
  space: 'global',
  access: 'readWrite',
  comment: '',
});

const kernelOf = (body: readonly Statement[]): Kernel => ({
  name: 'k',
  comment: [],
  buffers: [buffer('a'), buffer('b')],
  parameters: [],
  body,
});

/** Runs the kernel both ways on the same numbers and gives both contents of both buffers. */
async function bothWays(kernel: Kernel): Promise<[Float32Array, Float32Array]> {
  const start = Float32Array.from({ length: 2 * elements }, (_, i) => Math.fround(Math.sin(i + 1)));
  const expected = start.slice();
  const [a, b] = [expected.subarray(0, elements), expected.subarray(elements)];
  interpret(kernel, { a, b }, {});
  const memory = new WebAssembly.Memory({ initial: 1 });
  const base = 64;
  const actual = new Float32Array(memory.buffer, base, 2 * elements);
  actual.set(start);
  const bytes = await assemble('k', printWat([kernel], { comment: [] }), false);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(bytes)), {
    env: { memory },
  });
  (exports['k'] as (a: number, b: number) => void)(base, base + elements * 4);
  return [expected, actual.slice()];
}

// --------------------------------------------------------------------------------------------- random kernels

/** What a random kernel is made of; numbers choose among what is in scope. */
interface Item {
  readonly kind: 'loop' | 'index' | 'load' | 'sum' | 'store' | 'close';
  readonly one: number;
  readonly two: number;
  readonly constant: number;
}

const item: fc.Arbitrary<Item> = fc.record({
  kind: fc.constantFrom('loop', 'index', 'index', 'load', 'load', 'sum', 'store', 'store', 'close'),
  one: fc.nat({ max: 99 }),
  two: fc.nat({ max: 99 }),
  constant: fc.constantFrom(0, 0, 1, 3, 8),
});

interface Named {
  readonly name: string;
  /** The greatest value of an index; the least is 0. */
  readonly most: number;
}

interface Block {
  readonly statements: Statement[];
  readonly indices: Named[];
  readonly values: string[];
}

/** Nested loops with indices that add up counters and each other, kept below the extent of the buffers. */
function kernelFrom(items: readonly Item[]): Kernel {
  let count = 0;
  const fresh = (stem: string) => `${stem}_${count++}`;
  const pick = <T>(from: readonly T[], by: number): T | undefined => from[by % Math.max(1, from.length)];
  const root: Block = { statements: [], indices: [], values: ['sum'] };
  const open: { block: Block; finish: (body: readonly Statement[]) => void }[] = [
    { block: root, finish: () => {} },
  ];
  const close = () => {
    const top = open.pop();
    top?.finish(top.block.statements);
  };
  for (const { kind, one, two, constant } of items) {
    const { block } = at(open, open.length - 1);
    const index = pick(block.indices, one);
    const place = (lanes: number): Expression => {
      const base = index === undefined ? literal(0) : variable(index.name);
      const room = elements - lanes - (index?.most ?? 0);
      return add(base, literal(Math.min(constant, room)));
    };
    if (kind === 'loop' && open.length < 4) {
      const [name, rounds, step] = [fresh('i'), 1 + (one % 4), 1 + (two % 2)];
      const inner = {
        ...block,
        statements: [],
        indices: [...block.indices, { name, most: rounds - 1 }],
        values: [...block.values],
      };
      open.push({
        block: inner,
        finish: body => block.statements.push(loop(name, literal(0), literal(rounds), step, body)),
      });
    }
    if (kind === 'close' && open.length > 1) close();
    if (kind === 'index') {
      const [base, other] = [index, pick(block.indices, two)];
      const factor = 1 + (two % 5);
      const most = (base?.most ?? 0) + factor * (other?.most ?? 0) + constant;
      if (most > elements - 4) continue;
      const name = fresh('at');
      const term = other === undefined ? literal(0) : multiply(variable(other.name), literal(factor));
      const sum = add(base === undefined ? literal(0) : variable(base.name), term);
      block.statements.push(declare(name, add(sum, literal(constant))));
      block.indices.push({ name, most });
    }
    if (kind === 'load') {
      const name = fresh('x');
      const isVector = two % 3 > 0;
      const type = isVector ? f32x4 : f32;
      const splat = isVector && two % 3 === 2;
      const read = load(
        isVector ? name : `${name}s`,
        type,
        two % 2 === 0 ? 'a' : 'b',
        place(splat ? 1 : 4),
        splat,
      );
      block.statements.push(read);
      if (isVector) block.values.push(name);
      else {
        const spread = operation('splat', [variable(`${name}s`, f32)], f32x4);
        block.statements.push(declare(name, spread));
        block.values.push(name);
      }
    }
    const value = (by: number) => variable(pick(block.values, by) ?? 'sum', f32x4);
    if (kind === 'sum') {
      const product = operation('multiply', [value(one), value(two)]);
      block.statements.push(assign('sum', operation('add', [variable('sum', f32x4), product])));
    }
    if (kind === 'store') {
      // Kept in bounds of what numbers can be.
      const kept = operation('minimum', [value(two), literal(2, f32x4)]);
      block.statements.push(store(one % 2 === 0 ? 'a' : 'b', place(4), kept));
    }
  }
  while (open.length > 1) close();
  const last = store('b', literal(0), variable('sum', f32x4));
  return kernelOf([declare('sum', literal(0, f32x4), true), ...root.statements, last]);
}

describe('random kernels', () => {
  test('run as the interpreter says, bit for bit', async () => {
    const check = async (items: readonly Item[]): Promise<void> => {
      const kernel = kernelFrom(items);
      expect(verifyKernel(kernel)).toEqual([]);
      const [expected, actual] = await bothWays(kernel);
      expect(actual.findIndex((value, i) => !Object.is(value, expected[i]))).toBe(-1);
    };
    const bodies = fc.array(item, { minLength: 4, maxLength: 40 });
    await fc.assert(fc.asyncProperty(bodies, check), { numRuns: 300, seed: 31 });
  }, 60_000);
});

// --------------------------------------------------------------------------------------------------- the text

const text = (body: readonly Statement[]): string => printWat([kernelOf(body)], { comment: [] });

/** sum += a[4 i + j] for j, in a loop over i. */
const nested = (use: (at: Expression) => readonly Statement[]): Statement[] => [
  declare('sum', literal(0, f32x4), true),
  loop('i', literal(0), literal(4), 1, [
    declare('start', multiply(variable('i'), literal(4))),
    loop('j', literal(0), literal(4), 1, [
      declare('at', add(variable('start'), variable('j'))),
      load('x', f32x4, 'a', add(variable('at'), literal(8))),
      assign('sum', operation('add', [variable('sum', f32x4), variable('x', f32x4)])),
      ...use(variable('at')),
    ]),
  ]),
  store('b', literal(0), variable('sum', f32x4)),
];

describe('addresses', () => {
  test('follow the loop, and constants go into the instruction', () => {
    const wat = text(nested(() => []));
    expect(wat).toContain('(v128.load offset=32 (local.get $at))');
    expect(wat).toContain('(local.set $at (i32.add (local.get $at) (i32.const 4)))');
    const innermost = wat.slice(wat.indexOf('loop $j.next'), wat.indexOf('br_if $j.next'));
    expect(innermost).not.toMatch(/i32\.(shl|mul)/);
  });
  test('a name that is also a number stays one', () => {
    const asNumber = (place: Expression): Statement[] => [
      store('b', literal(4), operation('toFloat', [place], f32)),
    ];
    expect(text(nested(asNumber))).toContain('(i32.shl (local.get $at) (i32.const 2))');
  });
  test('a name that leads into two buffers stays a number', () => {
    const intoBoth = (place: Expression): Statement[] => [store('b', place, literal(0, f32x4))];
    expect(text(nested(intoBoth))).not.toContain('(v128.load offset=32 (local.get $at))');
  });
});

describe('locals', () => {
  const chain = (length: number): Statement[] =>
    Array.from({ length }, (_, k) => [
      load(`x_${k}`, f32x4, 'a', literal(k)),
      load(`y_${k}`, f32x4, 'a', literal(k + 1)),
      store('b', literal(k), operation('add', [variable(`x_${k}`, f32x4), variable(`y_${k}`, f32x4)])),
    ]).flat();
  test('are shared by names whose lives do not meet', () => {
    expect(text(chain(20)).match(/\(local \$/g)).toHaveLength(1);
  });
  test('are apart where lives meet', () => {
    const loads = Array.from({ length: 5 }, (_, k) => load(`x_${k}`, f32x4, 'a', literal(k)));
    const stores = Array.from({ length: 5 }, (_, k) => store('b', literal(4 * k), variable(`x_${k}`, f32x4)));
    expect(text([...loads, ...stores]).match(/\(local \$/g)).toHaveLength(5);
  });
  test('an accumulator read after the loop keeps its local', () => {
    expect(text(nested(() => []))).toMatch(/v128\.store \(local\.get \$b\) \(local\.get \$sum\)/);
  });
});

test('a vector constant that several names begin with is written once', () => {
  const sums = ['s0', 's1', 's2'];
  const wat = text([
    ...sums.map(name => declare(name, literal(0, f32x4), true)),
    ...sums.map((name, k) => store('b', literal(4 * k), variable(name, f32x4))),
  ]);
  expect(wat.match(/v128\.const/g)).toHaveLength(1);
});
