/** Shaders read back by another reader of WGSL: bindings, types and workgroup memory are what the plan says. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ResourceType, WgslParser, WgslReflect } from 'wgsl_reflect/wgsl_reflect.module.js';
import { compile, lowerSource } from '../../src/compile.ts';
import { at } from '../../src/core/invariant.ts';
import { describeGpu } from '../../src/module/gpu.ts';
import { type GpuProfileName, gpuProfiles, profiles } from '../../src/plan/profile.ts';

/** The shaders of one profile alone. */
function variantOf(source: { readonly name: string; readonly text: string }, profile: GpuProfileName) {
  const { operators, packed } = lowerSource(source, { profile });
  return { operators, variant: at(describeGpu([{ profile, operators, packed }]), 0) };
}

const text = `
op rectangle(W1: [3, 4, 2], W2: [2, 5, 6]) : 6 -> 10
  = stride(10, 5) * blockdiag(W2) * stride(12, 2) * blockdiag(W1)
op layer(W: [7, 5], V: [5, 7], b: [7]) : 5 -> 5 = dense(W) |> bias(b) |> gelu |> dense(V)
op permuted(p: index[13], d: [13]) : 13 -> 13 = perm(p) * diag(d)
op blend(W: [5, 5], V: [5, 5], call a: []) : 5 -> 5 = a * dense(W) + (1 - a) * dense(V)
op gated(W: [9, 6], V: [9, 6]) : 6 -> 9 = dense(W) |> sigmoid |> gate(dense(V))
op turned(A: [14, 14]) : 14 -> 14 = dense(A) - (assume orthogonal(reverse(14)))
op solved(L: [7, 7]) : 7 -> 7 = inv(unitlower(L))
op aligned(A: [509, 3], B: [515, 509], C: [2, 515]) : 3 -> 2 = dense(C) * dense(B) * dense(A)
op spilled(A: [5000, 3], B: [3, 5000], W: [3, 3]) : 3 -> 3 = dense(W) + dense(B) * dense(A)
`;
const monarch = readFileSync(new URL('../../examples/monarch/monarch.sop', import.meta.url), 'utf8');

const sources = [
  { name: 'small', text },
  { name: 'monarch', text: monarch },
];

/** Bytes of the variables of a group, and the count of its invocations. */
function groupOf(code: string) {
  const reflected = new WgslReflect(code);
  const variables = new WgslParser()
    .parse(code)
    .filter(node => 'storage' in node && node.storage === 'workgroup');
  const bytes = variables.map(node =>
    'type' in node ? (reflected.getTypeInfo(node.type as never)?.size ?? Number.NaN) : Number.NaN,
  );
  const size = at(reflected.entry.compute, 0).attributes?.find(
    ({ name }) => name === 'workgroup_size',
  )?.value;
  return { bytes, size: Number(size) };
}

const cases = sources.flatMap(source => gpuProfiles.map(profile => ({ ...source, profile })));

