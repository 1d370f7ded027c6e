/** One program as run.py finds it: parameters, vectors, what they become in f64 and how far off a kernel may be. */
import { type Artifact, type CompileOptions, compile } from '../../../src/compile.ts';
import { invariant } from '../../../src/core/invariant.ts';
import type { RealFormat } from '../../../src/core/precision.ts';
import type { SourceFile } from '../../../src/core/span.ts';
import type { Program } from '../../../src/ir/operator.ts';
import { prepareVerification } from '../../../src/verify/verify.ts';

export type Environment = ReadonlyMap<string, Float64Array>;

/** A parameter that either side draws from its number alone (`drawn`). */
export interface Drawn {
  readonly seed: number;
  readonly scale: number;
}

export interface Given {
  readonly source: SourceFile;
  readonly options: CompileOptions;
  readonly draw: (program: Program) => Environment | Promise<Environment>;
  readonly likesOf: (program: Program) => ReadonlyMap<string, Drawn>;
}

/** Arrays one after another, each at a multiple of eight bytes. */
export class Data {
  readonly #parts: Uint8Array[] = [];
  #bytes = 0;

  add(array: Float32Array | Float64Array | BigInt64Array): number {
    const offset = this.#bytes;
    const bytes = new Uint8Array(Math.ceil(array.byteLength / 8) * 8);
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
    return offset;
  }

  whole(): Uint8Array {
    return Buffer.concat(this.#parts);
  }
}

/** Number i of a parameter, the same as cases.py's: 24 bits in [-1, 1) by a mix of 32-bit integers. */
export function drawn(count: number, seed: number, scale: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => {
    let state = (Math.imul(i, 0x9e3779b9) + seed) >>> 0;
    state = Math.imul(state ^ (state >>> 16), 0x85ebca6b) >>> 0;
    state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35) >>> 0;
    return scale * (((state ^ (state >>> 16)) >>> 8) / 2 ** 23 - 1);
  });
}

/** Its files, and its description with offsets into `data`. */
export async function caseOf({ source, options, draw, likesOf }: Given, data: Data) {
  const { artifacts, diagnostics, operators, packed } = await compile(source, {
    ...options,
    targets: ['cuda'],
  });
  invariant(artifacts.length === 2, `${source.name}: ${diagnostics.map(each => each.message).join(' ')}`);
  const described = [];
  for (const instance of operators) {
    const environment = await draw(instance.source);
    const likes = likesOf(instance.source);
    const { modes } = prepareVerification({ instance, packed, environment, seed: 1 });
    described.push({
      name: instance.source.name,
      parameters: instance.source.parameters.map(({ tensor }) => {
        const { dtype, shape } = tensor;
        const like = likes.get(tensor.name);
        if (like !== undefined) return { dtype, shape, ...like };
        return { dtype, shape, at: data.add(stored(dtype, environment.get(tensor.name))) };
      }),
      modes: modes.map(({ lowered: { mode }, rows, columns, sets }) => ({
        mode,
        rows,
        columns,
        sets: sets.map(({ name, count, uninformative, x, expected, expectedLow, tolerance }) => ({
          name,
          count,
          uninformative,
          x: data.add(options.scalar === 'f64' ? x : Float32Array.from(x)),
          expected: data.add(expected),
          expectedLow: data.add(expectedLow),
          tolerance: data.add(tolerance),
        })),
      })),
    });
  }
  return { artifacts, module: moduleOf(artifacts), format: formatOf(options), operators: described };
}

/** Sixteen bits are widened: what they hold is exact in f32. */
function stored(dtype: string, values = new Float64Array()): Float32Array | Float64Array | BigInt64Array {
  if (dtype === 'index') return BigInt64Array.from(values, BigInt);
  return dtype === 'f64' ? values : Float32Array.from(values);
}

export const formatOf = ({ scalar = 'f32', storage }: CompileOptions): RealFormat => storage ?? scalar;

const moduleOf = ([first]: readonly Artifact[]): string => first?.name.replace(/\.cu$/, '') ?? '';
