/**
 * The CUDA C dialect: one `__global__` function for each kernel. Buffers of the device are its arguments, parameters
 * follow them, buffers of a group lie in shared memory, one after another.
 *
 * A vector is accessed whole where its place is a multiple of its length for certain; in rows whose
 * distance the call says, it is where `aligned` holds, a parameter of the kernel's template.
 */
import { at } from '../src/core/invariant.ts';
import { type GroupKernel, launchNames } from '../src/kernel/group.ts';
import { bytesOf, type Kernel, type Statement, type Type } from '../src/kernel/kernel.ts';
import { subgroupMembers } from '../src/kernel/matrix.ts';
import { pitchesOf } from '../src/kernel/pitch.ts';
import { expressionsOf, namesIn, visitStatements } from '../src/kernel/traverse.ts';
import { alignmentOf, isMultiple } from './alignment.ts';
import {
  type Access,
  atom,
  conditional,
  type Dialect,
  infix,
  prefixLevel,
  printStatements,
  type Spelled,
  singleText,
} from './clike.ts';
import { components, cudaScalars, operators, typeName } from './cudaOperators.ts';
import { boundNames, cudaReserved, type Namer, namer } from './names.ts';

/** CUDA's own functions, good to two units in the last place. */
export const cudaCapabilities = {
  exp: true,
  log: true,
  sin: true,
  cos: true,
  tanh: true,
  erf: true,
  power: true,
  formats: ['f32', 'f64', 'f16', 'bf16'],
} as const;

/** What a kernel looks like from outside, and its text. */
export interface CudaKernel {
  readonly name: string;
  /** Whether it is a template over `aligned`: whether rows begin at whole vectors. */
  readonly chooses: boolean;
  /** Bytes of shared memory that a launch gives; what the kernel declares itself is not counted. */
  readonly dynamicBytes: number;
  /** Of a block. */
  readonly threads: number;
  readonly lines: readonly string[];
}

/** Types in which buffers are stored where that is not how the kernel reads them, by the buffer's name. */
export type Storage = ReadonlyMap<string, string>;

export function printCuda(kernel: GroupKernel, storage: Storage = new Map()): CudaKernel {
  const nameOf = namer(cudaReserved);
  const name = nameOf(`${kernel.name}_kernel`);
  boundNames(kernel).forEach(nameOf);
  const place = placing(kernel);
  const dialect = dialectFor(place, storage);
  const body = printStatements({ dialect, nameOf }, kernel.body, '  ');
  const global = kernel.buffers.filter(({ space }) => space === 'global');
  const pointers = global.map(buffer => {
    const type = storage.get(buffer.name) ?? cudaScalars[buffer.scalar];
    return `${buffer.access === 'read' ? 'const ' : ''}${type}* __restrict__ ${nameOf(buffer.name)}`;
  });
  const parameters = kernel.parameters.map(each => `int ${nameOf(each.name)}`);
  const shared = sharedMemory(kernel, nameOf);
  const { invocations, groupsTogether } = kernel.launch;
  const bounds = groupsTogether === undefined ? `${invocations}` : `${invocations}, ${groupsTogether}`;
  const chooses = accessesOf(kernel).some(access => place(access) === 'aligned');
  return {
    name,
    chooses,
    dynamicBytes: shared.dynamicBytes,
    threads: invocations,
    lines: [
      ...global.map(each => `// ${nameOf(each.name)}: ${each.comment}`),
      ...(chooses ? ['template <bool aligned>'] : []),
      `__global__ void __launch_bounds__(${bounds}) ${name}(`,
      ...wrapped([...pointers, ...parameters], '    ', ') {'),
      ...shared.lines,
      ...launchLines(kernel, nameOf),
      ...body,
      '}',
    ],
  };
}

/** A list over as many lines as it needs. */
export function wrapped(items: readonly string[], indent: string, end: string): string[] {
  const lines: string[] = [];
  items.forEach((item, k) => {
    const text = `${item}${k === items.length - 1 ? end : ','}`;
    const line = lines.at(-1);
    if (line !== undefined && line.length + text.length < 110) lines[lines.length - 1] = `${line} ${text}`;
    else lines.push(indent + text);
  });
  return lines;
}

