/** Bundled by esbuild: how large a module with its runtime is, and that a page can run it. */

import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CompileOptions, compile } from '../../src/compile.ts';
import { gpuRuntime, runtime } from './support.ts';

const monarch = readFileSync(new URL('../../examples/monarch/monarch.sop', import.meta.url), 'utf8');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sop-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Compiles, bundles an entry that uses `./layers.js`, and gives the text. */
async function bundled(
  text: string,
  operators: readonly string[],
  entry: string,
  format: 'esm' | 'iife',
  options: Pick<CompileOptions, 'inline' | 'targets'> = {},
): Promise<string> {
  const instances = operators.map(operator => ({ operator, sizes: [] }));
  const paths = { runtime: new URL(runtime).pathname, gpuRuntime: new URL(gpuRuntime).pathname };
  const { artifacts } = await compile({ name: 'layers.sop', text }, { instances, ...options, ...paths });
  for (const { name, contents } of artifacts) await writeFile(join(folder, name), contents);
  await writeFile(join(folder, 'entry.js'), entry);
  const result = await build({
    entryPoints: [join(folder, 'entry.js')],
    bundle: true,
    minify: true,
    format,
    write: false,
    platform: 'browser',
    globalName: 'page',
    logLevel: 'silent',
  });
  return result.outputFiles[0]?.text ?? '';
}

test('runtime and one module are at most 10 KB gzipped', async () => {
  const text = await bundled(monarch, ['monarch1k'], "export { createMonarch1k } from './layers.js';", 'esm');
  const bytes = gzipSync(text, { level: 9 }).length;
  console.log(`runtime + monarch1k: ${text.length} bytes, ${bytes} gzipped`);
  expect(bytes).toBeGreaterThan(2000);
  expect(bytes).toBeLessThanOrEqual(10 * 1024);
  // Generators that the module does not use are left out.
  expect(text).not.toMatch(/2654435769|-1640531527|0x9e3779b9/i);
});

test('a module for WebGPU with its runtime, too; what is not called is left out', async () => {
  const entry = "export { createMonarch1kOnGpu } from './layers.js';";
  const gzipped = (text: string) => gzipSync(text, { level: 9 }).length;
  const alone = await bundled(monarch, ['monarch1k'], entry, 'esm', { targets: ['wgsl'] });
  console.log(`WebGPU runtime + monarch1k: ${alone.length} bytes, ${gzipped(alone)} gzipped`);
  expect(gzipped(alone)).toBeGreaterThan(2000);
  expect(gzipped(alone)).toBeLessThanOrEqual(10 * 1024);
  const both = { targets: ['wasm', 'wgsl'] as const };
  const ofBoth = await bundled(monarch, ['monarch1k'], entry, 'esm', both);
  expect(Math.abs(ofBoth.length - alone.length)).toBeLessThan(100);
  expect(ofBoth).not.toMatch(/WebAssembly|0061736d/);
  const wasm = "export { createMonarch1k } from './layers.js';";
  const plain = await bundled(monarch, ['monarch1k'], wasm, 'esm');
  const wasmOfBoth = await bundled(monarch, ['monarch1k'], wasm, 'esm', both);
  expect(Math.abs(wasmOfBoth.length - plain.length)).toBeLessThan(100);
  expect(wasmOfBoth).not.toMatch(/GPU|workgroup|Pipeline/);
});

/** What a page has and this bundle may use; nothing of Node. */
function page(extra: Record<string, unknown> = {}): object {
  const { URL, WebAssembly } = globalThis;
  return createContext({
    atob,
    URL,
    TextEncoder,
    WebAssembly,
    Float32Array,
    Float64Array,
    Uint8Array,
    ...extra,
  });
}

describe('in a page', () => {
  const text = 'op wide(W: [3, 2]) : 2 -> 3 = dense(W)';
  const entry = `
    import { createWide, createWideSync } from './layers.js';
    const params = { W: Float32Array.of(1, 2, 3, 4, 5, 6) };
    export const run = async () => [...(await createWide({ params })).apply(Float32Array.of(1, 10, 2, 20))];
    export const runSync = () => [...createWideSync({ params }).apply(Float32Array.of(1, 10))];
    export const wrong = () => createWide({}).catch(error => error.code);
  `;

  test('imports without work, runs, and reports mistakes', async () => {
    let counted = 0;
    const counting = new Proxy(WebAssembly, {
      get: (target, name) => {
        counted++;
        return Reflect.get(target, name);
      },
    });
    const context = page({ WebAssembly: counting });
    runInContext(await bundled(text, ['wide'], entry, 'iife'), context);
    expect(counted).toBe(0);
    expect(await runInContext('page.run()', context)).toEqual([21, 43, 65, 42, 86, 130]);
    expect(runInContext('page.runSync()', context)).toEqual([21, 43, 65]);
    expect(await runInContext('page.wrong()', context)).toBe('parameter-missing');
  });

  test('imports a module for WebGPU without work, and says where there is none', async () => {
    const gpuEntry = `
      import { createWideOnGpu } from './layers.js';
      export const run = () => createWideOnGpu({ params: { W: Float32Array.of(1, 2, 3, 4, 5, 6) } })
        .catch(error => error.code + ': ' + error.message);
    `;
    let asked = 0;
    const navigator = {
      get gpu() {
        asked++;
        return undefined;
      },
    };
    const context = page({ navigator });
    runInContext(await bundled(text, ['wide'], gpuEntry, 'iife', { targets: ['wgsl'] }), context);
    expect(asked).toBe(0);
    expect(await runInContext('page.run()', context)).toBe(
      'unsupported: wide: this engine has no WebGPU (navigator.gpu)',
    );
    expect(asked).toBe(1);
  });

  test('fetches a separate file', async () => {
    const script = await bundled(text, ['wide'], entry, 'iife', { inline: false });
    const { artifacts } = await compile({ name: 'layers.sop', text }, { runtime });
    const wasm = artifacts.find(({ name }) => name.endsWith('.wasm'))?.contents as Uint8Array<ArrayBuffer>;
    const asked: string[] = [];
    const fetch = async (url: URL) => {
      asked.push(url.href);
      return new Response(wasm);
    };
    // A classic script has no import.meta; a bundler for modules keeps it.
    const placed = script.replaceAll(/\b(\w+)\.url\b/g, "'https://example.org/assets/page.js'");
    const context = page({ fetch });
    runInContext(placed, context);
    expect(await runInContext('page.run()', context)).toEqual([21, 43, 65, 42, 86, 130]);
    expect(asked).toEqual(['https://example.org/assets/layers.wasm']);
  });
});