describe.each(cases)('$name on $profile', ({ profile, ...source }) => {
  const { group, tileBytes } = profiles[profile];
  const {
    operators,
    variant: { shaders, buffers, packs, requires },
  } = variantOf(source, profile);
  const tiles = operators.flatMap(({ modes }) => modes).flatMap(mode => mode.tiles);

  test.each(shaders)('$name', shader => {
    const reflected = new WgslReflect(shader.code);
    expect(reflected.entry.compute.map(({ name }) => name)).toEqual([shader.name]);
    const [bindings = [], ...others] = reflected.getBindGroups();
    expect(others).toEqual([]);
    expect(bindings.map(({ binding }) => binding)).toEqual(bindings.map((_, k) => k));
    const storage = bindings.slice(0, -1);
    expect(storage.length).toBeLessThanOrEqual(8);
    expect(storage.map(({ name, access, resourceType }) => ({ name, access, resourceType }))).toEqual(
      shader.bindings.map(({ buffer, access }) => ({
        name: buffer.split('.').at(-1) ?? '',
        access: access === 'read' ? 'read' : 'read_write',
        resourceType: ResourceType.Storage,
      })),
    );
    for (const { name, format } of storage.map(each => ({
      name: each.name,
      format: each.type.getTypeName(),
    })))
      expect(format).toMatch(name.includes('tables') ? /^array<(i32|vec4i), 0>$/ : /^array<(f32|vec4f), 0>$/);
    expect(bindings.at(-1)).toMatchObject({ name: 'arguments', resourceType: ResourceType.Uniform, size: 4 });

    const tile = tiles.find(({ name }) => name === shader.name);
    const scratch = tile?.buffers.filter(({ role }) => role === 'scratch') ?? [];
    // Rows begin at whole vectors.
    const planned = scratch.map(({ width }) => Math.ceil(width / 4) * 4 * (tile?.tileRows ?? 0) * 4);
    const { bytes, size } = groupOf(shader.code);
    // As many as have work, in whole subgroups.
    expect(size % 32).toBe(0);
    expect(size).toBeLessThanOrEqual(group?.invocations ?? 0);
    expect(bytes).toEqual(planned);
    expect(bytes.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(tileBytes);
  });

  test('what the variant requires is what its shaders take, where not every device offers that', () => {
    const taken = Math.max(...shaders.map(({ code }) => groupOf(code).bytes.reduce((a, b) => a + b, 0)));
    const beyond = taken > profiles['webgpu-default'].tileBytes;
    const limits = beyond ? { maxComputeWorkgroupStorageSize: taken } : {};
    expect(requires).toEqual({ limits, features: [] });
    expect(taken).toBeLessThanOrEqual(tileBytes);
  });

  test('every pack step lies inside its buffer, aligned and apart from the others', () => {
    const ends = new Map<string, number>();
    for (const { buffer, binding, offset } of packs) {
      expect(offset % 4).toBe(0);
      expect(offset).toBeGreaterThanOrEqual(ends.get(binding) ?? 0);
      ends.set(binding, offset + buffer.elements);
    }
    for (const { name, elements } of buffers) {
      expect(elements).toBeGreaterThanOrEqual(ends.get(name) ?? Number.POSITIVE_INFINITY);
      expect(elements % 4).toBe(0);
    }
  });
});

test('what arrives with a call has a buffer apart', () => {
  const { buffers } = variantOf({ name: 'small.sop', text }, 'webgpu-default').variant;
  expect(buffers.filter(({ perCall }) => perCall).map(({ name }) => name)).toEqual(['blend.call_weights']);
});

test('shaders are files beside the module; there are none in double precision', async () => {
  const names = async (options: Parameters<typeof compile>[1]) => {
    const { artifacts, diagnostics } = await compile(
      { name: 'small.sop', text: 'op f(d: [3]) : 3 -> 3 = diag(d)' },
      options,
    );
    return [...artifacts.map(({ name }) => name), ...diagnostics.map(({ code }) => code)];
  };
  const shaders = ['small.f.wgsl', 'small.f_adjoint.wgsl'];
  expect(await names({ targets: ['wgsl'] })).toEqual(['small.js', 'small.d.ts', ...shaders]);
  const both = ['small.js', 'small.d.ts', 'small.wat', 'small.wasm', ...shaders];
  expect(await names({ targets: ['wasm', 'wgsl'] })).toEqual(both);
  expect(await names({ targets: ['wasm', 'wgsl'], scalar: 'f64' })).toEqual(['SOP0339']);
});

describe('the variants that a module carries', () => {
  const variantsOf = async (of: string) => {
    const { artifacts, onGpu } = await compile(
      { name: 'm.sop', text: of },
      { targets: ['wgsl'], modes: ['apply'] },
    );
    const files = artifacts.map(({ name }) => name).filter(name => name.endsWith('.wgsl'));
    return {
      profiles: onGpu.map(({ profile }) => profile),
      files,
      module: String(at(artifacts, 0).contents),
    };
  };

  test('one where more memory changes nothing', async () => {
    const { profiles, files } = await variantsOf('op f(A: [3, 4]) : 4 -> 3 = dense(A)');
    expect(profiles).toEqual(['webgpu-default']);
    expect(files).toEqual(['m.f.wgsl']);
  });

  test('one where it saves no more than slices of a row do', async () => {
    const swap = 'swap(n/b, b) * blockdiag(L) * swap(b, n/b) * blockdiag(R)';
    const text = `op monarch[n, b](L: [n/b, b, b], R: [b, n/b, n/b]) : n -> n = ${swap}\nexport monarch[1024, 32] as f`;
    expect((await variantsOf(text)).profiles).toEqual(['webgpu-default']);
  });

  test('two where it does; what they have in common stands once in the module', async () => {
    const { profiles, files, module } = await variantsOf(`
      op f(A: [6000, 3], B: [2, 6000]) : 3 -> 2 = dense(B) * dense(A)
      op g(W: [3, 3]) : 3 -> 3 = dense(W)
    `);
    expect(profiles).toEqual(['webgpu-large', 'webgpu-default']);
    expect(files).toEqual([
      'm.f.webgpu-large.wgsl',
      'm.g.webgpu-large.wgsl',
      'm.f_0.wgsl',
      'm.f_1.wgsl',
      'm.g.wgsl',
    ]);
    expect(module.match(/fn f(_[01])?\(/g)).toHaveLength(3);
    expect(module.match(/fn g\(/g)).toHaveLength(1);
    expect(module.match(/reads: \['g.W'\]/g)).toHaveLength(1);
    expect(module).toContain('requires: { limits: { maxComputeWorkgroupStorageSize: 24640 }, features: [] }');
  });
});