/** Beyond this much, the size of shared memory belongs to the launch. */
const staticBytes = 48 * 1024;

function sharedMemory(kernel: Kernel, nameOf: Namer): { lines: string[]; dynamicBytes: number } {
  const buffers = kernel.buffers.filter(({ space }) => space === 'shared');
  const sizes = buffers.map(({ scalar, extent }) => Math.ceil((extent.fixed * bytesOf(scalar)) / 16) * 16);
  const total = sizes.reduce((a, b) => a + b, 0);
  if (total <= staticBytes) {
    const lines = buffers.map(({ name, scalar, extent, comment }) => {
      const length = Math.max(1, extent.fixed);
      return `  __shared__ __align__(16) ${cudaScalars[scalar]} ${nameOf(name)}[${length}]; // ${comment}`;
    });
    return { lines, dynamicBytes: 0 };
  }
  let start = 0;
  const lines = buffers.map(({ name, scalar, comment }, k) => {
    const type = cudaScalars[scalar];
    const from = start === 0 ? 'shared' : `shared + ${start}`;
    start += at(sizes, k);
    return `  ${type}* const ${nameOf(name)} = reinterpret_cast<${type}*>(${from}); // ${comment}`;
  });
  return {
    lines: ['  extern __shared__ __align__(16) unsigned char shared[];', ...lines],
    dynamicBytes: total,
  };
}

/** The place of an invocation, as far as the kernel asks for it. */
function launchLines(kernel: GroupKernel, nameOf: Namer): string[] {
  const used = new Set<string>();
  visitStatements(kernel.body, statement => {
    for (const node of expressionsOf(statement)) for (const name of namesIn(node)) used.add(name);
  });
  const [tiles, slices] = kernel.slices > 1 ? ['y', 'x'] : ['x', 'y'];
  const thread = 'threadIdx.x';
  const places = [`${thread} / ${subgroupMembers}`, `${thread} % ${subgroupMembers}`];
  const values = [`blockIdx.${tiles}`, `gridDim.${tiles}`, thread, `blockIdx.${slices}`, ...places];
  return launchNames.flatMap((name, k) =>
    used.has(name) ? [`  const int ${nameOf(name)} = static_cast<int>(${values[k]});`] : [],
  );
}

// --------------------------------------------------------------------------------------------------------- vectors

/** Whether a vector lies at a multiple of its length: always, never for certain, or where the rows do. */
type Place = 'true' | 'false' | 'aligned';
type Vector = Access & { readonly lanes: number };

function placing(kernel: Kernel): (vector: Vector) => Place {
  const pitched = new Set(kernel.buffers.flatMap(({ name, extent }) => (extent.pitch ? [name] : [])));
  const alignment = alignmentOf(
    kernel,
    new Map(pitchesOf(kernel).map(({ name }) => [name, alignedLanes(kernel)])),
  );
  return ({ buffer, index, lanes }) => {
    if (lanes === 1 || !isMultiple(index, lanes, alignment)) return 'false';
    return pitched.has(buffer) ? 'aligned' : 'true';
  };
}

/** Elements that rows begin at a multiple of where the template's `aligned` holds: sixteen bytes of them. */
function alignedLanes({ buffers }: Kernel): number {
  const own = buffers.filter(({ extent }) => extent.pitch).map(({ scalar }) => 16 / bytesOf(scalar));
  return Math.min(...own);
}

/** What a kernel reads and writes, with the elements of one access. */
function accessesOf(kernel: Kernel): Vector[] {
  const accesses: Vector[] = [];
  visitStatements(kernel.body, statement => {
    if (statement.kind === 'load')
      accesses.push({ ...statement, lanes: statement.splat ? 1 : statement.type.lanes });
    if (statement.kind === 'store') accesses.push({ ...statement, lanes: statement.value.type.lanes });
  });
  return accesses;
}

/** Steps of a loop over single elements that the compiler may interleave. */
const unrolledSteps = 4;

