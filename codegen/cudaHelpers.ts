/** What every `.cu` file holds beside its own kernels: accesses of vectors, checks of a call, launches. */
import type { RealFormat } from '../src/core/precision.ts';
import type { CudaContents, ParameterType } from './cudaContents.ts';
import { matrixHelpers } from './cudaMatrix.ts';
import { cudaScalars, typeName } from './cudaOperators.ts';

/** The type of a parameter's elements as it arrives, and how one becomes a double. */
export const storedAs = {
  f32: { type: 'float', widened: 'value' },
  f64: { type: 'double', widened: 'value' },
  f16: { type: '__half', widened: '__half2float(value)' },
  bf16: { type: '__nv_bfloat16', widened: '__bfloat162float(value)' },
  index: { type: 'int64_t', widened: 'static_cast<double>(value)' },
} as const satisfies Record<ParameterType, { readonly type: string; readonly widened: string }>;

/** Codes of the functions' own; the texts say what to do. */
export const ownErrors = [
  { name: 'SOP_NULL_POINTER', code: -1, text: 'a pointer is null' },
  { name: 'SOP_MISALIGNED', code: -2, text: 'a pointer is not aligned as the header asks' },
  { name: 'SOP_ROW_DISTANCE', code: -3, text: 'ldx or ldy is less than a row, or more than 2^24 elements' },
  { name: 'SOP_NEGATIVE_BATCH', code: -4, text: 'batch is negative' },
  { name: 'SOP_SMALL_WORKSPACE', code: -5, text: 'workspaceBytes is less than the query function says' },
] as const;

/** What kernels use; nothing is said of what a file happens not to need. */
export function kernelHelpers(
  { storage }: Pick<CudaContents, 'storage'>,
  stored: readonly ParameterType[],
  usesMatrixUnits: boolean,
): string[] {
  const isHalf = storage === 'f16' || storage === 'bf16';
  const lanes = storage === 'f64' ? 2 : 4;
  const element = cudaScalars[storage];
  return [
    `using Element = ${element};`,
    ...(isHalf
      ? [`struct alignas(8) ${typeName({ scalar: storage, lanes })} { ${element} x, y, z, w; };`]
      : []),
    '',
    '// Neighbours in memory: one access where they are a whole vector for certain, else one after another.',
    ...accessHelpers(storage),
    // What is computed may stay in the memory of a group.
    ...(isHalf ? accessHelpers('f32') : []),
    ...(isHalf && usesMatrixUnits ? matrixHelpers(storage) : []),
    '',
    '// NaN where either is.',
    'template <class T> __device__ inline T maximum(T a, T b) { return a != a || a > b ? a : b; }',
    'template <class T> __device__ inline T minimum(T a, T b) { return a != a || a < b ? a : b; }',
    '',
    ...stored.map(dtype => {
      const { type, widened } = storedAs[dtype];
      return `${inline} double widened(${type} value) { return ${widened}; }`;
    }),
  ];
}

const inline = '[[maybe_unused]] __device__ inline';

function accessHelpers(format: RealFormat): string[] {
  const parts = format === 'f64' ? 'xy' : 'xyzw';
  const list = (one: (part: string, k: number) => string) => [...parts].map(one).join(', ');
  const [element, vector] = [
    cudaScalars[format],
    typeName({ scalar: format, lanes: parts === 'xy' ? 2 : 4 }),
  ];
  return [
    `template <bool whole> __device__ inline ${vector} load(const ${element}* at) {`,
    `  if constexpr (whole) return *reinterpret_cast<const ${vector}*>(at);`,
    `  else return {${list((_, k) => `at[${k}]`)}};`,
    '}',
    `template <bool whole> __device__ inline void store(${element}* at, ${vector} value) {`,
    `  if constexpr (whole) *reinterpret_cast<${vector}*>(at) = value;`,
    `  else ${list((part, k) => `at[${k}] = value.${part}`)};`,
    '}',
    `${inline} ${vector} splat(${element} value) { return {${list(() => 'value')}}; }`,
  ];
}

