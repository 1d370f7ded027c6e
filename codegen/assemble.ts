/** WebAssembly text → bytes, by wabt. The toolkit is loaded at the first use. */
import { invariant } from '../src/core/invariant.ts';

type Toolkit = Awaited<ReturnType<typeof import('wabt')>>;

let toolkit: Promise<Toolkit> | undefined;

/** `relaxed` admits the relaxed SIMD instructions. What does not assemble is our bug. */
export async function assemble(name: string, wat: string, relaxed: boolean): Promise<Uint8Array> {
  toolkit ??= import('wabt').then(({ default: load }) => load());
  const { parseWat } = await toolkit;
  const features = { simd: true, relaxed_simd: relaxed, sat_float_to_int: true, bulk_memory: true };
  const module = parseWat(`${name}.wat`, wat, features);
  try {
    module.validate();
    return module.toBinary({}).buffer;
  } catch (error) {
    return invariant(false, `${name}.wat does not assemble: ${String(error)}`) as never;
  } finally {
    module.destroy();
  }
}