/** Loads of a member that its registers hold on their way, beside the sums. */
const loadsOnTheWay = 32;

/** Loops that are unrolled further take registers for addresses and spill others; steps of matrices are long. */
function unrolling(step: string, body: readonly Statement[]): number {
  if (step !== '1') return 1;
  if (!body.some(({ kind }) => kind === 'multiplyMatrices')) return unrolledSteps;
  const loads = body.filter(({ kind }) => kind === 'load').length;
  return Math.min(unrolledSteps, Math.max(1, Math.floor(loadsOnTheWay / loads)));
}

function dialectFor(place: (vector: Vector) => Place, storage: Storage): Dialect {
  const vectorAt = (verb: 'load' | 'store', { buffer, index }: Access, { lanes }: Type): string =>
    `${verb}${lanes === 8 ? 'Eight' : ''}<${place({ buffer, index, lanes })}>`;
  const element = (buffer: string, index: string, access: Access): string => {
    const read = `${buffer}[${index}]`;
    return storage.has(access.buffer) ? `widened(${read})` : read;
  };
  return {
    operators,
    literal: (value, type) => {
      const text = literalText(value, type);
      if (type.lanes > 1) return atom(`splat(${text})`);
      return text.startsWith('-') ? { text, level: prefixLevel } : atom(text);
    },
    declare: (name, type, mutable, value) =>
      `${mutable ? '' : 'const '}${typeName(type)} ${name} = ${value};`,
    load: (name, type, buffer, index, splat, access) => {
      const one = type.lanes === 1 || splat ? element(buffer, index, access) : undefined;
      const value = one ?? `${vectorAt('load', access, type)}(&${buffer}[${index}])`;
      return `const ${typeName(type)} ${name} = ${splat ? `splat(${value})` : value};`;
    },
    store: (buffer, index, value, type, access) =>
      type.lanes === 1
        ? `${buffer}[${index}] = ${value};`
        : `${vectorAt('store', access, type)}(&${buffer}[${index}], ${value});`,
    advice: (step, body) => `#pragma unroll ${unrolling(step, body)}`,
    forHead: (variable, from, to, step) => {
      const advance = step === '1' ? `++${variable}` : `${variable} += ${step}`;
      return `for (int ${variable} = ${from}; ${variable} < ${to}; ${advance})`;
    },
    lane: (vector: Spelled, lane, type) =>
      type.lanes === 8
        ? atom(`laneOf<${lane}>(${vector.text})`)
        : atom(`${vector.level < 20 ? `(${vector.text})` : vector.text}.${at(components, lane)}`),
    vector: (elements, type) => {
      const list = elements.join(', ');
      return atom(type.lanes === 8 ? `pairs(${list})` : `${typeName(type)}{${list}}`);
    },
    asNumber: condition => conditional([condition, atom('1'), atom('0')], { scalar: 'i32', lanes: 1 }, 'i32'),
    asCondition: value => infix('!=', 9)([value, atom('0')], { scalar: 'i32', lanes: 1 }, 'i32'),
    barrier: '__syncthreads();',
    multiplyMatrices: (accumulator, a, b, part) => `multiplyMatrices<${part}>(${accumulator}, ${a}, ${b});`,
  };
}

function literalText(value: number, { scalar }: Type): string {
  if (scalar === 'i32') return value === -(2 ** 31) ? '(-2147483647 - 1)' : String(value);
  if (scalar === 'f16' || scalar === 'bf16')
    return `static_cast<${cudaScalars[scalar]}>(${literalText(value, { scalar: 'f32', lanes: 1 })})`;
  if (Number.isNaN(value)) return `static_cast<${cudaScalars[scalar]}>(NAN)`;
  if (!Number.isFinite(value)) return `${value < 0 ? '-' : ''}static_cast<${cudaScalars[scalar]}>(INFINITY)`;
  const text = Object.is(value, -0) ? '-0.0' : String(value);
  if (scalar === 'f32') return Object.is(value, -0) ? '-0.0f' : singleText(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}
