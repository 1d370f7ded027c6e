/**
 * Programs for a machine with a GPU, where nothing but nvcc and Python need be: the examples, larger programs and
 * random ones as `.cu` files, each with its parameters, inputs, outputs in f64 and the bounds that verification derives
 * for them.
 *
 *   node generate.ts OUT [--programs 200] [--seed 1] [--profile sm_90a]
 *
 * A folder for each program: `NAME.cu`, `NAME.h`, `case.json` (operators, shapes, and where their arrays lie) and
 * `data.bin`. Large parameters of examples are drawn on either side from their number alone (`drawn` below).
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { processIo } from '../../../src/cli/io.ts';
import { parameterValues } from '../../../src/cli/parameters.ts';
import { type CompileOptions, compile, lowerSource } from '../../../src/compile.ts';
import { invariant } from '../../../src/core/invariant.ts';
import type { SourceFile } from '../../../src/core/span.ts';
import type { ParameterDeclaration, Program } from '../../../src/ir/operator.ts';
import { prepareVerification } from '../../../src/verify/verify.ts';
import { generateProgram } from '../../../test/check/arbitrary.ts';
import { environmentFor, numbers } from '../../../test/fuzz/values.ts';

const { values: flags, positionals } = parseArgs({
  options: {
    programs: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    profile: { type: 'string', default: 'sm_90a' },
  },
  allowPositionals: true,
});
const [out] = positionals;
invariant(out !== undefined, 'a folder to write to');
invariant(flags.profile === 'sm_80' || flags.profile === 'sm_90a', 'sm_80 or sm_90a');
const cudaProfile = flags.profile;

const io = processIo();

type Environment = ReadonlyMap<string, Float64Array>;
type Draw = (program: Program) => Environment | Promise<Environment>;

/** Arrays one after another, each at a multiple of eight bytes. */
class Data {
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

/** Number i of a parameter, the same as run.py's: 24 bits in [-1, 1) by a mix of 32-bit integers. */
function drawn(count: number, seed: number, scale: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => {
    let state = (Math.imul(i, 0x9e3779b9) + seed) >>> 0;
    state = Math.imul(state ^ (state >>> 16), 0x85ebca6b) >>> 0;
    state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35) >>> 0;
    return scale * (((state ^ (state >>> 16)) >>> 8) / 2 ** 23 - 1);
  });
}

interface Drawn {
  readonly seed: number;
  readonly scale: number;
}

/** Of the large parameters; what has a default is what its default says. */
function drawnLikes({ parameters }: Program): Map<string, Drawn> {
  const large = ({ tensor, default: given }: ParameterDeclaration) =>
    given === undefined && tensor.dtype === 'f32' && tensor.shape.reduce((a, b) => a * b, 1) > 4096;
  return new Map(
    parameters.filter(large).map(({ tensor }, k) => {
      const scale = 2 ** -Math.round(Math.log2(tensor.shape.at(-1) ?? 1) / 2);
      return [tensor.name, { seed: 1000 * k + 7, scale }] as const;
    }),
  );
}

async function exampleValues(program: Program): Promise<Environment> {
  const { environment } = await parameterValues(io, program, {}, 1);
  const likes = drawnLikes(program);
  return new Map(
    program.parameters.map(({ tensor }) => {
      const like = likes.get(tensor.name);
      const given = environment.get(tensor.name) ?? [];
      const values =
        like === undefined
          ? Float64Array.from(given, Math.fround)
          : drawn(given.length, like.seed, like.scale);
      return [tensor.name, values] as const;
    }),
  );
}

async function writeCase(
  name: string,
  source: SourceFile,
  options: CompileOptions & { readonly scalar: 'f32' | 'f64' },
  draw: Draw,
  likesOf: (program: Program) => ReadonlyMap<string, Drawn>,
): Promise<number> {
  const { artifacts, diagnostics } = await compile(source, { ...options, targets: ['cuda'], cudaProfile });
  const lowered = lowerSource(source, { ...options, profile: cudaProfile });
  invariant(artifacts.length === 2, `${name}: ${diagnostics.map(each => each.message).join(' ')}`);
  const data = new Data();
  const operators = [];
  for (const instance of lowered.operators) {
    const environment = await draw(instance.source);
    const likes = likesOf(instance.source);
    const { modes } = prepareVerification({ instance, packed: lowered.packed, environment, seed: 1 });
    operators.push({
      name: instance.source.name,
      parameters: instance.source.parameters.map(({ tensor }) => {
        const { dtype, shape } = tensor;
        const like = likes.get(tensor.name);
        if (like !== undefined) return { dtype, shape, ...like };
        const values = environment.get(tensor.name) ?? new Float64Array();
        const stored =
          dtype === 'index'
            ? BigInt64Array.from(values, BigInt)
            : dtype === 'f64'
              ? values
              : Float32Array.from(values);
        return { dtype, shape, at: data.add(stored) };
      }),
      modes: modes.map(({ lowered: { mode }, rows, columns, sets }) => ({
        mode,
        rows,
        columns,
        sets: sets.map(set => ({
          name: set.name,
          count: set.count,
          uninformative: set.uninformative,
          x: data.add(options.scalar === 'f32' ? Float32Array.from(set.x) : set.x),
          expected: data.add(set.expected),
          expectedLow: data.add(set.expectedLow),
          tolerance: data.add(set.tolerance),
        })),
      })),
    });
  }
  const folder = join(out ?? '', name);
  mkdirSync(folder, { recursive: true });
  for (const each of artifacts) writeFileSync(join(folder, each.name), each.contents);
  const module = artifacts[0]?.name.replace(/\.cu$/, '');
  const description = { name, module, scalar: options.scalar, operators };
  writeFileSync(join(folder, 'case.json'), JSON.stringify(description));
  writeFileSync(join(folder, 'data.bin'), data.whole());
  return data.whole().length;
}

const root = join(import.meta.dirname, '../../..');
let bytes = 0;
const sources = [
  ...['monarch', 'loldu', 'randlora', 'structured-ffn'].map(name =>
    join(root, 'examples', name, `${name}.sop`),
  ),
  join(import.meta.dirname, 'large.sop'),
];
for (const path of sources) {
  const text = readFileSync(path, 'utf8');
  const source = { name: basename(path), text };
  bytes += await writeCase(basename(path, '.sop'), source, { scalar: 'f32' }, exampleValues, drawnLikes);
}
for (let seed = Number(flags.seed); seed < Number(flags.seed) + Number(flags.programs); seed++) {
  const next = numbers(seed);
  const generated = generateProgram(Array.from({ length: 160 }, next));
  const { text, operator, sizes } = generated;
  const scalar = seed % 4 === 0 ? 'f64' : 'f32';
  const options = { scalar, instances: [{ operator, sizes }] } as const;
  const draw = (program: Program) => environmentFor(program, generated, next) as Environment;
  bytes += await writeCase(
    `random${seed}`,
    { name: `random${seed}.sop`, text },
    options,
    draw,
    () => new Map(),
  );
}
process.stdout.write(`${out}: ${Math.round(bytes / 1024)} KB of data\n`);
