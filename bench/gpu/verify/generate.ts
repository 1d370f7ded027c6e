/**
 * Programs for a machine with a GPU, where nothing but nvcc and Python need be: the examples, larger programs and
 * random ones as `.cu` files, each with its parameters, inputs, outputs in f64 and the bounds that verification derives
 * for them, in every format that memory may hold.
 *
 *   node generate.ts OUT [--programs 200] [--seed 1] [--profile sm_90a] [--formats f32,f16,bf16] [--only REGEX]
 *
 * A folder for each unit of compilation, since most of a small compilation is CUDA's headers: `unit.cu`, which takes in
 * the unit's programs, their files, `cases.json` (operators, shapes, and where their arrays lie) and `data.bin`. Large
 * parameters of examples are drawn on either side from their number alone. Every fourth random program is there in f64,
 * too. `--only` names the units to write.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { processIo } from '../../../src/cli/io.ts';
import { parameterValues } from '../../../src/cli/parameters.ts';
import type { Artifact, CompileOptions } from '../../../src/compile.ts';
import { invariant } from '../../../src/core/invariant.ts';
import type { ParameterDeclaration, Program } from '../../../src/ir/operator.ts';
import { environmentFor, generatedFrom, numbers } from '../../../test/fuzz/values.ts';
import { caseOf, Data, type Drawn, drawn, type Environment, formatOf, type Given } from './case.ts';

const { values: flags, positionals } = parseArgs({
  options: {
    programs: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    profile: { type: 'string', default: 'sm_90a' },
    formats: { type: 'string', default: 'f32,f16,bf16' },
    only: { type: 'string', default: '' },
  },
  allowPositionals: true,
});
const [out] = positionals;
invariant(out !== undefined, 'a folder to write to');
invariant(flags.profile === 'sm_80' || flags.profile === 'sm_90a', 'sm_80 or sm_90a');
const cudaProfile = flags.profile;
const io = processIo();

const formats: Readonly<Record<string, CompileOptions>> = {
  f32: { scalar: 'f32' },
  f64: { scalar: 'f64' },
  f16: { storage: 'f16' },
  bf16: { storage: 'bf16' },
};
const optionsOf = (format: string): CompileOptions => {
  const options = formats[format];
  invariant(options !== undefined, `${format}: no such format`);
  return { ...options, cudaProfile };
};
const wanted = flags.formats.split(',').map(optionsOf);

// ------------------------------------------------------------------------------------------------------------ programs

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

const root = join(import.meta.dirname, '../../..');
const exampleOf = (path: string, options: CompileOptions): Given => ({
  source: { name: basename(path), text: readFileSync(path, 'utf8') },
  options,
  draw: exampleValues,
  likesOf: drawnLikes,
});

/** Named after its number, so that many are one unit. */
function randomOf(seed: number, options: CompileOptions): Given {
  const generated = generatedFrom(seed);
  const { text, operator, sizes } = generated;
  const name = `${operator}${seed}`;
  return {
    source: { name: `random${seed}.sop`, text: text.replaceAll(`op ${operator}`, `op ${name}`) },
    options: { ...options, instances: [{ operator: name, sizes }] },
    draw: program => environmentFor(program, generated, numbers(seed + 2 ** 31)) as Environment,
    likesOf: () => new Map(),
  };
}

// --------------------------------------------------------------------------------------------------------------- units

const programsOfUnit = 20;
const only = new RegExp(flags.only);

async function writeUnit(name: string, programs: readonly Given[]): Promise<void> {
  if (!only.test(name)) return;
  const folder = join(out ?? '', name);
  mkdirSync(folder, { recursive: true });
  const data = new Data();
  const cases = [];
  const files: Artifact[] = [];
  for (const program of programs) {
    const { artifacts, ...described } = await caseOf(program, data);
    files.push(...artifacts);
    cases.push({ name: `${described.module}-${described.format}`, ...described });
  }
  for (const each of files) writeFileSync(join(folder, each.name), each.contents);
  writeFileSync(join(folder, 'unit.cu'), unitText(files.map(each => each.name)));
  writeFileSync(join(folder, 'cases.json'), JSON.stringify(cases));
  writeFileSync(join(folder, 'data.bin'), data.whole());
  process.stdout.write(`${name}: ${cases.length} programs, ${Math.round(data.whole().length / 1024)} KB\n`);
}

/**
 * Each program in a namespace of its own, with its header, so that its functions are those that the header gives C's
 * linkage; headers of CUDA stand outside.
 */
function unitText(names: readonly string[]): string {
  const headers = ['cuda_runtime.h', 'cuda_bf16.h', 'cuda_fp16.h', 'math.h', 'stddef.h', 'stdint.h'];
  const programs = names
    .filter(name => name.endsWith('.cu'))
    .map((name, k) => `namespace program${k} {\n#undef SOP_ERRORS\n#include "${name}"\n}`);
  return [...headers.map(name => `#include <${name}>`), ...programs, ''].join('\n');
}

const examples = [
  ...['monarch', 'loldu', 'randlora', 'structured-ffn'].map(name =>
    join(root, `examples/${name}/${name}.sop`),
  ),
  join(import.meta.dirname, 'large.sop'),
];
for (const path of examples)
  for (const options of wanted)
    await writeUnit(`${basename(path, '.sop')}-${formatOf(options)}`, [exampleOf(path, options)]);

const first = Number(flags.seed);
const seeds = Array.from({ length: Number(flags.programs) }, (_, k) => first + k);
for (let start = 0; start < seeds.length; start += programsOfUnit) {
  const some = seeds.slice(start, start + programsOfUnit);
  for (const options of wanted)
    await writeUnit(
      `random${some[0]}-${formatOf(options)}`,
      some.map(seed => randomOf(seed, options)),
    );
  const doubles = some.filter(seed => seed % 4 === 0).map(seed => randomOf(seed, optionsOf('f64')));
  if (doubles.length > 0) await writeUnit(`random${some[0]}-f64`, doubles);
}
