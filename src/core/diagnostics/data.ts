/** SOP03xx: files of numbers, paths and options that do not fit the program. None has a place in a source text. */
import { row } from './diagnostic.ts';

export const data = {
  unreadableFile: row<{ path: string; why: string }>({
    code: 'SOP0301',
    severity: 'error',
    message: ({ path, why }) => `cannot read ${path}: ${why}`,
    explanation: 'A file named on the command line must exist, be a file, and be readable.',
  }),
  notText: row<{ path: string; offset: number }>({
    code: 'SOP0302',
    severity: 'error',
    message: ({ path, offset }) => `${path} is not UTF-8 text: byte ${offset} begins no character`,
    explanation: 'Sources are UTF-8 text, with or without a byte order mark. Save the file in that encoding.',
  }),
  sourceTooLarge: row<{ path: string; sizeBytes: number; limit: number }>({
    code: 'SOP0303',
    severity: 'error',
    message: ({ path, sizeBytes, limit }) => `${path} holds ${sizeBytes} bytes; the limit is ${limit}`,
    explanation: 'A source file may hold up to 1 MiB. Large tables belong in parameter files.',
  }),
  badNpy: row<{ path: string; why: string }>({
    code: 'SOP0304',
    severity: 'error',
    message: ({ path, why }) => `${path} is not a valid .npy file: ${why}`,
    explanation:
      'An .npy file is a magic number, a version (1, 2 or 3), a header that gives type, order and ' +
      'shape, and exactly the bytes that these say. The file is cut off, longer than it says, or ' +
      'not of this format.',
  }),
  npyType: row<{ path: string; type: string }>({
    code: 'SOP0305',
    severity: 'error',
    message: ({ path, type }) => `${path} holds values of type ${type}, which cannot be read`,
    explanation:
      'Read are f2, f4, f8, i1 to i8, u1 to u8 and b1, in either byte order. Convert other arrays ' +
      'with astype before saving them.',
  }),
  badSafetensors: row<{ path: string; why: string }>({
    code: 'SOP0306',
    severity: 'error',
    message: ({ path, why }) => `${path} is not a valid .safetensors file: ${why}`,
    explanation:
      'A .safetensors file is the length of its header in 8 bytes, the header in JSON, and the ' +
      'bytes of its tensors without gaps or overlaps. The file is cut off or its header does not ' +
      'describe it.',
  }),
  safetensorsType: row<{ path: string; tensor: string; type: string }>({
    code: 'SOP0307',
    severity: 'error',
    message: ({ path, tensor, type }) =>
      `${path}: tensor '${tensor}' has the type ${type}, which cannot be read`,
    explanation: 'Read are F64, F32, F16, BF16, I64, I32, I16, I8, U8 and BOOL.',
  }),
  missingTensor: row<{ path: string; tensor: string; parameter: string }>({
    code: 'SOP0308',
    severity: 'error',
    message: ({ path, tensor, parameter }) =>
      `${path} has no tensor '${tensor}' for the parameter ${parameter}`,
    explanation:
      'A parameter is filled from the tensor that --map names, else from the one of its own name, ' +
      'plain or qualified by the operator.',
  }),
  parameterShape: row<{ parameter: string; written: string; expected: string; found: string }>({
    code: 'SOP0309',
    severity: 'error',
    message: ({ parameter, written, expected, found }) =>
      `${parameter} is declared ${written}, here ${expected}; the tensor given is ${found}`,
    explanation:
      'The tensor has another shape than the parameter. A transposed matrix is read with --map ' +
      'parameter=tensor:T.',
  }),
  parameterType: row<{ parameter: string; found: string }>({
    code: 'SOP0310',
    severity: 'error',
    message: ({ parameter, found }) =>
      `${parameter} holds indices, but the tensor given holds ${found} values`,
    explanation: 'Index parameters are filled from whole-number tensors (I64, I32, ...).',
  }),
  indexRange: row<{ parameter: string; position: number; value: number; range: number }>({
    code: 'SOP0311',
    severity: 'error',
    message: ({ parameter, position, value, range }) =>
      `${parameter} holds ${value} at position ${position}; its values lie in 0..${range - 1}`,
    explanation: 'An index parameter selects positions of an axis; every value must be one of them.',
  }),
  notPermutation: row<{ parameter: string; value: number; first: number; second: number }>({
    code: 'SOP0312',
    severity: 'error',
    message: ({ parameter, value, first, second }) =>
      `${parameter} is no permutation: ${value} stands at positions ${first} and ${second}`,
    explanation: 'perm(p) and signed(p, s) need each of 0..n-1 exactly once.',
  }),
  inputShape: row<{ input: string; operator: string; expected: string; found: string }>({
    code: 'SOP0313',
    severity: 'error',
    message: ({ input, operator, expected, found }) => `${operator} takes ${expected}; ${input} is ${found}`,
    explanation:
      'The last axis of an input is the length of the operator; leading axes are the batch. The ' +
      'output keeps them.',
  }),
  unwritable: row<{ path: string; why: string }>({
    code: 'SOP0314',
    severity: 'error',
    message: ({ path, why }) => `cannot write ${path}: ${why}`,
    explanation: 'The folder must exist or be creatable, and be writable. Nothing was left half-written.',
  }),
  refused: row<{ why: string }>({
    code: 'SOP0315',
    severity: 'error',
    message: ({ why }) => why,
    explanation:
      'The generated module refused to run: not enough memory for the batch and the weights, or an ' +
      'engine without 128-bit SIMD.',
  }),
  wrongUse: row<{ what: string }>({
    code: 'SOP0330',
    severity: 'error',
    message: ({ what }) => what,
    explanation: 'The command line does not follow the usage that --help shows.',
  }),
  badOption: row<{ option: string; value: string; expected: string }>({
    code: 'SOP0331',
    severity: 'error',
    message: ({ option, value, expected }) => `${option} takes ${expected}, not '${value}'`,
    explanation: 'The value of an option cannot be understood. --help shows what each takes.',
  }),
  unknownSize: row<{ operator: string; name: string; known: string }>({
    code: 'SOP0332',
    severity: 'error',
    message: ({ operator, name, known }) => `${operator} has no size '${name}'; ${known}`,
    explanation:
      '-D gives values to the sizes in brackets after the name of an operator. Exports bring their own.',
  }),
  chooseOperator: row<{ path: string; known: string }>({
    code: 'SOP0333',
    severity: 'error',
    message: ({ path, known }) => `${path} has several operators; choose one of ${known} with --op`,
    explanation: 'run works on one operator at a time.',
  }),
  noOperator: row<{ path: string }>({
    code: 'SOP0334',
    severity: 'error',
    message: ({ path }) => `${path} has no operator at known sizes`,
    explanation:
      'An operator with sizes in brackets is compiled at given values: export it in the file, or ' +
      'name it with --op and give every size with -D.',
  }),
  notYet: row<{ what: string; known: string }>({
    code: 'SOP0335',
    severity: 'error',
    message: ({ what, known }) => `${what} is not supported yet; there is ${known}`,
    explanation: 'The option is part of the plan, but nothing stands behind it in this version.',
  }),
  unknownParameter: row<{ operator: string; name: string; known: string }>({
    code: 'SOP0336',
    severity: 'error',
    message: ({ operator, name, known }) => `${operator} has no parameter '${name}'; it has ${known}`,
    explanation: '--map and --input name parameters of the operator as its source declares them.',
  }),
  noMode: row<{ operator: string; mode: string; why: string }>({
    code: 'SOP0337',
    severity: 'error',
    message: ({ operator, mode, why }) => `${operator} has no ${mode}: ${why}`,
    explanation: 'Maps with pointwise steps can only be applied; diagonals and traces need square operators.',
  }),
  unknownCode: row<{ given: string }>({
    code: 'SOP0338',
    severity: 'error',
    message: ({ given }) => `there is no diagnostic ${given}`,
    explanation: 'Codes are SOP and four digits; the docs list them all.',
  }),
  noFormat: row<{ profile: string; format: string; known: string }>({
    code: 'SOP0339',
    severity: 'error',
    message: ({ profile, format, known }) => `${profile} has no ${format}; it has ${known}`,
    explanation:
      'Shaders have no numbers of double precision and WebAssembly none of sixteen bits. Choose another --dtype or ' +
      'another --target.',
  }),
  noEngine: row<{ why: string }>({
    code: 'SOP0340',
    severity: 'error',
    message: ({ why }) => `nothing here runs WebGPU: ${why}`,
    explanation:
      'The command line runs shaders by Dawn: the optional package webgpu of npm, and a Vulkan, Metal or Direct3D ' +
      '12 driver. On Debian the package chromium brings one in software.',
  }),
  noCompiler: row<Record<never, never>>({
    code: 'SOP0342',
    severity: 'warning',
    message: () => 'no nvcc is on this machine: the kernels are written as source only, without machine code',
    explanation:
      'A PyTorch module brings its kernels as machine code where nvcc, the compiler of CUDA, is on the PATH or below ' +
      'CUDA_HOME when it is built. Else it builds them itself, at first use, where it finds nvcc; where it does not, ' +
      'operations of PyTorch run.',
  }),
  compilerFailed: row<{ path: string; why: string }>({
    code: 'SOP0343',
    severity: 'warning',
    message: ({ path, why }) => `nvcc does not compile ${path}, which stays without machine code: ${why}`,
    explanation:
      'The compiler of CUDA ended with an error: it is older than CUDA 12, or finds no C++ compiler of the host. The ' +
      'module then tries to build the kernels at first use.',
  }),
  instanceTwice: row<{ operator: string }>({
    code: 'SOP0341',
    severity: 'error',
    message: ({ operator }) => `${operator} is asked for twice in one module`,
    explanation:
      'A module names each of its operators once. For an operator at several sizes give each an export: ' +
      'export monarch[64, 8] as small.',
  }),
} as const;
