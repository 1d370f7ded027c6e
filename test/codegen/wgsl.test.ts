/** The WGSL printer and the passes before it, on small kernels written by hand. */
import { describe, expect, test } from 'vitest';
import { arrange, coalesce } from '../../codegen/coalesce.ts';
import { distribute } from '../../codegen/distribute.ts';
import { printWgsl } from '../../codegen/wgsl.ts';
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
import { type GroupRun, interpretGroups } from '../../src/kernel/group.ts';
import { interpret } from '../../src/kernel/interpret.ts';
import type { Buffer, Kernel, Statement } from '../../src/kernel/kernel.ts';
import { tintMessages } from '../webgpu/engine.ts';

const buffer = (
  name: string,
  fixed: number,
  perUnit: number,
  access: Buffer['access'],
  space: Buffer['space'] = 'global',
): Buffer => ({
  name,
  scalar: 'f32',
  extent: { fixed, perUnit, parameter: perUnit > 0 ? 'batch' : undefined },
  space,
  access,
  comment: name,
});

const [tile, row, block, p] = [variable('tile'), variable('row'), variable('block'), variable('p')];

/** y[row] = t[row], t = A x with A [8, 8] in two vectors a row, tiles of 2 rows. */
function smallKernel(): Kernel {
  const sum = variable('sum', f32x4);
  const product = operation('multiply', [variable('xp', f32x4), variable('w', f32x4)]);
  const body: Statement[] = [
    declare('sum', literal(0, f32x4), true),
    loop('p', literal(0), literal(8), 1, [
      load('xp', f32x4, 'x', add(multiply(add(tile, row), literal(8)), p), true),
      load('w', f32x4, 'w0', add(multiply(p, literal(8)), multiply(block, literal(4)))),
      assign('sum', operation('add', [sum, product])),
    ]),
    store('t', add(multiply(row, literal(8)), multiply(block, literal(4))), sum),
  ];
  const copy: Statement[] = [
    load('value', f32, 't', add(multiply(variable('r'), literal(8)), variable('i'))),
    store('y', add(multiply(add(tile, variable('r')), literal(8)), variable('i')), variable('value', f32)),
  ];
  return {
    name: 'small',
    comment: ['small[n=8]: 8 -> 8'],
    buffers: [
      buffer('x', 0, 8, 'read'),
      buffer('y', 0, 8, 'readWrite'),
      buffer('t', 16, 0, 'readWrite', 'shared'),
      buffer('w0', 64, 0, 'read'),
    ],
    parameters: [{ name: 'batch', maximum: 1024 }],
    body: [
      loop(
        'tile',
        literal(0),
        variable('batch'),
        2,
        [
          declare(
            'rows',
            operation('minimum', [literal(2), operation('subtract', [variable('batch'), tile])]),
          ),
          loop(
            'row',
            literal(0),
            variable('rows'),
            1,
            [loop('block', literal(0), literal(2), 1, body, 'lane')],
            'lane',
          ),
          { kind: 'barrier' },
          loop(
            'r',
            literal(0),
            variable('rows'),
            1,
            [loop('i', literal(0), literal(8), 1, copy, 'lane')],
            'lane',
          ),
          { kind: 'barrier' },
        ],
        'grid',
      ),
    ],
  };
}

describe('a kernel as a compute shader', () => {
  const targets = [{ name: 'w0', scalar: 'f32', elements: 64 }] as const;
  const shader = printWgsl(
    distribute(coalesce(smallKernel(), arrange(targets, 2 ** 27)), { invocations: 64, maximumGroups: 65535 }),
  );

  test('reads as one would write it', () => {
    expect(shader).toMatchInlineSnapshot(`
      "// small[n=8]: 8 -> 8
      struct Arguments { batch: i32 }
      @group(0) @binding(0) var<storage, read> x: array<f32>; // x
      @group(0) @binding(1) var<storage, read_write> y: array<f32>; // y
      @group(0) @binding(2) var<storage, read> weights: array<vec4<f32>>; // w0: w0
      @group(0) @binding(3) var<uniform> arguments: Arguments;
      var<workgroup> t: array<f32, 16>; // t

      @compute @workgroup_size(64)
      fn small(
        @builtin(workgroup_id) workgroupId: vec3<u32>,
        @builtin(num_workgroups) workgroupCount: vec3<u32>,
        @builtin(local_invocation_index) invocationIndex: u32,
      ) {
        let group = i32(workgroupId.x);
        let groups = i32(workgroupCount.x);
        let lane = i32(invocationIndex);
        let batch = arguments.batch;
        for (var round = group; round < ((batch + 1) >> 1u); round += groups) {
          let tile = round * 2;
          let rows = min(2, batch - tile);
          for (var work = lane; work < rows * 2; work += 64) {
            let row = (work >> 1u);
            let block = (work & 1);
            var sum = vec4<f32>(0.0f);
            for (var p = 0; p < 8; p += 1) {
              let xp = vec4<f32>(x[(tile + row) * 8 + p]);
              let w = weights[p * 2 + block];
              sum = sum + xp * w;
            }
            { let value = sum; t[row * 8 + block * 4] = value[0]; t[row * 8 + block * 4 + 1] = value[1]; t[row * 8 + block * 4 + 2] = value[2]; t[row * 8 + block * 4 + 3] = value[3]; }
          }
          workgroupBarrier();
          for (var work1 = lane; work1 < rows * 8; work1 += 64) {
            let r = (work1 >> 3u);
            let i = (work1 & 7);
            let value_1 = t[r * 8 + i];
            y[(tile + r) * 8 + i] = value_1;
          }
          workgroupBarrier();
        }
      }
      "
    `);
  });
  test.each([
    [1, 'forward'],
    [2, 'backward'],
    [5, 'forward'],
  ] as const)('means the same in %i groups, invocations %s', (groups, order) => {
    const kernel = smallKernel();
    const batch = 5;
    const memory = () => ({
      x: Float32Array.from({ length: batch * 8 }, (_, i) => (i * 7) % 11),
      y: new Float32Array(batch * 8).fill(Number.NaN),
      w0: Float32Array.from({ length: 64 }, (_, i) => (i * 5) % 13),
    });
    const [alone, together] = [memory(), memory()];
    interpret(kernel, alone, { batch });
    const run: GroupRun = { groups, order };
    interpretGroups(distribute(kernel, { invocations: 3, maximumGroups: 65535 }), together, { batch }, run);
    expect(together.y).toEqual(alone.y);
  });
  test('passes the validation of Tint', async () => {
    expect(await tintMessages(shader)).toEqual([]);
  });
});

