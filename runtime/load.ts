/** From a module's description to compiled WebAssembly: bytes, choice of variant, cache. */
import { SopError } from './errors.ts';
import type { ModuleDescription, WasmVariant } from './types.ts';

export interface LoadOptions {
  /** Only this variant of the kernels: `wasm-simd128` or `wasm-relaxed`, where the module has it. */
  readonly profile?: string;
  /** The bytes of the `.wasm` file beside the module, for places where it cannot be read from there. */
  readonly wasm?: BufferSource;
}

/** Compiled once for each description, whatever the count of instances. */
const compiled = new WeakMap<ModuleDescription, Map<unknown, WebAssembly.Module>>();

export async function loadModule(
  description: ModuleDescription,
  options: LoadOptions,
): Promise<WebAssembly.Module> {
  for (const { key, bytes } of candidates(description, options)) {
    const known = cached(description, key);
    if (known !== undefined) return known;
    const read = typeof bytes === 'function' ? await bytes() : bytes;
    if (WebAssembly.validate(read)) return remember(description, key, await WebAssembly.compile(read));
  }
  return unsupported(description);
}

export function loadModuleSync(description: ModuleDescription, options: LoadOptions): WebAssembly.Module {
  for (const { key, bytes } of candidates(description, options)) {
    const known = cached(description, key);
    if (known !== undefined) return known;
    if (typeof bytes === 'function') {
      throw new SopError(
        'unsupported',
        `${description.name}: its kernels are a file of their own, which is read asynchronously; ` +
          'await the asynchronous create function, or pass the bytes of the file as `wasm`',
      );
    }
    if (WebAssembly.validate(bytes)) return remember(description, key, new WebAssembly.Module(bytes));
  }
  return unsupported(description);
}

interface Candidate {
  readonly key: unknown;
  readonly bytes: BufferSource | (() => Promise<BufferSource>);
}

function* candidates({ name, wasm }: ModuleDescription, options: LoadOptions): Generator<Candidate> {
  const { profile } = options;
  if (options.wasm !== undefined) {
    yield { key: options.wasm, bytes: options.wasm };
    return;
  }
  const wanted = profile === undefined ? wasm : wasm.filter(variant => variant.profile === profile);
  if (wanted.length === 0) {
    const known = wasm.map(variant => variant.profile).join(', ');
    throw new SopError('option-unknown', `${name} was built for the profile ${known}, not ${profile}`);
  }
  for (const variant of wanted) yield { key: variant, bytes: bytesOf(variant) };
}

const bytesOf = ({ bytes }: WasmVariant): Candidate['bytes'] =>
  typeof bytes === 'string'
    ? Uint8Array.from({ length: bytes.length / 2 }, (_, i) =>
        Number.parseInt(bytes.slice(2 * i, 2 * i + 2), 16),
      )
    : bytes;

const cached = (description: ModuleDescription, key: unknown): WebAssembly.Module | undefined =>
  compiled.get(description)?.get(key);

function remember(
  description: ModuleDescription,
  key: unknown,
  module: WebAssembly.Module,
): WebAssembly.Module {
  const modules = compiled.get(description) ?? new Map<unknown, WebAssembly.Module>();
  compiled.set(description, modules.set(key, module));
  return module;
}

function unsupported({ name, wasm }: ModuleDescription): never {
  const built = wasm.map(variant => variant.profile).join(', ');
  throw new SopError(
    'unsupported',
    `${name} needs WebAssembly with 128-bit SIMD, which this engine does not validate (built for ${built})`,
  );
}

/**
 * Reads the `.wasm` file beside a module. The name of Node's module is no literal, so that bundlers leave it alone.
 */
export async function readBeside(url: URL): Promise<BufferSource> {
  if (url.protocol === 'file:') {
    const files = 'node:fs/promises';
    const { readFile } = await import(/* @vite-ignore */ /* webpackIgnore: true */ files);
    return readFile(url);
  }
  const response = await fetch(url);
  if (!response.ok) throw new SopError('unsupported', `${url}: ${response.status} ${response.statusText}`);
  return response.arrayBuffer();
}
