/** Matrix units in CUDA C: a member's part of an operand as pairs of sixteen bits, and the instruction itself. */
import type { HalfFormat } from '../src/core/precision.ts';
import { cudaScalars, typeName } from './cudaOperators.ts';

const spelled = {
  f16: { bits: '__half_as_ushort', number: '__ushort_as_half', type: 'f16' },
  bf16: { bits: '__bfloat16_as_ushort', number: '__ushort_as_bfloat16', type: 'bf16' },
} as const satisfies Record<HalfFormat, { bits: string; number: string; type: string }>;

const list = (count: number, one: (k: number) => string): string =>
  Array.from({ length: count }, (_, k) => one(k)).join(', ');

/** PTX ISA, "mma": m16n8k16, sums in f32. */
export function matrixHelpers(format: HalfFormat): string[] {
  const { bits, number, type } = spelled[format];
  const element = cudaScalars[format];
  const [four, eight] = [typeName({ scalar: format, lanes: 4 }), typeName({ scalar: format, lanes: 8 })];
  return [
    '',
    '// Eight numbers of sixteen bits as four registers.',
    `struct alignas(16) ${eight} { unsigned pair[4]; };`,
    `__device__ inline unsigned paired(${element} low, ${element} high) {`,
    `  return static_cast<unsigned>(${bits}(low)) | static_cast<unsigned>(${bits}(high)) << 16;`,
    '}',
    `[[maybe_unused]] __device__ inline ${eight} pairs(${list(8, k => `${element} v${k}`)}) {`,
    `  return {{${list(4, k => `paired(v${2 * k}, v${2 * k + 1})`)}}};`,
    '}',
    `template <int k> __device__ inline ${element} laneOf(${eight} value) {`,
    `  return ${number}(static_cast<unsigned short>(value.pair[k / 2] >> (k % 2 * 16)));`,
    '}',
    `template <bool whole> __device__ inline ${eight} loadEight(const ${element}* at) {`,
    `  if constexpr (whole) return *reinterpret_cast<const ${eight}*>(at);`,
    `  else return pairs(${list(8, k => `at[${k}]`)});`,
    '}',
    `template <bool whole> __device__ inline void storeEight(${element}* at, ${eight} value) {`,
    `  if constexpr (whole) *reinterpret_cast<${eight}*>(at) = value;`,
    `  else ${list(8, k => `at[${k}] = laneOf<${k}>(value)`)};`,
    '}',
    '',
    '// sum += a * b over a warp: 16 x 8 sums, 16 products each.',
    `__device__ inline void multiplyMatrices(float4& sum, ${eight} a, unsigned b0, unsigned b1) {`,
    `  asm("mma.sync.aligned.m16n8k16.row.col.f32.${type}.${type}.f32 "`,
    '      "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"',
    '      : "+f"(sum.x), "+f"(sum.y), "+f"(sum.z), "+f"(sum.w)',
    '      : "r"(a.pair[0]), "r"(a.pair[1]), "r"(a.pair[2]), "r"(a.pair[3]), "r"(b0), "r"(b1));',
    '}',
    `template <int part> __device__ inline void multiplyMatrices(float4& sum, ${eight} a, ${eight} b) {`,
    '  multiplyMatrices(sum, a, b.pair[2 * part], b.pair[2 * part + 1]);',
    '}',
    `template <int part> __device__ inline void multiplyMatrices(float4& sum, ${eight} a, ${four} b) {`,
    '  multiplyMatrices(sum, a, paired(b.x, b.y), paired(b.z, b.w));',
    '}',
  ];
}