describe('packed buffers in bindings', () => {
  test('stand side by side, aligned to vectors, until a binding is full', () => {
    const targets = [
      { name: 'a', scalar: 'f32', elements: 5 },
      { name: 'b', scalar: 'i32', elements: 3 },
      { name: 'c', scalar: 'f32', elements: 8 },
      { name: 'd', scalar: 'f32', elements: 60 },
    ] as const;
    const { places, bindings } = arrange(targets, 256);
    expect(Object.fromEntries(places)).toEqual({
      a: { binding: 'weights', offset: 0 },
      b: { binding: 'tables', offset: 0 },
      c: { binding: 'weights', offset: 8 },
      d: { binding: 'weights1', offset: 0 },
    });
    expect(bindings.map(({ name, elements }) => [name, elements])).toEqual([
      ['weights', 16],
      ['tables', 3],
      ['weights1', 60],
    ]);
  });
});

test('memory of f16: widened after each load, rounded before each store; odd counts are arrays of numbers', async () => {
  const half = { scalar: 'f16', lanes: 4 } as const;
  const halfBuffer = (...given: Parameters<typeof buffer>): Buffer => ({
    ...buffer(...given),
    scalar: 'f16',
  });
  const at = multiply(tile, literal(4));
  const body: Statement[] = [
    load('held', half, 'x', at),
    declare('value', operation('toPrecision', [variable('held', half)], f32x4)),
    load('one', { scalar: 'f16', lanes: 1 }, 'w0', literal(2)),
    declare('factor', operation('toPrecision', [variable('one', { scalar: 'f16', lanes: 1 })], f32)),
    declare(
      'scaled',
      operation('multiply', [variable('value', f32x4), operation('splat', [variable('factor', f32)], f32x4)]),
    ),
    store('y', at, operation('toPrecision', [variable('scaled', f32x4)], half)),
    store('y', at, literal(0.1, half)),
  ];
  const kernel: Kernel = {
    name: 'half',
    comment: [],
    buffers: [
      halfBuffer('x', 0, 4, 'read'),
      halfBuffer('y', 0, 4, 'readWrite'),
      halfBuffer('w0', 3, 0, 'read'),
    ],
    parameters: [{ name: 'batch', maximum: 100 }],
    body: [loop('tile', literal(0), variable('batch'), 1, body, 'grid')],
  };
  const text = printWgsl(distribute(kernel, { invocations: 1, maximumGroups: 8 }));
  expect(await tintMessages(text)).toEqual([]);
  const lines = text.split('\n').map(line => line.trim());
  expect(lines.filter(line => /f16|let/.test(line) && !/i32\(|arguments|tile =/.test(line))).toEqual([
    'enable f16;',
    '@group(0) @binding(0) var<storage, read> x: array<vec4<f16>>; // x',
    '@group(0) @binding(1) var<storage, read_write> y: array<vec4<f16>>; // y',
    '@group(0) @binding(2) var<storage, read> w0: array<f16>; // w0',
    'let held = x[tile];',
    'let value_1 = vec4<f32>(held);',
    'let one = w0[2];',
    'let factor = f32(one);',
    'let scaled = value_1 * vec4<f32>(factor);',
    'y[tile] = vec4<f16>(scaled);',
    'y[tile] = vec4<f16>(0.0999755859375h);',
  ]);
});