/** What the functions of C use. */
export const launchHelpers = `
template <class T> int problemOf(const T* memory, size_t alignment = alignof(T)) {
  if (memory == nullptr) return SOP_NULL_POINTER;
  return reinterpret_cast<uintptr_t>(memory) % alignment == 0 ? 0 : SOP_MISALIGNED;
}

// Memory of the caller that holds pieces of its own.
[[maybe_unused]] int problemOfBlock(const void* block) {
  return problemOf(static_cast<const char*>(block), 16);
}

[[maybe_unused]] int problemOfSize(size_t bytes, size_t needed) {
  return bytes < needed ? SOP_SMALL_WORKSPACE : 0;
}

// A matrix of the caller: rows of \`width\` elements that begin \`distance\` apart.
struct Rows {
  const Element* memory;
  int64_t distance;
  int64_t width;
};

[[maybe_unused]] int problemOf(const Rows& rows) {
  const int64_t farthest = rows.width > (1 << 24) ? rows.width : 1 << 24;
  if (rows.distance < rows.width || rows.distance > farthest) return SOP_ROW_DISTANCE;
  return rows.width == 0 ? 0 : problemOf(rows.memory);
}

[[maybe_unused]] bool beginsAtVectors(const Rows& rows) {
  const int64_t distance = rows.distance * static_cast<int64_t>(sizeof(Element));
  return reinterpret_cast<uintptr_t>(rows.memory) % 16 == 0 && distance % 16 == 0;
}

// As many rows as a launch may take: what it counts in elements stays below 2^31.
[[maybe_unused]] int64_t rowsOfLaunch(int64_t batch, const Rows& x, const Rows& y, int64_t most) {
  for (const Rows& rows : {x, y}) {
    if (rows.distance == 0) continue;
    const int64_t fitting = (2147483647 - rows.width) / rows.distance + 1;
    if (fitting < most) most = fitting;
  }
  return batch < most ? batch : most;
}

[[maybe_unused]] size_t larger(size_t a, size_t b) { return a > b ? a : b; }

[[maybe_unused]] size_t wholeRows(int64_t batch, int64_t most, size_t bytes) {
  return batch <= 0 ? 0 : bytes * static_cast<size_t>(batch < most ? batch : most);
}

template <class T> T* at(void* block, size_t offset) {
  return reinterpret_cast<T*>(static_cast<char*>(block) + offset);
}
template <class T> const T* at(const void* block, size_t offset) {
  return reinterpret_cast<const T*>(static_cast<const char*>(block) + offset);
}

// Groups of a launch: the slices of each tile side by side, or tiles alone; kernels go on where there are fewer.
[[maybe_unused]] dim3 groupsOf(int64_t tiles, unsigned slices) {
  if (slices == 1) return dim3(static_cast<unsigned>(tiles));
  return dim3(slices, static_cast<unsigned>(tiles < 65535 ? tiles : 65535));
}

// More than 48 KB of shared memory must be asked for.
template <class... Parameters, class... Arguments>
int launch(cudaStream_t stream, void (*kernel)(Parameters...), dim3 blocks, unsigned threads, int sharedBytes,
           Arguments... arguments) {
  if (sharedBytes > 0) {
    const cudaError_t error =
        cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, sharedBytes);
    if (error != cudaSuccess) return error;
  }
  cudaLaunchConfig_t shape = {};
  shape.gridDim = blocks;
  shape.blockDim = dim3(threads);
  shape.dynamicSmemBytes = static_cast<size_t>(sharedBytes);
  shape.stream = stream;
  return cudaLaunchKernelEx(&shape, kernel, static_cast<Parameters>(arguments)...);
}
`
  .trim()
  .split('\n');

/** Whose names are those of the header. */
export const errorFunction = (name: string): string[] => [
  `const char* ${name}(int code) {`,
  '  switch (code) {',
  '    case 0: return "no error";',
  ...ownErrors.map(error => `    case ${error.name}: return "${error.text}";`),
  '    default: return cudaGetErrorString(static_cast<cudaError_t>(code));',
  '  }',
  '}',
];
