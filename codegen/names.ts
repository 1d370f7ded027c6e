/** Names of a kernel as identifiers of a target: legal characters, no reserved word, no two alike. */
import type { Kernel } from '../src/kernel/kernel.ts';
import { visitStatements } from '../src/kernel/traverse.ts';

/** Gives each name one spelling, always the same; names asked for first keep theirs. */
export type Namer = (name: string) => string;

export function namer(reserved: Iterable<string>): Namer {
  const taken = new Set(reserved);
  const given = new Map<string, string>();
  return name => {
    const known = given.get(name);
    if (known !== undefined) return known;
    const stem = identifier(name);
    let spelling = stem;
    for (let count = 1; taken.has(spelling); count++) spelling = `${stem}_${count}`;
    taken.add(spelling);
    given.set(name, spelling);
    return spelling;
  };
}

function identifier(name: string): string {
  const legal = name.replaceAll(/[^A-Za-z0-9_]/g, '');
  return /^[A-Za-z_]/.test(legal) ? legal : `_${legal}`;
}

/** Every name a kernel binds, buffers and parameters first, then in order of appearance. */
export function boundNames(kernel: Kernel): string[] {
  const names = [...kernel.buffers, ...kernel.parameters].map(({ name }) => name);
  visitStatements(kernel.body, statement => {
    if (statement.kind === 'declare' || statement.kind === 'load') names.push(statement.name);
    if (statement.kind === 'for') names.push(statement.variable);
  });
  return names;
}

/** ECMAScript's words and the globals that printed functions use. */
export const javascriptReserved: readonly string[] = [
  'arguments',
  'async',
  'await',
  'break',
  'case',
  'catch',
  'class',
  'const',
  'continue',
  'debugger',
  'default',
  'delete',
  'do',
  'else',
  'enum',
  'eval',
  'export',
  'extends',
  'false',
  'finally',
  'for',
  'function',
  'get',
  'if',
  'implements',
  'import',
  'in',
  'instanceof',
  'interface',
  'let',
  'new',
  'null',
  'of',
  'package',
  'private',
  'protected',
  'public',
  'return',
  'set',
  'static',
  'super',
  'switch',
  'this',
  'throw',
  'true',
  'try',
  'typeof',
  'undefined',
  'var',
  'void',
  'while',
  'with',
  'yield',
  'Infinity',
  'NaN',
  'Math',
  'Float32Array',
  'Float64Array',
  'Int32Array',
  'encodeBfloat16',
  'encodeFloat16',
  'erf',
  'parameters',
];

/** WGSL's keywords and reserved words, the types and functions that are printed, and the names of every shader. */
export const wgslReserved: readonly string[] = `
  alias break case const const_assert continue continuing default diagnostic discard else enable false fn for
  if let loop override requires return struct switch true var while
  NULL Self abstract active alignas alignof as asm asm_fragment async attribute auto await become cast catch
  class co_await co_return co_yield coherent column_major common compile compile_fragment concept const_cast
  consteval constexpr constinit crate debugger decltype delete demote demote_to_helper do dynamic_cast enum
  explicit export extends extern external fallthrough filter final finally friend from fxgroup get goto
  groupshared highp impl implements import inline instanceof interface layout lowp macro macro_rules match
  mediump meta mod module move mut mutable namespace new nil noexcept noinline nointerpolation non_coherent
  noncoherent noperspective null nullptr of operator package packoffset partition pass patch pixelfragment
  precise precision premerge priv protected pub public readonly ref regardless register reinterpret_cast
  require resource restrict self set shared sizeof smooth snorm static static_assert static_cast std
  subroutine super target template this thread_local throw trait try type typedef typeid typename typeof union
  unless unorm unsafe unsized use using varying virtual volatile wgsl where with writeonly yield
  array bool bitcast f16 f32 i32 u32 vec2 vec3 vec4 ptr atomic abs exp floor fma log max min pow select sin
  cos sqrt tanh workgroupBarrier storageBarrier Arguments arguments workgroupId workgroupCount invocationIndex
  value`
  .trim()
  .split(/\s+/);

/** The words of C++ and CUDA, the types and functions that are printed, and the names of every generated file. */
export const cudaReserved: readonly string[] = `
  alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t class compl const
  constexpr const_cast continue decltype default delete do double dynamic_cast else enum explicit export extern
  false float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr operator or
  or_eq private protected public register reinterpret_cast requires concept return short signed sizeof static
  static_assert static_cast struct switch template this thread_local throw true try typedef typeid typename
  union unsigned using virtual void volatile wchar_t while xor xor_eq
  float2 float4 double2 int2 int4 make_float4 make_double2 size_t int64_t dim3 half __half __nv_bfloat16
  threadIdx blockIdx blockDim gridDim warpSize shared aligned load store loadEight storeEight splat pairs paired
  laneOf multiplyMatrices widened maximum minimum multiplyAdd
  fmaf fma fabsf fabs sqrtf sqrt floorf floor expf exp logf log sinf sin cosf cos tanhf tanh erff erf powf pow
  min max NAN INFINITY main linux unix`
  .trim()
  .split(/\s+/);
