/**
 * SOP02xx: programs that mean nothing, or nothing yet. Names, sorts and shapes here; numbers and files
 * beside it.
 */
import { fileRows } from './checkFiles.ts';
import { numberRows } from './checkNumbers.ts';
import { row } from './diagnostic.ts';

export const checking = {
  unknownName: row<{ name: string }>({
    code: 'SOP0201',
    severity: 'error',
    message: ({ name }) => `'${name}' is not defined here`,
    explanation:
      'A name must be a size in brackets, a parameter, a let, an operator of the file or of a use, or a ' +
      'word of the language.',
  }),
  wrongSort: row<{ found: string; expected: string }>({
    code: 'SOP0202',
    severity: 'error',
    message: ({ found, expected }) => `expected ${expected}, found ${found}`,
    explanation:
      'Sizes, tensors, operators and maps are four sorts. dense(T) makes an operator of a matrix; an ' +
      'operator is applied with *.',
  }),
  factorsDisagree: row<{ left: string; takes: string; right: string; gives: string }>({
    code: 'SOP0203',
    severity: 'error',
    message: ({ left, takes, right, gives }) =>
      `${left} takes ${takes} inputs, but ${right} gives ${gives} outputs`,
    explanation:
      'In A * B the operator B is applied first; A must take as many inputs as B gives outputs, for all ' +
      'sizes that the declaration admits. If two sizes are meant to be equal, say so: where n == m.',
  }),
  wrongCount: row<{ what: string; expected: string; found: number }>({
    code: 'SOP0204',
    severity: 'error',
    message: ({ what, expected, found }) => `${what} takes ${expected}, not ${found}`,
    explanation: 'An operator or function was called with too few or too many sizes or arguments.',
  }),
  declaredShape: row<{ name: string; declared: string; found: string }>({
    code: 'SOP0207',
    severity: 'error',
    message: ({ name, declared, found }) => `${name} is declared ${declared}, but its body maps ${found}`,
    explanation:
      'The type after the colon says how many inputs and outputs an operator has; the body must agree.',
  }),
  shapesDisagree: row<{ what: string; left: string; right: string }>({
    code: 'SOP0209',
    severity: 'error',
    message: ({ what, left, right }) => `${what} needs equal shapes, not ${left} and ${right}`,
    explanation:
      'Nothing is broadcast silently: elementwise arithmetic takes tensors of one shape, or a number; sums ' +
      'take operators of one shape.',
  }),
  leafShape: row<{ leaf: string; expected: string; found: string }>({
    code: 'SOP0210',
    severity: 'error',
    message: ({ leaf, expected, found }) => `${leaf} takes ${expected}, not ${found}`,
    explanation:
      'Each leaf and each parameter takes tensors of a fixed shape; see the table of leaves in the language ' +
      'reference.',
  }),
  notSupported: row<{ what: string }>({
    code: 'SOP0211',
    severity: 'error',
    message: ({ what }) => `${what} is not supported yet`,
    explanation:
      'The language describes it and the checker understands it, but no later stage compiles it yet. The ' +
      'support table in the docs says what does.',
  }),
  duplicate: row<{ name: string }>({
    code: 'SOP0214',
    severity: 'error',
    message: ({ name }) => `'${name}' is defined twice`,
    explanation:
      'Sizes, parameters, lets, operators, scans and patterns share one namespace, and a name of an ' +
      'operator stands for one thing throughout.',
  }),
  mapMisuse: row<{ what: string }>({
    code: 'SOP0215',
    severity: 'error',
    message: ({ what }) => `${what} is a linear operation, and a map with pointwise steps is not linear`,
    explanation:
      'A map (an operator followed by |> steps) can be applied and continued with |>, but has no adjoint, ' +
      'inverse or sum.',
  }),
  badPermute: row<{ why: string }>({
    code: 'SOP0220',
    severity: 'error',
    message: ({ why }) => `the axes of permute do not match: ${why}`,
    explanation:
      'permute("a b c -> c a b", A, B, C) names each axis once on each side and gives their sizes in the ' +
      'order of the left side.',
  }),
  notSquare: row<{ what: string; rows: string; columns: string }>({
    code: 'SOP0221',
    severity: 'error',
    message: ({ what, rows, columns }) => `${what} needs a square operator, not ${columns} -> ${rows}`,
    explanation: 'Inverses and powers exist for operators with as many outputs as inputs.',
  }),
  noInverse: row<{ what: string }>({
    code: 'SOP0222',
    severity: 'error',
    message: ({ what }) => `no rule takes ${what} apart; inverses of general operators are not supported yet`,
    explanation:
      'Inverses are compiled for diagonal, permutation, triangular and orthogonal operators and for ' +
      'products and direct sums of these.',
  }),
  unused: row<{ name: string }>({
    code: 'SOP0223',
    severity: 'warning',
    message: ({ name }) => `'${name}' is never used`,
    explanation: 'A let or a parameter that no expression reads is probably a slip.',
  }),
  notCompiled: row<{ name: string; what: string }>({
    code: 'SOP0224',
    severity: 'warning',
    message: ({ name, what }) => `${name} is not compiled yet: ${what} is not supported yet`,
    explanation:
      'The declaration is checked in full, but no later stage compiles this construct yet. It becomes an ' +
      'error (SOP0211) when the declaration is exported or asked for by name.',
  }),
  reserved: row<{ name: string }>({
    code: 'SOP0225',
    severity: 'error',
    message: ({ name }) => `'${name}' is a word of the language and cannot be defined`,
    explanation: 'Leaves, functions and constants keep their names; choose another name.',
  }),
  variableInSize: row<{ name: string }>({
    code: 'SOP0226',
    severity: 'error',
    message: ({ name }) => `a size cannot depend on '${name}', the index of a tabulate`,
    explanation:
      'The index of a tabulate runs when the entries of the tensor are computed; sizes and shapes are fixed ' +
      'before that. It may stand in positions, as in W[t], and in arithmetic.',
  }),
  notReal: row<{ what: string }>({
    code: 'SOP0227',
    severity: 'error',
    message: ({ what }) => `${what} is complex where real numbers are wanted`,
    explanation:
      'Any complex leaf makes an operator complex; its input and output are declared c64[n]. re(z), im(z) ' +
      'and abs(z) give real numbers.',
  }),
  bindings: row<{ name: string; words: string }>({
    code: 'SOP0228',
    severity: 'error',
    message: ({ name, words }) => `'${name}' has more than one binding: ${words}`,
    explanation: 'A parameter is one of static, frozen, learned, call, item or token.',
  }),
  badDefault: row<{ name: string; why: string }>({
    code: 'SOP0229',
    severity: 'error',
    message: ({ name, why }) => `the default of '${name}' does not fit: ${why}`,
    explanation:
      'A default is a number, a tensor expression of the same shape, or a generator: orthogonal("name"), ' +
      'normal("name", deviation), uniform("name"), permutation("name") for an index parameter, ' +
      'signs("name").',
  }),
  scanBody: row<{ why: string }>({
    code: 'SOP0230',
    severity: 'error',
    message: ({ why }) => why,
    explanation:
      'The body of a scan declares its states, updates each by an expression that is affine in that state, ' +
      'and yields once.',
  }),
  ...numberRows,
  ...fileRows,
} as const;
